// Device.LocalAgent.Certificate. and what refers to it.
#include <gmock/gmock.h>

#include "tests/bridge/agent/agent_fixture.h"
#include "tests/support/test_ca.h"
#include "usp/certificate.h"
#include "usp/path.h"

namespace bridge {
namespace {

using namespace test;
using support::TestCa;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using usp::ErrorCode;

const std::string kCertificates = "Device.LocalAgent.Certificate.";
const std::string kCredentials = "Device.LocalAgent.ControllerTrust.Credential.";
const std::string kFirstRow = kFirst + ".";

class LocalCertificates : public testing::Test {
 protected:
  std::string get(const std::string& path) const {
    const usp::SplitPath parts = usp::split_path(path);
    return model.value(parts.object, parts.leaf, facts()).text;
  }
  template <class Fn>
  LocalCommit change(Fn work) {
    LocalTransaction transaction(model, {.controller = kFirst}, kNow);
    work(transaction);
    LocalCommit commit = transaction.commit();
    stored.take(commit);
    return commit;
  }
  usp::Result<std::string> add(const std::string& text, const std::string& alias = {}) {
    usp::Result<std::string> row;
    change([&](LocalTransaction& t) { row = t.add_certificate(alias, text); });
    return row;
  }
  void set(const std::string& object, const std::string& name, const std::string& value) {
    usp::StepResult result;
    change([&](LocalTransaction& t) { result = t.set(step(object, {required(name, value)})); });
    EXPECT_EQ(result.state, usp::StepResult::State::kDone) << result.text;
  }
  std::string add_credential(const std::string& certificate, const std::string& uses) {
    usp::StepResult result;
    change([&](LocalTransaction& t) {
      result =
          t.add(step(kCredentials, {required("Enable", "true"), required("Credential", certificate),
                                    required("AllowedUses", uses)}));
    });
    EXPECT_EQ(result.state, usp::StepResult::State::kDone) << result.text;
    return result.path;
  }

  std::shared_ptr<const LocalTemplate> base = local_template();
  LocalModel model{base, {}};
  Stored stored;
  TestCa ca{"Root"};
  std::string pem = usp::Certificate::from_pem(ca.certificate())->pem();
};

TEST_F(LocalCertificates, AnAddedOneSaysWhatItIsButNotItself) {
  ASSERT_EQ(add(ca.certificate(), "ours"), kCertificates + "1.");
  EXPECT_EQ(get(kCertificates + "1.Alias"), "ours");
  EXPECT_EQ(get(kCertificates + "1.Enable"), "true");
  EXPECT_EQ(get(kCertificates + "1.Issuer"), "CN=Root");
  EXPECT_EQ(get(kCertificates + "1.SerialNumber"),
            usp::Certificate::from_pem(pem)->serial_number());
  EXPECT_EQ(get("Device.LocalAgent.CertificateNumberOfEntries"), "1");
  EXPECT_EQ(model.value(kCertificates + "1.", "Certificate", facts()).state,
            usp::ValueState::kAbsent);
  std::vector<std::string> names;
  model.for_each_param(kCertificates + "1.", facts(),
                       [&](const usp::ParamView& each) { names.emplace_back(each.name); });
  EXPECT_THAT(names, ElementsAre("Alias", "Enable", "SerialNumber", "Issuer"));
  EXPECT_EQ(model.certificate_pem(kCertificates + "1."), pem);
  EXPECT_EQ(add(TestCa("Other").certificate()), kCertificates + "2.");
  EXPECT_EQ(get(kCertificates + "2.Alias"), "cpe-2");
}

TEST_F(LocalCertificates, SurviveARestartAsDifferences) {
  ASSERT_TRUE(add(ca.certificate()));
  const LocalModel again(base, stored.rows());
  EXPECT_EQ(again.certificate_pem(kCertificates + "1."), pem);
  change([&](LocalTransaction& t) { EXPECT_TRUE(t.remove_row(kCertificates + "1.")); });
  EXPECT_EQ(LocalModel(base, stored.rows()).certificate_pem(kCertificates + "1."), "");
  EXPECT_EQ(add(ca.certificate()), kCertificates + "2.") << "no number is used twice";
}

TEST_F(LocalCertificates, BadOnesLeaveNothingBehind) {
  const auto code = [this](const std::string& text, const std::string& alias = {}) {
    const auto row = add(text, alias);
    return row ? ErrorCode::kNone : row.error().code;
  };
  EXPECT_EQ(code(""), ErrorCode::kInvalidCommandArguments);
  EXPECT_EQ(code("no certificate"), ErrorCode::kInvalidCommandArguments);
  EXPECT_EQ(code(ca.certificate() + ca.certificate()), ErrorCode::kInvalidCommandArguments);
  EXPECT_EQ(code(ca.key()), ErrorCode::kInvalidCommandArguments);
  EXPECT_EQ(code(ca.certificate(), "1x"), ErrorCode::kInvalidCommandArguments);
  EXPECT_THAT(model.instances(kCertificates), IsEmpty());
  EXPECT_EQ(code(ca.certificate(), "a"), ErrorCode::kNone);
  EXPECT_EQ(code(ca.certificate(), "b"), ErrorCode::kCommandFailure) << "it is there already";
  EXPECT_EQ(code(TestCa("Other").certificate(), "a"), ErrorCode::kCommandFailure);
  EXPECT_THAT(model.instances(kCertificates), ElementsAre(1));
}

TEST_F(LocalCertificates, AreLimited) {
  for (int i = 0; i < 16; ++i) ASSERT_TRUE(add(TestCa("CA" + std::to_string(i)).certificate()));
  const auto one_more = add(ca.certificate());
  ASSERT_FALSE(one_more);
  EXPECT_EQ(one_more.error().code, ErrorCode::kResourcesExceeded);
}

TEST_F(LocalCertificates, ControllersAddAndDeleteRowsByCommandsOnly) {
  ASSERT_TRUE(add(ca.certificate()));
  change([&](LocalTransaction& t) {
    EXPECT_EQ(t.add(step(kCertificates)).code, ErrorCode::kNotCreatable);
    EXPECT_EQ(t.remove(step(kCertificates + "1.")).code, ErrorCode::kDeleteFailure);
    const auto hidden = t.set(step(kCertificates + "1.", {required("Certificate", "x")}));
    EXPECT_EQ(hidden.param_errors.at(0).code, ErrorCode::kUnsupportedParameter);
    const auto issuer = t.set(step(kCertificates + "1.", {required("Issuer", "x")}));
    EXPECT_EQ(issuer.param_errors.at(0).code, ErrorCode::kNotWriteable);
  });
}

TEST_F(LocalCertificates, ACredentialMakesOneTrustedWhileBothAreEnabled) {
  ASSERT_TRUE(add(ca.certificate()));
  EXPECT_TRUE(model.trust_of("self::first").empty()) << "nothing refers to it";
  const std::string row = add_credential(kCertificates + "1", "MTP-and-USP");
  EXPECT_THAT(model.trust_of("self::first").trusted, ElementsAre(pem));
  EXPECT_THAT(model.trust_of("self::nobody").trusted, ElementsAre(pem)) << "whoever it names";
  set(row, "Enable", "false");
  EXPECT_TRUE(model.trust_of("self::first").empty());
  set(row, "Enable", "true");
  set(kCertificates + "1.", "Enable", "false");
  EXPECT_TRUE(model.trust_of("self::first").empty());
}

TEST_F(LocalCertificates, ACredentialSaysWhatFor) {
  ASSERT_TRUE(add(ca.certificate()));
  const std::string row = add_credential(kCertificates + "1", "MTP-only");
  EXPECT_TRUE(model.trust_of("self::first").empty());
  set(row, "AllowedUses", "MTP-and-broker");
  EXPECT_TRUE(model.trust_of("self::first").empty());
  set(row, "AllowedUses", "MTP-and-USP");
  EXPECT_FALSE(model.trust_of("self::first").empty());
  change([&](LocalTransaction& t) {
    const auto wrong = t.set(step(row, {required("AllowedUses", "anything")}));
    EXPECT_EQ(wrong.param_errors.at(0).code, ErrorCode::kInvalidValue);
  });
}

TEST_F(LocalCertificates, ThatOfAControllersRowStandsForThatControllerAlone) {
  ASSERT_TRUE(add(ca.certificate()));
  set(kFirstRow, "Credential", kCertificates + "1");
  EXPECT_THAT(model.trust_of("self::first").own, ElementsAre(pem));
  EXPECT_TRUE(model.trust_of("self::second").empty());
}

TEST_F(LocalCertificates, ADeletedOneIsForgottenByWhatReferredToIt) {
  ASSERT_TRUE(add(ca.certificate()));
  const std::string row = add_credential(kCertificates + "1", "MTP-and-USP");
  set(kFirstRow, "Credential", kCertificates + "1.");
  change([&](LocalTransaction& t) { EXPECT_TRUE(t.remove_row(kCertificates + "1.")); });
  EXPECT_EQ(get(row + "Credential"), "");
  EXPECT_EQ(get(kFirstRow + "Credential"), "");
  EXPECT_TRUE(model.trust_of("self::first").empty());
}

TEST_F(LocalCertificates, TwoCredentialsAreNotOfOneCertificate) {
  ASSERT_TRUE(add(ca.certificate()));
  add_credential(kCertificates + "1", "MTP-and-USP");
  change([&](LocalTransaction& t) {
    const auto again = t.add(step(kCredentials, {required("Credential", kCertificates + "1")}));
    EXPECT_EQ(again.code, ErrorCode::kDuplicateKey);
  });
}

}  // namespace
}  // namespace bridge
