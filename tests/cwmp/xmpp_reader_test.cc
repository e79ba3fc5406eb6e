// Bytes to stanzas (RFC 6120 4 and 11), and what hostile ones do to a stream.
#include <ostream>

#include "cwmp/xmpp/stanza_reader.h"
#include "tests/cwmp/xmpp_script.h"

namespace cwmp::xmpp {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::vector<StanzaReader::Item> read_all(StanzaReader& reader, std::string* error = nullptr) {
  std::vector<StanzaReader::Item> items;
  for (;;) {
    auto item = reader.next();
    if (!item && error != nullptr) *error = item.error().condition;
    if (!item || !*item) return items;
    items.push_back(**std::move(item));
  }
}

/// The stanzas behind a good header.
std::vector<Element> stanzas(const std::string& text) {
  StanzaReader reader;
  reader.feed(kHeader + text);
  std::vector<Element> elements;
  for (auto& item : read_all(reader)) {
    if (auto* element = std::get_if<Element>(&item)) elements.push_back(*element);
  }
  return elements;
}

TEST(XmppReader, ReadsHeaderStanzasAndEnd) {
  StanzaReader reader;
  reader.feed(kHeader + "<iq/> \n<message>x</message></stream:stream >");
  const auto items = read_all(reader);
  ASSERT_EQ(items.size(), 4U);
  const auto* header = std::get_if<StanzaReader::Header>(&items[0]);
  ASSERT_NE(header, nullptr);
  EXPECT_TRUE(header->element.is(kStreamNs, "stream"));
  EXPECT_EQ(header->element.attribute("id"), "s1");
  EXPECT_TRUE(std::get<Element>(items[1]).is(kClientNs, "iq"));
  EXPECT_EQ(std::get<Element>(items[2]).text, "x");
  EXPECT_TRUE(std::holds_alternative<StanzaReader::End>(items[3]));
}

TEST(XmppReader, GivesTheSameHoweverTheBytesAreCut) {
  const std::string text =
      kHeader +
      "<iq a='>' b=\"'/\"><x xmlns='urn:x'><![CDATA[</iq>]]]>&#65;&amp;<y/></x>"
      "</iq> <presence/></stream:stream>";
  StanzaReader whole;
  whole.feed(text);
  const auto expected = read_all(whole);
  ASSERT_EQ(expected.size(), 4U);
  EXPECT_EQ(std::get<Element>(expected[1]).children[0].text, "</iq>]A&");
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    StanzaReader reader;
    reader.feed(text.substr(0, cut));
    auto items = read_all(reader);
    reader.feed(text.substr(cut));
    for (auto& item : read_all(reader)) items.push_back(std::move(item));
    ASSERT_EQ(items.size(), expected.size()) << cut;
    EXPECT_EQ(std::get<Element>(items[1]), std::get<Element>(expected[1])) << cut;
  }
}

TEST(XmppReader, ResolvesNamespaces) {  // RFC 6120 4.8
  const auto all = stanzas("<a:x xmlns:a='urn:a' a:k='v'><y/><z xmlns='urn:z'><a:w/></z></a:x>");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_TRUE(all[0].is("urn:a", "x"));
  EXPECT_EQ(all[0].attribute("a:k"), "v");
  EXPECT_NE(all[0].child(kClientNs, "y"), nullptr);
  const Element* z = all[0].child("urn:z", "z");
  ASSERT_NE(z, nullptr);
  EXPECT_NE(z->child("urn:a", "w"), nullptr);
}

TEST(XmppReader, KeepsBlanksOfText) { EXPECT_EQ(stanzas("<a> \n</a>").at(0).text, " \n"); }

TEST(XmppReader, GoesToTheLimitsAndNotBeyond) {
  const auto condition = [](const std::string& text) {
    StanzaReader reader;
    reader.feed(kHeader + text);
    std::string error;
    read_all(reader, &error);
    return error;
  };
  const std::string tags = "<a></a>";
  EXPECT_EQ(condition("<a>" + std::string(kMaxStanzaBytes - tags.size(), 'x') + "</a>"), "");
  EXPECT_EQ(condition("<a>" + std::string(kMaxStanzaBytes - tags.size() + 1, 'x') + "</a>"),
            "policy-violation");
  std::string open;
  std::string close;
  for (std::size_t i = 0; i < kMaxStanzaDepth; ++i) {
    open += "<a>";
    close += "</a>";
  }
  EXPECT_EQ(condition(open + close), "");
  EXPECT_EQ(condition(open + "<a/>" + close), "policy-violation");
  std::string many;
  for (std::size_t i = 1; i < kMaxStanzaElements; ++i) many += "<b/>";
  EXPECT_EQ(condition("<a>" + many + "</a>"), "");
  EXPECT_EQ(condition("<a>" + many + "<b/></a>"), "policy-violation");
}

TEST(XmppReader, BlanksBetweenStanzasTakeNoMemoryAndNoEnd) {
  StanzaReader reader;
  reader.feed(kHeader);
  read_all(reader);
  for (int i = 0; i < 100; ++i) {
    reader.feed(std::string(kMaxStanzaBytes, ' '));
    std::string error;
    EXPECT_THAT(read_all(reader, &error), IsEmpty());
    ASSERT_EQ(error, "");
  }
  EXPECT_TRUE(reader.drained());
}

TEST(XmppReader, ReadsAgainAfterARestart) {
  StanzaReader reader;
  reader.feed(kHeader + "<!--");
  std::string error;
  read_all(reader, &error);
  EXPECT_EQ(error, "restricted-xml");
  reader.feed("<iq/>");
  EXPECT_THAT(read_all(reader), IsEmpty());
  reader.restart();
  reader.feed(kHeader + "<iq/>");
  EXPECT_EQ(read_all(reader).size(), 2U);
}

// ---- what a hostile server, or a hostile peer through it, sends ---------------------------------

struct Hostile {
  const char* name;
  std::string bytes;
  /// The stream error that ends the stream; empty: it is ignored or answered, and all goes on.
  std::string condition;
};
void PrintTo(const Hostile& row, std::ostream* out) { *out << row.name; }

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

const std::string kBadForm = "not-well-formed";
const std::string kRestricted = "restricted-xml";
const std::string kPolicy = "policy-violation";
const std::string kAsk = "<connectionRequest xmlns='urn:broadband-forum-org:cwmp:xmppConnReq-1-0'>";

const std::vector<Hostile> kHostile{
    // XML that RFC 6120 11.1 does not let in
    {"Comment", "<!-- x -->", kRestricted},
    {"CommentInside", "<iq><!-- x --></iq>", kRestricted},
    {"DocumentType", "<!DOCTYPE a [<!ENTITY e 'x'>]>", kRestricted},
    {"DocumentTypeInside", "<iq><!DOCTYPE a></iq>", kRestricted},
    {"ProcessingInstruction", "<?php x?>", kRestricted},
    {"SecondDeclaration", "<?xml version='1.0'?>", kRestricted},
    {"InstructionInside", "<iq><?x?></iq>", kRestricted},
    {"UnknownEntity", "<iq id='&lol;'/>", kRestricted},
    {"EntityInText", "<message>&lol9;</message>", kRestricted},
    {"LoneAmpersand", "<message>a & b</message>", kRestricted},
    {"CdataBetweenStanzas", "<![CDATA[x]]>", kRestricted},
    {"NotQuiteCdata", "<iq><![CDAT[x]]></iq>", kRestricted},
    // XML that is none
    {"TextBetweenStanzas", "hello", kBadForm},
    {"NulByte", std::string("<message>\0</message>", 20), kBadForm},
    {"ControlCharacter", "<message>\x08</message>", kBadForm},
    {"NoCharacter", "<message>\xEF\xBF\xBE</message>", kBadForm},
    {"ForbiddenReference", "<message>&#0;</message>", kBadForm},
    {"SurrogateReference", "<message>&#xD800;</message>", kBadForm},
    {"WrongEndTag", "<iq><a></b></iq>", kBadForm},
    {"CrossedTags", "<iq><a><b></a></b></iq>", kBadForm},
    {"TagInTag", "<iq <a/>/>", kBadForm},
    {"TagInAttribute", "<iq a='<'/>", kBadForm},
    {"TagInEndTag", "<iq></iq<x>", kBadForm},
    {"NoName", "<>", kBadForm},
    {"NumberForAName", "<1/>", kBadForm},
    {"BareAttribute", "<iq a/>", kBadForm},
    {"UnquotedAttribute", "<iq a=b/>", kBadForm},
    {"SameAttributeTwice", "<iq a='1' a='2'/>", kBadForm},
    {"AnotherStreamsEnd", "</stream>", kBadForm},
    {"UndeclaredPrefix", "<x:iq/>", "bad-namespace-prefix"},
    {"UndeclaredPrefixInside", "<iq><y:a/></iq>", "bad-namespace-prefix"},
    {"NoUtf8", "<message>\xFF\xFE</message>", "unsupported-encoding"},
    {"OverlongUtf8", "<message>\xC0\xBC</message>", "unsupported-encoding"},
    {"Surrogates", "<message>\xED\xA0\x80</message>", "unsupported-encoding"},
    // too much of it
    {"TooDeep", repeated("<a>", kMaxStanzaDepth + 1), kPolicy},
    {"DeepForEver", repeated("<a>", 20'000), kPolicy},
    {"TooManyElements", "<iq>" + repeated("<a/>", kMaxStanzaElements) + "</iq>", kPolicy},
    {"TooManyAttributes",
     [] {
       std::string text = "<iq";
       for (int i = 0; i < 40; ++i) text += " a" + std::to_string(i) + "=''";
       return text + "/>";
     }(),
     kPolicy},
    {"NameWithoutEnd", "<" + std::string(kMaxStanzaBytes + 1, 'a'), kPolicy},
    {"LongName", "<" + std::string(1000, 'a') + "/>", kPolicy},
    {"AttributeWithoutEnd", "<iq a='" + std::string(kMaxStanzaBytes + 1, 'a'), kPolicy},
    {"TextWithoutEnd", "<message>" + std::string(kMaxStanzaBytes + 1, 'a'), kPolicy},
    {"CdataWithoutEnd", "<message><![CDATA[" + std::string(kMaxStanzaBytes + 1, 'a'), kPolicy},
    // stanzas that are XML but make no sense
    {"EmptyIq", "<iq/>", ""},
    {"IqWithoutId", "<iq type='get'><ping xmlns='urn:xmpp:ping'/></iq>", ""},
    {"IqWithLongId",
     "<iq type='get' id='" + std::string(2000, 'i') + "'><ping xmlns='urn:xmpp:ping'/></iq>", ""},
    {"IqOfNoType", "<iq type='fetch' id='1'><a/></iq>", ""},
    {"QuestionWithoutContent", "<iq type='get' id='1'/>", ""},
    {"QuestionWithTwo", "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/><b/></iq>", ""},
    {"UnknownQuestion", "<iq type='set' id='1'><query xmlns='jabber:iq:roster'/></iq>", ""},
    {"PingAsSet", "<iq type='set' id='1'><ping xmlns='urn:xmpp:ping'/></iq>", ""},
    {"ResultOfNothing", "<iq type='result' id='nobody' from='a@b/c'/>", ""},
    {"ErrorOfNothing", "<iq type='error' id='nobody'><error/></iq>", ""},
    {"SenderIsNoJid", "<iq type='result' id='1' from='@@@/'/>", ""},
    {"RequestOfNobody",
     "<iq type='get' id='1'>" + kAsk +
         "<username>u</username><password>p</password></connectionRequest></iq>",
     ""},
    {"RequestWithoutPassword",
     "<iq type='get' id='1' from='a@b/c'>" + kAsk +
         "<username>u</username></connectionRequest></iq>",
     ""},
    {"RequestWithTwoNames",
     "<iq type='get' id='1' from='a@b/c'>" + kAsk +
         "<username>u</username><username>v</username>"
         "</connectionRequest></iq>",
     ""},
    {"RequestWithLongPassword",
     "<iq type='get' id='1' from='a@b/c'>" + kAsk + "<username>u</username><password>" +
         std::string(kMaxCredentialBytes + 1, 'p') + "</password></connectionRequest></iq>",
     ""},
    {"RequestAsSet",
     "<iq type='set' id='1' from='a@b/c'>" + kAsk +
         "<username>u</username><password>p</password></connectionRequest></iq>",
     ""},
    {"RequestOfAnotherNamespace",
     "<iq type='get' id='1' from='a@b/c'><connectionRequest xmlns='urn:else'>"
     "<username>u</username><password>p</password></connectionRequest></iq>",
     ""},
    {"Subscription", "<presence type='subscribe' from='evil@example.net'/>", ""},
    {"Message", "<message from='evil@example.net' type='chat'><body>&lt;iq/></body></message>", ""},
    {"LateFeatures", "<stream:features/>", ""},
    {"LateSuccess", kSuccess, ""},
    {"LateProceed", kProceed, ""},
    {"StanzaOfServers",
     "<iq xmlns='jabber:server' type='get' id='1'><ping xmlns='urn:xmpp:ping'/>"
     "</iq>",
     ""},
};

class XmppHostile : public testing::TestWithParam<Hostile> {};

TEST_P(XmppHostile, HarmsOnlyItsOwnStream) {
  const std::string ping =
      "<iq type='get' id='good' from='example.net'><ping xmlns='urn:xmpp:ping'/></iq>";
  Peer peer(options_of_cpe());
  peer.to_bound();
  peer.receive(GetParam().bytes);
  EXPECT_THAT(peer.asked, IsEmpty());
  const std::string answer = peer.sent();
  if (GetParam().condition.empty()) {
    EXPECT_THAT(peer.closed, IsEmpty());
    peer.receive(ping);
    EXPECT_THAT(peer.sent(), HasSubstr("<iq type=\"result\" id=\"good\""));
    return;
  }
  EXPECT_EQ(answer, "<stream:error><" + GetParam().condition +
                        " xmlns=\"urn:ietf:params:xml:ns:xmpp-streams\"/></stream:error>"
                        "</stream:stream>");
  ASSERT_EQ(peer.closed.size(), 1U);
  EXPECT_EQ(peer.closed[0].kind, Failure::Kind::kBadXml);
  peer.receive(ping);  // nothing comes after Close
  Peer next(options_of_cpe());
  next.to_bound();
  next.receive(ping);
  EXPECT_THAT(next.sent(), HasSubstr("<iq type=\"result\" id=\"good\""));
}

INSTANTIATE_TEST_SUITE_P(Table, XmppHostile, testing::ValuesIn(kHostile),
                         [](const auto& row) { return std::string(row.param.name); });

class XmppHostileHeader : public testing::TestWithParam<std::string> {};
TEST_P(XmppHostileHeader, EndsTheStream) {
  Peer peer(options_of_acs());
  peer.connect();
  peer.receive(GetParam());
  ASSERT_EQ(peer.closed.size(), 1U);
  Peer next(options_of_acs());
  next.to_bound();
  EXPECT_EQ(next.bound.size(), 1U);
}
INSTANTIATE_TEST_SUITE_P(
    Table, XmppHostileHeader,
    testing::Values("HTTP/1.1 400 Bad Request\r\n\r\n", "</stream:stream>", "<stream:stream/>",
                    "<!DOCTYPE x>", "<?xml version='1.0'?><?xml version='1.0'?>", "<?xmlx?>",
                    " <?xml version='1.0'?>", "<?xml version='1.0' encoding='ISO-8859-1'?>",
                    "\xEF\xBB\xBF<stream:stream>", "<stream:stream version='1.0'>",
                    "<stream:stream xmlns='jabber:client' version='1.0'>",
                    "<stream xmlns='jabber:client' version='1.0'>", std::string(1, '\0'),
                    "<" + std::string(kMaxStanzaBytes, 'x'), kHeader + "<iq/>",
                    kHeader + "<stream:error><host-unknown "
                              "xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"));

}  // namespace
}  // namespace cwmp::xmpp
