#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::Key;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr const char* kTable = "Device.LocalAgent.Subscription.";

std::string setting(const std::string& param, const std::string& value, bool required = false) {
  return " param_settings { param: '" + param + "' value: '" + value +
         "' required: " + (required ? "true" : "false") + " }";
}
std::string create(const std::string& path, const std::string& settings) {
  return " create_objs { obj_path: '" + path + "'" + settings + " }";
}
std::string add(bool allow_partial, const std::string& creates) {
  return std::string("add { allow_partial: ") + (allow_partial ? "true" : "false") + creates + " }";
}
std::string good(const std::string& id) {
  return create(kTable, setting("Enable", "true") + setting("ID", id) +
                            setting("NotifType", "ValueChange") +
                            setting("ReferenceList", "Device.LocalAgent.SoftwareVersion", true));
}
std::string bad_enable(const std::string& id) {
  return create(kTable, setting("Enable", "InvalidValue", true) + setting("ID", id));
}

class UspAdd : public AgentTest {
 protected:
  usp_msg::AddResp resp(const std::string& text) { return response(text).add_resp(); }
  std::size_t rows() { return model.instances(kTable).size(); }
};

class UspAddBothWays : public UspAdd, public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(AllowPartial, UspAddBothWays, testing::Bool());

TEST_P(UspAddBothWays, MakesARow) {  // 1.1, 1.2
  const auto out = resp(add(GetParam(), good("add1")));
  ASSERT_EQ(out.created_obj_results_size(), 1);
  EXPECT_EQ(out.created_obj_results(0).requested_path(), kTable);
  const auto& success = out.created_obj_results(0).oper_status().oper_success();
  EXPECT_EQ(success.instantiated_path(), "Device.LocalAgent.Subscription.11.");
  EXPECT_EQ(success.param_errs_size(), 0);
  EXPECT_THAT(success.unique_keys(),
              UnorderedElementsAre(Key("Alias"), Pair("ID", "add1"), Key("Recipient")));
  EXPECT_EQ(model.get("Device.LocalAgent.Subscription.11.ReferenceList"),
            "Device.LocalAgent.SoftwareVersion");
}

TEST_P(UspAddBothWays, ReportsOptionalFailuresInsideASuccess) {
  const auto out =
      resp(add(GetParam(), create(kTable, setting("ID", "x") + setting("Enable", "maybe"))));
  const auto& success = out.created_obj_results(0).oper_status().oper_success();
  ASSERT_EQ(success.param_errs_size(), 1);
  EXPECT_EQ(success.param_errs(0).param(), "Enable");
  EXPECT_EQ(success.param_errs(0).err_code(), 7011U);
}

TEST_F(UspAdd, FailsForARequiredSetting) {  // 1.3
  const auto out = error(add(false, bad_enable("add3")));
  EXPECT_EQ(out.err_code(), 7021U);
  ASSERT_EQ(out.param_errs_size(), 1);
  EXPECT_EQ(out.param_errs(0).param_path(), "Device.LocalAgent.Subscription.Enable");
  EXPECT_EQ(out.param_errs(0).err_code(), 7011U);
  EXPECT_EQ(rows(), 3U);
}

TEST_F(UspAdd, FailsForAnUnknownObject) {  // 1.4, 1.6
  for (const std::string& before : {std::string(), good("add61")}) {
    const auto out = error(
        add(false, before + create("Device.LocalAgent.InvalidObject.", setting("Enable", "true"))));
    EXPECT_EQ(out.err_code(), 7026U);
    ASSERT_EQ(out.param_errs_size(), 1);
    EXPECT_EQ(out.param_errs(0).param_path(), "Device.LocalAgent.InvalidObject.");
    EXPECT_EQ(rows(), 3U);
  }
}

TEST_F(UspAdd, MakesTwoRows) {  // 1.5
  const auto out = resp(add(false, good("add51") + good("add52")));
  ASSERT_EQ(out.created_obj_results_size(), 2);
  EXPECT_EQ(rows(), 5U);
}

TEST_F(UspAdd, MakesNothingWhenOneOfTwoFails) {  // 1.7
  for (const std::string& creates :
       {bad_enable("add71") + good("add72"), good("add72") + bad_enable("add71")}) {
    const auto out = error(add(false, creates));
    ASSERT_EQ(out.param_errs_size(), 1);
    EXPECT_EQ(out.param_errs(0).param_path(), "Device.LocalAgent.Subscription.Enable");
    EXPECT_EQ(rows(), 3U);
  }
}

TEST_F(UspAdd, UndoesRowsWhenTheDeviceRefusesALaterOne) {
  model.poison = "NotifExpiration";
  const auto out =
      error(add(false, good("first") + create(kTable, setting("NotifExpiration", "5", true))));
  ASSERT_EQ(out.param_errs_size(), 1);
  EXPECT_EQ(out.param_errs(0).param_path(), "Device.LocalAgent.Subscription.NotifExpiration");
  EXPECT_EQ(rows(), 3U);
}

TEST_F(UspAdd, ReportsAFailedRowAmongGoodOnes) {  // 1.8, 1.9
  const auto out = resp(add(true, bad_enable("add8")));
  EXPECT_EQ(out.created_obj_results(0).oper_status().oper_failure().err_code(), 7021U);
  const auto both =
      resp(add(true, good("add91") + create(kTable, setting("ID", "add91") +
                                                        setting("InvalidParameter", "x", true))));
  ASSERT_EQ(both.created_obj_results_size(), 2);
  EXPECT_TRUE(both.created_obj_results(0).oper_status().has_oper_success());
  EXPECT_TRUE(both.created_obj_results(1).oper_status().has_oper_failure());
  EXPECT_EQ(rows(), 4U);
}

TEST_F(UspAdd, FindsTheParentByUniqueKey) {  // 1.10
  const auto out = resp(add(
      false,
      create("Device.LocalAgent.Controller.[EndpointID==\"self::controller-2\"&&Alias==\"cpe-2\"]."
             "BootParameter.",
             setting("Enable", "true") + setting("ParameterName", "Device.LocalAgent.UpTime"))));
  const auto& success = out.created_obj_results(0).oper_status().oper_success();
  EXPECT_EQ(success.instantiated_path(), "Device.LocalAgent.Controller.2.BootParameter.1.");
  EXPECT_THAT(success.unique_keys(), UnorderedElementsAre(Key("Alias"), Key("ParameterName")));
}

TEST_F(UspAdd, MakesARowUnderEachParentASearchFinds) {  // 1.95
  const auto out =
      resp(add(false, create("Device.LocalAgent.Controller.[Enable==true].BootParameter.",
                             setting("ParameterName", "Device.New"))));
  ASSERT_EQ(out.created_obj_results_size(), 2);
  EXPECT_EQ(out.created_obj_results(1).oper_status().oper_success().instantiated_path(),
            "Device.LocalAgent.Controller.2.BootParameter.1.");
}

TEST_F(UspAdd, IsContentWithASearchThatFindsNoParent) {
  const auto out =
      resp(add(false, create("Device.LocalAgent.Controller.[Enable==false].MTP.", "")));
  ASSERT_EQ(out.created_obj_results_size(), 1);
  EXPECT_TRUE(out.created_obj_results(0).oper_status().has_oper_success());
}

TEST_F(UspAdd, MissesAParentThatIsAddressed) {
  for (const char* path : {"Device.LocalAgent.Controller.9.MTP.",
                           "Device.LocalAgent.Controller.[Alias==\"none\"].MTP."}) {
    EXPECT_EQ(error(add(false, create(path, ""))).err_code(), 7016U) << path;
  }
}

TEST_F(UspAdd, NamesTheUniqueKeysLeftOut) {  // 1.81, R-ADD.5
  Outcome outcome =
      handle(request(add(false, create(kTable, setting("Enable", "true")))), model, access);
  EXPECT_THAT(std::get<Plan>(outcome).steps[0].missing_keys,
              ElementsAre("Alias", "Recipient", "ID"));
  const auto out = resp(add(false, create(kTable, "") + create(kTable, "")));
  const auto& first = out.created_obj_results(0).oper_status().oper_success().unique_keys();
  const auto& second = out.created_obj_results(1).oper_status().oper_success().unique_keys();
  EXPECT_NE(first.at("Alias"), second.at("Alias"));
  EXPECT_NE(first.at("ID"), second.at("ID"));
  EXPECT_EQ(first.at("Recipient"), second.at("Recipient"));
}

TEST_F(UspAdd, CountsUniqueKeysAsRequired) {  // 1.88
  const auto out = error(
      add(false, create(kTable, setting("Enable", "True") + setting("Alias", "88InvalidAlias"))));
  ASSERT_EQ(out.param_errs_size(), 1);
  EXPECT_EQ(out.param_errs(0).param_path(), "Device.LocalAgent.Subscription.Alias");
  EXPECT_EQ(out.param_errs(0).err_code(), 7012U);
  EXPECT_EQ(rows(), 3U);
}

TEST_F(UspAdd, RefusesAUniqueKeyThatIsTaken) {
  EXPECT_EQ(error(add(false, create(kTable, setting("Alias", "sub-1")))).err_code(), 7025U);
  EXPECT_EQ(error(add(false, create(kTable, setting("ID", "id-1")))).err_code(), 7025U);
  EXPECT_EQ(error(add(false, good("twice") + good("twice"))).err_code(), 7025U);
  EXPECT_EQ(rows(), 3U);
}

struct PathCase {
  const char* path;
  unsigned code;
};

TEST_F(UspAdd, GivesEachBadPathItsCode) {
  access.no_add.insert("Device.IP.Interface.");
  for (const PathCase& test : std::vector<PathCase>{{"Device..", 7008},
                                                    {"Device.LocalAgent.None.", 7026},
                                                    {"Device.LocalAgent.", 7018},
                                                    {"Device.LocalAgent.Subscription.1.", 7018},
                                                    {"Device.LocalAgent.EndpointID", 7026},
                                                    {"Device.LocalAgent.Request.", 7019},
                                                    {"Device.IP.Interface.", 7006}}) {
    EXPECT_EQ(error(add(false, create(test.path, ""))).err_code(), test.code) << test.path;
    const auto out = resp(add(true, create(test.path, "")));
    EXPECT_EQ(out.created_obj_results(0).oper_status().oper_failure().err_code(), test.code);
  }
}

TEST_F(UspAdd, LeavesForbiddenParametersToTheRules) {  // 2.25, 2.26
  access.no_write.insert("Device.LocalAgent.Subscription.{i}.NotifRetry");
  EXPECT_EQ(resp(add(false, good("x"))).created_obj_results_size(), 1);
  const auto denied =
      error(add(false, create(kTable, setting("ID", "y") + setting("NotifRetry", "true", true))));
  EXPECT_EQ(denied.err_code(), 7006U);
}

TEST_F(UspAdd, DeniesOneParentOfASearch) {  // 2.23, 2.24
  access.no_add.insert("Device.LocalAgent.Controller.2.BootParameter.");
  const std::string creates = create("Device.LocalAgent.Controller.*.BootParameter.", "");
  EXPECT_EQ(error(add(false, creates)).err_code(), 7006U);
  const auto out = resp(add(true, creates));
  ASSERT_EQ(out.created_obj_results_size(), 2);
  EXPECT_TRUE(out.created_obj_results(0).oper_status().has_oper_success());
  EXPECT_EQ(out.created_obj_results(1).oper_status().oper_failure().err_code(), 7006U);
}

TEST_F(UspAdd, HidesUniqueKeysThatMayNotBeRead) {  // R-ADD.6
  access.no_read.insert("Device.LocalAgent.Subscription.11.Recipient");
  const auto out = resp(add(false, good("x")));
  EXPECT_THAT(out.created_obj_results(0).oper_status().oper_success().unique_keys(),
              UnorderedElementsAre(Key("Alias"), Key("ID")));
}

TEST_F(UspAdd, ReachesSingleInstanceSubObjects) {
  const auto out = resp(add(
      false, create("Device.LocalAgent.Controller.2.MTP.", setting("MQTT.Topic", "usp/x", true))));
  EXPECT_EQ(model.get("Device.LocalAgent.Controller.2.MTP.2.MQTT.Topic"), "usp/x");
  EXPECT_EQ(error(add(false, create("Device.LocalAgent.Controller.",
                                    setting("MTP.1.Protocol", "MQTT", true))))
                .param_errs(0)
                .err_code(),
            7010U);
}

TEST_F(UspAdd, RefusesAPathThatReachesMoreTablesThanItMay) {
  access.most_objects = 1;
  const std::string creates = create("Device.LocalAgent.Controller.*.BootParameter.", "");
  EXPECT_EQ(error(add(false, creates)).err_code(), 7005U);
  const auto out = resp(add(true, creates));
  EXPECT_EQ(out.created_obj_results(0).oper_status().oper_failure().err_code(), 7005U);
}

}  // namespace
}  // namespace usp
