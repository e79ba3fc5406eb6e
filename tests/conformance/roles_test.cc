// TP-469 section 2: roles and permissions. Settings of permissions are not required in the plan
// ("?"). The controller of the suite has a role of its agent's own, which each test may spoil.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using usp_controller::add;
using usp_controller::del;
using usp_controller::get;
using usp_controller::operate;
using usp_controller::set;

const std::string kTrust = "Device.LocalAgent.ControllerTrust.";
const std::string kVersion = "Device.LocalAgent.SoftwareVersion";
const std::string kReboot = "Device.Reboot()";

struct Wanted {
  std::string targets;
  std::string param = "rwxn";
  std::string obj = "rwxn";
  std::string instantiated = "rwxn";
  std::string command = "rwxn";
  std::string order = {};  ///< empty: left out
};

Settings settings_of(const Wanted& wanted) {
  Settings out{{"?Enable", "true"},
               {"?Targets", wanted.targets},
               {"?Param", wanted.param},
               {"?Obj", wanted.obj},
               {"?InstantiatedObj", wanted.instantiated},
               {"?CommandEvent", wanted.command}};
  if (!wanted.order.empty()) out.emplace_back("?Order", wanted.order);
  return out;
}

std::uint32_t error_of(const usp_msg::Msg& answer) { return answer.body().error().err_code(); }

class Roles : public Case {
 protected:
  /// Adds them to the role of the test's controller in one message; each must be told as a success.
  std::vector<std::string> permit(const std::vector<Wanted>& permissions) {
    const std::string role = agent.value(controller + "AssignedRole") + ".";
    EXPECT_THAT(role, StartsWith(kTrust + "Role."));
    usp_controller::ObjectSettings objects;
    for (const Wanted& wanted : permissions) {
      objects.emplace_back(role + "Permission.", settings_of(wanted));
    }
    const usp_msg::Msg answer = agent.ask(add(objects));
    EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
    std::vector<std::string> rows = usp_controller::created_by(answer);
    EXPECT_THAT(rows, SizeIs(permissions.size()));
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_THAT(rows[i], StartsWith(role + "Permission."));
      EXPECT_EQ(agent.value(rows[i] + "Targets"), permissions[i].targets);
    }
    return rows;
  }

  std::string boot_parameter(const std::string& name = kVersion) {
    return agent.add(controller + "BootParameter.", {{"Enable", "true"}, {"ParameterName", name}});
  }
  std::string other_controller() {
    for (const std::string& row : agent.rows(kControllers)) {
      if (row != controller) return row;
    }
    ADD_FAILURE() << "there is no second controller";
    return {};
  }
  /// A subscription to changes of our PeriodicNotifInterval, and a change of it.
  void change_interval() {
    agent.add(kSubscriptions, {{"?Enable", "true"},
                               {"?ID", "interval"},
                               {"?NotifType", "ValueChange"},
                               {"?ReferenceList", interval}});
    const usp_msg::Msg answer = agent.ask(set({{controller, {{"PeriodicNotifInterval", "4321"}}}}));
    EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
    const auto& result = answer.body().response().set_resp().updated_obj_results(0);
    EXPECT_THAT(result.oper_status().oper_success().updated_inst_results(0).updated_params(),
                ElementsAre(Pair("PeriodicNotifInterval", "4321")));
  }

  std::string controller = agent.controller_row();
  std::string interval = controller + "PeriodicNotifInterval";
};

TEST_F(Roles, 2_9_AControllerWithoutARoleHasTheUntrustedOne) {
  const std::string id = "self::third-of-" + agent.serial();
  const std::string topic = "usp/v1/controller/third-of-" + agent.serial();
  const auto third = world().connect(id, topic);
  const std::string row = agent.add(kControllers, {{"EndpointID", id}, {"Enable", "true"}});
  agent.add(row + "MTP.", {{"Enable", "true"}, {"MQTT.Topic", topic}});

  const auto answer = third->request(agent.id(), get({"Device."}), kLong);
  ASSERT_TRUE(answer.has_value()) << answer.error();
  EXPECT_THAT(usp_controller::values_of(*answer), IsEmpty());
  const auto own = third->request(agent.id(), get({"Device.LocalAgent.EndpointID"}), kLong);
  ASSERT_TRUE(own.has_value()) << own.error();
  EXPECT_THAT(usp_controller::values_of(*own),
              ElementsAre(Pair("Device.LocalAgent.EndpointID", agent.id())));

  const auto values = agent.values(kControllers);
  const std::string untrusted = agent.value(kTrust + "UntrustedRole");
  EXPECT_THAT(untrusted, StartsWith(kTrust + "Role."));
  EXPECT_THAT(values, Contains(Pair(row + "AssignedRole", untrusted)));
}

TEST_F(Roles, 2_10_ARoleCanBeAdded) {
  const usp_msg::Msg answer =
      agent.ask(add({{kTrust + "Role.", {{"?Enable", "true"}, {"?Name", "Trusted"}}}}));

  const auto rows = usp_controller::created_by(answer);
  ASSERT_THAT(rows, SizeIs(1)) << answer.ShortDebugString();
  EXPECT_THAT(agent.values(rows[0]), AllOf(Contains(Pair(rows[0] + "Name", "Trusted")),
                                           Contains(Pair(rows[0] + "Enable", "true"))));
  EXPECT_THAT(agent.rows(kTrust + "Role."), Contains(rows[0]));
}

TEST_F(Roles, 2_11_CreationIsAllowed) {
  permit({{.targets = kSubscriptions, .obj = "rw--"}});
  EXPECT_THAT(agent.add(kSubscriptions, {}), StartsWith(kSubscriptions));
}

TEST_F(Roles, 2_12_CreationIsDenied) {
  permit({{.targets = kSubscriptions, .obj = "r---"}});
  const std::vector<std::string> before = agent.rows(kSubscriptions);
  EXPECT_EQ(error_of(agent.ask(add({{kSubscriptions, {}}}))), 7006U);
  EXPECT_EQ(agent.rows(kSubscriptions), before);
}

TEST_F(Roles, 2_13_DeletionIsAllowed) {
  const std::string row = agent.add_subscription("test13");
  permit({{.targets = kSubscriptions, .instantiated = "rw--"}});
  const usp_msg::Msg answer = agent.ask(del({row}));
  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  const auto& result = answer.body().response().delete_resp().deleted_obj_results(0);
  EXPECT_THAT(result.oper_status().oper_success().affected_paths(), ElementsAre(row));
}

TEST_F(Roles, 2_14_DeletionIsDenied) {
  const std::string row = agent.add_subscription("test14");
  permit({{.targets = kSubscriptions, .instantiated = "r---"}});
  EXPECT_EQ(error_of(agent.ask(del({row}))), 7006U);
  EXPECT_THAT(agent.rows(kSubscriptions), Contains(row));
}

TEST_F(Roles, 2_15_AnUpdateIsAllowed) {
  const std::string row = agent.add_subscription("test15");
  permit({{.targets = row, .param = "rw--"}});
  const usp_msg::Msg answer = agent.ask(set({{row, {{"Enable", "false"}}}}));
  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  const auto& result = answer.body().response().set_resp().updated_obj_results(0);
  EXPECT_THAT(result.oper_status().oper_success().updated_inst_results(0).updated_params(),
              ElementsAre(Pair("Enable", "false")));
}

TEST_F(Roles, 2_16_AnUpdateIsDenied) {
  const std::string row = agent.add_subscription("test16");
  permit({{.targets = row, .param = "r---"}});
  const usp_msg::Msg answer = agent.ask(set({{row, {{"Enable", "false"}}}}));
  EXPECT_EQ(error_of(answer), 7006U);
  ASSERT_EQ(answer.body().error().param_errs_size(), 1);
  EXPECT_EQ(answer.body().error().param_errs(0).param_path(), row + "Enable");
  EXPECT_EQ(answer.body().error().param_errs(0).err_code(), 7006U);
  EXPECT_EQ(agent.value(row + "Enable"), "true");
}

TEST_F(Roles, 2_17_ACommandIsAllowed) {
  permit({{.targets = kReboot, .command = "r-x-"}});
  const usp_msg::Msg answer = agent.ask(operate(kReboot));
  const auto& results = answer.body().response().operate_resp().operation_results();
  ASSERT_THAT(results, SizeIs(1)) << answer.ShortDebugString();
  EXPECT_TRUE(results[0].has_req_output_args()) << answer.ShortDebugString();
}

TEST_F(Roles, 2_18_ACommandIsDenied) {
  permit({{.targets = kReboot, .command = "r---"}});
  const usp_msg::Msg answer = agent.ask(operate(kReboot));
  const auto& results = answer.body().response().operate_resp().operation_results();
  ASSERT_THAT(results, SizeIs(1)) << answer.ShortDebugString();
  EXPECT_EQ(results[0].executed_command(), kReboot);
  EXPECT_EQ(results[0].cmd_failure().err_code(), 7006U);
}

TEST_F(Roles, 2_19_AValueChangeIsToldWhereThatIsAllowed) {
  permit({{.targets = interval, .param = "rw-n"}});
  change_interval();
  const auto told = agent.notified("interval");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->notify.value_change().param_path(), interval);
  EXPECT_EQ(told->notify.value_change().param_value(), "4321");
}

TEST_F(Roles, 2_20_AValueChangeIsNotToldWhereThatIsDenied) {
  permit({{.targets = interval, .param = "rw--"}});
  change_interval();
  // What is told goes out in the order in which it happened.
  agent.add_subscription("after", {{"ReferenceList", controller + "ProvisioningCode"}});
  agent.set(controller, {{"ProvisioningCode", "later"}});
  ASSERT_TRUE(agent.notified("after"));
  Suite::get().analyzer().settle();
  for (const Sent& sent : Suite::get().analyzer().sent_by(agent.id())) {
    if (!sent.msg) continue;
    EXPECT_NE(sent.msg->body().request().notify().value_change().param_path(), interval);
  }
}

TEST_F(Roles, 2_21_OfOverlappingPermissionsTheHighestOrderWins) {
  const std::string row = boot_parameter();
  permit({{.targets = row, .param = "----", .order = "1"},
          {.targets = row, .param = "rw--", .order = "2"}});
  EXPECT_THAT(agent.values(controller + "BootParameter."),
              Contains(Pair(row + "ParameterName", kVersion)));

  permit({{.targets = row, .param = "----", .order = "3"}});
  const usp_msg::Msg answer = agent.ask(get({controller + "BootParameter."}));
  EXPECT_THAT(usp_controller::values_of(answer), IsEmpty());
  for (const auto& path : answer.body().response().get_resp().req_path_results()) {
    EXPECT_THAT(path.resolved_path_results(), IsEmpty()) << answer.ShortDebugString();
  }
}

TEST_F(Roles, 2_22_GetOmitsParametersThatMayNotBeRead) {
  const std::string row = boot_parameter();
  permit({{.targets = row, .param = "rw--"}, {.targets = row + "ParameterName", .param = "----"}});
  EXPECT_THAT(agent.values(row),
              AllOf(Contains(Pair(row + "Enable", "true")), Contains(Key(row + "Alias")),
                    Not(Contains(Key(row + "ParameterName")))));
}

TEST_F(Roles, 2_23_AddOverASearchPathMayFailForOneParent) {
  const std::string second = other_controller();
  permit({{.targets = controller + "BootParameter.", .param = "rw--", .order = "1"},
          {.targets = second + "BootParameter.", .param = "r---", .order = "2"}});

  const usp_msg::Msg answer =
      agent.ask(add({{kControllers + "*.BootParameter.", {{"Enable", "false"}}}}, true));

  const auto& results = answer.body().response().add_resp().created_obj_results();
  ASSERT_THAT(results, SizeIs(2)) << answer.ShortDebugString();
  const bool first_is_good = results[0].oper_status().has_oper_success();
  const auto& good = results[first_is_good ? 0 : 1].oper_status();
  const auto& bad = results[first_is_good ? 1 : 0].oper_status();
  EXPECT_THAT(good.oper_success().instantiated_path(), StartsWith(controller + "BootParameter."));
  EXPECT_EQ(bad.oper_failure().err_code(), 7006U);
}

TEST_F(Roles, 2_24_AddOverASearchPathFailsAsAWhole) {
  const std::string second = other_controller();
  permit({{.targets = controller + "BootParameter.", .param = "rw--", .order = "1"},
          {.targets = second + "BootParameter.", .param = "r---", .order = "2"}});

  const usp_msg::Msg answer =
      agent.ask(add({{kControllers + "*.BootParameter.", {{"Enable", "false"}}}}));

  EXPECT_EQ(error_of(answer), 7006U) << answer.ShortDebugString();
  ASSERT_EQ(answer.body().error().param_errs_size(), 1);
  EXPECT_THAT(answer.body().error().param_errs(0).param_path(),
              StartsWith(second + "BootParameter."));
  EXPECT_EQ(answer.body().error().param_errs(0).err_code(), 7006U);
  EXPECT_THAT(agent.values(kControllers + "*.BootParameter."), IsEmpty());
}

TEST_F(Roles, 2_25_AForbiddenParameterThatIsLeftOutHasItsDefault) {
  permit({{.targets = kSubscriptions + "*.Enable", .param = "r---", .order = "1"}});
  const std::string row =
      agent.add(kSubscriptions,
                {{"?ID", "add1"}, {"?NotifType", "ValueChange"}, {"ReferenceList", kVersion}});
  EXPECT_EQ(agent.value(row + "Enable"), "false");
}

TEST_F(Roles, 2_26_AForbiddenParameterThatIsIncludedFailsTheRow) {
  permit({{.targets = kSubscriptions + "*.Enable", .param = "r---", .order = "1"}});
  const usp_msg::Msg answer = agent.ask(add({{kSubscriptions,
                                              {{"?ID", "add26"},
                                               {"?NotifType", "ValueChange"},
                                               {"ReferenceList", kVersion},
                                               {"Enable", "true"}}}},
                                            true));
  const auto& results = answer.body().response().add_resp().created_obj_results();
  ASSERT_THAT(results, SizeIs(1)) << answer.ShortDebugString();
  EXPECT_EQ(results[0].oper_status().oper_failure().err_code(), 7006U);
  EXPECT_THAT(agent.values(kSubscriptions), Not(Contains(Pair(testing::_, "add26"))));
}

TEST_F(Roles, 2_27_SecuredParametersAreShownToSecuredRoles) {
  const Agent box = Suite::get().special_agent("SEC", "tr181-secured.csv");
  const std::string secured = "Device.Users.User.1.Password";
  const std::string row = kControllers + "[EndpointID==\"" + kSecondId + "\"].";
  const std::string role = box.add(kTrust + "Role.", {{"Enable", "true"}, {"Name", "reader"}});
  box.add(role + "Permission.",
          settings_of({.targets = "Device.Users.", .param = "r---", .obj = "r---"}));
  box.set(row, {{"AssignedRole", role.substr(0, role.size() - 1)}});
  const auto seen = [&] {
    const auto answer = Suite::get().second_controller().request(box.id(), get({secured}), kLong);
    return answer ? usp_controller::values_of(*answer) : std::map<std::string, std::string>();
  };

  EXPECT_THAT(seen(), ElementsAre(Pair(secured, "")));
  box.set(kTrust, {{"SecuredRoles", role.substr(0, role.size() - 1)}});
  EXPECT_THAT(seen(), ElementsAre(Pair(secured, "not-for-everyone")));
}

}  // namespace
}  // namespace conformance
