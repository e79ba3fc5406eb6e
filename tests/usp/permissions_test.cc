#include "usp/permissions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_data_model.h"
#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::Not;
using testing::UnorderedElementsAre;

Rights letters(std::string_view param, std::string_view obj = "----",
               std::string_view instantiated = "----", std::string_view command = "----") {
  Rights rights;
  rights.put(Rights::Kind::kParam, parse_letters(param).value());
  rights.put(Rights::Kind::kObj, parse_letters(obj).value());
  rights.put(Rights::Kind::kInstantiatedObj, parse_letters(instantiated).value());
  rights.put(Rights::Kind::kCommandEvent, parse_letters(command).value());
  return rights;
}
Rights everything() { return letters("rwxn", "rwxn", "rwxn", "rwxn"); }

Permission permission(std::uint32_t order, std::vector<std::string> targets, Rights rights) {
  return {order, std::move(targets), rights};
}

std::string param_letters(const Permissions& permissions, std::string_view object,
                          std::string_view name) {
  const Rights rights = permissions.on(object).of(name);
  std::string text = "----";
  for (std::size_t i = 0; i < 4; ++i) {
    if (rights.has(Rights::Kind::kParam, static_cast<Rights::Letter>(1U << i))) text[i] = "rwxn"[i];
  }
  return text;
}

// ---- letters and targets

TEST(Letters, AreFourInTheirOrder) {
  EXPECT_EQ(parse_letters("----"), 0);
  EXPECT_EQ(parse_letters("rwxn"), 15);
  EXPECT_EQ(parse_letters("r--n"), 9);
  for (const char* bad : {"", "r", "rwx", "rwxnn", "nxwr", "RWXN", "r w ", "rrrr", "-r--"}) {
    EXPECT_FALSE(parse_letters(bad)) << bad;
  }
}

TEST(Targets, ArePathsThatLeadNowhereElse) {
  for (const char* good :
       {"", "Device", "Device.", "Device.WiFi.SSID.*.SSID", "Device.WiFi.SSID.1", "Device.Reboot()",
        "Device.Boot!", "Device.A.[X==\"a,b\"&&Y==1].B,Device.C.", "Device.A.[Ref+.X==1]."}) {
    EXPECT_FALSE(check_targets(good)) << good;
  }
  for (const char* bad : {"Device..", "Device.A.{i}.", "Device.A.Ref+.B", "[", "Device.A.,x y"}) {
    EXPECT_TRUE(check_targets(bad)) << bad;
  }
  std::string many = "Device.A.";
  for (std::size_t i = 1; i < kMaxTargets; ++i) many += ",Device.A.";
  EXPECT_FALSE(check_targets(many));
  EXPECT_TRUE(check_targets(many + ",Device.A."));
  EXPECT_FALSE(check_targets("Device." + std::string(kMaxTargetBytes - 7, 'a')));
  EXPECT_TRUE(check_targets("Device." + std::string(kMaxTargetBytes - 6, 'a')));
}

// ---- which permission decides

struct TargetCase {
  const char* target;
  const char* object;
  const char* name;
  bool covered;
};

class PermissionTarget : public testing::TestWithParam<TargetCase> {};

TEST_P(PermissionTarget, CoversWhatItNames) {
  const auto& [target, object, name, covered] = GetParam();
  const Permissions permissions({Role{{permission(0, {target}, letters("r---"))}}});
  EXPECT_EQ(param_letters(permissions, object, name), covered ? "r---" : "----")
      << target << " on " << object << name;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PermissionTarget,
    testing::Values(TargetCase{"Device.", "Device.", "RootDataModelVersion", true},
                    TargetCase{"Device", "Device.WiFi.SSID.1.", "SSID", true},
                    TargetCase{"Device.WiFi.", "Device.WiFi.SSID.1.Stats.", "Errors", true},
                    TargetCase{"Device.WiFi", "Device.WiFi.SSID.1.Stats.", "Errors", true},
                    TargetCase{"Device.WiFi.", "Device.", "RootDataModelVersion", false},
                    TargetCase{"Device.WiFi.", "Device.WiFiX.", "SSID", false},
                    TargetCase{"Device.WiFi.SSID.", "Device.WiFi.SSID.7.", "SSID", true},
                    TargetCase{"Device.WiFi.SSID.2.", "Device.WiFi.SSID.2.", "SSID", true},
                    TargetCase{"Device.WiFi.SSID.2", "Device.WiFi.SSID.2.Stats.", "Errors", true},
                    TargetCase{"Device.WiFi.SSID.2.", "Device.WiFi.SSID.22.", "SSID", false},
                    TargetCase{"Device.WiFi.SSID.2.", "Device.WiFi.SSID.", "", false},
                    TargetCase{"Device.WiFi.SSID.*.", "Device.WiFi.SSID.2.", "SSID", true},
                    TargetCase{"Device.WiFi.SSID.*.", "Device.WiFi.SSID.{i}.", "SSID", true},
                    TargetCase{"Device.WiFi.SSID.2.", "Device.WiFi.SSID.{i}.", "SSID", false},
                    TargetCase{"Device.WiFi.*.", "Device.WiFi.SSID.", "SSID", false},
                    TargetCase{"Device.WiFi.SSID.*.SSID", "Device.WiFi.SSID.2.", "SSID", true},
                    TargetCase{"Device.WiFi.SSID.*.SSID", "Device.WiFi.SSID.2.", "Alias", false},
                    TargetCase{"Device.WiFi.SSID.*.SSID", "Device.WiFi.SSID.2.", "", false},
                    TargetCase{"Device.WiFi.SSID.2.SSID", "Device.WiFi.SSID.1.", "SSID", false},
                    TargetCase{"Device.Reboot()", "Device.", "Reboot()", true},
                    TargetCase{"Device.Reboot()", "Device.", "FactoryReset()", false},
                    TargetCase{"Device.Boot!", "Device.", "Boot!", true},
                    TargetCase{"Device.A.*.B.*.C", "Device.A.1.B.2.", "C", true},
                    TargetCase{"Device.A.1.B.*.C", "Device.A.2.B.2.", "C", false}));

struct OrderCase {
  const char* what;
  std::vector<Role> roles;
  const char* object;
  const char* name;
  const char* letters;
};

class PermissionOrder : public testing::TestWithParam<OrderCase> {};

TEST_P(PermissionOrder, Decides) {
  const OrderCase& c = GetParam();
  EXPECT_EQ(param_letters(Permissions(c.roles), c.object, c.name), c.letters) << c.what;
}

const Permission kAll = permission(1, {"Device."}, everything());

INSTANTIATE_TEST_SUITE_P(
    Table, PermissionOrder,
    testing::Values(
        OrderCase{"nothing said, nothing allowed", {}, "Device.", "X", "----"},
        OrderCase{"a role without permissions", {Role{}}, "Device.", "X", "----"},
        OrderCase{"the larger Order wins, be it the less special",
                  {Role{{permission(5, {"Device.A.B"}, letters("rw--")),
                         permission(6, {"Device."}, letters("r---"))}}},
                  "Device.A.",
                  "B",
                  "r---"},
        OrderCase{"the larger Order wins, wherever it stands",
                  {Role{{permission(6, {"Device.A.B"}, letters("rw--")),
                         permission(5, {"Device."}, letters("r---"))}}},
                  "Device.A.",
                  "B",
                  "rw--"},
        OrderCase{"0 is the lowest",
                  {Role{{permission(0, {"Device."}, everything()),
                         permission(1, {"Device.A."}, letters("----"))}}},
                  "Device.A.",
                  "B",
                  "----"},
        OrderCase{"the winner decides alone: it takes away as well",
                  {Role{{kAll, permission(2, {"Device.A."}, letters("---n"))}}},
                  "Device.A.",
                  "B",
                  "---n"},
        OrderCase{"elsewhere the other one holds",
                  {Role{{kAll, permission(2, {"Device.A."}, letters("---n"))}}},
                  "Device.B.",
                  "B",
                  "rwxn"},
        OrderCase{"an exception for one parameter of every row",
                  {Role{{kAll, permission(2, {"Device.R.*.P.*.Order"}, letters("----"))}}},
                  "Device.R.3.P.4.",
                  "Order",
                  "----"},
        OrderCase{"and not for its neighbour",
                  {Role{{kAll, permission(2, {"Device.R.*.P.*.Order"}, letters("----"))}}},
                  "Device.R.3.P.4.",
                  "Alias",
                  "rwxn"},
        OrderCase{"roles add up",
                  {Role{
                       {permission(0, {"Device.A."}, letters("r---"))},
                   },
                   Role{{permission(9, {"Device.A."}, letters("---n"))}}},
                  "Device.A.",
                  "B",
                  "r--n"},
        // The example of TR-369 "A Controller's Role".
        OrderCase{"... after each has decided for itself",
                  {Role{{permission(3, {"Device.LocalAgent"}, letters("r---")),
                         permission(55, {"Device.LocalAgent.Controller"}, letters("r-xn"))}},
                   Role{{permission(20, {"Device.LocalAgent"}, letters("r---")),
                         permission(78, {"Device.LocalAgent.Controller"}, letters("----"))}}},
                  "Device.LocalAgent.Controller.1.",
                  "Alias",
                  "r-xn"},
        OrderCase{"several targets of one permission",
                  {Role{{permission(0, {"Device.A.", "Device.B.C"}, letters("r---"))}}},
                  "Device.B.",
                  "C",
                  "r---"}));

TEST(Permissions, KnowWhenEverythingIsAllowed) {
  EXPECT_FALSE(Permissions().everything());
  EXPECT_TRUE(Permissions({Role{{kAll}}}).everything());
  // x means nothing to parameters and objects, w nothing to commands.
  EXPECT_TRUE(
      Permissions({Role{{permission(0, {"Device."}, letters("rw-n", "rw-n", "rw-n", "r-xn"))}}})
          .everything());
  EXPECT_FALSE(
      Permissions({Role{{permission(0, {"Device."}, letters("rw-n", "rw-n", "rw-n", "r--n"))}}})
          .everything());
  EXPECT_FALSE(
      Permissions({Role{{kAll, permission(0, {"Device.A."}, letters("r---"))}}}).everything());
  EXPECT_FALSE(Permissions({Role{{permission(0, {"Device.A."}, everything())}}}).everything());
  EXPECT_TRUE(Permissions({Role{}, Role{{kAll}}}).everything());
}

// ---- what the strings are for

struct LetterCase {
  const char* what;
  Rights rights;
  bool (*asked)(const Access&);
};

class PermissionLetter : public testing::TestWithParam<LetterCase> {};

TEST_P(PermissionLetter, AllowsThisAndNothingElse) {
  const LetterCase& c = GetParam();
  const Permissions with({Role{{permission(0, {"Device."}, c.rights)}}});
  EXPECT_TRUE(c.asked(RoleAccess(with))) << c.what;
  Rights rest = everything();
  rest.bits = static_cast<std::uint16_t>(rest.bits & ~c.rights.bits);
  const Permissions without({Role{{permission(0, {"Device."}, rest)}}});
  EXPECT_FALSE(c.asked(RoleAccess(without))) << c.what;
}

INSTANTIATE_TEST_SUITE_P(
    Table, PermissionLetter,
    testing::Values(
        LetterCase{"Param r: Get", letters("r---"),
                   [](const Access& a) { return a.may_read("Device.A.", "P"); }},
        LetterCase{"Param r: GetSupportedDM", letters("r---"),
                   [](const Access& a) {
                     return a.may_see("Device.A.", "P", Access::Element::kParameter);
                   }},
        LetterCase{"Param w", letters("-w--"),
                   [](const Access& a) { return a.may_write("Device.A.", "P"); }},
        LetterCase{
            "Param n", letters("---n"),
            [](const Access& a) { return a.may_hear(NotifType::kValueChange, "Device.A.", "P"); }},
        LetterCase{"Obj r: Get", letters("----", "r---"),
                   [](const Access& a) { return a.may_read("Device.A.", ""); }},
        LetterCase{
            "Obj r: GetSupportedDM", letters("----", "r---"),
            [](const Access& a) { return a.may_see("Device.A.", "", Access::Element::kObject); }},
        LetterCase{"Obj w", letters("----", "-w--"),
                   [](const Access& a) { return a.may_add("Device.A."); }},
        LetterCase{"Obj n", letters("----", "---n"),
                   [](const Access& a) {
                     return a.may_hear(NotifType::kObjectCreation, "Device.A.1.", "");
                   }},
        LetterCase{"InstantiatedObj r", letters("----", "----", "r---"),
                   [](const Access& a) { return a.may_list("Device.A.1."); }},
        LetterCase{"InstantiatedObj w", letters("----", "----", "-w--"),
                   [](const Access& a) { return a.may_delete("Device.A.1."); }},
        LetterCase{"InstantiatedObj n", letters("----", "----", "---n"),
                   [](const Access& a) {
                     return a.may_hear(NotifType::kObjectDeletion, "Device.A.1.", "");
                   }},
        LetterCase{"CommandEvent r", letters("----", "----", "----", "r---"),
                   [](const Access& a) {
                     return a.may_see("Device.", "Boot!", Access::Element::kCommandOrEvent);
                   }},
        LetterCase{"CommandEvent x", letters("----", "----", "----", "--x-"),
                   [](const Access& a) { return a.may_operate("Device.", "Reboot()"); }},
        LetterCase{"CommandEvent n: completion", letters("----", "----", "----", "---n"),
                   [](const Access& a) {
                     return a.may_hear(NotifType::kOperationComplete, "Device.", "Reboot()");
                   }},
        LetterCase{
            "CommandEvent n: event", letters("----", "----", "----", "---n"),
            [](const Access& a) { return a.may_hear(NotifType::kEvent, "Device.", "Boot!"); }}));

TEST(RoleAccess, SeesInTheSupportedModelWhatOneInstanceAllows) {
  const Permissions permissions(
      {Role{{permission(0, {"Device.A.3.P"}, letters("r---")),
             permission(1, {"Device.A.3."}, letters("----", "r---")),
             permission(2, {"Device.A.3.Q", "Device.B.*.P"}, letters("r---")),
             permission(3, {"Device.B.4.P"}, letters("----"))}}});
  const RoleAccess access(permissions);
  using enum Access::Element;
  EXPECT_TRUE(access.may_see("Device.A.{i}.", "", kObject));
  EXPECT_TRUE(access.may_see("Device.A.{i}.", "Q", kParameter));
  EXPECT_FALSE(access.may_see("Device.A.{i}.", "P", kParameter)) << "Order 1 takes it away";
  EXPECT_FALSE(access.may_see("Device.A.{i}.", "R", kParameter));
  EXPECT_TRUE(access.may_see("Device.B.{i}.", "P", kParameter)) << "of all but one";
  EXPECT_FALSE(access.may_see("Device.B.{i}.", "", kObject));
}

TEST(RoleAccess, ShowsSecuredParametersToSecuredRolesOnly) {
  const Permissions all({Role{{kAll}}});
  const Permissions secured({Role{{permission(0, {"Device.A."}, letters("r---"))}}});
  EXPECT_FALSE(RoleAccess(all).may_read_secured("Device.A.", "Password"));
  EXPECT_TRUE(RoleAccess(all, &secured).may_read_secured("Device.A.", "Password"));
  EXPECT_FALSE(RoleAccess(all, &secured).may_read_secured("Device.B.", "Password"));
}

// ---- expressions

class PermissionSearch : public AgentTest {
 protected:
  Permissions on_enabled(Rights rights, Rights rest = {}) {
    const Permissions permissions(
        {Role{{permission(0, {"Device."}, rest),
               permission(1, {"Device.LocalAgent.Controller.1.BootParameter.[Enable==true]."},
                          rights)}}});
    EXPECT_TRUE(permissions.needs_model());
    Permissions found = permissions.evaluated(model);
    EXPECT_FALSE(found.needs_model());
    return found;
  }
  const std::string kRow = "Device.LocalAgent.Controller.1.BootParameter.";
};

TEST_F(PermissionSearch, CoversWhatItFindsNow) {
  EXPECT_EQ(param_letters(on_enabled(letters("r---")), kRow + "1.", "ParameterName"), "r---");
  EXPECT_EQ(param_letters(on_enabled(letters("r---")), kRow + "2.", "ParameterName"), "----");
  model.set(kRow + "2.Enable", "true");
  EXPECT_EQ(param_letters(on_enabled(letters("r---")), kRow + "2.", "ParameterName"), "r---");
}

TEST_F(PermissionSearch, GivesNothingAndTakesAllWhileAValueIsUnknown) {
  model.set_state(kRow + "2.Enable", ValueState::kUnread);
  EXPECT_EQ(param_letters(on_enabled(letters("rw--"), letters("r--n")), kRow + "2.", "Alias"),
            "r---");
  EXPECT_EQ(param_letters(on_enabled(letters("r---")), kRow + "2.", "Alias"), "----");
  EXPECT_EQ(param_letters(on_enabled(letters("rw--"), letters("r--n")), kRow + "1.", "Alias"),
            "rw--");
}

TEST_F(PermissionSearch, OfWhatTheAgentDoesNotHaveFindsNothing) {
  const Permissions permissions({Role{{permission(0, {"Device."}, letters("r---")),
                                       permission(1, {"Device.None.[X==1]."}, letters("----"))}}});
  EXPECT_EQ(param_letters(permissions.evaluated(model), "Device.", "X"), "r---");
}

// ---- through the handlers

class RoleRequests : public AgentTest {
 protected:
  usp_msg::Response as(const Permissions& permissions, const std::string& text) {
    const RoleAccess requester(permissions);
    Outcome outcome = handle(request(text), model, requester, true);
    if (auto* plan = std::get_if<Plan>(&outcome)) {
      return finish(*plan, model.execute(*plan), requester)->body().response();
    }
    return std::get<Respond>(outcome).msg.body().response();
  }
  std::vector<std::string> found(const Permissions& permissions, const std::string& path) {
    std::vector<std::string> paths;
    const auto out = as(permissions, "get { param_paths: '" + path + "' }");
    for (const auto& object : out.get_resp().req_path_results(0).resolved_path_results()) {
      paths.push_back(object.resolved_path());
    }
    return paths;
  }
  const std::string kTable = "Device.LocalAgent.Subscription.";
};

TEST_F(RoleRequests, AParameterThatMayNotBeReadCannotBeSearchedFor) {
  const Permissions no_id(
      {Role{{kAll, permission(2, {kTable + "*.ID"}, letters("----", "r---"))}}});
  for (const char* condition : {"ID==\"id-1\"", "ID!=\"id-1\"", "ID!=\"nobody\""}) {
    EXPECT_THAT(found(no_id, kTable + "[" + condition + "].Enable"), IsEmpty()) << condition;
  }
  EXPECT_THAT(found(no_id, kTable + "[Enable==true].Enable"), Not(IsEmpty()));
}

TEST_F(RoleRequests, AReferenceThatMayNotBeReadIsNotFollowed) {
  const std::string path = "Device.IP.Interface.1.LowerLayers+.Name";
  EXPECT_THAT(found(Permissions({Role{{kAll}}}), path), ElementsAre("Device.IP.Interface.2."));
  EXPECT_THAT(found(Permissions({Role{{kAll, permission(2, {"Device.IP.Interface.*.LowerLayers"},
                                                        letters("-w--"))}}}),
                    path),
              IsEmpty());
}

TEST_F(RoleRequests, AnObjectOfWhichNothingMayBeReadIsNotThere) {  // TP-469 2.21
  const Permissions hidden({Role{{kAll, permission(2, {kTable + "2."}, letters("----", "rwxn"))}}});
  EXPECT_THAT(found(hidden, kTable), ElementsAre(kTable + "1.", kTable + "10."));
}

TEST_F(RoleRequests, OneParameterIsEnoughToBeGranted) {
  const Permissions one({Role{{permission(0, {kTable + "2.ID"}, letters("r---", "r---"))}}});
  EXPECT_THAT(found(one, kTable + "2.ID"), ElementsAre(kTable + "2."));
  EXPECT_THAT(found(one, kTable + "2."), IsEmpty());
  EXPECT_THAT(found(one, kTable + "2.Enable"), IsEmpty());
}

TEST_F(RoleRequests, ASearchDoesNotComeAcrossWhatIsNotListed) {
  const Permissions write_only({Role{{permission(0, {kTable}, letters("-w--"))}}});
  const auto out = as(write_only, "set { allow_partial: true update_objs { obj_path: '" + kTable +
                                      "*.' param_settings { param: 'Enable' value: 'true' } } }");
  EXPECT_EQ(out.set_resp()
                .updated_obj_results(0)
                .oper_status()
                .oper_success()
                .updated_inst_results_size(),
            0);
}

TEST_F(RoleRequests, KeysOfAnInstanceAreReadAsParameters) {  // R-GIN.1
  const Permissions no_alias({Role{{kAll, permission(2, {kTable + "*.Alias"}, letters("----"))}}});
  const auto out = as(no_alias, "get_instances { obj_paths: '" + kTable + "' }");
  EXPECT_THAT(out.get_instances_resp().req_path_results(0).curr_insts(0).unique_keys(),
              UnorderedElementsAre(Key("Recipient"), Key("ID")));
}

TEST_F(RoleRequests, BelowAnInstanceThatIsNotListedNothingIs) {  // R-GIN.0
  const Permissions hidden({Role{{kAll, permission(2, {"Device.LocalAgent.Controller.1."},
                                                   letters("rwxn", "rwxn", "----", "rwxn"))}}});
  const auto out =
      as(hidden, "get_instances { obj_paths: 'Device.LocalAgent.Controller.1.BootParameter.' }");
  EXPECT_EQ(out.get_instances_resp().req_path_results(0).curr_insts_size(), 0);
}

TEST_F(RoleRequests, SupportedElementsAreSeenOneByOne) {  // R-GSP.0
  const Permissions some(
      {Role{{permission(0, {"Device."}, letters("r---", "r---", "----", "----")),
             permission(1, {"Device.Boot!"}, letters("----", "----", "----", "r---")),
             permission(2, {"Device.RootDataModelVersion", "Device.IP."}, Rights{})}}});
  const auto out = as(some,
                      "get_supported_dm { obj_paths: 'Device.' return_commands: true "
                      "return_events: true return_params: true }");
  const auto& device = out.get_supported_dm_resp().req_obj_results(0).supported_objs(0);
  EXPECT_EQ(device.supported_params_size(), 0);
  EXPECT_EQ(device.supported_commands_size(), 0);
  ASSERT_EQ(device.supported_events_size(), 1);
  EXPECT_EQ(device.supported_events(0).event_name(), "Boot!");
  for (const auto& object : out.get_supported_dm_resp().req_obj_results(0).supported_objs()) {
    EXPECT_FALSE(object.supported_obj_path().starts_with("Device.IP."));
  }
}

TEST_F(RoleRequests, SecuredValuesAreSentToSecuredRoles) {  // TP-469 2.27
  const std::string path = "Device.LocalAgent.Controller.1.Credential";
  const Permissions all({Role{{kAll}}});
  const auto value = [&](const Access& requester) {
    Outcome outcome = handle(request("get { param_paths: '" + path + "' }"), model, requester);
    return std::get<Respond>(outcome)
        .msg.body()
        .response()
        .get_resp()
        .req_path_results(0)
        .resolved_path_results(0)
        .result_params()
        .at("Credential");
  };
  EXPECT_EQ(value(RoleAccess(all)), "");
  EXPECT_EQ(value(RoleAccess(all, &all)), "not to be seen");
}

}  // namespace
}  // namespace usp
