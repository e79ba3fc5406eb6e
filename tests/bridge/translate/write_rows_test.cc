// Add and Delete.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "bridge/agent/standard_model.h"
#include "tests/bridge/translate/write_device.h"

namespace bridge::translate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string kManagement = kLan + "LANHostConfigManagement.";
const std::string kMappings = "Device.NAT.PortMapping.";

std::map<std::string, std::string> values(const NativeWrite& write) {
  std::map<std::string, std::string> out;
  for (const NativeAssignment& each : write.set) out[each.name] = each.value;
  return out;
}

// ---- Add: where the row goes

TEST(WriteAdd, ARowAmongOthersIsLikeThem) {
  WriteDevice device;
  const auto write = device.add(kMappings, {{"Enable", "true"}, {"ExternalPort", "1"}});
  EXPECT_EQ(write.add, kPpp + "PortMapping.");
  EXPECT_EQ(write.set[0].like, kPpp + "PortMapping.5.PortMappingEnabled");
  EXPECT_EQ(write.set[0].type, ValueType::kBoolean);
}

TEST(WriteAdd, WithoutADefaultConnectionTheFirstRoutedOneThatIsUpIsMeant) {
  WriteDevice device;
  device.set_value("InternetGatewayDevice.Layer3Forwarding.DefaultConnectionService", "");
  device.set_value(kDsl + "ConnectionStatus", "Connected");
  device.set_value(kDsl + "ConnectionType", "IP_Bridged");
  EXPECT_EQ(device.add(kMappings, {{"ExternalPort", "1"}}).add, kPpp + "PortMapping.");
}

TEST(WriteAdd, AnEmptyInterfaceIsNone) {
  WriteDevice device;
  const auto write = device.add(kMappings, {{"Interface", ""}, {"ExternalPort", "1"}});
  EXPECT_EQ(refusal(write), 0U);
  EXPECT_EQ(write.add, kPpp + "PortMapping.");
}

TEST(WriteAdd, WithoutAnyConnectionAMappingHasToSayWhere) {
  WriteDevice device;
  device.set_value("InternetGatewayDevice.Layer3Forwarding.DefaultConnectionService", "");
  device.set_value(kPpp + "ConnectionStatus", "Disconnected");
  EXPECT_EQ(refusal(device.add(kMappings, {{"ExternalPort", "1"}})), 7021U);
}

TEST(WriteAdd, AMappingOnALanIsRefused) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.add(kMappings, {{"Interface", "Device.IP.Interface.1"}})), 7012U);
  EXPECT_EQ(refusal(device.add(kMappings, {{"Interface", "Device.IP.Interface.9"}})), 7012U);
  const std::string odd =
      "InternetGatewayDevice.WANDevice.99999999999999999999.WANConnectionDevice.1.WANIPConnection."
      "1";
  EXPECT_NE(refusal(device.add(kMappings, {{"Interface", odd}})), 0U);
}

TEST(WriteAdd, APoolGoesToTheFirstLanAndIsServedThere) {
  WriteDevice device;
  const auto write = device.add("Device.DHCPv4.Server.Pool.", {{"MinAddress", "192.168.1.240"}});
  EXPECT_EQ(write.add, kPools);
  EXPECT_THAT(values(write), UnorderedElementsAre(Pair("LocallyServed", "true"),
                                                  Pair("MinAddress", "192.168.1.240")));
}

TEST(WriteAdd, ARelayIsAPoolThatIsNotServedHere) {
  WriteDevice device;
  const std::string relays = "Device.DHCPv4.Relay.Forwarding.";
  const auto write = device.add(
      relays, {{"Interface", "Device.IP.Interface.1"}, {"DHCPServerIPAddress", "10.0.0.1"}});
  EXPECT_EQ(write.add, kPools);
  EXPECT_EQ(values(write)["LocallyServed"], "false");
  EXPECT_EQ(refusal(device.add(relays, {{"LocallyServed", "true"}})), 7012U);
}

TEST(WriteAdd, RowsOfAPoolGoToThatPool) {
  WriteDevice device;
  EXPECT_EQ(
      device.add("Device.DHCPv4.Server.Pool.1.StaticAddress.", {{"Chaddr", "02:00:00:00:00:0A"}})
          .add,
      kManagement + "DHCPStaticAddress.");
  EXPECT_EQ(
      device.add("Device.DHCPv4.Server.Pool.2.StaticAddress.", {{"Chaddr", "02:00:00:00:00:0A"}})
          .add,
      kPools + "1.DHCPStaticAddress.");
}

TEST(WriteAdd, AnAddressOfAWanIsRefused) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.add("Device.IP.Interface.3.IPv4Address.", {{"IPAddress", "10.0.0.1"}})),
            7019U);
}

TEST(WriteAdd, AnInterfaceIsAConnectionOnItsLink) {
  WriteDevice device;
  const auto write = device.add("Device.IP.Interface.",
                                {{"LowerLayers", "Device.Ethernet.Link.3"}, {"Enable", "true"}});
  EXPECT_EQ(write.add, "InternetGatewayDevice.WANDevice.2.WANConnectionDevice.1.WANIPConnection.");
  EXPECT_THAT(values(write), ElementsAre(Pair("Enable", "true")));
  EXPECT_EQ(device.add("Device.PPP.Interface.", {{"LowerLayers", "Device.PTM.Link.1"}}).add,
            "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.2.WANPPPConnection.");
  EXPECT_EQ(refusal(device.add("Device.IP.Interface.", {{"Enable", "true"}})), 7021U);
  EXPECT_EQ(
      refusal(device.add("Device.IP.Interface.", {{"LowerLayers", "Device.Ethernet.Link.1"}})),
      7012U);
}

TEST(WriteAdd, TheInterfaceOverPppIsThereAlready) {
  WriteDevice device;
  const auto write = device.add("Device.IP.Interface.",
                                {{"LowerLayers", "Device.PPP.Interface.1"}, {"Enable", "false"}});
  EXPECT_EQ(write.add, "");
  EXPECT_EQ(write.row, "Device.IP.Interface.3.");
  EXPECT_THAT(device.sent(write), ElementsAre(Pair(kPpp + "Enable", "0")));
}

TEST(WriteAdd, ALinkIsAConnectionDeviceOnItsLine) {
  WriteDevice device;
  const auto write = device.add("Device.ATM.Link.", {{"LowerLayers", "Device.DSL.Channel.1"},
                                                     {"DestinationAddress", "PVC: 1/32"}});
  EXPECT_EQ(write.add, "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.");
  EXPECT_THAT(values(write), ElementsAre(Pair("WANDSLLinkConfig.DestinationAddress", "PVC: 1/32")));
  EXPECT_EQ(
      refusal(device.add("Device.ATM.Link.", {{"LowerLayers", "Device.Ethernet.Interface.3"}})),
      7012U);
  EXPECT_EQ(refusal(device.add("Device.Ethernet.Link.", {{"LowerLayers", "Device.DSL.Channel.1"}})),
            7019U);
}

TEST(WriteAdd, AnSsidNeedsADeviceThatLetsItBeAdded) {
  WriteDevice device;
  device.list(kLan + "WLANConfiguration.", true);
  const auto write =
      device.add("Device.WiFi.SSID.", {{"LowerLayers", "Device.WiFi.Radio.2"}, {"SSID", "X"}});
  EXPECT_EQ(write.add, kLan + "WLANConfiguration.");
  EXPECT_THAT(values(write), ElementsAre(Pair("SSID", "X")));
  EXPECT_EQ(refusal(device.add("Device.WiFi.AccessPoint.", {{"Enable", "true"}})), 7019U);
}

TEST(WriteAdd, ABridgeIsALanWhereThereIsNoLayer2Bridging) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.add("Device.Bridging.Bridge.", {{"Enable", "true"}})), 7019U);
  device.list("InternetGatewayDevice.LANDevice.", true);
  device.device().shown().update();
  EXPECT_EQ(device.add("Device.Bridging.Bridge.", {}).add, "InternetGatewayDevice.LANDevice.");
}

TEST(WriteAdd, ABridgeIsABridgeWhereThereIsLayer2Bridging) {
  WriteDevice device;
  device.fill();
  device.list("InternetGatewayDevice.LANDevice.", true);
  EXPECT_EQ(device.add("Device.Bridging.Bridge.", {}).add,
            "InternetGatewayDevice.Layer2Bridging.Bridge.");
}

TEST(WriteAdd, AVlanPortNamesItsBridge) {
  WriteDevice device;
  device.fill();
  const auto write = device.add(
      "Device.Bridging.Bridge.2.VLANPort.",
      {{"VLAN", "Device.Bridging.Bridge.2.VLAN.1"}, {"Port", "Device.Bridging.Bridge.2.Port.2"}});
  EXPECT_EQ(refusal(write), 0U);
  EXPECT_EQ(write.add, "InternetGatewayDevice.Layer2Bridging.Marking.");
  EXPECT_THAT(values(write),
              UnorderedElementsAre(Pair("MarkingBridgeReference", "1"), Pair("VLANIDMark", "100"),
                                   Pair("MarkingInterface", "1")));
  EXPECT_EQ(refusal(device.add("Device.Bridging.Bridge.2.VLANPort.", {{"Enable", "true"}})), 7021U);
}

TEST(WriteAdd, TablesOfTheHardwareTakeNoRows) {
  WriteDevice device;
  for (const char* const table : {"Device.WiFi.Radio.", "Device.Ethernet.Interface.",
                                  "Device.Hosts.Host.", "Device.Nonsense.", "Device.WiFi.SSID."}) {
    EXPECT_EQ(refusal(device.add(table, {{"LowerLayers", ""}})), 7019U) << table;
  }
}

TEST(WriteAdd, ATableTheDeviceListsAsReadOnlyTakesNoRows) {
  WriteDevice device;
  device.list(kPpp + "PortMapping.", false);
  EXPECT_EQ(refusal(device.add(kMappings, {{"ExternalPort", "1"}})), 7019U);
}

// ---- Add: what the row has

TEST(WriteAdd, WhatIsAlwaysSoMayBeSaid) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.add(kMappings, {{"ExternalPort", "1"}, {"AllInterfaces", "false"}})),
            0U);
  EXPECT_EQ(refusal(device.add(kMappings, {{"ExternalPort", "1"}, {"AllInterfaces", "true"}})),
            7013U);
}

TEST(WriteAdd, ARefusedSettingIsNamed) {
  WriteDevice device;
  const auto write =
      device.add(kMappings, {{"ExternalPort", "x"}, {"Nonsense", "1"}, {"Alias", "a"}});
  ASSERT_EQ(write.refused.size(), 2U);  // the Alias is the bridge's to keep
  EXPECT_EQ(write.refused[0].origin.param, "ExternalPort");
  EXPECT_EQ(write.refused[1].code, usp::ErrorCode::kUnsupportedParameter);
  EXPECT_TRUE(write.refused_as_a_whole());
}

TEST(WriteAdd, ARowBelowTheVendorObjectIsTheDevicesOwn) {
  WriteDevice device;
  device.set_value("InternetGatewayDevice.X_Table.1.Name", "a");
  const auto write = device.add("Device.X_USPBRIDGE_IGD.X_Table.", {{"Name", "b"}});
  EXPECT_EQ(write.add, "InternetGatewayDevice.X_Table.");
  EXPECT_THAT(values(write), ElementsAre(Pair("Name", "b")));
  EXPECT_EQ(device.remove("Device.X_USPBRIDGE_IGD.X_Table.1.").remove,
            "InternetGatewayDevice.X_Table.1.");
}

// ---- rows that are settings

TEST(WriteAdd, NatIsSwitchedOnAndOff) {
  WriteDevice device;
  const auto write =
      device.add("Device.NAT.InterfaceSetting.", {{"Interface", "Device.IP.Interface.2"}});
  EXPECT_EQ(write.row, "Device.NAT.InterfaceSetting.1.");
  EXPECT_THAT(device.sent(write), ElementsAre(Pair(kDsl + "NATEnabled", "1")));
  EXPECT_EQ(
      refusal(device.add("Device.NAT.InterfaceSetting.", {{"Interface", "Device.IP.Interface.3"}})),
      7025U);
  EXPECT_EQ(refusal(device.add("Device.NAT.InterfaceSetting.", {{"Enable", "true"}})), 7021U);
  EXPECT_EQ(
      refusal(device.add("Device.NAT.InterfaceSetting.", {{"Interface", "Device.IP.Interface.1"}})),
      7019U);
  EXPECT_THAT(device.sent(device.remove("Device.NAT.InterfaceSetting.2.")),
              ElementsAre(Pair(kPpp + "NATEnabled", "0")));
}

TEST(WriteAdd, ADhcpClientIsAnAddressingType) {
  WriteDevice device;
  const auto write = device.add("Device.DHCPv4.Client.",
                                {{"Interface", "Device.IP.Interface.2"}, {"Enable", "true"}});
  EXPECT_EQ(write.row, "Device.DHCPv4.Client.1.");
  EXPECT_THAT(device.sent(write), ElementsAre(Pair(kDsl + "AddressingType", "DHCP")));
  device.carry_out(write);
  EXPECT_THAT(device.sent(device.remove("Device.DHCPv4.Client.1.")),
              ElementsAre(Pair(kDsl + "AddressingType", "Static")));
  EXPECT_EQ(refusal(device.remove("Device.DHCPv4.Client.2.")),
            7024U);  // it has no address of its own
}

TEST(WriteAdd, AShaperIsARate) {
  WriteDevice device;
  const auto write = device.add(
      "Device.QoS.Shaper.",
      {{"Interface", "Device.IP.Interface.3"}, {"ShapingRate", "5000"}, {"Enable", "true"}});
  EXPECT_EQ(write.row, "Device.QoS.Shaper.1.");
  EXPECT_THAT(device.sent(write), ElementsAre(Pair(kPpp + "ShapingRate", "5000")));
  EXPECT_EQ(refusal(device.add("Device.QoS.Shaper.", {{"Interface", "Device.IP.Interface.3"}})),
            7021U);
  device.carry_out(write);
  EXPECT_THAT(device.sent(device.remove("Device.QoS.Shaper.1.")),
              ElementsAre(Pair(kPpp + "ShapingRate", "-1")));
}

TEST(WriteAdd, ADnsServerIsAppended) {
  WriteDevice device;
  const Settings settings{
      {"Interface", "Device.IP.Interface.3"}, {"DNSServer", "9.9.9.9"}, {"Enable", "true"}};
  const auto write = device.add("Device.DNS.Client.Server.", settings);
  EXPECT_EQ(write.row, "Device.DNS.Client.Server.3.");
  EXPECT_THAT(device.sent(write),
              UnorderedElementsAre(Pair(kPpp + "DNSServers", "198.51.100.1,198.51.100.2,9.9.9.9"),
                                   Pair(kPpp + "DNSOverrideAllowed", "1")));
  device.carry_out(write);
  EXPECT_EQ(device.device().value("Device.DNS.Client.Server.3.DNSServer"), "9.9.9.9");
  EXPECT_EQ(refusal(device.add("Device.DNS.Client.Server.", settings)), 7025U);
  EXPECT_EQ(refusal(device.add("Device.DNS.Client.Server.", {{"DNSServer", "8.8.8.8"}})), 7021U);
  EXPECT_EQ(
      refusal(device.add("Device.DNS.Client.Server.", {{"Interface", "Device.IP.Interface.3"}})),
      7021U);
}

TEST(WriteAdd, AStaticConnectionNeedsNoOverride) {
  WriteDevice device;
  device.set_value(kDsl + "DNSOverrideAllowed", "0");
  const auto write = device.add("Device.DNS.Client.Server.",
                                {{"Interface", "Device.IP.Interface.2"}, {"DNSServer", "9.9.9.9"}});
  EXPECT_THAT(device.sent(write), ElementsAre(Pair(kDsl + "DNSServers", "9.9.9.9")));
}

// ---- Delete

TEST(WriteRemove, RowsThatComeWithOthersStay) {
  WriteDevice device;
  for (const char* const row :
       {"Device.IP.Interface.1.", "Device.IP.Interface.3.", "Device.Ethernet.Link.2.",
        "Device.WiFi.SSID.1.", "Device.WiFi.AccessPoint.1.", "Device.WiFi.Radio.1.",
        "Device.Hosts.Host.1.", "Device.Bridging.Bridge.1.", "Device.Bridging.Bridge.1.Port.2.",
        "Device.DHCPv4.Server.Pool.1.", "Device.PTM.Link.1.",
        "Device.Routing.RIP.InterfaceSetting.1."}) {
    EXPECT_EQ(refusal(device.remove(row)), 7024U) << row;
  }
  EXPECT_EQ(refusal(device.remove("Device.InterfaceStack.1.")), 7024U);
  EXPECT_EQ(refusal(device.remove("Device.IP.Interface.99.")), 7016U);
}

TEST(WriteRemove, RowsOfTheDeviceGo) {
  WriteDevice device;
  EXPECT_EQ(device.remove("Device.PPP.Interface.1.").remove, kPpp);
  EXPECT_EQ(device.remove("Device.IP.Interface.4.").remove, kWan);
  EXPECT_EQ(device.remove("Device.DHCPv4.Server.Pool.2.").remove, kPools + "1.");
  EXPECT_EQ(device.remove("Device.DHCPv4.Relay.Forwarding.1.").remove, kPools + "2.");
}

TEST(WriteRemove, ALinkGoesWithItsConnectionDevice) {
  WriteDevice device;
  device.device().tree().apply(ObjectRemoved{kPpp}, 0);
  EXPECT_EQ(device.remove("Device.PTM.Link.1.").remove,
            "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.2.");
}

TEST(WriteRemove, WhatTheDeviceListsAsFixedStays) {
  WriteDevice device;
  device.list(kPpp + "PortMapping.5.", false);
  EXPECT_EQ(refusal(device.remove("Device.NAT.PortMapping.1.")), 7024U);
}

// ---- moves

TEST(WriteMove, AMappingMovesWithAllItHas) {
  WriteDevice device;
  const auto writes =
      device.set_all({{"Device.NAT.PortMapping.1.",
                       {{"Interface", "Device.IP.Interface.4"}, {"Description", "new"}}}});
  ASSERT_EQ(writes.size(), 2U);
  EXPECT_THAT(writes[0].set, IsEmpty());
  const NativeWrite& move = writes[1];
  EXPECT_EQ(move.add, kWan + "PortMapping.");
  EXPECT_EQ(move.remove, kPpp + "PortMapping.5.");
  EXPECT_EQ(move.moved, "Device.NAT.PortMapping.1.");
  EXPECT_THAT(values(move),
              UnorderedElementsAre(
                  Pair("PortMappingEnabled", "1"), Pair("PortMappingLeaseDuration", "0"),
                  Pair("RemoteHost", ""), Pair("ExternalPort", "8080"), Pair("InternalPort", "80"),
                  Pair("PortMappingProtocol", "TCP"), Pair("InternalClient", "192.168.1.50"),
                  Pair("PortMappingDescription", "new")));
}

TEST(WriteMove, OtherStepsOfTheSameWriteGoAlong) {
  WriteDevice device;
  const auto writes =
      device.set_all({{"Device.NAT.PortMapping.1.", {{"Interface", "Device.IP.Interface.4"}}},
                      {"Device.NAT.PortMapping.1.", {{"InternalPort", "81"}}}});
  EXPECT_EQ(values(writes.back())["InternalPort"], "81");
}

TEST(WriteMove, ItsOwnInterfaceMovesNothing) {
  WriteDevice device;
  const auto writes =
      device.set_all({{"Device.NAT.PortMapping.1.", {{"Interface", "Device.IP.Interface.3"}}}});
  ASSERT_EQ(writes.size(), 1U);
  EXPECT_THAT(writes[0].set, IsEmpty());
  EXPECT_EQ(refusal(writes[0]), 0U);
}

TEST(WriteMove, NowhereIsRefused) {
  WriteDevice device;
  for (const char* const target : {"", "Device.IP.Interface.1", "Device.IP.Interface.9", "x"}) {
    EXPECT_EQ(refusal(device.set("Device.NAT.PortMapping.1.", {{"Interface", target}})), 7012U)
        << target;
  }
}

TEST(WriteMove, ARowThatCannotBeDeletedStays) {
  WriteDevice device;
  device.list(kPpp + "PortMapping.5.", false);
  const auto writes =
      device.set_all({{"Device.NAT.PortMapping.1.", {{"Interface", "Device.IP.Interface.4"}}}});
  EXPECT_EQ(writes.size(), 1U);
  EXPECT_EQ(refusal(writes[0]), 7013U);
}

// ---- every table

/// What a row needs to know where it belongs.
Settings needed(const std::string& table) {
  static const std::map<std::string, Settings> kNeeded{
      {"Device.IP.Interface.", {{"LowerLayers", "Device.Ethernet.Link.3"}}},
      {"Device.PPP.Interface.", {{"LowerLayers", "Device.PTM.Link.1"}}},
      {"Device.ATM.Link.", {{"LowerLayers", "Device.DSL.Channel.1"}}},
      {"Device.PTM.Link.", {{"LowerLayers", "Device.DSL.Channel.1"}}},
      {"Device.Bridging.Bridge.2.VLANPort.",
       {{"VLAN", "Device.Bridging.Bridge.2.VLAN.1"}, {"Port", "Device.Bridging.Bridge.2.Port.2"}}},
  };
  const auto found = kNeeded.find(table);
  return found == kNeeded.end() ? Settings{} : found->second;
}

TEST(WriteRows, WhatIsAddedIsThereAndGoesAgain) {
  WriteDevice device;
  device.fill();
  std::set<std::string> tables;
  for (const Node& node : device.device().shown().shown().all()) {
    if (is_instance(node.path())) tables.emplace(parent_path(node.path()));
  }
  std::size_t added = 0;
  for (const std::string& table : tables) {
    const std::vector<std::uint32_t> before = device.device().shown().shown().instances(table);
    const auto write = device.add(table, needed(table));
    if (refusal(write) != 0 || write.add.empty()) continue;
    ++added;
    const std::string row = device.carry_out(write);
    // A link has no parameters until the device makes some.
    if (table == "Device.ATM.Link." || table == "Device.PTM.Link.") {
      device.set_value(
          row + (table[7] == 'A' ? "WANDSLLinkConfig" : "WANPTMLinkConfig") + ".Enable", "0");
      device.device().shown().update();
    }
    const std::vector<std::uint32_t> after = device.device().shown().shown().instances(table);
    ASSERT_EQ(after.size(), before.size() + 1) << table;
    const auto removal = device.remove(table + std::to_string(after.back()) + ".");
    EXPECT_EQ(removal.remove, row)
        << table << (removal.refused.empty() ? "" : removal.refused[0].text);
    device.carry_out(removal);
    EXPECT_EQ(device.device().shown().shown().instances(table), before) << table;
  }
  EXPECT_GE(added, 30U);
}

}  // namespace
}  // namespace bridge::translate
