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

TEST_F(CommandTest, RebootIsDoneWithItsResponseAndEndsTheSession) {
  const auto task = driver.run(reboot);
  EXPECT_EQ(task->outcome().kind, Outcome::Kind::kDone);
  EXPECT_TRUE(driver.end_session);
}

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

TEST_F(CommandTest, ATransferCompleteWithoutKeyIsTheOnlyOpenTransfers) {
  const auto task = driver.run(download);
  task::Context context{driver.tree, driver.learned};
  EXPECT_TRUE(task->on_transfer_complete({"", {}, "", ""}, true, context));
  EXPECT_TRUE(task->done());
}

TEST_F(CommandTest, AFailedTransferCarriesItsFault) {
  const auto task = driver.run(download);
  task::Context context{driver.tree, driver.learned};
  task->on_transfer_complete({"k1", {9015, "no server"}, "", ""}, true, context);
  EXPECT_EQ(task->outcome().fault.code, FaultCode::kFileServerUnreachable);
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
