#include "bridge/agent/local_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/agent/date_time.h"
#include "bridge/agent/subscription_rows.h"
#include "tests/bridge/agent/agent_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;
using usp::ErrorCode;
using State = usp::StepResult::State;

class LocalAgent : public testing::Test {
 protected:
  std::string get(const std::string& path) const {
    const usp::SplitPath parts = usp::split_path(path);
    return model.value(parts.object, parts.leaf, facts()).text;
  }
  LocalActor first() const { return {.controller = kFirst}; }
  LocalActor second() const { return {.controller = kSecond}; }

  /// Runs `work(transaction)` as `actor` and stores the outcome.
  template <class Fn>
  LocalCommit as(LocalActor actor, Fn work) {
    LocalTransaction transaction(model, std::move(actor), kNow);
    work(transaction);
    LocalCommit commit = transaction.commit();
    stored.take(commit);
    return commit;
  }
  usp::StepResult add(const std::string& table, std::vector<usp::Setting> settings = {}) {
    usp::StepResult result;
    as(first(), [&](LocalTransaction& t) { result = t.add(step(table, std::move(settings))); });
    return result;
  }
  usp::StepResult set(const std::string& object, std::vector<usp::Setting> settings) {
    usp::StepResult result;
    as(first(), [&](LocalTransaction& t) { result = t.set(step(object, std::move(settings))); });
    return result;
  }
  usp::StepResult remove(const std::string& instance) {
    usp::StepResult result;
    as(first(), [&](LocalTransaction& t) { result = t.remove(step(instance)); });
    return result;
  }
  void reload() { model = LocalModel(base, stored.rows()); }

  std::shared_ptr<const LocalTemplate> base = local_template();
  LocalModel model{base, {}};
  Stored stored;
};

// ---- reading -----------------------------------------------------------------------------------

TEST_F(LocalAgent, WithDefaultSettingsStoresNothing) { EXPECT_EQ(model.stored_count(), 0U); }

TEST_F(LocalAgent, ShowsTheConfiguredControllersAsRows) {
  EXPECT_THAT(model.instances("Device.LocalAgent.Controller."), ElementsAre(1, 2));
  EXPECT_EQ(get("Device.LocalAgent.Controller.1.EndpointID"), "self::first");
  EXPECT_EQ(get("Device.LocalAgent.Controller.2.Alias"), "noc");
  EXPECT_EQ(get("Device.LocalAgent.Controller.1.MTP.1.MQTT.Topic"), "usp/v1/controller/first");
  EXPECT_EQ(get("Device.LocalAgent.Controller.2.AssignedRole"),
            "Device.LocalAgent.ControllerTrust.Role.2");
}

TEST_F(LocalAgent, ShowsItsOwnNameInTheTopicsOfTheDeployment) {
  EXPECT_EQ(get("Device.MQTT.Client.1.Subscription.1.Topic"), "usp/v1/agent/ops::00D09E-Box-1");
}

TEST_F(LocalAgent, NeverShowsTheBrokersPassword) {
  EXPECT_EQ(get("Device.MQTT.Client.1.Password"), "");
  for (const auto& [path, value] : base->values) EXPECT_NE(value, "broker-secret") << path;
}

TEST_F(LocalAgent, CountsItsRows) {
  EXPECT_EQ(get("Device.LocalAgent.ControllerNumberOfEntries"), "2");
  EXPECT_EQ(get("Device.LocalAgent.SubscriptionNumberOfEntries"), "1");
  EXPECT_EQ(get("Device.LocalAgent.Controller.1.MTPNumberOfEntries"), "1");
  EXPECT_EQ(get("Device.LocalAgent.Controller.1.BootParameterNumberOfEntries"), "0");
}

TEST_F(LocalAgent, HasTheSessionSettingsOfEachController) {  // R-E2E.10: 5 and 2000
  const std::string session = "Device.LocalAgent.Controller.1.E2ESession.";
  EXPECT_EQ(get(session + "SessionMode"), "Allow");
  EXPECT_EQ(get(session + "SessionRetryMinimumWaitInterval"), "5");
  EXPECT_EQ(get(session + "SessionRetryIntervalMultiplier"), "2000");
  EXPECT_EQ(model.controller("self::first")->session, E2eSession{});
  EXPECT_EQ(
      set(session, {required("SessionMode", "Require"), required("SessionExpiration", "60"),
                    required("MaxUSPRecordSize", "1024"), required("MaxRetransmitTries", "0")})
          .state,
      State::kDone);
  reload();
  E2eSession wanted;
  wanted.mode = SessionMode::kRequire;
  wanted.expiration_s = 60;
  wanted.max_record_bytes = 1024;
  wanted.max_retransmit_tries = 0;
  EXPECT_EQ(model.controller("self::first")->session, wanted);
  EXPECT_EQ(stored.rows().size(), 4U);
  EXPECT_EQ(get("Device.LocalAgent.Controller.2.E2ESession.SessionMode"), "Allow");
}

TEST_F(LocalAgent, ShowsTheSessionOfEachController) {
  AgentFacts with = facts();
  with.sessions["self::first"] = {"Up", 3};
  const auto shown = [&](const std::string& row, const char* name) {
    return model.value("Device.LocalAgent.Controller." + row + ".E2ESession.", name, with).text;
  };
  EXPECT_EQ(shown("1", "Status"), "Up");
  EXPECT_EQ(shown("1", "CurrentRetryCount"), "3");
  EXPECT_EQ(shown("2", "Status"), "Down");
}

TEST_F(LocalAgent, TellsHowOldWhatItKnowsIs) {
  EXPECT_EQ(get("Device.LocalAgent.UpTime"), "90");
  EXPECT_EQ(get("Device.X_USPBRIDGE_Cwmp.LastInformTime"), "2023-11-14T22:13:10Z");
  EXPECT_EQ(get("Device.X_USPBRIDGE_Cwmp.MirrorAge"), "20");
  EXPECT_EQ(get("Device.CWMPManagementServer.EnableCWMP"), "true");
}

TEST_F(LocalAgent, HasAValueForEveryParameterOfItsSchema) {
  for (const auto& [path, object] : model.schema().objects()) {
    std::string row = path;
    for (std::size_t at = row.find("{i}"); at != row.npos; at = row.find("{i}")) {
      row.replace(at, 3, "1");
    }
    if (!model.has_object(row)) continue;
    for (const LocalParam& param : object.params) {
      const usp::Value value = model.value(row, param.name, facts());
      ASSERT_EQ(value.state, usp::ValueState::kKnown) << row << param.name;
      const usp::SupportedParam type{
          .name = std::string(param.name), .type = param.type, .list = param.list};
      EXPECT_EQ(usp::check_type(type, value.text), std::nullopt) << row << param.name;
    }
  }
}

TEST_F(LocalAgent, KnowsWhichObjectsAreThere) {
  EXPECT_TRUE(model.has_object("Device.LocalAgent."));
  EXPECT_TRUE(model.has_object("Device.LocalAgent.Request."));
  EXPECT_TRUE(model.has_object("Device.LocalAgent.Controller.2.MTP.1.MQTT."));
  EXPECT_FALSE(model.has_object("Device.LocalAgent.Controller.3."));
  EXPECT_FALSE(model.has_object("Device.LocalAgent.Controller.3.MTP."));
  EXPECT_FALSE(model.has_object("Device.LocalAgent.Nothing."));
  EXPECT_EQ(model.value("Device.LocalAgent.", "Nothing", facts()).state, usp::ValueState::kAbsent);
}

TEST_F(LocalAgent, FindsAControllerByItsEndpointId) {
  ASSERT_TRUE(model.controller("self::second").has_value());
  EXPECT_EQ(model.controller("self::second")->topic, "usp/v1/controller/second");
  EXPECT_EQ(model.controller("self::nobody"), std::nullopt);
}

TEST_F(LocalAgent, DoesNotKnowADisabledController) {
  set(kSecond + ".", {required("Enable", "false")});

  EXPECT_EQ(model.controller("self::second"), std::nullopt);
}

TEST_F(LocalAgent, HasTheDefaultSubscriptionsOfItsControllers) {
  const auto rows = subscription_rows(model);

  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].id, "boot");
  EXPECT_EQ(rows[0].recipient, kFirst);
  EXPECT_EQ(rows[0].notif_type, usp::NotifType::kEvent);
  EXPECT_THAT(rows[0].references, ElementsAre("Device.Boot!"));
  EXPECT_TRUE(rows[0].persistent);
  EXPECT_EQ(get(kSubscriptions + "1.CreationDate"), "2023-11-14T21:13:20Z");
}

// ---- adding ------------------------------------------------------------------------------------

// TP-469 1.81
TEST_F(LocalAgent, GeneratesUniqueKeysThatWereLeftOut) {
  const auto one = add(kSubscriptions);
  const auto two = add(kSubscriptions);

  EXPECT_EQ(one.path, kSubscriptions + "2.");
  EXPECT_THAT(one.values, ElementsAre(Pair("Alias", "cpe-2"), Pair("ID", Not(IsEmpty())),
                                      Pair("Recipient", kFirst)));
  EXPECT_NE(one.values.at("ID"), two.values.at("ID"));
}

TEST_F(LocalAgent, DatesANewSubscriptionAndNamesItsCreator) {
  const auto added = add(kSubscriptions, {required("ID", "a")});

  EXPECT_EQ(get(added.path + "CreationDate"), "2023-11-14T22:13:20Z");
  EXPECT_EQ(get(added.path + "Recipient"), kFirst);
  EXPECT_EQ(get(added.path + "Enable"), "false");
}

// TP-469 1.88
TEST_F(LocalAgent, RefusesAnAliasThatDoesNotStartWithALetter) {
  for (const char* alias : {"", "1st", "_a", "-a"}) {
    const auto added = add(kSubscriptions, {optional("Alias", alias)});
    ASSERT_EQ(added.state, State::kFailed) << alias;
    ASSERT_THAT(added.param_errors, SizeIs(1));
    EXPECT_EQ(added.param_errors[0].path, "Alias");
    EXPECT_EQ(added.param_errors[0].code, ErrorCode::kInvalidValue);
  }
  EXPECT_THAT(model.instances(kSubscriptions), ElementsAre(1));
}

TEST_F(LocalAgent, TakesAnAliasOf64CharactersAndNotOneMore) {
  EXPECT_EQ(add(kSubscriptions, {required("Alias", std::string(64, 'a'))}).state, State::kDone);
  EXPECT_EQ(add(kSubscriptions, {required("Alias", std::string(65, 'b'))}).state, State::kFailed);
}

TEST_F(LocalAgent, GeneratesAnotherAliasWhenTheUsualOneIsTaken) {
  add(kSubscriptions, {required("Alias", "cpe-3")});

  EXPECT_EQ(add(kSubscriptions).values.at("Alias"), "cpe-3-2");
}

TEST_F(LocalAgent, RefusesASecondSubscriptionOfOneControllerWithTheSameId) {
  add(kSubscriptions, {required("ID", "same")});

  EXPECT_EQ(add(kSubscriptions, {required("ID", "same")}).code, ErrorCode::kDuplicateKey);
  usp::StepResult other;
  as(second(),
     [&](LocalTransaction& t) { other = t.add(step(kSubscriptions, {required("ID", "same")})); });
  EXPECT_EQ(other.state, State::kDone);
}

// TP-469 1.3
TEST_F(LocalAgent, LeavesNothingBehindWhenARequiredSettingOfAnAddIsBad) {
  const auto added = add(kSubscriptions, {required("Enable", "true"), required("NotifType", "No"),
                                          required("Nonsense", "1")});

  EXPECT_EQ(added.state, State::kFailed);
  ASSERT_THAT(added.param_errors, SizeIs(2));
  EXPECT_EQ(added.param_errors[0].path, "NotifType");
  EXPECT_EQ(added.param_errors[1].code, ErrorCode::kUnsupportedParameter);
  EXPECT_THAT(stored.rows(), IsEmpty());
}

TEST_F(LocalAgent, ReportsABadOptionalSettingAndKeepsTheRest) {
  const auto added =
      add(kSubscriptions, {optional("Enable", "maybe"), required("Persistent", "1")});

  EXPECT_EQ(added.state, State::kDone);
  ASSERT_THAT(added.param_errors, SizeIs(1));
  EXPECT_EQ(added.param_errors[0].code, ErrorCode::kInvalidType);
  EXPECT_EQ(get(added.path + "Persistent"), "true");
}

// TP-469 1.17: the response is made of both.
TEST_F(LocalAgent, ReportsNoSettingThatTheRequestWasFoundWantingForBefore) {
  usp::Step checked = step(kSubscriptions, {required("Enable", "true")});
  checked.param_errors = {{"Nonsense", ErrorCode::kUnsupportedParameter, "no such parameter"}};
  usp::StepResult added;
  usp::StepResult changed;
  as(first(), [&](LocalTransaction& t) { added = t.add(checked); });
  checked.path = added.path;
  as(first(), [&](LocalTransaction& t) { changed = t.set(checked); });

  EXPECT_EQ(changed.state, State::kDone);
  EXPECT_THAT(added.param_errors, IsEmpty());
  EXPECT_THAT(changed.param_errors, IsEmpty());
}

TEST_F(LocalAgent, SetsSubObjectsWhileAdding) {
  const auto controller = add("Device.LocalAgent.Controller.",
                              {required("EndpointID", "self::third"), required("Enable", "true")});
  const auto mtp = add(controller.path + "MTP.",
                       {required("Enable", "true"), required("MQTT.Topic", "third/topic")});

  EXPECT_EQ(controller.path, "Device.LocalAgent.Controller.3.");
  EXPECT_EQ(mtp.state, State::kDone);
  EXPECT_EQ(model.controller("self::third")->topic, "third/topic");
}

TEST_F(LocalAgent, RefusesTheEndpointIdOfAnotherController) {
  EXPECT_EQ(add("Device.LocalAgent.Controller.", {required("EndpointID", "self::first")}).code,
            ErrorCode::kDuplicateKey);
  const auto changed = set(kSecond + ".", {required("EndpointID", "self::first")});
  ASSERT_THAT(changed.param_errors, SizeIs(1));
  EXPECT_EQ(changed.param_errors[0].code, ErrorCode::kDuplicateKey);
  EXPECT_EQ(get(kSecond + ".EndpointID"), "self::second");
}

TEST_F(LocalAgent, HoldsAsManySubscriptionsAsItSaysAndNotOneMore) {
  const int limit = std::stoi(get("Device.LocalAgent.SupportedNumberOfSubscriptions"));
  for (int count = 1; count < limit; ++count) ASSERT_EQ(add(kSubscriptions).state, State::kDone);

  EXPECT_EQ(add(kSubscriptions).code, ErrorCode::kResourcesExceeded);
  EXPECT_TRUE(model.check_add(kSubscriptions).has_value());
}

TEST_F(LocalAgent, LetsNoControllerAddToTablesThatTheBridgeFills) {
  for (const char* table :
       {"Device.LocalAgent.Request.", "Device.MQTT.Client.", "Device.LocalAgent.MTP."}) {
    EXPECT_EQ(add(table).code, ErrorCode::kNotCreatable) << table;
  }
}

TEST_F(LocalAgent, NeverUsesAnInstanceNumberTwice) {
  const auto one = add(kSubscriptions);
  remove(one.path);
  reload();

  EXPECT_NE(add(kSubscriptions).path, one.path);
}

// ---- setting -----------------------------------------------------------------------------------

// TP-469 1.96
TEST_F(LocalAgent, RefusesANewIdForASubscription) {
  const auto added = add(kSubscriptions, {required("ID", "add96")});

  const auto changed = set(added.path, {required("ID", "add96-NEW")});

  EXPECT_EQ(changed.state, State::kFailed);
  EXPECT_EQ(changed.param_errors.at(0).code, ErrorCode::kNotWriteable);
  EXPECT_EQ(get(added.path + "ID"), "add96");
}

// TP-469 1.104
TEST_F(LocalAgent, RefusesANewAlias) {
  const auto added = add(kSubscriptions, {required("Alias", "test-1-104")});

  EXPECT_EQ(set(added.path, {required("Alias", "other")}).state, State::kFailed);
  EXPECT_EQ(get(added.path + "Alias"), "test-1-104");
}

TEST_F(LocalAgent, RefusesWritesToTheSharedMqttConnectionAndToTheCwmpSwitch) {
  for (const auto& [object, param] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Device.MQTT.Client.1.", "BrokerAddress"},
           {"Device.MQTT.Client.1.Subscription.1.", "Topic"},
           {"Device.CWMPManagementServer.", "EnableCWMP"},
           {"Device.LocalAgent.", "EndpointID"},
           {"Device.LocalAgent.Controller.1.", "InheritedRole"},
           {"Device.LocalAgent.Subscription.1.", "Recipient"}}) {
    const auto result = set(object, {required(param, "1")});
    ASSERT_THAT(result.param_errors, SizeIs(1)) << object << param;
    EXPECT_EQ(result.param_errors[0].code, ErrorCode::kNotWriteable) << object << param;
  }
}

TEST_F(LocalAgent, ChecksValuesBeyondTheirType) {
  struct Row {
    const char* object;
    const char* param;
    const char* good;
    const char* bad;
  };
  for (const Row& row : {
           Row{"Device.LocalAgent.Subscription.1.", "NotifType", "ValueChange", "valuechange"},
           Row{"Device.LocalAgent.Subscription.1.", "ReferenceList",
               "Device.Boot!,Device.LocalAgent.Controller.[EndpointID==\"a,b\"].Enable",
               "Device..Boot!"},
           Row{"Device.LocalAgent.Controller.1.", "USPNotifRetryMinimumWaitInterval", "65535",
               "65536"},
           Row{"Device.LocalAgent.Controller.1.", "USPNotifRetryMinimumWaitInterval", "1", "0"},
           Row{"Device.LocalAgent.Controller.1.", "USPNotifRetryIntervalMultiplier", "1000", "999"},
           Row{"Device.LocalAgent.Controller.1.", "PeriodicNotifInterval", "1", "0"},
           Row{"Device.LocalAgent.Controller.1.", "EndpointID", "os::012345-ABC", "no id"},
           Row{"Device.LocalAgent.Controller.1.MTP.1.", "Protocol", "MQTT", "STOMP"},
           Row{"Device.LocalAgent.Controller.1.MTP.1.MQTT.", "Topic", "a/b", "a/#"},
       }) {
    EXPECT_EQ(set(row.object, {required(row.param, row.good)}).state, State::kDone) << row.good;
    const auto bad = set(row.object, {required(row.param, row.bad)});
    ASSERT_EQ(bad.state, State::kFailed) << row.param << "=" << row.bad;
    EXPECT_EQ(bad.param_errors.at(0).code, ErrorCode::kInvalidValue) << row.bad;
  }
}

TEST_F(LocalAgent, AnswersASetWithWhatIsThereNow) {
  const auto result = set(kFirst + ".", {required("Enable", "1"), required("ControllerCode", "x")});

  EXPECT_THAT(result.values, ElementsAre(Pair("ControllerCode", "x"), Pair("Enable", "true")));
}

TEST_F(LocalAgent, UndoesASetWhoseRequiredSettingFails) {
  set(kFirst + ".", {required("ControllerCode", "x"), required("PeriodicNotifInterval", "0")});

  EXPECT_EQ(get(kFirst + ".ControllerCode"), "");
}

TEST_F(LocalAgent, SaysThatARowIsGone) {
  EXPECT_EQ(set(kSubscriptions + "9.", {required("Enable", "1")}).code,
            ErrorCode::kObjectDoesNotExist);
}

TEST_F(LocalAgent, StoresNothingForAValueThatIsTheDefaultAnyway) {
  set(kFirst + ".", {required("PeriodicNotifInterval", "60")});
  EXPECT_THAT(stored.rows(), SizeIs(1));
  set(kFirst + ".", {required("PeriodicNotifInterval", "86400")});
  EXPECT_THAT(stored.rows(), IsEmpty());
}

// ---- deleting ----------------------------------------------------------------------------------

// TP-469 1.78
TEST_F(LocalAgent, DeletesTheSubscriptionsOfADeletedController) {
  usp::StepResult other;
  as(second(), [&](LocalTransaction& t) { other = t.add(step(kSubscriptions)); });

  const auto commit = as(second(), [&](LocalTransaction& t) { t.remove(step(kFirst + ".")); });

  EXPECT_THAT(model.instances(kSubscriptions), ElementsAre(2));
  EXPECT_FALSE(model.has_object(kFirst + ".MTP.1."));
  EXPECT_THAT(commit.changes, Contains(Change(ObjectDeleted{kSubscriptions + "1."})));
  EXPECT_THAT(commit.changes, Contains(Change(ObjectDeleted{kFirst + ".MTP.1."})));
}

TEST_F(LocalAgent, RemembersThatARowOfTheTemplateWasDeleted) {
  remove(kFirst + ".");
  reload();

  EXPECT_THAT(model.instances("Device.LocalAgent.Controller."), ElementsAre(2));
  EXPECT_THAT(model.instances(kFirst + ".MTP."), IsEmpty());
  EXPECT_EQ(model.controller("self::first"), std::nullopt);
}

TEST_F(LocalAgent, DeletesEverythingOfARow) {
  const auto boot = add(kFirst + ".BootParameter.", {required("ParameterName", "Device.X")});
  EXPECT_EQ(boot.state, State::kDone);
  EXPECT_THAT(model.boot_parameters(kFirst + "."), SizeIs(1));

  remove(kFirst + ".");

  for (const LocalValue& row : stored.rows()) {
    EXPECT_THAT(row.path, Not(testing::HasSubstr("BootParameter")));
  }
}

TEST_F(LocalAgent, TakesTheDeletionOfWhatIsGoneAsDone) {
  EXPECT_EQ(remove(kSubscriptions + "77.").state, State::kDone);
}

TEST_F(LocalAgent, LetsNoControllerDeleteRowsOfTheBridge) {
  EXPECT_EQ(remove("Device.MQTT.Client.1.").state, State::kFailed);
  EXPECT_EQ(remove("Device.LocalAgent.MTP.1.").code, ErrorCode::kDeleteFailure);
}

TEST_F(LocalAgent, TellsWhenASubscriptionGoesByItself) {
  add(kSubscriptions, {required("TimeToLive", "20")});

  const auto rows = model.subscriptions();
  EXPECT_EQ(rows.at(0).removal_ms(), 0);
  EXPECT_EQ(rows.at(1).removal_ms(), kNow + 20'000);
}

// ---- requests ----------------------------------------------------------------------------------

TEST_F(LocalAgent, KeepsARequestRowWhileACommandRuns) {
  std::string path;
  as({.bridge = true}, [&](LocalTransaction& t) {
    path = t.add_request("self::first", "Device.ScheduleTimer()", "key").value();
    t.put(path + "Status", "Active");
  });

  ASSERT_THAT(model.requests(), SizeIs(1));
  EXPECT_EQ(model.requests()[0].command, "Device.ScheduleTimer()");
  EXPECT_EQ(get(path + "Status"), "Active");

  as({.bridge = true}, [&](LocalTransaction& t) { EXPECT_TRUE(t.remove_row(path)); });
  EXPECT_THAT(model.requests(), IsEmpty());
}

// ---- what a transaction leaves ------------------------------------------------------------------

TEST_F(LocalAgent, TakesEverythingBackUnlessCommitted) {
  {
    LocalTransaction transaction(model, first(), kNow);
    transaction.add(step(kSubscriptions));
    transaction.remove(step(kFirst + "."));
    transaction.set(step(kSecond + ".", {required("ControllerCode", "x")}));
  }

  EXPECT_EQ(model.stored_count(), 0U);
  EXPECT_THAT(model.instances(kSubscriptions), ElementsAre(1));
  EXPECT_TRUE(model.has_object(kFirst + ".MTP.1."));
}

TEST_F(LocalAgent, IsTheSameAfterAReload) {
  add(kSubscriptions, {required("ID", "a"), required("ReferenceList", "Device.A,Device.B.")});
  add(kFirst + ".BootParameter.", {required("ParameterName", "Device.X")});
  set(kSecond + ".", {required("ProvisioningCode", "p")});
  remove(kSubscriptions + "1.");
  const auto subscriptions = model.subscriptions();
  const auto controllers = model.controllers();

  reload();

  EXPECT_EQ(model.subscriptions(), subscriptions);
  EXPECT_EQ(model.controllers(), controllers);
  EXPECT_EQ(get(kSecond + ".ProvisioningCode"), "p");
  EXPECT_THAT(model.boot_parameters(kFirst + "."), SizeIs(1));
}

// TP-469 1.52
TEST_F(LocalAgent, TellsOfAChangedValue) {
  const auto commit = as(first(), [&](LocalTransaction& t) {
    t.set(step(kFirst + ".", {required("ProvisioningCode", "TestValue52")}));
  });

  EXPECT_THAT(commit.changes, ElementsAre(Change(ValueChanged{kFirst + ".ProvisioningCode",
                                                              "TestValue52", ValueType::kString})));
}

TEST_F(LocalAgent, TellsNothingOfAValueThatIsWhatItWas) {
  const auto commit = as(first(), [&](LocalTransaction& t) {
    t.set(step(kFirst + ".", {required("Enable", "1")}));
    t.set(step(kFirst + ".", {required("ControllerCode", "x")}));
    t.set(step(kFirst + ".", {required("ControllerCode", "")}));
  });

  EXPECT_THAT(commit.changes, IsEmpty());
  EXPECT_TRUE(commit.empty());
}

// TP-469 1.57, 1.58
TEST_F(LocalAgent, TellsOfRowsThatComeAndGoAndOfTheirNumber) {
  const auto added = as(first(), [&](LocalTransaction& t) { t.add(step(kSubscriptions)); });
  EXPECT_THAT(added.changes,
              ElementsAre(Change(ObjectCreated{kSubscriptions + "2."}),
                          Change(ValueChanged{"Device.LocalAgent.SubscriptionNumberOfEntries", "2",
                                              ValueType::kUnsignedInt})));

  const auto removed =
      as(first(), [&](LocalTransaction& t) { t.remove(step(kSubscriptions + "2.")); });
  EXPECT_THAT(removed.changes, Contains(Change(ObjectDeleted{kSubscriptions + "2."})));
}

TEST_F(LocalAgent, TellsNothingOfARowThatCameAndWent) {
  const auto commit =
      as(first(), [&](LocalTransaction& t) { t.remove(step(t.add(step(kSubscriptions)).path)); });

  EXPECT_THAT(commit.changes, IsEmpty());
}

TEST_F(LocalAgent, IgnoresStoredRowsOfAControllerThatIsNoLongerConfigured) {
  add(kSecond + ".BootParameter.", {required("ParameterName", "Device.X")});
  Config fewer = config();
  fewer.controllers.pop_back();

  const LocalModel after(make_local_template(fewer), stored.rows());

  EXPECT_THAT(after.instances("Device.LocalAgent.Controller."), ElementsAre(1));
  EXPECT_THAT(after.boot_parameters(kSecond + "."), IsEmpty());
}

// ---- dates -------------------------------------------------------------------------------------

TEST(DateTime, GoesBothWays) {
  EXPECT_EQ(format_date_time(kNow), "2023-11-14T22:13:20Z");
  EXPECT_EQ(parse_date_time("2023-11-14T22:13:20Z"), kNow);
  EXPECT_EQ(parse_date_time("2023-11-14T23:13:20.25+01:00"), kNow + 250);
  EXPECT_EQ(parse_date_time("2023-11-14T22:13:20"), kNow);
  EXPECT_EQ(format_date_time(0), "0001-01-01T00:00:00Z");
  EXPECT_EQ(parse_date_time("0001-01-01T00:00:00Z"), 0);
}

TEST(DateTime, RefusesWhatIsNone) {
  for (const char* text :
       {"", "2023-11-14", "2023-13-14T22:13:20Z", "2023-02-30T00:00:00Z", "2023-11-14T22:13:20X",
        "2023-11-14T22:13:20.Z", "2023-11-14T22:13:20+1:00", "2023-11-14T22:61:20Z"}) {
    EXPECT_EQ(parse_date_time(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace bridge
