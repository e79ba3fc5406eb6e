#include "cwmp/stun_responder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cwmp/stun_samples.h"

namespace cwmp {
namespace {

using testing::ElementsAre;
using testing::Optional;

const std::string kPasswordText(kStunPassword);

class StunServerRules : public testing::Test {
 protected:
  /// With the password of kStunUser at hand.
  StunAnswer answer(const std::string& bytes, const StunAddress& from = kCpe) {
    auto received = responder.receive(bytes, from, kServer, now);
    if (auto* done = std::get_if<StunAnswer>(&received)) return *done;
    if (auto* pending = std::get_if<StunPending>(&received)) {
      if (pending->username() != kStunUser) return responder.finish(*pending, std::nullopt);
      return responder.finish(*pending, kPasswordText);
    }
    ADD_FAILURE() << "ignored: " << to_string(std::get<StunIgnored>(received));
    return {};
  }
  StunMessage message(const std::string& bytes) { return decode_stun(answer(bytes).bytes).value(); }
  static std::string signed_request(const StunMessage& request,
                                    StunIntegrity form = StunIntegrity::kPadded,
                                    std::string_view password = kStunPassword) {
    return encode_stun(request, form, password);
  }

  StunResponder responder{StunResponderOptions{}};
  StunRateLimit::Time now{std::chrono::hours(1)};
};

// RFC 3489 8.1.
TEST_F(StunServerRules, TellsAClassicClientItsAddressAndTheServers) {
  const StunMessage response = message(stun(1));
  EXPECT_EQ(response.type, StunType::kBindingResponse);
  EXPECT_EQ(response.transaction_id, binding_request().transaction_id);
  EXPECT_EQ(response.mapped_address, kCpe);
  EXPECT_EQ(response.source_address, kServer);
  EXPECT_EQ(response.changed_address, kServer);
  EXPECT_FALSE(response.xor_mapped_address);
}

// RFC 5389 10 and 15.2.
TEST_F(StunServerRules, TellsANewClientItsAddressCrossed) {
  StunMessage request;
  request.transaction_id = modern_request().transaction_id;
  request.fingerprint = true;
  const StunMessage response = message(encode_stun(request));
  EXPECT_EQ(response.xor_mapped_address, kCpe);
  EXPECT_FALSE(response.mapped_address);
  EXPECT_FALSE(response.changed_address);
  EXPECT_TRUE(response.fingerprint);
}

TEST_F(StunServerRules, ServesIpv6) {
  const StunAddress from = StunAddress::v6({0x20, 1, 0xd, 0xb8}, 4000);
  const StunAnswer answered = answer(stun(1), from);
  EXPECT_EQ(answered.to, from);
  EXPECT_EQ(decode_stun(answered.bytes)->mapped_address, from);
}

// Annex G: keep-alives need no signature, what moves the binding does.
TEST_F(StunServerRules, WantsASignatureForABindingChangeOnly) {
  const StunAnswer kept = answer(encode_stun(binding_request()));
  EXPECT_FALSE(kept.error);
  ASSERT_TRUE(kept.binding);
  EXPECT_FALSE(kept.binding->authenticated);
  const StunAnswer changed = answer(encode_stun(binding_request(true)));
  EXPECT_EQ(changed.error, StunError::kUnauthorized);
  EXPECT_FALSE(changed.binding);
}

TEST_F(StunServerRules, CanWantASignatureForEveryBinding) {
  StunResponderOptions options;
  options.always_authenticate = true;
  responder = StunResponder(options);
  EXPECT_EQ(answer(encode_stun(binding_request())).error, StunError::kUnauthorized);
  EXPECT_FALSE(answer(stun(1)).error) << "a plain request tells of no binding";
}

TEST_F(StunServerRules, ReportsASignedBindingChangeAndSignsTheAnswer) {
  const StunAnswer done = answer(signed_request(binding_request(true)));
  const StunBinding wanted{std::string(kStunUser), kCpe, true, true};
  EXPECT_THAT(done.binding, Optional(wanted));
  const auto response = decode_stun(done.bytes);
  EXPECT_EQ(verify_stun(done.bytes, *response, kStunPassword), StunIntegrity::kPadded);
}

TEST_F(StunServerRules, SignsLikeTheClientDid) {
  for (const StunIntegrity form : {StunIntegrity::kPadded, StunIntegrity::kPlain}) {
    for (const StunMessage& request : {binding_request(true), modern_request(true)}) {
      const StunAnswer done = answer(signed_request(request, form));
      const auto response = decode_stun(done.bytes);
      EXPECT_EQ(verify_stun(done.bytes, *response, kStunPassword), form);
      EXPECT_EQ(response->mapped_address, kCpe) << "Annex G reads this one";
    }
  }
}

// RFC 3489 8.1: 430, 431, 432.
TEST_F(StunServerRules, SaysWhatIsWrongWithCredentials) {
  EXPECT_EQ(answer(signed_request(binding_request(true), StunIntegrity::kPadded, "guess")).error,
            StunError::kIntegrityCheckFailure);
  StunMessage stranger = binding_request(true);
  stranger.username = "nobody";
  EXPECT_EQ(answer(signed_request(stranger)).error, StunError::kStaleCredentials);
  StunMessage nameless = binding_request(true);
  nameless.username.reset();
  EXPECT_EQ(answer(signed_request(nameless)).error, StunError::kMissingUsername);
}

// RFC 5389 10.1.2 has 400 and 401 only.
TEST_F(StunServerRules, SaysItToNewClientsInTheirCodes) {
  EXPECT_EQ(answer(signed_request(modern_request(true), StunIntegrity::kPlain, "guess")).error,
            StunError::kUnauthorized);
  StunMessage stranger = modern_request(true);
  stranger.username = "nobody";
  EXPECT_EQ(answer(signed_request(stranger)).error, StunError::kUnauthorized);
  StunMessage nameless = modern_request(true);
  nameless.username.reset();
  EXPECT_EQ(answer(signed_request(nameless)).error, StunError::kBadRequest);
}

TEST_F(StunServerRules, AWrongSignatureTellsOfNoBinding) {
  EXPECT_FALSE(
      answer(signed_request(binding_request(true), StunIntegrity::kPadded, "guess")).binding);
}

// RFC 3489 8.1 and 11.2.10.
TEST_F(StunServerRules, NamesMandatoryAttributesThatItDoesNotKnow) {
  const StunMessage response = message(stun(1, attribute(0x7fff, "") + attribute(0x8000, "") +
                                                   attribute(0x0026, "") + attribute(0x7fff, "")));
  EXPECT_EQ(response.type, StunType::kBindingErrorResponse);
  EXPECT_EQ(response.error, StunError::kUnknownAttribute);
  EXPECT_THAT(response.unknown_attributes, ElementsAre(0x7fff, 0x0026));
}

TEST_F(StunServerRules, ChecksTheSignatureBeforeUnknownAttributes) {
  std::string attributes = attribute(0x7f00, "") + attribute(8, std::string(20, 'x'));
  EXPECT_EQ(answer(stun(1, attributes)).error, StunError::kMissingUsername);
}

// RFC 5780 6.1: it has one address and one port.
TEST_F(StunServerRules, RefusesToAnswerFromAnotherAddress) {
  for (const std::uint32_t flags : {kStunChangeIp, kStunChangePort, 6U}) {
    StunMessage request;
    request.change_request = flags;
    const StunMessage response = message(encode_stun(request));
    EXPECT_EQ(response.error, StunError::kUnknownAttribute);
    EXPECT_THAT(response.unknown_attributes, ElementsAre(3, 3));
  }
  StunMessage none;
  none.change_request = 0;
  EXPECT_FALSE(message(encode_stun(none)).error);
}

// Annex G: from a second port, whether the binding of the first is still there.
TEST_F(StunServerRules, AnswersToAnotherPortOfTheSameHost) {
  StunMessage request;
  request.response_address = kCpe;
  StunAddress second = kCpe;
  second.port = 6000;
  const StunAnswer done = answer(encode_stun(request), second);
  EXPECT_EQ(done.to, kCpe);
  EXPECT_EQ(decode_stun(done.bytes)->reflected_from, second);
}

TEST_F(StunServerRules, IsNoReflectorForStrangers) {
  StunMessage request = binding_request(true);
  request.response_address = StunAddress::v4({203, 0, 113, 9}, 53);
  const StunAnswer done = answer(signed_request(request));
  EXPECT_EQ(done.to, kCpe);
  EXPECT_EQ(done.error, StunError::kGlobalFailure);
}

TEST_F(StunServerRules, ARequestForAnotherPortMovesNoBinding) {
  StunMessage request = binding_request(true);
  request.response_address = kCpe;
  EXPECT_FALSE(answer(signed_request(request)).binding);
}

// RFC 3489 8.2.
TEST_F(StunServerRules, GivesNoSharedSecretOverUdp) {
  const StunMessage response = message(stun(2));
  EXPECT_EQ(response.type, StunType::kSharedSecretErrorResponse);
  EXPECT_EQ(response.error, StunError::kUseTls);
}

TEST_F(StunServerRules, AnAnswerIsNeverMuchLargerThanItsRequest) {
  for (const std::string& request :
       {stun(1), encode_stun(binding_request()), signed_request(binding_request(true)),
        stun(1, attribute(0x7fff, "")), stun(1, "broken")}) {
    // 28 bytes of IP and UDP come with each.
    EXPECT_LE(answer(request).bytes.size() + 28, 2 * (request.size() + 28));
  }
}

TEST(StunRateLimit, GivesEachSourceItsRate) {
  StunRateLimit limit(10, 1);
  StunRateLimit::Time now{std::chrono::hours(1)};
  int taken = 0;
  for (int i = 0; i < 100; ++i) taken += limit.allow(kCpe, now) ? 1 : 0;
  EXPECT_EQ(taken, 10);
  StunAddress other_port = kCpe;
  other_port.port = 1;
  EXPECT_FALSE(limit.allow(other_port, now)) << "ports are free to choose";
  EXPECT_TRUE(limit.allow(kServer, now));
  EXPECT_TRUE(limit.allow(kCpe, now + std::chrono::milliseconds(100)));
  EXPECT_FALSE(limit.allow(kCpe, now + std::chrono::milliseconds(100)));
}

TEST(StunRateLimit, AnIpv6NetworkIsOneSource) {
  StunRateLimit limit(1, 1);
  StunRateLimit::Time now{std::chrono::hours(1)};
  EXPECT_TRUE(limit.allow(StunAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 5}, 1), now));
  EXPECT_FALSE(limit.allow(StunAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 6}, 1), now));
  EXPECT_TRUE(limit.allow(StunAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 2, 5}, 1), now));
}

TEST(StunRateLimit, AFloodOfSourcesTakesNoMemoryWithoutEnd) {
  StunRateLimit limit(1, 1);
  StunRateLimit::Time now{std::chrono::hours(1)};
  int taken = 0;
  for (std::uint32_t i = 0; i < StunRateLimit::kMaxSources + 1000; ++i) {
    const auto byte = [i](unsigned shift) { return static_cast<std::uint8_t>(i >> shift); };
    taken += limit.allow(StunAddress::v4({byte(24), byte(16), byte(8), byte(0)}, 1), now) ? 1 : 0;
  }
  EXPECT_EQ(limit.sources(), StunRateLimit::kMaxSources);
  EXPECT_EQ(taken, StunRateLimit::kMaxSources + 10) << "the rest shares one bucket";
  EXPECT_TRUE(limit.allow(kCpe, now + std::chrono::seconds(3)));
  EXPECT_LT(limit.sources(), 10U) << "idle ones are forgotten when there is no room";
}

}  // namespace
}  // namespace cwmp
