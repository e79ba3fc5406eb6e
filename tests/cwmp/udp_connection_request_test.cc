#include "cwmp/udp_connection_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cwmp {
namespace {

using Verdict = UdpConnectionRequestCheck::Verdict;

UdpConnectionRequest request(std::int64_t ts = 1600000000, std::uint32_t id = 1234) {
  UdpConnectionRequest out;
  out.address = "192.0.2.7:5060";
  out.ts = ts;
  out.id = id;
  out.username = "cpe";
  out.cnonce = "abc123";
  return out;
}

// quirk 101. The HMAC was computed apart from this code.
TEST(UdpConnectionRequest, IsSignedAsAnnexGSays) {
  EXPECT_EQ(compose_udp_connection_request(request(), "secret"),
            "GET http://192.0.2.7:5060?ts=1600000000&id=1234&un=cpe&cn=abc123"
            "&sig=5e2e8e4210d3329225d1624fb24a15e47f3f1958 HTTP/1.1\r\n"
            "Host: 192.0.2.7:5060\r\n\r\n");
}

TEST(UdpConnectionRequest, ReadsBackWhatWasWritten) {
  UdpConnectionRequest sent = request();
  sent.username = "me & you =100% ?#";
  auto read = parse_udp_connection_request(compose_udp_connection_request(sent, "secret"));
  ASSERT_TRUE(read) << read.error();
  sent.signature = read->signature;
  EXPECT_EQ(*read, sent);
}

TEST(UdpConnectionRequest, GoodOnceAndOldWhenCopied) {
  UdpConnectionRequestCheck check;
  const std::string datagram = compose_udp_connection_request(request(), "secret");
  EXPECT_EQ(check.check(datagram, "cpe", "secret"), Verdict::kGood);
  EXPECT_EQ(check.check(datagram, "cpe", "secret"), Verdict::kOld);
}

// quirk 101. Annex G: ts grows, id differs.
TEST(UdpConnectionRequest, MustBeNewerThanTheLast) {
  UdpConnectionRequestCheck check;
  const auto judge = [&check](std::int64_t ts, std::uint32_t id) {
    return check.check(compose_udp_connection_request(request(ts, id), "secret"), "cpe", "secret");
  };
  EXPECT_EQ(judge(100, 1), Verdict::kGood);
  EXPECT_EQ(judge(100, 2), Verdict::kOld);
  EXPECT_EQ(judge(99, 3), Verdict::kOld);
  EXPECT_EQ(judge(101, 1), Verdict::kOld);
  EXPECT_EQ(judge(101, 4), Verdict::kGood);
}

TEST(UdpConnectionRequest, MustBeSignedByOneWhoKnowsThePassword) {
  UdpConnectionRequestCheck check;
  const std::string forged = compose_udp_connection_request(request(), "guess");
  EXPECT_EQ(check.check(forged, "cpe", "secret"), Verdict::kWrongSignature);
  EXPECT_EQ(check.check(forged, "other", "guess"), Verdict::kWrongUser);
  EXPECT_EQ(check.check(forged, "", "guess"), Verdict::kWrongUser);
  const std::string good = compose_udp_connection_request(request(), "secret");
  EXPECT_EQ(check.check(good, "cpe", "secret"), Verdict::kGood) << "a forged one spoils nothing";
}

TEST(UdpConnectionRequest, TheSignatureIsTakenInEitherCase) {
  std::string datagram = compose_udp_connection_request(request(), "secret");
  const std::size_t at = datagram.find("sig=") + 4;
  for (std::size_t i = at; i < at + 40; ++i) {
    datagram[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(datagram[i])));
  }
  EXPECT_EQ(UdpConnectionRequestCheck().check(datagram, "cpe", "secret"), Verdict::kGood);
}

TEST(UdpConnectionRequest, RefusesWhatIsNone) {
  const std::string good = compose_udp_connection_request(request(), "secret");
  const auto with = [&good](const std::string& from, const std::string& to) {
    std::string out = good;
    return out.replace(out.find(from), from.size(), to);
  };
  for (const std::string& bad : {std::string(),
                                 with("GET", "POST"),
                                 with("GET", "get"),
                                 with("http:", "ftp:"),
                                 with("HTTP/1.1", "HTTP/1.0"),
                                 with("HTTP/1.1\r\n", "HTTP/1.1 "),
                                 with("ts=", "tx="),
                                 with("ts=1600000000", "ts="),
                                 with("ts=1600000000", "ts=-5"),
                                 with("ts=1600000000", "ts=99999999999999999999"),
                                 with("id=1234", "id=4294967296"),
                                 with("id=1234", "id=12a"),
                                 with("&cn=abc123", ""),
                                 with("&cn=abc123", "&cn="),
                                 with("f3f1958", "f3f195"),
                                 with("un=cpe", "un=%4"),
                                 with("un=cpe", "un=%zz"),
                                 with("un=cpe", "un=a b"),
                                 with("\r\n\r\n", "\r\n"),
                                 good + std::string(kMaxUdpConnectionRequestBytes, 'x')}) {
    EXPECT_FALSE(parse_udp_connection_request(bad)) << bad;
  }
}

TEST(UdpConnectionRequest, CutOffAnywhereItIsNone) {
  const std::string good = compose_udp_connection_request(request(), "secret");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(parse_udp_connection_request(std::string_view(good).substr(0, size))) << size;
  }
}

// TR-181 ManagementServer.UDPConnectionRequestAddress: "host:port" or "host".
TEST(UdpConnectionRequest, ReadsAddresses) {
  const auto read = [](std::string_view text) {
    const auto address = parse_udp_address(text);
    return address ? to_string(*address) : "none";
  };
  EXPECT_EQ(read("192.0.2.7:5060"), "192.0.2.7:5060");
  EXPECT_EQ(read("192.0.2.7"), "192.0.2.7:80");
  EXPECT_EQ(read("[2001:db8::7]:5060"), "[2001:db8::7]:5060");
  EXPECT_EQ(read("[2001:db8::7]"), "[2001:db8::7]:80");
  EXPECT_EQ(read("2001:db8::7"), "[2001:db8::7]:80");
  EXPECT_EQ(read("[::ffff:192.0.2.7]:1"), "192.0.2.7:1");
  for (const char* bad :
       {"", ":", ":80", "192.0.2.7:", "192.0.2.7:0", "192.0.2.7:65536", "192.0.2.7:-1",
        "192.0.2:80", "cpe.example:80", "[192.0.2.7]:80", "[2001:db8::7", "2001:db8::7]:80",
        "[2001:db8::7]80", "192.0.2.7:80 ", "http://192.0.2.7:80", "user@192.0.2.7:80"}) {
    EXPECT_EQ(read(bad), "none") << bad;
  }
}

}  // namespace
}  // namespace cwmp
