// Addresses (RFC 7622) and the list of allowed senders (TR-181 ConnReqAllowedJabberIDs).
#include <gtest/gtest.h>

#include "cwmp/xmpp/jid.h"

namespace cwmp::xmpp {
namespace {

TEST(XmppJid, HasThreeParts) {
  const auto jid = parse_jid("local@domain.example/re@so/urce");
  ASSERT_TRUE(jid);
  EXPECT_EQ(*jid, (Jid{"local", "domain.example", "re@so/urce"}));
  EXPECT_EQ(jid->text(), "local@domain.example/re@so/urce");
  EXPECT_EQ(jid->bare().text(), "local@domain.example");
  EXPECT_EQ(parse_jid("domain.example")->text(), "domain.example");
}

TEST(XmppJid, ComparesNameAndDomainWithoutRegardToCase) {
  EXPECT_EQ(parse_jid("CPE@Example.NET/A"), parse_jid("cpe@example.net./A"));
  EXPECT_NE(parse_jid("cpe@example.net/A"), parse_jid("cpe@example.net/a"));
}

TEST(XmppJid, RefusesWhatIsNone) {
  for (const char* text : {"", "@d", "l@", "l@/r", "d/", "l@d/", "/r", "a b@d", "a\"@d", "a<b@d",
                           "a:b@d", "a&b@d", "a@b@d", "l@d/\x01", "l@d\x7F", "l@d/\xFF"}) {
    EXPECT_EQ(parse_jid(text), std::nullopt) << text;
  }
}

TEST(XmppJid, LimitsTheLengthOfEachPart) {  // RFC 7622 3.1
  const std::string longest(kMaxJidPartBytes, 'a');
  EXPECT_TRUE(parse_jid(longest + "@" + longest + "/" + longest));
  EXPECT_FALSE(parse_jid(longest + "a@d"));
  EXPECT_FALSE(parse_jid(longest + "a"));
  EXPECT_FALSE(parse_jid("d/" + longest + "a"));
}

bool lets_in(const char* entry, const char* sender) {
  return allows(*parse_jid(entry), *parse_jid(sender));
}

TEST(XmppJid, ABareEntryLetsEveryResourceIn) {
  EXPECT_TRUE(lets_in("ACS1@tr069.example.com", "ACS1@tr069.example.com/resource1"));
  EXPECT_TRUE(lets_in("acs1@tr069.example.com", "ACS1@tr069.example.com"));
  EXPECT_FALSE(lets_in("acs1@tr069.example.com", "acs11@tr069.example.com/r"));
}

TEST(XmppJid, AFullEntryLetsInOneResource) {
  EXPECT_TRUE(lets_in("acs@d.example/r1", "acs@d.example/r1"));
  EXPECT_FALSE(lets_in("acs@d.example/r1", "acs@d.example/r2"));
  EXPECT_FALSE(lets_in("acs@d.example/r1", "acs@d.example"));
}

}  // namespace
}  // namespace cwmp::xmpp
