// One filled-in value of every CWMP message.
#pragma once

#include <vector>

#include "cwmp/message.h"

namespace cwmp::testing_samples {

inline std::vector<ParameterValue> parameters() {
  return {{"Device.DeviceInfo.SoftwareVersion", "1.2.3", "string"},
          {"Device.ManagementServer.PeriodicInformInterval", "300", "unsignedInt"},
          {"Device.WiFi.SSID.1.SSID", " a<b&c>\"d'\r\n\té\xF0\x9F\x93\xB6 ", "string"},
          {"Device.X.Empty", "", "boolean"},
          {"Device.X.Blob", "AAECAw==", "base64"},
          {"Device.X.Time", "2026-11-21T12:00:00Z", "dateTime"}};
}

inline Inform inform() {
  return {{"Example", "00D09E", "Router", "SN-1"},
          {{"0 BOOTSTRAP", ""}, {"M Reboot", "key-1"}},
          1,
          "2026-11-21T12:00:00Z",
          3,
          parameters()};
}

inline std::vector<Message> all() {
  return {
      inform(),
      InformResponse{1},
      GetRPCMethods{},
      GetRPCMethodsResponse{{"GetRPCMethods", "Reboot"}},
      TransferComplete{"key", {9010, "no <route>"}, "2026-11-21T12:00:00Z", "0001-01-01T00:00:00Z"},
      TransferCompleteResponse{},
      AutonomousTransferComplete{"http://a",
                                 "http://b?x=1&y=2",
                                 true,
                                 "1 Firmware Upgrade Image",
                                 4294967295U,
                                 "fw.bin",
                                 {0, ""},
                                 "2026-11-21T12:00:00Z",
                                 "2026-11-21T12:00:05Z"},
      AutonomousTransferCompleteResponse{},
      RequestDownload{"1 Firmware Upgrade Image", {{"Version", "2"}, {"Empty", ""}}},
      RequestDownloadResponse{},
      SetParameterValues{parameters(), "pk-1"},
      SetParameterValuesResponse{1},
      GetParameterValues{{"Device.DeviceInfo.", "Device.X.Y"}},
      GetParameterValuesResponse{parameters()},
      GetParameterNames{"Device.", true},
      GetParameterNamesResponse{{{"Device.DeviceInfo.", false}, {"Device.Hosts.Host.", true}}},
      SetParameterAttributes{{{"Device.A", 2, std::nullopt},
                              {"Device.B", std::nullopt, std::vector<std::string>{"Subscriber"}},
                              {"Device.C", 0, std::vector<std::string>{}}}},
      SetParameterAttributesResponse{},
      GetParameterAttributes{{"Device.A"}},
      GetParameterAttributesResponse{{{"Device.A", 2, {"Subscriber"}}, {"Device.B", 0, {}}}},
      AddObject{"Device.NAT.PortMapping.", "pk-2"},
      AddObjectResponse{7, 1},
      DeleteObject{"Device.NAT.PortMapping.7.", "pk-3"},
      DeleteObjectResponse{0},
      Reboot{"key-2"},
      RebootResponse{},
      FactoryReset{},
      FactoryResetResponse{},
      ScheduleInform{60, "key-3"},
      ScheduleInformResponse{},
      Download{"key-4", "1 Firmware Upgrade Image", "http://x/fw", "u", "p", 1024, "fw", 5, "ok",
               "no"},
      DownloadResponse{1, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
      Upload{"key-5", "1 Vendor Configuration File", "http://x/up", "u", "p", 5},
      UploadResponse{0, "2026-11-21T12:00:00Z", "2026-11-21T12:00:05Z"},
      GetQueuedTransfers{},
      GetQueuedTransfersResponse{{{"key-4", 2}}},
      GetAllQueuedTransfers{},
      GetAllQueuedTransfersResponse{{{"key-4", 2, true, "1 Firmware Upgrade Image", 1024, "fw"}}},
      ScheduleDownload{
          "key-6",
          "1 Firmware Upgrade Image",
          "http://x/fw",
          "u",
          "p",
          1024,
          "fw",
          {{0, 3600, "3 When Idle", "", -1}, {7200, 10800, "2 Immediately", "now", 2}}},
      ScheduleDownloadResponse{},
      CancelTransfer{"key-6"},
      CancelTransferResponse{},
      ChangeDUState{{InstallOperation{"http://x/du", "uuid-1", "u", "p", "Device.Env.1."},
                     InstallOperation{"http://x/other", "", "", "", ""},
                     UpdateOperation{"uuid-2", "2.0", "", "", ""},
                     UninstallOperation{"uuid-3", "", "Device.Env.1."}},
                    "key-7"},
      ChangeDUStateResponse{},
      GetOptions{"Voice"},
      GetOptionsResponse{{{"Voice", 7, 3, 1, "2026-11-21T12:00:00Z", "2027-11-21T12:00:00Z", true},
                          {"Video", 8, 0, -2, "2026-11-21T12:00:00Z", "", false}}},
      SetVouchers{{{"PD94bWw+"}, {"AAECAw=="}}},
      SetVouchersResponse{},
      Kicked{"cmd", "http://referer", "arg", "http://next?a=1&b=2"},
      KickedResponse{"http://acs/next"},
      DUStateChangeComplete{{{"uuid-1",
                              "Device.SoftwareModules.DeploymentUnit.1.",
                              "1.0",
                              "Installed",
                              true,
                              "Device.SoftwareModules.ExecutionUnit.1.",
                              "2026-11-21T12:00:00Z",
                              "2026-11-21T12:00:05Z",
                              {0, ""}},
                             {"uuid-3", "", "", "Failed", false, "", "", "", {9028, "unknown"}}},
                            "key-7"},
      DUStateChangeCompleteResponse{},
      AutonomousDUStateChangeComplete{
          {{{"uuid-4", "", "1.1", "Uninstalled", true, "", "", "", {0, ""}}, "Uninstall"}}},
      AutonomousDUStateChangeCompleteResponse{},
      UnknownRequest{"X_Example_Method"},
      Fault{FaultCode::kInvalidArguments,
            "Invalid <arguments>",
            {{"Device.A", FaultCode::kNotWritable, "read only"},
             {"Device.B", FaultCode::kInvalidParameterValue, ""}}},
  };
}

}  // namespace cwmp::testing_samples
