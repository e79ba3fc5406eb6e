// Learning a device: names, values, first contact, refresh.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/task/attributes.h"
#include "bridge/task/first_contact.h"
#include "bridge/task/read_names.h"
#include "bridge/task/read_values.h"
#include "fake_cpe.h"

namespace bridge::testing {
namespace {

using cwmp::FaultCode;
using task::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

task::Provisioning wish() {
  return {"user", "secret", 600, "2026-01-01T00:00:17Z", true, "key", std::nullopt};
}

std::unique_ptr<task::Task> first_contact() {
  return std::make_unique<task::FirstContact>("Device.", wish());
}

FakeCpe large(std::size_t parameters) {
  FakeCpe cpe = small_gateway();
  while (cpe.parameters.size() < parameters) {
    cpe.add_parameter("Device.Big.V" + std::to_string(cpe.parameters.size()), "1");
  }
  return cpe;
}

void expect_complete(const Driver& driver, const FakeCpe& cpe) {
  for (const auto& [name, parameter] : cpe.parameters) {
    const Node* node = driver.tree.find(name);
    ASSERT_NE(node, nullptr) << name;
    if (node->state() == NodeState::kGone) continue;
    EXPECT_EQ(node->state(), NodeState::kKnown) << name;
    EXPECT_EQ(node->value(), parameter.value) << name;
  }
  for (const auto& [name, writable] : cpe.objects) EXPECT_TRUE(driver.tree.has_object(name));
}

// quirk 95
TEST(FirstContact, LearnsTheWholeTreeAndSetsWhatTheBridgeNeeds) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  const auto task = driver.run(first_contact);

  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  expect_complete(driver, cpe);
  EXPECT_EQ(cpe.parameters["Device.ManagementServer.ConnectionRequestUsername"].value, "user");
  EXPECT_EQ(cpe.parameters["Device.ManagementServer.PeriodicInformInterval"].value, "600");
  EXPECT_EQ(cpe.notification["Device.ManagementServer.ConnectionRequestURL"], 2);
  EXPECT_THAT(cpe.log,
              ElementsAre("GetParameterNames", "SetParameterValues", "GetRPCMethods",
                          "SetParameterAttributes", "GetParameterNames", "GetParameterValues"));
  EXPECT_TRUE(driver.learned.asked_methods);
  EXPECT_EQ(driver.learned.booleans, BooleanForm::kDigits) << "as it wrote the last one";
}

TEST(FirstContact, SetsOnlyWhatTheDeviceHas) {  // quirk 59
  FakeCpe cpe = small_gateway();
  cpe.parameters.erase("Device.ManagementServer.PeriodicInformTime");
  cpe.parameters.erase("Device.ManagementServer.ConnectionRequestUsername");
  Driver driver(cpe);
  driver.run(first_contact);

  EXPECT_EQ(cpe.count("SetParameterValues"), 1U) << "one that was refused would be repeated";
  EXPECT_EQ(cpe.parameters["Device.ManagementServer.PeriodicInformInterval"].value, "600");
  EXPECT_EQ(cpe.parameters.count("Device.ManagementServer.PeriodicInformTime"), 0U);
}

TEST(FirstContact, SetsItBlindlyWhereTheDeviceDoesNotListThatObject) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  driver.run(first_contact, {Injection::Kind::kFault, 0, FaultCode::kInternalError});

  EXPECT_EQ(cpe.parameters["Device.ManagementServer.ConnectionRequestUsername"].value, "user");
}

TEST(FirstContact, NeedsFewRpcsForTwoThousandParameters) {
  FakeCpe cpe = large(2000);
  Driver driver(cpe);
  driver.run(first_contact);
  expect_complete(driver, cpe);
  EXPECT_LE(driver.steps, 15U);
}

// quirk 60
TEST(FirstContact, FindsTheBatchSizeTheDeviceEndures) {
  for (const FaultCode code : {FaultCode::kInternalError, FaultCode::kResourcesExceeded}) {
    FakeCpe cpe = large(1000);
    cpe.max_batch = 50;
    cpe.batch_fault = code;
    Driver driver(cpe);
    driver.run(first_contact);
    expect_complete(driver, cpe);
    EXPECT_EQ(driver.learned.batch, 32);
    EXPECT_LE(driver.steps, 45U);
  }
}

TEST(FirstContact, EndsWhereverASessionIsLostOrAFaultComesOrTheBridgeRestarts) {
  using Kind = Injection::Kind;
  for (const Kind kind : {Kind::kLostBefore, Kind::kLostAfter, Kind::kFault, Kind::kRestart}) {
    for (const FaultCode code : {FaultCode::kMethodNotSupported, FaultCode::kInternalError,
                                 FaultCode::kInvalidParameterName, FaultCode::kInvalidArguments}) {
      for (std::size_t step = 0; step < 9; ++step) {
        FakeCpe cpe = large(100);
        Driver driver(cpe);
        const auto task = driver.run(first_contact, {kind, step, code});
        ASSERT_NE(task, nullptr);
        const std::string where = "step " + std::to_string(step) + " kind " +
                                  std::to_string(static_cast<int>(kind)) + " code " +
                                  std::to_string(static_cast<int>(code));
        EXPECT_TRUE(task->done()) << where;
        const bool names_refused =
            kind == Kind::kFault && step == 4 && code == FaultCode::kMethodNotSupported;
        if (names_refused) continue;
        EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone) << where;
        expect_complete(driver, cpe);
      }
    }
  }
}

TEST(FirstContact, ADeviceThatListsNothingFailsIt) {
  FakeCpe cpe = small_gateway();
  cpe.unsupported = {"GetParameterNames"};
  Driver driver(cpe);
  const auto task = driver.run(first_contact);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
  EXPECT_EQ(task->outcome().fault.code, FaultCode::kMethodNotSupported);
}

TEST(FirstContact, ToleratesARefusalOfWhatItWantsToSet) {
  FakeCpe cpe = small_gateway();
  cpe.refused_values = {"2026-01-01T00:00:17Z"};
  for (const bool named : {true, false}) {
    cpe.names_culprits = named;
    cpe.parameters["Device.ManagementServer.PeriodicInformInterval"].value = "1";
    Driver driver(cpe);
    const auto task = driver.run(first_contact);
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
    EXPECT_EQ(cpe.parameters["Device.ManagementServer.PeriodicInformInterval"].value, "600");
  }
}

TEST(FirstContact, WithoutAKnownRootTriesBothAndSetsNothing) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  const auto task =
      driver.run([] { return std::make_unique<task::FirstContact>("", task::Provisioning()); });
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(cpe.count("SetParameterValues"), 0);
  expect_complete(driver, cpe);
}

// quirk 73, quirk 72: nothing hangs on either of them.
TEST(FirstContact, NeedsNeitherGetRpcMethodsNorSetParameterAttributes) {
  FakeCpe cpe = small_gateway();
  cpe.unsupported = {"GetRPCMethods", "SetParameterAttributes"};
  Driver driver(cpe);
  const auto task = driver.run(first_contact);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  expect_complete(driver, cpe);
  EXPECT_EQ(cpe.parameters["Device.ManagementServer.PeriodicInformInterval"].value, "600");
  EXPECT_TRUE(driver.learned.supports("AddObject"));
}

std::unique_ptr<task::Task> check_provisioning() {
  return std::make_unique<task::CheckProvisioning>("Device.", wish());
}

// quirk 77: the configuration was replaced, and no "0 BOOTSTRAP" has told it.
TEST(CheckProvisioning, SetsAgainWhatTheDeviceHasLost) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  driver.run(first_contact);
  for (const char* lost : {"ConnectionRequestUsername", "PeriodicInformInterval"}) {
    const std::string name = std::string("Device.ManagementServer.") + lost;
    const std::string right = cpe.parameters[name].value;
    cpe.parameters[name].value = "1";
    cpe.parameters["Device.ManagementServer.ConnectionRequestPassword"].value = "lost";

    const auto task = driver.run(check_provisioning);

    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
    EXPECT_EQ(cpe.parameters[name].value, right);
    EXPECT_EQ(cpe.parameters["Device.ManagementServer.ConnectionRequestPassword"].value, "")
        << "written, and reads as empty";
    EXPECT_EQ(driver.tree.find(name)->value(), right) << "and knows what is there now";
  }
}

TEST(CheckProvisioning, LooksAndLeavesAloneWhatIsRight) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  driver.run(first_contact);
  cpe.log.clear();
  EXPECT_EQ(driver.run(check_provisioning)->outcome().kind, Outcome::Kind::kDone);
  EXPECT_THAT(cpe.log, ElementsAre("GetParameterValues"));
}

TEST(CheckProvisioning, AsksOnlyForWhatTheDeviceHas) {  // quirk 59
  FakeCpe cpe = small_gateway();
  cpe.parameters.erase("Device.ManagementServer.PeriodicInformInterval");
  Driver driver(cpe);
  driver.run(first_contact);
  cpe.log.clear();
  EXPECT_EQ(driver.run(check_provisioning)->outcome().kind, Outcome::Kind::kDone);
  EXPECT_THAT(cpe.log, ElementsAre("GetParameterValues"));
}

TEST(CheckProvisioning, EndsWhateverHappensAtAnyStep) {
  for (const auto kind : {Injection::Kind::kLostBefore, Injection::Kind::kLostAfter,
                          Injection::Kind::kFault, Injection::Kind::kRestart}) {
    for (std::size_t step = 0; step < 4; ++step) {
      FakeCpe cpe = small_gateway();
      Driver driver(cpe);
      const auto task = driver.run(check_provisioning, {kind, step});
      ASSERT_NE(task, nullptr);
      EXPECT_TRUE(task->done());
    }
  }
}

TEST(FirstContact, TakesTheRootFromTheInform) {
  cwmp::Inform inform;
  EXPECT_EQ(task::root_of(inform), "");
  inform.parameters = {{"InternetGatewayDevice.DeviceSummary", "", ""}};
  EXPECT_EQ(task::root_of(inform), "InternetGatewayDevice.");
}

// ---- names -------------------------------------------------------------------------------------

std::unique_ptr<task::Task> all_names() {
  return std::make_unique<task::ReadNames>(std::vector<std::string>{"Device."});
}

// quirk 53
TEST(ReadNames, WalksWhereTheWholeListIsEmptyAndRemembersIt) {
  FakeCpe cpe = small_gateway();
  cpe.refuses_whole_names = true;
  Driver driver(cpe);
  EXPECT_EQ(driver.run(all_names)->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(driver.tree.size(), cpe.parameters.size() + cpe.objects.size());
  EXPECT_TRUE(driver.learned.next_level_only);
  const std::size_t before = cpe.log.size();
  driver.run(all_names);
  EXPECT_EQ(cpe.log.size() - before, before - 1) << "does not try the whole list again";
}

// quirk 53: the switch saves the attempt, or insists on it.
TEST(ReadNames, ListsAsItsModelIsConfigured) {
  FakeCpe cpe = small_gateway();
  Driver walking(cpe);
  walking.learned.preset.names_by_level = true;
  walking.run(all_names);
  EXPECT_EQ(walking.tree.size(), cpe.parameters.size() + cpe.objects.size());
  EXPECT_GT(walking.steps, 1U);
  Driver whole(cpe);
  whole.learned.next_level_only = true;
  whole.learned.preset.names_by_level = false;
  whole.run(all_names);
  EXPECT_EQ(whole.steps, 1U);
}

// quirk 51
TEST(ReadNames, NeverAsksForTheEmptyPath) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  driver.run([] { return std::make_unique<task::ReadNames>(std::vector<std::string>{""}); });
  EXPECT_EQ(driver.steps, 0U);
}

// quirk 52
TEST(ReadNames, AsksForTheUsualChildrenWhereTheRootIsRefused) {
  FakeCpe cpe = small_gateway();
  cpe.refuses_root = true;
  Driver driver(cpe);
  EXPECT_EQ(driver.run(all_names)->outcome().kind, Outcome::Kind::kDone);
  EXPECT_NE(driver.tree.find("Device.WiFi.SSID.1.SSID"), nullptr);
  EXPECT_NE(driver.tree.find("Device.ManagementServer.ConnectionRequestURL"), nullptr);
}

// quirk 64
TEST(ReadNames, AnUnknownTableIsEmptyAndAnUnknownRowIsGone) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  driver.run(all_names);
  cpe.objects.erase("Device.Hosts.Host.");
  driver.tree.apply(InstanceAdded{"Device.Hosts.Host.7."}, 1);
  driver.run([] {
    return std::make_unique<task::ReadNames>(
        std::vector<std::string>{"Device.Hosts.Host.", "Device.NAT.PortMapping.9."});
  });
  EXPECT_THAT(driver.tree.instances("Device.Hosts.Host."), IsEmpty());
}

// ---- values ------------------------------------------------------------------------------------

std::unique_ptr<task::Task> read(std::vector<std::string> names) {
  return std::make_unique<task::ReadValues>(std::move(names));
}

const task::ReadValues& as_read(const std::unique_ptr<task::Task>& task) {
  return static_cast<const task::ReadValues&>(*task);
}

std::vector<std::string> hundred_with_unknown() {
  std::vector<std::string> names;
  for (int i = 20; i < 120; ++i) names.push_back("Device.Big.V" + std::to_string(i));
  names[41] = "Device.Big.Unknown";
  return names;
}

// quirk 57, quirk 58
TEST(ReadValues, FindsTheUnknownNameThatSpoilsABatch) {
  FakeCpe cpe = large(200);
  for (const bool left_out : {true, false}) {
    cpe.leaves_unknown_out = left_out;
    Driver driver(cpe);
    const auto task = driver.run([] { return read(hundred_with_unknown()); });
    EXPECT_EQ(as_read(task).values().size(), 99);
    ASSERT_EQ(as_read(task).refused().size(), 1);
    EXPECT_EQ(as_read(task).refused()[0].name, "Device.Big.Unknown");
    EXPECT_EQ(as_read(task).refused()[0].code, FaultCode::kInvalidParameterName);
    EXPECT_LE(driver.steps, 18U);
    EXPECT_GE(driver.learned.batch, 32U) << "one bad name says nothing about size";
  }
}

TEST(ReadValues, AnAnswerCutShortDoesNotMakeTheRestGone) {
  FakeCpe cpe = large(300);
  cpe.answers_at_most = 20;
  Driver driver(cpe);
  const auto task = driver.run(first_contact);
  expect_complete(driver, cpe);
  for (const Node& node : driver.tree.all()) EXPECT_NE(node.state(), NodeState::kGone);
}

// quirk 59
TEST(ReadValues, ANameTheDeviceDiesOfIsFoundAndNotAskedAgain) {
  FakeCpe cpe = large(60);
  cpe.poison = {"Device.Big.V30"};
  Driver driver(cpe);
  const auto task = driver.run(first_contact);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(driver.tree.find("Device.Big.V30")->state(), NodeState::kGone);
  EXPECT_EQ(driver.tree.unread_count(), 0);
  EXPECT_LE(driver.steps, 40U);
}

TEST(ReadValues, OneLostSessionDoesNotShrinkTheBatch) {
  FakeCpe cpe = large(500);
  Driver driver(cpe);
  driver.run(first_contact, {Injection::Kind::kLostBefore, 6});
  expect_complete(driver, cpe);
  EXPECT_EQ(driver.learned.batch_limit, Learned::kMaxBatch);
}

// quirk 60
TEST(ReadValues, AsksForNoMoreThanItsModelIsConfiguredFor) {
  FakeCpe cpe = large(200);
  cpe.max_batch = 5;
  Driver driver(cpe);
  driver.learned.preset.batch = 5;
  driver.run(first_contact);
  expect_complete(driver, cpe);
  EXPECT_EQ(cpe.count("GetParameterValues"), (cpe.parameters.size() + 4) / 5) << "none in vain";
}

// quirk 61: partial paths are not tried; batches of full names cost hardly more and never fail.
TEST(ReadValues, AsksNoNameTwiceAndNoObjects) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  const std::string name = "Device.WiFi.SSID.1.SSID";
  const auto task = driver.run([&] { return read({name, name, "Device.WiFi.", ""}); });
  EXPECT_EQ(as_read(task).values().size(), 1);
  EXPECT_THAT(as_read(task).refused(), IsEmpty());
}

TEST(ReadValues, OfNothingIsDoneAtOnce) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  EXPECT_TRUE(driver.run([] { return read({}); })->done());
  EXPECT_EQ(driver.steps, 0);
}

TEST(ReadValues, TellsWhyANameCannotBeRead) {
  FakeCpe cpe = small_gateway();
  cpe.unsupported = {"GetParameterValues"};
  Driver driver(cpe);
  const auto task = driver.run([] { return read({"Device.WiFi.SSID.1.SSID"}); });
  ASSERT_EQ(as_read(task).refused().size(), 1);
  EXPECT_EQ(as_read(task).refused()[0].code, FaultCode::kMethodNotSupported);
}

TEST(ReadingTasks, BeginAgainAfterARestartAndNeverAskForNothing) {
  const std::string name = "Device.WiFi.SSID.1.SSID";
  const Driver::Make makes[] = {
      all_names, first_contact, [&] { return read({name}); },
      [&] { return std::make_unique<task::SetAttributes>(std::vector<std::string>{name}, 2); }};
  for (const Driver::Make& make : makes) {
    FakeCpe cpe = small_gateway();
    Driver driver(cpe);
    task::Context context{driver.tree, driver.learned};
    const auto before = make();
    const auto first = before->next(context);
    const auto after = make();
    ASSERT_TRUE(after->restore(before->save(), context));
    EXPECT_EQ(after->next(context), first);
  }
}

// ---- refresh -----------------------------------------------------------------------------------

// quirk 64
TEST(Refresh, TellsWhatChangedAppearedAndVanished) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  driver.run(first_contact);
  driver.diff.clear();
  cpe.parameters["Device.WiFi.SSID.1.SSID"].value = "other";
  cpe.add_row("Device.NAT.PortMapping.", 8);
  std::erase_if(cpe.objects, [](auto& e) { return e.first == "Device.NAT.PortMapping.3."; });
  std::erase_if(cpe.parameters,
                [](auto& e) { return e.first.starts_with("Device.NAT.PortMapping.3."); });
  driver.run([] {
    return std::make_unique<task::Refresh>(std::vector<std::string>{"Device."},
                                           task::Refresh::What::kNamesAndValues);
  });
  EXPECT_THAT(
      driver.diff,
      ElementsAre(Change(ObjectDeleted{"Device.NAT.PortMapping.3."}),
                  Change(ObjectCreated{"Device.NAT.PortMapping.8."}),
                  Change(ValueChanged{"Device.WiFi.SSID.1.SSID", "other", ValueType::kString})));
  expect_complete(driver, cpe);
}

TEST(Refresh, OfValuesAsksForNoNames) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  driver.run(first_contact);
  cpe.log.clear();
  driver.run([] {
    return std::make_unique<task::Refresh>(
        std::vector<std::string>{"Device.DeviceInfo.", "Device.WiFi.SSID.1.SSID"},
        task::Refresh::What::kValues);
  });
  EXPECT_THAT(cpe.log, ElementsAre("GetParameterValues"));
}

// ---- attributes --------------------------------------------------------------------------------

TEST(SetAttributes, FindsTheParametersThatCannotNotify) {
  FakeCpe cpe = large(100);
  std::vector<std::string> names{"Device.ManagementServer.PeriodicInformTime", "Device.Unknown"};
  for (int i = 20; i < 80; ++i) names.push_back("Device.Big.V" + std::to_string(i));
  Driver driver(cpe);
  const auto task = driver.run([&] { return std::make_unique<task::SetAttributes>(names, 2); });
  const auto& set = static_cast<const task::SetAttributes&>(*task);
  EXPECT_THAT(set.refused(), ::testing::UnorderedElementsAre(
                                 "Device.ManagementServer.PeriodicInformTime", "Device.Unknown"));
  EXPECT_EQ(set.accepted().size(), 60);
  EXPECT_EQ(cpe.notification.size(), 60);
}

// quirk 72
TEST(SetAttributes, IsNotTriedAgainWhereItIsNotSupported) {
  FakeCpe cpe = small_gateway();
  cpe.unsupported = {"SetParameterAttributes"};
  Driver driver(cpe);
  const auto make = [] {
    return std::make_unique<task::SetAttributes>(
        std::vector<std::string>{"Device.WiFi.SSID.1.SSID"}, 2);
  };
  for (int i = 0; i < 2; ++i) {
    const auto task = driver.run(make);
    EXPECT_EQ(static_cast<const task::SetAttributes&>(*task).refused().size(), 1);
  }
  EXPECT_EQ(cpe.log.size(), 1);
}

TEST(SetAttributes, GivesUpOnADeviceThatBreaksOff) {
  task::SetAttributes task({"Device.A"}, 2);
  FakeCpe cpe;
  Driver driver(cpe);
  int asked = 0;
  while (!task.done()) {
    task::Context context{driver.tree, driver.learned};
    if (!task.next(context)) break;
    ++asked;
    task.on_lost(context);
  }
  EXPECT_EQ(asked, task::kMaxLost);
  EXPECT_THAT(task.refused(), ElementsAre("Device.A"));
}

}  // namespace
}  // namespace bridge::testing
