// The order in which a device's work is done (sans-IO).
//
// Operations run in order of arrival; the bridge's own upkeep (first contact, refreshes) runs when
// no operation waits, and goes on in later sessions. Work that waits for the device (a diagnostic
// that runs, a reboot whose answer was lost) steps aside so that what comes after it can run.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "bridge/task/task.h"

namespace bridge {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class WorkPriority { kOperation, kUpkeep };

/// What became of a piece of work.
enum class WorkEnd {
  kDone,        ///< the task is done; it knows its result
  kNotReached,  ///< withdrawn before anything was sent; it will never be done
  kUnknown,     ///< something was sent, no answer came in time
  kCancelled,   ///< withdrawn on request before anything was sent
};

struct Work {
  std::shared_ptr<task::Task> task;
  WorkPriority priority = WorkPriority::kOperation;
  SteadyTime deadline = SteadyTime::max();
  std::int64_t operation_id = 0;  ///< 0: not durable
  bool started = false;           ///< an RPC of it went out, in this or an earlier session
  bool withdrawn = false;         ///< the deadline passed with an RPC open: its answer still counts
  std::function<void(WorkEnd)> on_end;  ///< called once
};

using WorkPtr = std::shared_ptr<Work>;

/// Not thread-safe: lives on the device's strand.
class WorkQueue {
 public:
  void push(WorkPtr work);

  /// The work to do next: operations before upkeep, each in order of arrival; what waits for the
  /// device is passed over. nullptr: nothing to do.
  WorkPtr front() const;

  void remove(const WorkPtr& work);

  bool contains(const WorkPtr& work) const;

  /// Nothing that a session could be used for.
  bool idle() const { return front() == nullptr; }
  std::size_t size() const { return operations_.size() + upkeep_.size(); }

  /// All of it, operations first, to tell tasks what the device reports.
  std::vector<WorkPtr> all() const;

 private:
  std::deque<WorkPtr> operations_;
  std::deque<WorkPtr> upkeep_;
};

}  // namespace bridge
