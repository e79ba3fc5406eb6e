#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* kOne = "Device.LocalAgent.Subscription.1.";
constexpr const char* kTwo = "Device.LocalAgent.Subscription.2.";
constexpr const char* kMissing = "Device.LocalAgent.Subscription.99.";
constexpr const char* kUnknown = "Device.LocalAgent.InvalidObject.";

std::string remove(bool allow_partial, const std::vector<std::string>& paths) {
  std::string text = std::string("delete { allow_partial: ") + (allow_partial ? "true" : "false");
  for (const std::string& path : paths) text += " obj_paths: '" + path + "'";
  return text + " }";
}

class UspDelete : public AgentTest {
 protected:
  usp_msg::DeleteResp resp(const std::string& text) { return response(text).delete_resp(); }
  bool exists(const std::string& path) { return model.has_object(path); }
};

class UspDeleteBothWays : public UspDelete, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(AllowPartial, UspDeleteBothWays, testing::Bool());

TEST_P(UspDeleteBothWays, RemovesARow) {  // 1.24
  const auto out = resp(remove(GetParam(), {kOne}));
  ASSERT_EQ(out.deleted_obj_results_size(), 1);
  EXPECT_EQ(out.deleted_obj_results(0).requested_path(), kOne);
  EXPECT_THAT(out.deleted_obj_results(0).oper_status().oper_success().affected_paths(),
              ElementsAre(kOne));
  EXPECT_FALSE(exists(kOne));
}

TEST_P(UspDeleteBothWays, IsContentWithAMissingRow) {  // 1.25, 1.29, 1.32, 1.90
  for (const char* path : {kMissing, "Device.LocalAgent.Subscription.[Alias==\"none\"].",
                           "Device.LocalAgent.Controller.99.BootParameter.1."}) {
    const auto out = resp(remove(GetParam(), {kOne, path}));
    ASSERT_EQ(out.deleted_obj_results_size(), 2) << path;
    const auto& status = out.deleted_obj_results(1).oper_status();
    ASSERT_TRUE(status.has_oper_success()) << path;
    EXPECT_EQ(status.oper_success().affected_paths_size(), 0);
  }
}

TEST_P(UspDeleteBothWays, RemovesEachRowOnce) {
  const auto out = resp(remove(GetParam(), {kOne, "Device.LocalAgent.Subscription.*."}));
  EXPECT_EQ(out.deleted_obj_results(0).oper_status().oper_success().affected_paths_size(), 1);
  EXPECT_EQ(out.deleted_obj_results(1).oper_status().oper_success().affected_paths_size(), 2);
}

TEST_F(UspDelete, DoesNotRemoveBelowWhatGoesAnyway) {
  Outcome outcome =
      handle(request(remove(false, {"Device.LocalAgent.Controller.1.",
                                    "Device.LocalAgent.Controller.*.BootParameter.*."})),
             model, access);
  EXPECT_EQ(std::get<Plan>(outcome).steps.size(), 1U);
}

TEST_F(UspDelete, FailsWholeForAnUnknownObject) {  // 1.26, 1.28
  const auto out = error(remove(false, {kOne, kUnknown}));
  EXPECT_EQ(out.err_code(), 7026U);
  ASSERT_EQ(out.param_errs_size(), 1);
  EXPECT_EQ(out.param_errs(0).param_path(), kUnknown);
  EXPECT_TRUE(exists(kOne));
}

TEST_F(UspDelete, RemovesTwoRows) {  // 1.27
  const auto out = resp(remove(false, {kOne, kTwo}));
  ASSERT_EQ(out.deleted_obj_results_size(), 2);
  EXPECT_THAT(out.deleted_obj_results(1).oper_status().oper_success().affected_paths(),
              ElementsAre(kTwo));
}

TEST_F(UspDelete, FailsOnePathOfTwo) {  // 1.30, 1.31
  const auto out = resp(remove(true, {kOne, kUnknown}));
  ASSERT_EQ(out.deleted_obj_results_size(), 2);
  EXPECT_TRUE(out.deleted_obj_results(0).oper_status().has_oper_success());
  EXPECT_EQ(out.deleted_obj_results(1).oper_status().oper_failure().err_code(), 7026U);
  EXPECT_FALSE(exists(kOne));
}

TEST_F(UspDelete, AnswersKeysByNumber) {  // 1.33
  const auto out = resp(remove(
      false, {"Device.LocalAgent.Controller.[EndpointID==\"self::controller-1\"&&Alias==\"cpe-1\"]."
              "BootParameter.2."}));
  EXPECT_THAT(out.deleted_obj_results(0).oper_status().oper_success().affected_paths(),
              ElementsAre("Device.LocalAgent.Controller.1.BootParameter.2."));
}

TEST_F(UspDelete, RemovesWhatASearchFinds) {  // 1.34, 1.35
  const auto out =
      resp(remove(false, {"Device.LocalAgent.Controller.1.BootParameter.[Enable==true]."}));
  EXPECT_THAT(out.deleted_obj_results(0).oper_status().oper_success().affected_paths(),
              ElementsAre("Device.LocalAgent.Controller.1.BootParameter.1."));
  EXPECT_TRUE(exists("Device.LocalAgent.Controller.1.BootParameter.2."));
  resp(remove(false, {"Device.LocalAgent.Subscription.*."}));
  EXPECT_THAT(model.instances("Device.LocalAgent.Subscription."), IsEmpty());
}

struct PathCase {
  const char* path;
  unsigned code;
};

TEST_F(UspDelete, GivesEachBadPathItsCode) {
  for (const PathCase& test : std::vector<PathCase>{{"Device..", 7008},
                                                    {"Device.LocalAgent.", 7004},
                                                    {"Device.LocalAgent.Subscription.", 7004},
                                                    {"Device.LocalAgent.MTP.1.", 7024}}) {
    EXPECT_EQ(error(remove(false, {test.path})).err_code(), test.code) << test.path;
    const auto out = resp(remove(true, {test.path}));
    EXPECT_EQ(out.deleted_obj_results(0).oper_status().oper_failure().err_code(), test.code);
  }
}

TEST_F(UspDelete, DeniesWhatMayNotBeDeleted) {  // 2.14, R-DEL.3
  access.no_delete.insert(kTwo);
  const auto whole = error(remove(false, {kOne, kTwo}));
  EXPECT_EQ(whole.err_code(), 7006U);
  EXPECT_EQ(whole.param_errs(0).param_path(), kTwo);
  EXPECT_TRUE(exists(kOne));
  const auto out = resp(remove(true, {kTwo, "Device.LocalAgent.Subscription.*."}));
  EXPECT_EQ(out.deleted_obj_results(0).oper_status().oper_failure().err_code(), 7006U);
  const auto& success = out.deleted_obj_results(1).oper_status().oper_success();
  EXPECT_EQ(success.affected_paths_size(), 2);
  ASSERT_EQ(success.unaffected_path_errs_size(), 1);
  EXPECT_EQ(success.unaffected_path_errs(0).unaffected_path(), kTwo);
  EXPECT_EQ(success.unaffected_path_errs(0).err_code(), 7006U);
}

TEST_F(UspDelete, ReportsWhatTheDeviceRefused) {
  StepResult done;
  done.state = StepResult::State::kDone;
  StepResult failed;
  failed.state = StepResult::State::kFailed;
  failed.code = ErrorCode::kDeleteFailure;
  Outcome search =
      handle(request(remove(true, {"Device.LocalAgent.Subscription.*."})), model, access);
  const auto partial = finish(std::get<Plan>(search), {done, failed, done}, access);
  const auto& success =
      partial->body().response().delete_resp().deleted_obj_results(0).oper_status().oper_success();
  EXPECT_EQ(success.affected_paths_size(), 2);
  EXPECT_EQ(success.unaffected_path_errs(0).unaffected_path(), kTwo);
  Outcome whole = handle(request(remove(false, {kOne, kTwo})), model, access);
  const auto error = finish(std::get<Plan>(whole), {{}, failed}, access);
  ASSERT_EQ(error->body().error().param_errs_size(), 1);
  EXPECT_EQ(error->body().error().param_errs(0).param_path(), kTwo);
}

TEST_F(UspDelete, HidesRowsThatMayNotBeRead) {  // R-DEL.2
  access.no_read.insert(kTwo);
  const auto out = resp(remove(false, {"Device.LocalAgent.Subscription.*."}));
  EXPECT_EQ(out.deleted_obj_results(0).oper_status().oper_success().affected_paths_size(), 2);
}

TEST_F(UspDelete, RefusesAPathThatReachesMoreObjectsThanItMay) {
  access.most_objects = 2;
  const std::string all = "Device.LocalAgent.Subscription.*.";
  EXPECT_EQ(error(remove(false, {all})).err_code(), 7005U);
  const auto out = resp(remove(true, {all, kOne}));
  EXPECT_EQ(out.deleted_obj_results(0).oper_status().oper_failure().err_code(), 7005U);
  EXPECT_TRUE(out.deleted_obj_results(1).oper_status().has_oper_success());
  EXPECT_TRUE(exists(kTwo));
  access.most_objects = 3;
  EXPECT_EQ(resp(remove(false, {all})).deleted_obj_results_size(), 1);
  EXPECT_FALSE(exists(kTwo));
}

}  // namespace
}  // namespace usp
