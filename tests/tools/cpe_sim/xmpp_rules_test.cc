// What a simulated CPE's parameters make of connection requests over XMPP (TR-181 XMPP.,
// ManagementServer.; TR-069 Annex K).
#include "tests/tools/cpe_sim/cpe_xmpp.h"
#include "tests/tools/cpe_sim/fixture.h"

namespace cpe_sim {
namespace {

using cwmp::xmpp::parse_jid;
using cwmp::xmpp::Verdict;

class CpeSimXmppRules : public testing::Test {
 protected:
  CpeSimXmppRules() {
    cpe.boot(kStart);
    const std::string row =
        "Device.XMPP.Connection." + std::to_string(cpe.add_row("Device.XMPP.Connection.")) + ".";
    put("XMPP.Connection.1.Enable", "true");
    put("XMPP.Connection.1.Username", "cpe");
    put("XMPP.Connection.1.Password", "pw");
    put("XMPP.Connection.1.Domain", "example.net");
    put("ManagementServer.ConnReqXMPPConnection", "Device.XMPP.Connection.1");
    put("ManagementServer.ConnectionRequestUsername", "user");
    put("ManagementServer.ConnectionRequestPassword", "pass");
  }
  void put(const std::string& name, const std::string& value) {
    ASSERT_TRUE(cpe.change("Device." + name, value)) << name;
  }
  std::string get(const std::string& name) {
    return std::string(cpe.tree().value("Device." + name));
  }
  Verdict ask(const char* from, const char* user = "user", const char* password = "pass") {
    return judge(cpe, *parse_jid(from), {user, password}, kStart);
  }

  Cpe cpe{Model::load(std::string(TEST_DATA_DIR) + "/models/tr181-xmpp.csv").value(),
          small_options()};
};

TEST_F(CpeSimXmppRules, LogsInWhereItsConnectionSays) {
  auto account = xmpp_account(cpe);
  ASSERT_TRUE(account);
  EXPECT_EQ(account->jid.text(), "cpe@example.net");
  EXPECT_EQ(account->password, "pw");
  EXPECT_EQ(account->host, "example.net");
  EXPECT_EQ(account->port, 5222);
  EXPECT_FALSE(account->use_tls);
  put("XMPP.Connection.1.Resource", "r");
  put("XMPP.Connection.1.UseTLS", "true");
  account = xmpp_account(cpe);
  EXPECT_EQ(account->jid.text(), "cpe@example.net/r");
  EXPECT_TRUE(account->use_tls);
}

TEST_F(CpeSimXmppRules, TakesTheEnabledServerOfLowestPriority) {
  put("XMPP.Connection.1.ServerConnectAlgorithm", "ServerTable");
  EXPECT_FALSE(xmpp_account(cpe)) << "there is none";
  for (const char* priority : {"5", "1", "3"}) {
    const auto row = "XMPP.Connection.1.Server." +
                     std::to_string(cpe.add_row("Device.XMPP.Connection.1.Server.")) + ".";
    put(row + "ServerAddress", std::string("host") + priority);
    put(row + "Priority", priority);
    put(row + "Enable", priority[0] == '1' ? "false" : "true");
  }
  EXPECT_EQ(xmpp_account(cpe)->host, "host3");
}

TEST_F(CpeSimXmppRules, ADisabledOrMissingConnectionIsNone) {
  put("XMPP.Connection.1.Enable", "false");
  EXPECT_FALSE(xmpp_account(cpe));
  put("XMPP.Connection.1.Enable", "true");
  put("ManagementServer.ConnReqXMPPConnection", "Device.XMPP.Connection.7");
  EXPECT_FALSE(xmpp_account(cpe));
  put("ManagementServer.ConnReqXMPPConnection", "");
  EXPECT_FALSE(xmpp_account(cpe));
}

TEST_F(CpeSimXmppRules, ADeviceThatIsDownIsNotLoggedIn) {
  cpe.set_asleep(true);
  EXPECT_FALSE(xmpp_account(cpe));
}

TEST_F(CpeSimXmppRules, KeepsItsAddressOverALostConnection) {
  show_xmpp(cpe, *xmpp_account(cpe), "Enabled", "cpe@example.net/r", true);
  EXPECT_EQ(get("ManagementServer.ConnReqJabberID"), "cpe@example.net/r");
  EXPECT_EQ(get("XMPP.Connection.1.TLSEstablished"), "true");
  show_xmpp(cpe, *xmpp_account(cpe), "Connecting");
  EXPECT_EQ(get("ManagementServer.ConnReqJabberID"), "cpe@example.net/r");
  EXPECT_EQ(get("XMPP.Connection.1.JabberID"), "");
  show_no_xmpp(cpe);
  EXPECT_EQ(get("ManagementServer.ConnReqJabberID"), "");
}

TEST_F(CpeSimXmppRules, AnEmptyListLetsEverybodyAsk) {
  EXPECT_EQ(ask("anybody@else.example/x"), Verdict::kAccept);
}

TEST_F(CpeSimXmppRules, OnlyTheListedMayAsk) {
  put("ManagementServer.ConnReqAllowedJabberIDs", "ACS1@example.net, acs2@example.net/one");
  EXPECT_EQ(ask("acs1@example.net/any"), Verdict::kAccept);
  EXPECT_EQ(ask("acs2@example.net/one"), Verdict::kAccept);
  EXPECT_EQ(ask("acs2@example.net/two"), Verdict::kUnavailable);
  EXPECT_EQ(ask("acs@example.net/any"), Verdict::kUnavailable);
  EXPECT_EQ(ask("evil@example.net/any", "x", "x"), Verdict::kUnavailable)
      << "strangers do not learn whether credentials are right";
}

TEST_F(CpeSimXmppRules, CredentialsAreThoseOfConnectionRequests) {
  EXPECT_EQ(ask("a@b/c", "user", "wrong"), Verdict::kNotAuthorized);
  EXPECT_EQ(ask("a@b/c", "other", "pass"), Verdict::kNotAuthorized);
  EXPECT_EQ(ask("a@b/c"), Verdict::kAccept);
  EXPECT_TRUE(cpe.wants_session(kStart));
}

TEST_F(CpeSimXmppRules, WaitsGrowAsItsParametersSay) {
  const auto account = *xmpp_account(cpe);
  EXPECT_EQ(longest_xmpp_wait(cpe, account, 1), seconds(60));
  EXPECT_EQ(longest_xmpp_wait(cpe, account, 3), seconds(240));
  EXPECT_EQ(longest_xmpp_wait(cpe, account, 50), seconds(30'720));
}

}  // namespace
}  // namespace cpe_sim
