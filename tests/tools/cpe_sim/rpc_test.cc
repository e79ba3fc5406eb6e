#include "tests/tools/cpe_sim/command.h"
#include "tests/tools/cpe_sim/fixture.h"

namespace cpe_sim {
namespace {

using cwmp::FaultCode;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

using CpeSimRpc = CpeTest;

TEST_F(CpeSimRpc, GetParameterValuesTakesNamesAndPartialPaths) {
  const auto got = call<cwmp::GetParameterValuesResponse>(
      cwmp::GetParameterValues{{"Device.WiFi.Name", "Device.NAT.PortMapping."}});
  EXPECT_THAT(
      got.parameters,
      ElementsAre(cwmp::ParameterValue{"Device.WiFi.Name", "home", "string"},
                  cwmp::ParameterValue{"Device.NAT.PortMapping.1.Alias", "cpe-1", "string"},
                  cwmp::ParameterValue{"Device.NAT.PortMapping.1.Port", "0", "unsignedInt"}));
}

TEST_F(CpeSimRpc, UnknownNamesAre9005) {
  for (const char* name : {"Device.Nothing", "Device.WiFi", "Device.WiFi.Na", "Device.Wi."}) {
    EXPECT_EQ(refused(cwmp::GetParameterValues{{"Device.WiFi.Name", name}}).code,
              FaultCode::kInvalidParameterName)
        << name;
    EXPECT_EQ(refused(cwmp::GetParameterAttributes{{name}}).code, FaultCode::kInvalidParameterName);
    EXPECT_EQ(refused(cwmp::GetParameterNames{name, false}).code, FaultCode::kInvalidParameterName);
  }
}

TEST_F(CpeSimRpc, SecretsReadAsEmptyText) {
  const auto got = call<cwmp::GetParameterValuesResponse>(
      cwmp::GetParameterValues{{"Device.ManagementServer.Password"}});
  EXPECT_EQ(got.parameters.at(0).value, "");
  EXPECT_EQ(value("Device.ManagementServer.Password"), "hidden");
}

TEST_F(CpeSimRpc, UpTimeFollowsTheTime) {
  now += seconds(5);
  EXPECT_EQ(value("Device.DeviceInfo.UpTime"), "5");
}

TEST_F(CpeSimRpc, GetParameterNamesOfOneLevelLeavesThePathItselfOut) {
  const auto got = call<cwmp::GetParameterNamesResponse>(
      cwmp::GetParameterNames{"Device.NAT.PortMapping.", true});
  EXPECT_THAT(got.parameters, ElementsAre(cwmp::ParameterInfo{"Device.NAT.PortMapping.1.", true}));
  EXPECT_THAT(call<cwmp::GetParameterNamesResponse>(cwmp::GetParameterNames{"", true}).parameters,
              ElementsAre(cwmp::ParameterInfo{"Device.", false}));
}

TEST_F(CpeSimRpc, GetParameterNamesOfAllLevelsBeginsWithThePathItself) {
  const auto got =
      call<cwmp::GetParameterNamesResponse>(cwmp::GetParameterNames{"Device.Fixed.1.", false});
  EXPECT_THAT(got.parameters, ElementsAre(cwmp::ParameterInfo{"Device.Fixed.1.", false},
                                          cwmp::ParameterInfo{"Device.Fixed.1.Name", false}));
  EXPECT_EQ(refused(cwmp::GetParameterNames{"Device.WiFi.Name", true}).code,
            FaultCode::kInvalidArguments);
}

TEST_F(CpeSimRpc, SetParameterValuesIsAllOrNothingAndNamesEachCulprit) {
  const auto fault = refused(set_values({{"Device.WiFi.Name", "new", "string"},
                                         {"Device.Nothing", "1", "string"},
                                         {"Device.WiFi.Status", "Up", "string"},
                                         {"Device.WiFi.Channel", "14", "unsignedInt"},
                                         {"Device.WiFi.Enable", "1", "string"}},
                                        "key"));
  EXPECT_EQ(fault.code, FaultCode::kInvalidArguments);
  ASSERT_THAT(fault.parameters, SizeIs(4));
  EXPECT_EQ(fault.parameters[0].code, FaultCode::kInvalidParameterName);
  EXPECT_EQ(fault.parameters[1].code, FaultCode::kNotWritable);
  EXPECT_EQ(fault.parameters[2].code, FaultCode::kInvalidParameterValue);
  EXPECT_EQ(fault.parameters[3].code, FaultCode::kInvalidParameterType);
  EXPECT_EQ(value("Device.WiFi.Name"), "home");
  EXPECT_EQ(value("Device.ManagementServer.ParameterKey"), "");
}

TEST_F(CpeSimRpc, SetParameterValuesKeepsTheKeyAndRefusesANameTwice) {
  call<cwmp::SetParameterValuesResponse>(
      set_values({{"Device.WiFi.Name", "new", "string"}}, "key"));
  EXPECT_EQ(value("Device.ManagementServer.ParameterKey"), "key");
  EXPECT_EQ(
      refused(set_values({{"Device.WiFi.Name", "a", ""}, {"Device.WiFi.Name", "a", ""}})).code,
      FaultCode::kInvalidArguments);
  EXPECT_EQ(refused(set_values({}, std::string(33, 'k'))).code, FaultCode::kInvalidArguments);
  call<cwmp::SetParameterValuesResponse>(set_values({}, std::string(32, 'k')));
}

TEST_F(CpeSimRpc, RowsAreAddedWithDefaultsAndDeletedOnce) {
  const auto added = call<cwmp::AddObjectResponse>(cwmp::AddObject{"Device.NAT.PortMapping.", "k"});
  EXPECT_EQ(added.instance_number, 2U);
  EXPECT_EQ(value("Device.NAT.PortMapping.2.Alias"), "cpe-2");
  EXPECT_EQ(value("Device.NAT.PortMappingNumberOfEntries"), "2");
  call<cwmp::DeleteObjectResponse>(cwmp::DeleteObject{"Device.NAT.PortMapping.2.", "l"});
  EXPECT_EQ(value("Device.NAT.PortMappingNumberOfEntries"), "1");
  EXPECT_EQ(refused(cwmp::DeleteObject{"Device.NAT.PortMapping.2.", ""}).code,
            FaultCode::kInvalidParameterName);
  EXPECT_EQ(value("Device.ManagementServer.ParameterKey"), "l");
}

TEST_F(CpeSimRpc, OnlyWritableTablesTakeRows) {
  for (const char* table :
       {"Device.Fixed.", "Device.WiFi.", "Device.Nothing.", "Device.WiFi.Name"}) {
    EXPECT_EQ(refused(cwmp::AddObject{table, ""}).code, FaultCode::kInvalidParameterName) << table;
  }
  for (const char* row : {"Device.Fixed.1.", "Device.NAT.PortMapping.", "Device.WiFi."}) {
    EXPECT_EQ(refused(cwmp::DeleteObject{row, ""}).code, FaultCode::kInvalidParameterName) << row;
  }
}

TEST_F(CpeSimRpc, AttributesAreSetForAParameterOrAllBelowAPath) {
  cwmp::SetParameterAttributes rpc;
  rpc.parameters.push_back({"Device.WiFi.Name", 2, std::nullopt});
  rpc.parameters.push_back({"Device.NAT.", 1, std::vector<std::string>{}});
  call<cwmp::SetParameterAttributesResponse>(rpc);
  const auto got = call<cwmp::GetParameterAttributesResponse>(
      cwmp::GetParameterAttributes{{"Device.WiFi.Name", "Device.NAT.PortMapping.1."}});
  ASSERT_THAT(got.parameters, SizeIs(3));
  EXPECT_EQ(got.parameters[0].notification, 2U);
  EXPECT_THAT(got.parameters[0].access_list, ElementsAre("Subscriber"));
  EXPECT_EQ(got.parameters[2].notification, 1U);
  EXPECT_THAT(got.parameters[2].access_list, IsEmpty());
}

TEST_F(CpeSimRpc, ActiveNotificationIsRefusedWhereItIsNotPossible) {
  cwmp::SetParameterAttributes rpc;
  rpc.parameters.push_back({"Device.WiFi.Load", 2, std::nullopt});
  EXPECT_EQ(refused(rpc).code, FaultCode::kNotificationRejected);
  rpc.parameters[0].notification = 1;
  call<cwmp::SetParameterAttributesResponse>(rpc);
  rpc.parameters[0].notification = 7;
  EXPECT_EQ(refused(rpc).code, FaultCode::kInvalidArguments);
}

TEST_F(CpeSimRpc, QuirksChangeWhatIsAnswered) {
  cpe.quirks.max_names = 1;
  EXPECT_EQ(refused(cwmp::GetParameterValues{{"Device.WiFi.Name", "Device.WiFi.Name"}}).code,
            FaultCode::kResourcesExceeded);
  cpe.quirks = Quirks{};
  cpe.quirks.leave_unknown_out = true;
  EXPECT_THAT(
      call<cwmp::GetParameterValuesResponse>(cwmp::GetParameterValues{{"Device.X"}}).parameters,
      IsEmpty());
  cpe.quirks.no_full_walk = true;
  EXPECT_EQ(refused(cwmp::GetParameterNames{"Device.", false}).code, FaultCode::kInvalidArguments);
  cpe.quirks.no_culprits = true;
  const auto fault = refused(set_values({{"Device.WiFi.Status", "x", ""}}));
  EXPECT_EQ(fault.code, FaultCode::kNotWritable);
  EXPECT_THAT(fault.parameters, IsEmpty());
  cpe.quirks.read_only_flags = true;
  const auto listed =
      call<cwmp::GetParameterNamesResponse>(cwmp::GetParameterNames{"Device.WiFi.Name", false});
  ASSERT_EQ(listed.parameters.size(), 1U);
  EXPECT_FALSE(listed.parameters[0].writable);
  cpe.quirks.normalise = Quirks::Normalise::kUpper;
  call<cwmp::SetParameterValuesResponse>(set_values({{"Device.WiFi.Name", "abc", "string"}}));
  EXPECT_EQ(value("Device.WiFi.Name"), "ABC");
  cpe.quirks.max_rows = 1;
  EXPECT_EQ(refused(cwmp::AddObject{"Device.NAT.PortMapping.", ""}).code,
            FaultCode::kResourcesExceeded);
}

TEST_F(CpeSimRpc, StatusOneTakesEffectWithTheNextBoot) {
  cpe.quirks.status_one = true;
  EXPECT_EQ(
      call<cwmp::SetParameterValuesResponse>(set_values({{"Device.WiFi.Name", "later", "string"}}))
          .status,
      1U);
  EXPECT_EQ(value("Device.WiFi.Name"), "home");
  cpe.start_reboot(now);
  pass(seconds(1));
  EXPECT_EQ(value("Device.WiFi.Name"), "later");
}

TEST_F(CpeSimRpc, TransfersAreRefusedWhenTheyCannotBeQueued) {
  cwmp::Download rpc;
  rpc.file_type = "1 Firmware Upgrade Image";
  rpc.url = "ftp://files.example/a";
  EXPECT_EQ(refused(rpc).code, FaultCode::kFileServerProtocol);
  rpc.url = "http://user:pw@files.example/a";
  EXPECT_EQ(refused(rpc).code, FaultCode::kInvalidArguments);
  rpc.url = "http://files.example/a@b";
  for (int i = 0; i < 16; ++i) EXPECT_EQ(call<cwmp::DownloadResponse>(rpc).status, 1U);
  EXPECT_EQ(refused(rpc).code, FaultCode::kResourcesExceeded);
  EXPECT_THAT(call<cwmp::GetQueuedTransfersResponse>(cwmp::GetQueuedTransfers{}).transfers,
              SizeIs(16));
}

TEST_F(CpeSimRpc, ScheduleInformNeedsADelay) {
  EXPECT_EQ(refused(cwmp::ScheduleInform{0, "k"}).code, FaultCode::kInvalidArguments);
}

TEST_F(CpeSimRpc, OperatorsCommandsAnswerOneLine) {
  const std::tuple<const char*, const char*, const char*> cases[] = {
      {"get", "Device.WiFi.Name", "ok home"},
      {"get", "Device.Nothing", "error no such parameter: Device.Nothing"},
      {"set", "Device.WiFi.Name two words", "error"},
      {"set", "Device.WiFi.Name a b", "ok"},
      {"get", "Device.WiFi.Name", "ok a b"},
      {"add", "Device.NAT.PortMapping.", "ok 2"},
      {"delete", "Device.NAT.PortMapping.2.", "ok"},
      {"delete", "Device.NAT.PortMapping.2.", "error"},
      {"fault", "SetParameterValues 9007 1", "ok"},
      {"fault", "SetParameterValues=delay:100*2", "ok"},
      {"fault", "SetParameterValues", "error"},
      {"dodrop", "AddObject 1", "ok"},
      {"quirk", "gzip", "ok"},
      {"quirk", "gzip=maybe", "error"},
      {"quirk", "max-names=8", "ok"},
      {"nonsense", "", "error unknown command: nonsense"},
  };
  for (const auto& [verb, rest, expected] : cases) {
    EXPECT_THAT(execute(cpe, verb, rest, now), StartsWith(expected)) << verb << " " << rest;
  }
  EXPECT_EQ(cpe.quirks.max_names, 8U);
}

// ---- transfers and modules of CWMP 1.2 -----------------------------------------------------

cwmp::ScheduleDownload scheduled(std::vector<cwmp::TimeWindow> windows) {
  cwmp::ScheduleDownload rpc;
  rpc.command_key = "s";
  rpc.file_type = "3 Vendor Configuration File";
  rpc.url = "http://files.example/c";
  rpc.time_windows = std::move(windows);
  return rpc;
}

TEST_F(CpeSimRpc, ScheduleDownloadRunsWhenItsWindowOpens) {
  call<cwmp::ScheduleDownloadResponse>(scheduled({{60, 120, "1 At Any Time", "", 0}}));
  EXPECT_FALSE(cpe.next_transfer(now + seconds(59)));
  pass_session();
  const auto transfer = cpe.next_transfer(now + seconds(60));
  ASSERT_TRUE(transfer);
  TransferOutcome outcome;
  outcome.id = transfer->id;
  cpe.on_transfer_done(outcome, now + seconds(61));
  EXPECT_THAT(codes(pass_session()), ElementsAre("7 TRANSFER COMPLETE", "M ScheduleDownload/s"));
}

TEST_F(CpeSimRpc, ScheduleDownloadTakesOneOrTwoWindowsInOrder) {
  const cwmp::TimeWindow first{0, 10, "2 Immediately", "", 0};
  const cwmp::TimeWindow second{10, 20, "3 When Idle", "", -1};
  call<cwmp::ScheduleDownloadResponse>(scheduled({first, second}));
  const std::vector<std::vector<cwmp::TimeWindow>> bad = {
      {},
      {first, second, {20, 30, "1 At Any Time", "", 0}},
      {second, first},
      {{5, 5, "1 At Any Time", "", 0}},
      {{0, 5, "5 Never", "", 0}},
      {{0, 5, "", "", 0}}};
  for (const auto& windows : bad) {
    EXPECT_EQ(refused(scheduled(windows)).code, FaultCode::kInvalidArguments);
  }
}

TEST_F(CpeSimRpc, CancelTransferTakesWhatHasNotBegun) {
  call<cwmp::ScheduleDownloadResponse>(scheduled({{60, 120, "1 At Any Time", "", 0}}));
  call<cwmp::CancelTransferResponse>(cwmp::CancelTransfer{"s"});
  EXPECT_FALSE(cpe.next_transfer(now + seconds(60)));
  call<cwmp::CancelTransferResponse>(cwmp::CancelTransfer{"unknown"});

  call<cwmp::ScheduleDownloadResponse>(scheduled({{0, 120, "1 At Any Time", "", 0}}));
  pass_session();
  ASSERT_TRUE(cpe.next_transfer(now));
  EXPECT_EQ(refused(cwmp::CancelTransfer{"s"}).code, FaultCode::kCancelNotPermitted);
}

TEST_F(CpeSimRpc, ChangeDUStateIsForDevicesWithModules) {
  EXPECT_EQ(refused(cwmp::ChangeDUState{{cwmp::UninstallOperation{"u", "", ""}}, "k"}).code,
            FaultCode::kMethodNotSupported);
}

class CpeSimModules : public CpeTest {
 protected:
  CpeSimModules() {
    cpe = Cpe(model_of("Device.DeviceInfo.SerialNumber,string,0,S1\n"
                       "Device.SoftwareModules.DeploymentUnitNumberOfEntries,unsignedInt,0,0\n"
                       "Device.SoftwareModules.DeploymentUnit.{i}.UUID,string,0,\n"
                       "Device.SoftwareModules.DeploymentUnit.{i}.URL,string,0,\n"
                       "Device.SoftwareModules.DeploymentUnit.{i}.Version,string,0,\n"
                       "Device.SoftwareModules.DeploymentUnit.{i}.Status,string,0,\n"
                       "Device.SoftwareModules.DeploymentUnit.{i}.Resolved,boolean,0,\n"),
              small_options());
    cpe.boot(now);
    pass_session();
  }

  /// The results, once the operations are done.
  std::vector<cwmp::DeploymentUnitResult> change(cwmp::DeploymentUnitOperation operation) {
    call<cwmp::ChangeDUStateResponse>(cwmp::ChangeDUState{{std::move(operation)}, "k"});
    pass(seconds(2));
    cpe.begin_session(now);
    const Action told = answer(cwmp::InformResponse{});
    const auto* complete = sent<cwmp::DUStateChangeComplete>(told);
    if (complete == nullptr) return {};
    auto results = complete->results;
    EXPECT_EQ(complete->command_key, "k");
    answer(cwmp::DUStateChangeCompleteResponse{});
    answer_empty();
    return results;
  }
};

TEST_F(CpeSimModules, AUnitIsInstalledUpdatedAndUninstalled) {
  auto done = change(cwmp::InstallOperation{"http://files.example/m-1.2.pkg", "u", "", "", ""});
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_EQ(done[0].current_state, "Installed");
  EXPECT_EQ(done[0].version, "1.2");
  EXPECT_EQ(value(done[0].deployment_unit_ref + ".Status"), "Installed");

  done = change(cwmp::UpdateOperation{"u", "1.3", "", "", ""});
  EXPECT_EQ(value(done.at(0).deployment_unit_ref + ".Version"), "1.3");

  done = change(cwmp::UninstallOperation{"u", "", ""});
  EXPECT_EQ(done.at(0).current_state, "Uninstalled");
  EXPECT_EQ(value("Device.SoftwareModules.DeploymentUnitNumberOfEntries"), "0");
}

TEST_F(CpeSimModules, FailuresHaveTheCodesOfTheStandard) {
  change(cwmp::InstallOperation{"http://files.example/m-1", "u", "", "", ""});
  const std::pair<cwmp::DeploymentUnitOperation, FaultCode> rows[] = {
      {cwmp::InstallOperation{"http://files.example/m-1", "u", "", "", ""},
       FaultCode::kDuplicateDeploymentUnit},
      {cwmp::InstallOperation{"http://x.invalid/m-1", "v", "", "", ""},
       FaultCode::kFileServerUnreachable},
      {cwmp::UpdateOperation{"w", "2", "", "", ""}, FaultCode::kUnknownDeploymentUnit},
      {cwmp::UpdateOperation{"u", "1", "", "", ""}, FaultCode::kUnitVersionExists},
      {cwmp::UninstallOperation{"w", "", ""}, FaultCode::kUnknownDeploymentUnit}};
  for (const auto& [operation, code] : rows) {
    const auto done = change(operation);
    ASSERT_THAT(done, SizeIs(1));
    EXPECT_EQ(done[0].current_state, "Failed");
    EXPECT_EQ(done[0].fault.code, static_cast<std::uint32_t>(code));
  }
}

TEST_F(CpeSimRpc, VouchersBecomeOptions) {
  EXPECT_THAT(call<cwmp::GetOptionsResponse>(cwmp::GetOptions{}).options, IsEmpty());
  EXPECT_EQ(refused(cwmp::GetOptions{"x"}).code, FaultCode::kInvalidArguments);
  call<cwmp::SetVouchersResponse>(cwmp::SetVouchers{{{"QUJD"}}});
  EXPECT_THAT(call<cwmp::GetOptionsResponse>(cwmp::GetOptions{}).options, SizeIs(1));
}

}  // namespace
}  // namespace cpe_sim
