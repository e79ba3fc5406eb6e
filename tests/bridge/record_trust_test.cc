#include "bridge/record_trust.h"

#include <gmock/gmock.h>

#include <ctime>
#include <fstream>

#include "proto/usp/usp_record.pb.h"
#include "tests/support/process.h"
#include "tests/support/test_ca.h"
#include "usp/record.h"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using support::TestCa;
using testing::HasSubstr;
using usp::SignatureFault;

const std::string kAgent = "ops::00D09E-Box-1";
const std::int64_t kNow = std::time(nullptr);

class RecordTrustTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& text) {
    std::ofstream(directory_.file(name)) << text;
    return directory_.file(name);
  }
  /// Of an agent: agents trust the same way as controllers here.
  static std::string record(const std::string& from) {
    return usp::encode_message(from, "self::ctl", {});
  }
  static std::string signed_by(const TestCa& ca, const std::string& from) {
    const auto issued = ca.issue_for(from);
    return usp::SigningIdentity::from_pem(issued.certificate, issued.key)->sign(record(from));
  }
  static std::string chain_of(const std::string& bytes) {
    usp_record::Record parsed;
    parsed.ParseFromString(bytes);
    return parsed.sender_cert();
  }

  support::TemporaryDirectory directory_;
  TestCa ca_{"First"};
  TestCa other_{"Second"};
  SignatureConfig config_;
};

TEST_F(RecordTrustTest, BelievesTheCasOfAllFiles) {
  config_.trusted_ca = {file("a.pem", "# ours\n" + ca_.certificate())};
  const RecordTrust one(config_);
  EXPECT_EQ(one.check(signed_by(ca_, "self::ctl"), kNow), SignatureFault::kNone);
  EXPECT_EQ(one.check(signed_by(other_, "self::ctl"), kNow), SignatureFault::kUntrusted);
  config_.trusted_ca = {file("both.pem", ca_.certificate() + other_.certificate())};
  const RecordTrust both(config_);
  EXPECT_EQ(both.check(signed_by(other_, "self::ctl"), kNow), SignatureFault::kNone);
}

TEST_F(RecordTrustTest, WithoutFilesBelievesAndSignsNothing) {
  RecordTrust none(config_);
  EXPECT_EQ(none.check(signed_by(ca_, "self::ctl"), kNow), SignatureFault::kUntrusted);
  EXPECT_EQ(none.sign(kAgent, record(kAgent), kNow), std::nullopt);
  EXPECT_EQ(none.overhead_bytes(), 0U);
}

TEST_F(RecordTrustTest, NamesTheFileThatCannotBeUsed) {
  const auto mistake = [this] {
    try {
      const RecordTrust trust(config_);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  config_.trusted_ca = {directory_.file("missing.pem")};
  EXPECT_THAT(mistake(), HasSubstr("missing.pem: cannot be read"));
  config_.trusted_ca = {file("bad.pem", "no certificate")};
  EXPECT_THAT(mistake(), HasSubstr("bad.pem: no PEM certificate"));
  config_.trusted_ca = {file("large.pem", std::string((1 << 20) + 1, ' '))};
  EXPECT_THAT(mistake(), HasSubstr("above 1 MiB"));
  config_.trusted_ca = {};
  config_.agent_ca = {file("ca.pem", ca_.certificate()), file("ca.key", other_.key())};
  EXPECT_THAT(mistake(), HasSubstr("ca.pem: the key is not the certificate's"));
}

TEST_F(RecordTrustTest, TakesNewFilesOnReloadAndKeepsTheOldOnesWhereTheyAreBad) {
  config_.trusted_ca = {file("a.pem", ca_.certificate())};
  config_.agent_ca = {file("ca.pem", ca_.certificate()), file("ca.key", ca_.key())};
  RecordTrust trust(config_);
  const std::string before = *trust.sign(kAgent, record(kAgent), kNow);
  EXPECT_EQ(trust.check(before, kNow), SignatureFault::kNone);
  file("a.pem", "broken");
  EXPECT_FALSE(trust.reload());
  EXPECT_EQ(trust.check(before, kNow), SignatureFault::kNone);
  file("a.pem", other_.certificate());
  file("ca.pem", other_.certificate());
  file("ca.key", other_.key());
  EXPECT_TRUE(trust.reload());
  EXPECT_EQ(trust.check(before, kNow), SignatureFault::kUntrusted);
  EXPECT_EQ(trust.check(*trust.sign(kAgent, record(kAgent), kNow), kNow), SignatureFault::kNone);
}

TEST_F(RecordTrustTest, EachAgentSignsAsItselfAndKeepsItsCertificateForAWhile) {
  config_.trusted_ca = {file("a.pem", ca_.certificate())};
  config_.agent_ca = {config_.trusted_ca[0], file("ca.key", ca_.key())};
  config_.agent_certificate_lifetime = 3h;
  config_.agent_certificates = 2;
  RecordTrust trust(config_);
  const auto chain = [&](const std::string& agent, std::int64_t now) {
    const auto bytes = trust.sign(agent, record(agent), now);
    EXPECT_TRUE(bytes);
    EXPECT_EQ(trust.check(*bytes, now), SignatureFault::kNone) << agent;
    EXPECT_LE(bytes->size(), record(agent).size() + trust.overhead_bytes());
    return chain_of(*bytes);
  };
  const std::string first = chain("os::1-1", kNow);
  EXPECT_NE(chain("os::1-2", kNow), first);
  EXPECT_EQ(chain("os::1-1", kNow + 7199), first);
  EXPECT_NE(chain("os::1-1", kNow + 7200), first) << "renewed before it ends";
  // Bounded: the one that was silent longest goes.
  const std::string second = chain("os::1-2", kNow);
  chain("os::1-3", kNow);
  EXPECT_EQ(trust.identities(), 2U);
  EXPECT_EQ(chain("os::1-2", kNow), second);
}

TEST_F(RecordTrustTest, ACaThatIsNoLongerValidSignsNothing) {
  config_.agent_ca = {file("ca.pem", ca_.certificate()), file("ca.key", ca_.key())};
  RecordTrust trust(config_);
  EXPECT_EQ(trust.sign(kAgent, record(kAgent), kNow + 365LL * 86'400), std::nullopt);
  EXPECT_TRUE(trust.sign(kAgent, record(kAgent), kNow));
}

TEST(LogPace, LetsOneASecondThroughAndCountsTheOthers) {
  LogPace pace;
  const auto start = std::chrono::steady_clock::time_point{} + 1000h;
  EXPECT_EQ(pace.take(start), 0U);
  EXPECT_EQ(pace.take(start), std::nullopt);
  EXPECT_EQ(pace.take(start + 999ms), std::nullopt);
  EXPECT_EQ(pace.take(start + 1s), 2U);
  EXPECT_EQ(pace.take(start + 5s), 0U);
}

}  // namespace
}  // namespace bridge
