#include "tests/tools/cpe_sim/fixture.h"
#include "tests/tools/cpe_sim/wire.h"

namespace cpe_sim {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

using CpeSimSession = CpeTest;

TEST_F(CpeSimSession, TheFirstInformIsBootstrapAndBoot) {
  EXPECT_TRUE(cpe.wants_session(now));
  const auto inform = pass_session();
  EXPECT_THAT(codes(inform), ElementsAre("0 BOOTSTRAP", "1 BOOT"));
  EXPECT_EQ(inform.device_id, (cwmp::DeviceId{"Maker", "00D09E", "Box", "S1"}));
  EXPECT_THAT(names(inform), ElementsAre("Device.DeviceInfo.SoftwareVersion",
                                         "Device.ManagementServer.ParameterKey"));
  EXPECT_FALSE(cpe.wants_session(now));
}

TEST_F(CpeSimSession, AnswersCarryTheRequestsId) {
  begin();
  const Action action = answer(cwmp::GetRPCMethods{});
  ASSERT_NE(sent<cwmp::GetRPCMethodsResponse>(action), nullptr);
  EXPECT_EQ(std::get<Send>(action).envelope->header.id, "acs-1");
  EXPECT_TRUE(std::holds_alternative<End>(answer_empty()));
}

TEST_F(CpeSimSession, AnUnknownMethodIs9000) {
  begin();
  const Action action = answer(cwmp::UnknownRequest{"X_Do"});
  ASSERT_NE(sent<cwmp::Fault>(action), nullptr);
  EXPECT_EQ(sent<cwmp::Fault>(action)->code, cwmp::FaultCode::kMethodNotSupported);
}

TEST_F(CpeSimSession, Fault8005RepeatsTheSameRequest) {
  cpe.begin_session(now);
  const Action again = answer(cwmp::Fault{cwmp::FaultCode::kAcsRetryRequest, "", {}});
  EXPECT_NE(sent<cwmp::Inform>(again), nullptr);
  EXPECT_TRUE(is_empty_post(answer(cwmp::InformResponse{})));
}

TEST_F(CpeSimSession, AnotherFaultOnInformFailsTheSession) {
  cpe.begin_session(now);
  const Action action = answer(cwmp::Fault{cwmp::FaultCode::kAcsRequestDenied, "", {}});
  ASSERT_TRUE(std::holds_alternative<Broken>(action));
}

TEST_F(CpeSimSession, AFailedSessionIsRetriedWithItsEvents) {
  cpe.begin_session(now);
  cpe.on_lost(now);
  EXPECT_FALSE(cpe.wants_session(now + seconds(4)));
  EXPECT_TRUE(cpe.wants_session(now + seconds(10)));
  now += seconds(10);
  const auto inform = pass_session();
  EXPECT_EQ(inform.retry_count, 1U);
  EXPECT_THAT(codes(inform), ElementsAre("0 BOOTSTRAP", "1 BOOT"));
  cpe.raise(kPeriodic);
  EXPECT_EQ(pass_session().retry_count, 0U);
}

TEST_F(CpeSimSession, WaitsGrowWithEachFailure) {
  milliseconds low{5000};
  for (int i = 0; i < 12; ++i) {
    cpe.begin_session(now);
    cpe.on_lost(now);
    EXPECT_GE(*cpe.next_wake() - now, low) << i;
    EXPECT_LE(*cpe.next_wake() - now, 2 * low) << i;
    if (i < 9) low *= 2;
    now = *cpe.next_wake();
  }
}

TEST_F(CpeSimSession, A503SaysWhenToComeBack) {
  cpe.begin_session(now);
  cpe.on_lost(now, seconds(120));
  EXPECT_EQ(*cpe.next_wake() - now, seconds(120));
}

TEST_F(CpeSimSession, AConnectionRequestIsNotRepeatedAfterAFailure) {
  pass_session();
  EXPECT_TRUE(cpe.on_connection_request(now));
  EXPECT_THAT(codes(begin()), ElementsAre("6 CONNECTION REQUEST"));
  answer_empty();
  cpe.on_connection_request(now);
  cpe.begin_session(now);
  cpe.on_lost(now);
  now = *cpe.next_wake();
  EXPECT_THAT(codes(begin()), Not(Contains("6 CONNECTION REQUEST")));
}

TEST_F(CpeSimSession, AConnectionRequestDoesNotWaitForTheBackOff) {
  cpe.begin_session(now);
  cpe.on_lost(now);
  cpe.on_connection_request(now);
  EXPECT_TRUE(cpe.wants_session(now));
}

TEST_F(CpeSimSession, AConnectionRequestDuringASessionMakesTheNextOne) {
  begin();
  cpe.on_connection_request(now);
  answer_empty();
  EXPECT_TRUE(cpe.wants_session(now));
  EXPECT_THAT(codes(begin()), ElementsAre("6 CONNECTION REQUEST"));
}

TEST_F(CpeSimSession, ActiveNotificationWantsASessionPassiveWaits) {
  pass_session();
  cwmp::SetParameterAttributes attributes;
  attributes.parameters.push_back({"Device.WiFi.Name", 1, std::nullopt});
  cpe.handle(attributes, now);
  EXPECT_TRUE(cpe.change("Device.WiFi.Name", "other"));
  EXPECT_FALSE(cpe.wants_session(now));
  EXPECT_TRUE(cpe.change("Device.WiFi.Status", "Disabled"));
  EXPECT_TRUE(cpe.wants_session(now));
  const auto inform = pass_session();
  EXPECT_THAT(codes(inform), ElementsAre("4 VALUE CHANGE"));
  EXPECT_THAT(names(inform), Contains("Device.WiFi.Name"));
  EXPECT_THAT(names(inform), Contains("Device.WiFi.Status"));
  cpe.raise(kPeriodic);
  EXPECT_THAT(names(pass_session()), Not(Contains("Device.WiFi.Name")));
}

TEST_F(CpeSimSession, WhatTheAcsSetsIsNotNotified) {
  pass_session();
  begin();
  cwmp::SetParameterAttributes attributes;
  attributes.parameters.push_back({"Device.WiFi.Name", 2, std::nullopt});
  cpe.handle(attributes, now);
  cpe.handle(set_values({{"Device.WiFi.Name", "acs", "string"}}), now);
  answer_empty();
  EXPECT_FALSE(cpe.wants_session(now));
}

TEST_F(CpeSimSession, HoldRequestsKeepsOwnRequestsBack) {
  cpe.request(cwmp::GetRPCMethods{});
  cpe.begin_session(now);
  EXPECT_TRUE(is_empty_post(answer(cwmp::InformResponse{}, true)));
  EXPECT_NE(sent<cwmp::GetRPCMethodsResponse>(answer(cwmp::GetRPCMethods{}, true)), nullptr);
  EXPECT_NE(sent<cwmp::GetRPCMethods>(answer_empty()), nullptr);
  EXPECT_TRUE(is_empty_post(answer(cwmp::GetRPCMethodsResponse{})));
  EXPECT_TRUE(std::holds_alternative<End>(answer_empty()));
}

TEST_F(CpeSimSession, RebootComesAfterTheSessionAndIsTold) {
  pass_session();
  begin();
  answer(cwmp::Reboot{"key"});
  EXPECT_FALSE(cpe.is_down());
  answer_empty();
  EXPECT_TRUE(cpe.is_down());
  EXPECT_FALSE(cpe.on_connection_request(now));
  pass(milliseconds(999));
  EXPECT_FALSE(cpe.wants_session(now));
  pass(milliseconds(1));
  EXPECT_THAT(codes(pass_session()), UnorderedElementsAre("1 BOOT", "M Reboot/key"));
  EXPECT_EQ(value("Device.DeviceInfo.UpTime"), "0");
}

TEST_F(CpeSimSession, FactoryResetForgetsAllAndBootstraps) {
  cpe.set_own("ManagementServer.URL", "http://other.example/");
  cpe.handle(set_values({{"Device.WiFi.Name", "gone", "string"}}), now);
  begin();
  answer(cwmp::FactoryReset{});
  answer_empty();
  pass(seconds(1));
  EXPECT_EQ(value("Device.WiFi.Name"), "home");
  EXPECT_EQ(value("Device.ManagementServer.URL"), "http://other.example/");
  EXPECT_THAT(codes(begin()), ElementsAre("0 BOOTSTRAP", "1 BOOT"));
}

TEST_F(CpeSimSession, ANewAcsUrlIsAFirstContact) {
  pass_session();
  begin();
  answer(set_values({{"Device.ManagementServer.URL", "http://new.example/", "string"}}));
  answer_empty();
  EXPECT_TRUE(cpe.wants_session(now));
  EXPECT_THAT(codes(begin()), ElementsAre("0 BOOTSTRAP"));
}

TEST_F(CpeSimSession, PeriodicInformsFollowTheIntervalAsItIsSet) {
  pass_session();
  EXPECT_EQ(cpe.next_wake(), std::nullopt);
  cpe.handle(set_values({{"Device.ManagementServer.PeriodicInformEnable", "1", "boolean"},
                         {"Device.ManagementServer.PeriodicInformInterval", "30", "unsignedInt"}}),
             now);
  cpe.tick(now);
  EXPECT_EQ(*cpe.next_wake(), now + seconds(30));
  pass(seconds(30));
  EXPECT_THAT(codes(pass_session()), ElementsAre("2 PERIODIC"));
  EXPECT_EQ(*cpe.next_wake(), now + seconds(30));
}

TEST_F(CpeSimSession, PeriodicInformTimeSetsThePhase) {
  pass_session();
  cpe.handle(set_values({{"Device.ManagementServer.PeriodicInformEnable", "1", "boolean"},
                         {"Device.ManagementServer.PeriodicInformTime", "2000-01-01T00:00:10Z",
                          "dateTime"}}),
             now);
  cpe.tick(now);
  EXPECT_EQ(*cpe.next_wake(), now + seconds(10));
}

TEST_F(CpeSimSession, ScheduleInformComesWithItsKey) {
  pass_session();
  cpe.handle(cwmp::ScheduleInform{20, "key"}, now);
  pass(seconds(19));
  EXPECT_FALSE(cpe.wants_session(now));
  pass(seconds(1));
  EXPECT_THAT(codes(begin()), ElementsAre("3 SCHEDULED", "M ScheduleInform/key"));
}

TEST_F(CpeSimSession, ADiagnosisRunsAfterTheSessionAndTellsItsEnd) {
  pass_session();
  begin();
  answer(set_values({{"Device.Ping.Host", "192.0.2.1", "string"},
                     {"Device.Ping.DiagnosticsState", "Requested", "string"}}));
  answer_empty();
  EXPECT_EQ(value("Device.Ping.DiagnosticsState"), "Requested");
  pass(seconds(2));
  EXPECT_EQ(value("Device.Ping.DiagnosticsState"), "Complete");
  EXPECT_EQ(value("Device.Ping.SuccessCount"), "4");
  EXPECT_THAT(codes(begin()), ElementsAre("8 DIAGNOSTICS COMPLETE"));
}

TEST_F(CpeSimSession, ADiagnosisOfAnUnknownHostEndsInAnError) {
  begin();
  answer(set_values({{"Device.Ping.DiagnosticsState", "Requested", "string"},
                     {"Device.Ping.Host", "nowhere.invalid", "string"}}));
  answer_empty();
  pass(seconds(2));
  EXPECT_EQ(value("Device.Ping.DiagnosticsState"), "Error_CannotResolveHostName");
}

TEST_F(CpeSimSession, WritingAnArgumentEndsADiagnosis) {
  begin();
  answer(set_values({{"Device.Ping.DiagnosticsState", "Requested", "string"}}));
  answer_empty();
  cpe.handle(set_values({{"Device.Ping.Host", "other", "string"}}), now);
  EXPECT_EQ(value("Device.Ping.DiagnosticsState"), "None");
}

TEST_F(CpeSimSession, FirmwareIsInstalledToldAndAcknowledged) {
  pass_session();
  begin();
  cwmp::Download download;
  download.command_key = "up";
  download.file_type = "1 Firmware Upgrade Image";
  download.url = "http://files.example/fw-2.0.1.bin";
  answer(download);
  EXPECT_EQ(cpe.next_transfer(now), std::nullopt);
  answer_empty();
  const auto transfer = cpe.next_transfer(now);
  ASSERT_TRUE(transfer);
  TransferOutcome outcome;
  outcome.id = transfer->id;
  cpe.on_transfer_done(outcome, now);
  EXPECT_TRUE(cpe.is_down());
  pass(seconds(1));
  EXPECT_EQ(value("Device.DeviceInfo.SoftwareVersion"), "2.0.1");
  const Action inform = cpe.begin_session(now);
  EXPECT_THAT(codes(*sent<cwmp::Inform>(inform)),
              UnorderedElementsAre("1 BOOT", "7 TRANSFER COMPLETE", "M Download/up"));
  const Action complete = answer(cwmp::InformResponse{});
  ASSERT_NE(sent<cwmp::TransferComplete>(complete), nullptr);
  EXPECT_EQ(sent<cwmp::TransferComplete>(complete)->command_key, "up");
  EXPECT_TRUE(is_empty_post(answer(cwmp::TransferCompleteResponse{})));
  const auto queued = call<cwmp::GetAllQueuedTransfersResponse>(cwmp::GetAllQueuedTransfers{});
  EXPECT_THAT(queued.transfers, IsEmpty());
}

TEST_F(CpeSimSession, AnUnacknowledgedTransferIsToldAgain) {
  pass_session();
  cwmp::Upload upload;
  upload.command_key = "log";
  upload.file_type = "2 Vendor Log File";
  upload.url = "http://files.example/log";
  cpe.handle(upload, now);
  TransferOutcome outcome;
  outcome.id = cpe.next_transfer(now)->id;
  outcome.fault = 9011;
  cpe.on_transfer_done(outcome, now);
  begin();
  cpe.on_lost(now);
  now = *cpe.next_wake();
  EXPECT_THAT(codes(begin()), UnorderedElementsAre("7 TRANSFER COMPLETE", "M Upload/log"));
}

TEST_F(CpeSimSession, FaultsOnDemandHappenAsOftenAsTold) {
  cpe.faults.add(*parse_fault_rule("GetRPCMethods=9002*2"));
  begin();
  for (int i = 0; i < 2; ++i) {
    const Action action = answer(cwmp::GetRPCMethods{});
    ASSERT_NE(sent<cwmp::Fault>(action), nullptr);
    EXPECT_EQ(sent<cwmp::Fault>(action)->code, cwmp::FaultCode::kInternalError);
  }
  EXPECT_NE(sent<cwmp::GetRPCMethodsResponse>(answer(cwmp::GetRPCMethods{})), nullptr);
}

TEST_F(CpeSimSession, DropLeavesTheWriteUndoneDropAfterDoesNot) {
  cpe.faults.add(*parse_fault_rule("SetParameterValues=drop*1"));
  cpe.faults.add(*parse_fault_rule("SetParameterValues=drop-after"));
  begin();
  const auto write = set_values({{"Device.WiFi.Name", "new", "string"}});
  EXPECT_TRUE(std::holds_alternative<Drop>(answer(write)));
  EXPECT_EQ(value("Device.WiFi.Name"), "home");
  cpe.on_lost(now);
  now = *cpe.next_wake();
  begin();
  EXPECT_TRUE(std::holds_alternative<Drop>(answer(write)));
  EXPECT_EQ(value("Device.WiFi.Name"), "new");
}

TEST_F(CpeSimSession, EmptyHangAndDelay) {
  cpe.faults.add(*parse_fault_rule("GetRPCMethods=empty*1"));
  cpe.faults.add(*parse_fault_rule("GetRPCMethods=delay:250*1"));
  cpe.faults.add(*parse_fault_rule("*=hang"));
  begin();
  EXPECT_TRUE(is_empty_post(answer(cwmp::GetRPCMethods{})));
  EXPECT_EQ(std::get<Send>(answer(cwmp::GetRPCMethods{})).delay, milliseconds(250));
  EXPECT_TRUE(std::get<Drop>(answer(cwmp::GetRPCMethods{})).hang);
}

TEST_F(CpeSimSession, InformCanBeLostBeforeOrAfterItIsSent) {
  cpe.faults.add(*parse_fault_rule("Inform=drop*1"));
  cpe.faults.add(*parse_fault_rule("Inform=drop-after*1"));
  EXPECT_TRUE(std::holds_alternative<Drop>(cpe.begin_session(now)));
  cpe.on_lost(now);
  now = *cpe.next_wake();
  EXPECT_TRUE(std::get<Send>(cpe.begin_session(now)).drop_after);
}

TEST_F(CpeSimSession, ParametersChangeByThemselves) {
  pass_session();
  cpe.change_regularly("Device.WiFi.Status", seconds(10), now);
  pass(seconds(10));
  EXPECT_EQ(value("Device.WiFi.Status"), "Enabled#1");
  EXPECT_THAT(codes(pass_session()), ElementsAre("4 VALUE CHANGE"));
  pass(seconds(10));
  EXPECT_EQ(value("Device.WiFi.Status"), "Enabled#2");
}

TEST_F(CpeSimSession, ASleepingDeviceWantsNothing) {
  cpe.set_asleep(true);
  EXPECT_FALSE(cpe.wants_session(now));
  EXPECT_FALSE(cpe.on_connection_request(now));
  EXPECT_EQ(cpe.next_wake(), std::nullopt);
  cpe.set_asleep(false);
  EXPECT_TRUE(cpe.wants_session(now));
}

TEST_F(CpeSimSession, TheTimeScaleShortensEveryWait) {
  auto options = small_options();
  options.time_scale = 0.1;
  options.periodic_s = 60;
  Cpe fast(small_model(), options);
  fast.boot(now);
  fast.begin_session(now);
  fast.on_lost(now);
  EXPECT_LE(*fast.next_wake(), now + seconds(1));
  fast.on_connection_request(now);
  EXPECT_TRUE(fast.wants_session(now));
}

TEST_F(CpeSimSession, QuirksShowOnTheWire) {
  cpe.quirks.no_id = true;
  cpe.quirks.wrong_count = true;
  const Action action = cpe.begin_session(now);
  const auto plain = make_post(std::get<Send>(action).envelope, cpe.quirks);
  EXPECT_THAT(plain.bytes, Not(HasSubstr("ID")));
  EXPECT_THAT(plain.bytes, HasSubstr("EventStruct[16]"));
  cpe.quirks.gzip = true;
  const auto packed = make_post(std::get<Send>(action).envelope, cpe.quirks);
  EXPECT_EQ(packed.bytes.substr(0, 2), "\x1f\x8b");
  EXPECT_THAT(packed.fields, Contains(testing::Pair("Content-Encoding", "gzip")));
  EXPECT_THAT(make_post(std::nullopt, cpe.quirks).bytes, IsEmpty());
}

}  // namespace
}  // namespace cpe_sim
