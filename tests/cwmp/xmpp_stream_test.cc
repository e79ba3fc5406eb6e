// The client's end of an XMPP stream (RFC 6120).
#include "cwmp/xmpp/stream.h"
#include "tests/cwmp/xmpp_script.h"

namespace cwmp::xmpp {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Kind = Failure::Kind;

// ---- opening -----------------------------------------------------------------------------------

TEST(XmppStream, OpensWithTheDomainAndWithoutTheAccount) {  // RFC 6120 4.7.1, 4.7.2
  Peer peer(options_of_acs());
  peer.connect();
  const std::string header = peer.sent();
  EXPECT_THAT(header, StartsWith("<?xml version='1.0'?><stream:stream "));
  EXPECT_THAT(header, HasSubstr(" to=\"example.net\""));
  EXPECT_THAT(header, HasSubstr(" version=\"1.0\""));
  EXPECT_THAT(header, Not(HasSubstr("acs")));
}

TEST(XmppStream, DoesTheWholeLoginByteByByte) {
  Peer peer(options_of_acs());
  peer.connect();
  const auto slowly = [&peer](const std::string& bytes) {
    for (const char c : bytes) peer.receive(std::string(1, c));
  };
  slowly(kHeader + kOfferTls);
  slowly(kProceed);
  EXPECT_EQ(peer.tls, 1);
  peer.tls_done();
  slowly(kHeader + offer_login("PLAIN"));
  slowly(kSuccess);
  slowly(kHeader + kOfferBind);
  slowly(bound_as("q1", "acs@example.net/bridge"));
  ASSERT_THAT(peer.bound, SizeIs(1));
  EXPECT_EQ(peer.bound[0].jid.text(), "acs@example.net/bridge");
  EXPECT_THAT(peer.closed, IsEmpty());
}

TEST(XmppStream, AServerWithoutVersionIsNotSpokenTo) {  // RFC 6120 4.7.5
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive(
      "<stream:stream xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams'>");
  EXPECT_EQ(end_of(peer), Kind::kProtocol);
  EXPECT_THAT(peer.sent(), HasSubstr("<unsupported-version "));
}

TEST(XmppStream, ARootOfAnotherNamespaceIsNoStream) {  // RFC 6120 4.9.3.10
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive("<stream:stream xmlns:stream='urn:else' version='1.0'>");
  EXPECT_EQ(end_of(peer), Kind::kProtocol);
  EXPECT_THAT(peer.sent(), HasSubstr("<invalid-namespace "));
}

TEST(XmppStream, ThePrefixOfTheStreamIsTheServersChoice) {  // RFC 6120 4.8.5
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive(
      "<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:client' "
      "version='1.0'><s:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
      "</s:features>");
  EXPECT_THAT(peer.sent(), HasSubstr("<starttls "));
}

// ---- TLS ---------------------------------------------------------------------------------------

TEST(XmppStream, RequiredTlsIsNotGivenUp) {
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive(kHeader + offer_login("SCRAM-SHA-256 PLAIN"));
  EXPECT_EQ(end_of(peer), Kind::kNoTls);
  EXPECT_THAT(peer.sent(), Not(HasSubstr("<auth")));
}

TEST(XmppStream, ARefusedStartTlsEndsTheStream) {  // RFC 6120 5.4.2.2
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive(kHeader + kOfferTls);
  peer.receive("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  EXPECT_EQ(end_of(peer), Kind::kNoTls);
  EXPECT_EQ(peer.tls, 0);
}

TEST(XmppStream, PlainTextBehindProceedIsNotTakenForTls) {
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive(kHeader + kOfferTls);
  peer.receive(kProceed + kHeader + offer_login("PLAIN"));
  EXPECT_EQ(end_of(peer), Kind::kProtocol);
  EXPECT_EQ(peer.tls, 0);
}

TEST(XmppStream, WithoutUseTlsOnlyAServerThatDemandsItGetsTls) {  // TR-181 UseTLS
  auto options = options_of_cpe();
  options.tls = StreamOptions::Tls::kIfDemanded;
  Peer demanded(options);
  demanded.connect();
  demanded.receive(kHeader + kOfferTls);
  EXPECT_THAT(demanded.sent(), HasSubstr("<starttls "));

  Peer offered(options);
  offered.connect();
  offered.receive(kHeader +
                  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
                  "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>"
                  "<mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>");
  EXPECT_THAT(offered.sent(), HasSubstr("mechanism=\"SCRAM-SHA-1\""));
}

TEST(XmppStream, DirectTlsNeedsNoStartTls) {  // XEP-0368
  auto options = options_of_acs();
  options.tls = StreamOptions::Tls::kDirect;
  Peer peer(options);
  peer.connect();
  peer.receive(kHeader + offer_login("PLAIN"));
  EXPECT_THAT(peer.sent(), HasSubstr("mechanism=\"PLAIN\""));
}

// ---- login -------------------------------------------------------------------------------------

TEST(XmppStream, ThePasswordIsNeverShownWithoutTls) {  // RFC 6120 13.9.4
  auto options = options_of_acs();
  options.tls = StreamOptions::Tls::kWhenOffered;
  Peer peer(options);
  peer.connect();
  peer.receive(kHeader + offer_login("PLAIN"));
  EXPECT_EQ(end_of(peer), Kind::kNoMechanism);
  EXPECT_THAT(peer.sent(), Not(HasSubstr("<auth")));
}

TEST(XmppStream, PlainCanBeForbidden) {
  auto options = options_of_acs();
  options.allow_plain = false;
  Peer peer(options);
  peer.to_login("PLAIN");
  EXPECT_EQ(end_of(peer), Kind::kNoMechanism);
}

TEST(XmppStream, TakesTheStrongestLogin) {  // RFC 6120 6.3.3
  Peer peer(options_of_acs());
  peer.to_login("PLAIN SCRAM-SHA-1 SCRAM-SHA-256 SCRAM-SHA-256-PLUS");
  EXPECT_THAT(peer.sent(), HasSubstr("mechanism=\"SCRAM-SHA-256\">biws"
                                     "bj1hY3Mscj1meWtvK2QybGJiRmdPTlJ2OXFreGRhd0w="));
}

TEST(XmppStream, ARefusedLoginSaysSo) {  // RFC 6120 6.5
  Peer peer(options_of_acs());
  peer.to_login("PLAIN");
  peer.receive("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
  EXPECT_EQ(end_of(peer), Kind::kNotAuthorized);
  EXPECT_EQ(peer.closed[0].text, "login refused: not-authorized");
}

TEST(XmppStream, SuccessWithoutTheServersProofIsNoSuccess) {  // RFC 5802 5
  Peer peer(options_of_acs());
  peer.to_login("SCRAM-SHA-1");
  peer.receive(kSuccess);
  EXPECT_EQ(end_of(peer), Kind::kNotAuthorized);
}

TEST(XmppStream, SaslThatIsNoBase64EndsTheStream) {
  Peer peer(options_of_acs());
  peer.to_login("SCRAM-SHA-1");
  peer.receive("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>!</challenge>");
  EXPECT_EQ(end_of(peer), Kind::kProtocol);
}

TEST(XmppStream, AStanzaRightBehindSuccessIsNotReadAsTheNextStream) {
  Peer peer(options_of_acs());
  peer.to_login("PLAIN");
  peer.receive(kSuccess + "<iq type='get' id='x'><ping xmlns='urn:xmpp:ping'/></iq>");
  EXPECT_EQ(end_of(peer), Kind::kProtocol);
}

// ---- resource ----------------------------------------------------------------------------------

TEST(XmppStream, ProposesItsResourceAndTakesTheServersAnswer) {  // RFC 6120 7.7
  Peer peer(options_of_acs());
  peer.to_bind();
  EXPECT_THAT(peer.sent(), HasSubstr("<resource>bridge</resource>"));
  peer.receive(bound_as("q1", "acs@example.net/other"));
  ASSERT_THAT(peer.bound, SizeIs(1));
  EXPECT_EQ(peer.bound[0].jid.resource, "other");
  EXPECT_THAT(peer.sent(), HasSubstr("<presence>"));
}

TEST(XmppStream, LetsTheServerMakeUpAResourceWhereItsOwnIsTaken) {  // RFC 6120 7.7.2.2
  Peer peer(options_of_acs());
  peer.to_bind();
  peer.sent();
  peer.receive(
      "<iq type='error' id='q1'><error type='cancel'>"
      "<conflict xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
  EXPECT_THAT(peer.sent(), Not(HasSubstr("<resource>")));
  peer.receive(bound_as("q2", "acs@example.net/made-up"));
  EXPECT_THAT(peer.bound, SizeIs(1));
}

TEST(XmppStream, NoResourceAtAllEndsTheStream) {
  Peer peer(options_of_acs());
  peer.to_bind();
  const std::string refusal =
      "<error type='wait'><resource-constraint xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
      "</error></iq>";
  peer.receive("<iq type='error' id='q1'>" + refusal);
  peer.receive("<iq type='error' id='q2'>" + refusal);
  EXPECT_EQ(end_of(peer), Kind::kNotBound);
  EXPECT_EQ(peer.closed[0].text, "no resource: resource-constraint");
}

TEST(XmppStream, ABareJidIsNoBinding) {
  Peer peer(options_of_acs());
  peer.to_bind();
  peer.receive(bound_as("q1", "acs@example.net"));
  EXPECT_EQ(end_of(peer), Kind::kNotBound);
}

TEST(XmppStream, OpensASessionOnlyForServersThatInsist) {  // RFC 3921 3
  Peer peer(options_of_acs());
  peer.to_login("PLAIN");
  peer.receive(kSuccess);
  peer.receive(kHeader +
               "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
               "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/></stream:features>");
  peer.receive(bound_as("q1", "acs@example.net/bridge"));
  EXPECT_THAT(peer.sent(), HasSubstr("<session "));
  EXPECT_THAT(peer.bound, IsEmpty());
  peer.receive("<iq type='result' id='q2'/>");
  EXPECT_THAT(peer.bound, SizeIs(1));
}

// ---- keeping it alive --------------------------------------------------------------------------

TEST(XmppStream, ALoginThatTakesTooLongIsGivenUp) {
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive(kHeader);
  ASSERT_EQ(peer.stream.deadline(), peer.now + seconds(30));
  peer.wait(seconds(30));
  EXPECT_EQ(end_of(peer), Kind::kSilent);
  EXPECT_THAT(peer.sent(), HasSubstr("<connection-timeout "));
}

TEST(XmppStream, SendsABlankAfterASilenceOfItsOwn) {  // RFC 6120 4.6.1
  Peer peer(options_of_acs());
  peer.to_bound();
  peer.wait(seconds(59));
  EXPECT_EQ(peer.sent(), "");
  peer.wait(seconds(1));
  EXPECT_EQ(peer.sent(), " ");
}

TEST(XmppStream, AnswersPings) {  // XEP-0199
  Peer peer(options_of_acs());
  peer.to_bound();
  peer.receive(
      "<iq from='example.net' to='me@example.net/given' type='get' id='p&apos;1'>"
      "<ping xmlns='urn:xmpp:ping'/></iq>");
  EXPECT_EQ(peer.sent(), "<iq type=\"result\" id=\"p&apos;1\" to=\"example.net\"/>");
}

TEST(XmppStream, AsksASilentServerAndEndsWhenNothingComes) {
  auto options = options_of_acs();
  options.keep_alive = milliseconds(0);
  Peer peer(options);
  peer.to_bound();
  peer.wait(seconds(300));
  EXPECT_THAT(peer.sent(), HasSubstr("<ping xmlns=\"urn:xmpp:ping\"/>"));
  peer.wait(seconds(20));
  EXPECT_EQ(end_of(peer), Kind::kSilent);
}

TEST(XmppStream, AnythingFromTheServerShowsThatItIsThere) {
  auto options = options_of_acs();
  options.keep_alive = milliseconds(0);
  Peer peer(options);
  peer.to_bound();
  peer.wait(seconds(300));
  peer.now += seconds(1);
  peer.receive(" ");
  peer.wait(seconds(19));
  EXPECT_THAT(peer.closed, IsEmpty());
  EXPECT_EQ(peer.stream.deadline(), peer.now + seconds(281));
}

// ---- ends --------------------------------------------------------------------------------------

TEST(XmppStream, AStreamErrorIsPassedOnWithItsCondition) {  // RFC 6120 4.9
  Peer peer(options_of_acs());
  peer.to_bound();
  peer.receive(
      "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced</text></stream:error>");
  EXPECT_EQ(end_of(peer), Kind::kStreamError);
  EXPECT_EQ(peer.closed[0].text, "stream error: conflict");
}

TEST(XmppStream, AnswersTheEndOfTheStreamWithItsOwn) {  // RFC 6120 4.4
  Peer peer(options_of_acs());
  peer.to_bound();
  peer.receive("</stream:stream>");
  EXPECT_EQ(peer.sent(), "</stream:stream>");
  EXPECT_EQ(end_of(peer), Kind::kClosedByServer);
}

TEST(XmppStream, StopsAtEachStepWithoutLosingARequest) {
  Peer peer(options_of_acs());
  peer.to_bound();
  const std::string id = peer.ask("cpe@example.net/tr069");
  peer.sent();
  peer.take(peer.stream.stop());
  EXPECT_EQ(peer.sent(), "</stream:stream>");
  ASSERT_THAT(peer.answered, SizeIs(1));
  EXPECT_EQ(peer.answered[0].result, RequestResult(Lost{}));
  EXPECT_EQ(end_of(peer), Kind::kStopped);
  peer.take(peer.stream.on_lost());  // nothing comes after Close
}

/// The server's part of a whole life; the connection is lost after each step.
TEST(XmppStream, ALostConnectionEndsItAtEveryStep) {
  const std::vector<std::string> steps{kHeader,    kOfferTls,
                                       kProceed,   "(tls)",
                                       kHeader,    offer_login("PLAIN"),
                                       kSuccess,   kHeader,
                                       kOfferBind, bound_as("q1", "a@example.net/b")};
  for (std::size_t last = 0; last <= steps.size(); ++last) {
    Peer peer(options_of_acs());
    peer.connect();
    for (std::size_t i = 0; i < last; ++i) {
      if (steps[i] == "(tls)") {
        peer.tls_done();
      } else {
        peer.receive(steps[i]);
      }
    }
    peer.take(peer.stream.on_lost());
    EXPECT_EQ(end_of(peer), Kind::kClosedByServer) << last;
    EXPECT_EQ(peer.bound.size(), last == steps.size() ? 1U : 0U) << last;
    EXPECT_EQ(peer.stream.deadline(), std::nullopt) << last;
  }
}

}  // namespace
}  // namespace cwmp::xmpp
