// Diagnostics: a device has one object for each kind of test, so tests of one kind take turns.
#include <utility>

#include "bridge/agent/execution.h"
#include "bridge/agent/standard_model.h"
#include "bridge/agent/view.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/runtime.h"
#include "bridge/task/command.h"

namespace bridge {

namespace asio = boost::asio;

asio::awaitable<usp::StepResult> Execution::run_diagnostics(std::size_t step,
                                                            const CommandRow& row) {
  const usp::Plan& plan = operation_->plan;
  const std::string object = with_instances(row.target, plan.steps[step].path);
  auto native = device_.to_native(object);
  if (!native || !device_.tree().has_object(*native)) {
    co_return step_failure(usp::ErrorCode::kCommandFailure, "the device has no such command");
  }
  std::vector<task::Diagnostics::Argument> arguments;
  for (const CommandArgument& argument : row.input) {
    const std::string name(argument.name);
    const auto given = plan.input_args.find(name);
    const StandardParam* param = StandardModel::get().param(std::string(row.target) + name);
    if (given != plan.input_args.end()) {
      const bool reference = name == "Interface" || (param != nullptr && param->reference);
      std::string value = reference ? to_native_reference(given->second) : given->second;
      arguments.push_back({name, std::move(value)});
    } else if (argument.fallback && device_.tree().find(*native + name) != nullptr) {
      // Else it would keep what the last test was run with (R-OPR.7).
      arguments.push_back({name, std::string(*argument.fallback), ValueType::kUnknown, false});
    }
  }
  auto turn = device_.agent().take_turn(*native, operation_->deadline_ms, cancelled_);
  bool mine = co_await std::move(turn);
  if (!mine) {
    if (cancelled_) co_return step_failure(usp::ErrorCode::kCommandCanceled, "cancelled");
    co_return step_failure(usp::ErrorCode::kDeviceNotReached,
                           "another test of this kind ran until the deadline");
  }
  diagnostics_ = *native;
  auto task = std::make_shared<task::Diagnostics>(*native, std::move(arguments), kParameterKey);
  auto running = run_task(step, task);
  Failed failed = co_await std::move(running);
  device_.agent().give_turn(*native);
  if (failed) {
    for (const cwmp::ParameterFault& error : task->errors()) {
      failed->text += "; " + error.name.substr(error.name.rfind('.') + 1) + ": " + error.text;
    }
    co_return *failed;
  }
  co_return results_of(step, row, *native, task->values());
}

/// TR-181 gives each test a Status among its output, which also names what went wrong: a test that
/// ends in an error has run all the same.
usp::StepResult Execution::results_of(std::size_t step, const CommandRow& row,
                                      const std::string& native,
                                      const std::vector<cwmp::ParameterValue>& values) {
  usp::StepResult result = step_done();
  for (const cwmp::ParameterValue& value : values) {
    if (!value.name.starts_with(native)) continue;
    std::string relative = value.name.substr(native.size());
    if (row.argument(relative) != nullptr) continue;
    if (relative == "DiagnosticsState") relative = "Status";
    result.values[relative] =
        std::string(to_usp_text(relative, value.value, value_type(value.type)));
  }
  const usp::Step& on = operation_->plan.steps[step];
  device_.agent().keep_declared_outputs(on.path, operation_->plan.command, result.values);
  return result;
}

}  // namespace bridge
