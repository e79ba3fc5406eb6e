// Calling back, software modules, another image: against answers given by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/task/activate.h"
#include "bridge/task/cancel.h"
#include "bridge/task/command.h"
#include "bridge/task/modules.h"
#include "fake_cpe.h"

namespace bridge::testing {
namespace {

using cwmp::FaultCode;
using task::Outcome;
using Kind = Outcome::Kind;
using Phase = task::Task::Phase;

class ByHand : public ::testing::Test {
 protected:
  template <class Rpc>
  Rpc next(task::Task& task) {
    task::Context context{tree, learned, 1};
    auto rpc = task.next(context);
    saved = context.save;
    if (!rpc || !std::holds_alternative<Rpc>(*rpc)) {
      ADD_FAILURE() << "another RPC, or none";
      return {};
    }
    return std::get<Rpc>(*rpc);
  }
  void answer(task::Task& task, cwmp::CpeResponse response) {
    task::Context context{tree, learned, 2};
    task.on_response(response, context);
    saved = context.save;
    ends_session = context.end_session;
  }
  void fail(task::Task& task, FaultCode code) { answer(task, cwmp::Fault{code, "no", {}}); }
  void lose(task::Task& task) {
    task::Context context{tree, learned, 2};
    task.on_lost(context);
  }
  void inform(task::Task& task, std::vector<cwmp::Event> events) {
    cwmp::Inform message;
    message.events = std::move(events);
    task::Context context{tree, learned, 3};
    task.on_inform(message, context);
    saved = context.save;
  }
  /// As after a restart of the bridge.
  template <class T, class... Arguments>
  std::unique_ptr<T> restart(const task::Task& before, Arguments... arguments) {
    auto after = std::make_unique<T>(arguments...);
    task::Context context{tree, learned, 4};
    EXPECT_TRUE(after->restore(before.save(), context));
    return after;
  }

  PathPool pool;
  Tree tree{pool};
  Learned learned;
  bool saved = false;
  bool ends_session = false;
};

// ---- CancelTransfer

TEST_F(ByHand, CancelTransferIsDoneWithItsAnswer) {
  task::CancelTransfer task("k1");
  EXPECT_EQ(next<cwmp::CancelTransfer>(task).command_key, "k1");
  answer(task, cwmp::CancelTransferResponse{});
  EXPECT_EQ(task.outcome().kind, Kind::kDone);
}

TEST_F(ByHand, CancelTransferIsRepeatedWhenItIsLostButNotForEver) {
  task::CancelTransfer task("k1");
  for (int i = 0; i < task::kMaxLost; ++i) {
    ASSERT_EQ(task.phase(), Phase::kReady);
    next<cwmp::CancelTransfer>(task);
    lose(task);
  }
  EXPECT_EQ(task.outcome().kind, Kind::kUnknown);
}

TEST_F(ByHand, CancelTransferThatComesTooLateFails) {
  task::CancelTransfer task("k1");
  next<cwmp::CancelTransfer>(task);
  fail(task, FaultCode::kCancelNotPermitted);
  EXPECT_EQ(task.outcome().kind, Kind::kFailed);
  EXPECT_TRUE(learned.supports("CancelTransfer"));
}

TEST_F(ByHand, ADeviceWithoutCancelTransferIsRemembered) {
  task::CancelTransfer task("k1");
  next<cwmp::CancelTransfer>(task);
  fail(task, FaultCode::kMethodNotSupported);
  EXPECT_EQ(task.outcome().kind, Kind::kFailed);
  EXPECT_FALSE(learned.supports("CancelTransfer"));
}

// ---- diagnostics

TEST_F(ByHand, ADiagnosticIsCancelledByItsState) {
  for (const bool canceled_first : {true, false}) {
    task::CancelDiagnostics task("Device.X.", canceled_first, "key");
    const auto rpc = next<cwmp::SetParameterValues>(task);
    ASSERT_EQ(rpc.parameters.size(), 1U);
    EXPECT_EQ(rpc.parameters[0].name, "Device.X.DiagnosticsState");
    EXPECT_EQ(rpc.parameters[0].value, canceled_first ? "Canceled" : "None");
    answer(task, cwmp::SetParameterValuesResponse{});
    EXPECT_EQ(task.outcome().kind, Kind::kDone);
  }
}

TEST_F(ByHand, AStateThatTheDeviceDoesNotKnowIsReplacedByTheOtherOnce) {
  task::CancelDiagnostics task("Device.X.", true, "key");
  next<cwmp::SetParameterValues>(task);
  answer(task, cwmp::Fault{FaultCode::kInvalidArguments,
                           "",
                           {{"Device.X.DiagnosticsState", FaultCode::kInvalidParameterValue, ""}}});
  EXPECT_EQ(next<cwmp::SetParameterValues>(task).parameters[0].value, "None");
  fail(task, FaultCode::kInvalidParameterValue);
  EXPECT_EQ(task.outcome().kind, Kind::kFailed);
}

// ---- software modules

const cwmp::DeploymentUnitOperation kInstall =
    cwmp::InstallOperation{"http://h/m", "u-1", "", "", ""};

cwmp::DUStateChangeComplete changed(std::string key, std::uint32_t fault = 0) {
  cwmp::DeploymentUnitResult result;
  result.uuid = "u-1";
  result.version = "1.2";
  result.current_state = fault == 0 ? "Installed" : "Failed";
  result.fault = {fault, fault == 0 ? "" : "why"};
  return {{result}, std::move(key)};
}

class Modules : public ByHand {
 protected:
  Modules() : task(std::make_unique<task::ChangeModule>(kInstall, "k1")) {}
  bool report(const cwmp::DUStateChangeComplete& complete, bool only = false) {
    task::Context context{tree, learned, 3};
    return task->on_modules_changed(complete, only, context);
  }
  void accept() {
    EXPECT_EQ(next<cwmp::ChangeDUState>(*task).command_key, "k1");
    EXPECT_TRUE(saved) << "it must not be sent twice";
    answer(*task, cwmp::ChangeDUStateResponse{});
    EXPECT_TRUE(ends_session);
  }

  std::unique_ptr<task::ChangeModule> task;
};

TEST_F(Modules, AChangeIsDoneWithTheReportThatHasItsKey) {
  accept();
  EXPECT_TRUE(task->expects_report());
  EXPECT_FALSE(report(changed("other")));
  EXPECT_FALSE(report(changed(""), false));
  EXPECT_TRUE(report(changed("k1")));
  EXPECT_EQ(task->outcome().kind, Kind::kDone);
  EXPECT_EQ(task->uuid(), "u-1");
  EXPECT_EQ(task->version(), "1.2");
  EXPECT_FALSE(report(changed("k1"))) << "once";
}

TEST_F(Modules, AReportWithoutKeyIsTheOnlyOnes) {
  accept();
  EXPECT_TRUE(report(changed(""), true));
}

TEST_F(Modules, AFailedChangeCarriesItsFault) {
  accept();
  EXPECT_TRUE(report(changed("k1", 9026)));
  EXPECT_EQ(task->outcome().kind, Kind::kFailed);
  EXPECT_EQ(task->outcome().fault.code, FaultCode::kDuplicateDeploymentUnit);
}

TEST_F(Modules, AChangeWhoseAnswerWasLostIsNotSentAgain) {
  next<cwmp::ChangeDUState>(*task);
  lose(*task);
  EXPECT_EQ(task->phase(), Phase::kWaiting);
  EXPECT_TRUE(task->in_doubt());
}

TEST_F(Modules, AChangeWaitsAcrossARestartAndKeepsWhatWasReported) {
  accept();
  auto waiting = restart<task::ChangeModule>(*task, kInstall, "k1");
  EXPECT_EQ(waiting->phase(), Phase::kWaiting);
  task = std::move(waiting);
  ASSERT_TRUE(report(changed("k1")));
  const auto over = restart<task::ChangeModule>(*task, kInstall, "k1");
  EXPECT_EQ(over->outcome().kind, Kind::kDone);
  EXPECT_EQ(over->uuid(), "u-1");
}

TEST_F(Modules, AReportBeforeAnythingWasSentIsSomebodyElses) {
  EXPECT_FALSE(report(changed("k1"), true));
}

// ---- another image

class Activate : public ByHand {
 protected:
  std::unique_ptr<task::ActivateImage> make() {
    return std::make_unique<task::ActivateImage>("Device.DeviceInfo.",
                                                 "Device.DeviceInfo.FirmwareImage.2", "k1", "key");
  }
  void reboot() {
    const auto choice = next<cwmp::SetParameterValues>(*task);
    ASSERT_EQ(choice.parameters.size(), 1U);
    EXPECT_EQ(choice.parameters[0].name, "Device.DeviceInfo.BootFirmwareImage");
    EXPECT_EQ(choice.parameters[0].value, "Device.DeviceInfo.FirmwareImage.2");
    answer(*task, cwmp::SetParameterValuesResponse{});
    EXPECT_EQ(next<cwmp::Reboot>(*task).command_key, "k1");
    EXPECT_TRUE(saved);
  }
  void active(const std::string& image) {
    next<cwmp::GetParameterValues>(*task);
    answer(*task, cwmp::GetParameterValuesResponse{
                      {{"Device.DeviceInfo.ActiveFirmwareImage", image, "string"}}});
    task::Context context{tree, learned, 5};
    EXPECT_EQ(task->next(context), std::nullopt);
  }
  std::unique_ptr<task::ActivateImage> task = make();
};

TEST_F(Activate, IsDoneWhenTheDeviceIsBackWithThatImage) {
  reboot();
  answer(*task, cwmp::RebootResponse{});
  EXPECT_TRUE(ends_session);
  inform(*task, {{"2 PERIODIC", ""}});
  EXPECT_EQ(task->phase(), Phase::kWaiting);
  inform(*task, {{"1 BOOT", ""}});
  active("Device.DeviceInfo.FirmwareImage.2.");
  EXPECT_EQ(task->outcome().kind, Kind::kDone);
}

TEST_F(Activate, FailsWhenTheDeviceIsBackWithAnother) {
  reboot();
  answer(*task, cwmp::RebootResponse{});
  inform(*task, {{"1 BOOT", ""}, {"M Reboot", "k1"}});
  active("Device.DeviceInfo.FirmwareImage.1");
  EXPECT_EQ(task->outcome().kind, Kind::kFailed);
}

TEST_F(Activate, NeverRebootsTwice) {
  reboot();
  lose(*task);
  ASSERT_EQ(task->phase(), Phase::kWaiting);
  auto after = make();
  task::Context context{tree, learned, 4};
  ASSERT_TRUE(after->restore(task->save(), context));
  EXPECT_EQ(after->phase(), Phase::kWaiting);
  EXPECT_TRUE(after->in_doubt());
}

TEST_F(Activate, DoesNotRebootWhenTheChoiceIsRefused) {
  next<cwmp::SetParameterValues>(*task);
  fail(*task, FaultCode::kRequestDenied);
  EXPECT_EQ(task->outcome().kind, Kind::kFailed);
}

// ---- what a restart must not lose

TEST_F(ByHand, AnOutcomeSurvivesARestart) {
  cwmp::Download rpc;
  rpc.command_key = "k1";
  task::Transfer task(rpc);
  next<cwmp::Download>(task);
  answer(task, cwmp::DownloadResponse{1, "", ""});
  task::Context context{tree, learned, 3};
  ASSERT_TRUE(task.on_transfer_complete({"k1", {9016, "gone"}, "t1", "t2"}, true, context));

  const auto after = restart<task::Transfer>(task, rpc);
  EXPECT_EQ(after->outcome().kind, Kind::kFailed);
  EXPECT_EQ(after->outcome().fault.code, FaultCode::kFileAccess);
  EXPECT_EQ(after->outcome().fault.text, "gone");
  EXPECT_EQ(after->complete_time(), "t2");
}

TEST_F(ByHand, ProgressOfAnotherMakeIsRefused) {
  cwmp::Download rpc;
  for (const char* text : {"", "x", "1:1", "1:11:40:", "1:11:30:", "1:11:30:1:9"}) {
    task::Transfer task(rpc);
    task::Context context{tree, learned, 3};
    EXPECT_FALSE(task.restore(text, context)) << text;
    EXPECT_EQ(task.phase(), Phase::kReady);
  }
}

}  // namespace
}  // namespace bridge::testing
