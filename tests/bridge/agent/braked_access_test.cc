#include "bridge/agent/braked_access.h"

#include <gmock/gmock.h>

#include "tests/support/fake_data_model.h"

namespace bridge {
namespace {

const std::string kSubscriptions = "Device.LocalAgent.Subscription.";

class BrakedAccessTest : public testing::Test {
 protected:
  const BrakedAccess& with(std::vector<std::string> denied, std::size_t instances = 100,
                           BrakedAccess::OtherName other = {}) {
    BrakesConfig config;
    config.denied_paths = std::move(denied);
    config.instances = instances;
    brakes_.emplace(config);
    access_.emplace(inner, *brakes_, model_, std::move(other));
    return *access_;
  }

  support::FakeAccess inner;

 private:
  support::FakeDataModel model_ = support::local_agent();
  std::optional<Brakes> brakes_;
  std::optional<BrakedAccess> access_;
};

TEST_F(BrakedAccessTest, LeavesRightsAsTheyAreWhereNothingIsDenied) {
  const BrakedAccess& access = with({});
  EXPECT_TRUE(access.may_write(kSubscriptions + "1.", "ID"));
  inner.no_write.insert(kSubscriptions + "1.ID");
  EXPECT_FALSE(access.may_write(kSubscriptions + "1.", "ID"));
  EXPECT_FALSE(access.has_denied()) << "it was the role that has refused";
}

TEST_F(BrakedAccessTest, DeniesToThoseWhoMayDoEverything) {
  const usp::Access everything;
  BrakesConfig config;
  config.denied_paths = {kSubscriptions};
  const Brakes brakes(config);
  const auto model = support::local_agent();
  const BrakedAccess access(everything, brakes, model, {});
  EXPECT_FALSE(access.unrestricted());
  EXPECT_FALSE(access.may_write(kSubscriptions + "1.", "ID"));
  EXPECT_FALSE(access.may_add(kSubscriptions));
  EXPECT_FALSE(access.may_delete(kSubscriptions + "1."));
  EXPECT_TRUE(access.may_write("Device.LocalAgent.", "EndpointID"));
  EXPECT_TRUE(access.may_read(kSubscriptions + "1.", "ID"));
  EXPECT_TRUE(access.has_denied());
  const Brakes none{BrakesConfig{}};
  EXPECT_TRUE(BrakedAccess(everything, none, model, {}).unrestricted());
}

TEST_F(BrakedAccessTest, KeepsARowThatHoldsWhatIsDenied) {
  const BrakedAccess& access = with({"Device.LocalAgent.Controller.*.BootParameter.*.Enable"});
  EXPECT_FALSE(access.may_delete("Device.LocalAgent.Controller.1."));
  EXPECT_FALSE(access.may_delete("Device.LocalAgent.Controller.1.BootParameter.1."));
  EXPECT_TRUE(access.may_delete("Device.LocalAgent.Controller.2.")) << "it has no such row";
  EXPECT_TRUE(access.may_delete(kSubscriptions + "1."));
}

TEST_F(BrakedAccessTest, DeniesCommandsByNameAndByWhatTheyWrite) {
  const BrakedAccess& access = with({"Device.FactoryReset()", "Device.DHCPv4.Client.*.Renew",
                                     "Device.DeviceInfo.BootFirmwareImage"});
  EXPECT_FALSE(access.may_operate("Device.", "FactoryReset()"));
  EXPECT_TRUE(access.may_operate("Device.", "Reboot()"));
  EXPECT_FALSE(access.may_operate("Device.DHCPv4.Client.1.", "Renew()"));
  EXPECT_FALSE(access.may_operate("Device.DeviceInfo.FirmwareImage.2.", "Activate()"));
}

TEST_F(BrakedAccessTest, IsNotGotAroundByAnotherName) {
  const auto other = [](const std::string& path) -> std::optional<std::string> {
    if (path.starts_with("Device.X_USPBRIDGE_IGD.")) return "Device.WiFi.SSID.1.SSID";
    return std::nullopt;
  };
  const BrakedAccess& access = with({"Device.WiFi.SSID.*.SSID"}, 100, other);
  EXPECT_FALSE(access.may_write("Device.X_USPBRIDGE_IGD.LANDevice.1.WLANConfiguration.1.", "SSID"));
  EXPECT_TRUE(access.may_write("Device.WiFi.SSID.1.", "Enable"));
}

TEST_F(BrakedAccessTest, CapsWhatOnePathReaches) {
  const BrakedAccess& access = with({}, 2);
  EXPECT_TRUE(access.may_touch(2));
  EXPECT_FALSE(access.has_capped());
  EXPECT_FALSE(access.may_touch(3));
  EXPECT_TRUE(access.has_capped());
}

}  // namespace
}  // namespace bridge
