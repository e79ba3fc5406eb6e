// SIGHUP: what of the configuration takes effect while the bridge runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>

#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using grpc::StatusCode;
using support::ControlClient;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kHash =  // of "a token of an operator"
    "bff9682f4d11df0cbfdd82bed8dd589ffacd8e6da29e3b0cd97db9f7fa942ba0";

class Reload : public testing::Test {
 protected:
  /// Puts `with` in the place of `what` and has it read.
  void change(const std::string& what, const std::string& with, const std::string& until) {
    std::ifstream in(world.config_file());
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const std::size_t at = text.find(what);
    ASSERT_NE(at, std::string::npos) << what;
    std::ofstream(world.config_file()) << text.replace(at, what.size(), with);
    world.bridge().skip_output();
    world.bridge().signal(SIGHUP);
    ASSERT_TRUE(world.bridge().wait_for_text(until)) << world.bridge().output();
  }

  World world;
};

TEST_F(Reload, TakesNewBrakesClientsAndLogLevelWithoutAPause) {
  auto cpe = world.device("1");
  ControlClient anybody(world.grpc_port());
  const std::string name = "devices/" + cpe->endpoint_id();
  EXPECT_TRUE(anybody.set(name, {{kSsid, "before"}}).status.ok());

  change("log: {format: text, level: debug}",
         "brakes: {denied_paths: [Device.WiFi.]}\nlog: {format: text, level: debug}",
         "reload: brakes.denied_paths has changed");
  ASSERT_TRUE(world.bridge().wait_for_text("certificates read again"));
  EXPECT_EQ(anybody.set(name, {{kSsid, "after"}}).code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(cpe->command("get", kSsid), "before");

  change("grpc: {port:",
         "grpc: {clients: [{name: oss, token_sha256: " + kHash + ", role: viewer}], port:",
         "reload: grpc.clients has changed");
  ASSERT_TRUE(world.bridge().wait_for_text("certificates read again"));
  EXPECT_EQ(anybody.device(name).code(), StatusCode::UNAUTHENTICATED);

  change("level: debug", "level: info", "reload: log.level has changed");
}

TEST_F(Reload, CallsNoDeviceWhoseNetworkIsNotAllowedAnyMore) {
  auto cpe = world.device("1");
  ControlClient client(world.grpc_port());
  const std::string name = "devices/" + cpe->endpoint_id();
  EXPECT_TRUE(client.set(name, {{kSsid, "before"}}).status.ok());

  change("allow: [127.0.0.0/8]", "allow: [192.0.2.0/24]",
         "reload: cwmp.connection_request.allow has changed");
  ASSERT_TRUE(world.bridge().wait_for_text("certificates read again"));
  EXPECT_EQ(client.set(name, {{kSsid, "after"}}, std::chrono::seconds(2)).code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(cpe->command("get", kSsid), "before");
}

TEST_F(Reload, SaysWhatTakesARestart) {
  change("admin: {port:", "admin: {listen: 127.0.0.2, port:",
         "reload: admin.listen has changed, which takes a restart");
}

TEST_F(Reload, OfABadFileChangesNothing) {
  auto cpe = world.device("1");
  change("log: {format: text, level: debug}",
         "brakes: {denied_paths: [Device.], instances: none}\nlog: {format: text, level: debug}",
         "the configuration stays as it was");
  ASSERT_TRUE(world.bridge().wait_for_text("certificates read again"));
  ControlClient client(world.grpc_port());
  EXPECT_TRUE(client.set("devices/" + cpe->endpoint_id(), {{kSsid, "x"}}).status.ok());
}

}  // namespace
}  // namespace integration
