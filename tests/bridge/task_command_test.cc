// Commands: effects that come later, matched by what the device reports.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/task/command.h"
#include "fake_cpe.h"

namespace bridge::testing {
namespace {

using cwmp::FaultCode;
using task::Outcome;
using Kind = Injection::Kind;
using Phase = task::Task::Phase;

struct CommandTest : ::testing::Test {
  FakeCpe cpe = small_gateway();
  Driver driver{cpe};
};

std::unique_ptr<task::Task> reboot() { return std::make_unique<task::Reboot>("k1"); }
std::unique_ptr<task::Task> download() {
  cwmp::Download rpc;
  rpc.command_key = "k1";
  rpc.url = "http://h/f";
  return std::make_unique<task::Transfer>(rpc);
}

// quirk 86
TEST_F(CommandTest, RebootIsDoneWithItsResponseAndEndsTheSession) {
  const auto task = driver.run(reboot);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_TRUE(driver.end_session);
}

// quirk 40
TEST_F(CommandTest, ALostRebootIsMatchedByItsKeyAndNeverSentTwice) {
  for (const Kind kind : {Kind::kLostBefore, Kind::kLostAfter, Kind::kRestartAfter}) {
    FakeCpe one = small_gateway();
    Driver drive(one);
    const auto task = drive.run(reboot, {kind, 0});
    ASSERT_EQ(task->phase(), Phase::kWaiting);
    drive.inform(*task, {{"2 PERIODIC", ""}});
    EXPECT_EQ(task->phase(), Phase::kWaiting);
    drive.inform(*task, {{"M Reboot", "other"}});
    EXPECT_EQ(task->phase(), Phase::kWaiting);
    drive.inform(*task, {{"1 BOOT", ""}, {"M Reboot", "k1"}});
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
    EXPECT_LE(one.reboots, 1);
  }
}

TEST_F(CommandTest, ALostRebootThatIsGivenUpIsUnknown) {
  const auto task = driver.run(reboot, {Kind::kLostBefore, 0});
  task->abandon({FaultCode::kInternalError, "late", {}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kUnknown);
}

TEST_F(CommandTest, ARefusedCommandFailsWithTheFaultAndIsRemembered) {
  cpe.unsupported = {"Reboot"};
  const auto task = driver.run(reboot);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
  EXPECT_EQ(task->outcome().fault.code, FaultCode::kMethodNotSupported);
  EXPECT_FALSE(driver.learned.supports("Reboot"));
}

TEST_F(CommandTest, ALostFactoryResetIsSettledByBootstrap) {
  const auto task =
      driver.run([] { return std::make_unique<task::FactoryReset>(); }, {Kind::kLostAfter, 0});
  driver.inform(*task, {{"1 BOOT", ""}});
  EXPECT_EQ(task->phase(), Phase::kWaiting);
  driver.inform(*task, {{"0 BOOTSTRAP", ""}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
}

TEST_F(CommandTest, ScheduleInformIsRepeatedUnlessItsEventComes) {
  const auto make = [] { return std::make_unique<task::ScheduleInform>(10, "k1"); };
  EXPECT_EQ(driver.run(make, {Kind::kLostBefore, 0})->outcome().kind, Outcome::Kind::kDone);
  auto task = make();
  task::Context context{driver.tree, driver.learned};
  task->next(context);
  task->on_lost(context);
  driver.inform(*task, {{"3 SCHEDULED", ""}, {"M ScheduleInform", "k1"}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
}

// quirk 78, quirk 81
TEST_F(CommandTest, ADownloadWaitsForTransferComplete) {
  for (const Kind kind : {Kind::kNone, Kind::kLostBefore, Kind::kLostAfter, Kind::kRestart}) {
    FakeCpe one = small_gateway();
    Driver drive(one);
    const auto task = drive.run(download, {kind, 0});
    ASSERT_EQ(task->phase(), Phase::kWaiting);
    task::Context context{drive.tree, drive.learned};
    EXPECT_FALSE(task->on_transfer_complete({"other", {}, "", ""}, true, context));
    EXPECT_FALSE(task->on_transfer_complete({"", {}, "", ""}, false, context));
    EXPECT_TRUE(task->on_transfer_complete({"k1", {}, "t1", "t2"}, false, context));
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
    EXPECT_EQ(static_cast<task::Transfer&>(*task).complete_time(), "t2");
    EXPECT_LE(one.transfers, 1);
    EXPECT_FALSE(task->on_transfer_complete({"k1", {}, "", ""}, false, context)) << "once";
  }
}

// quirk 78, quirk 81
TEST_F(CommandTest, ATransferCompleteWithoutKeyIsTheOnlyOpenTransfers) {
  const auto task = driver.run(download);
  task::Context context{driver.tree, driver.learned};
  EXPECT_TRUE(task->on_transfer_complete({"", {}, "", ""}, true, context));
  EXPECT_TRUE(task->done());
}

// quirk 84
TEST_F(CommandTest, AFailedTransferCarriesItsFault) {
  const auto task = driver.run(download);
  task::Context context{driver.tree, driver.learned};
  task->on_transfer_complete({"k1", {9015, "no server"}, "", ""}, true, context);
  EXPECT_EQ(task->outcome().fault.code, FaultCode::kFileServerUnreachable);
}

std::unique_ptr<task::Task> firmware_download() {
  cwmp::Download rpc;
  rpc.command_key = "k1";
  rpc.file_type = "1 Firmware Upgrade Image";
  return std::make_unique<task::Transfer>(rpc);
}

cwmp::Inform with_version(const std::string& version) {
  cwmp::Inform inform;
  inform.events = {{"1 BOOT", ""}};
  inform.parameters = {{"Device.DeviceInfo.SoftwareVersion", version, "string"}};
  return inform;
}

const cwmp::Fault kGivenUp{FaultCode::kInternalError, "the deadline has passed", {}};

// quirk 80
TEST_F(CommandTest, AFirmwareDownloadWithoutTransferCompleteIsDoneWhenTheVersionChanged) {
  for (const Kind kind : {Kind::kNone, Kind::kLostAfter, Kind::kRestartAfter}) {
    FakeCpe one = small_gateway();
    Driver drive(one);
    drive.learned.firmware = "1.0";
    const auto task = drive.run(firmware_download, {kind, 0});
    ASSERT_EQ(task->phase(), Phase::kWaiting);
    task::Context context{drive.tree, drive.learned};
    task->on_inform(with_version("2.0"), context);
    EXPECT_TRUE(context.save) << "a restart must not forget it";
    ASSERT_FALSE(task->done()) << "its TransferComplete may still come";

    const auto restarted = firmware_download();
    ASSERT_TRUE(restarted->restore(task->save(), context));
    restarted->abandon(kGivenUp);
    EXPECT_EQ(restarted->outcome().kind, Outcome::Kind::kDone);
  }
}

// quirk 80
TEST_F(CommandTest, ATransferThatLeavesNoTraceIsUnknown) {
  driver.learned.firmware = "1.0";
  for (const auto& make : {Driver::Make(firmware_download), Driver::Make(download)}) {
    const auto task = driver.run(make);
    task::Context context{driver.tree, driver.learned};
    task->on_inform(with_version("1.0"), context);
    task->abandon(kGivenUp);
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kUnknown);
  }
}

// quirk 83: TransferComplete and the boot come in any order, in one session or in two.
TEST_F(CommandTest, ATransferIsDoneWhateverComesFirst) {
  for (const bool boot_first : {true, false}) {
    FakeCpe one = small_gateway();
    Driver drive(one);
    const auto task = drive.run(firmware_download);
    task::Context context{drive.tree, drive.learned};
    if (boot_first) task->on_inform(with_version("2.0"), context);
    EXPECT_TRUE(task->on_transfer_complete({"k1", {}, "", ""}, true, context));
    if (!boot_first) task->on_inform(with_version("2.0"), context);
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  }
}

// quirk 85
TEST_F(CommandTest, EventsAreToldByTheirNumberWhateverTheTextSays) {
  cwmp::Inform inform;
  inform.events = {{"8 diagnostics complete", ""}, {"X 001122 Button", ""}, {"13 WAKEUP", ""}};
  EXPECT_TRUE(task::has_event(inform, "8"));
  EXPECT_TRUE(task::has_event(inform, "13"));
  EXPECT_FALSE(task::has_event(inform, "1"));
}

TEST_F(CommandTest, ATransferThatWasNotSentTakesNoTransferComplete) {
  auto task = download();
  task::Context context{driver.tree, driver.learned};
  EXPECT_FALSE(task->on_transfer_complete({"k1", {}, "", ""}, true, context));
}

TEST_F(CommandTest, AnUploadMayBeDoneAtOnce) {
  const auto task = driver.run([] {
    cwmp::Upload rpc;
    rpc.command_key = "k1";
    return std::make_unique<task::Transfer>(rpc);
  });
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_EQ(static_cast<task::Transfer&>(*task).complete_time(), "b");
}

// ---- diagnostics -------------------------------------------------------------------------------

const std::string kPing = "Device.IP.Diagnostics.IPPing.";

struct DiagnosticsTest : CommandTest {
  DiagnosticsTest() {
    cpe.add_parameter(kPing + "DiagnosticsState", "None");
    cpe.add_parameter(kPing + "Host", "");
    cpe.add_parameter(kPing + "SuccessCount", "0", "unsignedInt", false);
  }
  static std::unique_ptr<task::Task> ping() {
    return std::make_unique<task::Diagnostics>(
        kPing, std::vector<task::Diagnostics::Argument>{{"Host", "h"}}, "key");
  }
  void complete(std::string state = "Complete") {
    cpe.parameters[kPing + "DiagnosticsState"].value = std::move(state);
    cpe.parameters[kPing + "SuccessCount"].value = "3";
  }
};

TEST_F(DiagnosticsTest, AreReadWhenTheEventComes) {
  for (const Kind kind : {Kind::kNone, Kind::kLostBefore, Kind::kLostAfter, Kind::kRestartAfter}) {
    Driver drive(cpe);
    const auto task = drive.run(ping, {kind, 0});
    ASSERT_EQ(task->phase(), Phase::kWaiting);
    EXPECT_TRUE(drive.end_session);
    EXPECT_EQ(cpe.parameters[kPing + "DiagnosticsState"].value, "Requested");
    EXPECT_EQ(cpe.parameters[kPing + "Host"].value, "h");
    complete();
    drive.inform(*task, {{"8 DIAGNOSTICS COMPLETE", ""}});
    ASSERT_TRUE(drive.go_on(*task));
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
    EXPECT_EQ(static_cast<task::Diagnostics&>(*task).values().size(), 3);
  }
}

TEST_F(DiagnosticsTest, SurviveALossWhileTheResultIsRead) {
  const auto task = driver.run(ping);
  complete();
  driver.inform(*task, {{"8 DIAGNOSTICS COMPLETE", ""}});
  for (int i = 0; i < 2; ++i) {
    task::Context context{driver.tree, driver.learned};
    ASSERT_TRUE(task->next(context).has_value());
    task->on_lost(context);
  }
  ASSERT_TRUE(driver.go_on(*task));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
}

TEST_F(DiagnosticsTest, TheEventOfAnotherTestLeavesItWaiting) {
  const auto task = driver.run(ping);
  driver.inform(*task, {{"8 DIAGNOSTICS COMPLETE", ""}});
  ASSERT_TRUE(driver.go_on(*task));
  EXPECT_EQ(task->phase(), Phase::kWaiting);
}

TEST_F(DiagnosticsTest, AreFoundCompleteWithoutTheEvent) {
  const auto task = driver.run(ping);
  driver.inform(*task, {{"2 PERIODIC", ""}});
  ASSERT_TRUE(driver.go_on(*task));
  EXPECT_EQ(task->phase(), Phase::kWaiting);
  complete("Error_CannotResolveHostName");
  driver.inform(*task, {{"2 PERIODIC", ""}});
  ASSERT_TRUE(driver.go_on(*task));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
}

TEST_F(DiagnosticsTest, DroppedByTheDeviceFail) {
  const auto task = driver.run(ping);
  complete("None");
  driver.inform(*task, {{"1 BOOT", ""}});
  ASSERT_TRUE(driver.go_on(*task));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
}

TEST_F(DiagnosticsTest, ThatMeetABootFailUnlessTheyWereComplete) {
  for (const char* boot : {"1 BOOT", "0 BOOTSTRAP"}) {
    const auto task = driver.run(ping);
    driver.inform(*task, {{boot, ""}});
    EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed) << boot;
  }
  const auto task = driver.run(ping);
  complete();
  driver.inform(*task, {{"1 BOOT", ""}, {"8 DIAGNOSTICS COMPLETE", ""}});
  ASSERT_TRUE(driver.go_on(*task));
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
}

TEST_F(DiagnosticsTest, ThatMeetABootBetweenTwoLooksFail) {
  const auto task = driver.run(ping);
  driver.inform(*task, {{"2 PERIODIC", ""}});
  driver.inform(*task, {{"1 BOOT", ""}});
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
}

TEST_F(DiagnosticsTest, AreRequestedAgainWhenTheRequestWasLostInABoot) {
  const auto task = driver.run(ping, {Kind::kLostBefore, 0});
  EXPECT_EQ(cpe.parameters[kPing + "DiagnosticsState"].value, "Requested");
  EXPECT_EQ(task->phase(), Phase::kWaiting);
}

TEST_F(DiagnosticsTest, ThatTheirEventCameIsKeptOverARestart) {
  const auto task = driver.run(ping);
  complete();
  cwmp::Inform inform;
  inform.events = {{"8 DIAGNOSTICS COMPLETE", ""}};
  task::Context context{driver.tree, driver.learned};
  task->on_inform(inform, context);
  EXPECT_TRUE(context.save);
  const auto after = ping();
  ASSERT_TRUE(after->restore(task->save(), context));
  EXPECT_EQ(after->phase(), Phase::kReady) << "the results are still to be read";
  ASSERT_TRUE(driver.go_on(*after));
  EXPECT_EQ(after->outcome().kind, Outcome::Kind::kDone);
}

TEST_F(DiagnosticsTest, GoOnWithoutAnArgumentThatTheDeviceNeedNotTake) {
  cpe.refused_values = {"99"};
  cpe.add_parameter(kPing + "Timeout", "1");
  const auto task = driver.run([] {
    using Argument = task::Diagnostics::Argument;
    return std::make_unique<task::Diagnostics>(
        kPing, std::vector<Argument>{{"Host", "h"}, {"Timeout", "99", ValueType::kUnknown, false}},
        "key");
  });
  EXPECT_EQ(task->phase(), Phase::kWaiting);
  EXPECT_EQ(cpe.parameters[kPing + "Host"].value, "h");
  EXPECT_EQ(cpe.parameters[kPing + "Timeout"].value, "1");
}

TEST_F(DiagnosticsTest, WithARefusedArgumentFailAtOnce) {
  cpe.refused_values = {"h"};
  const auto task = driver.run(ping);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kFailed);
  EXPECT_EQ(static_cast<task::Diagnostics&>(*task).errors().at(0).name, kPing + "Host");
}

TEST_F(DiagnosticsTest, WaitAcrossARestart) {
  const auto before = driver.run(ping);
  const std::string saved = before->save();
  const auto after = ping();
  task::Context context{driver.tree, driver.learned};
  ASSERT_TRUE(after->restore(saved, context));
  EXPECT_EQ(after->phase(), Phase::kWaiting);
  complete();
  driver.inform(*after, {{"8 DIAGNOSTICS COMPLETE", ""}});
  ASSERT_TRUE(driver.go_on(*after));
  EXPECT_EQ(after->outcome().kind, Outcome::Kind::kDone);
}

}  // namespace
}  // namespace bridge::testing
