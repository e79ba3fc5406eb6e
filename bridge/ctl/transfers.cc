// usp-bridgectl reboot | factory-reset | download | upload | backup | restore
#include "bridge/ctl/commands.h"
#include "bridge/ctl/operation_end.h"

namespace bridge::ctl {

namespace {

using Stub = v1::OperationService::Stub;

struct Options {
  std::int64_t seconds = 0;
  std::string device;
  std::string url;
  std::string username;
  std::string password;
  std::string row;
  std::uint64_t size = 0;
  bool activate_later = false;
  bool wait = false;
};

template <class Request>
int start(const Connection& connection, const Options& options,
          grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, v1::Operation*),
          Request request) {
  request.set_device(device_of(options.device));
  request.set_request_id(make_uuid());
  if constexpr (requires { request.mutable_file(); }) {
    request.mutable_file()->set_url(options.url);
    request.mutable_file()->set_username(options.username);
    request.mutable_file()->set_password(options.password);
  }
  v1::Operation operation;
  const grpc::Status status =
      connection.call(operations_of(connection), method, request, operation);
  return after_start(connection, status, operation, options.wait);
}

int reboot(const Connection& connection, const Options& options) {
  return start(connection, options, &Stub::RebootDevice, v1::RebootDeviceRequest());
}

int factory_reset(const Connection& connection, const Options& options) {
  return start(connection, options, &Stub::FactoryResetDevice, v1::FactoryResetDeviceRequest());
}

int schedule_inform(const Connection& connection, const Options& options) {
  v1::ScheduleInformRequest request;
  request.mutable_delay()->set_seconds(options.seconds);
  return start(connection, options, &Stub::ScheduleInform, std::move(request));
}

int download(const Connection& connection, const Options& options) {
  v1::DownloadFirmwareRequest request;
  request.set_file_size(options.size);
  request.set_image(options.row);
  request.set_activate_later(options.activate_later);
  return start(connection, options, &Stub::DownloadFirmware, std::move(request));
}

int upload(const Connection& connection, const Options& options) {
  v1::UploadLogRequest request;
  request.set_log(options.row);
  return start(connection, options, &Stub::UploadLog, std::move(request));
}

int backup(const Connection& connection, const Options& options) {
  v1::BackupConfigurationRequest request;
  request.set_configuration(options.row);
  return start(connection, options, &Stub::BackupConfiguration, std::move(request));
}

int restore(const Connection& connection, const Options& options) {
  v1::RestoreConfigurationRequest request;
  request.set_configuration(options.row);
  request.set_file_size(options.size);
  return start(connection, options, &Stub::RestoreConfiguration, std::move(request));
}

}  // namespace

void add_transfer_commands(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto command = [&](const char* name, const char* help,
                     int (*work)(const Connection&, const Options&)) {
    CLI::App* made = app.add_subcommand(name, help);
    made->add_option("device", options->device, "Endpoint ID")->required();
    made->add_flag("--wait", options->wait, "until it is done");
    made->callback([&action, options, work] {
      action = [options, work](const Connection& connection) { return work(connection, *options); };
    });
    return made;
  };
  auto transfer = [&](const char* name, const char* help, const char* row,
                      int (*work)(const Connection&, const Options&)) {
    CLI::App* made = command(name, help, work);
    made->add_option("url", options->url, "as the device reaches it")->required();
    made->add_option("--username", options->username);
    made->add_option("--password", options->password);
    made->add_option("--row", options->row, row);
    return made;
  };
  command("reboot", "restarts a device", reboot);
  command("factory-reset", "a device forgets its settings", factory_reset);
  command("schedule-inform", "has a device come in by itself after a while", schedule_inform)
      ->add_option("seconds", options->seconds)
      ->required()
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{4294967295}));
  CLI::App* downloading = transfer(
      "download", "firmware to a device",
      "of Device.DeviceInfo.FirmwareImage.; without it the first that can be written", download);
  downloading->add_option("--size", options->size, "of the file, in bytes");
  downloading->add_flag("--activate-later", options->activate_later);
  transfer("upload", "a log of a device to a server", "of Device.DeviceInfo.VendorLogFile.",
           upload);
  transfer("backup", "the configuration of a device to a server",
           "of Device.DeviceInfo.VendorConfigFile.", backup);
  transfer("restore", "and back", "of Device.DeviceInfo.VendorConfigFile.", restore)
      ->add_option("--size", options->size, "of the file, in bytes");
}

}  // namespace bridge::ctl
