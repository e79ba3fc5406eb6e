// TP-469 section 1: Delete.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Ne;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using usp_controller::del;

const std::string kInvalid = "Device.LocalAgent.InvalidObject.";
const std::string kMissing = kSubscriptions + "4000.";

class MessagesDelete : public Case {
 protected:
  using Deleted = usp_msg::DeleteResp::DeletedObjectResult;

  static std::vector<Deleted> deleted(const usp_msg::Msg& answer) {
    EXPECT_TRUE(answer.body().response().has_delete_resp()) << answer.ShortDebugString();
    const auto& results = answer.body().response().delete_resp().deleted_obj_results();
    return {results.begin(), results.end()};
  }

  static void expect_deleted(const Deleted& result, const std::string& requested,
                             const std::vector<std::string>& rows) {
    EXPECT_EQ(result.requested_path(), requested);
    ASSERT_TRUE(result.oper_status().has_oper_success()) << result.ShortDebugString();
    const auto& success = result.oper_status().oper_success();
    EXPECT_THAT(success.affected_paths(), testing::UnorderedElementsAreArray(rows));
    EXPECT_THAT(success.unaffected_path_errs(), IsEmpty());
  }

  static void expect_failed(const Deleted& result, const std::string& requested) {
    EXPECT_EQ(result.requested_path(), requested);
    ASSERT_TRUE(result.oper_status().has_oper_failure()) << result.ShortDebugString();
    EXPECT_EQ(result.oper_status().oper_failure().err_code(), 7026U);
    EXPECT_THAT(result.oper_status().oper_failure().err_msg(), Ne(""));
  }

  static void expect_error(const usp_msg::Msg& answer) {
    ASSERT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
    const auto& error = answer.body().error();
    EXPECT_EQ(error.err_code(), 7026U);
    ASSERT_THAT(error.param_errs(), SizeIs(1)) << error.ShortDebugString();
    EXPECT_EQ(error.param_errs(0).param_path(), kInvalid);
    EXPECT_EQ(error.param_errs(0).err_code(), 7026U);
  }

  std::string add_boot_parameter(const std::string& name, bool enable) {
    return agent.add(agent.controller_row() + "BootParameter.",
                     {{"Enable", enable ? "true" : "false"}, {"ParameterName", name}});
  }

  std::string one = agent.add_subscription("delete-1");
  std::string two = agent.add_subscription("delete-2");
};

TEST_F(MessagesDelete, 1_24_DeletesARowAllOrNothing) {
  const auto results = deleted(agent.ask(del({one})));
  ASSERT_THAT(results, SizeIs(1));
  expect_deleted(results[0], one, {one});
  EXPECT_THAT(agent.rows(kSubscriptions), ElementsAre(two));
}

TEST_F(MessagesDelete, 1_25_AMissingRowIsAnEmptySuccessAllOrNothing) {
  const auto results = deleted(agent.ask(del({kMissing})));
  ASSERT_THAT(results, SizeIs(1));
  expect_deleted(results[0], kMissing, {});
}

TEST_F(MessagesDelete, 1_26_AnUnknownObjectIsAnErrorThatNamesIt) {
  expect_error(agent.ask(del({kInvalid})));
}

TEST_F(MessagesDelete, 1_27_DeletesTwoRowsOfOneRequest) {
  const auto results = deleted(agent.ask(del({one, two})));
  ASSERT_THAT(results, SizeIs(2));
  expect_deleted(results[0], one, {one});
  expect_deleted(results[1], two, {two});
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
}

TEST_F(MessagesDelete, 1_28_NothingIsDeletedBesideAnUnknownObject) {
  expect_error(agent.ask(del({one, kInvalid})));
  EXPECT_THAT(agent.rows(kSubscriptions), UnorderedElementsAre(one, two));
}

TEST_F(MessagesDelete, 1_29_AMissingRowIsAnEmptySuccessWithPartialAllowed) {
  const auto results = deleted(agent.ask(del({kMissing}, true)));
  ASSERT_THAT(results, SizeIs(1));
  expect_deleted(results[0], kMissing, {});
}

TEST_F(MessagesDelete, 1_30_WithPartialAllowedAnUnknownObjectIsAnOperFailure) {
  const auto results = deleted(agent.ask(del({kInvalid}, true)));
  ASSERT_THAT(results, SizeIs(1));
  expect_failed(results[0], kInvalid);
}

TEST_F(MessagesDelete, 1_31_WithPartialAllowedTheGoodRowGoesBesideAnUnknownObject) {
  const auto results = deleted(agent.ask(del({one, kInvalid}, true)));
  ASSERT_THAT(results, SizeIs(2));
  expect_deleted(results[0], one, {one});
  expect_failed(results[1], kInvalid);
  EXPECT_THAT(agent.rows(kSubscriptions), ElementsAre(two));
}

TEST_F(MessagesDelete, 1_32_WithPartialAllowedAMissingRowBesideAnExistingOne) {
  const auto results = deleted(agent.ask(del({one, kMissing}, true)));
  ASSERT_THAT(results, SizeIs(2));
  expect_deleted(results[0], one, {one});
  expect_deleted(results[1], kMissing, {});
  EXPECT_THAT(agent.rows(kSubscriptions), ElementsAre(two));
}

TEST_F(MessagesDelete, 1_33_TheParentMayBeAddressedByUniqueKeys) {
  const std::string row = add_boot_parameter("Device.LocalAgent.SoftwareVersion", true);
  const std::string controller = agent.controller_row();
  const std::string table = controller + "BootParameter.";
  const std::string by_key = kControllers + "[EndpointID==\"self::ctl\"&&Alias==\"" +
                             agent.value(controller + "Alias") + "\"].BootParameter." +
                             row.substr(table.size());

  const auto results = deleted(agent.ask(del({by_key})));

  ASSERT_THAT(results, SizeIs(1));
  expect_deleted(results[0], by_key, {row});
  EXPECT_THAT(agent.values(table), IsEmpty());
}

TEST_F(MessagesDelete, 1_34_AWildcardDeletesEveryRow) {
  const std::string all = kSubscriptions + "*.";
  const auto results = deleted(agent.ask(del({all})));
  ASSERT_THAT(results, SizeIs(1));
  expect_deleted(results[0], all, {one, two});
  EXPECT_THAT(agent.values(kSubscriptions), IsEmpty());
}

TEST_F(MessagesDelete, 1_35_ASearchExpressionDeletesWhatItFinds) {
  const std::string on = add_boot_parameter("Device.LocalAgent.SoftwareVersion", true);
  const std::string off = add_boot_parameter("Device.LocalAgent.EndpointID", false);
  const std::string table = agent.controller_row() + "BootParameter.";
  const std::string search = table + "[Enable==true].";

  const auto results = deleted(agent.ask(del({search})));

  ASSERT_THAT(results, SizeIs(1));
  expect_deleted(results[0], search, {on});
  EXPECT_THAT(agent.rows(table), ElementsAre(off));
}

TEST_F(MessagesDelete, 1_90_ASearchThatFindsNothingIsAnEmptySuccess) {
  const std::string search = kSubscriptions + "[Enable==false].";
  const auto results = deleted(agent.ask(del({search})));
  ASSERT_THAT(results, SizeIs(1));
  expect_deleted(results[0], search, {});
  EXPECT_THAT(agent.rows(kSubscriptions), UnorderedElementsAre(one, two));
}

TEST_F(MessagesDelete, 1_78_TheSubscriptionsOfADeletedControllerGoWithIt) {
  auto& second = Suite::get().second_controller();
  const auto added = second.request(
      agent.id(),
      usp_controller::subscribe("seconds", "ValueChange", "Device.LocalAgent.SoftwareVersion"),
      kLong);
  ASSERT_TRUE(added) << added.error();
  const auto row = usp_controller::created_by(*added);
  ASSERT_THAT(row, SizeIs(1)) << added->ShortDebugString();
  EXPECT_THAT(agent.rows(kSubscriptions), UnorderedElementsAre(one, two, row[0]));
  const auto found = agent.values(kControllers + "[EndpointID==\"" + kSecondId + "\"].EndpointID");
  ASSERT_THAT(found, SizeIs(1));
  const std::string path = found.begin()->first;
  const std::string controller = path.substr(0, path.rfind('.') + 1);

  const auto results = deleted(agent.ask(del({controller})));

  ASSERT_THAT(results, SizeIs(1));
  ASSERT_TRUE(results[0].oper_status().has_oper_success()) << results[0].ShortDebugString();
  EXPECT_THAT(agent.rows(kSubscriptions), UnorderedElementsAre(one, two));
}

}  // namespace
}  // namespace conformance
