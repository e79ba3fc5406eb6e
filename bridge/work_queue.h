// The order in which a device's work is done (sans-IO).
//
// Operations run in order of arrival; the bridge's own upkeep (first contact, refreshes) runs when
// no operation waits, and goes on in later sessions. Work that waits for the device (a diagnostic
// that runs, a reboot whose answer was lost) steps aside so that what comes after it can run, and
// so does work that a freeze holds.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bridge/store/store.h"
#include "bridge/task/task.h"

namespace bridge {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class WorkKind {
  kOperation,     ///< asked for by a controller or the control API
  kUpkeep,        ///< the bridge's own
  kFirstContact,  ///< upkeep that the budget for first contacts counts
};

/// What became of a piece of work.
enum class WorkEnd {
  kDone,        ///< the task is done: see its outcome()
  kNotReached,  ///< withdrawn before anything was sent; it will never be done
  kUnknown,     ///< something was sent, no answer came in time
  kCancelled,   ///< withdrawn on request before anything was sent
};

struct Work {
  std::shared_ptr<task::Task> task;
  WorkKind kind = WorkKind::kOperation;
  bool urgent = false;  ///< the device is woken for it; operations always are
  SteadyTime deadline = SteadyTime::max();
  bool started = false;        ///< an RPC of it was handed out, in this or an earlier session
  bool writes = false;         ///< it changes the device for `requester`, so a freeze holds it
  std::string requester = {};  ///< Endpoint ID, "grpc", "grpc:{client}"; empty: not known any more

  /// What stores the task's progress, where task::Context::save asks for it; may be empty.
  std::function<StateWrite(const std::string& progress)> save;
  /// What stores that this must be taken back (task::Task::undo()), before the failure is told, and
  /// puts the number of that row into `undo_row`; may be empty.
  std::function<StateWrite(const std::string& progress)> save_undo;
  std::shared_ptr<std::int64_t> undo_row = {};
  std::function<void(WorkEnd)> on_end;  ///< called once, on the device's strand
};

using WorkPtr = std::shared_ptr<Work>;

/// Not thread-safe: lives on the device's strand.
class WorkQueue {
 public:
  /// Says which work is frozen just now; it is asked of what writes only, and not of what has
  /// nothing left but to read. Without it none is.
  void set_brake(std::function<bool(const Work&)> is_frozen) { is_frozen_ = std::move(is_frozen); }

  void push(WorkPtr work);

  /// The work to do next: operations before upkeep, each in order of arrival; what waits for the
  /// device, or is frozen, is passed over. nullptr: nothing to do.
  WorkPtr front() const;

  /// Is there work to do that the device is woken for?
  bool urgent() const;

  /// False: it was not in the queue (any more).
  bool remove(const WorkPtr& work);

  bool empty() const { return operations_.empty() && upkeep_.empty(); }

  /// Everything, operations first, in order of arrival.
  std::vector<WorkPtr> all() const;

  /// Would it be done but for a freeze?
  bool holds(const Work& work) const;

 private:
  bool is_ready(const WorkPtr& work) const { return !work->task->waiting() && !holds(*work); }

  std::function<bool(const Work&)> is_frozen_;
  std::deque<WorkPtr> operations_;
  std::deque<WorkPtr> upkeep_;
};

}  // namespace bridge
