// usp-bridgectl watch
#include <csignal>
#include <iostream>
#include <thread>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "proto/bridge/v1/watch.grpc.pb.h"

namespace bridge::ctl {

namespace {

struct Options {
  std::string device;
  std::string filter;
  std::string resume;
  std::vector<std::string> types;
  bool once = false;
};

constexpr std::chrono::seconds kPause{1};  ///< before the bridge is tried again

void print(const Connection& connection, const v1::WatchEvent& event) {
  if (connection.format() == Format::kJson) return print_json(event);
  if (event.has_heartbeat()) return;
  v1::WatchEvent what = event;
  what.clear_time();
  what.clear_device();
  what.clear_resume_token();
  std::cout << time_text(event.time()) << ' ' << event.device() << ' ' << what.ShortDebugString()
            << std::endl;
}

/// Goes on where a broken stream ended, so that nothing is lost or printed twice.
int watch(const Connection& connection, const Options& options) {
  auto stub = v1::WatchService::NewStub(connection.channel());
  v1::WatchRequest request;
  if (!options.device.empty()) request.set_device(device_of(options.device));
  request.set_filter(options.filter);
  request.set_resume_token(options.resume);
  for (const std::string& type : options.types) {
    v1::EventType value = v1::EVENT_TYPE_UNSPECIFIED;
    if (!v1::EventType_Parse(type, &value)) return wrong_use("no such type of event: " + type);
    request.add_types(value);
  }
  for (;;) {
    grpc::ClientContext context;
    connection.prepare(context, false);
    auto stream = stub->Watch(&context, request);
    v1::WatchEvent event;
    while (stream->Read(&event)) {
      print(connection, event);
      request.set_resume_token(event.resume_token());
    }
    const grpc::Status status = stream->Finish();
    const bool broken = status.error_code() == grpc::StatusCode::UNAVAILABLE;
    if (options.once || !broken || request.resume_token().empty()) return fail(status);
    std::cerr << "usp-bridgectl: " << status.error_message() << "; trying again\n";
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

void add_watch_command(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("watch", "prints what happens, of one device or of all");
  command->add_option("device", options->device, "Endpoint ID");
  command->add_option("--filter", options->filter, "of devices");
  command->add_option("--type", options->types,
                      "INFORM, VALUE_CHANGE, OBJECT_CREATED, OBJECT_DELETED, OPERATION, "
                      "SESSION_ENDED or PRESENCE; may be given again");
  command->add_option("--resume", options->resume, "token of the last event that was seen");
  command->add_flag("--once", options->once, "do not go on when the connection breaks");
  command->callback([&action, options] {
    action = [options](const Connection& connection) { return watch(connection, *options); };
  });
}

}  // namespace bridge::ctl
