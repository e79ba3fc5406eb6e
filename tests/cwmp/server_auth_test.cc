// HTTP authentication on the wire, with a real Digest client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cwmp/auth.h"
#include "tests/support/acs_fixture.h"

namespace {

using support::Acs;
using support::cookie_field;
using support::HttpAnswer;
using support::inform_text;
using testing::StartsWith;

struct DigestClient {
  std::string username = "cpe";
  std::string password = "secret";
  std::string uri = "/acs";
  std::uint32_t nc = 1;

  std::string authorize(const HttpAnswer& challenged) const {
    std::vector<cwmp::Challenge> challenges;
    for (const auto& value : challenged.fields("WWW-Authenticate")) {
      for (auto& challenge : cwmp::parse_challenges(value)) {
        challenges.push_back(std::move(challenge));
      }
    }
    cwmp::ClientRequest request;
    request.method = "POST";
    request.uri = uri;
    request.username = username;
    request.password = password;
    request.cnonce = "0a4f113b";
    request.nc = nc;
    const auto value = cwmp::authorize(challenges, request);
    return value ? "Authorization: " + *value + "\r\n" : std::string();
  }
};

class CwmpServerAuth : public testing::Test {
 protected:
  CwmpServerAuth() {
    acs.options.auth = cwmp::AuthPolicy{};
    acs.handler.users["cpe"] = "secret";
  }
  Acs acs;
  DigestClient digest;
};

TEST_F(CwmpServerAuth, LetsADigestClientIn) {
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());
  ASSERT_EQ(challenged.status, 401U);
  EXPECT_THAT(challenged.field("WWW-Authenticate"), StartsWith("Digest "));

  EXPECT_EQ(cpe.post(inform_text(), digest.authorize(challenged)).status, 200U);

  const auto start = acs.handler.begun.take();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->username, "cpe");
  EXPECT_EQ(start->scheme, cwmp::AuthScheme::kDigest);
}

// quirk 33
TEST_F(CwmpServerAuth, TakesTheNonceOverAnotherConnection) {
  acs.start();
  auto first = acs.connect();
  const auto challenged = first.post(inform_text());
  auto second = acs.connect();

  EXPECT_EQ(second.post(inform_text(), digest.authorize(challenged)).status, 200U);
}

TEST_F(CwmpServerAuth, SpeaksSha256) {
  acs.options.auth->algorithms = {cwmp::HashAlgorithm::kSha256, cwmp::HashAlgorithm::kMd5};
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());
  EXPECT_EQ(challenged.fields("WWW-Authenticate").size(), 2U);
  const auto authorization = digest.authorize(challenged);
  EXPECT_THAT(authorization, testing::HasSubstr("SHA-256"));

  EXPECT_EQ(cpe.post(inform_text(), authorization).status, 200U);
}

TEST_F(CwmpServerAuth, AsksForNothingInsideASession) {
  acs.handler.rpcs = {cwmp::FactoryReset{}};
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());
  const auto informed = cpe.post(inform_text(), digest.authorize(challenged));
  auto other = acs.connect();

  const auto rpc = other.post("", cookie_field(informed));

  EXPECT_EQ(rpc.status, 200U);
  const auto last = support::response_text(rpc, cwmp::FactoryResetResponse{});
  EXPECT_EQ(other.post(last, cookie_field(informed)).status, 204U);
}

TEST_F(CwmpServerAuth, RefusesAWrongPassword) {
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());
  digest.password = "guess";

  EXPECT_EQ(cpe.post(inform_text(), digest.authorize(challenged)).status, 401U);

  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kChallenged);
  const auto rejection = acs.observer.rejections.take();
  ASSERT_TRUE(rejection);
  EXPECT_EQ(rejection->kind, cwmp::Rejection::kLoginFailed);
  EXPECT_EQ(rejection->username, "cpe");
}

TEST_F(CwmpServerAuth, ClosesAfterTooManyWrongPasswords) {
  acs.start();
  auto cpe = acs.connect();
  digest.password = "guess";
  auto challenged = cpe.post(inform_text());
  for (int attempt = 1; attempt < 5; ++attempt) {
    challenged = cpe.post(inform_text(), digest.authorize(challenged));
    EXPECT_NE(challenged.field("Connection"), "close") << attempt;
  }

  EXPECT_EQ(cpe.post(inform_text(), digest.authorize(challenged)).field("Connection"), "close");
  EXPECT_TRUE(cpe.closed());
}

TEST_F(CwmpServerAuth, DoesNotTakeAnAnswerTwice) {
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());
  const auto authorization = digest.authorize(challenged);
  EXPECT_EQ(cpe.post(inform_text(), authorization).status, 200U);
  auto thief = acs.connect();

  const auto replayed = thief.post(inform_text("S2"), authorization);

  EXPECT_EQ(replayed.status, 401U);
  EXPECT_THAT(replayed.field("WWW-Authenticate"), testing::HasSubstr("stale=true"));
}

// quirk 34
TEST_F(CwmpServerAuth, AsksABasicClientForDigestAndCountsNoFailure) {
  acs.start();
  auto cpe = acs.connect();

  const auto answer = cpe.post(inform_text(), "Authorization: Basic Y3BlOnNlY3JldA==\r\n");

  EXPECT_EQ(answer.status, 401U);
  EXPECT_THAT(answer.field("WWW-Authenticate"), StartsWith("Digest "));
  EXPECT_EQ(acs.observer.rejections.take()->kind, cwmp::Rejection::kChallenged);
}

TEST_F(CwmpServerAuth, TakesBasicWhereItIsAllowed) {
  acs.options.auth->basic = true;
  acs.start();
  auto cpe = acs.connect();

  const auto answer = cpe.post(inform_text(), "Authorization: Basic Y3BlOnNlY3JldA==\r\n");

  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(acs.handler.begun.take()->scheme, cwmp::AuthScheme::kBasic);
}

// quirk 28
TEST_F(CwmpServerAuth, ChallengesAnEmptyPostAndMarksTheClient) {
  acs.handler.rpcs = {cwmp::FactoryReset{}};
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post("");
  ASSERT_EQ(challenged.status, 401U);
  const auto informed = cpe.post(inform_text(), digest.authorize(challenged));
  ASSERT_EQ(informed.status, 200U);
  const auto rpc = cpe.post("", cookie_field(informed));

  EXPECT_EQ(cpe.post("", cookie_field(informed)).body, rpc.body);
}

TEST_F(CwmpServerAuth, SkipsStrayBytesAfterAChallenge) {
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());

  cpe.send(">" + support::post_text(inform_text(), digest.authorize(challenged)));

  EXPECT_EQ(cpe.receive().status, 200U);
}

TEST_F(CwmpServerAuth, ANewInformInASessionIsCheckedAgain) {
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());
  const auto informed = cpe.post(inform_text(), digest.authorize(challenged));
  cpe.post("", cookie_field(informed));

  EXPECT_EQ(cpe.post(inform_text("S2"), cookie_field(informed)).status, 401U);
}

using Demand = cwmp::AuthDemand;

// quirk 35: a device that gives up after the first 401 comes in from its own network without one.
TEST_F(CwmpServerAuth, AsksForNothingWhereTheNetworkIsLetIn) {
  std::string address;
  acs.handler.demand = [&address](const std::string& peer, const cwmp::DeviceId*) {
    address = peer;
    return Demand::kNone;
  };
  acs.start();
  auto cpe = acs.connect();

  EXPECT_EQ(cpe.post(inform_text()).status, 200U);

  EXPECT_EQ(address, "127.0.0.1");
  const auto start = acs.handler.begun.take();
  EXPECT_EQ(start->scheme, cwmp::AuthScheme::kNone);
  EXPECT_TRUE(start->waived);
}

TEST_F(CwmpServerAuth, WaivesNothingWhereItAsksNobody) {
  acs.options.auth.reset();
  bool looked = false;
  acs.handler.demand = [&looked](const std::string&, const cwmp::DeviceId*) {
    looked = true;
    return Demand::kDigest;
  };
  acs.start();
  auto cpe = acs.connect();

  EXPECT_EQ(cpe.post(inform_text()).status, 200U);

  EXPECT_FALSE(acs.handler.begun.take()->waived);
  EXPECT_FALSE(looked);
}

// quirk 35: where the model matters, the Inform of the first POST tells it.
TEST_F(CwmpServerAuth, AsksForNothingOfTheModelThatIsLetInAndChallengesTheOthers) {
  acs.handler.demand = [](const std::string&,
                          const cwmp::DeviceId* claimed) -> std::optional<Demand> {
    if (claimed == nullptr) return std::nullopt;
    return claimed->serial_number == "S1" ? Demand::kNone : Demand::kDefault;
  };
  acs.start();
  auto cpe = acs.connect();
  EXPECT_EQ(cpe.post("").status, 401U) << "an empty POST says nothing of the model";
  EXPECT_EQ(cpe.post("<not-soap/>").status, 401U);
  auto other = acs.connect();
  EXPECT_EQ(other.post(inform_text("S2")).status, 401U);

  auto mine = acs.connect();
  const auto informed = mine.post(inform_text("S1"));

  EXPECT_EQ(informed.status, 200U);
  EXPECT_EQ(mine.post("", cookie_field(informed)).status, 204U);
}

TEST_F(CwmpServerAuth, AsksForTheSchemeThatTheNetworkNeeds) {  // quirk 35
  Demand demand = Demand::kBasic;
  acs.handler.demand = [&demand](const std::string&, const cwmp::DeviceId*) { return demand; };
  acs.start();
  auto cpe = acs.connect();
  EXPECT_THAT(cpe.post(inform_text()).fields("WWW-Authenticate"),
              testing::ElementsAre(StartsWith("Basic ")));
  EXPECT_EQ(cpe.post(inform_text(), "Authorization: Basic Y3BlOnNlY3JldA==\r\n").status, 200U);

  demand = Demand::kDigest;
  auto another = acs.connect();
  const auto challenged = another.post(inform_text());
  EXPECT_THAT(challenged.fields("WWW-Authenticate"), testing::ElementsAre(StartsWith("Digest ")));
  EXPECT_EQ(another.post(inform_text(), digest.authorize(challenged)).status, 200U);
}

TEST_F(CwmpServerAuth, DoesNotTakeAnAnswerTwiceThoughAnotherModelIsClaimed) {
  acs.handler.demand = [](const std::string&,
                          const cwmp::DeviceId* claimed) -> std::optional<Demand> {
    if (claimed == nullptr) return std::nullopt;
    return claimed->serial_number == "S1" ? Demand::kDefault : Demand::kDigest;
  };
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text("S1"));
  const auto authorization = digest.authorize(challenged);
  ASSERT_EQ(cpe.post(inform_text("S1"), authorization).status, 200U);
  auto thief = acs.connect();

  EXPECT_EQ(thief.post(inform_text("S2"), authorization).status, 401U);
}

// quirk 38: computed with the uri that came, and told to the operator.
TEST_F(CwmpServerAuth, TellsOfDigestCredentialsForAnotherUri) {
  acs.start();
  auto cpe = acs.connect();
  const auto challenged = cpe.post(inform_text());
  digest.uri = "http://acs.example/another/path";
  const auto informed = cpe.post(inform_text(), digest.authorize(challenged));
  ASSERT_EQ(informed.status, 200U);

  cpe.post("", cookie_field(informed));

  EXPECT_TRUE(acs.observer.sessions.take()->deviations.has(cwmp::DeviationKind::kDigestUri));
}

}  // namespace
