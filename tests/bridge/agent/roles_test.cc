// ControllerTrust as the bridge keeps it: rows, what may be written in them, and what they grant.
#include "bridge/agent/roles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bridge/agent/agent_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using usp::ErrorCode;
using Kind = RoleBook::Standing::Kind;
using State = usp::StepResult::State;

const std::string kTrust = "Device.LocalAgent.ControllerTrust.";
const std::string kRoles = kTrust + "Role.";
const std::string kFull = kRoles + "1";
const std::string kReadOnly = kRoles + "2";
const std::string kUntrusted = kRoles + "3";
const std::string kGuest = kRoles + "4";
const std::string kControllers = "Device.LocalAgent.Controller.";

Config with_guest() {
  Config out = test::config();
  RoleConfig guest{"guest", {}};
  guest.permissions.push_back({{"Device.WiFi."}, "r---", "r---", "r---", "----"});
  guest.permissions.push_back({{"Device.WiFi.SSID.*.SSID"}, "rw--", "----", "----", "----"});
  out.roles.push_back(std::move(guest));
  ControllerConfig third;
  third.endpoint_id = "self::guest";
  third.topic = "usp/v1/controller/guest";
  third.role = "guest";
  out.controllers.push_back(std::move(third));
  return out;
}

class Roles : public testing::Test {
 protected:
  std::string get(const std::string& path) const {
    const usp::SplitPath parts = usp::split_path(path);
    return model.value(parts.object, parts.leaf, facts()).text;
  }
  template <class Fn>
  usp::StepResult write(Fn work) {
    LocalTransaction transaction(model, {.controller = kFirst}, kNow);
    const usp::StepResult result = work(transaction);
    stored.take(transaction.commit());
    return result;
  }
  usp::StepResult add(const std::string& table, std::vector<usp::Setting> settings = {}) {
    return write([&](LocalTransaction& t) { return t.add(step(table, std::move(settings))); });
  }
  usp::StepResult set(const std::string& object, std::vector<usp::Setting> settings) {
    return write([&](LocalTransaction& t) { return t.set(step(object, std::move(settings))); });
  }
  usp::StepResult remove(const std::string& row) {
    return write([&](LocalTransaction& t) { return t.remove(step(row)); });
  }
  /// A role that may read what is below `target`.
  std::string add_role(const std::string& name, const std::string& target) {
    const std::string role = add(kRoles, {required("Name", name), required("Enable", "true")}).path;
    add(role + "Permission.",
        {required("Enable", "true"), required("Targets", target), required("Param", "r---")});
    return role.substr(0, role.size() - 1);
  }
  bool reads(const std::string& controller, std::string_view object, std::string_view name) {
    const RoleBook::Standing& standing = book.of(model, controller);
    return standing.grants && standing.grants->all.on(object).of(name).has(
                                  usp::Rights::Kind::kParam, usp::Rights::Letter::kRead);
  }
  void reload() {
    model = LocalModel(base, stored.rows());
    book.forget();
  }

  std::shared_ptr<const LocalTemplate> base = make_local_template(with_guest());
  LocalModel model{base, {}};
  Stored stored;
  RoleBook book;
};

// ---- the template

TEST_F(Roles, OfTheTemplateAreTheBuiltInOnesAndThoseOfTheConfiguration) {
  EXPECT_THAT(model.instances(kRoles), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(get(kFull + ".Name"), "Full Access");
  EXPECT_EQ(get(kReadOnly + ".Name"), "Read Only");
  EXPECT_EQ(get(kUntrusted + ".Name"), "Untrusted");
  EXPECT_EQ(get(kGuest + ".Name"), "guest");
  EXPECT_EQ(get(kGuest + ".Permission.2.Order"), "1");
  EXPECT_EQ(get(kGuest + ".Permission.2.Targets"), "Device.WiFi.SSID.*.SSID");
  EXPECT_EQ(get(kControllers + "3.AssignedRole"), kGuest);
  EXPECT_EQ(get(kTrust + "UntrustedRole"), kUntrusted);
  EXPECT_EQ(get(kTrust + "RoleNumberOfEntries"), "4");
  EXPECT_EQ(get(kTrust + "SecuredRoles"), "");
  EXPECT_EQ(model.stored_count(), 0U);
}

TEST_F(Roles, OfTheTemplateAreCompiledOnceForAllAgents) {
  LocalModel other(base, {});
  RoleBook others;
  for (const char* controller : {"self::first", "self::second", "self::guest", "self::stranger"}) {
    EXPECT_EQ(book.of(model, controller).grants, others.of(other, controller).grants) << controller;
  }
  EXPECT_TRUE(book.of(model, "self::first").grants->all.everything());
}

TEST_F(Roles, OfTheReadOnlyControllerReadAndSubscribe) {
  const auto grants = book.of(model, "self::second").grants;
  const usp::RoleAccess access(grants->all);
  EXPECT_FALSE(access.unrestricted());
  EXPECT_TRUE(access.may_read("Device.WiFi.", "X"));
  EXPECT_FALSE(access.may_write("Device.WiFi.", "X"));
  EXPECT_FALSE(access.may_operate("Device.", "Reboot()"));
  EXPECT_TRUE(access.may_add(kSubscriptions));
  EXPECT_TRUE(access.may_delete(kSubscriptions + "1."));
  EXPECT_TRUE(access.may_write(kSubscriptions + "1.", "Enable"));
  EXPECT_FALSE(access.may_add(kControllers));
  EXPECT_FALSE(access.may_write(kTrust, "UntrustedRole"));
  EXPECT_TRUE(access.may_hear(usp::NotifType::kEvent, "Device.", "Boot!"));
}

TEST_F(Roles, LetAStrangerSeeWhomItTalksTo) {
  EXPECT_EQ(book.of(model, "self::stranger").kind, Kind::kUnknown);
  EXPECT_TRUE(reads("self::stranger", "Device.LocalAgent.", "EndpointID"));
  EXPECT_FALSE(reads("self::stranger", "Device.LocalAgent.", "SoftwareVersion"));
  EXPECT_FALSE(reads("self::stranger", "Device.WiFi.", "X"));
}

// ---- rows

TEST_F(Roles, AreAddedAndTakeEffectAtOnceAndAfterARestart) {
  const std::string role = add_role("nat", "Device.NAT.");
  EXPECT_FALSE(reads("self::guest", "Device.NAT.", "X")) << "it is nobody's yet";
  EXPECT_EQ(set(kControllers + "3.", {required("AssignedRole", kGuest + "," + role)}).state,
            State::kDone);
  for (int restart = 0; restart < 2; ++restart) {
    EXPECT_TRUE(reads("self::guest", "Device.NAT.PortMapping.1.", "Enable"));
    EXPECT_TRUE(reads("self::guest", "Device.WiFi.", "X"));
    EXPECT_FALSE(reads("self::guest", "Device.IP.", "X"));
    reload();
  }
  EXPECT_EQ(set(role + ".", {required("Enable", "false")}).state, State::kDone);
  EXPECT_FALSE(reads("self::guest", "Device.NAT.PortMapping.1.", "Enable"));
  EXPECT_TRUE(reads("self::guest", "Device.WiFi.", "X"));
}

TEST_F(Roles, ThatAreDeletedAreTakenFromWhoeverHadThem) {
  const std::string role = add_role("nat", "Device.NAT.");
  set(kControllers + "3.", {required("AssignedRole", role + "," + kGuest)});
  set(kTrust, {required("SecuredRoles", role), required("UntrustedRole", role)});
  EXPECT_TRUE(reads("self::stranger", "Device.NAT.", "X"));

  EXPECT_EQ(remove(role + ".").state, State::kDone);

  EXPECT_EQ(get(kControllers + "3.AssignedRole"), kGuest);
  EXPECT_EQ(get(kTrust + "SecuredRoles"), "");
  EXPECT_EQ(get(kTrust + "UntrustedRole"), "");
  EXPECT_FALSE(reads("self::guest", "Device.NAT.", "X"));
  EXPECT_FALSE(reads("self::stranger", "Device.LocalAgent.", "EndpointID"));
}

TEST_F(Roles, ThatAreBuiltInStay) {
  for (const std::string& role : {kFull, kReadOnly, kUntrusted}) {
    EXPECT_EQ(remove(role + ".").code, ErrorCode::kDeleteFailure);
    EXPECT_TRUE(model.check_delete(role + "."));
  }
  EXPECT_EQ(remove(kGuest + ".").state, State::kDone);
  EXPECT_THAT(model.instances(kRoles), ElementsAre(1, 2, 3));
}

TEST_F(Roles, HaveANameOfTheirOwn) {
  EXPECT_THAT(add(kRoles).values,
              UnorderedElementsAre(Pair("Name", "cpe-5"), Pair("Alias", "cpe-5")));
  EXPECT_EQ(add(kRoles, {required("Name", "guest")}).state, State::kFailed);
  EXPECT_EQ(add(kRoles, {required("Name", "")}).state, State::kFailed);
  EXPECT_EQ(set(kGuest + ".", {required("Name", "Untrusted")}).state, State::kFailed);
}

TEST_F(Roles, HaveLimitedRoom) {
  while (!model.check_add(kRoles)) ASSERT_EQ(add(kRoles).state, State::kDone);
  EXPECT_EQ(model.instances(kRoles).size(), 20U);
  EXPECT_EQ(add(kRoles).code, ErrorCode::kResourcesExceeded);
}

struct Bad {
  const char* param;
  const char* value;
};

class BadPermission : public Roles, public testing::WithParamInterface<Bad> {};

TEST_P(BadPermission, IsRefused) {
  const auto& [param, value] = GetParam();
  const auto result = add(kGuest + ".Permission.", {required(param, value)});
  EXPECT_EQ(result.state, State::kFailed) << param << "=" << value;
}

INSTANTIATE_TEST_SUITE_P(Table, BadPermission,
                         testing::Values(Bad{"Param", "rwx"}, Bad{"Param", ""}, Bad{"Obj", "nxwr"},
                                         Bad{"InstantiatedObj", "RWXN"},
                                         Bad{"CommandEvent", "rwxn-"}, Bad{"Targets", "Device..X"},
                                         Bad{"Targets", "Device.A.{i}."}, Bad{"Order", "-1"},
                                         Bad{"Order", "first"}, Bad{"Order", "1"},
                                         Bad{"Alias", "cpe-2"}));

TEST_F(Roles, PutAPermissionWithoutAnOrderOnTop) {
  const std::string table = kGuest + ".Permission.";
  EXPECT_THAT(add(table).values, testing::Contains(Pair("Order", "2")));
  EXPECT_THAT(add(table, {required("Order", "100")}).values,
              testing::Contains(Pair("Order", "100")));
  EXPECT_THAT(add(table).values, testing::Contains(Pair("Order", "101")));
  EXPECT_EQ(get(table + "3.Param"), "----");
  EXPECT_EQ(get(table + "3.Enable"), "false");
}

TEST_F(Roles, AnOrderOfZeroIsNoneLeftOut) {
  const std::string role = add(kRoles).path;
  add(role + "Permission.", {required("Order", "7")});
  EXPECT_THAT(add(role + "Permission.", {required("Order", "0")}).values,
              testing::Contains(Pair("Order", "0")));
}

TEST_F(Roles, CanBeReferredToOnlyAsRoles) {
  for (const char* bad :
       {"x", "Device.LocalAgent.Controller.1", "Device.LocalAgent.ControllerTrust.",
        "Device.LocalAgent.ControllerTrust.Role.",
        "Device.LocalAgent.ControllerTrust.Role.1.Permission.1"}) {
    EXPECT_EQ(set(kControllers + "3.", {required("AssignedRole", bad)}).state, State::kFailed)
        << bad;
  }
  EXPECT_EQ(set(kTrust, {required("UntrustedRole", kFull + "," + kReadOnly)}).state,
            State::kFailed);
}

// ---- who has them

TEST_F(Roles, OfANewControllerAreTheUntrustedOneUnlessOneIsGiven) {
  const std::string one =
      add(kControllers, {required("EndpointID", "self::new"), required("Enable", "true")}).path;
  EXPECT_EQ(get(one + "AssignedRole"), kUntrusted);
  EXPECT_EQ(book.of(model, "self::new").kind, Kind::kServed);
  EXPECT_TRUE(reads("self::new", "Device.LocalAgent.", "EndpointID"));
  EXPECT_FALSE(reads("self::new", "Device.WiFi.", "X"));

  add(kControllers, {required("EndpointID", "self::newer"), required("Enable", "true"),
                     required("AssignedRole", kFull)});
  EXPECT_TRUE(book.of(model, "self::newer").grants->all.everything());

  set(one, {required("AssignedRole", "")});
  EXPECT_TRUE(reads("self::new", "Device.LocalAgent.", "EndpointID"));
  EXPECT_FALSE(reads("self::new", "Device.WiFi.", "X"));
}

TEST_F(Roles, OfOneThatIsNotEnabledAreNotServed) {
  EXPECT_EQ(book.of(model, "self::second").kind, Kind::kServed);
  set(kControllers + "2.", {required("Enable", "false")});
  EXPECT_EQ(book.of(model, "self::second").kind, Kind::kDisabled);
  EXPECT_EQ(book.of(model, "self::second").grants, nullptr);
  remove(kControllers + "2.");
  EXPECT_EQ(book.of(model, "self::second").kind, Kind::kUnknown);
}

TEST_F(Roles, ThatWereInheritedAddUp) {
  {
    LocalTransaction transaction(model, {.controller = {}, .bridge = true}, kNow);
    transaction.put(kControllers + "3.InheritedRole", kReadOnly);
    stored.take(transaction.commit());
  }
  EXPECT_TRUE(reads("self::guest", "Device.IP.", "X"));
  EXPECT_EQ(set(kControllers + "3.", {required("InheritedRole", kFull)}).state, State::kFailed);
}

TEST_F(Roles, ThatAreSecuredShowSecuredParametersWhereTheyMayRead) {
  EXPECT_FALSE(book.of(model, "self::guest").grants->secured);
  set(kTrust, {required("SecuredRoles", kGuest)});
  EXPECT_FALSE(book.of(model, "self::first").grants->secured);
  const auto grants = book.of(model, "self::guest").grants;
  ASSERT_TRUE(grants->secured);
  const usp::RoleAccess access(grants->all, &*grants->secured);
  EXPECT_TRUE(access.may_read_secured("Device.WiFi.AccessPoint.1.Security.", "KeyPassphrase"));
  EXPECT_FALSE(access.may_read_secured("Device.Users.User.1.", "Password"));
}

TEST_F(Roles, OfARefusedTransactionAreAsBefore) {
  book.of(model, "self::guest");
  {
    LocalTransaction transaction(model, {.controller = kFirst}, kNow);
    transaction.set(step(kControllers + "3.", {required("AssignedRole", kFull)}));
    EXPECT_TRUE(book.of(model, "self::guest").grants->all.everything());
  }
  EXPECT_FALSE(book.of(model, "self::guest").grants->all.everything());
}

TEST_F(Roles, AreGivenOnlyByWhoMayWriteRoles) {
  const auto letters = [](const char* param) {
    usp::Rights rights;
    rights.put(usp::Rights::Kind::kParam, usp::parse_letters(param).value());
    rights.put(usp::Rights::Kind::kCommandEvent, usp::parse_letters("--x-").value());
    return rights;
  };
  const usp::Permissions controllers(
      {usp::Role{{{0, {"Device.LocalAgent.Controller."}, letters("rw--")}}}});
  const AgentAccess none(controllers, nullptr, kControllers + "1.");
  EXPECT_TRUE(none.may_write(kControllers + "1.", "PeriodicNotifInterval"));
  EXPECT_TRUE(none.may_write(kControllers + "{i}.", "EndpointID"));
  EXPECT_FALSE(none.may_write(kControllers + "{i}.", "AssignedRole"));
  EXPECT_FALSE(none.may_write(kControllers + "1.", "AssignedRole"));
  EXPECT_FALSE(none.may_write(kControllers + "1.", "EndpointID")) << "it would take over the role";
  EXPECT_FALSE(none.may_write(kControllers + "1.", "Credential"));
  EXPECT_TRUE(none.may_operate(kControllers + "1.", "AddMyCertificate()"));
  EXPECT_FALSE(none.may_operate(kControllers + "2.", "AddMyCertificate()"));
  EXPECT_TRUE(none.may_operate(kControllers + "2.", "SendOnBoardRequest()"));

  const usp::Permissions both(
      {usp::Role{{{0,
                   {"Device.LocalAgent.Controller.", "Device.LocalAgent.ControllerTrust."},
                   letters("rw--")}}}});
  const AgentAccess administrator(both, nullptr, {});
  EXPECT_TRUE(administrator.may_write(kControllers + "1.", "AssignedRole"));
  EXPECT_TRUE(administrator.may_write(kControllers + "1.", "EndpointID"));
  EXPECT_TRUE(administrator.may_operate(kControllers + "2.", "AddMyCertificate()"));
}

}  // namespace
}  // namespace bridge
