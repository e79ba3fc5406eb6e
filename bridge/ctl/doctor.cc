// usp-bridgectl doctor
#include <google/protobuf/util/time_util.h>
#include <sys/timex.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "bridge/ctl/commands.h"
#include "bridge/ctl/output.h"
#include "proto/bridge/v1/device.grpc.pb.h"
#include "proto/bridge/v1/maintenance.grpc.pb.h"
#include "proto/bridge/v1/parameter.grpc.pb.h"

namespace bridge::ctl {

namespace {

using google::protobuf::util::TimeUtil;
using std::chrono::milliseconds;
using std::chrono::system_clock;
using v1::Check;

/// Every device has it, and none answers it from a cache of ours.
constexpr const char* kLiveParameter = "Device.DeviceInfo.SoftwareVersion";
constexpr std::int64_t kLiveSeconds = 30;
/// Certificates and the times of logs bear that much.
constexpr std::int64_t kSkewMs = 5'000;

std::int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

Check check(const char* area, const std::string& subject, Check::Result result, std::string seen,
            std::string advice = {}) {
  Check out;
  out.set_area(area);
  out.set_subject(subject);
  out.set_result(result);
  out.set_seen(std::move(seen));
  out.set_advice(std::move(advice));
  return out;
}

bool says(const grpc::Status& status, const char* word) {
  return status.error_message().find(word) != std::string::npos;
}

/// Why nothing was heard of the bridge.
Check unreachable(const Connection& connection, const grpc::Status& status) {
  std::string advice;
  if (says(status, "refused") || says(status, "No such file")) {
    advice =
        "Nobody listens there: start the bridge (systemctl status usp-bridge), or give "
        "--address as grpc.listen and grpc.port have it.";
  } else if (says(status, "DNS") || says(status, "resol")) {
    advice = "The name is not known: check --address.";
  } else if (connection.uses_tls()) {
    advice = "Check --ca, --name, --certificate and --key; without grpc.tls leave --ca away.";
  } else {
    advice =
        "Something is there that does not answer: where grpc.tls is set give --ca, else look "
        "for a filter between.";
  }
  return check("endpoint", connection.address(), Check::FAILED, status.error_message(), advice);
}

/// Of a call that was to tell all the others.
Check judge_refusal(const Connection& connection, const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return unreachable(connection, status);
    case grpc::StatusCode::UNAUTHENTICATED:
      return check("endpoint", "token", Check::FAILED, status.error_message(),
                   "Give --token @FILE or --certificate of a client in grpc.clients.");
    case grpc::StatusCode::PERMISSION_DENIED:
      return check("endpoint", "role", Check::FAILED, status.error_message(),
                   "The doctor is for operators and administrators (grpc.clients[].role); a client "
                   "that may touch some devices only names one of them.");
    case grpc::StatusCode::UNIMPLEMENTED:
      return check("endpoint", connection.address(), Check::FAILED, status.error_message(),
                   "That is no usp-bridge, or an older one than this program.");
    default:
      return check("endpoint", "diagnosis", Check::FAILED, status.error_message(), "");
  }
}

/// Of two clocks; the answer was under way for `took` at most.
Check compare_clocks(std::int64_t server_ms, std::int64_t asked_ms, std::int64_t answered_ms) {
  const std::int64_t ahead = server_ms < asked_ms      ? server_ms - asked_ms
                             : server_ms > answered_ms ? server_ms - answered_ms
                                                       : 0;
  if (std::llabs(ahead) <= kSkewMs) {
    return check("time", "here and there", Check::OK, "the clocks agree");
  }
  return check("time", "here and there", Check::WARNING,
               "the bridge's clock is " + std::to_string(std::llabs(ahead) / 1000) + " s " +
                   (ahead > 0 ? "ahead of" : "behind") + " this machine's",
               "Synchronise both (timedatectl).");
}

/// What both are compared with; nothing where the kernel does not tell.
std::optional<Check> own_clock() {
  timex state{};  // modes 0: only looks
  const int got = ::adjtimex(&state);
  if (got < 0) return std::nullopt;
  if (got != TIME_ERROR && (state.status & STA_UNSYNC) == 0) {
    return check("time", "this machine", Check::OK, "its clock is synchronised");
  }
  return check("time", "this machine", Check::WARNING, "its clock is not synchronised",
               "Let chrony or systemd-timesyncd keep it (timedatectl).");
}

/// How the device came into its session, as far as it is told.
std::string how_reached(const Connection& connection, const std::string& device,
                        std::int64_t since_ms) {
  auto stub = v1::DeviceService::NewStub(connection.channel());
  v1::ExplainDeviceRequest request;
  request.set_name(device);
  v1::DeviceExplanation told;
  if (!connection.call(stub, &v1::DeviceService::Stub::ExplainDevice, request, told).ok())
    return "";
  for (const v1::WakeWay& way : told.wake_ways()) {
    if (TimeUtil::TimestampToMilliseconds(way.last_try_time()) < since_ms) continue;
    return ", woken by " + way.name() + " (" + way.last_outcome() + ")";
  }
  return ", in a session that it had or opened itself";
}

/// Really reads one parameter of it.
Check read_live(const Connection& connection, const std::string& device, std::int64_t bridge_ms) {
  auto stub = v1::ParameterService::NewStub(connection.channel());
  v1::GetParametersRequest request;
  request.set_device(device);
  request.add_paths(kLiveParameter);
  request.set_source(v1::LIVE);
  *request.mutable_timeout() = TimeUtil::SecondsToDuration(kLiveSeconds);
  v1::GetParametersResponse response;
  const auto began = std::chrono::steady_clock::now();
  const grpc::Status status =
      connection.call(stub, &v1::ParameterService::Stub::GetParameters, request, response);
  const auto took =
      std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
  const std::string after = std::to_string(took.count()) + " ms";
  if (!status.ok()) {
    return check("device", "live read", Check::FAILED,
                 status.error_message() + " (after " + after + ")",
                 "What the checks of the device above say; its next Inform brings it in any case.");
  }
  if (response.parameters_size() == 0) {
    const std::string why = response.errors_size() > 0 ? response.errors(0).message() : "no value";
    return check("device", "live read", Check::FAILED, std::string(kLiveParameter) + ": " + why,
                 "Look at usp-bridgectl explain, and at the bridge's log.");
  }
  return check("device", "live read", Check::OK,
               std::string(kLiveParameter) + " = " + response.parameters(0).value() + " in " +
                   after + how_reached(connection, device, bridge_ms));
}

const char* word_of(Check::Result result) {
  switch (result) {
    case Check::OK:
      return "OK  ";
    case Check::WARNING:
      return "WARN";
    default:
      return "FAIL";
  }
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

void print(const v1::DiagnoseResponse& response) {
  std::size_t area = 0;
  std::size_t subject = 0;
  for (const Check& each : response.checks()) {
    area = std::max(area, each.area().size());
    subject = std::max(subject, each.subject().size());
  }
  for (const Check& each : response.checks()) {
    std::cout << word_of(each.result()) << "  " << padded(each.area(), area) << "  "
              << padded(printable(each.subject()), subject) << "  " << printable(each.seen())
              << '\n';
    if (!each.advice().empty()) std::cout << "        " << printable(each.advice()) << '\n';
  }
}

int finish(const Connection& connection, const v1::DiagnoseResponse& response, int status) {
  if (connection.format() == Format::kJson) {
    print_json(response);
  } else {
    print(response);
  }
  if (status != kDone) return status;
  const bool failed = std::ranges::any_of(
      response.checks(), [](const Check& each) { return each.result() == Check::FAILED; });
  return failed ? kFailed : kDone;
}

int doctor(const Connection& connection, const std::string& device) {
  auto stub = v1::MaintenanceService::NewStub(connection.channel());
  v1::DiagnoseRequest request;
  if (!device.empty()) request.set_device(device_of(device));
  v1::DiagnoseResponse response;
  const std::int64_t asked = now_ms();
  const grpc::Status status =
      connection.call(stub, &v1::MaintenanceService::Stub::Diagnose, request, response);
  const std::int64_t answered = now_ms();
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) return fail(status);
  if (!status.ok()) {
    response.Clear();
    *response.add_checks() = judge_refusal(connection, status);
    return finish(connection, response, exit_status(status.error_code()));
  }
  v1::DiagnoseResponse all = response;
  all.clear_checks();
  *all.add_checks() = check(
      "endpoint", connection.address(), Check::OK,
      "usp-bridge " + response.version() + " answers, " + std::to_string(answered - asked) + " ms");
  const std::int64_t bridge_ms = TimeUtil::TimestampToMilliseconds(response.server_time());
  *all.add_checks() = compare_clocks(bridge_ms, asked, answered);
  if (auto own = own_clock()) *all.add_checks() = *std::move(own);
  all.mutable_checks()->MergeFrom(response.checks());
  if (!device.empty()) *all.add_checks() = read_live(connection, request.device(), bridge_ms);
  return finish(connection, all, kDone);
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& action) {
  auto device = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "doctor", "looks at what the bridge depends on, and says what to do; 1: a check failed");
  command->add_option("device", *device, "Endpoint ID; it is called and read, too");
  command->callback([&action, device] {
    action = [device](const Connection& connection) { return doctor(connection, *device); };
  });
}

}  // namespace bridge::ctl
