// Set, Add and Delete, with a loss, a fault or a restart at each step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/task/add_object.h"
#include "bridge/task/delete_object.h"
#include "bridge/task/first_contact.h"
#include "bridge/task/set_values.h"
#include "fake_cpe.h"

namespace bridge::testing {
namespace {

using cwmp::FaultCode;
using task::Assignment;
using task::Outcome;
using Kind = Injection::Kind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Kind kInjections[] = {Kind::kLostBefore, Kind::kLostAfter, Kind::kFault, Kind::kRestart,
                                Kind::kRestartAfter};
const std::string kTable = "Device.NAT.PortMapping.";

/// A device that has been learned.
struct Learnt {
  explicit Learnt(FakeCpe device = small_gateway()) : cpe(std::move(device)), driver(cpe) {
    driver.run(
        [] { return std::make_unique<task::FirstContact>("Device.", task::Provisioning()); });
    cpe.log.clear();
    driver.diff.clear();
    driver.steps = 0;
  }
  FakeCpe cpe;
  Driver driver;
};

const std::string kCount = "Device.NAT.PortMappingNumberOfEntries";

FakeCpe counting_gateway() {
  FakeCpe cpe = small_gateway();
  cpe.add_parameter(kCount, "2", "unsignedInt", false);
  return cpe;
}

std::vector<Assignment> ssid_and(std::vector<Assignment> more = {}) {
  more.insert(more.begin(), {"Device.WiFi.SSID.1.SSID", "new"});
  return more;
}

Driver::Make set(std::vector<Assignment> assignments) {
  return [assignments] { return std::make_unique<task::SetValues>(assignments, "key"); };
}

const task::SetValues& as_set(const std::unique_ptr<task::Task>& task) {
  return static_cast<const task::SetValues&>(*task);
}

TEST(SetValues, SetsAllAtOnceAndReadsBack) {
  Learnt it;
  const auto task = it.driver.run(set(ssid_and({{"Device.WiFi.SSID.1.Enable", "false"}})));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_THAT(it.cpe.log, ElementsAre("SetParameterValues", "GetParameterValues"));
  EXPECT_EQ(as_set(task).values().size(), 2);
  EXPECT_EQ(it.driver.diff.size(), 2) << "each change is told once";
}

// quirk 55
TEST(SetValues, WritesBooleansAsTheDeviceDoes) {
  Learnt it;
  it.driver.run(set({{"Device.WiFi.SSID.1.Enable", "false"}}));
  EXPECT_EQ(it.cpe.parameters["Device.WiFi.SSID.1.Enable"].value, "0");
  EXPECT_EQ(it.cpe.parameters["Device.WiFi.SSID.1.Enable"].type, "boolean");
}

// quirk 55
TEST(SetValues, WritesBooleansAsItsModelIsConfigured) {
  Learnt it;
  it.driver.learned.preset.booleans = BooleanForm::kWords;
  it.driver.run(set({{"Device.WiFi.SSID.1.Enable", "0"}}));
  EXPECT_EQ(it.cpe.parameters["Device.WiFi.SSID.1.Enable"].value, "false");
}

// quirk 56
TEST(SetValues, WritesDatesWithoutFractions) {
  Learnt it;
  const std::string name = "Device.ManagementServer.PeriodicInformTime";
  it.driver.run(set({{name, "2026-01-01T00:00:00.123Z"}}));
  EXPECT_EQ(it.cpe.parameters[name].value, "2026-01-01T00:00:00Z");
}

// quirk 68
TEST(SetValues, APasswordThatReadsEmptyIsNoChange) {
  Learnt it;
  const auto task = it.driver.run(set({{"Device.WiFi.AccessPoint.1.Security.Password", "secret"}}));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_THAT(it.driver.diff, IsEmpty());
  EXPECT_EQ(it.driver.tree.find("Device.WiFi.AccessPoint.1.Security.Password")->value(), "");
}

TEST(SetValues, DropsOptionalCulpritsAndSetsTheRest) {
  for (const bool named : {true, false}) {
    Learnt it;
    it.cpe.names_culprits = named;
    it.cpe.refused_values = {"bad"};
    const auto task =
        it.driver.run(set(ssid_and({{"Device.DeviceInfo.ProvisioningCode", "bad", false},
                                    {"Device.WiFi.SSID.1.Enable", "0", false}})));
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
    ASSERT_EQ(as_set(task).errors().size(), 1) << named;
    EXPECT_EQ(as_set(task).errors()[0].name, "Device.DeviceInfo.ProvisioningCode");
    EXPECT_EQ(it.cpe.parameters["Device.WiFi.SSID.1.SSID"].value, "new");
    EXPECT_EQ(it.cpe.parameters["Device.WiFi.SSID.1.Enable"].value, "0");
  }
}

// quirk 65
TEST(SetValues, ARequiredCulpritFailsAllAndChangesNothing) {
  for (const bool named : {true, false}) {
    Learnt it;
    it.cpe.names_culprits = named;
    const auto task = it.driver.run(set(ssid_and({{"Device.DeviceInfo.SerialNumber", "1", true}})));
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
    EXPECT_EQ(as_set(task).errors().size(), named ? 1U : 2U) << "quirk 65";
    EXPECT_EQ(as_set(task).errors().back().code, FaultCode::kNotWritable);
    EXPECT_EQ(it.cpe.parameters["Device.WiFi.SSID.1.SSID"].value, "home");
    EXPECT_THAT(it.driver.diff, IsEmpty());
  }
}

TEST(SetValues, OnlyOptionalOnesThatAllFailIsDoneWithErrors) {
  Learnt it;
  const auto task = it.driver.run(set({{"Device.DeviceInfo.SerialNumber", "1", false}}));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(as_set(task).errors().size(), 1);
}

// quirk 22
TEST(SetValues, ACulpritWithAForeignNameBlamesAll) {
  Learnt it;
  auto task = set(ssid_and())();
  task::Context context{it.driver.tree, it.driver.learned};
  task->next(context);
  task->on_response(
      cwmp::Fault{FaultCode::kInvalidArguments, "", {{"", FaultCode::kInvalidParameterName, ""}}},
      context);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
  EXPECT_EQ(as_set(task).errors()[0].name, "Device.WiFi.SSID.1.SSID");
}

// quirk 67
TEST(SetValues, StatusOneIsSuccessAndLeavesTheMirror) {
  Learnt it;
  it.cpe.set_status = 1;
  const auto task = it.driver.run(set(ssid_and()));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_TRUE(task->outcome().pending_reboot);
  EXPECT_THAT(it.cpe.log, ElementsAre("SetParameterValues"));
  EXPECT_EQ(it.driver.tree.find("Device.WiFi.SSID.1.SSID")->value(), "home");
}

TEST(SetValues, AStatusThatDoesNotExistIsAFailure) {
  Learnt it;
  it.cpe.set_status = 9008;
  EXPECT_EQ(it.driver.run(set(ssid_and()))->outcome().kind, Outcome::Kind::kFailed);
}

TEST(SetValues, OfNothingIsDone) {
  Learnt it;
  EXPECT_EQ(it.driver.run(set({}))->outcome().kind, Outcome::Kind::kDone);
  EXPECT_THAT(it.cpe.log, IsEmpty());
}

// quirk 40
TEST(SetValues, SurvivesAnythingAtAnyStep) {
  for (const Kind kind : kInjections) {
    for (std::size_t step = 0; step < 2; ++step) {
      Learnt it;
      const auto task = it.driver.run(set(ssid_and()), {kind, step});
      ASSERT_NE(task, nullptr);
      const bool refused = kind == Kind::kFault && step == 0;
      EXPECT_EQ(task->outcome().kind, refused ? Outcome::Kind::kFailed : Outcome::Kind::kDone);
      EXPECT_EQ(it.cpe.parameters["Device.WiFi.SSID.1.SSID"].value, refused ? "home" : "new");
      EXPECT_LE(it.driver.diff.size(), 1);
    }
  }
}

TEST(SetValues, IsInDoubtFromTheLossToTheNextAnswer) {
  Learnt it;
  auto task = set(ssid_and())();
  task::Context context{it.driver.tree, it.driver.learned};
  EXPECT_FALSE(task->in_doubt());
  for (int i = 0; i < task::kMaxLost; ++i) {
    ASSERT_FALSE(task->done());
    task->next(context);
    task->on_lost(context);
    EXPECT_TRUE(task->in_doubt());
  }
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kUnknown);
}

TEST(SetValues, AsksForTheMarkToBeStoredBeforeItSendsAndIsInDoubtAfterARestart) {
  Learnt it;
  auto task = set(ssid_and())();
  task::Context context{it.driver.tree, it.driver.learned};
  task->next(context);
  EXPECT_TRUE(context.save);

  auto again = set(ssid_and())();
  ASSERT_TRUE(again->restore(task->save(), context));
  again->abandon({FaultCode::kInternalError, "late", {}});
  EXPECT_EQ(again->outcome().kind, Outcome::Kind::kUnknown);
}

TEST(SetValues, GivenUpBeforeItWasSentHasFailedAfterALossItIsUnknown) {
  Learnt it;
  auto task = set(ssid_and())();
  task->abandon({FaultCode::kInternalError, "late", {}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);

  task = set(ssid_and())();
  task::Context context{it.driver.tree, it.driver.learned};
  task->next(context);
  task->on_lost(context);
  task->abandon({FaultCode::kInternalError, "late", {}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kUnknown);

  task = set(ssid_and())();
  task->next(context);
  task->on_response(cwmp::SetParameterValuesResponse{0}, context);
  task->abandon({FaultCode::kInternalError, "late", {}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone) << "it was set; only the look was left";
}

// ---- Add ---------------------------------------------------------------------------------------

Driver::Make add(std::vector<task::AddObject::Setting> settings) {
  return [settings] { return std::make_unique<task::AddObject>(kTable, settings, "key"); };
}

const task::AddObject& as_add(const std::unique_ptr<task::Task>& task) {
  return static_cast<const task::AddObject&>(*task);
}

TEST(AddObject, MakesSetsAndReadsTheInstance) {
  Learnt it;
  const auto task = it.driver.run(add({{"ExternalPort", "80"}, {"Enable", "true"}}));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(as_add(task).instance(), 4);
  EXPECT_EQ(as_add(task).path(), kTable + "4.");
  EXPECT_EQ(it.cpe.parameters[kTable + "4.ExternalPort"].value, "80");
  EXPECT_EQ(it.cpe.parameters[kTable + "4.Enable"].value, "1") << "the form of its siblings";
  EXPECT_EQ(it.cpe.parameters[kTable + "4.Enable"].type, "boolean");
  EXPECT_EQ(as_add(task).values().size(), 4);
  EXPECT_THAT(it.driver.diff, ElementsAre(Change(ObjectCreated{kTable + "4."})));
  EXPECT_EQ(task->undo(), nullptr);
  EXPECT_THAT(it.cpe.log, ElementsAre("GetParameterNames", "AddObject", "SetParameterValues",
                                      "GetParameterNames", "GetParameterValues"));
}

TEST(AddObject, ReadsTheCountAgain) {
  Learnt it(counting_gateway());
  it.driver.run(add({{"ExternalPort", "80"}}));
  EXPECT_EQ(it.driver.tree.find(kCount)->value(), "3");
  EXPECT_THAT(it.cpe.log, ElementsAre("GetParameterNames", "AddObject", "SetParameterValues",
                                      "GetParameterNames", "GetParameterValues"));
}

TEST(AddObject, ARefusedRequiredSettingTakesTheInstanceAway) {
  Learnt it;
  const auto task = it.driver.run(add({{"Status", "Up"}}));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
  EXPECT_EQ(as_add(task).errors().size(), 1);
  EXPECT_EQ(as_add(task).errors()[0].name, kTable + "4.Status");
  EXPECT_THAT(it.cpe.rows(kTable), ElementsAre(1, 3));
  EXPECT_THAT(it.driver.tree.instances(kTable), ElementsAre(1, 3));
  EXPECT_EQ(task->undo(), nullptr);
}

TEST(AddObject, ARefusedOptionalSettingIsReported) {
  Learnt it;
  const auto task = it.driver.run(add({{"Status", "Up", false}, {"ExternalPort", "80"}}));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(as_add(task).errors().size(), 1);
  EXPECT_EQ(it.cpe.parameters[kTable + "4.ExternalPort"].value, "80");
}

// quirk 40
TEST(AddObject, WhateverHappensOnceThereIsOneInstanceOrNone) {
  for (const Kind kind : kInjections) {
    for (std::size_t step = 0; step < 8; ++step) {
      Learnt it;
      const auto task = it.driver.run(add({{"ExternalPort", "80"}}), {kind, step});
      const std::string where =
          "step " + std::to_string(step) + " kind " + std::to_string(static_cast<int>(kind));
      ASSERT_NE(task, nullptr) << where;
      ASSERT_TRUE(task->done()) << where;
      const bool refused = kind == Kind::kFault && (step == 1 || step == 2);
      if (refused) {
        EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed) << where;
        EXPECT_EQ(it.cpe.rows(kTable).size(), 2) << where;
      } else {
        EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone) << where;
        EXPECT_THAT(it.cpe.rows(kTable), ElementsAre(1, 3, 4)) << where;
        EXPECT_EQ(as_add(task).instance(), 4) << where;
        EXPECT_EQ(it.cpe.parameters[kTable + "4.ExternalPort"].value, "80") << where;
      }
      EXPECT_EQ(it.driver.tree.instances(kTable), it.cpe.rows(kTable)) << where;
    }
  }
}

TEST(AddObject, AsksForTheMarkToBeStoredBeforeItSends) {
  Learnt it;
  auto task = add({})();
  task::Context context{it.driver.tree, it.driver.learned};
  task->next(context);
  EXPECT_FALSE(context.save);
  task->on_response(cwmp::GetParameterNamesResponse{{{kTable + "1.", true}}}, context);
  EXPECT_TRUE(std::holds_alternative<cwmp::AddObject>(*task->next(context)));
  EXPECT_TRUE(context.save);
}

// quirk 66
TEST(AddObject, InstanceZeroOrAnOddStatusOrAnOldInstanceIsAFailure) {
  for (const auto& [number, status] : {std::pair{0U, 0U}, {5U, 9005U}, {1U, 0U}}) {
    Learnt it;
    auto task = add({})();
    task::Context context{it.driver.tree, it.driver.learned};
    task->next(context);
    task->on_response(cwmp::GetParameterNamesResponse{{{kTable + "1.", true}}}, context);
    task->next(context);
    task->on_response(cwmp::AddObjectResponse{number, status}, context);
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed) << number;
    EXPECT_EQ(task->undo(), nullptr) << "somebody else's row is never deleted";
  }
}

TEST(AddObject, GivenUpAfterTheInstanceWasMadeIsUndone) {
  Learnt it;
  auto task = add({{"ExternalPort", "80"}})();
  task::Context context{it.driver.tree, it.driver.learned};
  for (int i = 0; i < 2; ++i) {
    const auto rpc = task->next(context);
    task->on_response(*it.cpe.answer(*rpc), context);
  }
  task->abandon({FaultCode::kInternalError, "late", {}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
  const auto undo = task->undo();
  ASSERT_NE(undo, nullptr);
  ASSERT_TRUE(it.driver.go_on(*undo));
  EXPECT_THAT(it.cpe.rows(kTable), ElementsAre(1, 3));
}

TEST(AddObject, GivenUpWithTheAnswerLostIsUndoneByComparison) {
  for (const bool arrived : {true, false}) {
    Learnt it;
    auto task = add({})();
    task::Context context{it.driver.tree, it.driver.learned};
    const auto list = task->next(context);
    task->on_response(*it.cpe.answer(*list), context);
    const auto rpc = task->next(context);
    if (arrived) it.cpe.answer(*rpc);
    task->on_lost(context);
    task->abandon({FaultCode::kInternalError, "late", {}});
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kUnknown);
    const auto undo = task->undo();
    ASSERT_NE(undo, nullptr);
    ASSERT_TRUE(it.driver.go_on(*undo));
    EXPECT_EQ(undo->outcome().kind, Outcome::Kind::kDone);
    EXPECT_THAT(it.cpe.rows(kTable), ElementsAre(1, 3));
  }
}

TEST(AddObject, WithSeveralNewInstancesNothingIsTouched) {
  Learnt it;
  auto task = add({})();
  task::Context context{it.driver.tree, it.driver.learned};
  task->on_response(*it.cpe.answer(*task->next(context)), context);
  it.cpe.answer(*task->next(context));
  task->on_lost(context);
  it.cpe.add_row(kTable, 9);
  ASSERT_TRUE(it.driver.go_on(*task));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kUnknown);
  const auto undo = task->undo();
  ASSERT_NE(undo, nullptr);
  ASSERT_TRUE(it.driver.go_on(*undo));
  EXPECT_EQ(undo->outcome().kind, Outcome::Kind::kUnknown);
  EXPECT_THAT(it.cpe.rows(kTable), ElementsAre(1, 3, 4, 9));
}

TEST(AddObject, DoesNotBelieveADeviceThatListsNothingWhereThereWasSomething) {
  Learnt it;
  auto task = add({})();
  task::Context context{it.driver.tree, it.driver.learned};
  task->next(context);
  task->on_response(cwmp::GetParameterNamesResponse{}, context);
  EXPECT_THAT(context.updates, IsEmpty());
  task->next(context);
  task->on_lost(context);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kUnknown) << "never a second row by guessing";
}

TEST(AddObject, OnAnUnknownTableFails) {
  Learnt it;
  const auto task = it.driver.run([] {
    return std::make_unique<task::AddObject>("Device.No.", std::vector<task::AddObject::Setting>(),
                                             "");
  });
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
  EXPECT_EQ(task->outcome().fault.code, FaultCode::kInvalidParameterName);
}

TEST(Progress, RefusesDamagedTextAndTextOfOtherTasks) {
  Learnt it;
  task::Context context{it.driver.tree, it.driver.learned};
  auto saved = add({})();
  saved->next(context);
  const std::string good = saved->save();
  for (std::size_t length = 0; length < good.size(); ++length) {
    EXPECT_FALSE(add({})()->restore(good.substr(0, length), context)) << length;
  }
  EXPECT_FALSE(set({})()->restore(good, context));
  EXPECT_FALSE(add({})()->restore("99999999999999999999:x", context));
  EXPECT_TRUE(add({})()->restore(good, context));
}

// ---- Delete ------------------------------------------------------------------------------------

Driver::Make remove(std::string object) {
  return [object] { return std::make_unique<task::DeleteObject>(object, "key"); };
}

TEST(DeleteObject, DeletesAndLooks) {
  Learnt it;
  const auto task = it.driver.run(remove(kTable + "3."));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_THAT(it.cpe.rows(kTable), ElementsAre(1));
  EXPECT_THAT(it.driver.diff, ElementsAre(Change(ObjectDeleted{kTable + "3."})));
}

TEST(DeleteObject, ReadsTheCountAgain) {
  Learnt it(counting_gateway());
  const auto task = it.driver.run(remove(kTable + "3."));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(it.driver.tree.find(kCount)->value(), "1");
}

TEST(DeleteObject, ACountThatCannotBeReadIsNoFailure) {
  for (const Kind kind : kInjections) {
    Learnt it(counting_gateway());
    const auto task = it.driver.run(remove(kTable + "3."), {kind, 2});
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
    EXPECT_EQ(it.driver.tree.instances(kTable), it.cpe.rows(kTable));
  }
}

TEST(DeleteObject, AsksForTheMarkToBeStoredBeforeItSendsAndIsInDoubtAfterARestart) {
  Learnt it;
  auto task = remove(kTable + "3.")();
  task::Context context{it.driver.tree, it.driver.learned};
  task->next(context);
  EXPECT_TRUE(context.save);

  auto again = remove(kTable + "3.")();
  ASSERT_TRUE(again->restore(task->save(), context));
  again->abandon({FaultCode::kInternalError, "late", {}});
  EXPECT_EQ(again->outcome().kind, Outcome::Kind::kUnknown);
}

TEST(DeleteObject, WhatIsGoneAlreadyIsSuccess) {
  Learnt it;
  EXPECT_EQ(it.driver.run(remove(kTable + "9."))->outcome().kind, Outcome::Kind::kDone);
}

TEST(DeleteObject, EndsGoneWhateverHappensOnce) {
  for (const Kind kind : kInjections) {
    for (std::size_t step = 0; step < 3; ++step) {
      Learnt it;
      const auto task = it.driver.run(remove(kTable + "3."), {kind, step});
      ASSERT_NE(task, nullptr);
      const bool refused = kind == Kind::kFault && step == 0;
      EXPECT_EQ(task->outcome().kind, refused ? Outcome::Kind::kFailed : Outcome::Kind::kDone);
      EXPECT_EQ(it.cpe.rows(kTable).size(), refused ? 2U : 1U);
      EXPECT_EQ(it.driver.tree.instances(kTable), it.cpe.rows(kTable));
    }
  }
}

struct DeleteRow {
  std::uint32_t status;
  bool still_there;
  Outcome::Kind expected;
  bool pending;
};

// quirk 66
TEST(DeleteObject, BelievesItsEyesMoreThanTheStatus) {
  const DeleteRow rows[] = {
      {0, false, Outcome::Kind::kDone, false},    {0, true, Outcome::Kind::kFailed, false},
      {1, false, Outcome::Kind::kDone, false},    {1, true, Outcome::Kind::kDone, true},
      {9005, false, Outcome::Kind::kDone, false}, {9005, true, Outcome::Kind::kFailed, false}};
  for (const DeleteRow& row : rows) {
    Learnt it;
    auto task = remove(kTable + "3.")();
    task::Context context{it.driver.tree, it.driver.learned};
    task->next(context);
    task->on_response(cwmp::DeleteObjectResponse{row.status}, context);
    task->next(context);
    cwmp::GetParameterNamesResponse names;
    if (row.still_there) names.parameters = {{kTable + "3.Enable", true}};
    task->on_response(names, context);
    EXPECT_EQ(task->outcome().kind, row.expected) << row.status;
    EXPECT_EQ(task->outcome().pending_reboot, row.pending) << row.status;
  }
}

}  // namespace
}  // namespace bridge::testing
