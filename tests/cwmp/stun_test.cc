#include "cwmp/stun.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cwmp/stun_samples.h"

namespace cwmp {
namespace {

using testing::ElementsAre;

// The sample messages of RFC 5769, 2.1 to 2.3.
const std::string kSampleRequest = from_hex(
    "0001 0058 2112a442 b7e7a701bc34d686fa87dfae"
    "8022 0010 5354554e207465737420636c69656e74"
    "0024 0004 6e0001ff 8029 0008 932ff9b151263b36"
    "0006 0009 6576746a3a68367659202020"
    "0008 0014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 8028 0004 e57a3bcf");
const std::string kSampleResponse = from_hex(
    "0101 003c 2112a442 b7e7a701bc34d686fa87dfae"
    "8022 000b 7465737420766563746f7220 0020 0008 0001a147e112a643"
    "0008 0014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7 8028 0004 c07d4c96");
const std::string kSampleResponseV6 = from_hex(
    "0101 0048 2112a442 b7e7a701bc34d686fa87dfae"
    "8022 000b 7465737420766563746f7220"
    "0020 0014 0002a1470113a9faa5d3f179bc25f4b5bed2b9d9"
    "0008 0014 a382954e4be67bf11784c97c8292c275bfe3ed41 8028 0004 c8fb0b4c");
constexpr std::string_view kSamplePassword = "VOkJxbRl1RmTxUk/WvJxBt";

TEST(Stun, ReadsTheSampleRequestOfRfc5769) {
  const auto message = decode_stun(kSampleRequest);
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->has_cookie());
  EXPECT_EQ(message->username, "evtj:h6vY");
  EXPECT_TRUE(message->fingerprint);
  EXPECT_THAT(message->not_understood, ElementsAre(0x0024));
  EXPECT_EQ(verify_stun(kSampleRequest, *message, kSamplePassword), StunIntegrity::kPlain);
  EXPECT_EQ(verify_stun(kSampleRequest, *message, "another"), StunIntegrity::kNone);
}

TEST(Stun, ReadsTheSampleResponsesOfRfc5769) {
  const auto v4 = decode_stun(kSampleResponse);
  ASSERT_TRUE(v4);
  EXPECT_EQ(to_string(v4->xor_mapped_address.value()), "192.0.2.1:32853");
  EXPECT_EQ(verify_stun(kSampleResponse, *v4, kSamplePassword), StunIntegrity::kPlain);
  const auto v6 = decode_stun(kSampleResponseV6);
  ASSERT_TRUE(v6);
  EXPECT_EQ(to_string(v6->xor_mapped_address.value()),
            "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
}

// The HMAC was computed apart from this code: over header, USERNAME and
// CONNECTION-REQUEST-BINDING, 56 bytes, with zeros up to 64 behind them.
TEST(Stun, SignsOverTheTextPaddedTo64BytesLikeRfc3489) {
  const std::string bytes = encode_stun(binding_request(), StunIntegrity::kPadded, kStunPassword);
  EXPECT_EQ(bytes,
            stun(0x0001, attribute(6, std::string(kStunUser)) +
                             attribute(0xc001, "dslforum.org/TR-111 ") +
                             attribute(8, from_hex("22fad8af78faedec1c3a6cbabcad6a730ffcbb6c"))));
  const auto message = decode_stun(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(verify_stun(bytes, *message, kStunPassword), StunIntegrity::kPadded);
}

TEST(Stun, WhatIsWrittenReadsBackTheSame) {
  StunMessage message = modern_request(true);
  message.type = StunType::kBindingErrorResponse;
  message.mapped_address = kCpe;
  message.xor_mapped_address = StunAddress::v6({0x20, 1, 0xd, 0xb8, 5}, 1);
  message.response_address = kServer;
  message.source_address = kServer;
  message.changed_address = kServer;
  message.reflected_from = kCpe;
  message.change_request = kStunChangeIp;
  message.error = StunError::kUnknownAttribute;
  message.unknown_attributes = {0x26, 0x27};
  message.fingerprint = true;
  const std::string bytes = encode_stun(message, StunIntegrity::kPlain, "key");
  auto again = decode_stun(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(verify_stun(bytes, *again, "key"), StunIntegrity::kPlain);
  EXPECT_EQ(encode_stun(*again, StunIntegrity::kPlain, "key"), bytes);
}

// RFC 3489 11.2.10.
TEST(Stun, RepeatsOneOfAnOddNumberOfUnknownAttributes) {
  StunMessage message;
  message.unknown_attributes = {0x26};
  const auto again = decode_stun(encode_stun(message));
  EXPECT_THAT(again->unknown_attributes, ElementsAre(0x26, 0x26));
}

// RFC 3489 11.2.6: a multiple of 4; clients fill up with blanks, zeros, or nothing.
TEST(Stun, TakesAUsernameHoweverItIsFilledUp) {
  const std::string more = attribute(0xc002, "");
  for (const std::string& value :
       {attribute(6, "cpe1 "), attribute(6, "cpe1"), attribute(6, "cpe1\0\0\0\0"),
        attribute(6, std::string("cpe1    ")), attribute(6, "cpe1 ") + std::string(3, '\0')}) {
    const auto message = decode_stun(stun(1, value + more));
    ASSERT_TRUE(message) << value;
    EXPECT_EQ(message->username, "cpe1");
    EXPECT_TRUE(message->binding_change);
  }
}

// Annex G: 20 bytes with a blank at the end; some leave it out, others add a zero.
TEST(Stun, KnowsTheBindingOfConnectionRequestsByItsText) {
  const auto has = [](const std::string& value) {
    const auto message = decode_stun(stun(1, attribute(0xc001, value)));
    return message && message->connection_request_binding;
  };
  EXPECT_TRUE(has("dslforum.org/TR-111 "));
  EXPECT_TRUE(has("dslforum.org/TR-111"));
  EXPECT_TRUE(has(std::string("dslforum.org/TR-111 ") + '\0'));
  EXPECT_FALSE(has("dslforum.org/TR-112 "));
  EXPECT_FALSE(has(""));
}

// RFC 5389 15.4: nothing protects what is behind MESSAGE-INTEGRITY.
TEST(Stun, ActsOnNothingBehindMessageIntegrity) {
  const auto message = decode_stun(stun(1, attribute(8, std::string(20, 'h')) +
                                               attribute(0xc001, "dslforum.org/TR-111 ") +
                                               attribute(0xc002, "") + attribute(6, "name")));
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->connection_request_binding);
  EXPECT_FALSE(message->binding_change);
  EXPECT_FALSE(message->username);
}

TEST(Stun, OfAnAttributeThatIsThereTwiceTheFirstCounts) {
  const auto message = decode_stun(stun(1, attribute(6, "one ") + attribute(6, "two ")));
  EXPECT_EQ(message->username, "one");
}

TEST(Stun, CutOffAnywhereItIsNoMessage) {
  const std::string bytes = encode_stun(binding_request(true), StunIntegrity::kPadded, "key");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_stun(bytes.substr(0, size))) << size;
  }
}

TEST(Stun, AnyChangedBitBreaksTheSignature) {
  const std::string bytes = encode_stun(binding_request(true), StunIntegrity::kPadded, "key");
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ 1 << bit % 8);
    const auto message = decode_stun(changed);
    if (!message) continue;
    EXPECT_EQ(verify_stun(changed, *message, "key"), StunIntegrity::kNone) << bit;
  }
}

TEST(Stun, AnIpv4AddressInsideIpv6IsItself) {
  EXPECT_EQ(StunAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7}, 5060), kCpe);
}

}  // namespace
}  // namespace cwmp
