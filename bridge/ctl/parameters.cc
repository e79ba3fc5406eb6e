// usp-bridgectl get | tree | set | add | delete | refresh
#include <iostream>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "bridge/ctl/settings.h"
#include "proto/bridge/v1/device.grpc.pb.h"
#include "proto/bridge/v1/parameter.grpc.pb.h"

namespace bridge::ctl {

namespace {

using Stub = v1::ParameterService::Stub;

struct Options {
  std::string device;
  std::string path;
  std::vector<std::string> items;
  std::uint32_t depth = 0;
  bool live = false;
  bool native = false;
  bool dry_run = false;
};

std::unique_ptr<Stub> stub_of(const Connection& connection) {
  return v1::ParameterService::NewStub(connection.channel());
}

void print(const Connection& connection, const v1::Parameter& parameter) {
  if (connection.format() == Format::kJson) {
    print_json(parameter);
  } else {
    std::cout << parameter.path() << " = " << parameter.value() << '\n';
  }
}

/// Reads as a stream: a tree may be large.
int read(const Connection& connection, const v1::GetParametersRequest& request) {
  grpc::ClientContext context;
  connection.prepare(context);
  auto stub = stub_of(connection);
  auto stream = stub->StreamParameters(&context, request);
  v1::GetParametersResponse piece;
  int missing = 0;
  while (stream->Read(&piece)) {
    for (const v1::Parameter& parameter : piece.parameters()) print(connection, parameter);
    for (const v1::PathError& error : piece.errors()) {
      std::cerr << error.path() << ": " << error.message() << " (" << error.code() << ")\n";
      ++missing;
    }
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return fail(status);
  return missing == 0 ? kDone : kFailed;
}

v1::GetParametersRequest read_request(const Options& options) {
  v1::GetParametersRequest request;
  request.set_device(device_of(options.device));
  request.set_max_depth(options.depth);
  if (options.live) request.set_source(v1::LIVE);
  if (options.native) request.set_view(v1::NATIVE);
  return request;
}

int get(const Connection& connection, const Options& options) {
  v1::GetParametersRequest request = read_request(options);
  request.mutable_paths()->Assign(options.items.begin(), options.items.end());
  return read(connection, request);
}

/// Of the device's own data model.
std::string root_of(const Connection& connection, const std::string& device) {
  v1::GetDeviceRequest request;
  request.set_name(device_of(device));
  v1::Device found;
  const grpc::Status status = connection.call(v1::DeviceService::NewStub(connection.channel()),
                                              &v1::DeviceService::Stub::GetDevice, request, found);
  return status.ok() && !found.root().empty() ? found.root() : "Device.";
}

int tree(const Connection& connection, const Options& options) {
  v1::GetParametersRequest request = read_request(options);
  std::string path = options.path;
  if (path.empty()) path = options.native ? root_of(connection, options.device) : "Device.";
  request.add_paths(path);
  return read(connection, request);
}

void print_plan(const Connection& connection,
                const google::protobuf::RepeatedPtrField<v1::PlannedRpc>& plan) {
  for (const v1::PlannedRpc& rpc : plan) {
    if (connection.format() == Format::kJson) {
      print_json(rpc);
      continue;
    }
    std::cout << rpc.rpc() << (rpc.object().empty() ? "" : " ") << rpc.object() << '\n';
    for (const v1::Parameter& parameter : rpc.parameters()) {
      std::cout << "  " << parameter.path() << " = " << parameter.value() << '\n';
    }
  }
}

int set(const Connection& connection, const Options& options) {
  v1::SetParametersRequest request;
  request.set_device(device_of(options.device));
  request.set_validate_only(options.dry_run);
  request.set_request_id(make_uuid());
  for (const std::string& item : options.items) {
    auto setting = split_setting(item);
    if (!setting) return wrong_use("expected PATH=VALUE: " + item);
    auto* parameter = request.add_parameters();
    parameter->set_path(setting->first);
    parameter->set_value(setting->second);
  }
  v1::SetParametersResponse response;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::SetParameters, request, response);
  if (!status.ok()) return fail(status);
  for (const v1::Parameter& parameter : response.parameters()) print(connection, parameter);
  print_plan(connection, response.plan());
  return kDone;
}

int add(const Connection& connection, const Options& options) {
  v1::AddObjectRequest request;
  request.set_device(device_of(options.device));
  request.set_table(options.path);
  request.set_validate_only(options.dry_run);
  request.set_request_id(make_uuid());
  for (const std::string& item : options.items) {
    auto setting = split_setting(item);
    if (!setting) return wrong_use("expected NAME=VALUE: " + item);
    (*request.mutable_parameters())[setting->first] = setting->second;
  }
  v1::AddObjectResponse response;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::AddObject, request, response);
  if (!status.ok()) return fail(status);
  if (connection.format() == Format::kJson && !options.dry_run) {
    print_json(response);
  } else if (!response.path().empty()) {
    std::cout << response.path() << '\n';
  }
  print_plan(connection, response.plan());
  return kDone;
}

int remove(const Connection& connection, const Options& options) {
  v1::DeleteObjectRequest request;
  request.set_device(device_of(options.device));
  request.set_path(options.path);
  request.set_request_id(make_uuid());
  google::protobuf::Empty nothing;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::DeleteObject, request, nothing);
  return status.ok() ? kDone : fail(status);
}

int refresh(const Connection& connection, const Options& options) {
  v1::RefreshParametersRequest request;
  request.set_device(device_of(options.device));
  request.mutable_paths()->Assign(options.items.begin(), options.items.end());
  if (options.native) request.set_view(v1::NATIVE);
  v1::RefreshParametersResponse response;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::RefreshParameters, request, response);
  if (!status.ok()) return fail(status);
  std::cout << response.parameters() << " parameters read\n";
  return kDone;
}

}  // namespace

void add_parameter_commands(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto command = [&](const char* name, const char* help,
                     int (*work)(const Connection&, const Options&)) {
    CLI::App* made = app.add_subcommand(name, help);
    made->add_option("device", options->device, "Endpoint ID")->required();
    made->callback([&action, options, work] {
      action = [options, work](const Connection& connection) { return work(connection, *options); };
    });
    return made;
  };
  auto reads = [&](CLI::App* made) {
    made->add_flag("--native", options->native, "in the device's own names (TR-098)");
    made->add_flag("--live", options->live, "asks the device first");
    made->add_option("--depth", options->depth, "levels of objects; 0: all");
  };
  CLI::App* getting = command("get", "reads parameters from the mirror", get);
  getting->add_option("paths", options->items, "any path form of TR-369")->required();
  reads(getting);
  CLI::App* showing = command("tree", "prints all below an object", tree);
  showing->add_option("object", options->path, "without it the whole tree");
  reads(showing);
  CLI::App* setting = command("set", "sets parameters: PATH=VALUE ...", set);
  setting->add_option("settings", options->items)->required();
  setting->add_flag("--dry-run", options->dry_run, "says what the device would be sent");
  CLI::App* adding = command("add", "adds a row to a table: TABLE [NAME=VALUE ...]", add);
  adding->add_option("table", options->path)->required();
  adding->add_option("settings", options->items);
  adding->add_flag("--dry-run", options->dry_run, "says what the device would be sent");
  command("delete", "deletes a row", remove)->add_option("path", options->path)->required();
  CLI::App* refreshing = command("refresh", "has the device read again", refresh);
  refreshing->add_option("paths", options->items, "parameters, or objects with their last dot")
      ->required();
  refreshing->add_flag("--native", options->native, "in the device's own names");
}

}  // namespace bridge::ctl
