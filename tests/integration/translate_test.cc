// A TR-098 device read and written by Device:2 names, end to end.
#include <algorithm>

#include "tests/integration/tr098_fixture.h"

namespace integration {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;
using Dm = usp_msg::GetSupportedDMResp;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kLed = "Device.X_USPBRIDGE_IGD.X_EX_Led.Brightness";

class Translate : public Tr098 {};

// ---- Get

TEST_F(Translate, AParameterIsReadByItsDevice2Name) { EXPECT_EQ(read(kSsid), "Home-1"); }

TEST_F(Translate, AnObjectIsReadWithAllThatIsInIt) {
  const auto values = get("Device.WiFi.SSID.");

  EXPECT_THAT(values, Contains(Pair(kSsid, "Home-1")));
  EXPECT_THAT(values, Contains(Pair("Device.WiFi.SSID.2.SSID", "Home-2")));
  EXPECT_THAT(values, Contains(Pair("Device.WiFi.SSID.2.LowerLayers", "Device.WiFi.Radio.2")));
}

TEST_F(Translate, RowsAreFoundByWhatIsInThem) {
  EXPECT_THAT(get("Device.WiFi.SSID.[SSID==\"Home-2\"].BSSID"),
              ElementsAre(Pair("Device.WiFi.SSID.2.BSSID", "02:00:00:00:00:02")));
  EXPECT_THAT(get("Device.WiFi.AccessPoint.1.SSIDReference+.SSID"),
              ElementsAre(Pair(kSsid, "Home-1")));
}

TEST_F(Translate, WhatTakesTheDeviceAwayIsNotShown) {
  EXPECT_THAT(usp_controller::failures_of(ask(usp_controller::get({"Device.ManagementServer."}))),
              ElementsAre(HasSubstr("7026")));
  EXPECT_THAT(get("Device."), Not(Contains(Pair(HasSubstr(".ManagementServer."), testing::_))));
}

class TranslateFresh : public Tr098 {
 protected:
  TranslateFresh()
      : Tr098({.device_settings =
                   "freshness: [{path: Device.DeviceInfo.MemoryStatus.*, max_age: 0s}]"}) {}
};

TEST_F(TranslateFresh, ALiveReadIsOfTheParameterBehindTheName) {
  cpe->command("set", kIgd + "DeviceInfo.MemoryStatus.Free 7");

  EXPECT_EQ(read("Device.DeviceInfo.MemoryStatus.Free"), "7");
}

// ---- Set

TEST_F(Translate, ASetReachesTheDevice) {
  do_all(usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", "new"}}}}));

  EXPECT_EQ(on_device(kWlan + "1.SSID"), "new");
  EXPECT_EQ(on_device(kWlan + "2.SSID"), "Home-2");
  EXPECT_EQ(read(kSsid), "new");
}

TEST_F(Translate, AFaultOfTheDeviceBlamesTheNameThatWasUsed) {
  const std::string too_long(33, 'x');
  const auto answer = ask(
      usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", too_long}, {"Enable", "false"}}}}));

  EXPECT_THAT(blamed(answer), ElementsAre(Pair(kSsid, 7012U))) << answer.ShortDebugString();
  EXPECT_EQ(on_device(kWlan + "1.Enable"), "true") << "nothing is done";
}

TEST_F(Translate, AValueThatTr098CannotSayIsRefusedWithoutAskingTheDevice) {
  const auto rpcs = [this] {
    const std::string text = cpe->process().output();
    std::size_t count = 0;
    for (auto at = text.find("\"rpc\""); at != std::string::npos;
         at = text.find("\"rpc\"", at + 1)) {
      ++count;
    }
    return count;
  };
  const std::size_t before = rpcs();

  const auto answer = ask(usp_controller::set(
      {{"Device.WiFi.AccessPoint.1.Security.", {{"ModeEnabled", "WPA3-Personal"}}}}));

  EXPECT_THAT(blamed(answer),
              ElementsAre(Pair("Device.WiFi.AccessPoint.1.Security.ModeEnabled", 7012U)))
      << answer.ShortDebugString();
  EXPECT_EQ(rpcs(), before);
}

// ---- Add, Delete

TEST_F(Translate, APortMappingGoesToTheConnectionThatItsInterfaceNames) {
  const std::string iptv = row_with("Device.IP.Interface.", "Name", "iptv");
  std::map<std::string, std::string> keys;

  const std::string row = add(
      {{"Interface", iptv}, {"ExternalPort", "53"}, {"InternalPort", "5353"}, {"Protocol", "UDP"}},
      &keys);

  EXPECT_THAT(keys, UnorderedElementsAre(Pair("Alias", testing::_), Pair("RemoteHost", ""),
                                         Pair("ExternalPort", "53"), Pair("Protocol", "UDP")));
  EXPECT_EQ(on_device(kIptvMappings + "1.ExternalPort"), "53");
  const auto values = get(row);
  EXPECT_THAT(values, Contains(Pair(row + "InternalPort", "5353")));
  EXPECT_THAT(values, Contains(Pair(row + "Interface", iptv)));
  EXPECT_THAT(instances(kMappings), Contains(row));

  do_all(usp_controller::del({row}));

  EXPECT_THAT(on_device(kIptvMappings + "1.ExternalPort"), HasSubstr("error"));
  EXPECT_THAT(instances(kMappings), ElementsAre(kMappings + "1."));
}

TEST_F(Translate, APortMappingWithoutInterfaceGoesToTheDefaultConnection) {
  const std::string row = add({{"ExternalPort", "8443"}, {"InternalPort", "443"}});

  EXPECT_EQ(on_device(kWanMappings + "2.ExternalPort"), "8443");
  EXPECT_EQ(read(row + "Interface"), row_with("Device.IP.Interface.", "Name", "wan"));
  EXPECT_EQ(read("Device.NAT.PortMappingNumberOfEntries"), "2");
}

TEST_F(Translate, ARowWhoseSettingTheDeviceRefusesIsTakenBack) {
  const auto answer = ask(usp_controller::add({{kMappings, {{"ExternalPort", "70000"}}}}));

  EXPECT_THAT(blamed(answer), ElementsAre(Pair(kMappings + "ExternalPort", 7012U)))
      << answer.ShortDebugString();
  EXPECT_EQ(on_device(kWan + "1.WANIPConnection.1.PortMappingNumberOfEntries"), "1");
  EXPECT_THAT(instances(kMappings), ElementsAre(kMappings + "1."));
}

TEST_F(Translate, NumbersSurviveARestartAndTheDeletionOfALowerRow) {
  const std::string second = add({{"ExternalPort", "8081"}});
  const std::string third = add({{"ExternalPort", "8082"}});
  cpe->command("delete", kWanMappings + "2.");
  cpe->command("inform");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  world.kill_bridge();
  world.start_bridge();

  EXPECT_EQ(read(third + "ExternalPort"), "8082");
  const std::string fourth = add({{"ExternalPort", "8083"}});
  EXPECT_THAT(instances(kMappings), ElementsAre(kMappings + "1.", third, fourth));
  EXPECT_NE(fourth, second) << "a number is never given to anything else";
}

// ---- what there is

TEST_F(Translate, InstancesAreThoseOfTheFlattenedTables) {
  EXPECT_THAT(instances("Device.WiFi.SSID."),
              ElementsAre("Device.WiFi.SSID.1.", "Device.WiFi.SSID.2."));
  EXPECT_THAT(instances("Device.WiFi.Radio."),
              ElementsAre("Device.WiFi.Radio.1.", "Device.WiFi.Radio.2."));
}

class TranslateSupported : public Tr098 {
 protected:
  TranslateSupported() : supported_(do_all(everything())) {}

  const Dm::SupportedObjectResult& object(const std::string& path) {
    for (const auto& root :
         supported_.body().response().get_supported_dm_resp().req_obj_results()) {
      for (const auto& each : root.supported_objs()) {
        if (each.supported_obj_path() == path) return each;
      }
    }
    ADD_FAILURE() << path << " is not supported";
    return none_;
  }
  Dm::SupportedParamResult param(const std::string& path, const std::string& name) {
    for (const auto& each : object(path).supported_params()) {
      if (each.param_name() == name) return each;
    }
    ADD_FAILURE() << path << name << " is not supported";
    return {};
  }

 private:
  static usp_msg::Msg everything() {
    usp_msg::Msg request = usp_controller::supported_dm({"Device."});
    auto* body = request.mutable_body()->mutable_request()->mutable_get_supported_dm();
    body->set_return_unique_key_sets(true);
    return request;
  }

  usp_msg::Msg supported_;
  Dm::SupportedObjectResult none_;
};

TEST_F(TranslateSupported, TablesSayWhatCanBeDoneWithTheirRows) {
  const auto& mapping = object("Device.NAT.PortMapping.{i}.");
  EXPECT_TRUE(mapping.is_multi_instance());
  EXPECT_EQ(mapping.access(), Dm::OBJ_ADD_DELETE);
  EXPECT_GT(mapping.unique_key_sets_size(), 0);
  EXPECT_EQ(object("Device.WiFi.SSID.{i}.").access(), Dm::OBJ_READ_ONLY);
  EXPECT_EQ(object("Device.Hosts.Host.{i}.").access(), Dm::OBJ_READ_ONLY);
}

TEST_F(TranslateSupported, ParametersHaveTheTypesOfDevice2AndTheAccessOfTheDevice) {
  const std::string mapping = "Device.NAT.PortMapping.{i}.";
  const std::string lan = "Device.Ethernet.Interface.{i}.";
  EXPECT_EQ(param(mapping, "ExternalPort").value_type(), Dm::PARAM_UNSIGNED_INT);
  EXPECT_EQ(param(mapping, "Enable").value_type(), Dm::PARAM_BOOLEAN);
  EXPECT_EQ(param(mapping, "Interface").access(), Dm::PARAM_READ_WRITE);
  EXPECT_EQ(param(mapping, "Status").access(), Dm::PARAM_READ_ONLY);
  EXPECT_EQ(param(lan, "MaxBitRate").value_type(), Dm::PARAM_INT) << "a word in TR-098";
  EXPECT_EQ(param(lan, "MACAddress").access(), Dm::PARAM_READ_ONLY);
  EXPECT_EQ(param("Device.WiFi.SSID.{i}.", "SSID").access(), Dm::PARAM_READ_WRITE);
}

TEST_F(TranslateSupported, CommandsAreThoseThatTheDeviceCanServe) {
  std::vector<std::string> diagnostics;
  for (const auto& each : object("Device.IP.Diagnostics.").supported_commands()) {
    diagnostics.push_back(each.command_name());
  }
  EXPECT_THAT(diagnostics, UnorderedElementsAre("IPPing()", "TraceRoute()"));
  const auto& root = object("Device.").supported_commands();
  EXPECT_TRUE(std::any_of(root.begin(), root.end(),
                          [](const auto& each) { return each.command_name() == "Reboot()"; }));
}

TEST_F(TranslateSupported, TheVendorObjectIsListed) {
  const auto led = param("Device.X_USPBRIDGE_IGD.X_EX_Led.", "Brightness");
  EXPECT_EQ(led.access(), Dm::PARAM_READ_WRITE);
  EXPECT_EQ(led.value_type(), Dm::PARAM_UNSIGNED_INT);
}

// ---- vendors

TEST_F(Translate, WhatNoRuleNamesIsReadAndWrittenBelowTheVendorObject) {
  EXPECT_EQ(read(kLed), "80");

  do_all(usp_controller::set({{"Device.X_USPBRIDGE_IGD.X_EX_Led.", {{"Brightness", "10"}}}}));

  EXPECT_EQ(on_device(kIgd + "X_EX_Led.Brightness"), "10");
  EXPECT_EQ(read(kLed), "10");
  const auto answer =
      ask(usp_controller::set({{"Device.X_USPBRIDGE_IGD.X_EX_Led.", {{"Brightness", "101"}}}}));
  EXPECT_THAT(blamed(answer), ElementsAre(Pair(kLed, 7012U)));
}

}  // namespace
}  // namespace integration
