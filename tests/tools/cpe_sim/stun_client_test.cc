#include "tests/tools/cpe_sim/stun_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwmp/stun_responder.h"

namespace cpe_sim {
namespace {

using namespace std::chrono_literals;
using testing::Optional;

const cwmp::StunAddress kFirst = cwmp::StunAddress::v4({192, 0, 2, 7}, 40'000);
const cwmp::StunAddress kSecond = cwmp::StunAddress::v4({192, 0, 2, 7}, 40'001);

/// The client and a server, with time in the test's hands.
class CpeSimStun : public testing::Test {
 protected:
  CpeSimStun() {
    settings.enabled = true;
    settings.host = "stun.example";
    settings.username = "d7-abcde";
    settings.password = "letmein!";
  }

  /// What the client sends now; the bindings that the server hears of go to `told`.
  int exchange() {
    int sent = 0;
    while (const auto bytes = client.next_datagram(now)) {
      ++sent;
      if (server_is_down) continue;
      auto received = server.receive(*bytes, mapped, std::nullopt, now);
      if (auto* pending = std::get_if<cwmp::StunPending>(&received)) {
        received = server.finish(*pending, password);
      }
      const auto& answer = std::get<cwmp::StunAnswer>(received);
      if (answer.binding) told.push_back(*answer.binding);
      EXPECT_TRUE(client.on_datagram(answer.bytes, now));
    }
    return sent;
  }

  StunClient client{1};
  StunSettings settings;
  cwmp::StunResponder server{cwmp::StunResponderOptions{}};
  cwmp::StunAddress mapped = kFirst;
  std::string password = "letmein!";
  std::vector<cwmp::StunBinding> told;
  bool server_is_down = false;
  StunClient::Time now{1h};
};

TEST_F(CpeSimStun, DoesNothingUntilItIsEnabled) {
  EXPECT_EQ(exchange(), 0);
  EXPECT_EQ(client.next_wake(), std::nullopt);
}

// Annex G: the first binding is a change too; 401 is answered with a signature.
TEST_F(CpeSimStun, LearnsItsAddressAndTellsOfItSigned) {
  client.configure(settings, now);
  EXPECT_EQ(exchange(), 3) << "a request, the change, the change signed";
  EXPECT_THAT(client.mapped(), Optional(kFirst));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1], (cwmp::StunBinding{"d7-abcde", kFirst, true, true}));
}

TEST_F(CpeSimStun, KeepsTheNatOpenAndSaysNothingNew) {
  client.configure(settings, now);
  exchange();
  told.clear();
  now += settings.period - 1ms;
  EXPECT_EQ(exchange(), 0);
  EXPECT_EQ(client.next_wake(), now + 1ms);
  now += 1ms;
  EXPECT_EQ(exchange(), 1);
  EXPECT_FALSE(told.at(0).changed);
}

TEST_F(CpeSimStun, FindsAChangedBindingWithItsNextKeepAlive) {
  client.configure(settings, now);
  exchange();
  told.clear();
  mapped = kSecond;
  now += settings.period;
  EXPECT_EQ(exchange(), 3);
  EXPECT_EQ(told.at(1), (cwmp::StunBinding{"d7-abcde", kSecond, true, true}));
}

// RFC 3489 9.3.
TEST_F(CpeSimStun, RepeatsWhatIsNotAnsweredNineTimes) {
  server_is_down = true;
  const auto begin = now;
  client.configure(settings, now);
  int sent = 0;
  while (now < begin + settings.period) {
    sent += exchange();
    now = *client.next_wake();
  }
  EXPECT_EQ(sent, 9);
}

TEST_F(CpeSimStun, GivesUpOnAWrongPasswordUntilTheNextKeepAlive) {
  password = "another";
  client.configure(settings, now);
  EXPECT_EQ(exchange(), 3);
  EXPECT_EQ(told.size(), 1U);
  EXPECT_EQ(client.next_wake(), now + settings.period);
}

TEST_F(CpeSimStun, BelievesNoForgedAnswerToASignedRequest) {
  client.configure(settings, now);
  exchange();
  mapped = kSecond;
  now += settings.period;
  password = "letmein!";
  std::string asked;
  while (const auto bytes = client.next_datagram(now)) {
    const auto request = cwmp::decode_stun(*bytes).value();
    if (request.integrity_at != 0) {
      asked = *bytes;
      break;
    }
    client.on_datagram(std::get<cwmp::StunAnswer>(server.receive(*bytes, mapped, {}, now)).bytes,
                       now);
  }
  cwmp::StunMessage forged;
  forged.type = cwmp::StunType::kBindingResponse;
  forged.transaction_id = cwmp::decode_stun(asked)->transaction_id;
  forged.mapped_address = kFirst;
  client.on_datagram(cwmp::encode_stun(forged), now);
  EXPECT_THAT(client.mapped(), Optional(kSecond));
}

TEST_F(CpeSimStun, OtherSettingsStartItAnew) {
  client.configure(settings, now);
  exchange();
  client.configure(settings, now);
  EXPECT_EQ(exchange(), 0) << "the same ones do not";
  settings.port = 3479;
  client.configure(settings, now);
  EXPECT_EQ(client.mapped(), std::nullopt);
  EXPECT_EQ(exchange(), 3);
  client.configure(StunSettings(), now);
  EXPECT_EQ(client.next_wake(), std::nullopt);
}

}  // namespace
}  // namespace cpe_sim
