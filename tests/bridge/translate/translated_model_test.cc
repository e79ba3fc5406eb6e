#include "bridge/translate/translated_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge::translate {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::string kSsid = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID";
const std::string kShown = "Device.WiFi.SSID.1.SSID";

struct TranslatedModelTest : testing::Test {
  PathPool pool;
  Tree tree{pool};
  TranslatedModel model{built_in_mapping(), tree, pool, {}, {"Device.LocalAgent."}, {}};

  Diff read(const std::string& name, const std::string& value) {
    return apply(ValuesRead{{{name, value, "string"}}});
  }
  Diff apply(const TreeUpdate& update) {
    Diff diff = tree.apply(update, 1);
    model.after_update(update);
    return diff;
  }
  std::string value(const std::string& path) {
    const Node* node = model.shown().find(path);
    return node == nullptr ? "none" : std::string(node->value());
  }
};

TEST_F(TranslatedModelTest, FollowsTheDevicesTree) {
  read(kSsid, "old");
  EXPECT_EQ(value(kShown), "old");
  read(kSsid, "new");
  EXPECT_EQ(value(kShown), "new");
  apply(ObjectRemoved{"InternetGatewayDevice.LANDevice.1.WLANConfiguration.1."});
  EXPECT_EQ(value(kShown), "none");
}

TEST_F(TranslatedModelTest, TellsWhatChangedInShownNames) {
  read(kSsid, "old");
  model.before_updates(true);
  const Diff native = read(kSsid, "new");
  EXPECT_THAT(model.take_changes(native),
              ElementsAre(Change(ValueChanged{kShown, "new", ValueType::kString})));
  EXPECT_THAT(model.take_changes({}), IsEmpty());
}

TEST_F(TranslatedModelTest, TellsRowsThatComeAndGo) {
  read(kSsid, "home");
  model.before_updates(true);
  const std::string second = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.2.";
  Diff native = read(second + "SSID", "guest");
  EXPECT_THAT(model.take_changes(native), Contains(Change(ObjectCreated{"Device.WiFi.SSID.2."})));
  model.before_updates(true);
  native = apply(ObjectRemoved{second});
  EXPECT_THAT(model.take_changes(native), Contains(Change(ObjectDeleted{"Device.WiFi.SSID.2."})));
}

TEST_F(TranslatedModelTest, WhatChangedBeforeAnybodyListenedIsNotTold) {
  read(kSsid, "old");
  model.shown();
  model.before_updates(false);
  Diff native = read(kSsid, "new");
  EXPECT_THAT(model.take_changes(native), IsEmpty());
  model.before_updates(true);
  native = read(kSsid, "newer");
  EXPECT_THAT(model.take_changes(native),
              ElementsAre(Change(ValueChanged{kShown, "newer", ValueType::kString})));
}

TEST_F(TranslatedModelTest, WhatIsLearnedIsNoChange) {
  read(kSsid, "old");
  model.before_updates(true);
  const Diff native = read(kSsid, "new");
  model.drop_changes();
  EXPECT_THAT(model.take_changes(native), IsEmpty());
  EXPECT_EQ(value(kShown), "new");
}

TEST_F(TranslatedModelTest, NumbersAreThereToBeStored) {
  EXPECT_FALSE(model.has_new_numbers());
  read(kSsid, "home");
  model.shown();
  EXPECT_TRUE(model.has_new_numbers());
  const std::vector<InstanceRow> rows = model.take_numbers();
  EXPECT_THAT(rows, Contains(InstanceRow{"number", "Device.WiFi.SSID. ssid(1,1)", 1}));
  EXPECT_FALSE(model.has_new_numbers());
}

TEST_F(TranslatedModelTest, NamesAndReferencesGoBothWays) {
  read(kSsid, "home");
  EXPECT_EQ(model.native_of(kShown), kSsid);
  EXPECT_EQ(model.shown_of(kSsid), kShown);
  EXPECT_THAT(model.sources(kShown), ElementsAre(kSsid));
  const std::string wlan = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1";
  EXPECT_EQ(model.shown_reference(wlan), "Device.WiFi.SSID.1");
  EXPECT_EQ(model.native_reference("Device.WiFi.SSID.1"), wlan);
  EXPECT_EQ(model.native_of("Device.LocalAgent.EndpointID"), std::nullopt);
  EXPECT_TRUE(model.hides("Device.LocalAgent.EndpointID"));
}

TEST_F(TranslatedModelTest, AnAliasThatTheDeviceHasNoPlaceForIsKept) {
  const std::string mapping =
      "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.PortMapping.1.";
  read(mapping + "ExternalPort", "80");
  EXPECT_EQ(value("Device.NAT.PortMapping.1.Alias"), "cpe-1");
  model.name_row("Device.NAT.PortMapping.1.", "web");
  EXPECT_EQ(value("Device.NAT.PortMapping.1.Alias"), "web");

  TranslatedModel again{built_in_mapping(), tree, pool, {}, {}, model.take_numbers()};
  EXPECT_EQ(again.shown().find("Device.NAT.PortMapping.1.Alias")->value(), "web");
}

TEST_F(TranslatedModelTest, AnAliasGoesWithItsRow) {
  read(
      "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.PortMapping.1."
      "ExternalPort",
      "80");
  const std::string row = "Device.NAT.PortMapping.1.";
  model.name_row(row, "zeta");
  model.name_row(row, "");
  model.name_row(row, "alpha");
  std::vector<InstanceRow> stored;  // as the store would have it
  for (const InstanceRow& each : model.take_numbers()) {
    std::erase_if(stored,
                  [&](const auto& old) { return old.name == each.name && old.key == each.key; });
    if (each.number != 0) stored.push_back(each);
  }
  TranslatedModel again{built_in_mapping(), tree, pool, {}, {}, stored};
  EXPECT_EQ(again.shown().find(row + "Alias")->value(), "alpha");
}

TEST_F(TranslatedModelTest, ARowThatMovesKeepsItsNumber) {
  const std::string connections = "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.";
  read(connections + "WANIPConnection.1.PortMapping.3.ExternalPort", "80");
  read(connections + "WANIPConnection.2.PortMapping.1.ExternalPort", "81");
  ASSERT_EQ(value("Device.NAT.PortMapping.1.ExternalPort"), "80");
  model.row_moved("Device.NAT.PortMapping.1.", connections + "WANIPConnection.2.PortMapping.1.");
  EXPECT_EQ(value("Device.NAT.PortMapping.1.ExternalPort"), "81");
  EXPECT_EQ(value("Device.NAT.PortMapping.2.ExternalPort"), "80");
  // Again, as after a restart: it has moved.
  model.row_moved("Device.NAT.PortMapping.1.", connections + "WANIPConnection.2.PortMapping.1.");
  EXPECT_EQ(value("Device.NAT.PortMapping.1.ExternalPort"), "81");
}

TEST_F(TranslatedModelTest, AServersNumberIsForBothAddressesUntilItIsKnown) {
  const std::string servers =
      "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.DNSServers";
  read(servers, "192.0.2.1,192.0.2.2");
  model.shown();
  const std::vector<NumberMove> moves{
      {"Device.DNS.Client.Server.", "dns(wanip,1,1,1,192.0.2.1)", "dns(wanip,1,1,1,192.0.2.9)"}};
  model.share_numbers(moves);
  EXPECT_EQ(value("Device.DNS.Client.Server.1.DNSServer"), "192.0.2.1");
  read(servers, "192.0.2.9,192.0.2.2");
  EXPECT_EQ(value("Device.DNS.Client.Server.1.DNSServer"), "192.0.2.9");
  model.settle_numbers(moves, true);
  EXPECT_EQ(value("Device.DNS.Client.Server.1.DNSServer"), "192.0.2.9");
}

TEST_F(TranslatedModelTest, AnAliasOfTheDeviceIsNotKeptTwice) {
  read(kSsid, "home");
  read("InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.Alias", "wlan0");
  model.name_row("Device.WiFi.SSID.1.", "other");
  EXPECT_EQ(value("Device.WiFi.SSID.1.Alias"), "wlan0");
}

TEST_F(TranslatedModelTest, RowsOfAnEmptyTableHaveWhatRulesName) {
  EXPECT_TRUE(model.may_have("Device.NAT.PortMapping.{i}.ExternalPort"));
  EXPECT_FALSE(model.may_have("Device.NAT.PortMapping.{i}.X"));
}

}  // namespace
}  // namespace bridge::translate
