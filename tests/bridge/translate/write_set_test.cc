#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/bridge/translate/write_device.h"

namespace bridge::translate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

// ---- what a write is made of

TEST(WriteSet, StepsBecomeOneWriteAndTheLaterValueWins) {
  WriteDevice device;
  const auto writes = device.set_all({{"Device.WiFi.SSID.1.", {{"SSID", "a"}}},
                                      {"Device.PPP.Interface.1.", {{"Username", "u"}}},
                                      {"Device.WiFi.SSID.1.", {{"SSID", "b"}}}});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_THAT(device.sent(writes[0]),
              UnorderedElementsAre(Pair(kLan + "WLANConfiguration.1.SSID", "b"),
                                   Pair(kPpp + "Username", "u")));
  EXPECT_THAT(writes[0].set[0].origins, ElementsAre(Origin{0, "SSID"}, Origin{2, "SSID"}));
}

TEST(WriteSet, WhatIsSoAlreadyIsNotSent) {
  WriteDevice device;
  EXPECT_THAT(device.set("Device.WiFi.SSID.1.", {{"SSID", "Home"}, {"Enable", "1"}}).set,
              IsEmpty());
}

TEST(WriteSet, WhiteSpaceInAListIsNoChange) {
  WriteDevice device;
  const auto write =
      device.set("Device.DHCPv4.Server.Pool.1.", {{"DNSServers", "192.168.1.1,9.9.9.9"}});
  EXPECT_THAT(write.set, IsEmpty());
}

TEST(WriteSet, SecretsAreAlwaysSent) {
  WriteDevice device;
  EXPECT_THAT(device.sent(device.set("Device.PPP.Interface.1.", {{"Password", ""}})),
              ElementsAre(Pair(kPpp + "Password", "")));
}

TEST(WriteSet, AStaleValueIsSentAgain) {
  WriteDevice device;
  device.device().tree().apply(MarkedStale{kLan + "WLANConfiguration.1.SSID"}, 0);
  EXPECT_EQ(device.set("Device.WiFi.SSID.1.", {{"SSID", "Home"}}).set.size(), 1U);
}

TEST(WriteSet, ARefusalNamesTheSettingAndLeavesTheOthers) {
  WriteDevice device;
  const auto write = device.set("Device.PPP.Interface.1.", {{"Name", "x"}, {"Username", "u"}});
  ASSERT_EQ(write.refused.size(), 1U);
  EXPECT_EQ(write.refused[0].origin, (Origin{0, "Name"}));
  EXPECT_EQ(refusal(write), 7013U);
  EXPECT_EQ(write.set.size(), 1U);
}

TEST(WriteSet, WhatTheDeviceListsAsReadOnlyIsRefused) {
  WriteDevice device;
  device.device().tree().apply(NamesListed{kPpp, true, {{kPpp + "Username", false}}}, 0);
  EXPECT_EQ(refusal(device.set("Device.PPP.Interface.1.", {{"Username", "u"}})), 7013U);
}

TEST(WriteSet, UnknownParametersAreRefused) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set("Device.PPP.Interface.1.", {{"Nonsense", "1"}})), 7010U);
}

TEST(WriteSet, ValuesThatAnEnvelopeCannotCarryAreRefused) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set("Device.WiFi.SSID.1.", {{"SSID", "a\x01z"}})), 7012U);
  EXPECT_EQ(refusal(device.set("Device.WiFi.SSID.1.", {{"SSID", std::string(32 * 1024, 'x')}})),
            0U);
  EXPECT_EQ(refusal(device.set("Device.WiFi.SSID.1.", {{"SSID", std::string(32 * 1024 + 1, 'x')}})),
            7012U);
}

TEST(WriteSet, AnErrorsTextIsNotAsLongAsTheValue) {
  WriteDevice device;
  const auto write = device.set("Device.Routing.Router.1.IPv4Forwarding.2.",
                                {{"Interface", "Device." + std::string(20'000, 'x')}});
  EXPECT_EQ(refusal(write), 7012U);
  EXPECT_LT(write.refused[0].text.size(), 200U);
}

TEST(WriteSet, TypesOfTR098Bind) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set("Device.WiFi.Radio.1.", {{"TransmitPower", "-1"}})), 7012U);
  EXPECT_EQ(refusal(device.set("Device.WiFi.SSID.1.", {{"Enable", "maybe"}})), 7012U);
}

TEST(WriteSet, WordsThatTheDeviceDoesNotHaveAreListed) {
  WriteDevice device;
  const auto write = device.set("Device.ATM.Link.1.", {{"LinkType", "Other"}});
  EXPECT_EQ(refusal(write), 7012U);
  EXPECT_THAT(write.refused[0].text, HasSubstr("EoA, IPoA, PPPoA"));
}

TEST(WriteSet, WordsThatReadAlikeStayAsTheyAre) {
  WriteDevice device;
  const std::string link =
      "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANDSLLinkConfig.";
  device.set_value(link + "LinkType", "PPPoE");
  EXPECT_THAT(device.set("Device.ATM.Link.1.", {{"LinkType", "EoA"}}).set, IsEmpty());
}

TEST(WriteSet, AFirewallIsSwitchedOnAtItsLowestLevel) {
  WriteDevice device;
  const std::string config = "InternetGatewayDevice.Firewall.Config";
  device.set_value(config, "Off");
  const Settings on{{"Enable", "true"}};
  EXPECT_THAT(device.sent(device.set("Device.Firewall.", on)), ElementsAre(Pair(config, "Low")));
  const auto both = device.set("Device.Firewall.", {{"Config", "High"}, {"Enable", "true"}});
  EXPECT_THAT(device.sent(both), ElementsAre(Pair(config, "High")));
}

TEST(WriteSet, ReferencesToNothingAreRefused) {
  WriteDevice device;
  const std::string route = "Device.Routing.Router.1.IPv4Forwarding.2.";
  EXPECT_EQ(refusal(device.set(route, {{"Interface", "Device.IP.Interface.77"}})), 7012U);
}

TEST(WriteSet, AnAliasTheDeviceHasNoPlaceForIsRefused) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set("Device.WiFi.SSID.1.", {{"Alias", "a"}})), 7013U);
  EXPECT_EQ(refusal(device.set("Device.Time.Client.1.", {{"Alias", "a"}})), 7013U);
}

TEST(WriteSet, AnAliasOfTheDeviceIsWritten) {
  WriteDevice device;
  device.set_value(kLan + "WLANConfiguration.1.Alias", "old");
  EXPECT_THAT(device.sent(device.set("Device.WiFi.SSID.1.", {{"Alias", "a"}})),
              ElementsAre(Pair(kLan + "WLANConfiguration.1.Alias", "a")));
}

// ---- below the vendor object

TEST(WriteSet, VendorParametersAreWrittenAsTheyAre) {
  WriteDevice device;
  const auto write = device.set("Device.X_USPBRIDGE_IGD.LANDevice.1.WLANConfiguration.1.",
                                {{"X_EXAMPLE_Band", "5GHz"}});
  EXPECT_THAT(device.sent(write),
              ElementsAre(Pair(kLan + "WLANConfiguration.1.X_EXAMPLE_Band", "5GHz")));
}

TEST(WriteSet, WhatIsShownElsewhereIsWrittenThere) {
  WriteDevice device;
  PathPool pool;
  Numbers numbers;
  ProjectionOptions options;
  options.show_mapped = true;
  Projection projection(*built_in_mapping(), device.device().tree(), numbers, pool, options);
  const std::vector<usp::Setting> settings{{"SSID", "x", true}};
  const std::vector<ShownStep> steps{
      {0, "Device.X_USPBRIDGE_IGD.LANDevice.1.WLANConfiguration.1.", settings}};
  const NativeWrite write = NativeWrites(projection).set(steps).front();
  EXPECT_EQ(refusal(write), 7013U);
  EXPECT_THAT(write.refused[0].text, HasSubstr("Device.WiFi.SSID.1.SSID"));
}

TEST(WriteSet, CopiedSubtreesAreWrittenAsTheyAre) {
  WriteDevice device;
  const std::string line = "Services.VoiceService.1.VoiceProfile.1.Line.1.";
  const auto write = device.set("Device." + line, {{"Enable", "Disabled"}});
  EXPECT_THAT(device.sent(write),
              ElementsAre(Pair("InternetGatewayDevice." + line + "Enable", "Disabled")));
}

// ---- lists

TEST(WriteSet, TwoElementsOfAListAreOneList) {
  WriteDevice device;
  const auto writes = device.set_all({{"Device.DNS.Client.Server.1.", {{"DNSServer", "1.1.1.1"}}},
                                      {"Device.DNS.Client.Server.2.", {{"DNSServer", "2.2.2.2"}}}});
  EXPECT_THAT(device.sent(writes[0]),
              UnorderedElementsAre(Pair(kPpp + "DNSServers", "1.1.1.1,2.2.2.2"),
                                   Pair(kPpp + "DNSOverrideAllowed", "1")));
}

TEST(WriteSet, AServerWithAnotherAddressKeepsItsNumber) {
  WriteDevice device;
  device.carry_out(device.set("Device.DNS.Client.Server.2.", {{"DNSServer", "9.9.9.9"}}));
  device.device().shown().update();
  EXPECT_EQ(device.device().value("Device.DNS.Client.Server.2.DNSServer"), "9.9.9.9");
  EXPECT_FALSE(device.device().has("Device.DNS.Client.Server.3."));
}

TEST(WriteSet, AnElementIsNoList) {
  WriteDevice device;
  const auto server = [&](const char* value) {
    return refusal(device.set("Device.DNS.Client.Server.2.", {{"DNSServer", value}}));
  };
  EXPECT_EQ(server("1.1.1.1,2.2.2.2"), 7012U);
  EXPECT_EQ(server(""), 7012U);
  EXPECT_EQ(server("198.51.100.1"), 7025U);
}

TEST(WriteSet, MoreServersThanTheDeviceHasRoomForAreRefused) {
  WriteDevice device;
  const auto write = device.set("Device.Time.Client.1.", {{"Servers", "a,b,c,d"}});
  EXPECT_EQ(refusal(write), 7012U);
  EXPECT_THAT(write.refused[0].text, HasSubstr("room for 3"));
}

TEST(WriteSet, AnyWritesAll) {
  WriteDevice device;
  device.set_value(kLan + "LANHostConfigManagement.IPInterface.2.Enable", "0");
  const auto write = device.set("Device.IP.Interface.1.", {{"Enable", "true"}});
  EXPECT_THAT(device.sent(write),
              ElementsAre(Pair(kLan + "LANHostConfigManagement.IPInterface.2.Enable", "1")));
}

// ---- functions

struct Case {
  std::string object;
  std::string param;
  std::string value;
  Settings sent;  ///< empty and no error: nothing is sent
  std::uint32_t error = 0;
};

void PrintTo(const Case& each, std::ostream* out) {
  *out << each.object << each.param << '=' << each.value;
}

class WriteFunctions : public testing::TestWithParam<Case> {};

TEST_P(WriteFunctions, WritesWhatTheTableSays) {
  WriteDevice device;
  device.set_value(kPools + "1.UserClassID", "41420A");
  device.set_value("InternetGatewayDevice.UserInterface.TextColor", "000000");
  device.set_value(kWan + "MACAddressOverride", "0");
  device.set_value(kWan + "RouteProtocolRx", "RIPv1");
  device.set_value(kDsl + "RouteProtocolRx", "OSPF");
  const Case& each = GetParam();
  const auto write = device.set(each.object, {{each.param, each.value}});
  EXPECT_EQ(refusal(write), each.error) << (write.refused.empty() ? "" : write.refused[0].text);
  const std::map<std::string, std::string> wanted(each.sent.begin(), each.sent.end());
  EXPECT_EQ(device.sent(write), wanted);
}

const std::string kPool = "Device.DHCPv4.Server.Pool.2.";
const std::string kEthernet = "Device.Ethernet.Interface.1.";
const std::string kZone = "InternetGatewayDevice.Time.LocalTimeZone";
const std::string kColor = "InternetGatewayDevice.UserInterface.TextColor";

INSTANTIATE_TEST_SUITE_P(
    TzOffset, WriteFunctions,
    testing::Values(
        Case{"Device.Time.", "LocalTimeZone", "EST5EDT,M3.2.0,M11.1.0", {{kZone, "-05:00"}}},
        Case{"Device.Time.", "LocalTimeZone", "<+0530>-5:30", {{kZone, "+05:30"}}},
        Case{"Device.Time.", "LocalTimeZone", "UTC0", {{kZone, "+00:00"}}},
        Case{"Device.Time.", "LocalTimeZone", "UTC-1", {}},
        Case{"Device.Time.", "LocalTimeZone", "UTC", {}, 7012},
        Case{"Device.Time.", "LocalTimeZone", "UTC-99", {}, 7012},
        Case{"Device.Time.", "LocalTimeZone", "+02:00", {}, 7012}));
INSTANTIATE_TEST_SUITE_P(
    Octets, WriteFunctions,
    testing::Values(
        Case{kPool, "ClientID", "686F6D65", {{kPools + "1.ClientID", "home"}}},
        Case{kPool, "ClientID", "4142", {{kPools + "1.ClientID", "4142"}}},  // "AB" is hex
        Case{kPool, "UserClassID", "686F6D65", {{kPools + "1.UserClassID", "686F6D65"}}},
        Case{kPool, "ClientID", "0G", {}, 7012}));
INSTANTIATE_TEST_SUITE_P(
    Rgb, WriteFunctions,
    testing::Values(Case{"Device.UserInterface.", "TextColor", "aabbcc", {{kColor, "aabbcc"}}},
                    Case{"Device.UserInterface.", "TextColor", "AABBCCDD", {}, 7012}));
INSTANTIATE_TEST_SUITE_P(MaxBitRate, WriteFunctions,
                         testing::Values(Case{kEthernet,
                                              "MaxBitRate",
                                              "1000",
                                              {{kLan + "LANEthernetInterfaceConfig.1.MaxBitRate",
                                                "1000"}}},
                                         Case{kEthernet, "MaxBitRate", "-1", {}},
                                         Case{kEthernet, "MaxBitRate", "0", {}, 7012}));
INSTANTIATE_TEST_SUITE_P(
    MacOverride, WriteFunctions,
    testing::Values(Case{"Device.Ethernet.Link.3.",
                         "MACAddress",
                         "02:00:00:00:00:07",
                         {{kWan + "MACAddress", "02:00:00:00:00:07"},
                          {kWan + "MACAddressOverride", "1"}}},
                    Case{"Device.Ethernet.Link.3.", "MACAddress", "", {}},
                    Case{"Device.Ethernet.Link.2.", "MACAddress", "", {}, 7012}));
INSTANTIATE_TEST_SUITE_P(
    Rip, WriteFunctions,
    testing::Values(Case{"Device.Routing.RIP.InterfaceSetting.2.",
                         "Enable",
                         "true",
                         {{kPpp + "RouteProtocolRx", "RIPv2"}}},
                    Case{"Device.Routing.RIP.InterfaceSetting.3.", "Enable", "true", {}},
                    Case{"Device.Routing.RIP.InterfaceSetting.3.",
                         "Enable",
                         "false",
                         {{kWan + "RouteProtocolRx", "Off"}}},
                    Case{"Device.Routing.RIP.InterfaceSetting.1.", "Enable", "false", {}}));
INSTANTIATE_TEST_SUITE_P(Shaper, WriteFunctions,
                         testing::Values(Case{"Device.QoS.Shaper.1.", "Enable", "false", {}},
                                         Case{"Device.QoS.Shaper.1.", "Enable", "true", {}, 7012}));

TEST(WriteFunctions, AShaperThatIsSwitchedOffStaysOffWhateverItsRate) {
  WriteDevice device;
  EXPECT_THAT(
      device.set("Device.QoS.Shaper.1.", {{"Enable", "false"}, {"ShapingRate", "1000"}}).set,
      IsEmpty());
}

TEST(WriteFunctions, AnotherPoolTakesThePassthroughOver) {
  WriteDevice device;
  const std::string second = "InternetGatewayDevice.LANDevice.2.LANHostConfigManagement.";
  device.set_value(kLan + "LANHostConfigManagement.UseAllocatedWAN", "Passthrough");
  device.set_value(kLan + "LANHostConfigManagement.AssociatedConnection", kPpp);
  device.set_value(second + "AssociatedConnection", "");
  const std::string pool = *device.device().shown().shown_of(second + "AssociatedConnection");
  const auto pools = device.device().shown().shown_objects(second);
  const auto write =
      device.set("Device.PPP.Interface.1.IPCP.", {{"PassthroughDHCPPool", pools.at(0)}});
  EXPECT_THAT(device.sent(write),
              UnorderedElementsAre(Pair(kLan + "LANHostConfigManagement.AssociatedConnection", ""),
                                   Pair(second + "AssociatedConnection", kPpp)));
}

TEST(WriteFunctions, TheDefaultGatewayIsWrittenWhereTheAddressIsStatic) {
  WriteDevice device;
  const std::string route = "Device.Routing.Router.1.IPv4Forwarding.1.";
  EXPECT_EQ(refusal(device.set(route, {{"GatewayIPAddress", "10.0.0.1"}})), 7013U);
  device.carry_out(device.set(route, {{"Interface", "Device.IP.Interface.2"}}));
  const auto write = device.set(route, {{"GatewayIPAddress", "10.0.0.1"}});
  EXPECT_THAT(device.sent(write), ElementsAre(Pair(kDsl + "DefaultGateway", "10.0.0.1")));
}

TEST(WriteFunctions, ARoutesTypeFollowsItsMask) {
  WriteDevice device;
  const std::string route = "InternetGatewayDevice.Layer3Forwarding.Forwarding.3.";
  const auto write = device.set("Device.Routing.Router.1.IPv4Forwarding.2.",
                                {{"DestSubnetMask", "255.255.255.255"}});
  EXPECT_THAT(device.sent(write),
              UnorderedElementsAre(Pair(route + "DestSubnetMask", "255.255.255.255"),
                                   Pair(route + "Type", "Host")));
}

TEST(WriteFunctions, AFlippedPoolIsAPlainWrite) {
  WriteDevice device;
  const auto write = device.set("Device.DHCPv4.Relay.Forwarding.1.", {{"LocallyServed", "true"}});
  EXPECT_THAT(device.sent(write), ElementsAre(Pair(kPools + "2.LocallyServed", "1")));
}

TEST(WriteFunctions, APoolStaysOnItsInterface) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set(kPool, {{"Interface", "Device.IP.Interface.2"}})), 7013U);
  EXPECT_EQ(refusal(device.set(kPool, {{"Interface", "Device.IP.Interface.1"}})), 0U);
}

}  // namespace
}  // namespace bridge::translate
