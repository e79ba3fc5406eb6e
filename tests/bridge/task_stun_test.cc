// TR-069 Annex G: what a device's STUN client is told.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/task/stun.h"
#include "tests/bridge/fake_cpe.h"

namespace bridge::task {
namespace {

using bridge::testing::Driver;
using bridge::testing::FakeCpe;
using ::testing::Contains;
using ::testing::Not;
using ::testing::Pair;

const std::string kServer = "Device.ManagementServer.";

StunProvisioning wish() {
  StunProvisioning out;
  out.server_address = "stun.example.com";
  out.server_port = 3479;
  out.username = "d7-abcde";
  out.password = "letmein!";
  out.keep_alive_min_s = 20;
  out.keep_alive_max_s = 90;
  return out;
}

FakeCpe with_stun() {
  FakeCpe cpe = bridge::testing::small_gateway();
  cpe.add_parameter(kServer + "STUNEnable", "0", "boolean");
  cpe.add_parameter(kServer + "STUNServerAddress", "");
  cpe.add_parameter(kServer + "STUNServerPort", "3478", "unsignedInt");
  cpe.add_parameter(kServer + "STUNUsername", "");
  cpe.add_parameter(kServer + "STUNPassword", "");
  cpe.add_parameter(kServer + "STUNMaximumKeepAlivePeriod", "-1", "int");
  cpe.add_parameter(kServer + "STUNMinimumKeepAlivePeriod", "30", "unsignedInt");
  cpe.add_parameter(kServer + "UDPConnectionRequestAddress", "", "string", false);
  cpe.add_parameter(kServer + "NATDetected", "0", "boolean", false);
  return cpe;
}

std::unique_ptr<Task> first_contact() {
  Provisioning provisioning;
  provisioning.stun = wish();
  return std::make_unique<FirstContact>("Device.", provisioning);
}

std::string value(const FakeCpe& cpe, const std::string& name) {
  const auto found = cpe.parameters.find(kServer + name);
  return found == cpe.parameters.end() ? "none" : found->second.value;
}

TEST(ProvisionStun, FirstContactTellsADeviceThatCan) {
  FakeCpe cpe = with_stun();
  Driver driver(cpe);
  ASSERT_NE(driver.run(first_contact), nullptr);
  EXPECT_EQ(value(cpe, "STUNServerAddress"), "stun.example.com");
  EXPECT_EQ(value(cpe, "STUNServerPort"), "3479");
  EXPECT_EQ(value(cpe, "STUNUsername"), "d7-abcde");
  EXPECT_EQ(value(cpe, "STUNMaximumKeepAlivePeriod"), "90");
  EXPECT_EQ(value(cpe, "STUNMinimumKeepAlivePeriod"), "20");
  EXPECT_THAT(value(cpe, "STUNEnable"), ::testing::AnyOf("1", "true"));
  EXPECT_THAT(cpe.notification, Contains(Pair(kServer + "UDPConnectionRequestAddress", 2U)));
  EXPECT_THAT(cpe.notification, Contains(Pair(kServer + "NATDetected", 2U)));
  EXPECT_TRUE(is_provisioned(driver.tree, "Device.", wish()));
}

// All or nothing (TR-069 A.3.2.1): a client never runs with half of it.
TEST(ProvisionStun, SaysItAllInOneRpc) {
  FakeCpe cpe = with_stun();
  Driver driver(cpe);
  ASSERT_NE(driver.run(first_contact), nullptr);
  ProvisionStun task("Device.", wish());
  Context context{driver.tree, driver.learned, 0};
  const auto rpc = task.next(context);
  ASSERT_TRUE(rpc);
  const auto* set = std::get_if<cwmp::SetParameterValues>(&*rpc);
  ASSERT_NE(set, nullptr);
  EXPECT_EQ(set->parameters.size(), 7U);
  EXPECT_THAT(set->parameters,
              Contains(::testing::AllOf(
                  ::testing::Field(&cwmp::ParameterValue::name, kServer + "STUNPassword"),
                  ::testing::Field(&cwmp::ParameterValue::value, "letmein!"))));
}

TEST(ProvisionStun, ADeviceWithoutStunIsToldNothing) {
  FakeCpe plain = bridge::testing::small_gateway();
  Driver with(plain);
  ASSERT_NE(with.run(first_contact), nullptr);
  FakeCpe same = bridge::testing::small_gateway();
  Driver without(same);
  ASSERT_NE(without.run([] { return std::make_unique<FirstContact>("Device.", Provisioning()); }),
            nullptr);
  EXPECT_EQ(plain.log, same.log);
}

TEST(ProvisionStun, ADeviceThatOnlyListensGetsTheNotification) {
  FakeCpe cpe = bridge::testing::small_gateway();
  cpe.add_parameter(kServer + "UDPConnectionRequestAddress", "10.0.0.1:5060", "string", false);
  Driver driver(cpe);
  ASSERT_NE(driver.run(first_contact), nullptr);
  EXPECT_THAT(cpe.notification, Contains(Pair(kServer + "UDPConnectionRequestAddress", 2U)));
  EXPECT_EQ(value(cpe, "STUNEnable"), "none");
}

TEST(ProvisionStun, OneThatHasNotAllOfItGetsWhatItHas) {
  FakeCpe cpe = with_stun();
  cpe.parameters.erase(kServer + "STUNMaximumKeepAlivePeriod");
  cpe.parameters.erase(kServer + "NATDetected");
  Driver driver(cpe);
  ASSERT_NE(driver.run(first_contact), nullptr);
  EXPECT_EQ(value(cpe, "STUNUsername"), "d7-abcde");
  EXPECT_TRUE(is_provisioned(driver.tree, "Device.", wish()));
}

TEST(ProvisionStun, ARefusedSettingDoesNotKeepTheOthersOff) {
  FakeCpe cpe = with_stun();
  cpe.refused_values = {"90"};
  Driver driver(cpe);
  ASSERT_NE(driver.run(first_contact), nullptr);
  EXPECT_EQ(value(cpe, "STUNUsername"), "d7-abcde");
  EXPECT_EQ(value(cpe, "STUNMaximumKeepAlivePeriod"), "-1");
  EXPECT_FALSE(is_provisioned(driver.tree, "Device.", wish()));
}

TEST(ProvisionStun, SeesWhatIsNotAsItShouldBe) {
  FakeCpe cpe = with_stun();
  Driver driver(cpe);
  ASSERT_NE(driver.run(first_contact), nullptr);
  StunProvisioning moved = wish();
  moved.server_port = 3480;
  EXPECT_FALSE(is_provisioned(driver.tree, "Device.", moved));
  StunProvisioning other_password = wish();
  other_password.password = "hidden";
  EXPECT_TRUE(is_provisioned(driver.tree, "Device.", other_password)) << "it reads as empty";
}

}  // namespace
}  // namespace bridge::task
