// Connection requests over an XMPP stream (TR-069 Annex K), both ends.
#include <ostream>

#include "cwmp/xmpp/stream.h"
#include "tests/cwmp/xmpp_script.h"

namespace cwmp::xmpp {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using Kind = Failure::Kind;

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
