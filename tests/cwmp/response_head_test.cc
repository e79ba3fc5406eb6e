#include "cwmp/connection_request/response_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using cwmp::AnswerHead;
using cwmp::AnswerHeadReader;
using cwmp::HeadState;
using cwmp::parse_http_url;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

AnswerHead read(std::string_view text) {
  AnswerHeadReader reader;
  EXPECT_EQ(reader.feed(text), HeadState::kDone) << text;
  return reader.take();
}

TEST(CwmpAnswerHead, HasStatusAndFields) {
  const auto head = read(
      "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"r\"\r\n"
      "content-length: 12\r\nCONNECTION: Keep-Alive, Close\r\n\r\n");
  EXPECT_EQ(head.status, 401U);
  EXPECT_THAT(head.challenges, ElementsAre("Digest realm=\"r\""));
  EXPECT_THAT(head.content_length, Optional(12U));
  EXPECT_TRUE(head.close);
  EXPECT_FALSE(head.chunked);
}

// As a CPE in the field sends it (quirk 89).
TEST(CwmpAnswerHead, MayHaveBareLineFeedsAndFoldedFields) {
  const auto head = read(
      "HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Digest\n   realm=\"box\",\n"
      "\tqop=\"auth\",\n   nonce=\"n\"\n\n");
  EXPECT_EQ(head.status, 401U);
  EXPECT_THAT(head.challenges, ElementsAre("Digest realm=\"box\", qop=\"auth\", nonce=\"n\""));
  EXPECT_EQ(head.content_length, std::nullopt);
}

TEST(CwmpAnswerHead, MayLackReasonAndFields) {
  EXPECT_EQ(read("HTTP/1.1 204\r\n\r\n").status, 204U);
  EXPECT_EQ(read("HTTP/1.0 200 \n\n").status, 200U);
  EXPECT_EQ(read("\r\nHTTP/1.1 200 OK\r\nno field\r\n: x\r\n\r\n").status, 200U);
}

TEST(CwmpAnswerHead, IsReadByteByByte) {
  const std::string text = "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n\r\nbody";
  AnswerHeadReader reader;
  std::size_t used = 0;
  while (reader.feed(text.substr(used++, 1)) == HeadState::kNeedMore) {
    ASSERT_LT(used, text.size());
  }
  EXPECT_EQ(text.substr(used), "body");
  const auto head = reader.take();
  EXPECT_EQ(head.status, 503U);
  EXPECT_THAT(head.retry_after, Optional(std::chrono::seconds(7)));
}

TEST(CwmpAnswerHead, LeavesTheBody) {
  AnswerHeadReader reader;
  ASSERT_EQ(reader.feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"), HeadState::kDone);
  EXPECT_EQ(reader.rest(), "OK");
}

TEST(CwmpAnswerHead, SkipsInterimAnswers) {
  EXPECT_EQ(read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n").status, 200U);
}

TEST(CwmpAnswerHead, IsFoundBehindABodyOfUnknownLength) {
  for (const std::string body :
       {"", "<html>\nHTTP/ something\n</html>\r\n", "Unauthorized", "0\r\n\r\n"}) {
    AnswerHeadReader reader(true);
    EXPECT_EQ(reader.feed(body), HeadState::kNeedMore) << body;
    EXPECT_EQ(reader.feed("HTTP/1.1 200 OK\r\n\r\n"), HeadState::kDone) << body;
    EXPECT_EQ(reader.take().status, 200U) << body;
  }
}

TEST(CwmpAnswerHead, IsCompleteWhenTheConnectionClosesInstead) {
  AnswerHeadReader reader;
  ASSERT_EQ(reader.feed("HTTP/1.1 200 OK\r\n"), HeadState::kNeedMore);
  EXPECT_EQ(reader.finish(), HeadState::kDone);
  EXPECT_EQ(reader.take().status, 200U);
}

TEST(CwmpAnswerHead, RefusesWhatIsNoHttp) {
  for (const std::string text : {"220 ftp ready\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1\r\n\r\n",
                                 "HTTP/1.1 099 X\r\n\r\n", "<html>", "HTTX"}) {
    AnswerHeadReader reader;
    EXPECT_EQ(reader.feed(text), HeadState::kBad) << text;
  }
}

TEST(CwmpAnswerHead, IsBoundedInSizeAndFields) {
  AnswerHeadReader endless;
  const std::string line(1000, 'x');
  auto state = endless.feed("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 17 && state == HeadState::kNeedMore; ++i) state = endless.feed(line);
  EXPECT_EQ(state, HeadState::kBad);

  std::string many = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 101; ++i) many += "a: b\r\n";
  EXPECT_EQ(AnswerHeadReader().feed(many + "\r\n"), HeadState::kBad);
}

TEST(CwmpAnswerHead, NeverFailsOnTruncation) {
  const std::string text = "HTTP/1.1 401 U\r\nWWW-Authenticate: Digest\r\n realm=\"x\"\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    AnswerHeadReader reader;
    EXPECT_EQ(reader.feed(text.substr(0, size)), HeadState::kNeedMore) << size;
    reader.finish();
  }
}

TEST(CwmpConnectionRequestUrl, IsTakenApart) {
  const auto url = parse_http_url("http://192.0.2.1:7547/a/b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "192.0.2.1");
  EXPECT_EQ(url->port, "7547");
  EXPECT_EQ(url->target, "/a/b?c=d");
  EXPECT_EQ(url->host_header, "192.0.2.1:7547");
}

TEST(CwmpConnectionRequestUrl, HasDefaults) {
  const auto url = parse_http_url(" HTTP://cpe.example?x ");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->port, "80");
  EXPECT_EQ(url->target, "/?x");
}

// quirk 99
TEST(CwmpConnectionRequestUrl, TakesIpv6) {
  const auto url = parse_http_url("http://[2001:db8::1]:7547/x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "2001:db8::1");
  EXPECT_EQ(url->port, "7547");
  EXPECT_EQ(url->host_header, "[2001:db8::1]:7547");
  EXPECT_EQ(parse_http_url("http://[2001:db8::1]")->port, "80");
}

TEST(CwmpConnectionRequestUrl, IsRefused) {
  for (const std::string url :
       {"", "http://", "https://192.0.2.1/", "ftp://192.0.2.1/", "192.0.2.1", "http://:80/",
        "http://192.0.2.1:0/", "http://192.0.2.1:65536/", "http://192.0.2.1:/", "http://a:b/",
        "http://user:pw@192.0.2.1/", "http://192.0.2.1/a b", "http://192.0.2.1/\r\nX: y",
        "http://[2001:db8::1/", "http://[::1]x:80/", "http://2001:db8::1/", "http://a\\b/",
        "http://192.0.2.1/\xc3\xa9"}) {
    EXPECT_FALSE(parse_http_url(url)) << url;
  }
  EXPECT_FALSE(parse_http_url("http://a/" + std::string(3000, 'x')));
}

}  // namespace
