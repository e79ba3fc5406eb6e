// The commands of Operate, each by the way that the catalogue says.
#include <algorithm>
#include <charconv>
#include <utility>

#include "bridge/agent/command_request.h"
#include "bridge/agent/execution.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/task/cancel.h"
#include "bridge/task/command.h"
#include "usp/certificate.h"
#include "usp/path.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// CommandKey of an RPC (TR-069 A.3.2.9).
constexpr std::size_t kMaxCommandKey = 32;

std::optional<std::uint32_t> to_number(const std::string& text) {
  std::uint32_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_for(const NativeAssignment& assignment, const std::string& param) {
  return std::ranges::find(assignment.origins, param, &Origin::param) != assignment.origins.end();
}

}  // namespace

usp::StepResult Execution::no_such_command() {
  return step_failure(usp::ErrorCode::kCommandFailure, "the device has no such command");
}

asio::awaitable<void> Execution::run_commands(Commit& commit) {
  for (std::size_t i = 0; i < operation_->plan.steps.size(); ++i) {
    if (finished(i)) continue;
    auto one = run_command(i, commit);
    usp::StepResult result = co_await std::move(one);
    operation_->results[i] = std::move(result);
    transfer_key_.clear();
    diagnostics_.clear();
    co_await save_results();
  }
}

asio::awaitable<usp::StepResult> Execution::run_command(std::size_t index, Commit& commit) {
  const usp::Plan& plan = operation_->plan;
  const std::string& object = plan.steps[index].path;
  const CommandRow* row = CommandCatalogue::get().find(object, plan.command);
  if (row == nullptr) {  // stored by a version that knew it
    co_return step_failure(usp::ErrorCode::kCommandFailure, "there is no such command");
  }
  switch (row->way) {
    case CommandWay::kReboot:
    case CommandWay::kFactoryReset:
      co_return co_await run_reboot(index, row->way);
    case CommandWay::kScheduleInform:
      co_return co_await run_schedule_inform(index);
    case CommandWay::kTimer:
      co_return co_await run_timer();
    case CommandWay::kOnboard:
      co_return run_onboard(index, commit);
    case CommandWay::kReconnect:
      reconnects_ = true;
      co_return step_done();
    case CommandWay::kResetSession:
      co_return run_reset_session(index);
    case CommandWay::kAddCertificate:
      co_return run_add_certificate(index, commit);
    case CommandWay::kDeleteCertificate:
      co_return run_delete_certificate(index, commit);
    case CommandWay::kFingerprint:
      co_return run_fingerprint(index);
    case CommandWay::kCancel:
      co_return co_await run_cancel(index);
    case CommandWay::kSet:
      co_return co_await run_set_command(index, *row);
    case CommandWay::kToggle:
      co_return co_await run_toggle(index, *row);
    case CommandWay::kDiagnostics:
      co_return co_await run_diagnostics(index, *row);
    case CommandWay::kFirmware:
    case CommandWay::kRestore:
    case CommandWay::kBackup:
    case CommandWay::kLog:
      co_return co_await run_transfer(index, *row, commit);
    case CommandWay::kInstall:
    case CommandWay::kUpdate:
    case CommandWay::kUninstall:
      co_return co_await run_modules(index, *row);
    case CommandWay::kActivate:
      co_return co_await run_activate(index, *row);
  }
  co_return step_failure(usp::ErrorCode::kCommandFailure, "there is no such command");
}

asio::awaitable<usp::StepResult> Execution::run_reboot(std::size_t step, CommandWay way) {
  const usp::Plan& plan = operation_->plan;
  RebootNote note;
  note.factory_reset = way == CommandWay::kFactoryReset;
  note.command_key = plan.command_key;
  // The controller's own key where it fits: people read it in the device's log.
  note.rpc_key = plan.command_key.size() <= kMaxCommandKey ? plan.command_key
                                                           : make_command_key(operation_->id, step);
  if (const auto at = plan.input_args.find("Cause"); at != plan.input_args.end()) {
    note.cause = at->second;
  }
  if (const auto at = plan.input_args.find("Reason"); at != plan.input_args.end()) {
    note.reason = at->second;
  }
  std::shared_ptr<task::Task> task;
  if (note.factory_reset) {
    task = std::make_shared<task::FactoryReset>();
  } else {
    task = std::make_shared<task::Reboot>(note.rpc_key);
  }
  if (operation_->task.empty()) {  // else it was noted before a restart, and the boot may be over
    Commit commit;
    device_.agent().note_reboot(std::move(note), commit);
    Result<void> stored = co_await device_.commit(std::move(commit));
    if (!stored) co_return step_failure(usp::ErrorCode::kInternalError, "cannot be stored now");
  }
  auto running = run_task(step, std::move(task));
  Failed failed = co_await std::move(running);
  if (failed) {
    if (failed->code != usp::ErrorCode::kOutcomeUnknown) {
      Commit forget;
      device_.agent().note_reboot(std::nullopt, forget);
      auto storing = VirtualAgent::commit_quietly(device_.shared_from_this(), std::move(forget));
      co_await std::move(storing);
    }
    co_return *failed;
  }
  co_return step_done();
}

std::vector<NativeWrite> Execution::settings_writes(std::size_t step, const CommandSettings& of) {
  const ShownStep shown{step, of.object, of.settings};
  std::vector<NativeWrite> writes = device_.model().set({&shown, 1});
  for (NativeWrite& write : writes) {
    for (NativeAssignment& each : write.set) {
      const bool typed = each.type != ValueType::kUnknown || of.boolean.empty();
      if (!typed && is_for(each, of.boolean)) each.type = ValueType::kBoolean;
    }
  }
  return writes;
}

asio::awaitable<Execution::Failed> Execution::run_settings(std::size_t step, CommandSettings of,
                                                           bool read_back) {
  if (!device_.covers(of.object)) co_return no_such_command();
  const std::vector<NativeWrite> writes = settings_writes(step, of);
  for (const NativeWrite& write : writes) {
    auto writing = carry_out(step, write, FaultContext::kOperate, read_back);
    Written written = co_await std::move(writing);
    if (written.failed) co_return std::move(written.failed);
  }
  co_return std::nullopt;
}

Execution::CommandSettings Execution::command_settings(std::size_t step, const CommandRow& row) {
  CommandSettings out;
  out.object = with_instances(row.argument_object(), operation_->plan.steps[step].path);
  out.settings = arguments_of(row, out.object);
  if (!row.value.empty()) {
    out.boolean = row.target.substr(row.argument_object().size());
    out.settings.push_back({out.boolean, std::string(row.value), true});
  }
  return out;
}

asio::awaitable<usp::StepResult> Execution::run_set_command(std::size_t step,
                                                            const CommandRow& row) {
  auto running = run_settings(step, command_settings(step, row), false);
  Failed failed = co_await std::move(running);
  if (failed) co_return *failed;
  co_return step_done();
}

/// What is given, and the defaults of what is not: else it would keep what the last run was given
/// (R-OPR.7).
std::vector<usp::Setting> Execution::arguments_of(const CommandRow& row,
                                                  const std::string& object) {
  const CommandInput& input = operation_->plan.input_args;
  std::vector<usp::Setting> settings;
  for (const CommandArgument& argument : row.input) {
    const std::string name(argument.name);
    if (const auto given = input.find(name); given != input.end()) {
      settings.push_back({name, given->second, true});
    } else if (argument.fallback && device_.model().shown().find(object + name) != nullptr) {
      settings.push_back({name, std::string(*argument.fallback), false});
    }
  }
  return settings;
}

std::vector<Execution::CommandSettings> Execution::toggle_settings(std::size_t step,
                                                                   const CommandRow& row) const {
  const std::string target = with_instances(row.target, operation_->plan.steps[step].path);
  const usp::SplitPath path = usp::split_path(target);
  const std::string leaf(path.leaf);
  std::vector<CommandSettings> out;
  for (const char* value : {"false", "true"}) {
    out.push_back({std::string(path.object), {{leaf, value, true}}, leaf});
  }
  return out;
}

asio::awaitable<usp::StepResult> Execution::run_toggle(std::size_t step, const CommandRow& row) {
  std::vector<CommandSettings> both = toggle_settings(step, row);
  for (CommandSettings& each : both) {
    auto running = run_settings(step, std::move(each), true);
    Failed failed = co_await std::move(running);
    if (failed) co_return *failed;
  }
  co_return step_done();
}

usp::StepResult Execution::run_onboard(std::size_t step, Commit& commit) {
  const std::string& controller = operation_->plan.steps[step].path;
  if (device_.agent().send_onboard_request(controller, commit)) return step_done();
  return step_failure(usp::ErrorCode::kCommandFailure, "the controller is not enabled");
}

usp::StepResult Execution::run_reset_session(std::size_t step) {
  const std::string& session = operation_->plan.steps[step].path;
  for (const LocalController& controller : device_.local().controllers()) {
    if (!session.starts_with(controller.path)) continue;
    device_.runtime().northbound->reset_session(device_, controller.endpoint_id);
    return step_done();
  }
  return step_failure(usp::ErrorCode::kCommandFailure, "the controller is gone");
}

/// Of the agent, or of the controller whose row it is: that one is then known by it.
usp::StepResult Execution::run_add_certificate(std::size_t step, Commit& commit) {
  const usp::Plan& plan = operation_->plan;
  const auto text = [&plan](const char* name) {
    const auto given = plan.input_args.find(name);
    return given == plan.input_args.end() ? std::string() : given->second;
  };
  const std::string& object = plan.steps[step].path;
  LocalTransaction transaction(device_.local(), actor_, now_ms());
  auto row = transaction.add_certificate(text("Alias"), text("Certificate"));
  if (!row) return step_failure(row.error().code, row.error().text);
  const bool of_controller = plan.command == "AddMyCertificate()";
  if (of_controller && !device_.local().has_object(object)) {
    return step_failure(usp::ErrorCode::kCommandFailure, "the controller is gone");
  }
  if (of_controller) transaction.put(object + "Credential", row->substr(0, row->size() - 1));
  commit.local.push_back(transaction.commit());
  return step_done();
}

usp::StepResult Execution::run_delete_certificate(std::size_t step, Commit& commit) {
  LocalTransaction transaction(device_.local(), actor_, now_ms());
  if (!transaction.remove_row(operation_->plan.steps[step].path)) {
    return step_failure(usp::ErrorCode::kCommandFailure, "the certificate is gone");
  }
  commit.local.push_back(transaction.commit());
  return step_done();
}

usp::StepResult Execution::run_fingerprint(std::size_t step) {
  const usp::Plan& plan = operation_->plan;
  const auto certificate =
      usp::Certificate::from_pem(device_.local().certificate_pem(plan.steps[step].path));
  if (!certificate) return step_failure(usp::ErrorCode::kCommandFailure, certificate.error());
  std::string text = certificate->fingerprint(plan.input_args.at("FingerprintAlgorithm"));
  if (text.empty()) {
    return step_failure(usp::ErrorCode::kInvalidCommandArguments,
                        "FingerprintAlgorithm: not one of SupportedFingerprintAlgorithms");
  }
  usp::StepResult result = step_done();
  result.values["Fingerprint"] = std::move(text);
  return result;
}

asio::awaitable<usp::StepResult> Execution::run_cancel(std::size_t step) {
  const std::string row = operation_->plan.steps[step].path;
  std::shared_ptr<Execution> target = device_.agent().execution_of(row);
  if (!target) {
    co_return step_failure(usp::ErrorCode::kCommandFailure, "the command has ended already");
  }
  if (target->cancel()) co_return step_done();
  std::shared_ptr<task::Task> task = target->make_cancel_task();
  if (!task) {
    co_return step_failure(usp::ErrorCode::kCommandFailure,
                           "the device has been asked already and cannot be called back");
  }
  WorkPtr work = make_work(std::move(task), step);
  work->writes = false;  // it only stops what runs: no freeze is against that
  auto running = run_work(std::move(work), FaultContext::kOperate);
  Failed failed = co_await std::move(running);
  if (failed) co_return *failed;
  target->end_cancelled();
  co_return step_done();
}

asio::awaitable<bool> Execution::sleep_until(std::int64_t due_ms) {
  auto promise = std::make_shared<Promise<bool>>(device_.strand());
  timer_ = promise;
  if (cancelled_) promise->set(true);
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(due_ms - now_ms());
  std::optional<bool> cancelled = co_await promise->get_until(until);
  timer_.reset();
  co_return cancelled.has_value();
}

std::shared_ptr<task::Task> Execution::schedule_inform_task(std::size_t step) const {
  const std::string delay = operation_->plan.input_args.at("DelaySeconds");
  return std::make_shared<task::ScheduleInform>(to_number(delay).value_or(0),
                                                make_command_key(operation_->id, step));
}

asio::awaitable<usp::StepResult> Execution::run_schedule_inform(std::size_t step) {
  auto running = run_task(step, schedule_inform_task(step));
  Failed failed = co_await std::move(running);
  if (failed) co_return *failed;
  co_return step_done();
}

asio::awaitable<usp::StepResult> Execution::run_timer() {
  auto argument = operation_->plan.input_args.find("DelaySeconds");
  std::optional<std::uint32_t> delay;
  if (argument != operation_->plan.input_args.end()) delay = to_number(argument->second);
  if (!delay) {
    co_return step_failure(usp::ErrorCode::kInvalidCommandArguments, "DelaySeconds is no number");
  }
  auto sleeping = sleep_until(operation_->created_ms + std::int64_t{*delay} * 1000);
  bool cancelled = co_await std::move(sleeping);
  if (cancelled) co_return step_failure(usp::ErrorCode::kCommandCanceled, "cancelled");
  co_return step_done();
}

/// What is no path of the device stays as it is.
std::string Execution::to_native_reference(std::string_view text) const {
  if (text.empty()) return {};
  const bool dot = text.ends_with('.');
  if (dot) text.remove_suffix(1);
  return device_.model().native_reference(text) + (dot ? "." : "");
}

}  // namespace bridge
