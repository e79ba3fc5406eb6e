// The commands of Operate: those that become CWMP RPCs, and those that the bridge keeps itself.
#include <charconv>
#include <utility>

#include "bridge/agent/execution.h"
#include "bridge/agent/local_schema.h"
#include "bridge/agent/view.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/fault_map.h"
#include "bridge/runtime.h"
#include "bridge/task/command.h"

namespace bridge {

namespace asio = boost::asio;
using State = usp::StepResult::State;

namespace {

usp::StepResult failure(usp::ErrorCode code, std::string text) {
  usp::StepResult out;
  out.state = State::kFailed;
  out.code = code;
  out.text = std::move(text);
  return out;
}

usp::StepResult done() {
  usp::StepResult out;
  out.state = State::kDone;
  return out;
}

std::optional<std::uint32_t> to_number(const std::string& text) {
  std::uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "Complete" and whatever else a diagnostic ended with; errors start with "Error".
bool is_error_state(const std::string& state) { return state.starts_with("Error"); }

}  // namespace

asio::awaitable<void> Execution::run_commands(Commit& commit) {
  for (std::size_t i = 0; i < operation_->plan.steps.size(); ++i) {
    if (finished(i)) continue;
    auto one = run_command(i, commit);
    usp::StepResult result = co_await std::move(one);
    operation_->results[i] = std::move(result);
    co_await save_results();
  }
}

asio::awaitable<usp::StepResult> Execution::run_command(std::size_t index, Commit& commit) {
  const usp::Plan& plan = operation_->plan;
  const std::string object = plan.steps[index].path;
  const std::string name = object + plan.command;
  if (name == "Device.Reboot()") {
    auto task = std::make_shared<task::Reboot>(plan.command_key);
    co_return co_await run_rpc(index, std::move(task));
  }
  if (name == "Device.FactoryReset()") {
    auto task = std::make_shared<task::FactoryReset>();
    co_return co_await run_rpc(index, std::move(task));
  }
  if (name == "Device.ScheduleTimer()") co_return co_await run_timer();
  if (plan.command == "SendOnBoardRequest()") {
    bool sent = device_.agent().send_onboard_request(object, commit);
    if (sent) co_return done();
    co_return failure(usp::ErrorCode::kCommandFailure, "the controller is not enabled");
  }
  if (plan.command == "Cancel()" && object.starts_with("Device.LocalAgent.Request.")) {
    bool cancelled = device_.agent().cancel_request(object);
    if (cancelled) co_return done();
    co_return failure(usp::ErrorCode::kCommandFailure, "the device has been asked already");
  }
  std::string diagnostics = plan.command.substr(0, plan.command.find('('));
  auto native = device_.to_native(object + diagnostics + ".");
  if (native && device_.tree().has_object(*native)) {
    co_return co_await run_diagnostics(index, *native);
  }
  co_return failure(usp::ErrorCode::kCommandFailure, "the device has no such command");
}

asio::awaitable<usp::StepResult> Execution::run_rpc(std::size_t step,
                                                    std::shared_ptr<task::Task> task) {
  WorkPtr work = make_work(task, step);
  WorkEnd end = WorkEnd::kCancelled;
  if (!cancelled_) end = co_await device_.run(work);
  work_.reset();
  if (auto failed = failure_of(end, *task, static_cast<int>(FaultContext::kOperate))) {
    co_return *failed;
  }
  co_return done();
}

asio::awaitable<usp::StepResult> Execution::run_diagnostics(std::size_t step, std::string native) {
  std::vector<task::Diagnostics::Argument> arguments;
  for (const auto& [name, value] : operation_->plan.input_args) {
    arguments.push_back({name, value, ValueType::kUnknown});
  }
  auto task = std::make_shared<task::Diagnostics>(native, std::move(arguments), "usp-bridge");
  WorkPtr work = make_work(task, step);
  WorkEnd end = WorkEnd::kCancelled;
  if (!cancelled_) end = co_await device_.run(work);
  work_.reset();
  if (auto failed = failure_of(end, *task, static_cast<int>(FaultContext::kOperate))) {
    co_return *failed;
  }
  usp::StepResult result = done();
  std::string state;
  for (const cwmp::ParameterValue& value : task->values()) {
    if (!value.name.starts_with(native)) continue;
    std::string relative = value.name.substr(native.size());
    if (relative == "DiagnosticsState") {
      state = value.value;
      continue;
    }
    if (operation_->plan.input_args.count(relative) > 0) continue;
    result.values[relative] =
        std::string(to_usp_text(relative, value.value, value_type(value.type)));
  }
  result.values["Status"] = state;
  if (is_error_state(state)) {
    // TR-181: the command fails, its Status says how.
    usp::StepResult failed =
        failure(usp::ErrorCode::kCommandFailure, "the diagnostic ended with " + state);
    co_return failed;
  }
  device_.agent().keep_declared_outputs(operation_->plan.steps[step].path, operation_->plan.command,
                                        result.values);
  co_return result;
}

asio::awaitable<usp::StepResult> Execution::run_timer() {
  auto argument = operation_->plan.input_args.find("DelaySeconds");
  std::optional<std::uint32_t> delay;
  if (argument != operation_->plan.input_args.end()) delay = to_number(argument->second);
  if (!delay) {
    co_return failure(usp::ErrorCode::kInvalidCommandArguments, "DelaySeconds is no number");
  }
  std::int64_t due = operation_->created_ms + std::int64_t{*delay} * 1000;
  timer_ = std::make_shared<Promise<bool>>(device_.strand());
  if (cancelled_) timer_->set(true);
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(due - now_ms());
  auto promise = timer_;
  std::optional<bool> cancelled = co_await promise->get_until(until);
  timer_.reset();
  if (cancelled) co_return failure(usp::ErrorCode::kCommandCanceled, "cancelled");
  co_return done();
}

}  // namespace bridge
