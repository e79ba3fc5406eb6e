// What a step is on the device, carried out: one NativeWrite after the other.

#include <algorithm>
#include <utility>

#include "bridge/agent/execution.h"
#include "bridge/log.h"
#include "bridge/runtime.h"
#include "bridge/task/add_object.h"
#include "bridge/task/delete_object.h"
#include "bridge/task/set_values.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// What was made has to go, also when the operation's own deadline is near.
constexpr std::chrono::hours kTakeBackLimit{24};

task::Assignment to_assignment(const NativeAssignment& from) {
  return {from.name, from.value, from.required, from.type, from.like};
}

std::vector<task::Assignment> to_assignments(const std::vector<NativeAssignment>& from) {
  std::vector<task::Assignment> out;
  for (const NativeAssignment& each : from) out.push_back(to_assignment(each));
  return out;
}

/// "Device.NAT.PortMapping.4.Enable" of the table "Device.NAT.PortMapping." -> "Enable".
std::string relative_to_row(const std::string& name, const std::string& table) {
  if (!name.starts_with(table)) return name;
  const std::size_t dot = name.find('.', table.size());
  return dot == std::string::npos ? name : name.substr(dot + 1);
}

/// An AddObject whose outcome came too late is taken back, also after a restart.
std::function<StateWrite(const std::string&)> undo_writer(std::int64_t device, std::string table,
                                                          std::string requester,
                                                          std::shared_ptr<std::int64_t> stored_as) {
  return [device, table = std::move(table), requester = std::move(requester),
          stored_as](const std::string& progress) -> StateWrite {
    return [device, table, requester, progress, stored_as](StateWriter& state) -> Result<void> {
      OperationRow row;
      row.device_id = device;
      row.kind = kUndoAddKind;
      row.created_ms = now_ms();
      row.origin = requester;
      row.body = table;
      row.progress = progress;
      auto added = state.add_operation(row);
      if (!added) return tl::unexpected(added.error());
      *stored_as = *added;  // read again only after the commit
      return {};
    };
  };
}

void add_culprit(usp::ParamError error, std::size_t step,
                 std::map<std::size_t, usp::StepResult>& results) {
  const auto result = results.find(step);
  if (result == results.end() || error.path.empty()) return;
  std::vector<usp::ParamError>& known = result->second.param_errors;
  // One setting may be several parameters of the device.
  if (std::ranges::find(known, error.path, &usp::ParamError::path) != known.end()) return;
  known.push_back(std::move(error));
}

}  // namespace

void Execution::add_culprits(const NativeWrite& write,
                             const std::vector<cwmp::ParameterFault>& errors,
                             StepResults& results) {
  for (const Refused& refused : write.refused) {
    add_culprit({refused.origin.param, refused.code, refused.text}, refused.origin.step, results);
  }
  for (const cwmp::ParameterFault& error : errors) {
    const auto blamed = std::ranges::find(write.set, error.name, &NativeAssignment::name);
    if (blamed == write.set.end()) continue;
    for (const Origin& origin : blamed->origins) {
      add_culprit({origin.param, to_usp(error.code, FaultContext::kSetParameter),
                   describe({error.code, error.text, {}})},
                  origin.step, results);
    }
  }
}

asio::awaitable<Execution::Written> Execution::carry_out(std::size_t step, const NativeWrite& write,
                                                         FaultContext faults, bool read_back) {
  Written written;
  if (const auto refused = std::ranges::find(write.refused, true, &Refused::required);
      refused != write.refused.end()) {
    written.failed = step_failure(refused->code, refused->text);
    co_return written;
  }
  if (!write.moved.empty()) {
    auto moving = move_row(step, write, faults);
    written = co_await std::move(moving);
    co_return written;
  }
  if (!write.add.empty()) {
    auto adding = add_row(step, write, faults);
    written = co_await std::move(adding);
  } else if (!write.set.empty()) {
    auto setting = set_on_device(step, write, faults, read_back);
    written = co_await std::move(setting);
  }
  if (written.failed) co_return written;
  auto following = follow_up(write);
  co_await std::move(following);
  if (!write.remove.empty()) {
    auto task = std::make_shared<task::DeleteObject>(write.remove, kParameterKey);
    auto removing = run_task(step, std::move(task), faults);
    written.failed = co_await std::move(removing);
  }
  co_return written;
}

std::shared_ptr<task::SetValues> Execution::set_task(const std::vector<NativeAssignment>& set,
                                                     bool read_back) {
  return std::make_shared<task::SetValues>(to_assignments(set), kParameterKey, read_back);
}

std::shared_ptr<task::AddObject> Execution::add_task(const NativeWrite& write) {
  std::vector<task::AddObject::Setting> settings;
  for (const NativeAssignment& each : write.set) {
    settings.push_back({each.name, each.value, each.required, each.type, each.like});
  }
  return std::make_shared<task::AddObject>(write.add, std::move(settings), kParameterKey);
}

/// Rows have their numbers before the device is asked: what it answers with is shown at once.
asio::awaitable<Execution::Written> Execution::set_on_device(std::size_t step,
                                                             const NativeWrite& write,
                                                             FaultContext faults, bool read_back) {
  device_.model().share_numbers(write.numbers);
  auto task = set_task(write.set, read_back);
  auto running = run_task(step, task, faults);
  Written written;
  written.failed = co_await std::move(running);
  written.errors = task->errors();
  written.values = task->values();
  device_.model().settle_numbers(write.numbers, !written.failed);
  co_return written;
}

asio::awaitable<Execution::Written> Execution::add_row(std::size_t step, const NativeWrite& write,
                                                       FaultContext faults) {
  auto task = add_task(write);
  WorkPtr work = make_work(task, step);
  work->undo_row = std::make_shared<std::int64_t>(0);
  work->save_undo = undo_writer(device_.id(), write.add, work->requester, work->undo_row);
  auto running = run_work(std::move(work), faults);
  Written written;
  written.failed = co_await std::move(running);
  written.row = task->path();
  for (const cwmp::ParameterFault& error : task->errors()) {
    written.errors.push_back({relative_to_row(error.name, write.add), error.code, error.text});
  }
  co_return written;
}

/// A device cannot move a row: another is added where it belongs, and the old one deleted. Each
/// part is stored, so that a restart goes on with the one that is next.
asio::awaitable<Execution::Written> Execution::move_row(std::size_t step, const NativeWrite& write,
                                                        FaultContext faults) {
  if (operation_->moved != write.moved) {
    operation_->moved = write.moved;
    operation_->moved_to.clear();
    co_await save_results();
  }
  Written written;
  written.row = operation_->moved_to;
  if (written.row.empty()) {
    auto adding = add_row(step, write, faults);
    written = co_await std::move(adding);
    if (written.failed) co_return written;
    operation_->moved_to = written.row;
    co_await save_results();
  }
  auto following = follow_up(write);
  co_await std::move(following);
  device_.model().row_moved(write.moved, written.row);
  auto task = std::make_shared<task::DeleteObject>(write.remove, kParameterKey);
  auto removing = run_task(step, std::move(task), faults);
  written.failed = co_await std::move(removing);
  // Of an unknown outcome: both may be gone.
  if (written.failed && written.failed->code != usp::ErrorCode::kOutcomeUnknown) {
    device_.model().row_moved(write.moved, write.remove);
    NativeWrite back;
    back.remove = written.row;
    auto undoing = take_back(back);
    co_await std::move(undoing);
  }
  co_return written;
}

asio::awaitable<void> Execution::follow_up(const NativeWrite& write) {
  for (const NativeAssignment& each : write.follow) {
    auto task = set_task({each});
    const auto left = std::chrono::milliseconds(operation_->deadline_ms - now_ms());
    auto running = run_aside(std::move(task), std::chrono::steady_clock::now() + left, each.name);
    co_await std::move(running);
  }
}

asio::awaitable<void> Execution::take_back(const NativeWrite& write) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + kTakeBackLimit;
  if (!write.set.empty()) {
    auto task = set_task(write.set);
    auto running = run_aside(std::move(task), deadline, write.set.front().name);
    co_await std::move(running);
  }
  auto following = follow_up(write);
  co_await std::move(following);
  if (!write.remove.empty()) {
    auto task = std::make_shared<task::DeleteObject>(write.remove, kParameterKey);
    auto running = run_aside(std::move(task), deadline, write.remove);
    co_await std::move(running);
  }
}

asio::awaitable<void> Execution::run_aside(std::shared_ptr<task::Task> task, SteadyTime deadline,
                                           std::string what) {
  auto work = std::make_shared<Work>();
  work->task = task;
  work->writes = true;
  work->requester = operation_->origin.requester;
  work->deadline = deadline;
  WorkEnd end = co_await device_.run(work);
  if (auto failed = failure_of(end, *task, FaultContext::kSet)) {
    log_error(subject_of(*operation_, device_.endpoint_id()), "{} is left as it was: {}", what,
              failed->text);
  }
}

}  // namespace bridge
