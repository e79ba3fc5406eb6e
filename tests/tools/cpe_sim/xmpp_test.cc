// Simulated devices that are woken over XMPP by the ACS's client of this repository, through a real
// server (prosody), over loopback.
#include <future>

#include "cwmp/xmpp_client.h"
#include "tests/support/acs_fixture.h"
#include "tests/support/prosody.h"
#include "tests/tools/cpe_sim/fixture.h"
#include "tests/tools/cpe_sim/fleet.h"

namespace cpe_sim {
namespace {

using Kind = cwmp::ConnectionRequestOutcome::Kind;
namespace asio = boost::asio;

support::Prosody::Options accounts() {
  support::Prosody::Options options;
  options.users = {{"acs", "secret"}, {"cpe", "cpe-secret"}};
  return options;
}

/// An ACS with its XMPP client, a server, and one device.
class CpeSimXmpp : public testing::Test {
 protected:
  CpeSimXmpp() {
    settings.model = std::string(TEST_DATA_DIR) + "/models/tr181-xmpp.csv";
    settings.serial = "S1";
    settings.time_scale = 0.001;
    settings.start_rate = 1000;
    settings.ca = server.ca_file();
    settings.rows = {"Device.XMPP.Connection.=1", "Device.XMPP.Connection.1.Server.=1"};
    settings.values = {"ManagementServer.ConnectionRequestUsername=wake",
                       "ManagementServer.ConnectionRequestPassword=me",
                       "ManagementServer.ConnReqAllowedJabberIDs=acs@localhost",
                       "ManagementServer.ConnReqXMPPConnection=Device.XMPP.Connection.1",
                       "XMPP.Connection.1.Enable=true",
                       "XMPP.Connection.1.Username=cpe",
                       "XMPP.Connection.1.Password=cpe-secret",
                       "XMPP.Connection.1.Domain=localhost",
                       "XMPP.Connection.1.Resource=tr069",
                       "XMPP.Connection.1.UseTLS=true",
                       "XMPP.Connection.1.ServerConnectAlgorithm=ServerTable",
                       "XMPP.Connection.1.Server.1.Enable=true",
                       "XMPP.Connection.1.Server.1.ServerAddress=127.0.0.1",
                       "XMPP.Connection.1.Server.1.Port=" + std::to_string(server.port())};
  }
  ~CpeSimXmpp() override {
    if (client) client->stop();
    io.stop();
    for (auto& thread : threads) thread.join();
  }

  void start() {
    acs.start();
    settings.acs = "http://127.0.0.1:" + std::to_string(acs.server().port()) + "/";
    fleet = std::make_unique<Fleet>(io, settings, journal);
    cwmp::XmppClientOptions options;
    options.connection.stream.account = {"acs", "localhost", "bridge"};
    options.connection.stream.password = "secret";
    options.connection.host = "127.0.0.1";
    options.connection.port = server.port();
    options.connection.tls = cwmp::make_xmpp_tls(server.ca_file(), true);
    options.first_retry = milliseconds(20);
    options.longest_retry = milliseconds(100);
    options.on_status = [this](const cwmp::XmppClientStatus& status) {
      states.put(status.connected);
    };
    client = std::make_unique<cwmp::XmppClient>(io.get_executor(), std::move(options));
    client->start();
    fleet->start();
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
  }
  std::string command(const std::string& line) {
    std::promise<std::string> answer;
    fleet->command(line, [&answer](std::string text) { answer.set_value(std::move(text)); });
    return answer.get_future().get();
  }
  void wait_for_client() {
    for (auto state = states.take(); state && !*state;) state = states.take();
    ASSERT_TRUE(client->connected());
  }
  /// Sessions go by until one brings that event; the last one's Inform.
  cwmp::Inform inform_with(const std::string& event) {
    for (;;) {
      auto begun = acs.handler.begun.take();
      if (!begun) {
        ADD_FAILURE() << "no session with " << event;
        return {};
      }
      for (const auto& each : begun->inform.events) {
        if (each.code == event) return begun->inform;
      }
    }
  }
  /// The address that the device reports once it is logged in.
  std::string reported_jid() {
    for (;;) {
      const cwmp::Inform inform = inform_with("4 VALUE CHANGE");
      if (inform.events.empty()) return {};
      for (const auto& each : inform.parameters) {
        const bool address = each.name == "Device.ManagementServer.ConnReqJabberID";
        if (address && !each.value.empty()) return each.value;
      }
    }
  }
  cwmp::ConnectionRequestOutcome wake(const std::string& jid, std::string password = "me") {
    auto asking = client->request_connection(jid, "wake", std::move(password), seconds(10));
    return asio::co_spawn(io, std::move(asking), asio::use_future).get();
  }

  support::Prosody server{accounts()};
  support::Acs acs;
  Settings settings;
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{asio::make_work_guard(io)};
  Journal journal{false};
  support::Mailbox<bool> states;
  std::unique_ptr<Fleet> fleet;
  std::unique_ptr<cwmp::XmppClient> client;
  std::vector<std::thread> threads;
};

TEST_F(CpeSimXmpp, AConnectionRequestWakesTheDevice) {
  start();
  wait_for_client();
  const std::string jid = reported_jid();
  EXPECT_EQ(jid, "cpe@localhost/tr069");
  EXPECT_EQ(command("get S1 Device.XMPP.Connection.1.Status"), "ok Enabled");
  EXPECT_EQ(command("get S1 Device.XMPP.Connection.1.TLSEstablished"), "ok true");

  EXPECT_EQ(wake(jid).kind, Kind::kAccepted);
  EXPECT_FALSE(inform_with("6 CONNECTION REQUEST").events.empty());
}

TEST_F(CpeSimXmpp, WrongCredentialsDoNot) {
  start();
  wait_for_client();
  const std::string jid = reported_jid();
  const auto refused = wake(jid, "wrong");
  EXPECT_EQ(refused.kind, Kind::kUnauthorized);
  EXPECT_EQ(refused.text, "not-authorized");
  EXPECT_EQ(wake(jid).kind, Kind::kAccepted);
}

TEST_F(CpeSimXmpp, ASenderThatIsNotAllowedIsTurnedAway) {
  settings.values.emplace_back("ManagementServer.ConnReqAllowedJabberIDs=other@localhost");
  start();
  wait_for_client();
  const auto refused = wake(reported_jid());
  EXPECT_EQ(refused.kind, Kind::kBusy);
  EXPECT_EQ(refused.text, "service-unavailable");
}

TEST_F(CpeSimXmpp, ADeviceThatSleepsIsUnavailableAndComesBack) {
  start();
  wait_for_client();
  const std::string jid = reported_jid();
  server.process().skip_output();
  EXPECT_EQ(command("sleep S1"), "ok");
  ASSERT_TRUE(server.process().wait_for_text("Client disconnected"));
  EXPECT_EQ(wake(jid).text, "service-unavailable");
  EXPECT_EQ(command("wake S1"), "ok");
  ASSERT_TRUE(server.process().wait_for_text("Authenticated as cpe@localhost"));
}

TEST_F(CpeSimXmpp, BothComeBackWhenTheServerWasKilled) {
  start();
  wait_for_client();
  const std::string jid = reported_jid();
  server.kill();
  EXPECT_EQ(wake(jid).kind, Kind::kUnreachable);
  server.start();
  wait_for_client();
  // The device's own return shows only at the server: its address has not changed.
  for (int tries = 0; tries < 100; ++tries) {
    const auto outcome = wake(jid);
    if (outcome.kind == Kind::kAccepted) break;
    ASSERT_NE(outcome.kind, Kind::kUnauthorized);
    server.process().wait_for_text("Authenticated as cpe@localhost", milliseconds(500));
  }
  EXPECT_FALSE(inform_with("6 CONNECTION REQUEST").events.empty());
}

TEST_F(CpeSimXmpp, AnAcsConfiguresADeviceThatKnowsNothing) {
  settings.rows.clear();
  settings.values.resize(2);
  const std::string row = "Device.XMPP.Connection.1.";
  cwmp::SetParameterValues set;
  set.parameters = {
      {row + "Enable", "true", "boolean"},
      {row + "Username", "cpe", "string"},
      {row + "Password", "cpe-secret", "string"},
      {row + "Domain", "localhost", "string"},
      {row + "UseTLS", "true", "boolean"},
      {row + "ServerConnectAlgorithm", "ServerTable", "string"},
      {row + "Server.1.Enable", "true", "boolean"},
      {row + "Server.1.ServerAddress", "127.0.0.1", "string"},
      {row + "Server.1.Port", std::to_string(server.port()), "unsignedInt"},
      {"Device.ManagementServer.ConnReqXMPPConnection", "Device.XMPP.Connection.1", "string"},
      {"Device.ManagementServer.ConnReqAllowedJabberIDs", "acs@localhost", "string"}};
  cwmp::AddObject connection;
  connection.object_name = "Device.XMPP.Connection.";
  cwmp::AddObject server_row;
  server_row.object_name = row + "Server.";
  acs.handler.rpcs = {connection, server_row, set};
  start();
  wait_for_client();
  const std::string jid = reported_jid();
  EXPECT_THAT(jid, testing::StartsWith("cpe@localhost/"));
  EXPECT_EQ(wake(jid).kind, Kind::kAccepted);
}

}  // namespace
}  // namespace cpe_sim
