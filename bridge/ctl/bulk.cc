// usp-bridgectl bulk set | add | delete | run | refresh | list | show | results | wait | cancel
#include <iostream>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "bridge/ctl/settings.h"
#include "proto/bridge/v1/bulk.grpc.pb.h"

namespace bridge::ctl {

namespace {

using Stub = v1::BulkService::Stub;

struct Options {
  std::vector<std::string> devices;
  std::string filter;
  std::string title;
  std::string name;
  std::string path;
  std::vector<std::string> items;
  std::uint32_t concurrency = 0;
  std::uint32_t max_failures = 0;
  bool all = false;
  bool dry_run = false;
  bool detach = false;
};

std::unique_ptr<Stub> stub_of(const Connection& connection) {
  return v1::BulkService::NewStub(connection.channel());
}

void print(const Connection& connection, const v1::BulkOperation& bulk) {
  if (connection.format() == Format::kJson) return print_json(bulk);
  std::cout << bulk.name() << '\t' << v1::BulkOperation::State_Name(bulk.state()) << '\t'
            << bulk.total() << " devices, " << bulk.succeeded() << " succeeded, " << bulk.failed()
            << " failed, " << bulk.not_begun() << " not begun\n";
}

/// Shows how it goes on until it has ended.
int follow(const Connection& connection, const std::string& name) {
  auto stub = stub_of(connection);
  grpc::ClientContext context;
  connection.prepare(context, false);
  v1::WatchBulkOperationRequest request;
  request.set_name(name);
  auto stream = stub->WatchBulkOperation(&context, request);
  v1::BulkOperation bulk;
  {
    ProgressBar bar(name);
    while (stream->Read(&bulk)) {
      bar.show(bulk.succeeded() + bulk.failed(), bulk.total(),
               std::to_string(bulk.failed()) + " failed");
    }
  }
  const grpc::Status status = stream->Finish();
  if (!status.ok()) return fail(status);
  print(connection, bulk);
  return bulk.state() == v1::BulkOperation::SUCCEEDED ? kDone : kFailed;
}

int start(const Connection& connection, const Options& options,
          v1::StartBulkOperationRequest request) {
  if (options.devices.empty() && options.filter.empty() && !options.all) {
    return wrong_use("say which devices: --device, --filter or --all");
  }
  if (options.all && !(options.devices.empty() && options.filter.empty())) {
    return wrong_use("--all goes with neither --device nor --filter");
  }
  for (const std::string& device : options.devices) request.add_devices(device_of(device));
  request.set_filter(options.all ? "endpoint_id = \"*\"" : options.filter);
  request.set_concurrency(options.concurrency);
  request.set_max_failures(options.max_failures);
  request.set_display_name(options.title);
  request.set_validate_only(options.dry_run);
  request.set_request_id(make_uuid());
  v1::BulkOperation bulk;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::StartBulkOperation, request, bulk);
  if (!status.ok()) return fail(status);
  if (!options.dry_run && !options.detach) return follow(connection, bulk.name());
  print(connection, bulk);
  return kDone;
}

int set(const Connection& connection, const Options& options) {
  v1::StartBulkOperationRequest request;
  for (const std::string& item : options.items) {
    auto setting = split_setting(item);
    if (!setting) return wrong_use("expected PATH=VALUE: " + item);
    auto* parameter = request.mutable_change()->mutable_set()->add_parameters();
    parameter->set_path(setting->first);
    parameter->set_value(setting->second);
  }
  return start(connection, options, std::move(request));
}

int add(const Connection& connection, const Options& options) {
  v1::StartBulkOperationRequest request;
  auto* change = request.mutable_change()->mutable_add();
  change->set_table(options.path);
  for (const std::string& item : options.items) {
    auto setting = split_setting(item);
    if (!setting) return wrong_use("expected NAME=VALUE: " + item);
    (*change->mutable_parameters())[setting->first] = setting->second;
  }
  return start(connection, options, std::move(request));
}

int remove(const Connection& connection, const Options& options) {
  v1::StartBulkOperationRequest request;
  request.mutable_change()->mutable_delete_()->set_path(options.path);
  return start(connection, options, std::move(request));
}

int run(const Connection& connection, const Options& options) {
  v1::StartBulkOperationRequest request;
  auto* change = request.mutable_change()->mutable_command();
  change->set_command(options.path);
  for (const std::string& item : options.items) {
    auto setting = split_setting(item);
    if (!setting) return wrong_use("expected NAME=VALUE: " + item);
    (*change->mutable_input())[setting->first] = setting->second;
  }
  return start(connection, options, std::move(request));
}

int refresh(const Connection& connection, const Options& options) {
  v1::StartBulkOperationRequest request;
  request.mutable_change()->mutable_refresh()->mutable_paths()->Assign(options.items.begin(),
                                                                       options.items.end());
  return start(connection, options, std::move(request));
}

int list(const Connection& connection, const Options&) {
  auto stub = stub_of(connection);
  v1::ListBulkOperationsRequest request;
  request.set_page_size(1000);
  std::optional<Table> table;
  if (connection.format() != Format::kJson) {
    table.emplace(std::vector<std::string>{"BULK OPERATION", "STATE", "DEVICES", "SUCCEEDED",
                                           "FAILED", "BEGAN", "BY", "NAME"});
  }
  do {
    v1::ListBulkOperationsResponse page;
    const grpc::Status status = connection.call(stub, &Stub::ListBulkOperations, request, page);
    if (!status.ok()) return fail(status);
    for (const v1::BulkOperation& bulk : page.bulk_operations()) {
      if (!table) {
        print_json(bulk);
        continue;
      }
      table->add({bulk.name(), v1::BulkOperation::State_Name(bulk.state()),
                  std::to_string(bulk.total()), std::to_string(bulk.succeeded()),
                  std::to_string(bulk.failed()), time_text(bulk.create_time()), bulk.requester(),
                  bulk.display_name()});
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

int show(const Connection& connection, const Options& options) {
  v1::GetBulkOperationRequest request;
  request.set_name(options.name);
  v1::BulkOperation bulk;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::GetBulkOperation, request, bulk);
  if (!status.ok()) return fail(status);
  print(connection, bulk);
  return kDone;
}

int results(const Connection& connection, const Options& options) {
  auto stub = stub_of(connection);
  v1::ListBulkResultsRequest request;
  request.set_name(options.name);
  request.set_page_size(1000);
  std::optional<Table> table;
  if (connection.format() != Format::kJson) {
    table.emplace(std::vector<std::string>{"DEVICE", "STATE", "ERROR"});
  }
  do {
    v1::ListBulkResultsResponse page;
    const grpc::Status status = connection.call(stub, &Stub::ListBulkResults, request, page);
    if (!status.ok()) return fail(status);
    for (const v1::BulkResult& result : page.results()) {
      if (table) {
        table->add({result.device(), v1::BulkResult::State_Name(result.state()),
                    result.error().message()});
      } else {
        print_json(result);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

int wait(const Connection& connection, const Options& options) {
  return follow(connection, options.name);
}

int cancel(const Connection& connection, const Options& options) {
  v1::CancelBulkOperationRequest request;
  request.set_name(options.name);
  v1::BulkOperation bulk;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::CancelBulkOperation, request, bulk);
  if (!status.ok()) return fail(status);
  print(connection, bulk);
  return kDone;
}

}  // namespace

void add_bulk_commands(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* bulk = app.add_subcommand("bulk", "the same change on many devices");
  bulk->require_subcommand(1);
  using Work = int (*)(const Connection&, const Options&);
  auto command = [&action, bulk, options](const char* name, const char* help, Work work) {
    CLI::App* made = bulk->add_subcommand(name, help);
    made->callback([&action, options, work] {
      action = [options, work](const Connection& connection) { return work(connection, *options); };
    });
    return made;
  };
  auto change = [&](const char* name, const char* help, Work work) {
    CLI::App* made = command(name, help, work);
    made->add_option("--device", options->devices, "Endpoint ID; may be given again");
    made->add_option("--filter", options->filter, "of devices, as of the command devices");
    made->add_flag("--all", options->all, "every device there is");
    made->add_option("--concurrency", options->concurrency, "devices at the same time; 0: 20");
    made->add_option("--max-failures", options->max_failures, "it stops when more have failed");
    made->add_option("--title", options->title, "for people");
    made->add_flag("--dry-run", options->dry_run, "only says how many devices it would touch");
    made->add_flag("--detach", options->detach, "do not wait for the end");
    return made;
  };
  change("set", "PATH=VALUE ...", set)->add_option("settings", options->items)->required();
  CLI::App* adding = change("add", "TABLE [NAME=VALUE ...]", add);
  adding->add_option("table", options->path)->required();
  adding->add_option("settings", options->items);
  change("delete", "PATH", remove)->add_option("path", options->path)->required();
  CLI::App* running = change("run", "\"Device.Reboot()\" [NAME=VALUE ...]", run);
  running->add_option("command", options->path)->required();
  running->add_option("arguments", options->items);
  change("refresh", "PATH ...", refresh)->add_option("paths", options->items)->required();
  command("list", "newest first", list);
  const std::tuple<const char*, const char*, Work> named[] = {
      {"show", "how far it is", show},
      {"results", "what became of each device", results},
      {"wait", "shows how it goes on, to its end", wait},
      {"cancel", "no further device is begun", cancel}};
  for (const auto& [name, help, work] : named) {
    command(name, help, work)->add_option("name", options->name, "bulkOperations/...")->required();
  }
}

}  // namespace bridge::ctl
