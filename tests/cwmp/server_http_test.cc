// The rules of HTTP, kept by peers or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/support/acs_fixture.h"

namespace {

using std::chrono::milliseconds;
using support::Acs;
using support::inform_text;
using support::message_in;
using support::post_text;
using testing::StartsWith;
using testing::VariantWith;

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

std::string compress(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string out(compressBound(static_cast<uLong>(text.size())) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string chunked(std::string_view body, std::size_t size) {
  std::string out = "POST /acs HTTP/1.1\r\nHost: acs\r\nTransfer-Encoding: chunked\r\n\r\n";
  while (!body.empty()) {
    const auto piece = body.substr(0, size);
    body.remove_prefix(piece.size());
    char length[16];
    std::snprintf(length, sizeof length, "%zx\r\n", piece.size());
    out.append(length).append(piece).append("\r\n");
  }
  return out.append("0\r\n\r\n");
}

auto is_inform_response() { return VariantWith<cwmp::InformResponse>(testing::_); }

// quirk 46
TEST(CwmpServerHttp, TakesAChunkedBody) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();

  cpe.send(chunked(inform_text(), 100));

  EXPECT_THAT(message_in(cpe.receive()), is_inform_response());
}

TEST(CwmpServerHttp, TakesARequestThatComesByteByByte) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();

  for (const char byte : post_text(inform_text())) cpe.send(std::string_view(&byte, 1));

  EXPECT_THAT(message_in(cpe.receive()), is_inform_response());
}

TEST(CwmpServerHttp, AnswersPipelinedRequestsInOrder) {
  Acs acs;
  acs.handler.rpcs = {cwmp::FactoryReset{}};
  acs.start();
  auto cpe = acs.connect();

  cpe.send(post_text(inform_text()) + post_text(""));

  EXPECT_THAT(message_in(cpe.receive()), is_inform_response());
  EXPECT_THAT(message_in(cpe.receive()), VariantWith<cwmp::FactoryReset>(testing::_));
}

// quirk 44
TEST(CwmpServerHttp, Answers100BeforeTheBodyComes) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();
  const auto text = post_text(inform_text(), "Expect: 100-continue\r\n");
  const auto body = text.find("\r\n\r\n") + 4;

  cpe.send(text.substr(0, body));
  EXPECT_EQ(cpe.receive().status, 100U);
  cpe.send(text.substr(body));

  EXPECT_THAT(message_in(cpe.receive()), is_inform_response());
}

// quirk 29
TEST(CwmpServerHttp, SkipsBytesOfTheLastBodyInASession) {
  for (const std::string stray : {">", "nvelope>", "V:Envelope>\r\n\r\n"}) {
    Acs acs;
    acs.handler.rpcs = {cwmp::FactoryReset{}};
    acs.start();
    auto cpe = acs.connect();
    cpe.post(inform_text());

    cpe.send(stray);
    cpe.send(post_text(""));

    EXPECT_THAT(message_in(cpe.receive()), VariantWith<cwmp::FactoryReset>(testing::_)) << stray;
  }
}

TEST(CwmpServerHttp, RefusesStrayBytesOutsideASession) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();

  cpe.send(">" + post_text(""));

  EXPECT_EQ(cpe.receive().status, 400U);
}

TEST(CwmpServerHttp, RefusesMoreStrayBytesThanTheLimit) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());

  cpe.send(std::string(17, '>') + post_text(""));

  EXPECT_EQ(cpe.receive().status, 400U);
}

struct Refused {
  const char* name;
  std::string text;
  unsigned status;
};

class CwmpServerRefuses : public testing::TestWithParam<Refused> {};

TEST_P(CwmpServerRefuses, WithTheRightStatusAndCloses) {
  Acs acs;
  acs.options.paths = {"/acs"};
  acs.options.max_body_bytes = 1000;
  acs.options.max_header_bytes = 1000;
  acs.start();
  auto cpe = acs.connect();

  cpe.send(GetParam().text);

  const auto answer = cpe.receive();
  EXPECT_EQ(answer.status, GetParam().status);
  EXPECT_EQ(answer.field("Connection"), "close");
  EXPECT_TRUE(cpe.closed());
  EXPECT_EQ(acs.observer.rejections.take()->http_status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Table, CwmpServerRefuses,
    testing::Values(
        Refused{"Garbage", "\x01\x02\x03 garbage\r\n\r\n", 400},
        Refused{"OtherProtocol", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
        Refused{"TlsHello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
        Refused{"Get", "GET /acs HTTP/1.1\r\nHost: a\r\n\r\n", 405},
        Refused{"Put", "PUT /acs HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n", 405},
        Refused{"UnknownPath", "POST /other HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 404},
        Refused{"BadLength", "POST /acs HTTP/1.1\r\nContent-Length: five\r\n\r\n", 400},
        Refused{"TwoLengths",
                "POST /acs HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", 400},
        Refused{"LengthAndChunks",
                "POST /acs HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                400},
        Refused{"BadChunk", "POST /acs HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
        Refused{"BodyOneByteTooLong", "POST /acs HTTP/1.1\r\nContent-Length: 1001\r\n\r\n", 413},
        Refused{"ChunksTooLong", chunked(std::string(1001, 'x'), 400), 413},
        Refused{"HeaderTooLong", "POST /acs HTTP/1.1\r\nX: " + std::string(1000, 'x') + "\r\n\r\n",
                431},
        Refused{"UnknownCoding", post_text("x", "Content-Encoding: br\r\n"), 415},
        Refused{"DamagedGzip", post_text("no gzip", "Content-Encoding: gzip\r\n"), 400},
        Refused{"TruncatedGzip",
                post_text(compress("hello", kGzip).substr(0, 12), "Content-Encoding: gzip\r\n"),
                400},
        Refused{"GzipBomb",
                post_text(compress(std::string(1001, ' '), kGzip), "Content-Encoding: gzip\r\n"),
                413}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(CwmpServerHttp, AnswersWhatIsNoInformWithAFaultAndCloses) {
  for (const std::string& body :
       {std::string("hello"), support::envelope_text(cwmp::TransferComplete{})}) {
    Acs acs;
    acs.start();
    auto cpe = acs.connect();

    const auto answer = cpe.post(body);

    EXPECT_EQ(answer.status, 200U) << body;
    EXPECT_THAT(message_in(answer), VariantWith<cwmp::Fault>(testing::_)) << body;
    EXPECT_TRUE(cpe.closed());
    EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kBadSoap);
    EXPECT_TRUE(acs.no_session_left());
  }
}

TEST(CwmpServerHttp, TakesABodyOfExactlyTheLimit) {
  Acs acs;
  const auto inform = inform_text();
  acs.options.max_body_bytes = inform.size();
  acs.start();
  auto cpe = acs.connect();

  EXPECT_THAT(message_in(cpe.post(inform)), is_inform_response());
}

// quirk 45
TEST(CwmpServerHttp, TakesCompressedBodies) {
  const std::pair<const char*, int> forms[] = {
      {"gzip", kGzip}, {"x-gzip", kGzip}, {"deflate", kZlib}, {"deflate", kRaw}};
  for (const auto& [name, bits] : forms) {
    Acs acs;
    acs.start();
    auto cpe = acs.connect();

    const auto field = std::string("Content-Encoding: ") + name + "\r\n";
    const auto answer = cpe.post(compress(inform_text(), bits), field);

    EXPECT_THAT(message_in(answer), is_inform_response()) << name << bits;
    EXPECT_EQ(answer.field("Content-Encoding"), "");
  }
}

// quirk 25, quirk 46
TEST(CwmpServerHttp, TakesAnyContentTypeAndSoapAction) {
  for (const std::string fields :
       {"Content-Type: text/html\r\n", "SOAPAction:\r\n", "SOAPAction: \"\"\r\n", ""}) {
    Acs acs;
    acs.start();
    auto cpe = acs.connect();
    EXPECT_THAT(message_in(cpe.post(inform_text(), fields)), is_inform_response()) << fields;
  }
}

TEST(CwmpServerHttp, TakesThePathWithoutQueryAndFromAnAbsoluteTarget) {
  Acs acs;
  acs.options.paths = {"/acs"};
  acs.start();
  auto cpe = acs.connect();

  cpe.send("POST /acs?a=/b HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(cpe.receive().status, 204U);
  cpe.send("POST http://acs:7547/acs HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(cpe.receive().status, 204U);
}

TEST(CwmpServerHttp, ClosesAfterAnHttp10RequestUnlessAskedNotTo) {
  Acs acs;
  acs.start();
  auto keeping = acs.connect();
  keeping.send("POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(keeping.receive().field("Connection"), "keep-alive");
  EXPECT_EQ(keeping.post("").status, 204U);

  auto closing = acs.connect();
  closing.send("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(closing.receive().field("Connection"), "close");
  EXPECT_TRUE(closing.closed());
}

TEST(CwmpServerHttp, TimesOutASlowSender) {
  Acs acs;
  acs.options.request_timeout = milliseconds(50);
  acs.start();
  auto cpe = acs.connect();

  cpe.send("POST /acs HTTP/1.1\r\nContent-Length: 100\r\n\r\nonly this");

  EXPECT_EQ(cpe.receive().status, 408U);
  EXPECT_TRUE(cpe.closed());
}

TEST(CwmpServerHttp, ClosesASilentConnection) {
  Acs acs;
  acs.options.keep_alive_timeout = milliseconds(50);
  acs.start();
  auto cpe = acs.connect();

  EXPECT_TRUE(cpe.closed());
}

TEST(CwmpServerHttp, TurnsAwayAConnectionBeyondTheLimit) {
  Acs acs;
  acs.options.max_connections = 1;
  acs.start();
  auto first = acs.connect();
  EXPECT_EQ(first.post("").status, 204U);

  auto second = acs.connect();
  const auto answer = second.receive();

  EXPECT_EQ(answer.status, 503U);
  EXPECT_NE(answer.field("Retry-After"), "");
  EXPECT_EQ(first.post("").status, 204U);
}

TEST(CwmpServerHttp, StatesTheDate) {
  Acs acs;
  acs.start();
  auto cpe = acs.connect();
  EXPECT_THAT(cpe.post("").field("Date"),
              testing::MatchesRegex("[A-Z][a-z]+, [0-9]+ [A-Z][a-z]+ [0-9]+ [0-9:]+ GMT"));
}

}  // namespace
