#include "bridge/control/operation_service.h"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "bridge/control/call.h"
#include "bridge/control/names.h"
#include "bridge/wait.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

/// How long WaitOperation waits when neither the call nor its deadline says.
constexpr milliseconds kDefaultWait = std::chrono::minutes(1);

const char* kNameForm = "name: expected devices/{endpoint_id}/operations/{id}";

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

grpc::Status no_such_operation(const std::string& name) {
  return {grpc::StatusCode::NOT_FOUND, "no such operation: " + name};
}

asio::awaitable<grpc::Status> start(Backend& backend, const v1::StartCommandRequest& request,
                                    v1::Operation& response, milliseconds timeout) {
  auto id = parse_device_name(request.device());
  if (!id) co_return invalid_argument("device: expected devices/{endpoint_id}");
  std::map<std::string, std::string> input(request.input().begin(), request.input().end());
  auto started = co_await backend.start_command(*id, request.command(), request.command_key(),
                                                std::move(input), timeout);
  if (!started) {
    const Backend::Refused& refused = started.error();
    if (refused.code == 0) co_return no_such_device(request.device());
    co_return to_status(refused.code, refused.text);
  }
  fill(*started, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> get(Backend& backend, const v1::GetOperationRequest& request,
                                  v1::Operation& response) {
  auto name = parse_operation_name(request.name());
  if (!name) co_return invalid_argument(kNameForm);
  Result<std::optional<OperationInfo>> info =
      co_await backend.operation(name->endpoint_id, name->id);
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_operation(request.name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list(Backend& backend, const v1::ListOperationsRequest& request,
                                   v1::ListOperationsResponse& response) {
  auto device = parse_device_name(request.device());
  if (!device) co_return invalid_argument("device: expected devices/{endpoint_id}");
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  auto before = parse_page_token(request.page_token());
  if (!before) co_return before.error();
  Result<std::optional<std::vector<OperationInfo>>> page =
      co_await backend.operations(*device, *before, *size + 1);
  if (!page) co_return to_status(page.error());
  if (!*page) co_return no_such_device(request.device());
  std::vector<OperationInfo>& rows = **page;
  bool more = rows.size() > *size;
  if (more) rows.resize(*size);
  for (const OperationInfo& info : rows) fill(info, response.add_operations());
  if (more) response.set_next_page_token(std::to_string(rows.back().id));
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> cancel(Backend& backend, const v1::CancelOperationRequest& request,
                                     v1::Operation& response) {
  auto name = parse_operation_name(request.name());
  if (!name) co_return invalid_argument(kNameForm);
  Result<CancelResult> result = co_await backend.cancel(name->endpoint_id, name->id);
  if (!result) co_return to_status(result.error());
  if (*result == CancelResult::kNotFound) co_return no_such_operation(request.name());
  if (*result == CancelResult::kAlreadySent) {
    co_return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION,
                           "the device has been asked already");
  }
  if (*result == CancelResult::kAlreadyDone) {
    co_return grpc::Status(grpc::StatusCode::FAILED_PRECONDITION, "the operation is over");
  }
  Result<std::optional<OperationInfo>> info =
      co_await backend.operation(name->endpoint_id, name->id);
  if (!info) co_return to_status(info.error());
  if (!*info) co_return no_such_operation(request.name());
  fill(**info, &response);
  co_return grpc::Status::OK;
}

bool is_over(const OperationInfo& info) {
  return info.state != OperationState::kQueued && info.state != OperationState::kRunning;
}

/// Looks after each change of the operation until it is over or the time has come.
asio::awaitable<grpc::Status> wait_for_end(Backend& backend,
                                           const v1::WaitOperationRequest& request,
                                           v1::Operation& response, milliseconds timeout) {
  auto name = parse_operation_name(request.name());
  if (!name) co_return invalid_argument(kNameForm);
  auto until = std::chrono::steady_clock::now();
  until += timeout > milliseconds(0) ? timeout : kDefaultWait;

  auto strand = co_await asio::this_coro::executor;  // a call runs on its own
  auto over = std::make_shared<Promise<OperationInfo>>(strand);
  // Watch before looking, so that an end in between is not missed.
  std::shared_ptr<void> watch = backend.watch([over, strand, name](const Happening& happening) {
    const auto* info = std::get_if<OperationInfo>(&happening.what);
    if (info == nullptr || info->id != name->id || !is_over(*info)) return;
    asio::post(strand, [over, copy = *info] { over->set(copy); });
  });
  Result<std::optional<OperationInfo>> info =
      co_await backend.operation(name->endpoint_id, name->id);
  if (info && *info && !is_over(**info)) {
    std::optional<OperationInfo> ended = co_await over->get_until(until);
    if (ended) {
      *info = std::move(ended);
    } else {
      info = co_await backend.operation(name->endpoint_id, name->id);
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
  if (info.error_code != 0) {
    out->mutable_error()->set_usp_code(info.error_code);
    out->mutable_error()->set_message(info.error_text);
  }
  out->mutable_output()->insert(info.output.begin(), info.output.end());
}

OperationService::OperationService(asio::any_io_executor executor, Backend& backend)
    : executor_(std::move(executor)), backend_(backend) {}

grpc::ServerUnaryReactor* OperationService::StartCommand(grpc::CallbackServerContext* context,
                                                         const v1::StartCommandRequest* request,
                                                         v1::Operation* response) {
  // The gRPC deadline bounds this call, not the command that goes on after it.
  auto timeout = timeout_field(request->has_timeout(), request->timeout());
  if (!timeout) return refuse_call(context, timeout.error());
  milliseconds limit = timeout->value_or(milliseconds(0));
  return run_call(
      executor_, context, request, response,
      [&backend = backend_, limit](const v1::StartCommandRequest& in, v1::Operation& out) {
        return start(backend, in, out, limit);
      });
}

grpc::ServerUnaryReactor* OperationService::GetOperation(grpc::CallbackServerContext* context,
                                                         const v1::GetOperationRequest* request,
                                                         v1::Operation* response) {
  return run_call(executor_, context, request, response,
                  [&backend = backend_](const v1::GetOperationRequest& in, v1::Operation& out) {
                    return get(backend, in, out);
                  });
}

grpc::ServerUnaryReactor* OperationService::ListOperations(grpc::CallbackServerContext* context,
                                                           const v1::ListOperationsRequest* request,
                                                           v1::ListOperationsResponse* response) {
  return run_call(
      executor_, context, request, response,
      [&backend = backend_](const v1::ListOperationsRequest& in, v1::ListOperationsResponse& out) {
        return list(backend, in, out);
      });
}

grpc::ServerUnaryReactor* OperationService::CancelOperation(
    grpc::CallbackServerContext* context, const v1::CancelOperationRequest* request,
    v1::Operation* response) {
  return run_call(executor_, context, request, response,
                  [&backend = backend_](const v1::CancelOperationRequest& in, v1::Operation& out) {
                    return cancel(backend, in, out);
                  });
}

grpc::ServerUnaryReactor* OperationService::WaitOperation(grpc::CallbackServerContext* context,
                                                          const v1::WaitOperationRequest* request,
                                                          v1::Operation* response) {
  auto work = [&backend = backend_](const v1::WaitOperationRequest& in, v1::Operation& out,
                                    milliseconds timeout) {
    return wait_for_end(backend, in, out, timeout);
  };
  return run_timed_call(executor_, context, request, response, milliseconds(0), std::move(work),
                        WhenGone::kCancel);
}

}  // namespace bridge::control
