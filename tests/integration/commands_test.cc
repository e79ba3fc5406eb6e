// Commands that work on the device for a while: files, diagnostics, software modules, images.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/file_server.h"

namespace integration {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using usp_controller::Notification;

using Input = std::map<std::string, std::string>;

const std::string kImage = "Device.DeviceInfo.FirmwareImage.1.";
const std::string kConfig = "Device.DeviceInfo.VendorConfigFile.1.";
const std::string kLog = "Device.DeviceInfo.VendorLogFile.1.";
const std::string kPing = "Device.IP.Diagnostics.IPPing()";
const std::string kModules = "Device.SoftwareModules.";
const std::string kSsid = "Device.WiFi.SSID.2.SSID";
/// Longer than any test.
const std::string kNever = "transfer-delay=600000";

class Commands : public testing::Test {
 protected:
  explicit Commands(const std::string& settings = "operation_deadline: 20s",
                    const std::string& model = "tr181-small.csv")
      : world(settings), cpe(world.device("1", model)) {
    subscribe("done", "OperationComplete", "Device.");
    subscribe("transfer", "Event", "Device.LocalAgent.TransferComplete!");
    subscribe("boot", "Event", "Device.Boot!");
  }

  /// It outlives a boot of the device.
  void subscribe(const std::string& id, const std::string& type, const std::string& path) {
    usp_msg::Msg request = usp_controller::subscribe(id, type, path, true);
    auto* row = request.mutable_body()->mutable_request()->mutable_add()->mutable_create_objs(0);
    auto* setting = row->add_param_settings();
    setting->set_param("Persistent");
    setting->set_value("true");
    setting->set_required(true);
    auto answer = world.ask(*cpe, request);
    ASSERT_THAT(usp_controller::failures_of(answer), IsEmpty());
  }

  usp_msg::OperateResp::OperationResult operate(const std::string& command, const Input& input,
                                                const std::string& key = "key") {
    auto answer = world.ask(*cpe, usp_controller::operate(command, input, key));
    const auto& results = answer.body().response().operate_resp().operation_results();
    EXPECT_EQ(results.size(), 1) << answer.ShortDebugString();
    return results.empty() ? usp_msg::OperateResp::OperationResult() : results[0];
  }
  /// An asynchronous command that is taken; its Request row.
  std::string begin(const std::string& command, const Input& input,
                    const std::string& key = "key") {
    const auto result = operate(command, input, key);
    EXPECT_THAT(result.req_obj_path(), StartsWith("Device.LocalAgent.Request."))
        << result.ShortDebugString();
    return result.req_obj_path();
  }
  usp_msg::Notify::OperationComplete completion(const std::string& key = "key") {
    auto told = world.controller().wait_for_notify(
        [&key](const Notification& each) {
          return each.notify.oper_complete().command_key() == key;
        },
        kLong);
    EXPECT_TRUE(told) << world.bridge().output() << cpe->process().output();
    return told ? told->notify.oper_complete() : usp_msg::Notify::OperationComplete();
  }
  Input event(const std::string& name) {
    auto told = world.controller().wait_for_notify(
        [&name](const Notification& each) { return each.notify.event().event_name() == name; },
        kLong);
    EXPECT_TRUE(told) << world.bridge().output() << cpe->process().output();
    if (!told) return {};
    const auto& params = told->notify.event().params();
    return {params.begin(), params.end()};
  }
  /// The device has been given this RPC and the session is over.
  void wait_for_rpc(const std::string& method) {
    ASSERT_TRUE(cpe->process().wait_for_text("\"method\":\"" + method + "\""))
        << world.bridge().output();
    ASSERT_TRUE(cpe->wait_for("session_end"));
  }
  std::vector<std::string> requests() {
    auto answer = world.ask(*cpe, usp_controller::instances({"Device.LocalAgent.Request."}));
    std::vector<std::string> out;
    for (const auto& path : answer.body().response().get_instances_resp().req_path_results()) {
      for (const auto& row : path.curr_insts()) out.push_back(row.instantiated_obj_path());
    }
    return out;
  }

  support::FileServer files;
  World world;
  std::unique_ptr<Cpe> cpe;
};

// ---- files
// ---------------------------------------------------------------------------------------

TEST_F(Commands, AFirmwareDownloadEndsWithTheDeviceOnTheNewVersion) {
  files.offer("fw-2.0.1.bin", "image");
  const std::string request = begin(kImage + "Download()", {{"URL", files.url("fw-2.0.1.bin")}});
  EXPECT_FALSE(request.empty());

  const auto done = completion();
  EXPECT_TRUE(done.has_req_output_args()) << done.ShortDebugString();
  EXPECT_EQ(done.obj_path(), kImage);
  EXPECT_EQ(done.command_name(), "Download()");
  EXPECT_THAT(
      event("TransferComplete!"),
      AllOf(Contains(Pair("Command", kImage + "Download()")), Contains(Pair("CommandKey", "key")),
            Contains(Pair("FaultCode", "0")), Contains(Pair("TransferType", "Download")),
            Contains(Pair("Requestor", "Device.LocalAgent.Controller.1")),
            Contains(Pair("Affected", "Device.DeviceInfo.FirmwareImage.1")),
            Contains(Pair("TransferURL", files.url("fw-2.0.1.bin")))));
  EXPECT_THAT(event("Boot!"), AllOf(Contains(Pair("FirmwareUpdated", "true")),
                                    Contains(Pair("CommandKey", "key"))));
  EXPECT_EQ(world.read(*cpe, "Device.DeviceInfo.SoftwareVersion"), "2.0.1");
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(Commands, ADownloadOfAFileThatIsNotThereFails) {
  begin(kImage + "Download()", {{"URL", files.url("gone.bin")}});

  const auto done = completion();
  EXPECT_EQ(done.cmd_failure().err_code(), 7022U);
  EXPECT_THAT(done.cmd_failure().err_msg(), HasSubstr("9016"));
  EXPECT_THAT(event("TransferComplete!"),
              AllOf(Contains(Pair("FaultCode", "7022")), Contains(Pair("CommandKey", "key"))));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(Commands, ADownloadThatTheDeviceRefusesFailsAtOnce) {
  begin(kImage + "Download()", {{"URL", "ftp://files.example/f"}});

  EXPECT_THAT(completion().cmd_failure().err_msg(), HasSubstr("9013"));
}

TEST_F(Commands, ADownloadGoesOnWhenTheBridgeIsKilled) {
  files.offer("backup.cfg", kSsid + "=from-backup\n");
  files.hold();
  subscribe("ssid", "ValueChange", kSsid);
  begin(kConfig + "Restore()", {{"URL", files.url("backup.cfg")}});
  ASSERT_TRUE(files.next()) << "the device has taken the request and answered";
  world.kill_bridge();
  files.release();
  world.start_bridge();

  EXPECT_TRUE(completion().has_req_output_args());
  EXPECT_THAT(event("TransferComplete!"), AllOf(Contains(Pair("Command", kConfig + "Restore()")),
                                                Contains(Pair("CommandKey", "key"))));
  EXPECT_EQ(cpe->command("get", kSsid), "from-backup");
  const auto changed = world.controller().wait_for_notify(
      [](const Notification& each) {
        return each.notify.value_change().param_value() == "from-backup";
      },
      kLong);
  EXPECT_TRUE(changed) << "the device is read again\n" << world.bridge().output();
}

TEST_F(Commands, ADownloadGoesOnWhenTheDeviceReboots) {
  files.offer("backup.cfg", kSsid + "=from-backup\n");
  cpe->command("quirk", "transfer-delay=3000");
  begin(kConfig + "Restore()", {{"URL", files.url("backup.cfg")}});
  wait_for_rpc("Download");
  cpe->command("reboot");

  EXPECT_THAT(event("Boot!"), Contains(Pair("Cause", "LocalReboot")));
  EXPECT_TRUE(completion().has_req_output_args());
  EXPECT_EQ(cpe->command("get", kSsid), "from-backup");
}

TEST_F(Commands, AConfigurationIsBackedUpToWhereTheControllerSays) {
  begin(kConfig + "Backup()", {{"URL", files.url("upload.cfg")}});

  EXPECT_TRUE(completion().has_req_output_args());
  auto sent = files.next();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->method, "PUT");
  EXPECT_EQ(sent->target, "/upload.cfg");
  EXPECT_THAT(sent->body, HasSubstr(kSsid + "=Home-2"));
  EXPECT_THAT(event("TransferComplete!"), Contains(Pair("TransferType", "Upload")));
  EXPECT_THAT(cpe->process().output(), HasSubstr("3 Vendor Configuration File 1"));
}

// The model has no VendorLogFile.
TEST_F(Commands, ALogIsUploadedFromARowThatOnlyTheBridgeShows) {
  EXPECT_EQ(world.read(*cpe, kLog + "Name"), "main");
  begin(kLog + "Upload()", {{"URL", files.url("log.txt")}});

  EXPECT_TRUE(completion().has_req_output_args());
  auto sent = files.next();
  ASSERT_TRUE(sent);
  EXPECT_THAT(sent->body, HasSubstr("boot"));
  EXPECT_THAT(cpe->process().output(), HasSubstr("2 Vendor Log File"));
}

TEST_F(Commands, ArgumentsThatCannotBeServedAreRefusedAndNoRequestIsLeft) {
  for (const Input& input : {Input{{"URL", files.url("f")}, {"CheckSum", "00"}},
                             Input{{"URL", files.url("f")}, {"AutoActivate", "false"}},
                             Input{{"URL", files.url("f")}, {"FileSize", "big"}}, Input{}}) {
    EXPECT_EQ(operate(kImage + "Download()", input).cmd_failure().err_code(), 7027U);
  }
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(Commands, ATransferIsCalledBackWithCancelTransfer) {
  cpe->command("quirk", kNever);
  const std::string request = begin(kImage + "Download()", {{"URL", files.url("fw.bin")}});
  wait_for_rpc("Download");

  const auto cancelled = operate(request + "Cancel()", {}, "cancel");
  EXPECT_TRUE(cancelled.has_req_output_args()) << cancelled.ShortDebugString();
  EXPECT_EQ(completion().cmd_failure().err_code(), 7023U);
  EXPECT_THAT(cpe->process().output(), HasSubstr("\"method\":\"CancelTransfer\""));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(Commands, ATransferThatTheDeviceDoesNotCallBackGoesOn) {
  cpe->command("quirk", kNever);
  const std::string request = begin(kImage + "Download()", {{"URL", files.url("fw.bin")}});
  wait_for_rpc("Download");
  cpe->command("fault", "CancelTransfer 9021 1");

  const auto refused = operate(request + "Cancel()", {}, "cancel");
  EXPECT_EQ(refused.cmd_failure().err_code(), 7022U) << refused.ShortDebugString();
  EXPECT_THAT(refused.cmd_failure().err_msg(), HasSubstr("9021"));
  EXPECT_THAT(requests(), testing::ElementsAre(request));
}

TEST_F(Commands, ATransferThatWasNotSentYetIsWithdrawn) {
  cpe->command("sleep");
  const std::string request = begin(kImage + "Download()", {{"URL", files.url("fw.bin")}});

  EXPECT_TRUE(operate(request + "Cancel()", {}, "cancel").has_req_output_args());
  EXPECT_EQ(completion().cmd_failure().err_code(), 7023U);
  cpe->command("wake");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_THAT(cpe->process().output(), testing::Not(HasSubstr("\"method\":\"Download\"")));
}

class ShortCommands : public Commands {
 protected:
  ShortCommands() : Commands("command_deadline: 5s") {}
};

TEST_F(ShortCommands, ATransferThatIsNeverReportedTimesOutWithAnUnknownOutcome) {
  cpe->command("quirk", kNever);
  begin(kImage + "Download()", {{"URL", files.url("fw.bin")}});

  const auto done = completion();
  EXPECT_EQ(done.cmd_failure().err_code(), 7802U) << done.ShortDebugString();
  EXPECT_THAT(done.cmd_failure().err_msg(), HasSubstr("has not reported its end"));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(ShortCommands, ATransferForADeviceThatSleepsTimesOutAndIsNeverDone) {
  cpe->command("sleep");
  begin(kImage + "Download()", {{"URL", files.url("fw.bin")}});

  EXPECT_EQ(completion().cmd_failure().err_code(), 7801U);
}

class Tr098Commands : public Commands {
 protected:
  Tr098Commands() : Commands("operation_deadline: 20s", "tr098-small.csv") {}
};

TEST_F(Tr098Commands, FirmwareComesToADeviceThatHasNoFirmwareImage) {
  auto answer = world.ask(*cpe, usp_controller::instances({"Device.DeviceInfo.FirmwareImage."}));
  ASSERT_EQ(answer.body().response().get_instances_resp().req_path_results_size(), 1);
  EXPECT_EQ(answer.body().response().get_instances_resp().req_path_results(0).curr_insts_size(), 1);
  files.offer("fw-3.1.bin", "image");
  begin(kImage + "Download()", {{"URL", files.url("fw-3.1.bin")}});

  EXPECT_TRUE(completion().has_req_output_args());
  EXPECT_THAT(event("Boot!"), Contains(Pair("FirmwareUpdated", "true")));
  EXPECT_EQ(world.read(*cpe, kImage + "Version"), "3.1");
}

// ---- what is set
// ---------------------------------------------------------------------------------

const auto kTrue = testing::AnyOf("1", "true");

class ResetCommands : public Commands {
 protected:
  ResetCommands() : Commands("operation_deadline: 20s", "tr181-reset.csv") {}
};

TEST_F(ResetCommands, AResetIsAWriteToTheDevice) {
  for (const std::string object : {"Device.IP.Interface.1.", "Device.IP.Interface.1.Stats."}) {
    const auto result = operate(object + "Reset()", {});
    EXPECT_TRUE(result.has_req_output_args()) << result.ShortDebugString();
    EXPECT_THAT(cpe->command("get", object + "Reset"), kTrue);
  }
  EXPECT_THAT(cpe->command("get", "Device.IP.Interface.2.Reset"), testing::Not(kTrue));
}

TEST_F(ResetCommands, ASearchResetsEveryRow) {
  auto answer = world.ask(*cpe, usp_controller::operate("Device.IP.Interface.*.Reset()"));
  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_THAT(cpe->command("get", "Device.IP.Interface.1.Reset"), kTrue);
  EXPECT_THAT(cpe->command("get", "Device.IP.Interface.2.Reset"), kTrue);
}

TEST_F(ResetCommands, AnotherImageIsChosenAndBooted) {
  cpe->command("set", "Device.DeviceInfo.ActiveFirmwareImage Device.DeviceInfo.FirmwareImage.2.");
  begin("Device.DeviceInfo.FirmwareImage.2.Activate()", {});

  EXPECT_TRUE(completion().has_req_output_args());
  EXPECT_THAT(cpe->command("get", "Device.DeviceInfo.BootFirmwareImage"),
              StartsWith("Device.DeviceInfo.FirmwareImage.2"));
  event("Boot!");
}

TEST_F(ResetCommands, AnImageThatDoesNotRunAfterwardsIsAFailure) {
  begin(
      "Device.DeviceInfo.FirmwareImage.2.Activate()",
      {{"TimeWindow.1.Start", "1"}, {"TimeWindow.1.End", "60"}, {"TimeWindow.1.Mode", "AnyTime"}});

  const auto done = completion();
  EXPECT_EQ(done.cmd_failure().err_code(), 7022U) << done.ShortDebugString();
  EXPECT_THAT(done.cmd_failure().err_msg(), HasSubstr("FirmwareImage.1"));
}

TEST_F(Commands, ALongCommandKeyAndAReasonComeBackInBoot) {
  const std::string key(40, 'k');
  const auto result = operate("Device.Reboot()", {{"Reason", "because"}}, key);
  EXPECT_TRUE(result.has_req_output_args()) << result.ShortDebugString();

  EXPECT_THAT(event("Boot!"),
              AllOf(Contains(Pair("CommandKey", key)), Contains(Pair("Reason", "because")),
                    Contains(Pair("Cause", "RemoteReboot"))));
}

TEST_F(Commands, AFactoryResetIsTheCauseOfTheBootAfterIt) {
  const auto result = operate("Device.FactoryReset()", {}, "reset");
  EXPECT_TRUE(result.has_req_output_args()) << result.ShortDebugString();

  EXPECT_THAT(event("Boot!"), AllOf(Contains(Pair("Cause", "RemoteFactoryReset")),
                                    Contains(Pair("CommandKey", "reset"))));
}

// ---- diagnostics
// ---------------------------------------------------------------------------------

TEST_F(Commands, DiagnosticsOfOneKindTakeTurns) {
  begin(kPing, {{"Host", "192.0.2.1"}, {"NumberOfRepetitions", "5"}}, "first");
  begin(kPing, {{"Host", "192.0.2.2"}}, "second");

  EXPECT_THAT(completion("first").req_output_args().output_args(),
              Contains(Pair("SuccessCount", "5")));
  // The default of an argument that is left out, not what the last test was run with (R-OPR.7).
  EXPECT_THAT(completion("second").req_output_args().output_args(),
              Contains(Pair("SuccessCount", "3")));
}

TEST_F(Commands, ADiagnosticThatEndsInAnErrorSaysSoInItsStatus) {
  begin(kPing, {{"Host", "nowhere.invalid"}});

  EXPECT_THAT(completion().req_output_args().output_args(),
              AllOf(Contains(Pair("Status", "Error_CannotResolveHostName")),
                    Contains(Pair("FailureCount", "3"))));
}

class SlowDiagnostics : public Commands {
 protected:
  SlowDiagnostics() {
    cpe = world.device("2", "tr181-small.csv", {"--diagnostics-ms", "6000000"});
    subscribe("done", "OperationComplete", "Device.");
  }

  /// A test that runs on the device when this returns; its Request row.
  std::string begin_test(const std::string& host, const std::string& key) {
    cpe->process().skip_output();
    const std::string request = begin(kPing, {{"Host", host}}, key);
    EXPECT_TRUE(cpe->process().wait_for_text("\"value\":\"Requested\"")) << world.bridge().output();
    EXPECT_TRUE(cpe->wait_for("session_end"));
    return request;
  }
};

TEST_F(SlowDiagnostics, ADiagnosticThatMeetsARebootFails) {
  begin_test("192.0.2.1", "key");
  cpe->command("reboot");

  const auto done = completion();
  EXPECT_EQ(done.cmd_failure().err_code(), 7022U) << done.ShortDebugString();
  EXPECT_THAT(done.cmd_failure().err_msg(), HasSubstr("rebooted"));
  EXPECT_THAT(requests(), IsEmpty());
}

TEST_F(SlowDiagnostics, ARunningDiagnosticIsCancelledByItsState) {
  const std::string first = begin_test("192.0.2.1", "first");
  const std::string second = begin(kPing, {{"Host", "192.0.2.2"}}, "second");

  EXPECT_TRUE(operate(second + "Cancel()", {}, "c2").has_req_output_args());
  EXPECT_EQ(completion("second").cmd_failure().err_code(), 7023U) << "it waits for its turn";
  const auto cancelled = operate(first + "Cancel()", {}, "c1");
  EXPECT_TRUE(cancelled.has_req_output_args()) << cancelled.ShortDebugString();
  EXPECT_EQ(completion("first").cmd_failure().err_code(), 7023U);
  EXPECT_THAT(requests(), IsEmpty());
}

// ---- software modules
// ----------------------------------------------------------------------------

class ModuleCommands : public Commands {
 protected:
  ModuleCommands() : Commands("operation_deadline: 20s", "tr181-modules.csv") {
    subscribe("du", "Event", "Device.SoftwareModules.DUStateChange!");
  }
};

TEST_F(ModuleCommands, AModuleIsInstalledUpdatedAndRemoved) {
  begin(kModules + "InstallDU()", {{"URL", "http://files.example/mod-1.2.pkg"}, {"UUID", "u-7"}},
        "install");
  EXPECT_THAT(completion("install").req_output_args().output_args(),
              AllOf(Contains(Pair("UUID", "u-7")), Contains(Pair("Version", "1.2"))));
  const Input installed = event("DUStateChange!");
  EXPECT_THAT(installed, AllOf(Contains(Pair("OperationPerformed", "Install")),
                               Contains(Pair("CurrentState", "Installed")),
                               Contains(Pair("Fault.FaultCode", "0"))));
  ASSERT_TRUE(installed.contains("DeploymentUnitRef"));
  const std::string unit = installed.at("DeploymentUnitRef") + ".";
  std::string uuid;
  const auto limit = std::chrono::steady_clock::now() + kLong;
  do {  // the new row is listed later in the session that told of it
    uuid = world.read(*cpe, unit + "UUID");
  } while (uuid != "u-7" && std::chrono::steady_clock::now() < limit);
  EXPECT_EQ(uuid, "u-7");

  begin(unit + "Update()", {{"URL", "http://files.example/mod-1.3.pkg"}}, "update");
  EXPECT_TRUE(completion("update").has_req_output_args());
  EXPECT_THAT(event("DUStateChange!"), Contains(Pair("OperationPerformed", "Update")));

  begin(unit + "Uninstall()", {}, "uninstall");
  EXPECT_TRUE(completion("uninstall").has_req_output_args());
  EXPECT_THAT(event("DUStateChange!"), Contains(Pair("CurrentState", "Uninstalled")));
}

TEST_F(ModuleCommands, AnInstallationThatFailsSaysWhy) {
  begin(kModules + "InstallDU()", {{"URL", "http://nowhere.invalid/mod.pkg"}});

  const auto done = completion();
  EXPECT_EQ(done.cmd_failure().err_code(), 7022U);
  EXPECT_THAT(done.cmd_failure().err_msg(), HasSubstr("9015"));
  EXPECT_THAT(event("DUStateChange!"), AllOf(Contains(Pair("CurrentState", "Failed")),
                                             Contains(Pair("Fault.FaultCode", "7022"))));
}

TEST_F(ModuleCommands, AnInstallationGoesOnWhenTheBridgeIsKilled) {
  begin(kModules + "InstallDU()", {{"URL", "http://files.example/mod-1.2.pkg"}, {"UUID", "u-7"}});
  ASSERT_TRUE(cpe->process().wait_for_text("\"method\":\"ChangeDUState\""));
  world.kill_bridge();
  world.start_bridge();

  EXPECT_TRUE(completion().has_req_output_args());
  EXPECT_THAT(requests(), IsEmpty());
}

}  // namespace
}  // namespace integration
