#include "bridge/control/operation_service.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <functional>

#include "bridge/control/ask.h"
#include "bridge/control/call.h"
#include "bridge/control/dry_run_ask.h"
#include "bridge/control/names.h"
#include "bridge/wait.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

/// How long WaitOperation waits when neither the call nor its deadline says.
constexpr milliseconds kDefaultWait = std::chrono::minutes(1);

/// The collection of all of them (AIP-159).
constexpr const char* kAllDevices = "devices/-";

const char* kNameForm = "expected devices/{endpoint_id}/operations/{id}";

v1::Operation::State to_proto(OperationState state) {
  switch (state) {
    case OperationState::kQueued:
      return v1::Operation::QUEUED;
    case OperationState::kRunning:
      return v1::Operation::RUNNING;
    case OperationState::kSucceeded:
      return v1::Operation::SUCCEEDED;
    case OperationState::kFailed:
      return v1::Operation::FAILED;
    case OperationState::kCancelled:
      return v1::Operation::CANCELLED;
  }
  return v1::Operation::STATE_UNSPECIFIED;
}

grpc::Status no_such_operation(const std::string& name) { return no_such("operation", name); }

/// The operation that a name says, if the client may see its device.
asio::awaitable<tl::expected<OperationName, grpc::Status>> find(Door& door, Visit visit,
                                                                std::string name) {
  auto parsed = parse_operation_name(name);
  if (!parsed) co_return tl::unexpected(invalid_argument("name", kNameForm));
  std::string device = device_name(parsed->endpoint_id);
  auto id = co_await door.device(std::move(visit), "name", std::move(device));
  if (!id) co_return tl::unexpected(id.error());
  co_return *parsed;
}

asio::awaitable<grpc::Status> start(Door& door, const Visit& visit,
                                    const v1::StartCommandRequest& request, v1::Operation& response,
                                    milliseconds timeout) {
  if (request.validate_only()) {
    usp_msg::Operate operate;
    operate.set_command(request.command());
    operate.set_command_key(request.command_key());
    operate.set_send_resp(true);
    operate.mutable_input_args()->insert(request.input().begin(), request.input().end());
    grpc::Status status = co_await plan_command(door, visit, request.device(), std::move(operate),
                                                *response.mutable_plan());
    response.set_kind("Operate");
    response.set_summary(request.command());
    response.set_requester(visit.client->requester);
    co_return status;
  }
  auto id = co_await door.device(visit, "device", request.device());
  if (!id) co_return id.error();
  Backend::Ask ask = ask_of(visit, timeout);
  std::map<std::string, std::string> input(request.input().begin(), request.input().end());
  auto started = co_await door.backend().start_command(
      *id, request.command(), request.command_key(), std::move(input), std::move(ask));
  if (!started) {
    const Backend::Refused& refused = started.error();
    if (refused.code == 0) co_return no_such_device(request.device());
    co_return to_status(refused.code, refused.text);
  }
  fill(*started, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> get(Door& door, const Visit& visit,
                                  const v1::GetOperationRequest& request, v1::Operation& response) {
  auto name = co_await find(door, visit, request.name());
  if (!name) co_return name.error();
  Result<std::optional<OperationInfo>> info =
      co_await door.backend().operation(name->endpoint_id, name->id);
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_operation(request.name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list(Door& door, const Visit& visit,
                                   const v1::ListOperationsRequest& request,
                                   v1::ListOperationsResponse& response) {
  Backend::OperationQuery query;
  if (request.device() == kAllDevices) {
    query.devices = visit.client->devices;
  } else {
    auto device = co_await door.device(visit, "device", request.device());
    if (!device) co_return device.error();
    query.endpoint_id = *device;
  }
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  query.limit = *size;
  auto filter = Filter::parse_operations(request.filter());
  if (!filter) co_return invalid_argument("filter", filter.error());
  query.filter = *std::move(filter);
  const std::string asked_for = request.device() + '\n' + request.filter();
  auto before = parse_page_id(request.page_token(), asked_for);
  if (!before) co_return before.error();
  query.before_id = *before;
  Result<std::optional<Backend::OperationPage>> page =
      co_await door.backend().operations(std::move(query));
  if (!page) co_return to_status(page.error());
  if (!*page) co_return no_such_device(request.device());
  for (const OperationInfo& info : (*page)->operations) fill(info, response.add_operations());
  if ((*page)->more) {
    response.set_next_page_token(page_token(std::to_string((*page)->last_id), asked_for));
  }
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> cancel(Door& door, const Visit& visit,
                                     const v1::CancelOperationRequest& request,
                                     v1::Operation& response) {
  auto name = co_await find(door, visit, request.name());
  if (!name) co_return name.error();
  Result<CancelResult> result = co_await door.backend().cancel(name->endpoint_id, name->id);
  if (!result) co_return to_status(result.error());
  if (*result == CancelResult::kNotFound) co_return no_such_operation(request.name());
  if (*result == CancelResult::kAlreadySent) {
    co_return not_now("the device has been asked already", "ALREADY_SENT");
  }
  if (*result == CancelResult::kAlreadyDone) {
    co_return not_now("the operation is over", "ALREADY_DONE");
  }
  Result<std::optional<OperationInfo>> info =
      co_await door.backend().operation(name->endpoint_id, name->id);
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_operation(request.name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

/// Looks after each change of the operation until it is over or the time has come.
asio::awaitable<grpc::Status> wait_for_end(Door& door, const Visit& visit,
                                           const v1::WaitOperationRequest& request,
                                           v1::Operation& response, milliseconds timeout) {
  auto name = co_await find(door, visit, request.name());
  if (!name) co_return name.error();
  auto until = std::chrono::steady_clock::now();
  until += timeout > milliseconds(0) ? timeout : kDefaultWait;

  auto strand = co_await asio::this_coro::executor;  // a call runs on its own
  auto over = std::make_shared<Promise<OperationInfo>>(strand);
  // Watch before looking, so that an end in between is not missed.
  std::shared_ptr<void> watch =
      door.backend().watch([over, strand, name](const Happening& happening) {
        const auto* info = std::get_if<OperationInfo>(&happening.what);
        if (info == nullptr || info->id != name->id || !is_over(info->state)) return;
        asio::post(strand, [over, copy = *info] { over->set(copy); });
      });
  Result<std::optional<OperationInfo>> info =
      co_await door.backend().operation(name->endpoint_id, name->id);
  if (info && *info && !is_over((*info)->state)) {
    std::optional<OperationInfo> ended = co_await over->get_until(until);
    if (ended) {
      *info = std::move(ended);
    } else {
      info = co_await door.backend().operation(name->endpoint_id, name->id);
    }
  }
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_operation(request.name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

}  // namespace

void fill(const OperationInfo& info, v1::Operation* out) {
  out->set_name(operation_name(info.endpoint_id, info.id));
  out->set_state(to_proto(info.state));
  out->set_kind(info.kind);
  out->set_summary(info.summary);
  out->set_requester(info.requester);
  set_timestamp(info.created_ms, out->mutable_create_time());
  if (info.deadline_ms > 0) set_timestamp(info.deadline_ms, out->mutable_deadline_time());
  if (info.finished_ms > 0) set_timestamp(info.finished_ms, out->mutable_finish_time());
  if (info.error_code != 0) fill(info.error_code, info.error_text, out->mutable_error());
  out->set_done(is_over(info.state));
  out->set_trace_id(info.trace_id);
  out->mutable_output()->insert(info.output.begin(), info.output.end());
}

grpc::ServerUnaryReactor* OperationService::StartCommand(grpc::CallbackServerContext* context,
                                                         const v1::StartCommandRequest* request,
                                                         v1::Operation* response) {
  // The gRPC deadline bounds this call, not the command that goes on after it.
  auto timeout = timeout_field(request->has_timeout(), request->timeout());
  if (!timeout) return refuse_call(context, timeout.error());
  milliseconds limit = timeout->value_or(milliseconds(0));
  auto work = [&door = door_, limit](const Visit& visit, const v1::StartCommandRequest& in,
                                     v1::Operation& out) {
    return start(door, visit, in, out, limit);
  };
  return run_call(door_, context, "OperationService/StartCommand", request, response,
                  std::move(work));
}

grpc::ServerUnaryReactor* OperationService::GetOperation(grpc::CallbackServerContext* context,
                                                         const v1::GetOperationRequest* request,
                                                         v1::Operation* response) {
  return run_call(door_, context, "OperationService/GetOperation", request, response,
                  std::bind_front(get, std::ref(door_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* OperationService::ListOperations(grpc::CallbackServerContext* context,
                                                           const v1::ListOperationsRequest* request,
                                                           v1::ListOperationsResponse* response) {
  return run_call(door_, context, "OperationService/ListOperations", request, response,
                  std::bind_front(list, std::ref(door_)), WhenGone::kCancel);
}

grpc::ServerUnaryReactor* OperationService::CancelOperation(
    grpc::CallbackServerContext* context, const v1::CancelOperationRequest* request,
    v1::Operation* response) {
  return run_call(door_, context, "OperationService/CancelOperation", request, response,
                  std::bind_front(cancel, std::ref(door_)));
}

grpc::ServerUnaryReactor* OperationService::WaitOperation(grpc::CallbackServerContext* context,
                                                          const v1::WaitOperationRequest* request,
                                                          v1::Operation* response) {
  return run_timed_call(door_, context, "OperationService/WaitOperation", request, response,
                        milliseconds(0), std::bind_front(wait_for_end, std::ref(door_)),
                        WhenGone::kCancel);
}

}  // namespace bridge::control
