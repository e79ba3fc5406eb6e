// Devices without a port for HTTP connection requests, woken over a real XMPP server (TR-069 Annex
// K).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/prosody.h"

namespace integration {
namespace {

using testing::IsEmpty;

const std::string kAcs = "USP_BRIDGE_CWMP__XMPP__";
const std::string kDevices = kAcs + "DEVICES__";

/// The account of the device 00D09E-Gateway-1, by the rule that the README gives.
constexpr const char* kAccount = "00d09e-gateway-1.b04c736b";

support::Prosody::Options accounts() {
  support::Prosody::Options options;
  options.users = {{"acs", "acs-secret"}, {kAccount, "device-secret"}};
  return options;
}

class XmppWake : public testing::Test {
 protected:
  std::vector<std::string> environment() {
    const std::string port = std::to_string(prosody.port());
    return {kAcs + "ENABLED=true",           kAcs + "JID=acs@localhost",
            kAcs + "PASSWORD=acs-secret",    kAcs + "HOST=127.0.0.1",
            kAcs + "PORT=" + port,           kAcs + "CA=" + prosody.ca_file(),
            kDevices + "SERVER=127.0.0.1",   kDevices + "PORT=" + port,
            kDevices + "CREDENTIALS=shared", kDevices + "SECRET=device-secret"};
  }

  /// Provisioned in its first session, logged in, and the bridge knows its address.
  std::unique_ptr<Cpe> device() {
    auto cpe =
        world.device("1", "tr181-xmpp.csv", {"--no-connection-request", "--ca", prosody.ca_file()});
    expect_address_told(*cpe);
    return cpe;
  }

  /// In a session of its own, which is over for the device as well.
  void expect_address_told(Cpe& cpe) {
    const auto informed = cpe.process().wait_for_line(
        [](const std::string& line) {
          return line.find("\"event\":\"inform\"") != std::string::npos &&
                 line.find("4 VALUE CHANGE") != std::string::npos;
        },
        kLong);
    EXPECT_TRUE(informed) << cpe.process().output();
    EXPECT_TRUE(cpe.wait_for("session_end"));
    EXPECT_TRUE(world.bridge().wait_for_text("[4 VALUE CHANGE]", kLong)) << world.bridge().output();
  }

  void expect_logged_in() {
    const bool is = world.bridge().output().find("xmpp: logged in") != std::string::npos;
    ASSERT_TRUE(is || world.bridge().wait_for_text("xmpp: logged in", kLong));
  }

  void expect_set_by_xmpp(Cpe& cpe, const std::string& ssid) {
    const auto answer =
        world.ask(cpe, usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", ssid}}}}));
    EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty()) << answer.ShortDebugString() << '\n'
                                                                << world.bridge().output();
    EXPECT_TRUE(world.bridge().wait_for_text("connection request by xmpp: accepted"));
    EXPECT_EQ(cpe.command("get", "Device.WiFi.SSID.1.SSID"), ssid);
  }

  support::Prosody prosody{accounts()};
  World world{{}, environment()};
};

// The device informs each 360 s by itself; an operation waits 30 s.
TEST_F(XmppWake, ADeviceIsToldToLogInAndIsWokenForASet) {
  auto cpe = device();
  expect_set_by_xmpp(*cpe, "by-xmpp");
}

TEST_F(XmppWake, GoesOnWhenTheXmppServerComesBack) {
  auto cpe = device();
  prosody.kill();
  ASSERT_TRUE(world.bridge().wait_for_text("xmpp: not connected", kLong));
  ASSERT_TRUE(cpe->wait_for("xmpp_down"));
  world.bridge().skip_output();
  prosody.start();
  ASSERT_TRUE(world.bridge().wait_for_text("xmpp: logged in", kLong));
  ASSERT_TRUE(cpe->wait_for("xmpp_up"));
  expect_set_by_xmpp(*cpe, "again");
}

TEST_F(XmppWake, ARestartedBridgeStillKnowsTheDevicesAddress) {
  auto cpe = device();
  world.kill_bridge();
  world.start_bridge();
  expect_logged_in();
  expect_set_by_xmpp(*cpe, "after-the-restart");
}

}  // namespace
}  // namespace integration
