// Controllers that are believed by their signature, and agents that sign what they send.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/signed_world.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using usp_controller::failures_of;
using usp_controller::get;
using usp_controller::operate;
using usp_controller::values_of;

const std::string kId = "Device.LocalAgent.EndpointID";
const std::string kCertificates = "Device.LocalAgent.Certificate.";
const std::string kCredentials = "Device.LocalAgent.ControllerTrust.Credential.";

class Signatures : public testing::Test, public SignedWorld {
 protected:
  std::string ask(usp_controller::Controller& from, const std::string& path,
                  std::chrono::milliseconds limit = kLong) {
    const auto answer = from.request(cpe->endpoint_id(), get({path}), limit);
    if (!answer) return "<" + answer.error() + ">";
    const auto values = values_of(*answer);
    return values.contains(path) ? values.at(path) : "<" + answer->ShortDebugString() + ">";
  }
  std::unique_ptr<usp_controller::Controller> strict(const support::Issued& issued,
                                                     const std::string& topic) {
    usp_controller::ControllerOptions options;
    options.id = kSignedId;
    options.topic = topic;
    options.identity = identity(issued);
    options.trusted = agents_ca();
    options.session_context = session_context;
    return world.connect(std::move(options));
  }
  std::vector<std::string> failures(usp_msg::Msg request) {
    return failures_of(world.ask(*cpe, std::move(request)));
  }
  void add_certificate(const std::string& pem) {
    EXPECT_THAT(failures(operate("Device.LocalAgent.AddCertificate()", {{"Certificate", pem}})),
                IsEmpty());
  }
  bool session_context = false;
};

// R-E2E.29: answers, notifications and Connect records; the controller passes over all others.
TEST_F(Signatures, EveryRecordOfAnAgentIsSignedForWhoWantsThat) {
  const auto controller = strict(good(), kSignedTopic);
  EXPECT_EQ(ask(*controller, kId), cpe->endpoint_id());
  const auto onboard = controller->wait_for_notify(
      [](const auto& each) { return each.notify.has_on_board_req(); }, kLong);
  EXPECT_TRUE(onboard) << "repeated until it is confirmed";
  EXPECT_EQ(controller->untrusted(), 0U);
  EXPECT_THAT(world.metrics(), HasSubstr("usp_bridge_unsigned_records_total 0\n"));
}

TEST_F(Signatures, RecordsOfASessionContextAreSignedEachAndKeepToTheirSize) {
  const std::string session = "Device.LocalAgent.Controller.2.E2ESession.";
  EXPECT_THAT(failures(usp_controller::set({{session, {{"MaxUSPRecordSize", "4096"}}}})),
              IsEmpty());
  session_context = true;
  const auto controller = strict(good(), kSignedTopic + "/s");
  const auto answer = controller->request(cpe->endpoint_id(), get({"Device."}), kLong);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_GT(answer->ByteSizeLong(), 4096U) << "else nothing was segmented";
  EXPECT_EQ(controller->untrusted(), 0U);
}

TEST_F(Signatures, TheToolSignsAndChecks) {
  const support::Issued mine = good();
  std::vector<std::string> arguments{"-p",          std::to_string(world.broker().port()),
                                     "--id",        kSignedId,
                                     "--topic",     kSignedTopic + "/tool",
                                     "-a",          cpe->endpoint_id(),
                                     "--sign-cert", file("mine.pem", mine.certificate),
                                     "--sign-key",  file("mine.key", mine.key),
                                     "--trust-ca",  directory.file("agents.pem"),
                                     "get",         kId};
  support::Process tool(USP_CONTROLLER, arguments);
  EXPECT_EQ(tool.wait_for_exit(), 0) << tool.output();
  EXPECT_THAT(tool.output(), HasSubstr(cpe->endpoint_id()));
}

TEST_F(Signatures, ATrustedCaThatChangesIsReadAgain) {
  const support::TestCa next("Next");
  const auto later = controller(identity(next.issue_for(kSignedId)), "a");
  const auto sent =
      later->send(cpe->endpoint_id(), get({kId}), [](const auto&) { ADD_FAILURE() << "answered"; });
  ASSERT_TRUE(sent);
  EXPECT_TRUE(was_checked("certificate not trusted"));
  file("controllers.pem", next.certificate());
  world.bridge().signal(SIGHUP);
  ASSERT_TRUE(world.bridge().wait_for_text("certificates read again"));
  EXPECT_EQ(ask(*later, kId), cpe->endpoint_id());
}

TEST_F(Signatures, ACaThatAnAgentWasGivenIsTrustedByThatAgentUntilItIsDeleted) {
  const support::TestCa extra("Extra");
  const auto other = controller(identity(extra.issue_for(kSignedId)), "a");
  add_certificate(extra.certificate());
  EXPECT_THAT(failures(usp_controller::add({{kCredentials,
                                             {{"Enable", "true"},
                                              {"Credential", kCertificates + "1"},
                                              {"AllowedUses", "MTP-and-USP"}}}})),
              IsEmpty());
  EXPECT_EQ(ask(*other, kId), cpe->endpoint_id());

  world.kill_bridge();  // it is stored
  world.start_bridge();
  EXPECT_EQ(world.read(*cpe, kCertificates + "1.Issuer"), "CN=Extra");
  EXPECT_EQ(ask(*other, kId), cpe->endpoint_id());

  EXPECT_THAT(failures(operate(kCertificates + "1.Delete()", {})), IsEmpty());
  EXPECT_EQ(world.read(*cpe, kCredentials + "1.Credential"), "");
  const auto sent =
      other->send(cpe->endpoint_id(), get({kId}), [](const auto&) { ADD_FAILURE() << "answered"; });
  ASSERT_TRUE(sent);
  EXPECT_TRUE(was_checked("certificate not trusted"));
}

TEST_F(Signatures, CommandsOnCertificatesSayWhatWasWrong) {
  const auto code = [this](const std::string& command,
                           const std::map<std::string, std::string>& input) -> std::uint32_t {
    const auto answer = world.ask(*cpe, operate(command, input));
    if (answer.body().has_error()) return answer.body().error().err_code();
    const auto& results = answer.body().response().operate_resp().operation_results();
    return results.empty() ? 0 : results[0].cmd_failure().err_code();
  };
  const std::string add = "Device.LocalAgent.AddCertificate()";
  EXPECT_EQ(code(add, {}), 7027U) << "mandatory";
  EXPECT_EQ(code(add, {{"Certificate", "none"}}), 7027U);
  EXPECT_EQ(code(add, {{"Certificate", controllers.certificate()}, {"Alias", "a"}}), 0U);
  EXPECT_EQ(code(add, {{"Certificate", controllers.certificate()}}), 7022U) << "twice";
  EXPECT_EQ(code(kCertificates + "1.GetFingerprint()", {{"FingerprintAlgorithm", "MD5"}}), 7027U);
  EXPECT_EQ(code(kCertificates + "7.Delete()", {}), 7016U);
  EXPECT_EQ(code(kCertificates + "1.Delete()", {}), 0U);
  EXPECT_EQ(world.read(*cpe, "Device.LocalAgent.CertificateNumberOfEntries"), "0");
}

TEST_F(Signatures, AControllersOwnCertificateAndItsFingerprint) {
  const support::TestCa self("Self");
  const support::Issued fresh = self.issue_for(kSignedId);
  const auto mine = controller(identity(fresh), "a");
  EXPECT_THAT(failures(operate("Device.LocalAgent.Controller.2.AddMyCertificate()",
                               {{"Alias", "mine"}, {"Certificate", fresh.certificate}})),
              IsEmpty());
  EXPECT_EQ(world.read(*cpe, "Device.LocalAgent.Controller.2.Credential"), kCertificates + "1");
  EXPECT_EQ(ask(*mine, kId), cpe->endpoint_id());
  const auto answer = mine->request(
      cpe->endpoint_id(),
      operate(kCertificates + "1.GetFingerprint()", {{"FingerprintAlgorithm", "SHA-256"}}), kLong);
  ASSERT_TRUE(answer) << answer.error();
  const auto& output = answer->body().response().operate_resp().operation_results(0);
  EXPECT_EQ(output.req_output_args().output_args().at("Fingerprint"),
            usp::Certificate::from_pem(fresh.certificate)->fingerprint("SHA-256"));
}

}  // namespace
}  // namespace integration
