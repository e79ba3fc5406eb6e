// SASL logins of XMPP against the examples of RFC 5802 5 and RFC 7677 3.
#include <gtest/gtest.h>

#include <vector>

#include "cwmp/xmpp/sasl.h"

namespace cwmp::xmpp {
namespace {

using Offer = std::vector<std::string>;

struct Example {
  Mechanism mechanism;
  const char* nonce;
  const char* server_first;
  const char* client_final;
  const char* server_final;
};

const Example kSha1{Mechanism::kScramSha1, "fyko+d2lbbFgONRv9qkxdawL",
                    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
                    "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,"
                    "p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
                    "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="};
const Example kSha256{
    Mechanism::kScramSha256, "rOprNGfwEbeRWgbNEkqO",
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="};

class XmppScram : public testing::TestWithParam<Example> {
 protected:
  SaslClient client{GetParam().mechanism, "user", "pencil", GetParam().nonce};
};

TEST_P(XmppScram, DoesTheExampleOfTheStandard) {
  EXPECT_EQ(client.initial_response(), "n,,n=user,r=" + std::string(GetParam().nonce));
  const auto final = client.on_challenge(GetParam().server_first);
  ASSERT_TRUE(final) << final.error();
  EXPECT_EQ(*final, GetParam().client_final);
  EXPECT_TRUE(client.on_success(GetParam().server_final));
}

TEST_P(XmppScram, TakesTheServersProofAsAChallengeToo) {  // RFC 6120 6.4.5
  ASSERT_TRUE(client.on_challenge(GetParam().server_first));
  const auto last = client.on_challenge(GetParam().server_final);
  ASSERT_TRUE(last);
  EXPECT_EQ(*last, "");
  EXPECT_TRUE(client.on_success(""));
}

TEST_P(XmppScram, ASuccessWithoutProofIsNone) {
  EXPECT_FALSE(SaslClient(client).on_success(""));
  ASSERT_TRUE(client.on_challenge(GetParam().server_first));
  EXPECT_FALSE(client.on_success(""));
}

TEST_P(XmppScram, AServerThatDoesNotKnowThePasswordIsFoundOut) {
  SaslClient other(GetParam().mechanism, "user", "another", GetParam().nonce);
  ASSERT_TRUE(other.on_challenge(GetParam().server_first));
  EXPECT_FALSE(other.on_success(GetParam().server_final));
}

TEST_P(XmppScram, ARefusalIsNoProof) {
  ASSERT_TRUE(client.on_challenge(GetParam().server_first));
  EXPECT_FALSE(client.on_success("e=invalid-proof"));
  EXPECT_FALSE(client.on_success(GetParam().server_final)) << "only the first counts";
}

INSTANTIATE_TEST_SUITE_P(Rfc, XmppScram, testing::Values(kSha1, kSha256), [](const auto& row) {
  return row.param.mechanism == Mechanism::kScramSha1 ? "Sha1" : "Sha256";
});

class XmppScramChallenge : public testing::TestWithParam<const char*> {};
TEST_P(XmppScramChallenge, IsRefused) {
  SaslClient client(Mechanism::kScramSha1, "user", "pencil", "abc");
  EXPECT_FALSE(client.on_challenge(GetParam()));
  EXPECT_FALSE(client.on_challenge("r=abcd,s=QSXCR+Q6sek8bf92,i=4096")) << "it is over";
}
INSTANTIATE_TEST_SUITE_P(
    Hostile, XmppScramChallenge,
    testing::Values("", "r=", "r=abcd", "r=abcd,s=QSXC", "s=QSXC,r=abcd,i=4096",
                    "r=abc,s=QSXC,i=4096",     // nothing of the server's own
                    "r=xyzabc,s=QSXC,i=4096",  // not ours
                    "r=abcd,s=,i=4096",        // no salt
                    "r=abcd,s=!!,i=4096",      // no base64
                    "r=abcd,s=QSXC,i=", "r=abcd,s=QSXC,i=x", "r=abcd,s=QSXC,i=-1",
                    "r=abcd,s=QSXC,i=4095",    // too weak
                    "r=abcd,s=QSXC,i=500001",  // too much work
                    "r=abcd,s=QSXC,i=99999999999999999999", "m=ext,r=abcd,s=QSXC,i=4096"));

TEST(XmppSasl, EscapesTheUserName) {  // RFC 5802 7, saslname
  SaslClient client(Mechanism::kScramSha1, "a=b,c", "p", "n");
  EXPECT_EQ(client.initial_response(), "n,,n=a=3Db=2Cc,r=n");
}

TEST(XmppSasl, PlainIsOneMessage) {  // RFC 4616 2
  SaslClient client(Mechanism::kPlain, "user", "pw", "n");
  EXPECT_EQ(client.initial_response(), std::string("\0user\0pw", 8));
  EXPECT_FALSE(SaslClient(client).on_challenge("x"));
  EXPECT_TRUE(client.on_success(""));
}

TEST(XmppSasl, PrefersWhatIsStronger) {
  const Offer all{"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"};
  EXPECT_EQ(choose_mechanism(all, true), Mechanism::kScramSha256);
  EXPECT_EQ(choose_mechanism(Offer{"PLAIN", "SCRAM-SHA-1"}, true), Mechanism::kScramSha1);
  EXPECT_EQ(choose_mechanism(Offer{"PLAIN"}, true), Mechanism::kPlain);
  EXPECT_EQ(choose_mechanism(Offer{"PLAIN"}, false), std::nullopt);
  EXPECT_EQ(choose_mechanism(Offer{"DIGEST-MD5", "EXTERNAL", "scram-sha-1"}, true), std::nullopt);
}

}  // namespace
}  // namespace cwmp::xmpp
