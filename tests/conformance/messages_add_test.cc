// TP-469 section 1: Add. "?" before a setting: it is not required.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::IsEmpty;
using testing::Key;
using testing::Ne;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;
using usp_controller::add;
using usp_controller::del;

const std::string kVersion = "Device.LocalAgent.SoftwareVersion";
const std::string kEndpointId = "Device.LocalAgent.EndpointID";
const std::string kInvalid = "Device.LocalAgent.InvalidObject.";

Settings wanted(const std::string& id, const std::string& reference = kVersion) {
  return {{"?Enable", "true"},
          {"?ID", id},
          {"?NotifType", "ValueChange"},
          {"ReferenceList", reference}};
}

class MessagesAdd : public Case {
 protected:
  using Created = usp_msg::AddResp::CreatedObjectResult;

  static std::vector<Created> created(const usp_msg::Msg& answer) {
    EXPECT_TRUE(answer.body().response().has_add_resp()) << answer.ShortDebugString();
    const auto& results = answer.body().response().add_resp().created_obj_results();
    return {results.begin(), results.end()};
  }

  /// The row was created as asked for, and its unique keys are told. Its path.
  std::string expect_created(const Created& result, const Settings& settings) {
    EXPECT_EQ(result.requested_path(), kSubscriptions);
    EXPECT_TRUE(result.oper_status().has_oper_success()) << result.ShortDebugString();
    const auto& success = result.oper_status().oper_success();
    EXPECT_THAT(success.param_errs(), IsEmpty());
    EXPECT_THAT(success.unique_keys(),
                UnorderedElementsAre(Key("Alias"), Key("Recipient"), Key("ID")));
    const std::string& row = success.instantiated_path();
    const auto values = agent.values(row);
    for (const auto& [name, value] : settings) {
      const std::string plain = name.starts_with('?') ? name.substr(1) : name;
      EXPECT_THAT(values, Contains(Pair(row + plain, value)));
    }
    return row;
  }

  static void expect_failed(const Created& result, std::uint32_t code) {
    ASSERT_TRUE(result.oper_status().has_oper_failure()) << result.ShortDebugString();
    EXPECT_EQ(result.oper_status().oper_failure().err_code(), code);
    EXPECT_THAT(result.oper_status().oper_failure().err_msg(), Ne(""));
  }

  static void expect_error(const usp_msg::Msg& answer, std::uint32_t code,
                           const std::string& path_end, std::uint32_t param_code) {
    ASSERT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
    const auto& error = answer.body().error();
    EXPECT_EQ(error.err_code(), code) << error.ShortDebugString();
    ASSERT_EQ(error.param_errs_size(), 1) << error.ShortDebugString();
    EXPECT_THAT(error.param_errs(0).param_path(), EndsWith(path_end));
    EXPECT_EQ(error.param_errs(0).err_code(), param_code);
  }

  void clean_up(const std::vector<std::string>& paths) {
    EXPECT_THAT(usp_controller::failures_of(agent.ask(del(paths))), IsEmpty());
    for (const std::string& path : paths) EXPECT_THAT(agent.values(path), IsEmpty());
  }
};

TEST_F(MessagesAdd, 1_1_CreatesARowAllOrNothing) {
  const auto results = created(agent.ask(add({{kSubscriptions, wanted("add1")}})));

  ASSERT_THAT(results, SizeIs(1));
  clean_up({expect_created(results[0], wanted("add1"))});
}

TEST_F(MessagesAdd, 1_2_CreatesARowWithPartialAllowed) {
  const auto results = created(agent.ask(add({{kSubscriptions, wanted("add2")}}, true)));

  ASSERT_THAT(results, SizeIs(1));
  clean_up({expect_created(results[0], wanted("add2"))});
}

TEST_F(MessagesAdd, 1_3_ARequiredSettingThatIsBadIsAnErrorThatNamesIt) {
  const Settings settings{{"Enable", "InvalidValue"},
                          {"?ID", "add3"},
                          {"?NotifType", "ValueChange"},
                          {"?ReferenceList", kVersion}};

  expect_error(agent.ask(add({{kSubscriptions, settings}})), 7021,
               "Device.LocalAgent.Subscription.Enable", 7011);
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
}

TEST_F(MessagesAdd, 1_4_AnUnknownObjectIsAnErrorThatNamesIt) {
  expect_error(agent.ask(add({{kInvalid, wanted("add4")}})), 7026, kInvalid, 7026);
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
}

TEST_F(MessagesAdd, 1_5_CreatesTwoRowsOfOneRequest) {
  const auto results = created(agent.ask(
      add({{kSubscriptions, wanted("add51")}, {kSubscriptions, wanted("add52", kEndpointId)}})));

  ASSERT_THAT(results, SizeIs(2));
  clean_up({expect_created(results[0], wanted("add51")),
            expect_created(results[1], wanted("add52", kEndpointId))});
}

TEST_F(MessagesAdd, 1_6_NothingIsCreatedBesideAnUnknownObject) {
  const auto answer =
      agent.ask(add({{kSubscriptions, wanted("add61")}, {kInvalid, wanted("add62", kEndpointId)}}));

  expect_error(answer, 7026, kInvalid, 7026);
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
}

TEST_F(MessagesAdd, 1_7_NothingIsCreatedBesideABadRequiredSetting) {
  Settings bad = wanted("add71");
  bad[0] = {"Enable", "InvalidValue"};
  const Settings good{{"?Enable", "true"}, {"?ID", "add72"}, {"?NotifType", "ValueChange"}};

  expect_error(agent.ask(add({{kSubscriptions, bad}, {kSubscriptions, good}})), 7021, "Enable",
               7011);
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
  // Also where the good one came first.
  expect_error(agent.ask(add({{kSubscriptions, good}, {kSubscriptions, bad}})), 7021, "Enable",
               7011);
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
}

TEST_F(MessagesAdd, 1_7_ARowOfTheDeviceIsRemovedAgain) {
  const std::string table = "Device.NAT.PortMapping.";
  const auto before = agent.rows(table);

  const auto answer =
      agent.ask(add({{table, {{"ExternalPort", "8081"}}}, {table, {{"ExternalPort", "much"}}}}));

  EXPECT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
  EXPECT_EQ(agent.rows(table), before);
  EXPECT_THAT(agent.cpe("get", table + "2.ExternalPort"), StartsWith("error"));
}

TEST_F(MessagesAdd, 1_8_WithPartialAllowedAWrongTypeIsAnOperFailure) {
  Settings settings = wanted("add8");
  settings[0] = {"Enable", "InvalidValue"};

  const auto results = created(agent.ask(add({{kSubscriptions, settings}}, true)));

  ASSERT_THAT(results, SizeIs(1));
  expect_failed(results[0], 7021);
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
}

TEST_F(MessagesAdd, 1_9_WithPartialAllowedOneOfTwoMayFail) {
  Settings bad = wanted("add91");
  bad.emplace_back("InvalidParameter", "IrrelevantValue");

  const auto results =
      created(agent.ask(add({{kSubscriptions, wanted("add91")}, {kSubscriptions, bad}}, true)));

  ASSERT_THAT(results, SizeIs(2));
  const std::string row = expect_created(results[0], wanted("add91"));
  expect_failed(results[1], 7021);
  EXPECT_THAT(agent.rows(kSubscriptions), ElementsAre(row));
  clean_up({row});
}

TEST_F(MessagesAdd, 1_10_TheParentMayBeAddressedByUniqueKeys) {
  const std::string controller = agent.controller_row();
  const std::string key =
      "[EndpointID==\"self::ctl\"&&Alias==\"" + agent.value(controller + "Alias") + "\"]";

  const auto results =
      created(agent.ask(add({{kControllers + key + ".BootParameter.",
                              {{"?Enable", "true"}, {"?ParameterName", kVersion}}}})));

  ASSERT_THAT(results, SizeIs(1));
  ASSERT_TRUE(results[0].oper_status().has_oper_success()) << results[0].ShortDebugString();
  const auto& success = results[0].oper_status().oper_success();
  EXPECT_THAT(success.param_errs(), IsEmpty());
  EXPECT_THAT(success.unique_keys(), UnorderedElementsAre(Key("Alias"), Key("ParameterName")));
  const std::string& row = success.instantiated_path();
  EXPECT_THAT(row, StartsWith(controller + "BootParameter."));
  EXPECT_THAT(agent.values(row), AllOf(Contains(Pair(row + "Enable", "true")),
                                       Contains(Pair(row + "ParameterName", kVersion))));
  clean_up({row});
}

TEST_F(MessagesAdd, 1_81_UniqueKeysThatWereLeftOutAreGenerated) {
  const Settings first{
      {"?Enable", "true"}, {"?NotifType", "ValueChange"}, {"?ReferenceList", kVersion}};
  const Settings second{
      {"?Enable", "true"}, {"?NotifType", "ValueChange"}, {"?ReferenceList", kEndpointId}};

  const auto results = created(agent.ask(add({{kSubscriptions, first}, {kSubscriptions, second}})));

  ASSERT_THAT(results, SizeIs(2));
  const std::string a = expect_created(results[0], first);
  const std::string b = expect_created(results[1], second);
  auto keys_a = results[0].oper_status().oper_success().unique_keys();
  auto keys_b = results[1].oper_status().oper_success().unique_keys();
  EXPECT_THAT(keys_a["Alias"], AllOf(Ne(""), Ne(keys_b["Alias"])));
  EXPECT_THAT(keys_a["ID"], AllOf(Ne(""), Ne(keys_b["ID"])));
  EXPECT_EQ(keys_a["Recipient"], keys_b["Recipient"]);
  clean_up({a, b});
}

TEST_F(MessagesAdd, 1_88_AUniqueKeyThatIsNoneFailsTheRow) {
  const Settings settings{{"?Enable", "True"},
                          {"?Alias", "88InvalidAlias"},
                          {"?NotifType", "ValueChange"},
                          {"?ReferenceList", kVersion}};

  const auto answer = agent.ask(add({{kSubscriptions, settings}}));

  ASSERT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
  EXPECT_THAT(answer.body().error().err_code(), AnyOf(7021U, 7012U, 7017U));
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
}

TEST_F(MessagesAdd, 1_95_ASearchPathCreatesARowBelowEveryMatch) {
  const std::vector<std::string> controllers = agent.rows(kControllers);
  ASSERT_THAT(controllers, SizeIs(testing::Ge(2U)));

  const auto results =
      created(agent.ask(add({{kControllers + "[Enable==true].BootParameter.",
                              {{"?Enable", "true"}, {"?ParameterName", kVersion}}}})));

  ASSERT_THAT(results, SizeIs(controllers.size()));
  const auto values = agent.values(kControllers + "*.BootParameter.");
  for (const auto& result : results) {
    ASSERT_TRUE(result.oper_status().has_oper_success()) << result.ShortDebugString();
    EXPECT_THAT(values, Contains(Pair(result.oper_status().oper_success().instantiated_path() +
                                          "ParameterName",
                                      kVersion)));
  }
}

}  // namespace
}  // namespace conformance
