// Diagnostics: a device has one object for each kind of test, so tests of one kind take turns.
#include <utility>

#include "bridge/agent/execution.h"
#include "bridge/agent/view.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/runtime.h"
#include "bridge/task/command.h"

namespace bridge {

namespace asio = boost::asio;

/// What the test is to be run with, relative to `native`.
tl::expected<std::vector<task::Diagnostics::Argument>, usp::StepResult> Execution::test_arguments(
    std::size_t step, const CommandRow& row, const std::string& object, const std::string& native) {
  const std::vector<usp::Setting> settings = arguments_of(row, object);
  const ShownStep shown{step, object, settings};
  std::vector<task::Diagnostics::Argument> arguments;
  const auto refuse = [](const std::string& name, const std::string& why) {
    return tl::unexpected(
        step_failure(usp::ErrorCode::kInvalidCommandArguments, name + ": " + why));
  };
  for (const NativeWrite& write : device_.model().set({&shown, 1})) {
    for (const Refused& refused : write.refused) {
      if (refused.required) return refuse(refused.origin.param, refused.text);
    }
    for (const NativeAssignment& each : write.set) {
      if (each.name.starts_with(native)) {
        std::string name = each.name.substr(native.size());
        arguments.push_back({std::move(name), each.value, each.type, each.required});
      } else if (each.required) {
        return refuse(each.name, "the device has it outside of the test");
      }
    }
  }
  return arguments;
}

asio::awaitable<usp::StepResult> Execution::run_diagnostics(std::size_t step,
                                                            const CommandRow& row) {
  const usp::Plan& plan = operation_->plan;
  const std::string object = with_instances(row.target, plan.steps[step].path);
  auto native = device_.to_native(object);
  if (!native || !device_.tree().has_object(*native)) {
    co_return no_such_command();
  }
  auto arguments = test_arguments(step, row, object, *native);
  if (!arguments) co_return arguments.error();
  auto turn = device_.agent().take_turn(*native, operation_->deadline_ms, cancelled_);
  bool mine = co_await std::move(turn);
  if (!mine) {
    if (cancelled_) co_return step_failure(usp::ErrorCode::kCommandCanceled, "cancelled");
    co_return step_failure(usp::ErrorCode::kDeviceNotReached,
                           "another test of this kind ran until the deadline");
  }
  diagnostics_ = *native;
  auto task = std::make_shared<task::Diagnostics>(*native, *std::move(arguments), kParameterKey);
  auto running = run_task(step, task);
  Failed failed = co_await std::move(running);
  device_.agent().give_turn(*native);
  if (failed) {
    for (const cwmp::ParameterFault& error : task->errors()) {
      const std::string name = device_.model().shown_of(error.name).value_or(error.name);
      failed->text += "; " + name.substr(name.rfind('.') + 1) + ": " + error.text;
    }
    co_return *failed;
  }
  co_return results_of(step, row, object, task->values());
}

/// TR-181 gives each test a Status among its output, which also names what went wrong: a test that
/// ends in an error has run all the same.
usp::StepResult Execution::results_of(std::size_t step, const CommandRow& row,
                                      const std::string& object,
                                      const std::vector<cwmp::ParameterValue>& values) {
  usp::StepResult result = step_done();
  DeviceModel& model = device_.model();
  for (const cwmp::ParameterValue& value : values) {
    const auto path = model.shown_of(value.name);
    if (!path || !path->starts_with(object)) continue;
    const Node* node = model.shown().find(*path);
    std::string relative = path->substr(object.size());
    if (node == nullptr || row.argument(relative) != nullptr) continue;
    if (relative == "DiagnosticsState") relative = "Status";
    result.values[relative] = std::string(to_usp_text(relative, node->value(), node->type()));
  }
  const usp::Step& on = operation_->plan.steps[step];
  device_.agent().keep_declared_outputs(on.path, operation_->plan.command, result.values);
  return result;
}

}  // namespace bridge
