// Devices that do not keep to the standard, and what their models are configured for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <functional>

#include "cwmp/soap.h"
#include "tests/integration/raw_peers.h"
#include "tests/integration/world.h"

namespace integration {
namespace {

using support::HttpAnswer;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::VariantWith;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kAcs = "Device.ManagementServer.";

cwmp::Message message_in(const HttpAnswer& answer) {
  auto envelope = cwmp::decode(answer.body);
  return envelope ? envelope->body : cwmp::Message(cwmp::UnknownRequest{"no envelope"});
}

std::string retried_inform(const std::string& serial, std::uint32_t retry_count) {
  auto envelope = cwmp::decode(inform_text(serial)).value();
  std::get<cwmp::Inform>(envelope.body).retry_count = retry_count;
  return cwmp::encode(envelope);
}

std::string metrics(const World& world) {
  support::HttpClient http(static_cast<std::uint16_t>(world.admin_port()));
  http.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return http.receive().body;
}

/// Asks until the answer fits: for what the bridge does after it has answered the CPE, or when time
/// has passed.
bool becomes(const std::function<bool()>& true_now) {
  const auto give_up = std::chrono::steady_clock::now() + kLong;
  while (!true_now()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
  }
  return true;
}

/// The device informs with this event, and the session is over.
bool inform(Cpe& cpe, const std::string& event) {
  if (cpe.command("inform", event).starts_with("error")) return false;
  const auto informed = cpe.process().wait_for_line([&event](const std::string& line) {
    return line.find("\"event\":\"inform\"") != std::string::npos &&
           line.find(event) != std::string::npos;
  });
  return informed && cpe.wait_for("session_end");
}

usp_msg::Msg set_ssid(const std::string& value) {
  return usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", value}}}});
}

// quirk 76: whether a device is new is known from our own database, not from its events.
TEST(Quirks, AFirstInformWithoutBootstrapIsAFirstContact) {
  World world;
  RawCpe cpe(world.acs_port());
  ASSERT_EQ(cpe.post(inform_text("S1")).status, 200U);  // 2 PERIODIC

  const auto first = message_in(cpe.post(""));

  ASSERT_THAT(first, VariantWith<cwmp::GetParameterNames>(testing::_));
  EXPECT_EQ(std::get<cwmp::GetParameterNames>(first).path, kAcs);
}

// quirk 69: the ParameterKey proves nothing and is not looked at.
TEST(Quirks, AWriteIsGoodThoughTheDeviceKeepsNoParameterKey) {
  World world;
  auto cpe = world.device("1", "tr181-small.csv", {"--quirk", "no-parameter-key"});

  auto answer = world.ask(*cpe, set_ssid("new"));

  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_EQ(world.read(*cpe, kSsid), "new");
}

// quirk 21, quirk 68: what a device made of a value is the answer, never a reason to set it again.
TEST(Quirks, AValueThatReadsBackOtherwiseIsReportedAsItIs) {
  World world;
  auto cpe = world.device("1");
  cpe->command("quirk", "normalise=upper");

  auto answer = world.ask(*cpe, set_ssid("a<b"));

  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_EQ(cpe->command("get", kSsid), "A<B");
  EXPECT_EQ(world.read(*cpe, kSsid), "A<B");
}

// quirk 88: another ACS URL, a reset: everything is read and set anew, and the agent stays who it
// is.
TEST(Quirks, ABootstrapIsReadAndProvisionedAnew) {
  World world;
  auto cpe = world.device("1");
  const std::string username = cpe->command("get", kAcs + "ConnectionRequestUsername");
  cpe->command("set", kSsid + " elsewhere");
  cpe->command("set", kAcs + "ConnectionRequestUsername somebody");

  ASSERT_TRUE(inform(*cpe, "0 BOOTSTRAP"));

  EXPECT_EQ(cpe->command("get", kAcs + "ConnectionRequestUsername"), username);
  EXPECT_EQ(world.read(*cpe, kSsid), "elsewhere");
}

// quirk 77: the same without "0 BOOTSTRAP".
TEST(Quirks, ABootShowsThatTheConfigurationWasReplaced) {
  World world;
  auto cpe = world.device("1");
  const std::string interval = cpe->command("get", kAcs + "PeriodicInformInterval");
  cpe->command("set", kAcs + "PeriodicInformInterval 86400");

  ASSERT_TRUE(inform(*cpe, "1 BOOT"));

  EXPECT_EQ(cpe->command("get", kAcs + "PeriodicInformInterval"), interval);
}

// quirk 47, quirk 48: a device that retries and retries gets 503; the others and its neighbours on
// the same address do not.
TEST(Quirks, ARetryStormIsHeldBack) {
  World world({}, {"USP_BRIDGE_CWMP__LIMITS__DEVICE_RETRY_INTERVAL=10m",
                   "USP_BRIDGE_CWMP__LIMITS__DEVICE_BURST=10m"});
  RawCpe stormy(world.acs_port());
  ASSERT_EQ(stormy.post(retried_inform("S1", 1'400)).status, 200U);
  EXPECT_THAT(message_in(stormy.post("")), VariantWith<cwmp::GetParameterNames>(testing::_))
      << "a running session is never shed";

  const auto shed = stormy.post(retried_inform("S1", 1'401));

  EXPECT_EQ(shed.status, 503U);
  EXPECT_GE(std::stoul(shed.field("Retry-After")), 1U);
  RawCpe other(world.acs_port());
  EXPECT_EQ(other.post(retried_inform("S2", 1)).status, 200U);
  EXPECT_THAT(metrics(world), HasSubstr("usp_bridge_cwmp_sessions_total{end=\"throttled\"} 1"));
}

// quirk 3, quirk 43
TEST(Quirks, AModelIsSpokenToAsItsProfileSays) {
  World world({}, {}, {},
              "  profiles:\n    - match: {product_class: \"B*\", software_version: \"1.*\"}\n"
              "      xml_declaration: true\n      empty_answer: 200\n");
  RawCpe cpe(world.acs_port());
  EXPECT_THAT(cpe.post(inform_text("S1")).body, testing::StartsWith("<?xml"));

  HttpAnswer answer = cpe.post("");
  while (!answer.body.empty()) {
    EXPECT_THAT(answer.body, testing::StartsWith("<?xml"));
    cwmp::Fault fault;
    fault.code = cwmp::FaultCode::kMethodNotSupported;
    answer = cpe.post(envelope_text(fault));
  }

  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.field("Content-Length"), "0");
}

// quirk 35, quirk 71
TEST(Quirks, ANetworkLetInWithoutCredentialsCannotBeWhoHasOne) {
  World world({}, {}, {},
              "  trusted_proxies: [127.0.0.1]\n"
              "  profiles:\n    - match: {networks: [192.0.2.0/24], product_class: Box}\n"
              "      authenticate: none\n");
  RawCpe bound(world.acs_port());
  ASSERT_EQ(bound.post(inform_text("Bound")).status, 200U);
  const std::string from_there = "X-Forwarded-For: 192.0.2.7\r\n";
  support::HttpClient quiet(static_cast<std::uint16_t>(world.acs_port()));
  auto other_model = cwmp::decode(inform_text("S1")).value();
  std::get<cwmp::Inform>(other_model.body).device_id.product_class = "Other";

  EXPECT_EQ(quiet.post(inform_text("S1")).status, 401U) << "from elsewhere";
  EXPECT_EQ(quiet.post(cwmp::encode(other_model), from_there).status, 401U);
  EXPECT_EQ(quiet.post(inform_text("S1"), from_there).status, 200U);
  EXPECT_EQ(quiet.post(inform_text("Bound"), from_there).status, 403U);
}

// quirk 71
TEST(Quirks, TwoSourcesThatTakeTurnsWithOneIdentityAreSuspected) {
  World world({}, {}, {},
              "  trusted_proxies: [127.0.0.1]\n"
              "  profiles:\n    - authenticate: none\n");
  support::HttpClient cpe(static_cast<std::uint16_t>(world.acs_port()));
  const std::string metric = "usp_bridge_cwmp_suspected_clones_total ";
  for (int i = 0; i < 5; ++i) {
    const std::string from = "X-Forwarded-For: 192.0.2." + std::to_string(i % 2 + 1) + "\r\n";
    ASSERT_EQ(cpe.post(inform_text("S1"), from).status, 200U);
  }
  EXPECT_THAT(metrics(world), HasSubstr(metric + "0"));

  ASSERT_EQ(cpe.post(inform_text("S1"), "X-Forwarded-For: 192.0.2.2\r\n").status, 200U);

  EXPECT_THAT(metrics(world), HasSubstr(metric + "1"));
  EXPECT_TRUE(world.bridge().wait_for_text("two sources take turns with this identity"));
}

// quirk 15, and every other deviation: the operator can count them.
TEST(Quirks, DeviationsAreCounted) {
  World world;
  auto cpe = world.device("1", "tr181-small.csv", {"--quirk", "wrong-count"});
  EXPECT_TRUE(becomes([&] {
    return metrics(world).find("usp_bridge_cwmp_deviations_total{kind=\"array-count\"}") !=
           std::string::npos;
  }));
}

// quirk 63
TEST(Quirks, AParameterThatIsOnlyCalledReadOnlyCanBeWrittenWhereItsModelIsConfigured) {
  const std::vector<std::string> lies{"--quirk", "read-only-flags"};
  World world({}, {}, {},
              "  profiles:\n    - match: {software_version: \"9*\"}\n"
              "      ignore_writable: true\n");
  auto believed = world.device("1", "tr181-small.csv", lies);
  EXPECT_THAT(usp_controller::failures_of(world.ask(*believed, set_ssid("new"))),
              testing::Not(IsEmpty()));

  believed->command("set", "Device.DeviceInfo.SoftwareVersion 9.0");
  ASSERT_TRUE(inform(*believed, "1 BOOT"));

  EXPECT_THAT(usp_controller::failures_of(world.ask(*believed, set_ssid("new"))), IsEmpty());
  EXPECT_EQ(believed->command("get", kSsid), "new");
}

// quirk 53, quirk 55, quirk 60: what the model is configured for saves the finding out.
TEST(Quirks, AModelIsReadAndWrittenAsItsProfileSays) {
  World world({}, {}, {},
              "  profiles:\n    - match: {product_class: Gateway}\n"
              "      names: by-level\n      booleans: digits\n      batch: 4\n");
  auto cpe = world.device(
      "1", "tr181-small.csv",
      {"--quirk", "no-full-walk", "--quirk", "max-names=4", "--quirk", "numeric-booleans"});
  EXPECT_THAT(metrics(world), testing::Not(HasSubstr("result=\"9"))) << "no RPC in vain";

  auto answer =
      world.ask(*cpe, usp_controller::set({{"Device.WiFi.SSID.1.", {{"Enable", "false"}}}}));

  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_EQ(cpe->command("get", "Device.WiFi.SSID.1.Enable"), "false");
}

// quirk 93
TEST(Quirks, ADeviceThatWantsBasicIsWokenWhereItsModelIsConfigured) {
  World world({}, {}, {},
              "  profiles:\n    - match: {product_class: Gateway}\n"
              "      connection_request_basic: true\n");
  auto cpe = world.device("1", "tr181-small.csv", {"--quirk", "basic-requests"});

  EXPECT_THAT(usp_controller::failures_of(world.ask(*cpe, set_ssid("new"))), IsEmpty());

  EXPECT_EQ(cpe->command("get", kSsid), "new");
}

// quirk 87
TEST(Quirks, ADeviceThatMissesItsPeriodicInformsIsOffline) {
  World world({}, {"USP_BRIDGE_CWMP__PERIODIC_INFORM_INTERVAL=0s"});
  auto cpe = world.device("1");
  const std::string reachability = "Device.X_USPBRIDGE_Cwmp.Reachability";
  EXPECT_NE(world.read(*cpe, reachability), "Offline");
  cpe->command("set", kAcs + "PeriodicInformInterval 1");
  ASSERT_TRUE(inform(*cpe, "1 BOOT"));

  cpe->process().signal(SIGKILL);

  EXPECT_TRUE(becomes([&] { return world.read(*cpe, reachability) == "Offline"; }));
}

}  // namespace
}  // namespace integration
