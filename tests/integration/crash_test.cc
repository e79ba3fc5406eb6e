// What must survive: a killed bridge, a broker that goes away, a CPE that vanishes in mid-session.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "tests/integration/world.h"

namespace integration {
namespace {

using testing::IsEmpty;
using usp_controller::Notification;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";

TEST(Crash, AKilledBridgeKeepsDevicesSubscriptionsAndQueuedWrites) {
  World world("operation_deadline: 60s");
  auto cpe = world.device("1");
  world.ask(*cpe, usp_controller::subscribe("ssid", "ValueChange", kSsid));
  cpe->command("sleep");
  // The write waits for the device when the bridge is killed.
  auto answer = std::async(std::launch::async, [&] {
    return world.ask(*cpe, usp_controller::set({{"Device.WiFi.SSID.2.", {{"SSID", "after"}}}}),
                     std::chrono::seconds(60));
  });
  ASSERT_TRUE(world.bridge().wait_for_text("SET"));

  world.kill_bridge();
  world.start_bridge();
  cpe->command("wake");

  usp_msg::Msg got = answer.get();
  EXPECT_THAT(usp_controller::failures_of(got), IsEmpty());
  EXPECT_EQ(cpe->command("get", "Device.WiFi.SSID.2.SSID"), "after");
  cpe->command("set", kSsid + " changed");
  auto notify = world.controller().wait_for_notify(
      [](const Notification& each) { return each.notify.has_value_change(); }, kLong);
  EXPECT_TRUE(notify);
}

TEST(Crash, ABrokerThatComesBackGetsWhatHappenedMeanwhile) {
  World world;
  auto cpe = world.device("1");
  // With NotifRetry: the bridge may be back at the broker before the controller is.
  world.ask(*cpe, usp_controller::subscribe("ssid", "ValueChange", kSsid, true));

  world.broker().kill();
  ASSERT_TRUE(world.bridge().wait_for_text("mqtt: lost"));
  cpe->command("set", kSsid + " meanwhile");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  world.broker().start();

  auto notify = world.controller().wait_for_notify(
      [](const Notification& each) { return each.notify.has_value_change(); }, kLong);
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.value_change().param_value(), "meanwhile");
}

TEST(Crash, AWriteWhoseAnswerWasLostIsRepeatedInTheNextSession) {
  World world;
  auto cpe = world.device("1");
  cpe->command("dodrop", "SetParameterValues 1");

  auto answer =
      world.ask(*cpe, usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", "twice"}}}}));

  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_EQ(cpe->command("get", kSsid), "twice");
}

TEST(Crash, AnAddWhoseAnswerWasLostMakesOneRow) {
  World world;
  auto cpe = world.device("1");
  cpe->command("dodrop", "AddObject 1");

  auto added = usp_controller::created_by(world.ask(
      *cpe, usp_controller::add({{"Device.NAT.PortMapping.", {{"ExternalPort", "8081"}}}})));

  EXPECT_EQ(added, std::vector<std::string>{"Device.NAT.PortMapping.2."});
  EXPECT_THAT(cpe->command("get", "Device.NAT.PortMapping.3.ExternalPort"),
              testing::StartsWith("error"));
}

TEST(Crash, ABridgeThatIsToldToStopEndsCleanly) {
  World world;
  auto cpe = world.device("1");

  world.bridge().signal(SIGTERM);

  EXPECT_EQ(world.bridge().wait_for_exit(), 0) << world.bridge().output();
}

}  // namespace
}  // namespace integration
