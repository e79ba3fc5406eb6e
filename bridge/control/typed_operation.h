// Operations with a call of their own, as the USP commands that they are.
#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/bridge/v1/operation.pb.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

/// A command of a device, or of one row of a table of it.
struct TypedOperation {
  std::string
      object;  ///< "Device."; with `row_field`: of the table, "Device.DeviceInfo.VendorLogFile."
  std::string command;              ///< "Reboot()"
  const char* row_field = nullptr;  ///< the request's field that names the row; nullptr: no table
  std::string row = {};             ///< its instance number; empty: the first
  std::map<std::string, std::string> input = {};
};

TypedOperation reboot();
TypedOperation factory_reset();

/// The error is an INVALID_ARGUMENT: no URL, what is no row, no whole seconds.
using TypedOrStatus = tl::expected<TypedOperation, grpc::Status>;
/// `vendor_prefix`: of the bridge's own command ("X_USPBRIDGE_").
TypedOrStatus typed(const v1::ScheduleInformRequest& request, const std::string& vendor_prefix);
TypedOrStatus typed(const v1::DownloadFirmwareRequest& request);
TypedOrStatus typed(const v1::UploadLogRequest& request);
TypedOrStatus typed(const v1::BackupConfigurationRequest& request);
TypedOrStatus typed(const v1::RestoreConfigurationRequest& request);

/// Asks for what first_row() looks at.
usp_msg::Msg rows_request(const TypedOperation& operation);

/// The path of the first row, with its last dot; of firmware images of the first that does not run,
/// where there are several. Empty: there is none.
std::string first_row(const TypedOperation& operation, const usp_msg::GetResp& answer);

}  // namespace bridge::control
