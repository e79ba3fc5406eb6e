#include "bridge/control/bulk_change.h"

#include <gmock/gmock.h>

#include <string>

#include "bridge/control/errors.h"

namespace bridge::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using Answer = Result<std::optional<usp_msg::Msg>>;

v1::BulkChange set(std::initializer_list<const char*> paths) {
  v1::BulkChange change;
  change.mutable_set();
  for (const char* path : paths) {
    auto* parameter = change.mutable_set()->add_parameters();
    parameter->set_path(path);
    parameter->set_value("v");
  }
  return change;
}

v1::BulkChange deletion() {
  v1::BulkChange change;
  change.mutable_delete_()->set_path("Device.NAT.PortMapping.1.");
  return change;
}

TEST(BulkChange, RefusesWhatNoDeviceCouldDo) {
  v1::BulkChange change;
  EXPECT_THAT(check(change).error_message(), HasSubstr("change"));
  EXPECT_FALSE(check(set({})).ok());
  EXPECT_FALSE(check(set({"Device.X.Y", "SSID"})).ok());
  EXPECT_FALSE(check(set({"Device.X."})).ok());
  change.mutable_add();
  EXPECT_FALSE(check(change).ok());
  change.mutable_delete_();
  EXPECT_FALSE(check(change).ok());
  change.mutable_refresh();
  EXPECT_FALSE(check(change).ok());
  change.mutable_command()->set_command("Device.Reboot");
  EXPECT_FALSE(check(change).ok());
  change.mutable_command()->set_command("Device.Reboot()");
  EXPECT_TRUE(check(change).ok());
  EXPECT_TRUE(check(set({"Device.X.Y"})).ok());
}

TEST(BulkChange, ASetIsOneUpdateForEachObject) {
  const auto request = to_request(set({"Device.A.1.X", "Device.B.Y", "Device.A.1.Z"}));
  ASSERT_TRUE(request);
  const auto& objects = request->body().request().set().update_objs();
  ASSERT_EQ(objects.size(), 2);
  EXPECT_EQ(objects[0].obj_path(), "Device.A.1.");
  EXPECT_EQ(objects[0].param_settings_size(), 2);
  EXPECT_TRUE(objects[0].param_settings(1).required());
  EXPECT_EQ(objects[1].obj_path(), "Device.B.");
}

TEST(BulkChange, ShowsNoSecrets) {
  EXPECT_EQ(shown(set({"Device.A.KeyPassphrase"})).set().parameters(0).value(), "");
  EXPECT_EQ(shown(set({"Device.A.SSID"})).set().parameters(0).value(), "v");
  v1::BulkChange command;
  (*command.mutable_command()->mutable_input())["Password"] = "p";
  (*command.mutable_command()->mutable_input())["URL"] = "u";
  const v1::BulkChange out = shown(command);
  EXPECT_EQ(out.command().input().at("Password"), "");
  EXPECT_EQ(out.command().input().at("URL"), "u");
}

TEST(BulkChange, OnlyAddsAndCommandsMustNotBeDoneTwice) {
  v1::BulkChange change;
  change.mutable_add();
  EXPECT_FALSE(is_repeatable(change));
  change.mutable_command();
  EXPECT_FALSE(is_repeatable(change));
  change.mutable_refresh();
  EXPECT_TRUE(is_repeatable(change));
  EXPECT_TRUE(is_repeatable(set({"Device.X.Y"})));
  EXPECT_TRUE(is_repeatable(deletion()));
}

TEST(BulkChange, AnOutcomeIsThatOfACallForTheDeviceAlone) {
  const v1::BulkChange change = set({"Device.X.Y"});
  EXPECT_EQ(outcome_of(change, Answer(std::nullopt)).code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(outcome_of(change, Answer(tl::unexpected(Error{ErrorKind::kBusy, "x"}))).code,
            grpc::StatusCode::UNAVAILABLE);
  usp_msg::Msg answer;
  EXPECT_TRUE(outcome_of(change, Answer(answer)).good());
  answer.mutable_body()->mutable_error()->set_err_code(7010);
  answer.mutable_body()->mutable_error()->set_err_msg("no such parameter");
  const BulkOutcome refused = outcome_of(change, Answer(answer));
  EXPECT_EQ(refused.code, to_status(answer.body().error()).error_code());
  EXPECT_EQ(refused.result.error().usp_code(), 7010U);
  EXPECT_FALSE(refused.good());
}

TEST(BulkChange, SaysWhichRowWasAdded) {
  v1::BulkChange change;
  change.mutable_add()->set_table("Device.NAT.PortMapping.");
  usp_msg::Msg answer;
  auto* created =
      answer.mutable_body()->mutable_response()->mutable_add_resp()->add_created_obj_results();
  created->mutable_oper_status()->mutable_oper_success()->set_instantiated_path("Device.X.3.");
  EXPECT_EQ(outcome_of(change, Answer(answer)).result.path(), "Device.X.3.");
}

TEST(BulkChange, DeletingWhatIsNotThereFails) {
  usp_msg::Msg answer;
  auto* deleted =
      answer.mutable_body()->mutable_response()->mutable_delete_resp()->add_deleted_obj_results();
  auto* success = deleted->mutable_oper_status()->mutable_oper_success();
  EXPECT_EQ(outcome_of(deletion(), Answer(answer)).code, grpc::StatusCode::NOT_FOUND);
  success->add_affected_paths("Device.NAT.PortMapping.1.");
  EXPECT_TRUE(outcome_of(deletion(), Answer(answer)).good());
}

TEST(BulkChange, ACommandEndsAsItsOperation) {
  OperationInfo info;
  info.state = OperationState::kSucceeded;
  info.output["Status"] = "Complete";
  EXPECT_TRUE(outcome_of(info).good());
  const BulkOutcome done = outcome_of(info);
  EXPECT_EQ(done.result.output().at("Status"), "Complete");
  info.state = OperationState::kCancelled;
  EXPECT_EQ(outcome_of(info).code, grpc::StatusCode::CANCELLED);
  info.state = OperationState::kFailed;
  EXPECT_FALSE(outcome_of(info).good()) << "failed, and nobody says why";
  info.error_code = 7801;
  EXPECT_EQ(outcome_of(info).code, to_status_code(7801));
  EXPECT_EQ(outcome_of(Backend::Refused{0, ""}).code, grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(outcome_of(Backend::Refused{7005, "full"}).code, to_status_code(7005));
  EXPECT_TRUE(unknown_outcome().unknown);
  EXPECT_FALSE(unknown_outcome().good());
}

}  // namespace
}  // namespace bridge::control
