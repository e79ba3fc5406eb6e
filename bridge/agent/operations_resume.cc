// What a restart of the bridge, or of one device's memory, has left open goes on.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/log.h"
#include "bridge/runtime.h"
#include "bridge/task/add_object.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// InstanceRow: an encoded RebootNote.
constexpr const char* kRebootRow = "reboot";

}  // namespace

void VirtualAgent::on_loaded(const AgentRows& rows) {
  roles_.forget();
  subscriptions_.reset();
  onboarding_timers_.clear();
  for (const TimerRow& row : rows.timers) {
    if (row.kind == static_cast<int>(TimerKind::kOnBoarding)) onboarding_timers_.insert(row.key);
  }
  watch_.forget();
  unannounced_.clear();
  reboot_note_.reset();
  for (const InstanceRow& row : rows.instances) {
    if (row.name == kRebootRow) reboot_note_ = decode_reboot_note(row.key);
    if (row.name == "notify" && row.number <= 2) {
      watch_.restore(row.key, static_cast<WatchLevel>(row.number));
    }
    if (row.name == "unannounced") unannounced_.insert(row.key);
  }
  for (const OperationRow& row : rows.operations) {
    if (running_.count(row.id) > 0) continue;
    if (row.kind == kUndoAddKind) {
      resume_undo(row);
    } else {
      resume(row);
    }
  }
}

void VirtualAgent::note_reboot(std::optional<RebootNote> note, Commit& commit) {
  if (note == reboot_note_) return;
  if (reboot_note_) {
    commit.state.push_back([id = device_.id(), key = encode_reboot_note(*reboot_note_)](
                               StateWriter& state) -> Result<void> {
      auto erased = state.erase_instance(id, kRebootRow, key);
      return erased ? Result<void>{} : tl::unexpected(erased.error());
    });
  }
  if (note) {
    commit.state.push_back(
        [id = device_.id(), key = encode_reboot_note(*note)](StateWriter& state) {
          return state.put_instance(id, {kRebootRow, key, 0});
        });
  }
  reboot_note_ = std::move(note);
}

void VirtualAgent::resume(const OperationRow& row) {
  auto operation = from_row(row);
  if (!operation) {
    log_error({.device = device_.endpoint_id(), .operation = row.id}, "cannot be read, left alone");
    return;
  }
  log_info(subject_of(*operation, device_.endpoint_id()), "{} {} goes on after a restart",
           kind_name(operation->plan.kind), summary(operation->plan));
  Running running;
  running.operation = std::make_shared<Operation>(*std::move(operation));
  running.execution = start(running.operation);
  running_[row.id] = running;
  auto to_end = run_to_end(std::move(running));
  asio::co_spawn(device_.strand(), std::move(to_end), asio::detached);
}

void VirtualAgent::resume_undo(const OperationRow& row) {
  if (undoing_.count(row.id) > 0) return;
  Learned learned;
  task::Context context{device_.tree(), learned, now_ms()};
  task::AddObject add(row.body, {}, "usp-bridge");
  std::unique_ptr<task::Task> undo;
  if (add.restore(row.progress, context)) {
    add.abandon({cwmp::FaultCode::kInternalError, "the deadline has passed", {}});
    undo = add.undo();
  }
  if (undo == nullptr) {
    log_error({.device = device_.endpoint_id()}, "undo {} cannot be read, left alone", row.id);
    return;
  }
  auto work = std::make_shared<Work>();
  work->task = std::move(undo);
  work->started = true;
  work->writes = true;
  work->requester = row.origin;
  track_undo(work, row.id);
  device_.push(work);
}

void VirtualAgent::track_undo(const WorkPtr& undo, std::int64_t row_id) {
  if (row_id == 0) return;  // could not be stored: lives as long as this process
  undoing_.insert(row_id);
  undo->on_end = [this, row_id, weak = std::weak_ptr(device_.shared_from_this())](WorkEnd end) {
    auto device = weak.lock();
    if (!device) return;
    undoing_.erase(row_id);
    if (end != WorkEnd::kDone) return;
    Commit commit;
    commit.state.push_back([row_id](StateWriter& state) -> Result<void> {
      auto erased = state.erase_operation(row_id);
      return erased ? Result<void>{} : tl::unexpected(erased.error());
    });
    auto storing = commit_quietly(device, std::move(commit));
    asio::co_spawn(device->strand(), std::move(storing), asio::detached);
  };
}

}  // namespace bridge
