// A bounded queue between callers and the threads of the store.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "bridge/store/job.h"

namespace bridge {

/// Thread-safe.
class JobQueue {
 public:
  enum class Push { kTaken, kFull, kClosed };

  explicit JobQueue(std::size_t capacity) : capacity_(capacity) {}

  /// Moves from `job` only when it is taken.
  Push push(std::unique_ptr<StoreJob>& job) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return Push::kClosed;
      if (jobs_.size() >= capacity_) return Push::kFull;
      jobs_.push_back(std::move(job));
    }
    ready_.notify_one();
    return Push::kTaken;
  }

  /// Waits for a job; up to `max` of them, oldest first. None: closed and empty.
  std::vector<std::unique_ptr<StoreJob>> pop(std::size_t max) {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !jobs_.empty(); });
    const auto count = static_cast<std::ptrdiff_t>(std::min(max, jobs_.size()));
    std::vector<std::unique_ptr<StoreJob>> taken(std::move_iterator(jobs_.begin()),
                                                 std::move_iterator(jobs_.begin() + count));
    jobs_.erase(jobs_.begin(), jobs_.begin() + count);
    return taken;
  }

  /// What is queued can still be popped.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return jobs_.size();
  }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::unique_ptr<StoreJob>> jobs_;
  bool closed_ = false;
};

}  // namespace bridge
