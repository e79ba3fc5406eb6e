// Operations as the control API starts, sees and cancels them.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/event_hub.h"
#include "bridge/log.h"
#include "bridge/runtime.h"
#include "bridge/trace_id.h"

namespace bridge {

namespace asio = boost::asio;
using std::chrono::milliseconds;

asio::awaitable<control::CancelResult> VirtualAgent::cancel(std::int64_t operation_id) {
  auto self = device_.shared_from_this();
  auto found = running_.find(operation_id);
  if (found == running_.end()) co_return control::CancelResult::kNotFound;
  std::shared_ptr<Execution> execution = found->second.execution;
  if (!execution->cancel()) {
    auto asking = call_back(execution);
    bool called_back = co_await std::move(asking);
    if (!called_back) co_return control::CancelResult::kAlreadySent;
  }
  while (running_.count(operation_id) > 0) co_await operation_ended_.wait();
  co_return control::CancelResult::kCancelled;
}

asio::awaitable<bool> VirtualAgent::call_back(std::shared_ptr<Execution> execution) {
  auto work = std::make_shared<Work>();
  work->task = execution->make_cancel_task();
  if (!work->task) co_return false;
  work->deadline =
      std::chrono::steady_clock::now() + device_.runtime().config.device.operation_deadline;
  WorkEnd end = co_await device_.run(work);
  const bool good =
      end == WorkEnd::kDone && work->task->outcome().kind == task::Outcome::Kind::kDone;
  if (good) execution->end_cancelled();
  co_return good;
}

asio::awaitable<tl::expected<control::OperationInfo, control::Backend::Refused>>
VirtualAgent::start_command(std::string command, std::string command_key,
                            std::map<std::string, std::string> input, control::Backend::Ask ask) {
  using control::Backend;
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded || !device_.onboarded()) {
    co_return tl::unexpected(Backend::Refused{7002, "the device's agent is not up yet"});
  }
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id(make_msg_id());
  msg.mutable_header()->set_msg_type(usp_msg::Header::OPERATE);
  auto* operate = msg.mutable_body()->mutable_request()->mutable_operate();
  operate->set_command(command);
  operate->set_command_key(command_key);
  operate->set_send_resp(true);
  operate->mutable_input_args()->insert(input.begin(), input.end());
  auto snapshot = device_.snapshot();
  usp::Outcome outcome = judge(nullptr, msg, {}, *snapshot->view, true);
  snapshot.reset();
  auto* plan = std::get_if<usp::Plan>(&outcome);
  if (plan == nullptr || plan->steps.size() != 1) {
    Backend::Refused refused{7022, "the command names no single object"};
    if (const auto* respond = std::get_if<usp::Respond>(&outcome)) {
      const usp_msg::Body& body = respond->msg.body();
      if (body.has_error()) refused = {body.error().err_code(), body.error().err_msg()};
      for (const auto& result : body.response().operate_resp().operation_results()) {
        if (result.has_cmd_failure()) {
          refused = {result.cmd_failure().err_code(), result.cmd_failure().err_msg()};
        }
      }
    }
    co_return tl::unexpected(refused);
  }
  if (const auto error = frozen(*plan, ask.requester)) {
    co_return tl::unexpected(
        Backend::Refused{static_cast<std::uint32_t>(error->code), error->text});
  }
  if (running_.size() >= device_.runtime().config.device.open_operations) {
    co_return tl::unexpected(
        Backend::Refused{7005, "too many operations wait for this device already"});
  }
  auto operation = std::make_shared<Operation>();
  operation->origin.kind = Requester::Kind::kGrpc;
  operation->origin.requester = ask.requester;
  operation->origin.trace_id = ask.trace_id.empty() ? make_trace_id() : std::move(ask.trace_id);
  operation->created_ms = now_ms();
  milliseconds limit = ask.timeout > milliseconds(0)
                           ? ask.timeout
                           : device_.runtime().config.device.command_deadline;
  operation->deadline_ms = operation->created_ms + limit.count();
  operation->plan = std::move(*plan);
  operation->results.resize(1);
  Result<void> stored = co_await store_operation(operation);
  if (!stored) co_return tl::unexpected(Backend::Refused{7005, stored.error().text});
  control::OperationInfo info = info_of(*operation);
  log_debug(subject_of(*operation, device_.endpoint_id()), "Operate {} of {} begins",
            summary(operation->plan), ask.requester);
  Running running;
  running.operation = operation;
  running.execution = start(operation);
  running_[operation->id] = running;
  publish(*operation);
  auto to_end = run_to_end(std::move(running));
  asio::co_spawn(device_.strand(), std::move(to_end), asio::detached);
  co_return info;
}

std::vector<control::OperationInfo> VirtualAgent::open_operation_infos() const {
  std::vector<control::OperationInfo> out;
  for (const auto& [id, running] : running_) out.push_back(info_of(*running.operation));
  return out;
}

control::OperationInfo VirtualAgent::info_of(const Operation& operation) const {
  return to_info(operation, device_.endpoint_id(), 0);
}

void VirtualAgent::publish(const Operation& operation) {
  EventHub& events = device_.runtime().events;
  if (!events.watched()) return;
  std::int64_t finished = is_over(operation.state) ? now_ms() : 0;
  events.publish(
      {now_ms(), device_.endpoint_id(), to_info(operation, device_.endpoint_id(), finished)});
}

control::OperationInfo to_info(const Operation& operation, const std::string& endpoint_id,
                               std::int64_t finished_ms) {
  control::OperationInfo info;
  info.id = operation.id;
  info.endpoint_id = endpoint_id;
  switch (operation.state) {
    case OperationState::kQueued:
      info.state = control::OperationState::kQueued;
      break;
    case OperationState::kRunning:
      info.state = control::OperationState::kRunning;
      break;
    case OperationState::kSucceeded:
      info.state = control::OperationState::kSucceeded;
      break;
    case OperationState::kFailed:
      info.state = control::OperationState::kFailed;
      break;
    case OperationState::kCancelled:
      info.state = control::OperationState::kCancelled;
      break;
  }
  info.kind = kind_name(operation.plan.kind);
  info.summary = summary(operation.plan);
  info.requester = operation.origin.requester;
  info.trace_id = operation.origin.trace_id;
  info.created_ms = operation.created_ms;
  info.deadline_ms = operation.deadline_ms;
  info.finished_ms = finished_ms;
  for (const usp::StepResult& result : operation.results) {
    if (result.state == usp::StepResult::State::kFailed) {
      info.error_code = static_cast<std::uint32_t>(result.code);
      info.error_text = result.text;
    } else {
      info.output.insert(result.values.begin(), result.values.end());
    }
  }
  return info;
}

}  // namespace bridge
