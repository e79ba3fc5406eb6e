// TP-469 section 1: Set. "?" before a setting: it is not required.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::SizeIs;
using usp_controller::add;
using usp_controller::set;

const Settings kRetry{{"NotifRetry", "true"}};
const Settings kUnknown{{"InvalidParameter", "IrrelevantValue"}};

class MessagesSet : public Case {
 protected:
  using Updated = usp_msg::SetResp::UpdatedObjectResult;

  static std::vector<Updated> updated(const usp_msg::Msg& answer) {
    EXPECT_TRUE(answer.body().response().has_set_resp()) << answer.ShortDebugString();
    const auto& results = answer.body().response().set_resp().updated_obj_results();
    return {results.begin(), results.end()};
  }

  /// NotifRetry of these rows was updated, and nothing else.
  void expect_updated(const Updated& result, const std::string& requested,
                      const std::vector<std::string>& rows) {
    EXPECT_EQ(result.requested_path(), requested);
    ASSERT_TRUE(result.oper_status().has_oper_success()) << result.ShortDebugString();
    std::vector<std::string> affected;
    for (const auto& row : result.oper_status().oper_success().updated_inst_results()) {
      affected.push_back(row.affected_path());
      EXPECT_THAT(row.param_errs(), IsEmpty());
      EXPECT_THAT(row.updated_params(), ElementsAre(Key("NotifRetry")));
    }
    EXPECT_THAT(affected, testing::UnorderedElementsAreArray(rows));
    for (const std::string& row : rows) EXPECT_EQ(agent.value(row + "NotifRetry"), "true");
  }

  void expect_unknown_parameter(const usp_msg::Msg& answer, const std::vector<std::string>& rows) {
    ASSERT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
    const auto& error = answer.body().error();
    EXPECT_EQ(error.err_code(), 7021U) << error.ShortDebugString();
    std::vector<std::string> blamed;
    for (const auto& param : error.param_errs()) {
      blamed.push_back(param.param_path());
      EXPECT_EQ(param.err_code(), 7010U);
    }
    std::vector<std::string> wanted;
    for (const std::string& row : rows) wanted.push_back(row + "InvalidParameter");
    EXPECT_THAT(blamed, testing::UnorderedElementsAreArray(wanted));
    for (const auto& [path, value] : agent.values(kSubscriptions)) {
      EXPECT_THAT(path, Not(testing::EndsWith("InvalidParameter")));
    }
  }

  std::string one = agent.add_subscription("set-1");
  std::string two = agent.add_subscription("set-2", {{"NotifExpiration", "10"}});
};

TEST_F(MessagesSet, 1_11_SetsARequiredParameterAllOrNothing) {
  const auto results = updated(agent.ask(set({{one, kRetry}})));
  ASSERT_THAT(results, SizeIs(1));
  expect_updated(results[0], one, {one});
}

TEST_F(MessagesSet, 1_12_SetsARequiredParameterWithPartialAllowed) {
  const auto results = updated(agent.ask(set({{one, kRetry}}, true)));
  ASSERT_THAT(results, SizeIs(1));
  expect_updated(results[0], one, {one});
}

TEST_F(MessagesSet, 1_13_SetsTwoObjectsOfOneRequest) {
  const auto results = updated(agent.ask(set({{one, kRetry}, {two, kRetry}})));
  ASSERT_THAT(results, SizeIs(2));
  expect_updated(results[0], one, {one});
  expect_updated(results[1], two, {two});
}

TEST_F(MessagesSet, 1_14_AnUnknownRequiredParameterIsAnErrorThatNamesIt) {
  expect_unknown_parameter(agent.ask(set({{one, kUnknown}})), {one});
}

TEST_F(MessagesSet, 1_15_NothingIsSetBesideAnObjectThatFails) {
  expect_unknown_parameter(agent.ask(set({{one, kRetry}, {two, kUnknown}})), {two});
  EXPECT_EQ(agent.value(one + "NotifRetry"), "false");
}

TEST_F(MessagesSet, 1_16_WithPartialAllowedOneOfTwoMayFail) {
  const auto results = updated(agent.ask(set({{one, kRetry}, {two, kUnknown}}, true)));

  ASSERT_THAT(results, SizeIs(2));
  expect_updated(results[0], one, {one});
  EXPECT_EQ(results[1].requested_path(), two);
  ASSERT_TRUE(results[1].oper_status().has_oper_failure()) << results[1].ShortDebugString();
  const auto& failure = results[1].oper_status().oper_failure();
  EXPECT_EQ(failure.err_code(), 7021U);
  ASSERT_THAT(failure.updated_inst_failures(), SizeIs(1));
  EXPECT_EQ(failure.updated_inst_failures(0).affected_path(), two);
  ASSERT_THAT(failure.updated_inst_failures(0).param_errs(), SizeIs(1));
  EXPECT_EQ(failure.updated_inst_failures(0).param_errs(0).param(), "InvalidParameter");
  EXPECT_EQ(failure.updated_inst_failures(0).param_errs(0).err_code(), 7010U);
}

TEST_F(MessagesSet, 1_17_AnOptionalParameterThatFailsIsReportedInASuccess) {
  const auto results = updated(agent.ask(
      set({{one, {{"?NotifRetry", "true"}, {"?InvalidParameter", "IrrelevantValue"}}}}, true)));

  ASSERT_THAT(results, SizeIs(1));
  ASSERT_TRUE(results[0].oper_status().has_oper_success()) << results[0].ShortDebugString();
  const auto& rows = results[0].oper_status().oper_success().updated_inst_results();
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].affected_path(), one);
  EXPECT_THAT(rows[0].updated_params(), ElementsAre(Key("NotifRetry")));
  ASSERT_THAT(rows[0].param_errs(), SizeIs(1));
  EXPECT_EQ(rows[0].param_errs(0).param(), "InvalidParameter");
  EXPECT_EQ(rows[0].param_errs(0).err_code(), 7010U);
  EXPECT_EQ(agent.value(one + "NotifRetry"), "true");
}

TEST_F(MessagesSet, 1_18_TheObjectMayBeAddressedByUniqueKeys) {
  const std::string by_key =
      kSubscriptions + "[Recipient==\"" + agent.value(one + "Recipient") + "\"&&ID==\"set-1\"].";
  const auto results = updated(agent.ask(set({{by_key, kRetry}})));
  ASSERT_THAT(results, SizeIs(1));
  expect_updated(results[0], by_key, {one});
}

TEST_F(MessagesSet, 1_19_AWildcardSetsEveryInstance) {
  const auto results = updated(agent.ask(set({{kSubscriptions + "*.", kRetry}})));
  ASSERT_THAT(results, SizeIs(1));
  expect_updated(results[0], kSubscriptions + "*.", {one, two});
}

TEST_F(MessagesSet, 1_20_AnUnknownParameterOverAWildcardIsAnError) {
  expect_unknown_parameter(agent.ask(set({{kSubscriptions + "*.", kUnknown}})), {one, two});
}

TEST_F(MessagesSet, 1_21_WithPartialAllowedABadValueOverAWildcardIsOneOperFailure) {
  const auto results =
      updated(agent.ask(set({{kSubscriptions + "*.", {{"Enable", "InvalidValue"}}}}, true)));

  ASSERT_THAT(results, SizeIs(1));
  ASSERT_TRUE(results[0].oper_status().has_oper_failure()) << results[0].ShortDebugString();
  const auto& failure = results[0].oper_status().oper_failure();
  EXPECT_EQ(failure.err_code(), 7021U);
  std::vector<std::string> failed;
  for (const auto& row : failure.updated_inst_failures()) {
    failed.push_back(row.affected_path());
    ASSERT_THAT(row.param_errs(), SizeIs(1));
    EXPECT_EQ(row.param_errs(0).param(), "Enable");
    EXPECT_EQ(row.param_errs(0).err_code(), 7011U);
  }
  EXPECT_THAT(failed, testing::UnorderedElementsAre(one, two));
  EXPECT_EQ(agent.value(one + "Enable"), "true");
  EXPECT_EQ(agent.value(two + "Enable"), "true");
}

TEST_F(MessagesSet, 1_22_ASearchExpressionSetsWhatItFinds) {
  const std::string search = kSubscriptions + "[NotifExpiration>0].";
  const auto results = updated(agent.ask(set({{search, kRetry}})));
  ASSERT_THAT(results, SizeIs(1));
  expect_updated(results[0], search, {two});
  EXPECT_EQ(agent.value(one + "NotifRetry"), "false");
}

TEST_F(MessagesSet, 1_23_ASearchThatFindsNothingIsAnEmptySuccess) {
  const auto results =
      updated(agent.ask(set({{kSubscriptions + "[Recipient==\"InvalidValue\"].", kRetry}}, true)));
  ASSERT_THAT(results, SizeIs(1));
  ASSERT_TRUE(results[0].oper_status().has_oper_success()) << results[0].ShortDebugString();
  EXPECT_THAT(results[0].oper_status().oper_success().updated_inst_results(), IsEmpty());
}

TEST_F(MessagesSet, 1_96_AKeyThatIdentifiesForGoodCannotBeChanged) {
  const std::string row = agent.add(kSubscriptions, {{"?ID", "add96"}});
  EXPECT_EQ(agent.value(row + "ID"), "add96");

  const auto answer = agent.ask(set({{row, {{"ID", "add96-NEW"}}}}));

  ASSERT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
  EXPECT_EQ(answer.body().error().err_code(), 7021U);
  ASSERT_THAT(answer.body().error().param_errs(), SizeIs(1));
  EXPECT_EQ(answer.body().error().param_errs(0).err_code(), 7013U);
  EXPECT_EQ(agent.value(row + "ID"), "add96");
}

TEST_F(MessagesSet, 1_104_AParameterThatIsWrittenOnceCannotBeSet) {
  const std::string row = agent.add(kSubscriptions, {{"?Alias", "test-1-104"}});

  const auto answer = agent.ask(set({{row, {{"Alias", "test-1-104-new-alias"}}}}));

  ASSERT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
  EXPECT_EQ(answer.body().error().err_code(), 7021U);
  ASSERT_THAT(answer.body().error().param_errs(), SizeIs(1));
  EXPECT_EQ(answer.body().error().param_errs(0).err_code(), 7013U);
  EXPECT_EQ(agent.value(row + "Alias"), "test-1-104");
}

}  // namespace
}  // namespace conformance
