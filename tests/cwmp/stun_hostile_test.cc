// Datagrams that no good client sends: each gets what it deserves, and a good one works afterwards.
#include <gtest/gtest.h>

#include <set>

#include "cwmp/stun_responder.h"
#include "tests/cwmp/stun_samples.h"

namespace cwmp {
namespace {

const std::string kBinding = attribute(0xc001, "dslforum.org/TR-111 ");
const std::string kChange = attribute(0xc002, "");
const std::string kUser = attribute(6, std::string(kStunUser));
const std::string kFakeHmac = attribute(8, std::string(20, '\x5a'));
const std::string kCookieId = from_hex("2112a442 000102030405060708090a0b");

std::string good_change() {
  return encode_stun(binding_request(true), StunIntegrity::kPadded, kStunPassword);
}

std::string with_byte(std::string bytes, std::size_t at, int value) {
  bytes[at] = static_cast<char>(value);
  return bytes;
}

struct Row {
  const char* name;
  std::string bytes;
  std::string outcome;  ///< "431", or why it is ignored
};

std::vector<Row> rows() {
  const std::string good = good_change();
  return {
      // no STUN at all
      {"Empty", "", "not-stun"},
      {"OneByte", std::string(1, '\0'), "not-stun"},
      {"HeaderCutOff", stun(1).substr(0, 19), "not-stun"},
      {"HttpRequest", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "not-stun"},
      {"DnsQuery", from_hex("abcd01000001000000000000 03777777 076578616d706c65 00 0001 0001"),
       "not-stun"},
      {"RtpPacket", from_hex("80000001") + std::string(40, 'r'), "not-stun"},
      {"TopBitsSet", with_byte(stun(1), 0, 0x40), "not-stun"},
      {"AllOnes", std::string(64, '\xff'), "not-stun"},
      {"AllZeros", std::string(20, '\0'), "not-request"},
      {"TooLong", stun(1, std::string(kMaxStunBytes, '\0')), "not-stun"},
      {"LargestDatagram", std::string(65507, '\0'), "not-stun"},
      // a length that is a lie
      {"LengthTooSmall", stun(1, kBinding, 4), "not-stun"},
      {"LengthTooLarge", stun(1, kBinding, 28), "not-stun"},
      {"LengthLargest", stun(1, "", 65535), "not-stun"},
      {"BytesBehindTheMessage", stun(1) + "x", "not-stun"},
      // other messages
      {"BindingResponse", stun(0x0101), "not-request"},
      {"BindingErrorResponse", stun(0x0111), "not-request"},
      {"BindingIndication", stun(0x0011), "not-request"},
      {"SharedSecretResponse", stun(0x0102), "not-request"},
      {"TurnAllocate", stun(0x0003), "not-request"},
      {"SharedSecretRequest", stun(0x0002), "433"},
      {"BrokenSharedSecretRequest", stun(0x0002, "abcd"), "433"},
      {"BrokenResponse", stun(0x0101, "ab"), "not-request"},
      // broken attributes
      {"AttributeHeaderCutOff", stun(1, std::string(3, '\0')), "400"},
      {"AttributeBeyondTheEnd", stun(1, attribute(6, "abcd", 8)), "400"},
      {"AttributeOfLargestLength", stun(1, attribute(0x8022, "abcd", 65535)), "400"},
      {"LastAttributeCutOff", stun(1, kUser + attribute(0xc001, "dsl", 20)), "400"},
      {"UsernameTooLong", stun(1, attribute(6, std::string(260, 'u'))), "400"},
      {"ShortMessageIntegrity", stun(1, kUser + attribute(8, std::string(16, 'h'))), "400"},
      {"LongMessageIntegrity", stun(1, kUser + attribute(8, std::string(32, 'h'))), "400"},
      {"EmptyMessageIntegrity", stun(1, kUser + attribute(8, "")), "400"},
      {"ShortChangeRequest", stun(1, attribute(3, "ab")), "400"},
      {"LongChangeRequest", stun(1, attribute(3, "abcdefgh")), "400"},
      {"ShortResponseAddress", stun(1, attribute(2, std::string(4, '\0'))), "400"},
      {"ResponseAddressOfNoFamily", stun(1, attribute(2, from_hex("0003 1234 c0000207"))), "400"},
      {"ResponseAddressV6OfFourBytes", stun(1, attribute(2, from_hex("0002 1234 c0000207"))),
       "400"},
      {"ResponseAddressV4OfSixteenBytes",
       stun(1, attribute(2, from_hex("0001 1234") + std::string(16, 'a'))), "400"},
      {"XorMappedAddressTooLong", stun(1, attribute(0x20, std::string(400, 'x'))), "400"},
      {"ErrorCodeTooShort", stun(1, attribute(9, "")), "400"},
      {"ErrorCodeOutOfRange", stun(1, attribute(9, from_hex("0000 00ff"))), "400"},
      {"UnknownAttributesOdd", stun(1, attribute(10, "abc") + std::string(1, '\0')), "400"},
      {"FingerprintNotTheLast", stun(1, attribute(0x8028, "abcd") + kUser, -1, kCookieId),
       "not-stun"},
      {"WrongFingerprint", stun(1, attribute(0x8028, "abcd"), -1, kCookieId), "not-stun"},
      {"ShortFingerprint", stun(1, attribute(0x8028, "ab") + "cd", -1, kCookieId), "400"},
      // unknown and unwanted ones
      {"MandatoryUnknown", stun(1, attribute(0x7ffe, "")), "420"},
      {"AttributeZero", stun(1, attribute(0, "")), "420"},
      {"HundredsOfUnknown",
       stun(1,
            [] {
              std::string all;
              for (int i = 0; i < 240; ++i)
                all += attribute(static_cast<std::uint16_t>(0x100 + i), "");
              return all;
            }()),
       "420"},
      {"SameUnknownHundredsOfTimes",
       stun(1,
            [] {
              std::string all;
              for (int i = 0; i < 240; ++i) all += attribute(0x100, "");
              return all;
            }()),
       "420"},
      {"LongTermCredentials", stun(1, attribute(0x14, "realm") + "   "), "420"},
      {"ResponsePort", stun(1, attribute(0x27, from_hex("1234 0000"))), "420"},
      {"Padding", stun(1, attribute(0x26, std::string(400, '\0'))), "420"},
      {"ChangeIpAndPort", stun(1, attribute(3, from_hex("00000006"))), "420"},
      // reflection
      {"ResponseToAStranger", stun(1, attribute(2, from_hex("0001 0035 cb007109"))), "600"},
      {"ResponseToPortZero", stun(1, attribute(2, from_hex("0001 0000 c0000207"))), "600"},
      {"ResponseToIpv6", stun(1, attribute(2, from_hex("0002 0035 20010db8") + std::string(12, 0))),
       "600"},
      {"ResponseToBroadcast", stun(1, attribute(2, from_hex("0001 0035 ffffffff"))), "600"},
      {"ResponseToLoopback", stun(1, attribute(2, from_hex("0001 0035 7f000001"))), "600"},
      // credentials
      {"ChangeWithoutSignature", stun(1, kUser + kBinding + kChange), "401"},
      {"ChangeWithoutUser", stun(1, kBinding + kChange), "401"},
      {"ForgedSignature", stun(1, kUser + kBinding + kChange + kFakeHmac), "431"},
      {"SignatureWithoutUser", stun(1, kBinding + kChange + kFakeHmac), "432"},
      {"SignatureWithEmptyUser", stun(1, attribute(6, "") + kBinding + kChange + kFakeHmac), "432"},
      {"SignatureWithBlankUser", stun(1, attribute(6, "    ") + kBinding + kFakeHmac), "432"},
      {"SignatureOfAStranger", stun(1, attribute(6, "nobody11") + kBinding + kFakeHmac), "430"},
      {"UserWithZeroInside", stun(1, attribute(6, std::string("d7\0abcde", 8)) + kFakeHmac), "430"},
      {"UserOfHighBytes", stun(1, attribute(6, std::string(8, '\xff')) + kFakeHmac), "430"},
      {"SqlAsUser", stun(1, attribute(6, "' OR 1=1 --x") + kFakeHmac), "430"},
      {"TransactionChanged", with_byte(good, 10, 'X'), "431"},
      {"UserBehindTheSignature", stun(1, kBinding + kChange + kFakeHmac + kUser), "432"},
      {"NewClientForged", stun(1, kUser + kBinding + kChange + kFakeHmac, -1, kCookieId), "401"},
      {"NewClientWithoutUser", stun(1, kBinding + kChange + kFakeHmac, -1, kCookieId), "400"},
  };
}

class HostileStun : public testing::TestWithParam<Row> {
 protected:
  std::string outcome(const std::string& bytes) {
    auto received = responder.receive(bytes, kCpe, kServer, now);
    if (const auto* why = std::get_if<StunIgnored>(&received)) return std::string(to_string(*why));
    if (const auto* pending = std::get_if<StunPending>(&received)) {
      std::optional<std::string> password;
      if (pending->username() == kStunUser) password = std::string(kStunPassword);
      received = responder.finish(*pending, password);
    }
    answer = std::get<StunAnswer>(received);
    if (!answer.error) return "good";
    return std::to_string(static_cast<int>(*answer.error));
  }

  StunResponder responder{StunResponderOptions{}};
  StunRateLimit::Time now{std::chrono::hours(1)};
  StunAnswer answer;
};

TEST_P(HostileStun, GetsWhatItDeservesAndAGoodOneWorksAfterwards) {
  const Row& row = GetParam();
  EXPECT_EQ(outcome(row.bytes), row.outcome);
  EXPECT_FALSE(answer.binding);
  if (!answer.bytes.empty()) {
    EXPECT_EQ(answer.to, kCpe);
    EXPECT_TRUE(decode_stun(answer.bytes));
    EXPECT_LE(answer.bytes.size() + 28, 2 * (row.bytes.size() + 28)) << "no amplifier";
  }
  EXPECT_EQ(outcome(good_change()), "good");
  EXPECT_TRUE(answer.binding && answer.binding->authenticated);
}

INSTANTIATE_TEST_SUITE_P(Table, HostileStun, testing::ValuesIn(rows()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace cwmp
