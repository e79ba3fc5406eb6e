// usp-bridgectl freeze | freezes | thaw | explain
#include <google/protobuf/util/time_util.h>

#include <iostream>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "proto/bridge/v1/device.grpc.pb.h"
#include "proto/bridge/v1/freeze.grpc.pb.h"

namespace bridge::ctl {

namespace {

using Stub = v1::FreezeService::Stub;

struct Options {
  bool all = false;
  std::string oui;
  std::string product_class;
  std::string software_version;
  std::string controller;
  std::string reason;
  std::string name;
  std::string device;
};

std::unique_ptr<Stub> stub_of(const Connection& connection) {
  return v1::FreezeService::NewStub(connection.channel());
}

std::string scope_of(const v1::Freeze& freeze) {
  if (freeze.has_all()) return "all";
  if (freeze.has_controller()) return "controller " + freeze.controller();
  return "model " + freeze.model().oui() + "/" + freeze.model().product_class() + "/" +
         freeze.model().software_version();
}

int freeze(const Connection& connection, const Options& options) {
  v1::CreateFreezeRequest request;
  request.set_request_id(make_uuid());
  v1::Freeze* out = request.mutable_freeze();
  out->set_reason(options.reason);
  const bool model =
      !options.oui.empty() || !options.product_class.empty() || !options.software_version.empty();
  const int scopes = (options.all ? 1 : 0) + (model ? 1 : 0) + (options.controller.empty() ? 0 : 1);
  if (scopes != 1) return wrong_use("say one of --all, --controller, or a model");
  if (options.all) out->set_all(true);
  if (!options.controller.empty()) out->set_controller(options.controller);
  if (model) {
    out->mutable_model()->set_oui(options.oui);
    out->mutable_model()->set_product_class(options.product_class);
    out->mutable_model()->set_software_version(options.software_version);
  }
  v1::Freeze made;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::CreateFreeze, request, made);
  if (!status.ok()) return fail(status);
  if (connection.format() == Format::kJson) {
    print_json(made);
  } else {
    std::cout << made.name() << '\n';
  }
  return kDone;
}

int list(const Connection& connection, const Options&) {
  v1::ListFreezesRequest request;
  request.set_page_size(1000);
  v1::ListFreezesResponse response;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::ListFreezes, request, response);
  if (!status.ok()) return fail(status);
  if (connection.format() == Format::kJson) {
    for (const v1::Freeze& each : response.freezes()) print_json(each);
    return kDone;
  }
  Table table({"FREEZE", "SCOPE", "SINCE", "BY", "REASON"});
  for (const v1::Freeze& each : response.freezes()) {
    table.add({each.name(), scope_of(each), time_text(each.create_time()), each.creator(),
               each.reason()});
  }
  return kDone;
}

int thaw(const Connection& connection, const Options& options) {
  v1::DeleteFreezeRequest request;
  request.set_name(options.name);
  google::protobuf::Empty nothing;
  const grpc::Status status =
      connection.call(stub_of(connection), &Stub::DeleteFreeze, request, nothing);
  return status.ok() ? kDone : fail(status);
}

std::string seconds_text(const google::protobuf::Duration& duration) {
  return std::to_string(google::protobuf::util::TimeUtil::DurationToMilliseconds(duration)) + " ms";
}

std::string joined(const google::protobuf::RepeatedPtrField<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

void print_findings(const v1::DeviceExplanation& explanation) {
  if (explanation.findings().empty()) std::cout << "nothing is wrong\n";
  for (const v1::Finding& finding : explanation.findings()) {
    std::cout << v1::Finding::Severity_Name(finding.severity()) << ": " << finding.summary()
              << '\n';
    if (!finding.advice().empty()) std::cout << "  " << finding.advice() << '\n';
  }
}

void print_tables(const v1::DeviceExplanation& explanation) {
  std::cout << "\nwakes by\n";
  {
    Table ways({"WAY", "USABLE", "WHY NOT", "LAST TRY", "OUTCOME", "SILENT"});
    for (const v1::WakeWay& way : explanation.wake_ways()) {
      ways.add({way.name(), way.usable() ? "yes" : "no", way.why_not(),
                time_text(way.last_try_time()), way.last_outcome(),
                std::to_string(way.silent_tries())});
    }
  }
  std::cout << "\nwaits\n";
  {
    Table queue({"OPERATION", "STATE", "WHAT", "BY"});
    for (const v1::Operation& operation : explanation.queue()) {
      queue.add({operation.name(), v1::Operation::State_Name(operation.state()),
                 operation.kind() + " " + operation.summary(), operation.requester()});
    }
  }
  std::cout << "\nlast sessions\n";
  {
    Table sessions({"BEGAN", "TOOK", "EVENTS", "OUTCOME", "RPCS", "FROM"});
    for (const v1::SessionRecord& session : explanation.sessions()) {
      sessions.add({time_text(session.start_time()), seconds_text(session.duration()),
                    joined(session.event_codes()), session.outcome(),
                    std::to_string(session.rpcs()), session.peer()});
    }
  }
  std::cout << "\nanswers\n";
  Table rpcs({"RPC", "COUNT", "FAULTS", "MEAN", "LONGEST"});
  for (const v1::RpcTime& rpc : explanation.rpc_times()) {
    rpcs.add({rpc.rpc(), std::to_string(rpc.count()), std::to_string(rpc.faults()),
              seconds_text(rpc.mean()), seconds_text(rpc.max())});
  }
}

int explain(const Connection& connection, const Options& options) {
  v1::ExplainDeviceRequest request;
  request.set_name(device_of(options.device));
  v1::DeviceExplanation explanation;
  auto stub = v1::DeviceService::NewStub(connection.channel());
  const grpc::Status status =
      connection.call(stub, &v1::DeviceService::Stub::ExplainDevice, request, explanation);
  if (!status.ok()) return fail(status);
  if (connection.format() == Format::kJson) {
    print_json(explanation);
    return kDone;
  }
  print_findings(explanation);
  for (const std::string& freeze : explanation.frozen_by()) {
    std::cout << "frozen: " << freeze << '\n';
  }
  if (explanation.quirks_size() > 0)
    std::cout << "quirks: " << joined(explanation.quirks()) << '\n';
  print_tables(explanation);
  return kDone;
}

}  // namespace

void add_brake_commands(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto command = [&](const char* name, const char* help,
                     int (*work)(const Connection&, const Options&)) {
    CLI::App* made = app.add_subcommand(name, help);
    made->callback([&action, options, work] {
      action = [options, work](const Connection& connection) { return work(connection, *options); };
    });
    return made;
  };
  CLI::App* freezing = command("freeze", "stops all writes to devices, at every door", freeze);
  freezing->add_flag("--all", options->all);
  freezing->add_option("--oui", options->oui, "of a model; * is any run of characters");
  freezing->add_option("--product-class", options->product_class, "of a model");
  freezing->add_option("--software", options->software_version, "of a model");
  freezing->add_option("--controller", options->controller, "Endpoint ID, or grpc");
  freezing->add_option("--reason", options->reason, "for those who find it frozen");
  command("freezes", "what is frozen", list);
  command("thaw", "lifts a freeze", thaw)
      ->add_option("name", options->name, "freezes/...")
      ->required();
  command("explain", "why a device cannot be reached, or is slow", explain)
      ->add_option("device", options->device, "Endpoint ID")
      ->required();
}

}  // namespace bridge::ctl
