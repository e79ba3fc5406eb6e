#include "bridge/translate/projection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/bridge/translate/device.h"

namespace bridge::translate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kLan = "InternetGatewayDevice.LANDevice.1.";
const std::string kHosts = kLan + "Hosts.Host.";
const std::string kVendor = "Device.X_USPBRIDGE_IGD.";

void add_host(TestDevice& device, int row, const std::string& mac, const std::string& name) {
  const std::string host = kHosts + std::to_string(row) + ".";
  device.set(host + "MACAddress", mac);
  device.set(host + "HostName", name);
}

// ---- instance numbers

TEST(Projection, ARowKeepsItsNumberWhenTheDeviceRenumbers) {
  TestDevice device;
  add_host(device, 1, "02:00:00:00:00:01", "phone");
  add_host(device, 2, "02:00:00:00:00:02", "nas");
  ASSERT_EQ(device.value("Device.Hosts.Host.2.HostName"), "nas");
  device.remove(kHosts + "1.");
  device.remove(kHosts + "2.");
  add_host(device, 1, "02:00:00:00:00:02", "nas");
  device.shown().update();

  EXPECT_EQ(device.value("Device.Hosts.Host.2.HostName"), "nas");
  EXPECT_FALSE(device.has("Device.Hosts.Host.1."));
  EXPECT_EQ(device.value("Device.Hosts.HostNumberOfEntries"), "1");
}

TEST(Projection, ANumberIsNeverGivenToAnother) {
  TestDevice device;
  add_host(device, 1, "02:00:00:00:00:01", "phone");
  device.shown();
  device.remove(kHosts + "1.");
  add_host(device, 1, "02:00:00:00:00:09", "guest");
  device.shown().update();
  EXPECT_EQ(device.value("Device.Hosts.Host.2.HostName"), "guest");

  device.remove(kHosts + "1.");
  add_host(device, 4, "02:00:00:00:00:01", "phone");
  device.shown().update();
  EXPECT_EQ(device.value("Device.Hosts.Host.1.HostName"), "phone");
}

TEST(Projection, NumbersSurviveARestart) {
  TestDevice before;
  add_host(before, 1, "02:00:00:00:00:01", "phone");
  add_host(before, 2, "02:00:00:00:00:02", "nas");
  before.shown();

  TestDevice after;
  after.numbers().restore(before.numbers().take_new());
  add_host(after, 1, "02:00:00:00:00:02", "nas");
  EXPECT_EQ(after.value("Device.Hosts.Host.2.HostName"), "nas");
  EXPECT_THAT(after.numbers().take_new(), IsEmpty());
}

TEST(Projection, GuestsOfLongAgoAreForgottenAndTheirNumbersStayTaken) {
  TestDevice device;
  add_host(device, 1, "always here", "nas");
  const auto guest = [&](std::size_t number) {
    device.set(kHosts + "2.MACAddress", "guest " + std::to_string(number));
    device.shown().update();
  };
  const std::size_t last = Numbers::kMaxKeys + 10;
  for (std::size_t i = 1; i <= last; ++i) guest(i);

  EXPECT_EQ(device.value("Device.Hosts.Host.1.HostName"), "nas");
  EXPECT_TRUE(device.has("Device.Hosts.Host." + std::to_string(last + 1) + "."));
  EXPECT_EQ(device.numbers().find("Device.Hosts.Host.", "host(GUEST 1)"), 0U);
  guest(1);
  EXPECT_TRUE(device.has("Device.Hosts.Host." + std::to_string(last + 2) + "."));
}

TEST(Projection, RowsOfOneMacAddressAreOneHost) {
  TestDevice device;
  add_host(device, 1, "02:00:00:00:00:01", "phone");
  device.set(kHosts + "1.IPAddress", "192.168.1.2");
  add_host(device, 2, "02:00:00:00:00:01", "phone");
  device.set(kHosts + "2.IPAddress", "192.168.1.3");

  EXPECT_EQ(device.value("Device.Hosts.HostNumberOfEntries"), "1");
  EXPECT_EQ(device.value("Device.Hosts.Host.1.IPv4Address.2.IPAddress"), "192.168.1.3");
}

// ---- what has no counterpart

TEST(Projection, WhatNoRuleNamesIsBelowTheVendorObject) {
  TestDevice device;
  device.set("InternetGatewayDevice.X_EX_Led.Mode", "night");
  device.object("InternetGatewayDevice.X_EX_Rule.", true);

  EXPECT_EQ(device.value(kVendor + "X_EX_Led.Mode"), "night");
  const Node* table = device.shown().shown().find(kVendor + "X_EX_Rule.");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->writable(), Writable::kYes);
}

TEST(Projection, AParameterWhoseConditionFailsIsBelowTheVendorObject) {
  TestDevice device;
  const std::string wan = "InternetGatewayDevice.WANDevice.1.WANCommonInterfaceConfig.";
  device.set(wan + "WANAccessType", "WiMAX");
  device.set(wan + "TotalBytesSent", "7");

  EXPECT_FALSE(device.has("Device.Ethernet.Interface.1."));
  EXPECT_EQ(device.value(kVendor + "WANDevice.1.WANCommonInterfaceConfig.TotalBytesSent"), "7");
}

TEST(Projection, ManagementServerIsNotShown) {
  TestDevice device;
  device.set("InternetGatewayDevice.ManagementServer.URL", "http://acs");
  device.set("InternetGatewayDevice.DeviceInfo.SerialNumber", "1");
  for (const Node& node : device.shown().shown().all()) {
    EXPECT_EQ(node.path().find("ManagementServer"), std::string::npos) << node.path();
  }
}

TEST(Projection, AMappedParameterIsShownOnceUnlessWanted) {
  TestDevice device;
  device.set(kLan + "WLANConfiguration.1.SSID", "home");
  EXPECT_EQ(device.value("Device.WiFi.SSID.1.SSID"), "home");
  EXPECT_FALSE(device.has(kVendor + "LANDevice.1.WLANConfiguration.1.SSID"));

  Numbers numbers;
  PathPool pool;
  ProjectionOptions options;
  options.show_mapped = true;
  const auto mapping = built_in_mapping();
  const Projection both(*mapping, device.tree(), numbers, pool, options);
  const Node* there = both.shown().find(kVendor + "LANDevice.1.WLANConfiguration.1.SSID");
  ASSERT_NE(there, nullptr);
  EXPECT_EQ(there->writable(), Writable::kNo);
}

TEST(Projection, ServicesKeepTheirNames) {
  TestDevice device;
  const std::string voice = "Services.VoiceService.1.";
  device.set("InternetGatewayDevice." + voice + "VoiceProfile.1.Enable", "Enabled");
  device.set("InternetGatewayDevice." + voice + "X_EX_Interface",
             "InternetGatewayDevice.Services.VoiceService.1.");
  EXPECT_EQ(device.value("Device." + voice + "VoiceProfile.1.Enable"), "Enabled");
  EXPECT_EQ(device.value("Device." + voice + "X_EX_Interface"), "Device.Services.VoiceService.1");
}

// ---- access, state

TEST(Projection, AnEmptyTableIsThereWithTheDevicesAccess) {
  TestDevice device;
  const std::string connection =
      "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.";
  device.set(connection + "Enable", "1");
  device.object(connection + "PortMapping.", true);

  const Node* table = device.shown().shown().find("Device.NAT.PortMapping.");
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->writable(), Writable::kYes);
  EXPECT_EQ(device.value("Device.NAT.PortMappingNumberOfEntries"), "0");
}

TEST(Projection, AValueIsAsFreshAsWhatItIsMadeOf) {
  TestDevice device;
  const std::string wlan = kLan + "WLANConfiguration.1.";
  device.set(wlan + "BeaconType", "11i");
  device.set(wlan + "IEEE11iAuthenticationMode", "PSKAuthentication");
  const std::string mode = "Device.WiFi.AccessPoint.1.Security.ModeEnabled";
  ASSERT_EQ(device.value(mode), "WPA2-Personal");

  device.tree().apply(MarkedStale{wlan + "IEEE11iAuthenticationMode", false}, 2);
  const std::vector<std::string> names{wlan + "IEEE11iAuthenticationMode"};
  device.shown().update(names);
  EXPECT_EQ(device.shown().shown().find(mode)->state(), NodeState::kStale);
  const std::vector<std::string> sources = device.shown().sources(mode);
  EXPECT_THAT(sources, testing::Contains(wlan + "IEEE11iAuthenticationMode"));
  EXPECT_THAT(sources, testing::Contains(wlan + "BeaconType"));
}

// ---- what changes

TEST(Projection, OneValueOfTheDeviceMayBeSeveralShown) {
  TestDevice device;
  const std::string enable = kLan + "WLANConfiguration.1.Enable";
  device.set(enable, "1", "boolean");
  device.shown();
  device.set(enable, "0", "boolean");
  const std::vector<std::string> names{enable};
  std::vector<std::string> changed;
  for (const Change& change : device.shown().update(names)) {
    changed.push_back(std::get<ValueChanged>(change).path);
  }
  EXPECT_THAT(changed, testing::IsSupersetOf(
                           {"Device.WiFi.SSID.1.Enable", "Device.WiFi.AccessPoint.1.Enable"}));
}

TEST(Projection, AComputedValueChangesWithWhatItIsMadeOf) {
  TestDevice device;
  const std::string wlan = kLan + "WLANConfiguration.1.";
  device.set(wlan + "BeaconType", "WPA");
  device.set(wlan + "WPAAuthenticationMode", "PSKAuthentication");
  ASSERT_EQ(device.value("Device.WiFi.AccessPoint.1.Security.ModeEnabled"), "WPA-Personal");
  device.set(wlan + "WPAAuthenticationMode", "EAPAuthentication");
  const std::vector<std::string> names{wlan + "WPAAuthenticationMode"};
  const Diff diff = device.shown().update(names);
  EXPECT_THAT(diff,
              ElementsAre(Change(ValueChanged{"Device.WiFi.AccessPoint.1.Security.ModeEnabled",
                                              "WPA-Enterprise", ValueType::kString})));
}

TEST(Projection, WhatAValueIsReadFromMayChange) {
  TestDevice device;
  const std::string wlan = kLan + "WLANConfiguration.1.";
  device.set(wlan + "Channel", "6", "unsignedInt");
  device.set(wlan + "ChannelsInUse", "6");
  ASSERT_EQ(device.value("Device.WiFi.Radio.1.Channel"), "6");
  device.set(wlan + "Channel", "0", "unsignedInt");
  const std::vector<std::string> channel{wlan + "Channel"};
  device.shown().update(channel);
  device.set(wlan + "ChannelsInUse", "11");
  const std::vector<std::string> in_use{wlan + "ChannelsInUse"};
  device.shown().update(in_use);
  EXPECT_EQ(device.value("Device.WiFi.Radio.1.Channel"), "11");
}

TEST(Projection, ARadioShowsAnotherMemberWhenItsFirstIsSwitchedOff) {
  TestDevice device;
  const std::string wlan = kLan + "WLANConfiguration.";
  for (const char* number : {"1.", "2."}) {
    device.set(wlan + number + "Channel", "6", "unsignedInt");
    device.set(wlan + number + "Enable", "1", "boolean");
  }
  device.set(wlan + "1.TransmitPower", "100", "unsignedInt");
  device.set(wlan + "2.TransmitPower", "50", "unsignedInt");
  ASSERT_EQ(device.value("Device.WiFi.Radio.1.TransmitPower"), "100");
  device.set(wlan + "1.Enable", "0", "boolean");
  const std::vector<std::string> names{wlan + "1.Enable"};
  device.shown().update(names);
  EXPECT_EQ(device.value("Device.WiFi.Radio.1.TransmitPower"), "50");
}

TEST(Projection, AParameterThatIsReadableAgainIsShown) {
  TestDevice device;
  device.set(kLan + "WLANConfiguration.1.SSID", "home");
  device.set(kLan + "WLANConfiguration.1.Enable", "1", "boolean");
  const std::vector<std::string> names{kLan + "WLANConfiguration.1.SSID"};
  device.tree().apply(NamesRefused{names}, 1);
  device.shown();
  ASSERT_FALSE(device.has("Device.WiFi.SSID.1.SSID"));
  device.set(names.front(), "home");
  device.shown().update(names);
  EXPECT_EQ(device.value("Device.WiFi.SSID.1.SSID"), "home");
}

TEST(Projection, EmptyElementsOfAListDoNotCount) {
  TestDevice device;
  const std::string connection =
      "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.";
  device.set(connection + "DNSServers", ",192.0.2.1,,192.0.2.2");
  const auto links = device.shown().links("Device.DNS.Client.Server.2.DNSServer");
  ASSERT_FALSE(links.empty());
  EXPECT_EQ(links.front().bindings->item, 2U);
}

TEST(Projection, AListMayBeMegabytesLong) {
  TestDevice device;
  std::string servers;
  for (int i = 0; i < 100'000; ++i) servers += "192.0.2." + std::to_string(i) + ",";
  device.set("InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.DNSServers",
             servers);
  EXPECT_EQ(device.value("Device.DNS.Client.ServerNumberOfEntries"), "64");
}

TEST(Projection, AValueThatDecidesWhatThereIsLaysOutAnew) {
  TestDevice device;
  add_host(device, 1, "02:00:00:00:00:01", "phone");
  device.set(kHosts + "1.AddressSource", "Static");
  device.object(kLan + "LANHostConfigManagement.");
  ASSERT_FALSE(device.has("Device.DHCPv4.Server.Pool.1.Client.1."));
  device.set(kHosts + "1.AddressSource", "DHCP");
  const std::vector<std::string> names{kHosts + "1.AddressSource"};
  const Diff diff = device.shown().update(names);
  EXPECT_THAT(diff,
              testing::Contains(Change(ObjectCreated{"Device.DHCPv4.Server.Pool.1.Client.1."})));
}

TEST(Projection, RadiosAreGroupedByBand) {
  TestDevice device;
  const std::string wlan = kLan + "WLANConfiguration.";
  device.set(wlan + "1.Channel", "6", "unsignedInt");
  device.set(wlan + "2.Channel", "11", "unsignedInt");
  device.set(wlan + "3.Channel", "36", "unsignedInt");
  EXPECT_EQ(device.value("Device.WiFi.RadioNumberOfEntries"), "2");
  EXPECT_EQ(device.value("Device.WiFi.SSID.2.LowerLayers"), "Device.WiFi.Radio.1");
  EXPECT_EQ(device.value("Device.WiFi.SSID.3.LowerLayers"), "Device.WiFi.Radio.2");
}

// ---- hostile devices

TEST(Projection, ADeviceMayNameItsObjectsAsItLikes) {
  TestDevice device;
  device.set("InternetGatewayDevice.LANDevice.{i}.WLANConfiguration.{i}.SSID", "x");
  device.set("InternetGatewayDevice.LANDevice.99999999999.WLANConfiguration.1.SSID", "y");
  device.set("InternetGatewayDevice.LANDevice.1.WLANConfiguration.01.SSID", "z");
  const std::string huge = "InternetGatewayDevice.WANDevice.99999999999999999999999.";
  device.object(huge + "WANConnectionDevice.1.WANIPConnection.", true);
  device.set("InternetGatewayDevice.WANDevice.0.WANConnectionDevice.0.WANIPConnection.0.Name", "");
  device.set(kLan + "WLANConfiguration.1.Channel", "not a number");
  device.set("InternetGatewayDevice.Layer3Forwarding.DefaultConnectionService", "....");
  EXPECT_GT(device.shown().shown().size(), 0U);
  EXPECT_EQ(device.shown().shares().hidden, 0U);
}

}  // namespace
}  // namespace bridge::translate
