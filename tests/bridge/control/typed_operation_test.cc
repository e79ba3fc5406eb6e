#include "bridge/control/typed_operation.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace bridge::control {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

v1::RemoteFile file() {
  v1::RemoteFile out;
  out.set_url("http://files/x");
  return out;
}

usp_msg::GetResp rows(std::vector<std::string> paths, const std::string& active = {}) {
  usp_msg::GetResp out;
  auto* asked = out.add_req_path_results();
  for (std::string& path : paths) {
    asked->add_resolved_path_results()->set_resolved_path(std::move(path));
  }
  auto* running = out.add_req_path_results();
  running->set_requested_path("Device.DeviceInfo.ActiveFirmwareImage");
  auto* object = running->add_resolved_path_results();
  object->set_resolved_path("Device.DeviceInfo.");
  (*object->mutable_result_params())["ActiveFirmwareImage"] = active;
  return out;
}

TEST(TypedOperation, AFirmwareDownloadIsActivatedUnlessItIsToWait) {
  v1::DownloadFirmwareRequest request;
  *request.mutable_file() = file();
  request.mutable_file()->set_username("u");
  request.mutable_file()->set_password("p");
  request.set_file_size(7);
  request.set_image("2");
  const auto operation = typed(request);
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation->object + operation->row + "." + operation->command,
            "Device.DeviceInfo.FirmwareImage.2.Download()");
  EXPECT_THAT(operation->input, ElementsAre(Pair("AutoActivate", "true"), Pair("FileSize", "7"),
                                            Pair("Password", "p"), Pair("URL", "http://files/x"),
                                            Pair("Username", "u")));
  request.set_activate_later(true);
  EXPECT_EQ(typed(request)->input["AutoActivate"], "false");
}

// TR-069 A.4.1.2: seconds, more than 0.
TEST(TypedOperation, AnInformIsScheduledInWholeSeconds) {
  v1::ScheduleInformRequest request;
  request.mutable_delay()->set_seconds(90);
  const auto operation = typed(request, "X_ACME_");
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation->object + operation->command, "Device.X_ACME_ScheduleInform()");
  EXPECT_THAT(operation->input, ElementsAre(Pair("DelaySeconds", "90")));
  request.mutable_delay()->set_nanos(1);
  EXPECT_FALSE(typed(request, "X_ACME_"));
  for (const std::int64_t seconds : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1} << 32}) {
    request.mutable_delay()->set_nanos(0);
    request.mutable_delay()->set_seconds(seconds);
    EXPECT_FALSE(typed(request, "X_ACME_")) << seconds;
  }
}

TEST(TypedOperation, TellsTheDeviceNothingThatWasNotSaid) {
  v1::RestoreConfigurationRequest request;
  *request.mutable_file() = file();
  const auto operation = typed(request);
  ASSERT_TRUE(operation);
  EXPECT_EQ(operation->object + operation->command, "Device.DeviceInfo.VendorConfigFile.Restore()");
  EXPECT_THAT(operation->input, ElementsAre(Pair("URL", "http://files/x")));
}

TEST(TypedOperation, LogsAndBackupsAreUploads) {
  v1::UploadLogRequest log;
  *log.mutable_file() = file();
  EXPECT_EQ(typed(log)->object + typed(log)->command, "Device.DeviceInfo.VendorLogFile.Upload()");
  v1::BackupConfigurationRequest backup;
  *backup.mutable_file() = file();
  EXPECT_EQ(typed(backup)->command, "Backup()");
}

TEST(TypedOperation, WantsAUrlAndTheNumberOfARow) {
  v1::UploadLogRequest request;
  EXPECT_THAT(typed(request).error().error_message(), HasSubstr("file.url"));
  *request.mutable_file() = file();
  for (const char* row : {"0", "x", "1.", "-1", "Device.DeviceInfo.VendorLogFile.1."}) {
    request.set_log(row);
    const auto operation = typed(request);
    ASSERT_FALSE(operation) << row;
    EXPECT_EQ(operation.error().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_THAT(operation.error().error_message(), HasSubstr("log"));
  }
}

TEST(TypedOperation, TheFirstRowIsThatWithTheLowestNumber) {
  v1::UploadLogRequest request;
  *request.mutable_file() = file();
  const TypedOperation log = *typed(request);
  const std::string table = "Device.DeviceInfo.VendorLogFile.";
  EXPECT_EQ(first_row(log, rows({table + "10.", table + "2.X.", table + "2."})), table + "2.");
  EXPECT_THAT(first_row(log, rows({})), IsEmpty());
}

TEST(TypedOperation, TheImageThatRunsIsLeftAloneWhereThereIsAnother) {
  v1::DownloadFirmwareRequest request;
  *request.mutable_file() = file();
  const TypedOperation firmware = *typed(request);
  const std::string table = "Device.DeviceInfo.FirmwareImage.";
  EXPECT_EQ(first_row(firmware, rows({table + "1.", table + "2."}, table + "1")), table + "2.");
  EXPECT_EQ(first_row(firmware, rows({table + "1.", table + "2."}, table + "2.")), table + "1.");
  EXPECT_EQ(first_row(firmware, rows({table + "1."}, table + "1")), table + "1.");
}

}  // namespace
}  // namespace bridge::control
