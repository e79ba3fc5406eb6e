#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr const char* kSubscription = "Device.LocalAgent.Subscription.";

std::string setting(const std::string& param, const std::string& value, bool required = true) {
  return " param_settings { param: '" + param + "' value: '" + value +
         "' required: " + (required ? "true" : "false") + " }";
}

std::string update(const std::string& path, const std::string& settings) {
  return " update_objs { obj_path: '" + path + "'" + settings + " }";
}

std::string set(bool allow_partial, const std::string& updates) {
  return std::string("set { allow_partial: ") + (allow_partial ? "true" : "false") + updates + " }";
}

class UspSet : public AgentTest {
 protected:
  usp_msg::SetResp resp(const std::string& text) { return response(text).set_resp(); }
  static std::string row(const std::string& number) { return kSubscription + number + "."; }
};

class UspSetBothWays : public UspSet, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(AllowPartial, UspSetBothWays, testing::Bool());

TEST_P(UspSetBothWays, SetsARequiredParameter) {  // 1.11, 1.12
  const auto out = resp(set(GetParam(), update(row("1"), setting("NotifRetry", "true"))));
  ASSERT_EQ(out.updated_obj_results_size(), 1);
  EXPECT_EQ(out.updated_obj_results(0).requested_path(), row("1"));
  const auto& success = out.updated_obj_results(0).oper_status().oper_success();
  ASSERT_EQ(success.updated_inst_results_size(), 1);
  EXPECT_EQ(success.updated_inst_results(0).affected_path(), row("1"));
  EXPECT_THAT(success.updated_inst_results(0).updated_params(),
              ElementsAre(Pair("NotifRetry", "true")));
  EXPECT_EQ(model.get(row("1") + "NotifRetry"), "true");
}

TEST_P(UspSetBothWays, ReportsOptionalFailuresInsideASuccess) {  // 1.17
  const auto out = resp(set(GetParam(), update(row("1"), setting("NotifRetry", "true", false) +
                                                             setting("Invalid", "x", false))));
  const auto& result =
      out.updated_obj_results(0).oper_status().oper_success().updated_inst_results(0);
  EXPECT_THAT(result.updated_params(), ElementsAre(Pair("NotifRetry", "true")));
  ASSERT_EQ(result.param_errs_size(), 1);
  EXPECT_EQ(result.param_errs(0).param(), "Invalid");
  EXPECT_EQ(result.param_errs(0).err_code(), 7010U);
}

TEST_P(UspSetBothWays, SucceedsWhenEveryOptionalSettingFails) {
  const auto out = resp(set(GetParam(), update(row("1"), setting("Invalid", "x", false))));
  const auto& result =
      out.updated_obj_results(0).oper_status().oper_success().updated_inst_results(0);
  EXPECT_EQ(result.affected_path(), row("1"));
  EXPECT_TRUE(result.updated_params().empty());
  EXPECT_EQ(result.param_errs_size(), 1);
}

TEST_P(UspSetBothWays, IsContentWithASearchThatFindsNothing) {  // 1.23
  const auto out =
      resp(set(GetParam(), update("Device.LocalAgent.Subscription.[Recipient==\"InvalidValue\"].",
                                  setting("NotifRetry", "true"))));
  const auto& status = out.updated_obj_results(0).oper_status();
  ASSERT_TRUE(status.has_oper_success());
  EXPECT_EQ(status.oper_success().updated_inst_results_size(), 0);
}

TEST_F(UspSet, SetsTwoObjects) {  // 1.13
  const auto out = resp(set(false, update(row("1"), setting("NotifRetry", "true")) +
                                       update(row("2"), setting("NotifRetry", "true"))));
  ASSERT_EQ(out.updated_obj_results_size(), 2);
  EXPECT_EQ(model.get(row("2") + "NotifRetry"), "true");
}

TEST_F(UspSet, FailsWholeForARequiredUnknownParameter) {  // 1.14, 1.15
  const auto out = error(set(false, update(row("1"), setting("NotifRetry", "true")) +
                                        update(row("2"), setting("InvalidParameter", "x"))));
  EXPECT_EQ(out.err_code(), 7021U);
  ASSERT_EQ(out.param_errs_size(), 1);
  EXPECT_EQ(out.param_errs(0).param_path(), row("2") + "InvalidParameter");
  EXPECT_EQ(out.param_errs(0).err_code(), 7010U);
  EXPECT_EQ(model.get(row("1") + "NotifRetry"), "false");
}

TEST_F(UspSet, FailsOneOfTwoObjects) {  // 1.16
  const auto out = resp(set(true, update(row("1"), setting("NotifRetry", "true")) +
                                      update(row("2"), setting("InvalidParameter", "x"))));
  ASSERT_EQ(out.updated_obj_results_size(), 2);
  EXPECT_TRUE(out.updated_obj_results(0).oper_status().has_oper_success());
  const auto& failure = out.updated_obj_results(1).oper_status().oper_failure();
  EXPECT_EQ(failure.err_code(), 7021U);
  ASSERT_EQ(failure.updated_inst_failures_size(), 1);
  EXPECT_EQ(failure.updated_inst_failures(0).affected_path(), row("2"));
  ASSERT_EQ(failure.updated_inst_failures(0).param_errs_size(), 1);
  EXPECT_EQ(failure.updated_inst_failures(0).param_errs(0).param(), "InvalidParameter");
  EXPECT_EQ(model.get(row("1") + "NotifRetry"), "true");
}

TEST_F(UspSet, AddressesByUniqueKey) {  // 1.18
  const auto out = resp(set(false, update("Device.LocalAgent.Subscription.[Alias==\"sub-2\"].",
                                          setting("NotifRetry", "true"))));
  EXPECT_EQ(out.updated_obj_results(0)
                .oper_status()
                .oper_success()
                .updated_inst_results(0)
                .affected_path(),
            row("2"));
}

TEST_F(UspSet, SetsThroughAWildcard) {  // 1.19
  const auto out =
      resp(set(false, update("Device.LocalAgent.Subscription.*.", setting("NotifRetry", "true"))));
  ASSERT_EQ(out.updated_obj_results_size(), 1);
  EXPECT_EQ(out.updated_obj_results(0).oper_status().oper_success().updated_inst_results_size(), 3);
}

TEST_F(UspSet, FailsAWildcardWhole) {  // 1.20, 1.21
  const std::string bad =
      update("Device.LocalAgent.Subscription.*.", setting("Enable", "InvalidValue"));
  const auto whole = error(set(false, bad));
  ASSERT_GE(whole.param_errs_size(), 1);
  EXPECT_EQ(whole.param_errs(0).param_path(), row("1") + "Enable");
  EXPECT_EQ(whole.param_errs(0).err_code(), 7011U);
  const auto partial = resp(set(true, bad));
  ASSERT_EQ(partial.updated_obj_results_size(), 1);
  const auto& failure = partial.updated_obj_results(0).oper_status().oper_failure();
  ASSERT_EQ(failure.updated_inst_failures_size(), 3);
  EXPECT_EQ(failure.updated_inst_failures(0).affected_path(), row("1"));
  EXPECT_EQ(failure.updated_inst_failures(0).param_errs_size(), 1);
  EXPECT_EQ(model.get(row("1") + "Enable"), "1");
}

TEST_F(UspSet, SetsThroughAnExpression) {  // 1.22
  const auto out = resp(set(false, update("Device.LocalAgent.Subscription.[NotifExpiration>10].",
                                          setting("NotifRetry", "true"))));
  const auto& success = out.updated_obj_results(0).oper_status().oper_success();
  ASSERT_EQ(success.updated_inst_results_size(), 1);
  EXPECT_EQ(success.updated_inst_results(0).affected_path(), row("10"));
}

TEST_F(UspSet, TakesAPathWithoutItsLastDot) {  // 1.84 sends one
  const auto out = resp(set(
      false, update("Device.LocalAgent.Controller.1.BootParameter.1", setting("Enable", "false"))));
  EXPECT_EQ(out.updated_obj_results(0)
                .oper_status()
                .oper_success()
                .updated_inst_results(0)
                .affected_path(),
            "Device.LocalAgent.Controller.1.BootParameter.1.");
}

TEST_F(UspSet, RefusesToChangeKeysAndWriteOnceParameters) {  // 1.96, 1.104, R-KEY.1
  for (const char* param : {"ID", "Alias"}) {
    const auto out = error(set(false, update(row("1"), setting(param, "new"))));
    ASSERT_EQ(out.param_errs_size(), 1);
    EXPECT_EQ(out.param_errs(0).err_code(), 7013U);
    EXPECT_EQ(out.param_errs(0).param_path(), row("1") + param);
  }
  EXPECT_EQ(model.get(row("1") + "ID"), "id-1");
}

struct SettingCase {
  const char* param;
  const char* value;
  unsigned code;
};

// quirk 14
TEST_F(UspSet, GivesEachMistakeItsCode) {
  access.no_write.insert(row("1") + "NotifType");
  for (const SettingCase& test : std::vector<SettingCase>{{"None", "x", 7010},
                                                          {"None.Sub", "x", 7010},
                                                          {"", "x", 7010},
                                                          {".", "x", 7010},
                                                          {"*", "x", 7010},
                                                          {"NotifType", "x", 7006},
                                                          {"Recipient", "x", 7013},
                                                          {"CreationDate", "x", 7013},
                                                          {"Enable", "yes", 7011},
                                                          {"NotifExpiration", "-1", 7011}}) {
    const auto out = error(set(false, update(row("1"), setting(test.param, test.value))));
    ASSERT_EQ(out.param_errs_size(), 1) << test.param;
    EXPECT_EQ(out.param_errs(0).err_code(), test.code) << test.param;
  }
}

struct PathCase {
  const char* path;
  unsigned code;
};

TEST_F(UspSet, GivesEachBadPathItsCode) {
  for (const PathCase& test : std::vector<PathCase>{{"Device..", 7008},
                                                    {"Device.None.", 7026},
                                                    {"Device.None.*.", 7026},
                                                    {"Device.LocalAgent.Subscription.", 7016},
                                                    {"Device.LocalAgent.Subscription.99.", 7016},
                                                    {"Device.Reboot()", 7026}}) {
    const auto whole = error(set(false, update(test.path, setting("Enable", "true"))));
    EXPECT_EQ(whole.err_code(), test.code) << test.path;
    ASSERT_EQ(whole.param_errs_size(), 1);
    EXPECT_EQ(whole.param_errs(0).param_path(), test.path);
    const auto partial = resp(set(true, update(test.path, setting("Enable", "true"))));
    EXPECT_EQ(partial.updated_obj_results(0).oper_status().oper_failure().err_code(), test.code);
  }
}

TEST_F(UspSet, ReachesSubObjectsByRelativePath) {
  const auto out = resp(set(
      false, update("Device.LocalAgent.Controller.1.", setting("MTP.1.MQTT.Topic", "usp/new"))));
  EXPECT_THAT(out.updated_obj_results(0)
                  .oper_status()
                  .oper_success()
                  .updated_inst_results(0)
                  .updated_params(),
              ElementsAre(Pair("MTP.1.MQTT.Topic", "usp/new")));
}

TEST_F(UspSet, LetsTheLastOfRepeatedSettingsWin) {
  Outcome outcome =
      handle(request(set(false, update(row("1"), setting("NotifType", "Event") +
                                                     setting("NotifType", "Other", false)))),
             model, access);
  const Plan& plan = std::get<Plan>(outcome);
  EXPECT_THAT(plan.steps[0].settings, ElementsAre(Setting{"NotifType", "Other", true}));
}

TEST_F(UspSet, RefusesASettingThatWouldRepeatAUniqueKey) {
  const auto out = error(set(false, update("Device.IP.Interface.1.", setting("Name", "eth2"))));
  ASSERT_EQ(out.param_errs_size(), 1);
  EXPECT_EQ(out.param_errs(0).err_code(), 7025U);
  const auto both = error(set(false, update("Device.IP.Interface.*.", setting("Name", "same"))));
  EXPECT_EQ(both.param_errs_size(), 2);
}

TEST_F(UspSet, LooksAtUniqueKeysAfterTheWholeMessage) {
  const auto out = resp(set(false, update("Device.IP.Interface.1.", setting("Name", "eth2")) +
                                       update("Device.IP.Interface.2.", setting("Name", "eth1"))));
  EXPECT_EQ(out.updated_obj_results_size(), 2);
  EXPECT_EQ(model.get("Device.IP.Interface.1.Name"), "eth2");
}

TEST_F(UspSet, SettlesReferences) {  // R-ARC.11, R-ARC.12
  resp(set(false,
           update("Device.IP.Interface.1.",
                  setting("LowerLayers", "Device.IP.Interface.[Name==\"eth2\"].,Device.X.7"))));
  EXPECT_EQ(model.get("Device.IP.Interface.1.LowerLayers"), "Device.IP.Interface.2,Device.X.7");
  resp(set(false, update("Device.IP.Interface.1.", setting("Router", ""))));
  const auto out = error(
      set(false, update("Device.IP.Interface.1.", setting("Router", "Device.IP.Interface.9"))));
  EXPECT_EQ(out.param_errs(0).err_code(), 7012U);
}

TEST_F(UspSet, ReportsWhatTheDeviceRefused) {
  model.poison = "NotifType";
  const std::string text = update(row("1"), setting("NotifType", "x"));
  const auto whole = error(set(false, text + update(row("2"), setting("NotifRetry", "true"))));
  ASSERT_EQ(whole.param_errs_size(), 1);
  EXPECT_EQ(whole.param_errs(0).param_path(), row("1") + "NotifType");
  EXPECT_EQ(whole.param_errs(0).err_code(), 7012U);
  EXPECT_EQ(model.get(row("2") + "NotifRetry"), "false");
  const auto partial = resp(set(true, text + update(row("2"), setting("NotifRetry", "true"))));
  EXPECT_EQ(partial.updated_obj_results(0)
                .oper_status()
                .oper_failure()
                .updated_inst_failures(0)
                .param_errs(0)
                .param(),
            "NotifType");
  EXPECT_TRUE(partial.updated_obj_results(1).oper_status().has_oper_success());
  const auto optional = resp(set(true, update(row("1"), setting("NotifType", "x", false))));
  EXPECT_EQ(optional.updated_obj_results(0)
                .oper_status()
                .oper_success()
                .updated_inst_results(0)
                .param_errs_size(),
            1);
}

TEST_F(UspSet, SaysThatTheDeviceWasNotReached) {
  for (const bool partial : {false, true}) {
    Outcome outcome = handle(request(set(partial, update(row("1"), setting("NotifRetry", "true")))),
                             model, access);
    const Plan& plan = std::get<Plan>(outcome);
    StepResult result;
    result.state = StepResult::State::kFailed;
    result.code = ErrorCode::kDeviceNotReached;
    const auto msg = finish(plan, {result}, access);
    const auto code = partial ? msg->body()
                                    .response()
                                    .set_resp()
                                    .updated_obj_results(0)
                                    .oper_status()
                                    .oper_failure()
                                    .err_code()
                              : msg->body().error().err_code();
    EXPECT_EQ(code, 7801U);
  }
}

TEST_F(UspSet, CountsMissingResultsAsNotDone) {
  Outcome outcome =
      handle(request(set(false, update(row("1"), setting("NotifRetry", "true")))), model, access);
  EXPECT_TRUE(finish(std::get<Plan>(outcome), {}, access)->body().has_error());
}

TEST_F(UspSet, SaysPermissionDeniedInTheErrorItself) {  // 2.16
  access.no_write.insert(row("1") + "Enable");
  EXPECT_EQ(error(set(false, update(row("1"), setting("Enable", "true")))).err_code(), 7006U);
}

TEST_F(UspSet, HidesUpdatedParametersThatMayNotBeRead) {  // R-SET.3
  access.no_read.insert(row("1") + "NotifRetry");
  const auto out = resp(set(false, update(row("1"), setting("NotifRetry", "true"))));
  EXPECT_TRUE(out.updated_obj_results(0)
                  .oper_status()
                  .oper_success()
                  .updated_inst_results(0)
                  .updated_params()
                  .empty());
}

TEST_F(UspSet, AsksForValuesItsExpressionNeeds) {
  model.set_state(row("1") + "ID", ValueState::kUnread);
  const auto msg = request(set(
      false, update("Device.LocalAgent.Subscription.[ID==\"id-1\"].", setting("Enable", "true"))));
  Outcome first = handle(msg, model, access);
  EXPECT_THAT(std::get<NeedValues>(first).paths, ElementsAre(row("1") + "ID"));
  Outcome last = handle(msg, model, access, true);
  EXPECT_EQ(std::get<Respond>(last).msg.body().error().err_code(), 7801U);
}

TEST_F(UspSet, AnswersAnEmptyRequest) {
  EXPECT_EQ(resp(set(false, "")).updated_obj_results_size(), 0);
  EXPECT_EQ(resp(set(false, update(row("1"), ""))).updated_obj_results_size(), 1);
}

TEST_F(UspSet, RefusesMoreSettingsThanItWillLookAt) {
  usp_msg::Msg msg = request("set {}");
  auto& object = *msg.mutable_body()->mutable_request()->mutable_set()->add_update_objs();
  object.set_obj_path(row("1"));
  for (int i = 0; i < kMaxRequestItems - 1; ++i) object.add_param_settings()->set_param("Enable");
  EXPECT_EQ(std::get<Respond>(handle(msg, model, access)).msg.body().has_error(), false);
  object.add_param_settings()->set_param("Enable");
  EXPECT_EQ(std::get<Respond>(handle(msg, model, access)).msg.body().error().err_code(), 7005U);
}

TEST_F(UspSet, RefusesAPathThatReachesMoreObjectsThanItMay) {
  access.most_objects = 2;
  const std::string all = update(row("*"), setting("NotifRetry", "true"));
  EXPECT_EQ(error(set(false, all)).err_code(), 7005U);
  const auto out = resp(set(true, all + update(row("1"), setting("NotifRetry", "true"))));
  EXPECT_EQ(out.updated_obj_results(0).oper_status().oper_failure().err_code(), 7005U);
  EXPECT_TRUE(out.updated_obj_results(1).oper_status().has_oper_success());
  EXPECT_NE(model.get(row("2") + "NotifRetry"), "true");
  access.most_objects = 3;
  EXPECT_EQ(resp(set(false, all)).updated_obj_results_size(), 1);
}

}  // namespace
}  // namespace usp
