// How a device is brought to where it can be woken over XMPP (TR-069 Annex K; TR-181 XMPP.).
#include "bridge/xmpp_provisioning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace bridge {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

constexpr const char* kOurName = "00d09e-gateway-s1.f78719db";

XmppProvisioning settings() {
  XmppProvisioning wanted;
  wanted.domain = "example.net";
  wanted.server = "xmpp.example.net";
  wanted.acs = {"acs", "example.net", "bridge"};
  wanted.secret = "key";
  return wanted;
}

XmppFacts facts(bool password_written = false) {
  return {{"Maker", "00D09E", "Gateway", "S1"}, password_written};
}

/// A device that does what it is told, as far as the tree shows it.
class XmppProvisioningTest : public ::testing::Test {
 protected:
  XmppProvisioningTest() {
    put("ManagementServer.SupportedConnReqMethods", "HTTP,XMPP");
    put("ManagementServer.ConnReqXMPPConnection", "");
    put("ManagementServer.ConnReqAllowedJabberIDs", "");
    put("ManagementServer.ConnReqJabberID", "");
    add_object("XMPP.Connection.");
  }

  static std::string root() { return "Device."; }
  std::string path(const std::string& name) const { return root() + name; }

  void put(const std::string& name, const std::string& value) {
    tree.apply(ValuesRead{{{path(name), value, "string"}}}, 1);
  }
  /// A name that is listed, but not read.
  void add_object(const std::string& name) {
    NamesListed listed{path(name), true, {{path(name), true}}};
    tree.apply(listed, 1);
  }
  void add_row(const std::string& row) { tree.apply(InstanceAdded{path(row)}, 1); }

  /// All parameters of a connection, as a device makes them.
  void fill_connection(const std::string& row) {
    for (const char* name : {"Username", "Password", "Domain", "Resource", "JabberID"}) {
      put(row + name, "");
    }
    put(row + "Enable", "false");
    put(row + "Status", "Disabled");
    put(row + "UseTLS", "false");
    put(row + "ServerConnectAlgorithm", "DNS-SRV");
    put(row + "KeepAliveInterval", "-1");
    add_object(row + "Server.");
  }
  void fill_server(const std::string& row) {
    put(row + "Enable", "false");
    put(row + "ServerAddress", "");
    put(row + "Port", "5222");
  }
  void apply(const XmppSet& set) {
    for (const task::Assignment& each : set.assignments) {
      const bool hidden = each.name.ends_with("Password");
      tree.apply(ValuesRead{{{each.name, hidden ? "" : each.value, "string"}}}, 1);
    }
  }

  XmppStep next(bool password_written = false) {
    return next_xmpp_step(tree, wanted, facts(password_written));
  }
  std::map<std::string, std::string> to_set(bool password_written = false) {
    const XmppStep step = next(password_written);
    std::map<std::string, std::string> values;
    if (const auto* set = std::get_if<XmppSet>(&step)) {
      for (const auto& each : set->assignments) values[each.name] = each.value;
    }
    return values;
  }
  std::string why_not() {
    const XmppStep step = next();
    const auto* unsupported = std::get_if<XmppUnsupported>(&step);
    return unsupported == nullptr ? "" : unsupported->why;
  }
  /// Through all steps of an empty device.
  void bring_up() {
    add_row("XMPP.Connection.1.");
    fill_connection("XMPP.Connection.1.");
    add_row("XMPP.Connection.1.Server.1.");
    fill_server("XMPP.Connection.1.Server.1.");
    const XmppStep step = next();
    const auto* set = std::get_if<XmppSet>(&step);
    ASSERT_NE(set, nullptr);
    apply(*set);
  }

  PathPool pool;
  Tree tree{pool};
  XmppProvisioning wanted = settings();
};

TEST_F(XmppProvisioningTest, TakesAnEmptyDeviceAllTheWay) {
  auto step = next();
  ASSERT_TRUE(std::holds_alternative<XmppAdd>(step));
  EXPECT_EQ(std::get<XmppAdd>(step).table, "Device.XMPP.Connection.");

  add_row("XMPP.Connection.3.");
  step = next();
  ASSERT_TRUE(std::holds_alternative<XmppRead>(step));
  EXPECT_EQ(std::get<XmppRead>(step).object, "Device.XMPP.Connection.3.");

  fill_connection("XMPP.Connection.3.");
  step = next();
  ASSERT_TRUE(std::holds_alternative<XmppAdd>(step));
  EXPECT_EQ(std::get<XmppAdd>(step).table, "Device.XMPP.Connection.3.Server.");

  add_row("XMPP.Connection.3.Server.1.");
  step = next();
  ASSERT_TRUE(std::holds_alternative<XmppRead>(step));

  fill_server("XMPP.Connection.3.Server.1.");
  const auto values = to_set();
  const std::map<std::string, std::string> expected{
      {"Device.ManagementServer.ConnReqAllowedJabberIDs", "acs@example.net"},
      {"Device.ManagementServer.ConnReqXMPPConnection", "Device.XMPP.Connection.3"},
      {"Device.XMPP.Connection.3.Username", kOurName},
      {"Device.XMPP.Connection.3.Password", xmpp_password(wanted, kOurName)},
      {"Device.XMPP.Connection.3.Domain", "example.net"},
      {"Device.XMPP.Connection.3.Resource", "cwmp"},
      {"Device.XMPP.Connection.3.UseTLS", "true"},
      {"Device.XMPP.Connection.3.ServerConnectAlgorithm", "ServerTable"},
      {"Device.XMPP.Connection.3.Enable", "true"},
      {"Device.XMPP.Connection.3.Server.1.ServerAddress", "xmpp.example.net"},
      {"Device.XMPP.Connection.3.Server.1.Enable", "true"}};
  EXPECT_EQ(values, expected);
  EXPECT_TRUE(std::get<XmppSet>(next()).has_password);

  apply(std::get<XmppSet>(next()));
  step = next(true);
  ASSERT_TRUE(std::holds_alternative<XmppReady>(step));
  EXPECT_EQ(std::get<XmppReady>(step).jid, std::nullopt) << "not logged in yet";

  put("ManagementServer.ConnReqJabberID", "00d09e@example.net/cwmp");
  step = next(true);
  ASSERT_TRUE(std::holds_alternative<XmppReady>(step));
  EXPECT_EQ(std::get<XmppReady>(step).jid->text(), "00d09e@example.net/cwmp");
}

TEST_F(XmppProvisioningTest, NeedsNoServerRowWhereTheDomainIsLookedUp) {
  wanted.server.clear();
  add_row("XMPP.Connection.1.");
  fill_connection("XMPP.Connection.1.");
  const auto values = to_set();
  EXPECT_THAT(values, Contains(testing::Key("Device.XMPP.Connection.1.Username")));
  EXPECT_THAT(values, Not(Contains(testing::Key(HasSubstr("1.Server.")))));
}

TEST_F(XmppProvisioningTest, SetsThePasswordUntilItIsWritten) {
  bring_up();
  EXPECT_THAT(to_set(false), ElementsAre(testing::Key("Device.XMPP.Connection.1.Password")));
  EXPECT_TRUE(std::holds_alternative<XmppReady>(next(true)));
}

TEST_F(XmppProvisioningTest, SetsOnlyWhatIsDifferent) {
  bring_up();
  put("XMPP.Connection.1.Enable", "0");
  EXPECT_THAT(to_set(true), ElementsAre(testing::Pair("Device.XMPP.Connection.1.Enable", "true")));
  put("XMPP.Connection.1.Enable", "1");  // quirk 55
  EXPECT_TRUE(std::holds_alternative<XmppReady>(next(true)));
}

TEST_F(XmppProvisioningTest, LeavesOutWhatTheDeviceDoesNotHave) {
  add_row("XMPP.Connection.1.");
  for (const char* name : {"Username", "Password", "Domain"}) {
    put("XMPP.Connection.1." + std::string(name), "");
  }
  put("XMPP.Connection.1.Enable", "false");
  wanted.server.clear();
  const auto values = to_set();
  EXPECT_EQ(values.count("Device.XMPP.Connection.1.UseTLS"), 0U);
  EXPECT_EQ(values.count("Device.XMPP.Connection.1.Resource"), 0U);
  EXPECT_EQ(values.at("Device.XMPP.Connection.1.Enable"), "true");
}

TEST_F(XmppProvisioningTest, UsesARowAgainThatASessionLeftBehind) {
  add_row("XMPP.Connection.1.");
  fill_connection("XMPP.Connection.1.");
  put("XMPP.Connection.1.Username", "somebody");
  put("XMPP.Connection.1.Domain", "else.example");
  add_row("XMPP.Connection.2.");
  fill_connection("XMPP.Connection.2.");
  const XmppStep step = next();
  ASSERT_TRUE(std::holds_alternative<XmppAdd>(step));
  EXPECT_EQ(std::get<XmppAdd>(step).table, "Device.XMPP.Connection.2.Server.");
}

TEST_F(XmppProvisioningTest, LeavesAnothersConnectionAloneAndPointsToItsOwn) {
  wanted.server.clear();
  add_row("XMPP.Connection.1.");
  fill_connection("XMPP.Connection.1.");
  put("XMPP.Connection.1.Username", "somebody");
  put("XMPP.Connection.1.Domain", "else.example");
  put("ManagementServer.ConnReqXMPPConnection", "Device.XMPP.Connection.1.");
  EXPECT_TRUE(std::holds_alternative<XmppAdd>(next()));
  add_row("XMPP.Connection.2.");
  fill_connection("XMPP.Connection.2.");
  const auto values = to_set();
  EXPECT_THAT(values, Not(Contains(testing::Key(HasSubstr("Connection.1.")))));
  EXPECT_EQ(values.at("Device.ManagementServer.ConnReqXMPPConnection"), "Device.XMPP.Connection.2");
}

TEST_F(XmppProvisioningTest, ReadsBeforeItDecides) {
  add_row("XMPP.Connection.1.");
  NamesListed names{"Device.XMPP.Connection.1.", true, {}};
  for (const char* name : {"Enable", "Username", "Password", "Domain"}) {
    names.names.push_back({"Device.XMPP.Connection.1." + std::string(name), true});
  }
  tree.apply(names, 1);
  EXPECT_TRUE(std::holds_alternative<XmppRead>(next())) << "it may be somebody's";

  tree.apply(ObjectRemoved{"Device.ManagementServer."}, 1);
  tree.apply(NamesListed{"Device.ManagementServer.",
                         true,
                         {{"Device.ManagementServer.ConnReqXMPPConnection", true},
                          {"Device.ManagementServer.ConnReqAllowedJabberIDs", true}}},
             1);
  const XmppStep step = next();
  ASSERT_TRUE(std::holds_alternative<XmppRead>(step));
  EXPECT_EQ(std::get<XmppRead>(step).object, "Device.ManagementServer.");
}

TEST_F(XmppProvisioningTest, OtherServersOfItsConnectionAreSwitchedOff) {
  bring_up();
  add_row("XMPP.Connection.1.Server.4.");
  fill_server("XMPP.Connection.1.Server.4.");
  put("XMPP.Connection.1.Server.4.Enable", "true");
  EXPECT_THAT(to_set(true),
              ElementsAre(testing::Pair("Device.XMPP.Connection.1.Server.4.Enable", "false")));
}

// ---- who is let in -----------------------------------------------------------------------------

struct AllowedRow {
  const char* before;
  const char* after;  ///< nullptr: stays
};

TEST_F(XmppProvisioningTest, LetsItselfInBesideOthers) {
  const std::vector<AllowedRow> rows{
      {"", "acs@example.net"},
      {"acs@example.net", nullptr},
      {" ACS@Example.net , other@x", nullptr},
      {"other@x", "other@x,acs@example.net"},
      {"acs@example.net/fixed", "acs@example.net/fixed,acs@example.net"},
      {"acs@example.net.evil", "acs@example.net.evil,acs@example.net"},
      {"a%2Cb@x", "a%2Cb@x,acs@example.net"}};
  bring_up();
  for (const AllowedRow& row : rows) {
    put("ManagementServer.ConnReqAllowedJabberIDs", row.before);
    const auto values = to_set(true);
    const auto found = values.find("Device.ManagementServer.ConnReqAllowedJabberIDs");
    if (row.after == nullptr) {
      EXPECT_TRUE(found == values.end()) << row.before;
    } else {
      ASSERT_TRUE(found != values.end()) << row.before;
      EXPECT_EQ(found->second, row.after);
    }
  }
}

TEST_F(XmppProvisioningTest, AFullListIsToldNotTouched) {
  bring_up();
  std::string list = "a0@x";
  for (std::size_t i = 1; i < kMaxAllowedJabberIds; ++i) list += ",a" + std::to_string(i) + "@x";
  put("ManagementServer.ConnReqAllowedJabberIDs", list);
  EXPECT_EQ(why_not(), "ConnReqAllowedJabberIDs is full");
}

// ---- devices that cannot -----------------------------------------------------------------------

TEST_F(XmppProvisioningTest, BelievesADeviceThatSaysItCannot) {
  put("ManagementServer.SupportedConnReqMethods", "HTTP,STUN");
  EXPECT_EQ(why_not(), "SupportedConnReqMethods has no XMPP");
}

TEST_F(XmppProvisioningTest, SaysWhatIsMissing) {
  Tree empty(pool);
  EXPECT_TRUE(std::holds_alternative<XmppUnsupported>(next_xmpp_step(empty, wanted, facts())));
  tree.apply(ObjectRemoved{"Device.XMPP."}, 1);
  EXPECT_EQ(why_not(), "no XMPP.Connection");
}

TEST_F(XmppProvisioningTest, AConnectionWithoutServersNeedsTheLookup) {
  add_row("XMPP.Connection.1.");
  for (const char* name : {"Username", "Password", "Domain", "Enable"}) {
    put("XMPP.Connection.1." + std::string(name), "");
  }
  EXPECT_EQ(why_not(), "XMPP.Connection has no table Server");
}

TEST(XmppProvisioningRoots, Tr098HasTheSameBelowItsRoot) {
  PathPool pool;
  Tree tree(pool);
  for (const char* name : {"ConnReqXMPPConnection", "ConnReqAllowedJabberIDs"}) {
    tree.apply(
        ValuesRead{{{"InternetGatewayDevice.ManagementServer." + std::string(name), "", "string"}}},
        1);
  }
  tree.apply(NamesListed{"InternetGatewayDevice.XMPP.Connection.",
                         true,
                         {{"InternetGatewayDevice.XMPP.Connection.", true}}},
             1);
  const XmppStep step = next_xmpp_step(tree, settings(), facts());
  ASSERT_TRUE(std::holds_alternative<XmppAdd>(step));
  EXPECT_EQ(std::get<XmppAdd>(step).table, "InternetGatewayDevice.XMPP.Connection.");
}

// ---- the device's address ----------------------------------------------------------------------

TEST_F(XmppProvisioningTest, TakesAFullJidOfTheDomainOnly) {
  const auto found = [this](const char* jid) {
    put("ManagementServer.ConnReqJabberID", jid);
    return device_jid(tree, "example.net").has_value();
  };
  EXPECT_TRUE(found("cpe@example.net/cwmp"));
  EXPECT_TRUE(found(" CPE@EXAMPLE.NET/x "));
  EXPECT_FALSE(found("cpe@example.net"));        // no resource: nobody to ask
  EXPECT_FALSE(found("example.net/cwmp"));       // a server
  EXPECT_FALSE(found("cpe@evil.example/cwmp"));  // strangers get no credentials
  EXPECT_FALSE(found("cpe@sub.example.net/cwmp"));
  EXPECT_FALSE(found("not a jid"));
  EXPECT_FALSE(found(""));
}

TEST_F(XmppProvisioningTest, FallsBackToTheConnectionThatIsInUse) {
  bring_up();
  put("XMPP.Connection.1.JabberID", "cpe@example.net/cwmp");
  EXPECT_EQ(device_jid(tree, "example.net"), std::nullopt) << "its Status is not Enabled";
  put("XMPP.Connection.1.Status", "Enabled");
  EXPECT_EQ(device_jid(tree, "example.net")->text(), "cpe@example.net/cwmp");
}

// ---- accounts ----------------------------------------------------------------------------------

TEST(XmppAccount, NamesOfDevicesNeverMeet) {
  const std::vector<cwmp::DeviceId> devices{
      {"", "00D09E", "Gateway", "S1"}, {"", "00D09E", "Gateway", "s1"},
      {"", "00D09E", "gateway", "S1"}, {"", "00d09e", "gateway", "s1"},
      {"", "00d09e", "a-b", "c"},      {"", "00d09e", "a", "b-c"},
      {"", "00d09e", "", "a-b"},       {"", "00d09e", "", "a=2db"},
      {"", "00d09e", "", "a.b"},       {"", "00d09e", "", "ä"}};
  std::map<std::string, int> names;
  for (const auto& device : devices) {
    const std::string name = xmpp_username(device);
    const auto jid = cwmp::xmpp::parse_jid(name + "@example.net");
    ASSERT_TRUE(jid) << name;
    EXPECT_EQ(jid->local, name) << "lower case already";
    ++names[name];
  }
  EXPECT_EQ(names.size(), devices.size());
  EXPECT_EQ(xmpp_username(devices[0]), kOurName);
  EXPECT_EQ(xmpp_username({"", "00d09e", "gateway", "s1"}), "00d09e-gateway-s1");
}

TEST(XmppAccount, PasswordsAreDerivedFromKeyAndAccount) {
  XmppProvisioning wanted = settings();
  const std::string password = xmpp_password(wanted, "cpe");
  EXPECT_THAT(password, MatchesRegex("[a-z2-7]+"));
  EXPECT_EQ(password.size(), 52U);
  EXPECT_EQ(password, xmpp_password(wanted, "cpe"));
  EXPECT_NE(password, xmpp_password(wanted, "cpe2"));
  wanted.domain = "example.org";
  EXPECT_NE(password, xmpp_password(wanted, "cpe"));
  wanted.credentials = XmppProvisioning::Credentials::kShared;
  EXPECT_EQ(xmpp_password(wanted, "cpe"), "key");
}

TEST(XmppSettings, SaysWhatCannotBe) {
  EXPECT_TRUE(check(settings()));
  const auto refused = [](auto change) {
    XmppProvisioning wanted = settings();
    change(wanted);
    return !check(wanted);
  };
  EXPECT_TRUE(refused([](auto& wanted) { wanted.domain = ""; }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.domain = "a@b"; }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.domain = std::string(65, 'a'); }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.resource = ""; }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.resource = std::string(65, 'a'); }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.server = std::string(257, 'a'); }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.port = 0; }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.acs.local = ""; }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.acs.local = "a,b"; }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.secret = ""; }));
  EXPECT_TRUE(refused([](auto& wanted) { wanted.keep_alive_s = -2; }));
}

}  // namespace
}  // namespace bridge
