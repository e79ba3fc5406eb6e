// From facts to checks: what is good, what is worth a look, what has failed, and what to do.
#include "bridge/diagnosis.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "bridge/config.h"
#include "bridge/diagnosis_facts.h"
#include "tests/bridge/store/store_fixture.h"
#include "tests/support/test_ca.h"

namespace bridge {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Result = Check::Result;

constexpr std::int64_t kNowMs = 1'800'000'000'000;
constexpr std::int64_t kNow = kNowMs / 1000;
constexpr std::int64_t kDay = 86'400;

auto is(Result result) { return Field("result", &Check::result, result); }
auto of(const std::string& subject) { return Field("subject", &Check::subject, subject); }
auto sees(const std::string& text) { return Field("seen", &Check::seen, HasSubstr(text)); }
auto advises(const std::string& text) { return Field("advice", &Check::advice, HasSubstr(text)); }
auto no_advice() { return Field("advice", &Check::advice, IsEmpty()); }

BrokerFacts connected() {
  BrokerFacts facts;
  facts.host = "broker";
  facts.port = 1883;
  facts.version = "5.0";
  facts.standing = 2;
  facts.wanted = 2;
  facts.since_ms = kNowMs - 1000;
  facts.topics = {{"usp/v1/agent/+", true, false}};
  return facts;
}

TEST(DiagnosisBroker, IsGoodWhereItStandsAndTheTopicsAreGranted) {
  EXPECT_THAT(check_broker(connected(), kNowMs),
              ElementsAre(AllOf(of("broker:1883"), is(Result::kOk),
                                sees("2 connections since 2027-01-15T07:59:59Z; MQTT 5.0, without"),
                                no_advice()),
                          AllOf(of("usp/v1/agent/+"), is(Result::kOk), no_advice())));
}

TEST(DiagnosisBroker, FailsWhereThereIsNoConnectionAndSaysWhy) {
  BrokerFacts facts = connected();
  facts.standing = 0;
  facts.topics.clear();
  facts.trouble = "Connection refused";
  EXPECT_THAT(check_broker(facts, kNowMs),
              ElementsAre(AllOf(is(Result::kFailed), sees("not connected: Connection refused"),
                                advises("runs and listens at broker:1883"))));
  facts.reason_code = 0x86;
  EXPECT_THAT(check_broker(facts, kNowMs),
              ElementsAre(AllOf(sees("(reason code 134)"), advises("mqtt.username"))));
  facts.reason_code = 0;
  facts.tls = true;
  EXPECT_THAT(check_broker(facts, kNowMs), ElementsAre(advises("mqtt.tls.ca")));
}

TEST(DiagnosisBroker, MissesConnectionsThatAreWanted) {
  BrokerFacts facts = connected();
  facts.standing = 1;
  facts.trouble_ms = kNowMs - 180'000;
  facts.trouble = "lost";
  EXPECT_THAT(check_broker(facts, kNowMs),
              Contains(AllOf(is(Result::kWarning), sees("2 are wanted; 3 minutes ago: lost"))));
}

TEST(DiagnosisBroker, NobodyHasToConnectBeforeThereIsAnAgent) {
  BrokerFacts facts = connected();
  facts.standing = 0;
  facts.one_each = facts.idle = true;
  facts.topics.clear();
  EXPECT_THAT(check_broker(facts, kNowMs), ElementsAre(is(Result::kOk)));
}

TEST(DiagnosisTopics, FailWhereTheBrokerRefusesThem) {
  BrokerFacts facts = connected();
  facts.username = "bridge";
  facts.topics = {{"a", false, true}, {"b", false, false}};
  EXPECT_THAT(check_broker(facts, kNowMs),
              ElementsAre(is(Result::kOk), AllOf(of("a"), is(Result::kFailed), advises("bridge")),
                          AllOf(of("b"), is(Result::kWarning))));
}

TEST(DiagnosisOutbox, WarnsOfWhatIsOldAndOfControllersThatDoNotAnswer) {
  EXPECT_THAT(check_outbox({}, kNowMs), ElementsAre(AllOf(is(Result::kOk), sees("nothing"))));
  OutboxFacts facts;
  facts.waiting = 3;
  facts.oldest_ms = kNowMs - 4 * 60'000;
  EXPECT_THAT(check_outbox(facts, kNowMs), ElementsAre(is(Result::kOk)));
  facts.oldest_ms = kNowMs - 6 * 60'000;
  facts.unanswered = {{"self::ctl", 2, facts.oldest_ms}, {"self::new", 1, kNowMs}};
  EXPECT_THAT(check_outbox(facts, kNowMs),
              ElementsAre(AllOf(is(Result::kWarning), sees("3 notifications wait")),
                          AllOf(of("self::ctl"), is(Result::kWarning), advises("NotifyResponse")),
                          AllOf(of("self::new"), is(Result::kOk), no_advice())));
}

CertificateFacts certificate(std::int64_t begins_s, std::int64_t ends_s) {
  CertificateFacts facts;
  facts.setting = "grpc.tls";
  facts.file = "c.pem";
  facts.chain = {{"CN=x", begins_s, ends_s}};
  return facts;
}

TEST(DiagnosisCertificates, ExpireAndAreNotYetValid) {
  const auto judged = [](std::int64_t begins_s, std::int64_t ends_s) {
    return check_certificate(certificate(begins_s, ends_s), kNow);
  };
  EXPECT_THAT(judged(kNow, kNow + 31 * kDay), ElementsAre(AllOf(is(Result::kOk), no_advice())));
  EXPECT_THAT(judged(kNow, kNow + 30 * kDay), ElementsAre(is(Result::kOk)));
  EXPECT_THAT(judged(kNow, kNow + 30 * kDay - 1),
              ElementsAre(AllOf(is(Result::kWarning), sees("29 days"), advises("Renew"))));
  EXPECT_THAT(judged(kNow, kNow + 1), ElementsAre(is(Result::kWarning)));
  EXPECT_THAT(judged(kNow - kDay, kNow),
              ElementsAre(AllOf(is(Result::kFailed), sees("expired at 2027-01-15T08:00:00Z"))));
  EXPECT_THAT(judged(kNow + 1, kNow + 40 * kDay),
              ElementsAre(AllOf(is(Result::kFailed), sees("not valid before"))));
}

TEST(DiagnosisCertificates, TheWorstOfAChainCounts) {
  CertificateFacts facts = certificate(kNow - kDay, kNow + 400 * kDay);
  facts.chain.push_back({"CN=intermediate", kNow - kDay, kNow + kDay});
  EXPECT_THAT(check_certificate(facts, kNow),
              ElementsAre(AllOf(is(Result::kWarning), sees("CN=intermediate"))));
  facts.chain.push_back({"CN=old", kNow - 2 * kDay, kNow - kDay});
  EXPECT_THAT(check_certificate(facts, kNow),
              ElementsAre(AllOf(is(Result::kFailed), sees("CN=old expired"))));
}

TEST(DiagnosisCertificates, OfAListOneThatExpiredIsWorthALook) {
  CertificateFacts facts = certificate(kNow - 2 * kDay, kNow - kDay);
  facts.list = true;
  EXPECT_THAT(check_certificate(facts, kNow), ElementsAre(is(Result::kFailed))) << "of one";
  facts.chain.push_back({"CN=good", kNow - kDay, kNow + 400 * kDay});
  EXPECT_THAT(check_certificate(facts, kNow),
              ElementsAre(AllOf(is(Result::kWarning), sees("CN=x expired"), advises("that CA"))));
}

/// PEM files, as the configuration names them.
struct DiagnosisFiles : testing::Test {
  std::string write(const std::string& name, const std::string& text) const {
    const std::string file = (directory.path() / name).string();
    std::ofstream(file) << text;
    return file;
  }
  Checks checks() const {
    Checks out;
    for (const CertificateFacts& each : read_certificates(config)) {
      for (Check& check : check_certificate(each, std::time(nullptr))) out.push_back(check);
    }
    return out;
  }

  TemporaryDirectory directory;
  support::TestCa ca{"Root"};
  Config config;
};

TEST_F(DiagnosisFiles, AreNoneWhereNoneAreNamed) { EXPECT_THAT(checks(), IsEmpty()); }

TEST_F(DiagnosisFiles, AreReadWithTheirKeys) {
  support::TestCa::Wanted wanted;
  wanted.common_name = "bridge.example";
  wanted.not_after_s = std::time(nullptr) + 90 * kDay;
  const support::Issued good = ca.issue(wanted);
  config.grpc.tls.certificate = write("c.pem", good.certificate + ca.certificate());
  config.grpc.tls.key = write("k.pem", good.key);
  EXPECT_THAT(read_certificates(config).at(0).chain, SizeIs(2));
  EXPECT_THAT(read_certificates(config).at(0).chain.at(0).subject, HasSubstr("bridge.example"));
  EXPECT_THAT(checks(), Contains(AllOf(of("grpc.tls key"), is(Result::kOk), sees("fits"))));

  config.grpc.tls.key = write("other.pem", ca.issue(wanted).key);
  EXPECT_THAT(checks(),
              Contains(AllOf(of("grpc.tls key"), is(Result::kFailed), sees("is not the key of"))));
  config.grpc.tls.key = write("none.pem", "no key");
  EXPECT_THAT(checks(),
              Contains(AllOf(of("grpc.tls key"), is(Result::kFailed), sees("has no private key"))));
}

TEST_F(DiagnosisFiles, OfEveryPlaceThatNamesThem) {
  config.cwmp.tls.main = {"1", "2"};
  config.cwmp.tls.more = {{"3", "4"}};
  config.cwmp.tls.client_ca = "5";
  config.cwmp.listeners.resize(1);
  config.cwmp.listeners[0].tls.main = {"6", "7"};
  config.cwmp.xmpp.enabled = true;
  config.cwmp.xmpp.ca = "8";
  config.grpc.tls = {"9", "10", "11"};
  config.mqtt.tls.enabled = true;
  config.mqtt.tls.ca = "12";
  config.mqtt.tls.certificate = "13";
  config.mqtt.tls.key = "14";
  config.signatures.trusted_ca = {"15"};
  config.signatures.agent_ca = {"16", "17"};
  EXPECT_THAT(checks(), SizeIs(17));
  EXPECT_THAT(checks(), Each(AllOf(is(Result::kFailed), sees("No such file"))));
}

TEST(DiagnosisStorage, WantsRoomAndAQuickDisk) {
  StorageFacts facts;
  facts.directory = "/store";
  facts.free_bytes = 50ULL << 30;
  facts.total_bytes = 100ULL << 30;
  EXPECT_THAT(check_storage(facts), Each(AllOf(is(Result::kOk), no_advice())));

  facts.free_bytes = 4ULL << 30;
  EXPECT_THAT(check_storage(facts), Contains(AllOf(of("free space"), is(Result::kWarning),
                                                   sees("(4 %)"), advises("Make room"))));
  facts.total_bytes = 10ULL << 30;
  facts.free_bytes = (1ULL << 30) - 1;
  EXPECT_THAT(check_storage(facts), Contains(AllOf(of("free space"), is(Result::kWarning))));

  facts.commit_us = 1'500'000;
  EXPECT_THAT(check_storage(facts),
              Contains(AllOf(of("commit"), is(Result::kWarning), sees("1500 ms"))));
  facts.commit_error = "disk full";
  EXPECT_THAT(check_storage(facts),
              Contains(AllOf(of("commit"), is(Result::kFailed), sees("disk full"))));
  facts.state_wal_bytes = 2ULL << 30;
  EXPECT_THAT(check_storage(facts), Contains(AllOf(of("files"), is(Result::kWarning))));
}

TEST(DiagnosisClock, IsSetAndSynchronised) {
  EXPECT_THAT(check_clock({kNow, true}), ElementsAre(AllOf(is(Result::kOk), no_advice())));
  EXPECT_THAT(check_clock({kNow, std::nullopt}), ElementsAre(is(Result::kOk)));
  EXPECT_THAT(check_clock({kNow, false}),
              ElementsAre(AllOf(is(Result::kWarning), advises("timedatectl"))));
  EXPECT_THAT(check_clock({1000, true}), ElementsAre(is(Result::kFailed)));
}

TEST(DiagnosisAcs, CountsSessionsAgainstTheLimit) {
  const auto with = [](std::size_t sessions) {
    return check_acs({{{"0.0.0.0:7547", true, sessions, 100}}, std::nullopt});
  };
  EXPECT_THAT(with(79), ElementsAre(AllOf(is(Result::kOk), sees("HTTPS, 79 of 100 sessions"))));
  EXPECT_THAT(with(80), ElementsAre(is(Result::kWarning)));
  EXPECT_THAT(with(100), ElementsAre(AllOf(is(Result::kFailed), advises("cwmp.limits"))));
  EXPECT_THAT(check_acs({{}, false}), ElementsAre(AllOf(of("cwmp.xmpp"), is(Result::kFailed))));
  EXPECT_THAT(check_acs({{}, true}), ElementsAre(is(Result::kOk)));
}

TEST(DiagnosisSettings, TakesOverWhatTheConfigurationWarnsOf) {
  EXPECT_THAT(check_settings({}), ElementsAre(is(Result::kOk)));
  EXPECT_THAT(check_settings({"cwmp.connection_request.allow is empty: no device is woken",
                              "cwmp.auth.shared: whoever knows"}),
              ElementsAre(AllOf(of("cwmp.connection_request.allow"), is(Result::kWarning),
                                advises("Add the networks")),
                          AllOf(of("cwmp.auth.shared"), no_advice())));
}

}  // namespace
}  // namespace bridge
