// What nobody should send to an ACS, row by row: each gets its answer, and the next good session
// works. The rows for STUN are in stun_hostile_test.cc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "cwmp/auth.h"
#include "tests/support/acs_fixture.h"

namespace {

using support::Acs;
using support::cookie_field;
using support::HttpAnswer;
using support::HttpClient;
using support::inform_text;
using support::post_text;

constexpr unsigned kClosed = 0;  ///< no answer, the connection ends

std::string repeat(std::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

/// A Digest answer as a good client makes it.
std::string digest(const HttpAnswer& challenged, const std::string& username,
                   const std::string& password) {
  cwmp::ClientRequest request;
  request.method = "POST";
  request.uri = "/acs";
  request.username = username;
  request.password = password;
  request.cnonce = "0a4f113b";
  request.nc = 1;
  const auto challenges = cwmp::parse_challenges(challenged.field("WWW-Authenticate"));
  return cwmp::authorize(challenges, request).value_or("");
}

std::string field_of(const std::string& authorization, const std::string& name) {
  const std::size_t begin = authorization.find(" " + name + "=");
  if (begin == std::string::npos) return "";
  const std::size_t end = authorization.find(',', begin);
  return authorization.substr(begin + 1, end - begin - 1);
}

std::string with(std::string authorization, const std::string& name, const std::string& field) {
  const std::string old = field_of(authorization, name);
  const std::size_t at = authorization.find(old);
  return old.empty() ? authorization : authorization.replace(at, old.size(), field);
}

/// One server for all rows of a suite; a session is good when it goes from a challenge to its 204.
class Hostile : public testing::Test {
 public:
  static void SetUpTestSuite() {
    acs_ = new Acs;
    acs_->options.auth = cwmp::AuthPolicy{};
    acs_->options.paths = {"/acs"};
    acs_->options.max_header_bytes = 4000;
    acs_->options.max_body_bytes = 60'000;
    acs_->options.keep_alive_timeout = std::chrono::seconds(10);
    acs_->options.session_idle = std::chrono::seconds(10);
    acs_->handler.users["cpe"] = "secret";
    acs_->start();
  }
  static void TearDownTestSuite() {
    delete acs_;
    acs_ = nullptr;
  }

 protected:
  static Acs& acs() { return *acs_; }

  static HttpAnswer good_inform(HttpClient& cpe) {
    const HttpAnswer challenged = cpe.post(inform_text());
    return cpe.post(inform_text(),
                    "Authorization: " + digest(challenged, "cpe", "secret") + "\r\n");
  }
  static void expect_a_good_session_works() {
    HttpClient cpe = acs().connect();
    const HttpAnswer informed = good_inform(cpe);
    EXPECT_EQ(informed.status, 200U);
    EXPECT_EQ(cpe.post("", cookie_field(informed)).status, 204U);
  }

 private:
  static Acs* acs_;
};
Acs* Hostile::acs_ = nullptr;

// ---- HTTP --------------------------------------------------------------------------------------

struct HttpRow {
  const char* name;
  std::string bytes;
  unsigned status;
};
class HostileHttp : public Hostile, public testing::WithParamInterface<HttpRow> {};

TEST_P(HostileHttp, GetsItsStatusAndAGoodSessionWorks) {
  HttpClient cpe = acs().connect();
  cpe.send(GetParam().bytes);
  if (GetParam().status == kClosed) cpe.finish();

  EXPECT_EQ(cpe.receive().status, GetParam().status);
  EXPECT_TRUE(cpe.closed());

  expect_a_good_session_works();
}

std::string post(const std::string& fields, const std::string& body = "") {
  return "POST /acs HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}

std::string chunked(const std::string& chunks) {
  return post("Transfer-Encoding: chunked\r\n", chunks);
}

std::vector<HttpRow> http_rows() {
  return {
      // request line
      {"Nothing", "", kClosed},
      {"HalfARequestLine", "POST /acs HT", kClosed},
      {"HalfAHead", "POST /acs HTTP/1.1\r\nHost: a\r\nContent-Le", kClosed},
      {"HalfABody", post("Content-Length: 100\r\n", "<soap"), kClosed},
      {"HalfAChunk", chunked("ff\r\nabc"), kClosed},
      {"NulBytes", std::string(200, '\0'), 400},
      {"HighBytes", repeat("\xff\xfe", 100), 400},
      {"TlsClientHello", std::string("\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", 11), 400},
      {"Sslv2Hello", std::string("\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10", 11), 400},
      {"Http2Preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"Http09", "POST /acs\r\n\r\n", 400},
      {"Http3", "POST /acs HTTP/3.0\r\n\r\n", 400},
      {"VersionOverflow", "POST /acs HTTP/11111111111.1\r\n\r\n", 400},
      {"LowerCaseProtocol", "POST /acs http/1.1\r\n\r\n", 400},
      {"NoTarget", "POST  HTTP/1.1\r\n\r\n", 400},
      {"TargetWithNul", std::string("POST /a\0cs HTTP/1.1\r\n\r\n", 23), 400},
      {"TargetWithControl", "POST /a\x01cs HTTP/1.1\r\n\r\n", 400},
      {"TargetOfOtherPath", "POST /other HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404},
      {"TargetClimbs", "POST /acs/../../etc/passwd HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404},
      {"TargetEncoded", "POST /%61cs HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404},
      {"TargetHuge", "POST /" + std::string(5000, 'a') + " HTTP/1.1\r\n\r\n", 431},
      {"MethodGet", "GET /acs HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"MethodHead", "HEAD /acs HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"MethodPutWithBody", "PUT /acs HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 405},
      {"MethodOptions", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"MethodConnect", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"MethodTrace", "TRACE /acs HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"MethodUnknown", "BREW /acs HTTP/1.1\r\nHost: a\r\n\r\n", 405},
      {"MethodHuge", std::string(5000, 'P') + " /acs HTTP/1.1\r\n\r\n", 431},
      // header fields
      {"FieldWithoutColon", post("Content-Length 5\r\n"), 400},
      {"FieldWithoutName", post(": value\r\n"), 400},
      {"FieldNameWithBlank", post("Content Length: 5\r\n"), 400},
      {"BlankBeforeColon", post("Content-Length : 5\r\n", "hello"), 400},
      {"FieldNameWithNul", post(std::string("Con\0tent: 5\r\n", 13)), 400},
      {"FieldValueWithNul", post(std::string("X: a\0b\r\n", 8)), 400},
      {"FieldValueWithBareCr", post("X: a\rb\r\n"), 400},
      {"HeaderTooLarge", post("X: " + std::string(5000, 'x') + "\r\n"), 431},
      {"ThousandsOfFields", post(repeat("X: y\r\n", 2000)), 431},
      {"HeaderWithoutEnd", "POST /acs HTTP/1.1\r\n" + repeat("X: y\r\n", 2000), 431},
      // lengths
      {"LengthNoNumber", post("Content-Length: many\r\n"), 400},
      {"LengthEmpty", post("Content-Length:\r\n"), 400},
      {"LengthNegative", post("Content-Length: -1\r\n"), 400},
      {"LengthSigned", post("Content-Length: +5\r\n", "hello"), 400},
      {"LengthHex", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"LengthOverflow", post("Content-Length: 99999999999999999999999\r\n"), 400},
      {"LengthLargest", post("Content-Length: 18446744073709551615\r\n"), 413},
      {"LengthList", post("Content-Length: 5, 6\r\n", "hello"), 400},
      {"LengthsDiffer", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
      {"LengthAndChunks", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
       400},
      {"ChunksAndLength", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
       400},
      {"BodyTooLarge", post("Content-Length: 60001\r\n"), 413},
      // chunks
      {"ChunkSizeNoNumber", chunked("zz\r\n"), 400},
      {"ChunkSizeEmpty", chunked("\r\n\r\n"), 400},
      {"ChunkSizeNegative", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400},
      {"ChunkSizeOverflow", chunked("fffffffffffffffff\r\n"), 400},
      {"ChunkTooLarge", chunked("fffffff\r\n"), 413},
      {"ChunksTooLarge", chunked(repeat("4000\r\n" + std::string(0x4000, 'x') + "\r\n", 4)), 413},
      {"ChunkWithoutItsEnd", chunked("5\r\nhelloworld\r\n0\r\n\r\n"), 400},
      {"CodingTwice", post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 501},
      {"CodingUnknown", post("Transfer-Encoding: gzip\r\nContent-Length: 3\r\n", "abc"), 501},
      {"CodingUnknownAndChunks", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      // content codings
      {"UnknownContentCoding", post("Content-Encoding: br\r\nContent-Length: 1\r\n", "x"), 415},
      {"TwoContentCodings", post("Content-Encoding: gzip, gzip\r\nContent-Length: 1\r\n", "x"),
       415},
      {"NoGzipAtAll", post("Content-Encoding: gzip\r\nContent-Length: 7\r\n", "no gzip"), 400},
      {"GzipCutOff",
       post("Content-Encoding: gzip\r\nContent-Length: 12\r\n",
            std::string("\x1f\x8b\x08\0\0\0\0\0\0\x03\xb3\xc9", 12)),
       400},
      {"DeflateDamaged",
       post("Content-Encoding: deflate\r\nContent-Length: 4\r\n", "\x78\x9c\xff\xff"), 400},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, HostileHttp, testing::ValuesIn(http_rows()),
                         [](const auto& each) { return std::string(each.param.name); });

// ---- Authorization -----------------------------------------------------------------------------

struct AuthRow {
  const char* name;
  /// From a good answer to the challenge.
  std::function<std::string(const std::string& good)> header;
  unsigned status = 401;
};
class HostileAuthorization : public Hostile, public testing::WithParamInterface<AuthRow> {};

TEST_P(HostileAuthorization, LetsNobodyInAndAGoodSessionWorks) {
  HttpClient cpe = acs().connect();
  const HttpAnswer challenged = cpe.post(inform_text());
  const std::string header = GetParam().header(digest(challenged, "cpe", "secret"));

  const HttpAnswer answer = cpe.post(inform_text(), "Authorization: " + header + "\r\n");

  EXPECT_EQ(answer.status, GetParam().status) << header;
  if (answer.status == 401) {
    EXPECT_THAT(answer.field("WWW-Authenticate"), testing::StartsWith("Digest "));
  }
  EXPECT_TRUE(answer.cookie().empty());

  expect_a_good_session_works();
}

auto text(std::string header) {
  return [header = std::move(header)](const std::string&) { return header; };
}
auto changed(std::string name, std::string field) {
  return [name = std::move(name), field = std::move(field)](const std::string& good) {
    return with(good, name, field);
  };
}

std::vector<AuthRow> auth_rows() {
  return {
      {"Empty", text("")},
      {"SchemeAlone", text("Digest")},
      {"SchemeUnknown", text("Bearer eyJhbGciOiJub25lIn0.e30.")},
      {"SchemeNegotiate", text("Negotiate TlRMTVNTUAABAAAA")},
      {"SchemeOfSymbols", text("===,,,===")},
      {"Basic", text("Basic Y3BlOnNlY3JldA==")},
      {"BasicNoBase64", text("Basic !!!!")},
      {"BasicWithoutColon", text("Basic Y3Bl")},
      {"BasicEmpty", text("Basic ")},
      {"BasicHuge", text("Basic " + std::string(3000, 'A'))},
      {"BasicWithNul", text("Basic Y3BlAHg6c2VjcmV0")},
      {"NoFields", text("Digest ,,,,,")},
      {"FieldWithoutValue", text("Digest username")},
      {"FieldWithoutName", text("Digest =\"x\"")},
      {"OpenQuote", text("Digest username=\"cpe")},
      {"OpenEscape", text("Digest username=\"cpe\\")},
      {"HundredsOfFields", text("Digest " + repeat("a=b, ", 500))},
      {"HundredsOfQuotes", text("Digest username=" + std::string(1000, '"'))},
      {"NoUsername", changed("username", "x=y")},
      {"NoRealm", changed("realm", "x=y")},
      {"NoNonce", changed("nonce", "x=y")},
      {"NoUri", changed("uri", "x=y")},
      {"NoResponse", changed("response", "x=y")},
      {"NoCnonce", changed("cnonce", "x=y")},
      {"NoNc", changed("nc", "x=y")},
      {"UnknownUser", changed("username", "username=\"nobody\"")},
      {"EmptyUser", changed("username", "username=\"\"")},
      {"UserWithSql", changed("username", "username=\"' OR 1=1 --\"")},
      {"UserWithControl", changed("username", "username=\"c\x01pe\""), 400},
      {"UserHuge", changed("username", "username=\"" + std::string(2000, 'u') + "\"")},
      {"UserOfNoUtf8", changed("username", "username=\"\xff\xfe\"")},
      {"OtherRealm", changed("realm", "realm=\"elsewhere\"")},
      {"NonceOfOurs", changed("nonce", "nonce=\"\"")},
      {"NonceForged", changed("nonce", "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"")},
      {"NonceHuge", changed("nonce", "nonce=\"" + std::string(3000, 'n') + "\"")},
      {"NonceWithNul", changed("nonce", std::string("nonce=\"a\0b\"", 11)), 400},
      {"ResponseEmpty", changed("response", "response=\"\"")},
      {"ResponseShort", changed("response", "response=\"abcd\"")},
      {"ResponseOfZeros", changed("response", "response=\"" + std::string(32, '0') + "\"")},
      {"ResponseTooLong", changed("response", "response=\"" + std::string(64, 'a') + "\"")},
      {"ResponseNoHex", changed("response", "response=\"" + std::string(32, 'x') + "\"")},
      {"QopAuthInt", changed("qop", "qop=auth-int")},
      {"QopUnknown", changed("qop", "qop=maybe")},
      {"NcNoNumber", changed("nc", "nc=oneoneon")},
      {"NcHuge", changed("nc", "nc=" + std::string(500, '1'))},
      {"AlgorithmUnknown", changed("algorithm", "algorithm=CRC32")},
      {"AlgorithmNotOffered", changed("algorithm", "algorithm=SHA-256")},
      {"CnonceChanged", changed("cnonce", "cnonce=\"ffffffff\"")},
      {"OtherPassword",
       [](const std::string& good) {
         return with(good, "response", "response=\"6629fae49393a05397450978507c4ef1\"");
       }},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, HostileAuthorization, testing::ValuesIn(auth_rows()),
                         [](const auto& each) { return std::string(each.param.name); });

// ---- SOAP --------------------------------------------------------------------------------------

constexpr std::string_view kOpen =
    "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\" "
    "xmlns:cwmp=\"urn:dslforum-org:cwmp-1-0\" "
    "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
    "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">";
constexpr std::string_view kClose = "</soap:Envelope>";

std::string envelope(const std::string& body, const std::string& header = "") {
  return std::string(kOpen) + header + "<soap:Body>" + body + "</soap:Body>" + std::string(kClose);
}

struct SoapRow {
  const char* name;
  std::string body;
  unsigned status = 200;  ///< with a fault; others without
};

/// In place of an Inform: the answer is a SOAP fault, and no session begins.
class HostileFirstMessage : public Hostile, public testing::WithParamInterface<SoapRow> {};

TEST_P(HostileFirstMessage, IsAFaultAndAGoodSessionWorks) {
  HttpClient cpe = acs().connect();
  const HttpAnswer challenged = cpe.post(GetParam().body);
  ASSERT_EQ(challenged.status, 401U);

  const HttpAnswer answer =
      cpe.post(GetParam().body, "Authorization: " + digest(challenged, "cpe", "secret") + "\r\n");

  EXPECT_EQ(answer.status, GetParam().status);
  if (answer.status == 200) {
    EXPECT_THAT(support::message_in(answer), testing::VariantWith<cwmp::Fault>(testing::_))
        << answer.body;
  }
  EXPECT_TRUE(answer.cookie().empty());
  EXPECT_TRUE(cpe.closed());

  expect_a_good_session_works();
}

std::string entity_bomb() {
  std::string text = "<!DOCTYPE a [<!ENTITY e0 \"ha\">";
  for (int i = 1; i < 30; ++i) {
    const std::string before = "&e" + std::to_string(i - 1) + ";";
    text += "<!ENTITY e" + std::to_string(i) + " \"" + before + before + "\">";
  }
  return text + "]>" + envelope("<cwmp:Inform>&e29;</cwmp:Inform>");
}

std::vector<SoapRow> first_message_rows() {
  const std::string inform = inform_text();
  return {
      // no XML
      {"Text", "hello"},
      {"Json", "{\"inform\": true}"},
      {"Html", "<html><body>Not found</body></html>"},
      {"NulBytes", std::string(100, '\0')},
      {"HighBytes", repeat("\xff", 100)},
      {"OnlyAMark", "\xef\xbb\xbf"},
      {"OnlyADeclaration", "<?xml version=\"1.0\"?>"},
      {"OnlyBlanks", "     \r\n\r\n     "},
      {"OpenTag", "<soap:Envelope"},
      {"CutInTheMiddle", inform.substr(0, inform.size() / 2)},
      {"CutBeforeTheEnd", inform.substr(0, inform.size() - 40)},
      {"TagsCrossed", std::string(kOpen) + "<soap:Body><a></soap:Body></a>" + std::string(kClose)},
      {"EntityBomb", entity_bomb()},
      {"ExternalEntity", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>" +
                             envelope("<cwmp:Inform>&x;</cwmp:Inform>")},
      {"CommentWithoutEnd", envelope("<!-- for ever")},
      {"CdataWithoutEnd", envelope("<![CDATA[ for ever")},
      {"DeepNesting", repeat("<a>", 15'000)},
      {"DeepNestingInABody", envelope(repeat("<a>", 5000) + repeat("</a>", 5000))},
      {"ThousandsOfAttributes", envelope("<cwmp:Inform " +
                                         [] {
                                           std::string all;
                                           for (int i = 0; i < 3000; ++i)
                                             all += "a" + std::to_string(i) + "=\"\" ";
                                           return all;
                                         }() +
                                         "/>")},
      {"HugeName", envelope("<" + std::string(50'000, 'a') + "/>")},
      {"WideCharacters", std::string("\xff\xfe<\0a\0/\0>\0", 10)},
      // no SOAP
      {"NoEnvelope", "<Inform/>"},
      {"EnvelopeOfSoap12",
       "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body/></s:Envelope>"},
      {"EnvelopeWithoutBody", std::string(kOpen) + std::string(kClose)},
      {"BodyEmpty", envelope("")},
      {"BodyOfText", envelope("Inform")},
      {"EnvelopeInABody", envelope(inform)},
      // no Inform
      {"UnknownRpc", envelope("<cwmp:Explode/>")},
      {"AcsRpc", envelope("<cwmp:Reboot><CommandKey/></cwmp:Reboot>")},
      {"ResponseBeforeAll", envelope("<cwmp:GetParameterValuesResponse/>"), 400},
      {"FaultBeforeAll", envelope("<soap:Fault><faultcode>Client</faultcode></soap:Fault>"), 400},
      {"TransferCompleteBeforeAll", support::envelope_text(cwmp::TransferComplete{})},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, HostileFirstMessage, testing::ValuesIn(first_message_rows()),
                         [](const auto& each) { return std::string(each.param.name); });

// ---- SOAP inside a session ---------------------------------------------------------------------

/// In place of the answer to GetParameterNames: whatever the server makes of it, the session has an
/// end and the device's next one is as good as any.
class HostileAnswer : public testing::TestWithParam<SoapRow> {
 public:
  static void SetUpTestSuite() {
    acs_ = new Acs;
    acs_->handler.rpcs = {cwmp::GetParameterNames{"Device.", true}};
    acs_->start();
  }
  static void TearDownTestSuite() {
    delete acs_;
    acs_ = nullptr;
  }

 protected:
  static Acs* acs_;
};
Acs* HostileAnswer::acs_ = nullptr;

TEST_P(HostileAnswer, EndsTheSessionOrNotAndAGoodSessionWorks) {
  {
    HttpClient cpe = acs_->connect();
    cpe.post(inform_text());
    cpe.post("");
    const HttpAnswer answer = cpe.post(GetParam().body);
    EXPECT_THAT(answer.status, testing::AnyOf(200U, 204U, 400U)) << answer.body;
  }
  EXPECT_TRUE(acs_->handler.ended.take());

  HttpClient cpe = acs_->connect();
  cpe.post(inform_text());
  const HttpAnswer rpc = cpe.post("");
  ASSERT_THAT(support::message_in(rpc), testing::VariantWith<cwmp::GetParameterNames>(testing::_));
  const std::string good = support::response_text(rpc, cwmp::GetParameterNamesResponse{});
  EXPECT_EQ(cpe.post(good).status, 204U);
  // An Inform in place of an answer has begun one more, which is lost.
  auto end = acs_->handler.ended.take();
  while (end && end->end == cwmp::SessionEnd::kLost) end = acs_->handler.ended.take();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, cwmp::SessionEnd::kComplete);
}

std::string names_response(const std::string& list) {
  return envelope("<cwmp:GetParameterNamesResponse>" + list + "</cwmp:GetParameterNamesResponse>");
}

std::string fault(const std::string& detail) {
  return envelope("<soap:Fault><faultcode>Client</faultcode><faultstring>CWMP fault</faultstring>" +
                  detail + "</soap:Fault>");
}

std::vector<SoapRow> answer_rows() {
  const std::string id = "<soap:Header><cwmp:ID soap:mustUnderstand=\"1\">";
  return {
      {"Text", "hello"},
      {"NulBytes", std::string(50, '\0')},
      {"OpenTag", "<soap:Envelope"},
      {"BodyEmpty", envelope("")},
      {"TwoBodies", envelope("</soap:Body><soap:Body>")},
      {"ResponseOfAnotherRpc", envelope("<cwmp:RebootResponse/>")},
      {"ResponseOfNoRpc", envelope("<cwmp:ExplodeResponse/>")},
      {"TwoResponses", envelope("<cwmp:GetParameterNamesResponse/><cwmp:RebootResponse/>")},
      {"OtherId",
       envelope("<cwmp:GetParameterNamesResponse/>", id + "999</cwmp:ID></soap:Header>")},
      {"HugeId", envelope("<cwmp:GetParameterNamesResponse/>",
                          id + std::string(50'000, '9') + "</cwmp:ID></soap:Header>")},
      {"TwoIds", envelope("<cwmp:GetParameterNamesResponse/>",
                          id + "1</cwmp:ID><cwmp:ID>2</cwmp:ID></soap:Header>")},
      {"UnknownHeaderToBeUnderstood",
       envelope("<cwmp:GetParameterNamesResponse/>",
                "<soap:Header><x:Pay xmlns:x=\"urn:x\" soap:mustUnderstand=\"1\"/></soap:Header>")},
      {"ListMissing", names_response("")},
      {"ListOfText", names_response("<ParameterList>Device.A</ParameterList>")},
      {"EntriesEmpty", names_response("<ParameterList><ParameterInfoStruct/></ParameterList>")},
      {"EntriesByTheThousand", names_response("<ParameterList>" +
                                              repeat("<ParameterInfoStruct><Name>A.</Name>"
                                                     "</ParameterInfoStruct>",
                                                     10'000) +
                                              "</ParameterList>")},
      {"NameHuge",
       names_response("<ParameterList><ParameterInfoStruct><Name>" + std::string(200'000, 'a') +
                      "</Name></ParameterInfoStruct></ParameterList>")},
      {"WritableNoBoolean",
       names_response("<ParameterList><ParameterInfoStruct><Name>Device.A</Name>"
                      "<Writable>perhaps</Writable></ParameterInfoStruct>"
                      "</ParameterList>")},
      {"FaultWithoutDetail", fault("")},
      {"FaultOfText", fault("<detail>no</detail>")},
      {"FaultCodeNoNumber",
       fault("<detail><cwmp:Fault><FaultCode>many</FaultCode></cwmp:Fault></detail>")},
      {"FaultCodeNegative",
       fault("<detail><cwmp:Fault><FaultCode>-1</FaultCode></cwmp:Fault></detail>")},
      {"FaultCodeHuge",
       fault("<detail><cwmp:Fault><FaultCode>99999999999999</FaultCode></cwmp:Fault></detail>")},
      {"FaultInAFault", fault(fault(""))},
      {"UnknownRequest", envelope("<cwmp:Explode/>")},
      {"AcsRpc", envelope("<cwmp:Reboot><CommandKey/></cwmp:Reboot>")},
      {"InformAgain", inform_text()},
      {"InformOfAnother", inform_text("S2")},
      {"TransferCompleteOfNothing", envelope("<cwmp:TransferComplete/>")},
      {"EntityBomb", entity_bomb()},
      {"DeepNesting", envelope(repeat("<a>", 20'000) + repeat("</a>", 20'000))},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, HostileAnswer, testing::ValuesIn(answer_rows()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
