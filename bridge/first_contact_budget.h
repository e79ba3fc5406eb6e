// How many first walks of a tree run at the same time over the whole fleet: no stampede after a
// cut-over. Who finds no place waits for its turn.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace bridge {

/// Thread-safe.
class FirstContactBudget {
 public:
  /// A device that was asked to come may not come, so more are asked than there are places.
  static constexpr std::size_t kCallsPerPlace = 4;

  explicit FirstContactBudget(std::size_t places) : places_(places) {}

  /// False: no place free.
  bool take() {
    std::lock_guard lock(mutex_);
    if (used_ >= places_) return false;
    ++used_;
    return true;
  }
  void give_back() {
    {
      std::lock_guard lock(mutex_);
      --used_;
    }
    call(1);
  }
  std::size_t used() const {
    std::lock_guard lock(mutex_);
    return used_;
  }
  std::size_t waiting() const {
    std::lock_guard lock(mutex_);
    return here_.size() + away_.size();
  }

  /// Called once, when there is a place to take() (which another may take first); on any thread,
  /// must not block.
  using Turn = std::function<void()>;
  /// For a device in a session: it is called before those that are away.
  void wait_here(Turn turn) {
    std::lock_guard lock(mutex_);
    here_.push_back(std::move(turn));
  }
  /// For a device that must be woken first.
  void wait_away(Turn turn) {
    std::lock_guard lock(mutex_);
    away_.push_back(std::move(turn));
  }
  /// Whoever was called and no longer wants its turn passes it on; also for a timer, since of those
  /// that were called none may have come.
  void pass_on() {
    std::size_t free = 0;
    {
      std::lock_guard lock(mutex_);
      free = places_ - std::min(used_, places_);
    }
    call(free);
  }

 private:
  void call(std::size_t places) {
    std::vector<Turn> turns;
    {
      std::lock_guard lock(mutex_);
      for (; places > 0 && !here_.empty(); --places) {
        turns.push_back(std::move(here_.front()));
        here_.pop_front();
      }
      for (std::size_t calls = places * kCallsPerPlace; calls > 0 && !away_.empty(); --calls) {
        turns.push_back(std::move(away_.front()));
        away_.pop_front();
      }
    }
    for (Turn& turn : turns) turn();
  }

  const std::size_t places_;
  mutable std::mutex mutex_;
  std::size_t used_ = 0;
  std::deque<Turn> here_;
  std::deque<Turn> away_;
};

}  // namespace bridge
