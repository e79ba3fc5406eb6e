// The sans-IO parts of the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "cwmp/server/http_codec.h"
#include "cwmp/server/inflate.h"
#include "cwmp/server/live_session.h"
#include "cwmp/server/trusted_proxies.h"

namespace {

using cwmp::ContentCoding;
using cwmp::find_request_start;
using testing::ElementsAre;
using testing::Eq;
using testing::IsEmpty;
using testing::Optional;

TEST(CwmpRequestStart, IsTheFirstByteUsually) {
  EXPECT_THAT(find_request_start("POST / HTTP/1.1", false), Optional(0U));
  EXPECT_THAT(find_request_start("POST / HTTP/1.1", true), Optional(0U));
  EXPECT_THAT(find_request_start("GET / HTTP/1.1", true), Optional(0U));
}

TEST(CwmpRequestStart, IsBehindEmptyLines) {
  EXPECT_THAT(find_request_start("\r\n\r\nPOST /", false), Optional(4U));
  EXPECT_EQ(find_request_start("\r\n", false), std::nullopt);
  EXPECT_EQ(find_request_start("", false), std::nullopt);
}

// quirk 29
TEST(CwmpRequestStart, IsBehindUpToSixteenStrayBytes) {
  EXPECT_THAT(find_request_start(">POST /", true), Optional(1U));
  EXPECT_THAT(find_request_start(std::string(16, '>') + "POST /", true), Optional(16U));
  EXPECT_THAT(find_request_start(std::string(17, '>') + "POST /", true), Optional(0U));
  EXPECT_THAT(find_request_start(">POST /", false), Optional(0U));
}

TEST(CwmpRequestStart, WaitsWhileItCannotTell) {
  const std::string text = "OAP:Envelope>POST /acs HTTP/1.1";
  for (std::size_t size = 0; size < text.find('/'); ++size) {
    EXPECT_EQ(find_request_start(text.substr(0, size), true), std::nullopt) << size;
  }
  EXPECT_THAT(find_request_start(text, true), Optional(13U));
}

// quirk 30
TEST(CwmpCookies, AreFoundInWhateverForm) {
  EXPECT_THAT(cwmp::cookie_values("session=a", "session"), ElementsAre("a"));
  EXPECT_THAT(cwmp::cookie_values("x=1; session=a; Path=/", "session"), ElementsAre("a"));
  EXPECT_THAT(cwmp::cookie_values("x=1,session = \"a\" ,session=b", "session"),
              ElementsAre("a", "b"));
  EXPECT_THAT(cwmp::cookie_values("xsession=a; session", "session"), IsEmpty());
  EXPECT_THAT(cwmp::cookie_values("", "session"), IsEmpty());
}

TEST(CwmpCookies, AreBounded) {
  std::string header;
  for (int i = 0; i < 1000; ++i) header += "session=a;";
  EXPECT_EQ(cwmp::cookie_values(header, "session").size(), cwmp::kMaxCookieCandidates);
}

TEST(CwmpPath, LosesQueryAndAuthority) {
  EXPECT_EQ(cwmp::path_of("/acs?x=1"), "/acs");
  EXPECT_EQ(cwmp::path_of("http://host:1/acs?x"), "/acs");
  EXPECT_EQ(cwmp::path_of("http://host"), "/");
  EXPECT_EQ(cwmp::path_of("/a?u=http://b/c"), "/a");
}

// quirk 43
TEST(CwmpResponseHead, Of204HasNoLength) {
  cwmp::ResponseHead head;
  std::string out;
  cwmp::write_response_head(out, head, 0);
  EXPECT_EQ(out, "HTTP/1.1 204 No Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
}

TEST(CwmpContentCoding, KnowsItsNames) {
  EXPECT_THAT(cwmp::parse_content_coding(""), Optional(ContentCoding::kIdentity));
  EXPECT_THAT(cwmp::parse_content_coding(" GZIP "), Optional(ContentCoding::kGzip));
  EXPECT_THAT(cwmp::parse_content_coding("deflate"), Optional(ContentCoding::kDeflate));
  EXPECT_EQ(cwmp::parse_content_coding("gzip, gzip"), std::nullopt);
}

std::string zlib_compress(const std::string& text) {
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::string out(size, '\0');
  compress2(reinterpret_cast<Bytef*>(out.data()), &size,
            reinterpret_cast<const Bytef*>(text.data()), static_cast<uLong>(text.size()), 9);
  out.resize(size);
  return out;
}

// quirk 45
TEST(CwmpInflate, StopsAtTheSizeLimit) {
  cwmp::InflateLimits limits;
  limits.max_bytes = 1000;
  const auto fits =
      cwmp::inflate_body(zlib_compress(std::string(1000, 'a')), ContentCoding::kDeflate, limits);
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->size(), 1000U);
  const auto over =
      cwmp::inflate_body(zlib_compress(std::string(1001, 'a')), ContentCoding::kDeflate, limits);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error(), cwmp::InflateError::kTooLarge);
}

TEST(CwmpInflate, StopsAtTheRatio) {
  cwmp::InflateLimits limits;
  limits.max_bytes = 64U << 20;
  const auto bomb = zlib_compress(std::string(8U << 20, 'a'));
  ASSERT_GT((8U << 20) / bomb.size(), limits.max_ratio);

  const auto result = cwmp::inflate_body(bomb, ContentCoding::kDeflate, limits);

  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), cwmp::InflateError::kTooLarge);
}

TEST(CwmpInflate, RefusesEveryTruncation) {
  const auto whole = zlib_compress("some text that is long enough to be cut");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto result =
        cwmp::inflate_body(whole.substr(0, size), ContentCoding::kDeflate, cwmp::InflateLimits{});
    EXPECT_FALSE(result) << size;
  }
}

boost::asio::ip::address address(const char* text) { return boost::asio::ip::make_address(text); }

TEST(CwmpTrustedProxies, AreAddressesAndBlocks) {
  const std::vector<std::string> networks{"10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"};
  const cwmp::TrustedProxies proxies(networks);
  EXPECT_TRUE(proxies.trusts(address("10.255.0.1")));
  EXPECT_TRUE(proxies.trusts(address("::ffff:10.0.0.1")));
  EXPECT_TRUE(proxies.trusts(address("192.0.2.1")));
  EXPECT_TRUE(proxies.trusts(address("2001:db8:ffff::1")));
  EXPECT_TRUE(proxies.trusts(address("::1")));
  EXPECT_FALSE(proxies.trusts(address("11.0.0.1")));
  EXPECT_FALSE(proxies.trusts(address("192.0.2.2")));
  EXPECT_FALSE(proxies.trusts(address("2001:db9::1")));
}

TEST(CwmpTrustedProxies, RefuseOtherText) {
  const std::vector<std::string> networks{"proxy.example"};
  EXPECT_THROW(cwmp::TrustedProxies{networks}, std::invalid_argument);
}

// quirk 50
TEST(CwmpTrustedProxies, TellTheClient) {
  const std::vector<std::string> networks{"10.0.0.0/8"};
  const cwmp::TrustedProxies proxies(networks);
  struct Row {
    const char* forwarded;
    const char* x_forwarded_for;
    const char* client;
  };
  const Row rows[] = {
      {"", "", "10.0.0.1"},
      {"", "198.51.100.7", "198.51.100.7"},
      {"", "198.51.100.7:4711", "198.51.100.7"},
      {"", "1.2.3.4, 198.51.100.7", "198.51.100.7"},   // 1.2.3.4 is the client's claim
      {"", "198.51.100.7, 10.0.0.2", "198.51.100.7"},  // two proxies of ours
      {"", "198.51.100.7, unknown", "10.0.0.1"},       // nothing left of it counts
      {"for=198.51.100.7;proto=http", "1.2.3.4", "198.51.100.7"},
      {"for=1.2.3.4, For=\"[2001:db8::7]:80\"", "", "2001:db8::7"},
      {"proto=https;by=10.0.0.9", "", "10.0.0.1"},
      {"for=_hidden", "", "10.0.0.1"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(proxies.client(address("10.0.0.1"), row.forwarded, row.x_forwarded_for).to_string(),
              row.client)
        << row.forwarded << " | " << row.x_forwarded_for;
  }
}

TEST(CwmpSessionId, IsHexAndNew) {
  const auto id = cwmp::make_session_id();
  EXPECT_EQ(id.size(), 32U);
  EXPECT_NE(id, cwmp::make_session_id());
}

}  // namespace
