// The client's end of an XMPP stream (RFC 6120) and connection requests over it (TR-069 Annex K).
#include <ostream>

#include "cwmp/xmpp/stream.h"
#include "tests/cwmp/xmpp_script.h"

namespace cwmp::xmpp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Kind = Failure::Kind;

Kind end_of(const Peer& peer) {
  if (peer.closed.size() == 1) return peer.closed.front().kind;
  ADD_FAILURE() << "closed " << peer.closed.size() << " times";
  return Kind::kUnreachable;
}

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

// ---- asking ------------------------------------------------------------------------------------

const std::string kCpe = "cpe@example.net/tr069";

std::string reply(const std::string& type, const std::string& id, const std::string& from,
                  const std::string& content = {}) {
  return "<iq type='" + type + "' id='" + id + "' from='" + from + "' to='me@example.net/given'>" +
         content + "</iq>";
}

std::string error(const std::string& condition, const std::string& attributes = "type='cancel'") {
  return "<error " + attributes + "><" + condition +
         " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
}

TEST(XmppConnectionRequest, IsTheStanzaOfAnnexK) {
  Peer peer(options_of_acs());
  peer.to_bound();
  auto sent = peer.stream.request(*parse_jid(kCpe), {"us<er", "pa&\"ss"}, peer.now, seconds(10));
  ASSERT_TRUE(sent);
  peer.take(std::move(sent->actions));
  EXPECT_EQ(peer.sent(),
            "<iq type=\"get\" id=\"" + sent->id +
                "\" to=\"cpe@example.net/tr069\"><connectionRequest "
                "xmlns=\"urn:broadband-forum-org:cwmp:xmppConnReq-1-0\"><username>us&lt;er"
                "</username><password>pa&amp;&quot;ss</password></connectionRequest></iq>");
}

TEST(XmppConnectionRequest, AResultMeansAccepted) {
  Peer peer(options_of_acs());
  peer.to_bound();
  const std::string id = peer.ask(kCpe);
  peer.receive(reply("result", id, kCpe));
  ASSERT_THAT(peer.answered, SizeIs(1));
  EXPECT_EQ(peer.answered[0].id, id);
  EXPECT_EQ(peer.answered[0].result, RequestResult(Accepted{}));
}

struct ErrorRow {
  const char* name;
  std::string content;
  std::string condition;
};
void PrintTo(const ErrorRow& row, std::ostream* out) { *out << row.name; }
class XmppConnectionRequestErrors : public testing::TestWithParam<ErrorRow> {};
TEST_P(XmppConnectionRequestErrors, AreNamedByTheirCondition) {
  Peer peer(options_of_acs());
  peer.to_bound();
  const std::string id = peer.ask(kCpe);
  peer.receive(reply("error", id, kCpe, GetParam().content));
  ASSERT_THAT(peer.answered, SizeIs(1));
  EXPECT_EQ(peer.answered[0].result, RequestResult(Refused{GetParam().condition}));
}
INSTANTIATE_TEST_SUITE_P(
    AnnexK, XmppConnectionRequestErrors,
    testing::Values(
        ErrorRow{"Credentials", error("not-authorized", "code='401' type='auth'"),
                 "not-authorized"},
        ErrorRow{"Busy", error("service-unavailable", "code='503' type='cancel'"),
                 "service-unavailable"},
        ErrorRow{"WithTheRequest",
                 "<connectionRequest xmlns='urn:broadband-forum-org:cwmp:xmppConnReq-1-0'>"
                 "<username>u</username><password>p</password></connectionRequest>" +
                     error("service-unavailable"),
                 "service-unavailable"},
        ErrorRow{"Misspelt", error("not-autorized"), "not-authorized"},
        ErrorRow{"OldCodeOnly", "<error code='503' type='cancel'/>", "service-unavailable"},
        ErrorRow{"Offline", error("recipient-unavailable"), "recipient-unavailable"},
        ErrorRow{"NoServer", error("remote-server-not-found"), "remote-server-not-found"},
        ErrorRow{"UnknownCondition", error("made-up-by-a-vendor"), "undefined-condition"},
        ErrorRow{"NoError", "", "undefined-condition"},
        ErrorRow{"TextFirst",
                 "<error type='auth'><text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>no</text>"
                 "<forbidden xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>",
                 "forbidden"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(XmppConnectionRequest, OnlyWhomWeAskedCanAnswer) {  // RFC 6120 8.1.2.1
  Peer peer(options_of_acs());
  peer.to_bound();
  const std::string id = peer.ask(kCpe);
  peer.receive(reply("result", id, "evil@example.net/tr069"));
  peer.receive(reply("result", id, "cpe@example.net/other"));
  peer.receive(reply("result", id, "cpe@example.net"));
  peer.receive("<iq type='result' id='" + id + "'/>");
  EXPECT_THAT(peer.answered, IsEmpty());
  peer.receive(reply("result", id, "CPE@Example.NET/tr069"));  // RFC 7622 3.2.2, 3.3.2
  EXPECT_THAT(peer.answered, SizeIs(1));
}

TEST(XmppConnectionRequest, OneAnswerEndsIt) {
  Peer peer(options_of_acs());
  peer.to_bound();
  const std::string id = peer.ask(kCpe);
  peer.receive(reply("result", id, kCpe) + reply("error", id, kCpe, error("not-authorized")));
  EXPECT_THAT(peer.answered, SizeIs(1));
}

TEST(XmppConnectionRequest, EachIsAnsweredByItsId) {
  Peer peer(options_of_acs());
  peer.to_bound();
  const std::string first = peer.ask(kCpe);
  const std::string second = peer.ask("cpe2@example.net/tr069");
  EXPECT_NE(first, second);
  peer.receive(reply("result", second, "cpe2@example.net/tr069"));
  peer.receive(reply("error", first, kCpe, error("not-authorized")));
  ASSERT_THAT(peer.answered, SizeIs(2));
  EXPECT_EQ(peer.answered[0].id, second);
  EXPECT_EQ(peer.answered[1].id, first);
}

TEST(XmppConnectionRequest, NoAnswerInTimeIsToldAtTheDeadline) {
  Peer peer(options_of_acs());
  peer.to_bound();
  peer.ask(kCpe, seconds(10));
  EXPECT_EQ(peer.stream.deadline(), peer.now + seconds(10));
  peer.wait(milliseconds(9999));
  EXPECT_THAT(peer.answered, IsEmpty());
  peer.wait(milliseconds(1));
  ASSERT_THAT(peer.answered, SizeIs(1));
  EXPECT_EQ(peer.answered[0].result, RequestResult(TimedOut{}));
  EXPECT_EQ(peer.stream.open_requests(), 0U);
}

TEST(XmppConnectionRequest, SilenceMakesItAskTheServer) {
  Peer peer(options_of_acs());
  peer.to_bound();
  peer.ask(kCpe, seconds(30));
  peer.sent();
  peer.wait(seconds(30));
  EXPECT_THAT(peer.sent(), HasSubstr("urn:xmpp:ping"));
  peer.wait(seconds(20));
  EXPECT_EQ(end_of(peer), Kind::kSilent);
}

TEST(XmppConnectionRequest, IsRefusedBeforeTheLogin) {
  Peer peer(options_of_acs());
  peer.connect();
  const auto sent = peer.stream.request(*parse_jid(kCpe), {"u", "p"}, peer.now, seconds(1));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error(), NotSent::kNotConnected);
}

TEST(XmppConnectionRequest, NoMoreThanTheLimitAreOpen) {
  auto options = options_of_acs();
  options.max_open_requests = 2;
  Peer peer(options);
  peer.to_bound();
  const std::string first = peer.ask(kCpe);
  EXPECT_NE(peer.ask(kCpe), "");
  const auto third = peer.stream.request(*parse_jid(kCpe), {"u", "p"}, peer.now, seconds(1));
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error(), NotSent::kTooMany);
  peer.stream.forget(first);
  EXPECT_NE(peer.ask(kCpe), "");
}

TEST(XmppConnectionRequest, NeedsTheResourceOfTheCpe) {
  Peer peer(options_of_acs());
  peer.to_bound();
  for (const char* jid : {"cpe@example.net", "example.net/tr069"}) {
    const auto sent = peer.stream.request(*parse_jid(jid), {"u", "p"}, peer.now, seconds(1));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), NotSent::kNoFullJid);
  }
}

TEST(XmppConnectionRequest, WhatXmlCannotHoldIsNotSent) {
  Peer peer(options_of_acs());
  peer.to_bound();
  const std::vector<std::string> bad{std::string("a\0b", 3), "a\x01", "a\xFF", "a\xEF\xBF\xBF",
                                     std::string(kMaxCredentialBytes + 1, 'a')};
  for (const std::string& text : bad) {
    const auto sent = peer.stream.request(*parse_jid(kCpe), {text, "p"}, peer.now, seconds(1));
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error(), NotSent::kUnwritable);
  }
  EXPECT_EQ(peer.sent(), "");
}

// ---- being asked -------------------------------------------------------------------------------

const std::string kQuestion =
    "<iq from='acs@example.net/bridge' to='cpe@example.net/tr069' id='cr001' type='get'>"
    "<connectionRequest xmlns='urn:broadband-forum-org:cwmp:xmppConnReq-1-0'>"
    "<username>user</username><password> p&amp;w </password></connectionRequest></iq>";

TEST(XmppConnectionRequest, ACpeSeesWhoAsksAndWith) {
  Peer peer(options_of_cpe());
  peer.to_bound();
  peer.receive(kQuestion);
  ASSERT_THAT(peer.asked, SizeIs(1));
  EXPECT_EQ(peer.asked[0].from.text(), "acs@example.net/bridge");
  EXPECT_EQ(peer.asked[0].request, (ConnectionRequest{"user", " p&w "}));
  EXPECT_EQ(peer.sent(), "");
}

TEST(XmppConnectionRequest, TheVerdictGoesToWhoAsked) {
  Peer peer(options_of_cpe());
  peer.to_bound();
  peer.receive(kQuestion);
  peer.take(peer.stream.answer(peer.asked[0], Verdict::kAccept, peer.now));
  EXPECT_EQ(peer.sent(), "<iq type=\"result\" id=\"cr001\" to=\"acs@example.net/bridge\"/>");
  peer.take(peer.stream.answer(peer.asked[0], Verdict::kNotAuthorized, peer.now));
  const std::string refused = peer.sent();
  EXPECT_THAT(refused, StartsWith("<iq type=\"error\" id=\"cr001\" to=\"acs@example.net/bridge\">"
                                  "<connectionRequest "));
  EXPECT_THAT(refused, HasSubstr("<error code=\"401\" type=\"auth\"><not-authorized xmlns=\""
                                 "urn:ietf:params:xml:ns:xmpp-stanzas\"/></error></iq>"));
  peer.take(peer.stream.answer(peer.asked[0], Verdict::kUnavailable, peer.now));
  EXPECT_THAT(peer.sent(), HasSubstr("<error code=\"503\" type=\"cancel\"><service-unavailable "));
}

TEST(XmppConnectionRequest, WhatTheCpeAnswersIsWhatTheAcsReads) {
  for (const Verdict verdict : {Verdict::kNotAuthorized, Verdict::kUnavailable}) {
    Peer acs(options_of_acs());
    Peer cpe(options_of_cpe());
    acs.to_bound();
    cpe.to_bound();
    const std::string id = acs.ask(kCpe);
    std::string question = acs.sent();
    question.insert(question.find(" type="), " from=\"acs@example.net/bridge\"");
    cpe.receive(question);
    ASSERT_THAT(cpe.asked, SizeIs(1));
    cpe.take(cpe.stream.answer(cpe.asked[0], verdict, cpe.now));
    std::string answer = cpe.sent();
    answer.insert(answer.find(" type="), " from=\"" + kCpe + "\"");
    acs.receive(answer);
    ASSERT_THAT(acs.answered, SizeIs(1));
    const std::string condition =
        verdict == Verdict::kNotAuthorized ? "not-authorized" : "service-unavailable";
    EXPECT_EQ(acs.answered[0].result, RequestResult(Refused{condition}));
  }
}

TEST(XmppConnectionRequest, NobodyCanAskTheAcs) {  // RFC 6120 8.4
  Peer peer(options_of_acs());
  peer.to_bound();
  peer.receive(kQuestion);
  EXPECT_THAT(peer.asked, IsEmpty());
  EXPECT_THAT(peer.sent(), HasSubstr("<service-unavailable "));
}

}  // namespace
}  // namespace cwmp::xmpp
