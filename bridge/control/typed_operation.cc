#include "bridge/control/typed_operation.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "bridge/control/errors.h"
#include "usp/path.h"

namespace bridge::control {

namespace {

constexpr const char* kActiveImage = "Device.DeviceInfo.ActiveFirmwareImage";

grpc::Status check(const v1::RemoteFile& file) {
  if (file.url().empty()) return invalid_argument("file.url", "is missing");
  return grpc::Status::OK;
}

TypedOrStatus transfer(std::string table, std::string command, const v1::RemoteFile& file,
                       const char* row_field, const std::string& row) {
  if (grpc::Status checked = check(file); !checked.ok()) return tl::unexpected(checked);
  std::uint32_t number = 0;
  if (!row.empty() && !usp::parse_instance_number(row, number)) {
    return tl::unexpected(invalid_argument(row_field, "expected the number of a row of " + table));
  }
  TypedOperation out{std::move(table), std::move(command), row_field, row};
  out.input["URL"] = file.url();
  if (!file.username().empty()) out.input["Username"] = file.username();
  if (!file.password().empty()) out.input["Password"] = file.password();
  return out;
}

void add_size(std::uint64_t bytes, TypedOrStatus& operation) {
  if (operation && bytes > 0) operation->input["FileSize"] = std::to_string(bytes);
}

/// By number, not by text: 2 before 10.
bool comes_before(const std::string& left, const std::string& right) {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

}  // namespace

TypedOperation reboot() { return {"Device.", "Reboot()"}; }
TypedOperation factory_reset() { return {"Device.", "FactoryReset()"}; }

TypedOrStatus typed(const v1::ScheduleInformRequest& request, const std::string& vendor_prefix) {
  const auto& delay = request.delay();
  if (delay.seconds() < 1 || delay.nanos() != 0 ||
      delay.seconds() > std::numeric_limits<std::uint32_t>::max()) {
    return tl::unexpected(invalid_argument("delay", "whole seconds, 1 to 4294967295"));
  }
  return TypedOperation{.object = "Device.",
                        .command = vendor_prefix + "ScheduleInform()",
                        .input = {{"DelaySeconds", std::to_string(delay.seconds())}}};
}

TypedOrStatus typed(const v1::DownloadFirmwareRequest& request) {
  auto out = transfer("Device.DeviceInfo.FirmwareImage.", "Download()", request.file(), "image",
                      request.image());
  add_size(request.file_size(), out);
  if (out) out->input["AutoActivate"] = request.activate_later() ? "false" : "true";
  return out;
}

TypedOrStatus typed(const v1::UploadLogRequest& request) {
  return transfer("Device.DeviceInfo.VendorLogFile.", "Upload()", request.file(), "log",
                  request.log());
}

TypedOrStatus typed(const v1::BackupConfigurationRequest& request) {
  return transfer("Device.DeviceInfo.VendorConfigFile.", "Backup()", request.file(),
                  "configuration", request.configuration());
}

TypedOrStatus typed(const v1::RestoreConfigurationRequest& request) {
  auto out = transfer("Device.DeviceInfo.VendorConfigFile.", "Restore()", request.file(),
                      "configuration", request.configuration());
  add_size(request.file_size(), out);
  return out;
}

usp_msg::Msg rows_request(const TypedOperation& operation) {
  usp_msg::Msg message;
  message.mutable_header()->set_msg_type(usp_msg::Header::GET);
  auto* get = message.mutable_body()->mutable_request()->mutable_get();
  get->add_param_paths(operation.object + "*.");
  if (operation.command == "Download()") get->add_param_paths(kActiveImage);
  return message;
}

std::string first_row(const TypedOperation& operation, const usp_msg::GetResp& answer) {
  std::vector<std::string> rows;
  std::string active;
  for (const auto& asked : answer.req_path_results()) {
    for (const auto& object : asked.resolved_path_results()) {
      if (asked.requested_path() == kActiveImage) {
        for (const auto& [name, value] : object.result_params()) active = value;
        continue;
      }
      // Of the row itself and of what is below it.
      const std::string& path = object.resolved_path();
      const std::size_t dot = path.find('.', operation.object.size());
      if (!path.starts_with(operation.object) || dot == std::string::npos) continue;
      if (std::string row = path.substr(0, dot + 1); std::ranges::find(rows, row) == rows.end()) {
        rows.push_back(std::move(row));
      }
    }
  }
  std::ranges::sort(rows, comes_before);
  if (!active.empty() && !active.ends_with('.')) active += '.';
  if (rows.size() > 1) std::erase(rows, active);
  return rows.empty() ? std::string() : rows.front();
}

}  // namespace bridge::control
