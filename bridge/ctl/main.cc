// usp-bridgectl: the control API from a shell.
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "bridge/control/names.h"
#include "bridge/ctl/credentials.h"
#include "proto/bridge/v1/device.grpc.pb.h"
#include "proto/bridge/v1/operation.grpc.pb.h"
#include "proto/bridge/v1/parameter.grpc.pb.h"
#include "proto/bridge/v1/watch.grpc.pb.h"

namespace {

namespace v1 = bridge::v1;

/// Exit statuses: 0 done, 1 the bridge said no, 2 wrong arguments (CLI11's are above 100).
int fail(const grpc::Status& status) {
  std::cerr << "usp-bridgectl: " << status.error_message() << " (code " << status.error_code()
            << ")\n";
  return 1;
}

std::string name_of(const std::string& device) {
  return device.starts_with("devices/") ? device : bridge::control::device_name(device);
}

std::string time_text(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0) return "-";
  std::time_t seconds = time.seconds();
  char text[32];
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

struct Session {
  std::shared_ptr<grpc::Channel> channel;
  double timeout_s = 60;

  void prepare(grpc::ClientContext& context) const {
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(static_cast<std::int64_t>(timeout_s * 1000)));
  }
};

int list_devices(const Session& session) {
  auto stub = v1::DeviceService::NewStub(session.channel);
  v1::ListDevicesRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    session.prepare(context);
    v1::ListDevicesResponse page;
    grpc::Status status = stub->ListDevices(&context, request, &page);
    if (!status.ok()) return fail(status);
    for (const v1::Device& device : page.devices()) {
      std::cout << device.endpoint_id() << '\t' << device.manufacturer() << '\t'
                << device.software_version() << '\t' << device.root() << '\t'
                << (device.onboarded() ? "up" : "learning") << '\t'
                << time_text(device.last_inform_time()) << '\n';
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return 0;
}

int forget_device(const Session& session, const std::string& device) {
  auto stub = v1::DeviceService::NewStub(session.channel);
  grpc::ClientContext context;
  session.prepare(context);
  v1::DeleteDeviceRequest request;
  request.set_name(name_of(device));
  google::protobuf::Empty nothing;
  grpc::Status status = stub->DeleteDevice(&context, request, &nothing);
  return status.ok() ? 0 : fail(status);
}

int get(const Session& session, const std::string& device, const std::vector<std::string>& paths) {
  auto stub = v1::ParameterService::NewStub(session.channel);
  grpc::ClientContext context;
  session.prepare(context);
  v1::GetParametersRequest request;
  request.set_device(name_of(device));
  request.mutable_paths()->Assign(paths.begin(), paths.end());
  v1::GetParametersResponse response;
  grpc::Status status = stub->GetParameters(&context, request, &response);
  if (!status.ok()) return fail(status);
  for (const v1::Parameter& parameter : response.parameters()) {
    std::cout << parameter.path() << " = " << parameter.value() << '\n';
  }
  for (const v1::PathError& error : response.errors()) {
    std::cerr << error.path() << ": " << error.message() << " (" << error.code() << ")\n";
  }
  return response.errors_size() == 0 ? 0 : 1;
}

/// Splits "PATH=VALUE"; false when there is no "=".
bool split(const std::string& text, std::string& name, std::string& value) {
  std::size_t at = text.find('=');
  if (at == std::string::npos) return false;
  name = text.substr(0, at);
  value = text.substr(at + 1);
  return true;
}

int set(const Session& session, const std::string& device, const std::vector<std::string>& items) {
  auto stub = v1::ParameterService::NewStub(session.channel);
  grpc::ClientContext context;
  session.prepare(context);
  v1::SetParametersRequest request;
  request.set_device(name_of(device));
  for (const std::string& item : items) {
    auto* parameter = request.add_parameters();
    if (!split(item, *parameter->mutable_path(), *parameter->mutable_value())) {
      std::cerr << "usp-bridgectl: expected PATH=VALUE: " << item << '\n';
      return 2;
    }
  }
  v1::SetParametersResponse response;
  grpc::Status status = stub->SetParameters(&context, request, &response);
  if (!status.ok()) return fail(status);
  for (const v1::Parameter& parameter : response.parameters()) {
    std::cout << parameter.path() << " = " << parameter.value() << '\n';
  }
  return 0;
}

int add(const Session& session, const std::string& device, const std::string& table,
        const std::vector<std::string>& items) {
  auto stub = v1::ParameterService::NewStub(session.channel);
  grpc::ClientContext context;
  session.prepare(context);
  v1::AddObjectRequest request;
  request.set_device(name_of(device));
  request.set_table(table);
  for (const std::string& item : items) {
    std::string name;
    std::string value;
    if (!split(item, name, value)) {
      std::cerr << "usp-bridgectl: expected NAME=VALUE: " << item << '\n';
      return 2;
    }
    (*request.mutable_parameters())[name] = value;
  }
  v1::AddObjectResponse response;
  grpc::Status status = stub->AddObject(&context, request, &response);
  if (!status.ok()) return fail(status);
  std::cout << response.path() << '\n';
  return 0;
}

int remove(const Session& session, const std::string& device, const std::string& path) {
  auto stub = v1::ParameterService::NewStub(session.channel);
  grpc::ClientContext context;
  session.prepare(context);
  v1::DeleteObjectRequest request;
  request.set_device(name_of(device));
  request.set_path(path);
  google::protobuf::Empty nothing;
  grpc::Status status = stub->DeleteObject(&context, request, &nothing);
  return status.ok() ? 0 : fail(status);
}

void print(const v1::Operation& operation) {
  std::cout << operation.name() << '\t' << v1::Operation::State_Name(operation.state()) << '\t'
            << operation.kind() << ' ' << operation.summary();
  if (operation.has_error()) {
    std::cout << '\t' << operation.error().usp_code() << ' ' << operation.error().message();
  }
  std::cout << '\n';
  for (const auto& [name, value] : operation.output()) {
    std::cout << "  " << name << " = " << value << '\n';
  }
}

int command(const Session& session, const std::string& device, const std::string& path,
            const std::vector<std::string>& items, bool wait) {
  auto stub = v1::OperationService::NewStub(session.channel);
  v1::StartCommandRequest request;
  request.set_device(name_of(device));
  request.set_command(path);
  for (const std::string& item : items) {
    std::string name;
    std::string value;
    if (!split(item, name, value)) {
      std::cerr << "usp-bridgectl: expected NAME=VALUE: " << item << '\n';
      return 2;
    }
    (*request.mutable_input())[name] = value;
  }
  v1::Operation operation;
  {
    grpc::ClientContext context;
    session.prepare(context);
    grpc::Status status = stub->StartCommand(&context, request, &operation);
    if (!status.ok()) return fail(status);
  }
  if (wait) {
    grpc::ClientContext context;
    session.prepare(context);
    v1::WaitOperationRequest waiting;
    waiting.set_name(operation.name());
    grpc::Status status = stub->WaitOperation(&context, waiting, &operation);
    if (!status.ok()) return fail(status);
  }
  print(operation);
  return operation.state() == v1::Operation::FAILED ? 1 : 0;
}

int list_operations(const Session& session, const std::string& device) {
  auto stub = v1::OperationService::NewStub(session.channel);
  v1::ListOperationsRequest request;
  request.set_device(name_of(device));
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    session.prepare(context);
    v1::ListOperationsResponse page;
    grpc::Status status = stub->ListOperations(&context, request, &page);
    if (!status.ok()) return fail(status);
    for (const v1::Operation& operation : page.operations()) print(operation);
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return 0;
}

int watch(const Session& session, const std::string& device) {
  auto stub = v1::WatchService::NewStub(session.channel);
  grpc::ClientContext context;
  v1::WatchRequest request;
  if (!device.empty()) request.set_device(name_of(device));
  auto stream = stub->Watch(&context, request);
  v1::WatchEvent event;
  while (stream->Read(&event)) {
    if (event.has_heartbeat()) continue;
    event.clear_resume_token();
    std::cout << time_text(event.time()) << ' ' << event.ShortDebugString() << std::endl;
  }
  return fail(stream->Finish());
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Talks to usp-bridge's control API.", "usp-bridgectl");
  std::string address = "127.0.0.1:50051";
  Session session;
  app.add_option("--address", address, "host:port or unix:/path")->envname("USP_BRIDGECTL_ADDRESS");
  app.add_option("--timeout", session.timeout_s, "seconds a call may take")
      ->check(CLI::PositiveNumber);
  app.require_subcommand(1);
  std::string device;
  std::string path;
  std::vector<std::string> items;
  bool wait = false;
  auto* devices = app.add_subcommand("devices", "lists all devices");
  auto* forget = app.add_subcommand("forget", "deletes a device and all that is kept of it");
  auto* get_command = app.add_subcommand("get", "reads parameters from the mirror");
  auto* set_command = app.add_subcommand("set", "sets parameters: PATH=VALUE ...");
  auto* add_command = app.add_subcommand("add", "adds a row to a table: TABLE [NAME=VALUE ...]");
  auto* delete_command = app.add_subcommand("delete", "deletes a row");
  auto* run = app.add_subcommand("run", "starts a command: \"Device.Reboot()\" [NAME=VALUE ...]");
  auto* operations = app.add_subcommand("operations", "lists the operations of a device");
  auto* watching = app.add_subcommand("watch", "prints what happens, of one device or of all");
  bridge::ctl::CredentialCommands credentials(app);
  for (auto* command :
       {forget, get_command, set_command, add_command, delete_command, run, operations}) {
    command->add_option("device", device, "Endpoint ID")->required();
  }
  watching->add_option("device", device, "Endpoint ID");
  get_command->add_option("paths", items)->required();
  set_command->add_option("settings", items)->required();
  add_command->add_option("table", path)->required();
  add_command->add_option("settings", items);
  delete_command->add_option("path", path)->required();
  run->add_option("command", path)->required();
  run->add_option("arguments", items);
  run->add_flag("--wait", wait, "until it is done");
  CLI11_PARSE(app, argc, argv);

  session.channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  if (credentials.chosen()) return credentials.run(session.channel, session.timeout_s);
  if (*devices) return list_devices(session);
  if (*forget) return forget_device(session, device);
  if (*get_command) return get(session, device, items);
  if (*set_command) return set(session, device, items);
  if (*add_command) return add(session, device, path, items);
  if (*delete_command) return remove(session, device, path);
  if (*run) return command(session, device, path, items, wait);
  if (*operations) return list_operations(session, device);
  return watch(session, device);
}
