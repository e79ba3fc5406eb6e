#include "bridge/agent/execution.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <map>
#include <utility>

#include "bridge/agent/local_schema.h"
#include "bridge/agent/unique_keys.h"
#include "bridge/agent/view.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/fault_map.h"
#include "bridge/runtime.h"
#include "bridge/task/add_object.h"
#include "bridge/task/cancel.h"
#include "bridge/task/delete_object.h"
#include "bridge/task/set_values.h"

namespace bridge {

namespace asio = boost::asio;
using State = usp::StepResult::State;

namespace {

std::chrono::steady_clock::time_point steady(std::int64_t deadline_ms) {
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(deadline_ms - now_ms());
}

std::string describe(const cwmp::Fault& fault) {
  std::string out = "the device answered " + std::to_string(static_cast<unsigned>(fault.code)) +
                    " " + std::string(fault_name(fault.code));
  if (!fault.text.empty()) out += ": " + fault.text;
  return out;
}

usp::ParamError to_error(std::string relative, const cwmp::ParameterFault& fault) {
  return {std::move(relative), to_usp(fault.code, FaultContext::kSetParameter),
          describe({fault.code, fault.text, {}})};
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

std::optional<usp::StepResult> failure_of(WorkEnd end, const task::Task& task, int fault_context) {
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
  return step_failure(to_usp(outcome.fault.code, static_cast<FaultContext>(fault_context)),
                      describe(outcome.fault));
}

Execution::Execution(Device& device, std::shared_ptr<Operation> operation, LocalActor actor)
    : device_(device), operation_(std::move(operation)), actor_(std::move(actor)) {
  operation_->results.resize(operation_->plan.steps.size());
}

bool Execution::is_local(const std::string& path) const {
  return !device_.to_native(path).has_value();
}

bool Execution::needs_device(Device& device, const usp::Plan& plan) {
  if (plan.kind == usp::Plan::Kind::kOperate) return true;
  return std::any_of(plan.steps.begin(), plan.steps.end(), [&](const usp::Step& step) {
    return device.to_native(step.path).has_value();
  });
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
  if (!stored) spdlog::error("device {}: progress not stored", device_.endpoint_id());
}

// ---- Set

asio::awaitable<void> Execution::run_set() {
  const usp::Plan& plan = operation_->plan;
  // What stands or falls together: all of it, or the steps of one requested path (R-SET.2a).
  std::map<std::uint32_t, Indices> groups;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    groups[plan.all_or_nothing ? 0 : plan.steps[i].request_index].push_back(i);
  }
  for (auto& [index, steps] : groups) {
    auto group = run_set_group(std::move(steps));
    co_await std::move(group);
  }
}

asio::awaitable<void> Execution::run_set_group(Indices steps) {
  struct Place {
    std::size_t step;
    std::string relative;
  };
  std::map<std::string, Place> places;  // by the device's own name
  std::vector<task::Assignment> assignments;
  std::size_t first = steps.front();
  for (std::size_t index : steps) {
    const usp::Step& step = operation_->plan.steps[index];
    if (is_local(step.path) || finished(index)) continue;
    for (const usp::Setting& setting : step.settings) {
      auto native = device_.to_native(step.path + setting.param);
      if (!native) continue;
      places[*native] = {index, setting.param};
      assignments.push_back({*native, setting.value, setting.required, ValueType::kUnknown});
    }
  }
  std::map<std::size_t, usp::StepResult> results;
  for (std::size_t index : steps) {
    if (!is_local(operation_->plan.steps[index].path)) results[index].state = State::kDone;
  }
  if (results.empty() || finished(results.begin()->first)) co_return;
  first = results.begin()->first;

  if (!assignments.empty()) {
    auto task = std::make_shared<task::SetValues>(std::move(assignments), kParameterKey);
    WorkPtr work = make_work(task, first);
    WorkEnd end = WorkEnd::kCancelled;
    if (!cancelled_) end = co_await device_.run(work);
    work_.reset();
    auto failed = failure_of(end, *task, static_cast<int>(FaultContext::kSet));
    for (const cwmp::ParameterFault& error : task->errors()) {
      auto place = places.find(error.name);
      if (place == places.end()) continue;
      results[place->second.step].param_errors.push_back(to_error(place->second.relative, error));
    }
    for (const cwmp::ParameterValue& value : task->values()) {
      auto place = places.find(value.name);
      if (place == places.end()) continue;
      std::string_view text =
          to_usp_text(place->second.relative, value.value, value_type(value.type));
      results[place->second.step].values[place->second.relative] = std::string(text);
    }
    if (!failed) {
      // Accepted but not read back (Status 1, or a device that cannot): what was asked for stands.
      for (const auto& [native, place] : places) {
        usp::StepResult& result = results[place.step];
        bool refused =
            std::any_of(result.param_errors.begin(), result.param_errors.end(),
                        [&](const usp::ParamError& error) { return error.path == place.relative; });
        if (refused) continue;
        for (const usp::Setting& setting : operation_->plan.steps[place.step].settings) {
          if (setting.param == place.relative) {
            std::string_view text = to_usp_text(setting.param, setting.value, ValueType::kUnknown);
            result.values.try_emplace(setting.param, text);
          }
        }
      }
    } else {
      for (auto& [index, result] : results) {
        std::vector<usp::ParamError> culprits = std::move(result.param_errors);
        result = *failed;
        result.param_errors = std::move(culprits);
        result.values.clear();
      }
    }
  }
  for (auto& [index, result] : results) operation_->results[index] = std::move(result);
  co_await save_results();
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
  std::string table = *device_.to_native(step.path);
  std::vector<task::AddObject::Setting> settings;
  for (const usp::Setting& setting : step.settings) {
    settings.push_back({setting.param, setting.value, setting.required, ValueType::kUnknown});
  }
  auto task = std::make_shared<task::AddObject>(table, std::move(settings), kParameterKey);
  WorkPtr work = make_work(task, index);
  work->undo_row = std::make_shared<std::int64_t>(0);
  work->save_undo = [id = device_.id(), table,
                     stored_as = work->undo_row](const std::string& progress) -> StateWrite {
    return [id, table, progress, stored_as](StateWriter& state) -> Result<void> {
      OperationRow row;
      row.device_id = id;
      row.kind = kUndoAddKind;
      row.created_ms = now_ms();
      row.body = table;
      row.progress = progress;
      auto added = state.add_operation(row);
      if (!added) return tl::unexpected(added.error());
      *stored_as = *added;  // read again only after the commit
      return {};
    };
  };
  WorkEnd end = WorkEnd::kCancelled;
  if (!cancelled_) end = co_await device_.run(work);
  work_.reset();

  usp::StepResult result;
  result.state = State::kDone;
  if (auto failed = failure_of(end, *task, static_cast<int>(FaultContext::kAdd))) result = *failed;
  std::string instance = task->path();
  for (const cwmp::ParameterFault& error : task->errors()) {
    std::string relative = error.name;
    if (!instance.empty() && relative.starts_with(instance)) relative.erase(0, instance.size());
    result.param_errors.push_back(to_error(std::move(relative), error));
  }
  if (result.state == State::kDone) {
    result.path = device_.path_map().to_usp(instance).value_or("");
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
    auto native = device_.to_native(result.path);
    if (native) {
      auto work = std::make_shared<Work>();
      auto task = std::make_shared<task::DeleteObject>(*native, kParameterKey);
      work->task = task;
      // The operation's own deadline may be near; what was made must go all the same.
      work->deadline = std::chrono::steady_clock::now() + std::chrono::hours(24);
      WorkEnd end = co_await device_.run(work);
      if (failure_of(end, *task, static_cast<int>(FaultContext::kDelete))) {
        spdlog::error("device {}: {} could not be taken back", device_.endpoint_id(), *native);
      }
    }
    operation_->results[i] = usp::StepResult{};
    co_await save_results();
  }
}

// ---- Delete

asio::awaitable<void> Execution::run_delete() {
  const usp::Plan& plan = operation_->plan;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    auto native = device_.to_native(plan.steps[i].path);
    if (!native || finished(i)) continue;
    if (plan.all_or_nothing && failed()) break;
    auto one = delete_on_device(i, *native);
    co_await std::move(one);
    co_await save_results();
  }
}

asio::awaitable<void> Execution::delete_on_device(std::size_t index, std::string native) {
  auto task = std::make_shared<task::DeleteObject>(native, kParameterKey);
  WorkPtr work = make_work(task, index);
  WorkEnd end = WorkEnd::kCancelled;
  if (!cancelled_) end = co_await device_.run(work);
  work_.reset();
  usp::StepResult result;
  result.state = State::kDone;
  if (auto failed = failure_of(end, *task, static_cast<int>(FaultContext::kDelete))) {
    result = *failed;
  }
  operation_->results[index] = std::move(result);
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
