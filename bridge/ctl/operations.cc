// usp-bridgectl run | operations | operation | cancel | wait
#include <iostream>
#include <optional>
#include <tuple>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/operation_end.h"
#include "bridge/ctl/output.h"
#include "bridge/ctl/settings.h"

namespace bridge::ctl {

namespace {

using Stub = v1::OperationService::Stub;
constexpr int kWaitSeconds = 10;  ///< of one call; the bar moves in between

struct Options {
  std::string filter;
  std::string device;
  std::string command;
  std::string name;
  std::vector<std::string> arguments;
  bool wait = false;
  bool dry_run = false;
};

int run(const Connection& connection, const Options& options) {
  v1::StartCommandRequest request;
  request.set_device(device_of(options.device));
  request.set_command(options.command);
  request.set_request_id(make_uuid());
  request.set_validate_only(options.dry_run);
  for (const std::string& argument : options.arguments) {
    auto setting = split_setting(argument);
    if (!setting) return wrong_use("expected NAME=VALUE: " + argument);
    (*request.mutable_input())[setting->first] = setting->second;
  }
  v1::Operation operation;
  const grpc::Status status =
      connection.call(operations_of(connection), &Stub::StartCommand, request, operation);
  return after_start(connection, status, operation, options.wait && !options.dry_run);
}

/// "7801 the device was not reached ..."; empty: none.
std::string error_text(const v1::Operation& operation) {
  if (!operation.has_error()) return {};
  return std::to_string(operation.error().usp_code()) + " " + operation.error().message();
}

int list(const Connection& connection, const Options& options) {
  auto stub = operations_of(connection);
  v1::ListOperationsRequest request;
  request.set_device(options.device.empty() ? "devices/-" : device_of(options.device));
  request.set_filter(options.filter);
  request.set_page_size(1000);
  std::optional<Table> table;
  if (connection.format() != Format::kJson) {
    table.emplace(std::vector<std::string>{"OPERATION", "STATE", "WHAT", "BY", "BEGAN", "ERROR"});
  }
  do {
    v1::ListOperationsResponse page;
    const grpc::Status status = connection.call(stub, &Stub::ListOperations, request, page);
    if (!status.ok()) return fail(status);
    for (const v1::Operation& operation : page.operations()) {
      if (!table) {
        print_json(operation);
        continue;
      }
      table->add({operation.name(), v1::Operation::State_Name(operation.state()),
                  operation.kind() + " " + operation.summary(), operation.requester(),
                  time_text(operation.create_time()), error_text(operation)});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

int show(const Connection& connection, const Options& options) {
  v1::GetOperationRequest request;
  request.set_name(options.name);
  v1::Operation operation;
  const grpc::Status status =
      connection.call(operations_of(connection), &Stub::GetOperation, request, operation);
  if (!status.ok()) return fail(status);
  print(connection, operation);
  return kDone;
}

int cancel(const Connection& connection, const Options& options) {
  v1::CancelOperationRequest request;
  request.set_name(options.name);
  v1::Operation operation;
  const grpc::Status status =
      connection.call(operations_of(connection), &Stub::CancelOperation, request, operation);
  if (!status.ok()) return fail(status);
  print(connection, operation);
  return kDone;
}

int wait(const Connection& connection, const Options& options) {
  v1::Operation operation;
  operation.set_name(options.name);
  return after_start(connection, grpc::Status::OK, operation, true);
}

}  // namespace

void print(const Connection& connection, const v1::Operation& operation) {
  if (connection.format() == Format::kJson) return print_json(operation);
  std::cout << operation.name() << '\t' << v1::Operation::State_Name(operation.state()) << '\t'
            << operation.kind() << ' ' << operation.summary();
  if (operation.has_error()) {
    std::cout << '\t' << error_text(operation);
  }
  std::cout << '\n';
  for (const auto& [name, value] : operation.output()) {
    std::cout << "  " << name << " = " << value << '\n';
  }
}

grpc::Status wait_for_end(const Connection& connection, v1::Operation& operation) {
  auto stub = operations_of(connection);
  ProgressBar bar(operation.summary().empty() ? operation.name() : operation.summary());
  v1::WaitOperationRequest request;
  request.set_name(operation.name());
  request.mutable_timeout()->set_seconds(1);
  for (;;) {
    grpc::ClientContext context;
    connection.prepare(context, false);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(kWaitSeconds));
    const grpc::Status status = stub->WaitOperation(&context, request, &operation);
    if (!status.ok() || operation.done()) return status;
    bar.show(0, 0, v1::Operation::State_Name(operation.state()));
  }
}

int after_start(const Connection& connection, const grpc::Status& status, v1::Operation operation,
                bool wait) {
  if (!status.ok()) return fail(status);
  if (wait) {
    const grpc::Status waited = wait_for_end(connection, operation);
    if (!waited.ok()) return fail(waited);
  }
  print(connection, operation);
  const bool failed = operation.state() == v1::Operation::FAILED;
  return failed || (wait && operation.state() == v1::Operation::CANCELLED) ? kFailed : kDone;
}

void add_operation_commands(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto command = [&](const char* name, const char* help,
                     int (*work)(const Connection&, const Options&)) {
    CLI::App* made = app.add_subcommand(name, help);
    made->callback([&action, options, work] {
      action = [options, work](const Connection& connection) { return work(connection, *options); };
    });
    return made;
  };
  CLI::App* running =
      command("run", "starts a USP command: \"Device.Reboot()\" [NAME=VALUE ...]", run);
  running->add_option("device", options->device, "Endpoint ID")->required();
  running->add_option("command", options->command)->required();
  running->add_option("arguments", options->arguments);
  running->add_flag("--wait", options->wait, "until it is done");
  running->add_flag("--dry-run", options->dry_run, "only says whether it would be started");
  CLI::App* listing =
      command("operations", "lists those of a device, or of all, newest first", list);
  listing->add_option("device", options->device, "Endpoint ID; without it those of all devices");
  listing->add_option("--filter", options->filter, "e.g. 'state = FAILED AND kind = Operate'");
  using Work = int (*)(const Connection&, const Options&);
  const std::tuple<const char*, const char*, Work> named[] = {
      {"operation", "how an operation stands", show},
      {"cancel", "withdraws an operation, or has the device stop it", cancel},
      {"wait", "waits for the end of an operation", wait}};
  for (const auto& [name, help, work] : named) {
    command(name, help, work)
        ->add_option("name", options->name, "devices/.../operations/...")
        ->required();
  }
}

}  // namespace bridge::ctl
