#include "bridge/agent/execution.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "bridge/agent/local_schema.h"
#include "bridge/agent/unique_keys.h"
#include "bridge/agent/view.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/log.h"
#include "bridge/runtime.h"
#include "bridge/task/cancel.h"
#include "usp/path.h"

namespace bridge {

namespace asio = boost::asio;
using State = usp::StepResult::State;

namespace {

std::chrono::steady_clock::time_point steady(std::int64_t deadline_ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms - now_ms());
}

/// By step and setting: was all that it is on the device read back?
std::map<std::pair<std::size_t, std::string>, bool> settings_read(
    const std::vector<NativeWrite>& writes, const std::vector<cwmp::ParameterValue>& read_back) {
  std::set<std::string_view> names;
  for (const cwmp::ParameterValue& value : read_back) names.insert(value.name);
  std::map<std::pair<std::size_t, std::string>, bool> out;
  for (const NativeWrite& write : writes) {
    for (const NativeAssignment& assignment : write.set) {
      for (const Origin& origin : assignment.origins) {
        bool& all = out.try_emplace({origin.step, origin.param}, true).first->second;
        all = all && names.contains(assignment.name);
      }
    }
  }
  return out;
}

}  // namespace

usp::StepResult step_failure(usp::ErrorCode code, std::string text) {
  usp::StepResult out;
  out.state = State::kFailed;
  out.code = code;
  out.text = std::move(text);
  return out;
}

usp::StepResult step_done() {
  usp::StepResult out;
  out.state = State::kDone;
  return out;
}

std::optional<usp::StepResult> failure_of(WorkEnd end, const task::Task& task,
                                          FaultContext faults) {
  switch (end) {
    case WorkEnd::kNotReached:
      return step_failure(usp::ErrorCode::kDeviceNotReached,
                          "the device was not reached before the deadline; nothing was changed");
    case WorkEnd::kUnknown:
      return step_failure(usp::ErrorCode::kOutcomeUnknown,
                          "the device was asked and has not answered; the outcome is unknown");
    case WorkEnd::kCancelled:
      return step_failure(usp::ErrorCode::kCommandCanceled, "cancelled");
    case WorkEnd::kDone:
      break;
  }
  const task::Outcome& outcome = task.outcome();
  if (outcome.kind == task::Outcome::Kind::kDone) return std::nullopt;
  if (outcome.kind == task::Outcome::Kind::kUnknown) {
    return step_failure(usp::ErrorCode::kOutcomeUnknown,
                        "the connection was lost; the outcome is unknown");
  }
  return step_failure(to_usp(outcome.fault.code, faults), describe(outcome.fault));
}

Execution::Execution(Device& device, std::shared_ptr<Operation> operation, LocalActor actor)
    : device_(device), operation_(std::move(operation)), actor_(std::move(actor)) {
  operation_->results.resize(operation_->plan.steps.size());
}

bool Execution::is_local(const std::string& path) const { return !device_.covers(path); }

bool Execution::needs_device(Device& device, const usp::Plan& plan) {
  if (plan.kind == usp::Plan::Kind::kOperate) return true;
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [&](const usp::Step& step) { return device.covers(step.path); });
}

bool Execution::finished(std::size_t step) const {
  return operation_->results[step].state != State::kNotDone;
}

bool Execution::failed() const {
  return std::any_of(operation_->results.begin(), operation_->results.end(),
                     [](const usp::StepResult& result) { return result.state == State::kFailed; });
}

bool Execution::cancel() {
  if (timer_) {
    timer_->set(true);
    return true;
  }
  if (work_ && !device_.cancel(work_)) return false;
  cancelled_ = true;
  device_.agent().note_cancelled();
  return true;
}

std::shared_ptr<task::Task> Execution::make_cancel_task() const {
  const Offer offer = device_.offer();
  if (!work_) return nullptr;
  if (!transfer_key_.empty() && offer.cancel_transfer) {
    return std::make_shared<task::CancelTransfer>(transfer_key_);
  }
  if (diagnostics_.empty()) return nullptr;
  return std::make_shared<task::CancelDiagnostics>(diagnostics_, offer.canceled_state,
                                                   kParameterKey);
}

void Execution::end_cancelled() {
  if (work_) device_.withdraw(work_);
}

asio::awaitable<void> Execution::run(Commit& commit) {
  auto self = shared_from_this();
  switch (operation_->plan.kind) {
    case usp::Plan::Kind::kSet:
      co_await run_set();
      break;
    case usp::Plan::Kind::kAdd:
      co_await run_add();
      break;
    case usp::Plan::Kind::kDelete:
      co_await run_delete();
      break;
    case usp::Plan::Kind::kOperate:
      co_await run_commands(commit);
      co_return;
  }
  run_local(commit);
  bool adds = operation_->plan.kind == usp::Plan::Kind::kAdd;
  if (adds && operation_->plan.all_or_nothing && failed()) co_await undo_added();
}

WorkPtr Execution::make_work(std::shared_ptr<task::Task> task, std::size_t step) {
  auto work = std::make_shared<Work>();
  step_ = step;
  work->task = std::move(task);
  work->writes = true;
  work->requester = operation_->origin.requester;
  work->deadline = steady(operation_->deadline_ms);
  if (operation_->id != 0) {
    work->save = [weak = weak_from_this(), operation = operation_,
                  step](const std::string& progress) -> StateWrite {
      operation->task = progress;
      operation->task_step = step;
      bool first = operation->state == OperationState::kQueued;
      operation->state = OperationState::kRunning;
      auto self = weak.lock();
      if (first && self) self->device_.agent().publish(*operation);
      return [id = operation->id, bytes = encode_progress(*operation)](StateWriter& state) {
        auto updated =
            state.update_operation(id, static_cast<int>(OperationState::kRunning), bytes);
        return updated ? Result<void>{} : tl::unexpected(updated.error());
      };
    };
    if (!operation_->task.empty() && operation_->task_step == step) {
      Learned learned;
      task::Context context{device_.tree(), learned, now_ms()};
      if (work->task->restore(operation_->task, context)) work->started = true;
    }
  }
  work_ = work;
  return work;
}

asio::awaitable<Execution::Failed> Execution::run_task(std::size_t step,
                                                       std::shared_ptr<task::Task> task,
                                                       FaultContext faults) {
  auto running = run_work(make_work(std::move(task), step), faults);
  Failed failed = co_await std::move(running);
  co_return failed;
}

asio::awaitable<Execution::Failed> Execution::run_work(WorkPtr work, FaultContext faults) {
  WorkEnd end = WorkEnd::kCancelled;
  if (!cancelled_) end = co_await device_.run(work);
  work_.reset();
  operation_->task.clear();  // the step may have more of them
  co_return failure_of(end, *work->task, faults);
}

asio::awaitable<void> Execution::save_results() {
  operation_->task.clear();
  if (operation_->id == 0) co_return;
  Commit commit;
  commit.state.push_back([id = operation_->id, bytes = encode_progress(*operation_)](
                             StateWriter& state) -> Result<void> {
    auto updated = state.update_operation(id, static_cast<int>(OperationState::kRunning), bytes);
    return updated ? Result<void>{} : tl::unexpected(updated.error());
  });
  Result<void> stored = co_await device_.commit(std::move(commit));
  if (!stored) log_error(subject_of(*operation_, device_.endpoint_id()), "progress not stored");
}

// ---- Set

/// What stands or falls together: all of it, or the steps of one requested path (R-SET.2a).
std::vector<Execution::Indices> Execution::set_groups() const {
  const usp::Plan& plan = operation_->plan;
  std::map<std::uint32_t, Indices> groups;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (is_local(plan.steps[i].path) || finished(i)) continue;
    groups[plan.all_or_nothing ? 0 : plan.steps[i].request_index].push_back(i);
  }
  std::vector<Indices> out;
  for (auto& [index, steps] : groups) out.push_back(std::move(steps));
  return out;
}

/// `results` gets a good one for each step.
std::vector<NativeWrite> Execution::group_writes(const Indices& steps, StepResults& results) {
  std::vector<ShownStep> shown;
  for (std::size_t index : steps) {
    const usp::Step& step = operation_->plan.steps[index];
    shown.push_back({index, step.path, step.settings});
    results[index] = step_done();
  }
  std::vector<NativeWrite> writes = device_.model().set(shown);
  if (const auto refused = std::ranges::find_if(writes, &NativeWrite::refused_as_a_whole);
      refused != writes.end()) {
    NativeWrite only = std::move(*refused);  // nothing of it is done: it tells why
    writes.assign(1, std::move(only));
  }
  return writes;
}

asio::awaitable<void> Execution::run_set() {
  std::vector<Indices> groups = set_groups();
  for (Indices& steps : groups) {
    auto group = run_set_group(std::move(steps));
    co_await std::move(group);
  }
}

asio::awaitable<void> Execution::run_set_group(Indices steps) {
  StepResults results;
  const std::vector<NativeWrite> writes = group_writes(steps, results);
  // What goes before a row that is being moved was done before the restart.
  const bool resumes = !operation_->moved.empty();
  std::vector<cwmp::ParameterValue> read_back;
  Failed failed;
  for (const NativeWrite& write : writes) {
    if (resumes && write.moved.empty()) continue;
    auto writing = carry_out(steps.front(), write, FaultContext::kSet);
    Written written = co_await std::move(writing);
    add_culprits(write, written.errors, results);
    read_back.insert(read_back.end(), written.values.begin(), written.values.end());
    failed = std::move(written.failed);
    if (failed) break;
  }
  if (!failed) report_values(writes, read_back, results);
  for (auto& [index, result] : results) {
    if (failed) {
      std::vector<usp::ParamError> culprits = std::move(result.param_errors);
      result = *failed;
      result.param_errors = std::move(culprits);
    }
    operation_->results[index] = std::move(result);
  }
  operation_->moved.clear();
  operation_->moved_to.clear();
  co_await save_results();
}

/// What was read back as it is shown now. Accepted but not read back (Status 1, or a device that
/// cannot): what was asked for stands.
void Execution::report_values(const std::vector<NativeWrite>& writes,
                              const std::vector<cwmp::ParameterValue>& read_back,
                              StepResults& results) {
  const auto is_read = settings_read(writes, read_back);
  const auto snapshot = device_.snapshot();
  for (auto& [index, result] : results) {
    const usp::Step& step = operation_->plan.steps[index];
    for (const usp::Setting& setting : step.settings) {
      const auto is_its = [&](const auto& error) { return error.path == setting.param; };
      if (std::ranges::any_of(result.param_errors, is_its)) continue;
      std::string text(to_usp_text(setting.param, setting.value, ValueType::kUnknown));
      if (const auto read = is_read.find({index, setting.param});
          read != is_read.end() && read->second) {
        const std::string full = step.path + setting.param;
        const usp::SplitPath path = usp::split_path(full);
        usp::Value now = snapshot->view->value(path.object, path.leaf);
        if (now.state == usp::ValueState::kKnown) text = std::move(now.text);
      }
      result.values[setting.param] = std::move(text);
    }
  }
}

// ---- Add

asio::awaitable<void> Execution::run_add() {
  const usp::Plan& plan = operation_->plan;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (is_local(plan.steps[i].path) || finished(i)) continue;
    if (plan.all_or_nothing && failed()) break;
    auto add = add_on_device(i);
    co_await std::move(add);
    co_await save_results();
  }
}

asio::awaitable<void> Execution::add_on_device(std::size_t index) {
  const usp::Step& step = operation_->plan.steps[index];
  const ShownStep shown{index, step.path, step.settings};
  const NativeWrite write = device_.model().add(shown);
  auto writing = carry_out(index, write, FaultContext::kAdd);
  Written written = co_await std::move(writing);
  StepResults results;
  results[index] = written.failed ? *std::move(written.failed) : step_done();
  add_culprits(write, written.errors, results);
  usp::StepResult& result = results[index];
  if (result.state == State::kDone) {
    result.path = write.row;
    if (!write.add.empty()) {
      result.path = device_.model().added_row(step.path, written.row).value_or("");
    }
    const auto alias = std::ranges::find(step.settings, "Alias", &usp::Setting::param);
    device_.model().name_row(result.path, alias == step.settings.end() ? "" : alias->value);
    // All unique keys the new instance has (R-ADD.5).
    auto snapshot = device_.snapshot();
    result.values = unique_keys(*snapshot->view, result.path);
  }
  operation_->results[index] = std::move(result);
}

asio::awaitable<void> Execution::undo_added() {
  for (std::size_t i = 0; i < operation_->results.size(); ++i) {
    usp::StepResult& result = operation_->results[i];
    if (result.state != State::kDone || is_local(operation_->plan.steps[i].path)) continue;
    const NativeWrite write = device_.model().remove(result.path);
    auto undoing = take_back(write);
    co_await std::move(undoing);
    operation_->results[i] = usp::StepResult{};
    co_await save_results();
  }
}

// ---- Delete

asio::awaitable<void> Execution::run_delete() {
  const usp::Plan& plan = operation_->plan;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (is_local(plan.steps[i].path) || finished(i)) continue;
    if (plan.all_or_nothing && failed()) break;
    auto one = delete_on_device(i);
    co_await std::move(one);
    co_await save_results();
  }
}

asio::awaitable<void> Execution::delete_on_device(std::size_t index) {
  const NativeWrite write = device_.model().remove(operation_->plan.steps[index].path);
  auto writing = carry_out(index, write, FaultContext::kDelete);
  Written written = co_await std::move(writing);
  if (!written.failed) device_.model().name_row(operation_->plan.steps[index].path, "");
  operation_->results[index] = written.failed ? *std::move(written.failed) : step_done();
}

// ---- what the bridge keeps itself

void Execution::run_local(Commit& commit) {
  const usp::Plan& plan = operation_->plan;
  if (plan.all_or_nothing && failed()) return;
  // A search path stands or falls as a whole (R-SET.2a); each new or deleted instance is on its
  // own.
  std::map<std::size_t, Indices> groups;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    if (!is_local(plan.steps[i].path) || finished(i)) continue;
    std::size_t group = i;
    if (plan.kind == usp::Plan::Kind::kSet) group = plan.steps[i].request_index;
    if (plan.all_or_nothing) group = 0;
    groups[group].push_back(i);
  }
  for (const auto& [group, steps] : groups) run_local_group(steps, commit);
}

bool Execution::run_local_group(const Indices& steps, Commit& commit) {
  LocalTransaction transaction(device_.local(), actor_, now_ms());
  for (std::size_t index : steps) {
    const usp::Step& step = operation_->plan.steps[index];
    usp::StepResult& result = operation_->results[index];
    switch (operation_->plan.kind) {
      case usp::Plan::Kind::kSet:
        result = transaction.set(step);
        break;
      case usp::Plan::Kind::kAdd:
        result = transaction.add(step);
        break;
      case usp::Plan::Kind::kDelete:
        result = transaction.remove(step);
        break;
      case usp::Plan::Kind::kOperate:
        return false;
    }
    if (result.state != State::kFailed) continue;
    // Nothing of the group stays: the destructor takes back what was done.
    for (std::size_t other : steps) {
      if (other != index) operation_->results[other] = usp::StepResult{};
    }
    return false;
  }
  commit.local.push_back(transaction.commit());
  return true;
}

}  // namespace bridge
