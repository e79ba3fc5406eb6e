// How the mirror learns of what a device does not report by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"

namespace integration {
namespace {

using usp_controller::Notification;

const std::string kRefuses = "Device.DeviceInfo.MemoryStatus.Free";
const std::string kCount = "Device.NAT.PortMappingNumberOfEntries";
const std::string kPassive = "\"notification\":1";
const std::string kActive = "\"notification\":2";

auto rpc_line(const std::string& method, const std::string& what) {
  return [method, what](const std::string& line) {
    return line.find("\"" + method + "\"") != std::string::npos &&
           line.find(what) != std::string::npos;
  };
}

auto change_of(const std::string& path) {
  return
      [path](const Notification& each) { return each.notify.value_change().param_path() == path; };
}

TEST(Refresh, WhatRefusesActiveNotificationIsNotifiedPassively) {
  World world;
  auto cpe = world.device("1");
  world.ask(*cpe, usp_controller::subscribe("memory", "ValueChange", kRefuses));
  ASSERT_TRUE(cpe->process().wait_for_line(rpc_line("SetParameterAttributes", kActive)));
  ASSERT_TRUE(cpe->process().wait_for_line(rpc_line("SetParameterAttributes", kPassive)));
  ASSERT_TRUE(cpe->wait_for("session_end"));

  cpe->command("set", kRefuses + " 4711");
  cpe->command("inform");

  const auto notify = world.controller().wait_for_notify(change_of(kRefuses), kLong);
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.value_change().param_value(), "4711");
}

TEST(Refresh, ARuleReadsAgainWhatIsOld) {
  World world("refresh: [{path: \"Device.WiFi.SSID.*\", every: 1s}]");
  auto cpe = world.device("1");
  cpe->command("set", "Device.WiFi.SSID.2.SSID behind-our-back");

  const auto give_up = std::chrono::steady_clock::now() + kLong;
  while (world.read(*cpe, "Device.WiFi.SSID.2.SSID") != "behind-our-back") {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up);
    cpe->command("inform");
    ASSERT_TRUE(cpe->wait_for("session_end"));
  }
}

TEST(Refresh, AChangedCountBringsTheRowsOfItsTable) {
  World world;
  auto cpe = world.device("1");
  world.ask(*cpe, usp_controller::subscribe("count", "ValueChange", kCount));
  ASSERT_TRUE(cpe->process().wait_for_line(rpc_line("SetParameterAttributes", kCount)));
  ASSERT_TRUE(cpe->wait_for("session_end"));

  cpe->command("add", "Device.NAT.PortMapping.");

  ASSERT_TRUE(world.controller().wait_for_notify(change_of(kCount), kLong));
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_EQ(world.read(*cpe, kCount), "2");
  EXPECT_EQ(world.read(*cpe, "Device.NAT.PortMapping.2.Alias"), "cpe-2");
}

}  // namespace
}  // namespace integration
