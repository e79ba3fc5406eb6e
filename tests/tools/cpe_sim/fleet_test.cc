// Simulated devices against the ACS end of this repository, over loopback.

#include "tests/tools/cpe_sim/fleet.h"

#include <future>

#include "cwmp/connection_request/http.h"
#include "tests/support/acs_fixture.h"
#include "tests/tools/cpe_sim/fixture.h"
#include "tests/tools/cpe_sim/load.h"

namespace cpe_sim {
namespace {

using testing::SizeIs;

/// The ACS, one or more devices with their threads, and the answers to commands.
class CpeSimFleet : public testing::Test {
 protected:
  CpeSimFleet() {
    settings.model = std::string(TEST_DATA_DIR) + "/models/tr181-small.csv";
    settings.serial = "S1";
    settings.time_scale = 0.01;
    settings.start_rate = 1000;
    settings.username = "cpe-{serial}";
    settings.password = "secret";
    settings.values = {"ManagementServer.ConnectionRequestUsername=wake",
                       "ManagementServer.ConnectionRequestPassword=me"};
  }
  ~CpeSimFleet() override { stop(); }

  void start() {
    acs.start();
    settings.acs = "http://127.0.0.1:" + std::to_string(acs.server().port()) + "/";
    fleet = std::make_unique<Fleet>(io, settings, journal);
    fleet->start();
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
  }
  void stop() {
    io.stop();
    for (auto& thread : threads) thread.join();
    threads.clear();
  }
  std::string command(const std::string& line) {
    std::promise<std::string> answer;
    fleet->command(line, [&answer](std::string text) { answer.set_value(std::move(text)); });
    return answer.get_future().get();
  }
  /// The next session's Inform; a default one when none came.
  cwmp::Inform next_inform() {
    auto start_of = acs.handler.begun.take();
    return start_of ? start_of->inform : cwmp::Inform{};
  }
  template <class Response>
  Response next_response() {
    auto response = acs.handler.responses.take();
    if (response && std::holds_alternative<Response>(*response)) {
      return std::get<Response>(*response);
    }
    ADD_FAILURE() << "another response or none";
    return {};
  }
  cwmp::ConnectionRequestOutcome wake(std::string password) {
    cwmp::HttpConnectionRequest request;
    request.url = command("get S1 Device.ManagementServer.ConnectionRequestURL").substr(3);
    request.username = "wake";
    request.password = std::move(password);
    request.allowed = [](const boost::asio::ip::address&) { return true; };
    request.attempts = 1;
    auto asking = cwmp::request_connection(std::move(request));
    return boost::asio::co_spawn(io, std::move(asking), boost::asio::use_future).get();
  }

  support::Acs acs;
  Settings settings;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
      boost::asio::make_work_guard(io)};
  Journal journal{false};
  std::unique_ptr<Fleet> fleet;
  std::vector<std::thread> threads;
};

TEST_F(CpeSimFleet, ADeviceLogsInWithDigestAndAnswersRpcs) {
  acs.options.auth = cwmp::AuthPolicy{};
  acs.handler.users["cpe-S1"] = "secret";
  acs.handler.rpcs = {cwmp::GetParameterValues{{"Device.DeviceInfo.SoftwareVersion"}},
                      cwmp::GetParameterNames{"Device.", false}};
  start();

  EXPECT_EQ(next_inform().device_id.serial_number, "S1");
  EXPECT_EQ(next_response<cwmp::GetParameterValuesResponse>().parameters.at(0).value, "1.4.2");
  EXPECT_GT(next_response<cwmp::GetParameterNamesResponse>().parameters.size(), 250U);
  EXPECT_EQ(acs.handler.ended.take()->end, cwmp::SessionEnd::kComplete);
}

TEST_F(CpeSimFleet, QuirksOfTheWireAreUnderstoodByTheServer) {
  settings.quirks = {"gzip", "new-connection", "wrong-count", "no-id", "numeric-booleans"};
  acs.handler.rpcs = {cwmp::GetRPCMethods{}};
  start();

  EXPECT_EQ(next_inform().device_id.serial_number, "S1");
  EXPECT_THAT(next_response<cwmp::GetRPCMethodsResponse>().methods, SizeIs(19));
  EXPECT_EQ(acs.handler.ended.take()->end, cwmp::SessionEnd::kComplete);
}

TEST_F(CpeSimFleet, AConnectionRequestOpensASessionIfThePasswordIsRight) {
  start();
  next_inform();
  acs.handler.ended.take();

  EXPECT_EQ(wake("wrong").kind, cwmp::ConnectionRequestOutcome::Kind::kUnauthorized);
  EXPECT_EQ(wake("me").kind, cwmp::ConnectionRequestOutcome::Kind::kAccepted);
  EXPECT_EQ(next_inform().events.at(0).code, "6 CONNECTION REQUEST");
}

TEST_F(CpeSimFleet, ASleepingDeviceIsNotWokenByConnectionRequests) {
  start();
  next_inform();
  acs.handler.ended.take();

  EXPECT_EQ(command("sleep S1"), "ok");
  EXPECT_EQ(wake("me").http_status, 0U);
  EXPECT_EQ(command("set S1 Device.WiFi.SSID.1.SSID changed"), "ok");
  EXPECT_EQ(command("wake S1"), "ok");
  EXPECT_EQ(next_inform().events.at(0).code, "2 PERIODIC");
}

TEST_F(CpeSimFleet, AnRpcThatIsDroppedEndsTheSessionAndItIsRepeated) {
  settings.faults = {"GetRPCMethods=drop*1"};
  acs.options.reconnect_grace = std::chrono::milliseconds(20);
  acs.handler.rpcs = {cwmp::GetRPCMethods{}};
  start();

  EXPECT_EQ(next_inform().retry_count, 0U);
  EXPECT_EQ(next_inform().retry_count, 1U);
  EXPECT_THAT(next_response<cwmp::GetRPCMethodsResponse>().methods, SizeIs(19));
  auto first = *acs.handler.ended.take();
  auto second = *acs.handler.ended.take();
  if (second.end == cwmp::SessionEnd::kLost) std::swap(first, second);  // the grace has run out
  EXPECT_EQ(first.end, cwmp::SessionEnd::kLost);
  EXPECT_TRUE(first.rpc_open);
  EXPECT_EQ(second.end, cwmp::SessionEnd::kComplete);
}

TEST_F(CpeSimFleet, ADownloadThatCannotBeHadIsTold) {
  cwmp::Download download;
  download.command_key = "k";
  download.file_type = "1 Firmware Upgrade Image";
  download.url = "http://127.0.0.1:1/fw-2.0.0.bin";
  acs.handler.rpcs = {download};
  start();

  next_inform();
  EXPECT_EQ(next_response<cwmp::DownloadResponse>().status, 1U);
  EXPECT_EQ(next_inform().events.at(0).code, "7 TRANSFER COMPLETE");
  auto request = acs.handler.requests.take();
  ASSERT_TRUE(request);
  EXPECT_EQ(std::get<cwmp::TransferComplete>(*request).fault.code, 9015U);
}

TEST_F(CpeSimFleet, CommandsReachOneDeviceOrAll) {
  settings.devices = 3;
  start();
  EXPECT_EQ(command("list"), "ok S1-1 S1-2 S1-3");
  EXPECT_EQ(command("set * Device.WiFi.SSID.1.SSID all"), "ok 3");
  EXPECT_EQ(command("get S1-2 Device.WiFi.SSID.1.SSID"), "ok all");
  EXPECT_EQ(command("get S9 Device.WiFi.SSID.1.SSID"), "error no such device: S9");
}

TEST_F(CpeSimFleet, LoadCountsSessionsOfKnownDevices) {
  acs.start();
  settings.acs = "http://127.0.0.1:" + std::to_string(acs.server().port()) + "/";
  LoadSettings load;
  load.connections = 4;
  load.sessions = 100;
  load.population = 10;
  load.json = true;

  const LoadResult result = run_load(settings, load);

  EXPECT_EQ(result.complete, 100U);
  EXPECT_TRUE(result.failures.empty());
  EXPECT_EQ(result.warm_up_sessions, 10U);
  EXPECT_THAT(result.latencies_ms, SizeIs(100));
  EXPECT_THAT(format_load(result, load), testing::StartsWith("{\"sessions\":100,\"failed\":0,"));
}

}  // namespace
}  // namespace cpe_sim
