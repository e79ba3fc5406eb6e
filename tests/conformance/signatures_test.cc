// TP-469 2.7, 3.2 and 9.2: records that are believed by their signature.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/signed_world.h"

namespace conformance {
namespace {

using integration::kLong;
using testing::Contains;
using testing::IsEmpty;
using testing::Pair;
using usp_controller::failures_of;
using usp_controller::get;
using usp_controller::operate;
using usp_controller::values_of;

const std::string kId = "Device.LocalAgent.EndpointID";
const std::string kCertificates = "Device.LocalAgent.Certificate.";

class Signatures : public testing::Test, public integration::SignedWorld {
 protected:
  /// A Get to which nothing may come back.
  void ask_in_vain(usp_controller::Controller& from) {
    const auto sent = from.send(cpe->endpoint_id(), get({kId}), [](const usp_msg::Msg& answer) {
      ADD_FAILURE() << "answered: " << answer.ShortDebugString();
    });
    ASSERT_TRUE(sent) << sent.error();
  }
  std::string ask(usp_controller::Controller& from, const std::string& path) {
    const auto answer = from.request(cpe->endpoint_id(), get({path}), kLong);
    if (!answer) return "<" + answer.error() + ">";
    const auto values = values_of(*answer);
    return values.contains(path) ? values.at(path) : "<" + answer->ShortDebugString() + ">";
  }
};

TEST_F(Signatures, 2_7_ARecordWithAnInvalidSignatureIsIgnored) {
  const support::TestCa stranger("Controllers");
  support::TestCa::Wanted expired;
  expired.uri = "urn:bbf:usp:id:" + integration::kSignedId;
  expired.not_before_s -= 10'000;
  expired.not_after_s = std::time(nullptr) - 60;
  const auto wrong_key = controller(mixed(good(), good()), "a");
  const auto wrong_ca = controller(identity(stranger.issue_for(integration::kSignedId)), "b");
  const auto wrong_id = controller(identity(controllers.issue_for("self::other")), "c");
  const auto too_late = controller(identity(controllers.issue(expired)), "d");
  ask_in_vain(*wrong_key);
  ask_in_vain(*wrong_ca);
  ask_in_vain(*wrong_id);
  ask_in_vain(*too_late);
  EXPECT_TRUE(was_checked("bad signature"));
  EXPECT_TRUE(was_checked("certificate not trusted"));
  EXPECT_TRUE(was_checked("certificate of another endpoint"));
  EXPECT_TRUE(was_checked("certificate expired"));

  const auto right = controller(identity(good()), "e");
  EXPECT_EQ(ask(*right, kId), cpe->endpoint_id());
  // Another controller, believed by the broker, does not get through with a bad one either
  // (R-E2E.30).
  usp_controller::ControllerOptions options;
  options.id = "self::ctl";
  options.topic = "usp/v1/controller/ctl/x";
  options.identity = mixed(controllers.issue_for("self::ctl"), good());
  ask_in_vain(*world.connect(options));
  EXPECT_TRUE(was_checked("bad signature", 2));
  EXPECT_EQ(world.read(*cpe, kId), cpe->endpoint_id());
}

TEST_F(Signatures, 3_2_ARecordWhoseFieldsNothingProtectsIsIgnored) {
  const auto in_clear = controller(std::nullopt, "a");  // payload_security is PLAINTEXT
  ask_in_vain(*in_clear);
  EXPECT_TRUE(was_checked("unsigned"));
  EXPECT_EQ(ask(*controller(identity(good()), "b"), kId), cpe->endpoint_id());
}

TEST_F(Signatures, 9_2_AControllerIsKnownByAnAddedCertificate) {
  const support::TestCa self("Self-signed");
  const support::Issued fresh = self.issue({});  // names nobody
  const auto added = operate("Device.LocalAgent.AddCertificate()",
                             {{"Alias", "addedCert"}, {"Certificate", fresh.certificate}});
  const auto answer = world.ask(*cpe, added);
  EXPECT_THAT(failures_of(answer), IsEmpty());
  ASSERT_EQ(answer.header().msg_type(), usp_msg::Header::OPERATE_RESP);

  // It counts once something says whose it is.
  const auto with_fresh = controller(identity(fresh), "a");
  ask_in_vain(*with_fresh);
  EXPECT_TRUE(was_checked("certificate of another endpoint"));
  const std::string row =
      "Device.LocalAgent.Controller.[EndpointID==\"" + integration::kSignedId + "\"].";
  const auto referred =
      world.ask(*cpe, usp_controller::set({{row, {{"Credential", kCertificates + "1"}}}}));
  EXPECT_THAT(failures_of(referred), IsEmpty());

  const auto read = with_fresh->request(cpe->endpoint_id(), get({kCertificates}), kLong);
  ASSERT_TRUE(read) << read.error();
  EXPECT_THAT(values_of(*read), Contains(Pair(kCertificates + "1.Alias", "addedCert")));
  EXPECT_THAT(values_of(*read), Contains(Pair(kCertificates + "1.Enable", "true")));
}

}  // namespace
}  // namespace conformance
