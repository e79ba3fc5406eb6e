// usp-bridgectl devices | show | tag | name | forget
#include <optional>
#include <set>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "proto/bridge/v1/device.grpc.pb.h"

namespace bridge::ctl {

namespace {

using Stub = v1::DeviceService::Stub;

struct Options {
  std::string device;
  std::string filter;
  std::vector<std::string> tags;
  std::string name;
};
using OptionsPtr = std::shared_ptr<Options>;

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

std::string state_of(const v1::Device& device) {
  if (!device.onboarded()) return "learning";
  return device.online() ? "online" : "offline";
}

int list(const Connection& connection, const Options& options) {
  auto stub = v1::DeviceService::NewStub(connection.channel());
  const bool wide = connection.format() == Format::kWide;
  std::vector<std::string> head{"DEVICE",   "STATE",       "MANUFACTURER",
                                "SOFTWARE", "LAST INFORM", "TAGS"};
  if (wide) head.insert(head.end(), {"HARDWARE", "ROOT", "FIRST SEEN", "OPERATIONS", "NAME"});
  std::optional<Table> table;
  if (connection.format() != Format::kJson) table.emplace(std::move(head));
  v1::ListDevicesRequest request;
  request.set_page_size(1000);
  request.set_filter(options.filter);
  do {
    v1::ListDevicesResponse page;
    const grpc::Status status = connection.call(stub, &Stub::ListDevices, request, page);
    if (!status.ok()) return fail(status);
    for (const v1::Device& device : page.devices()) {
      if (!table) {
        print_json(device);
        continue;
      }
      std::vector<std::string> row{device.endpoint_id(),
                                   state_of(device),
                                   device.manufacturer(),
                                   device.software_version(),
                                   time_text(device.last_inform_time()),
                                   joined(device.tags())};
      if (wide) {
        row.insert(row.end(),
                   {device.hardware_version(), device.root(), time_text(device.first_seen_time()),
                    std::to_string(device.open_operations()), device.display_name()});
      }
      table->add(std::move(row));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return kDone;
}

int print(const Connection& connection, const v1::Device& device) {
  if (connection.format() == Format::kJson) {
    print_json(device);
    return kDone;
  }
  Table table({"FIELD", "VALUE"});
  table.add({"device", device.endpoint_id()});
  table.add({"name", device.display_name()});
  table.add({"tags", joined(device.tags())});
  table.add({"state", state_of(device)});
  table.add({"in session", device.in_session() ? "yes" : "no"});
  table.add({"manufacturer", device.manufacturer()});
  table.add({"oui", device.oui()});
  table.add({"product class", device.product_class()});
  table.add({"serial number", device.serial_number()});
  table.add({"software", device.software_version()});
  table.add({"hardware", device.hardware_version()});
  table.add({"root", device.root()});
  table.add({"first seen", time_text(device.first_seen_time())});
  table.add({"last inform", time_text(device.last_inform_time())});
  table.add({"last boot", time_text(device.last_boot_time())});
  table.add({"open operations", std::to_string(device.open_operations())});
  return kDone;
}

grpc::Status read(const Connection& connection, const std::string& device, v1::Device& out) {
  v1::GetDeviceRequest request;
  request.set_name(device_of(device));
  return connection.call(v1::DeviceService::NewStub(connection.channel()), &Stub::GetDevice,
                         request, out);
}

int show(const Connection& connection, const Options& options) {
  v1::Device device;
  const grpc::Status status = read(connection, options.device, device);
  return status.ok() ? print(connection, device) : fail(status);
}

int update(const Connection& connection, const v1::UpdateDeviceRequest& request) {
  v1::Device device;
  const grpc::Status status = connection.call(v1::DeviceService::NewStub(connection.channel()),
                                              &Stub::UpdateDevice, request, device);
  return status.ok() ? print(connection, device) : fail(status);
}

/// "lab" adds a tag, "lab-" takes it away, as kubectl has it.
int tag(const Connection& connection, const Options& options) {
  v1::Device device;
  const grpc::Status status = read(connection, options.device, device);
  if (!status.ok()) return fail(status);
  std::set<std::string> tags(device.tags().begin(), device.tags().end());
  for (const std::string& change : options.tags) {
    if (change.ends_with('-')) {
      tags.erase(change.substr(0, change.size() - 1));
    } else {
      tags.insert(change);
    }
  }
  v1::UpdateDeviceRequest request;
  request.mutable_device()->set_name(device.name());
  request.mutable_device()->mutable_tags()->Assign(tags.begin(), tags.end());
  request.mutable_update_mask()->add_paths("tags");
  return update(connection, request);
}

int rename(const Connection& connection, const Options& options) {
  v1::UpdateDeviceRequest request;
  request.mutable_device()->set_name(device_of(options.device));
  request.mutable_device()->set_display_name(options.name);
  request.mutable_update_mask()->add_paths("display_name");
  return update(connection, request);
}

int forget(const Connection& connection, const Options& options) {
  v1::DeleteDeviceRequest request;
  request.set_name(device_of(options.device));
  request.set_request_id(make_uuid());
  google::protobuf::Empty nothing;
  const grpc::Status status = connection.call(v1::DeviceService::NewStub(connection.channel()),
                                              &Stub::DeleteDevice, request, nothing);
  return status.ok() ? kDone : fail(status);
}

}  // namespace

void add_device_commands(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto add = [&](const char* name, const char* help,
                 int (*work)(const Connection&, const Options&)) {
    CLI::App* command = app.add_subcommand(name, help);
    command->callback([&action, options, work] {
      action = [options, work](const Connection& connection) { return work(connection, *options); };
    });
    return command;
  };
  auto add_one = [&](const char* name, const char* help,
                     int (*work)(const Connection&, const Options&)) {
    CLI::App* command = add(name, help, work);
    command->add_option("device", options->device, "Endpoint ID")->required();
    return command;
  };
  add("devices", "lists devices", list)
      ->add_option("--filter", options->filter,
                   "such as: product_class = \"Gate*\" AND online = true AND NOT tags:lab");
  add_one("show", "what is known of a device", show);
  add_one("tag", "TAG adds one, TAG- takes it away", tag)
      ->add_option("tags", options->tags)
      ->required();
  add_one("name", "gives a device a name for people", rename)
      ->add_option("name", options->name)
      ->required();
  add_one("forget", "deletes a device and all that is kept of it", forget);
}

}  // namespace bridge::ctl
