#include "bridge/linger.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace bridge {

using std::chrono::milliseconds;

milliseconds linger_time(const LingerConfig& config, const LingerFacts& facts) {
  using Mode = LingerConfig::Mode;
  constexpr milliseconds kNone{0};
  if (config.mode == Mode::kNever) return kNone;
  if (config.mode == Mode::kUnreachable && facts.reachable) return kNone;
  if (!facts.since_operation) return kNone;
  milliseconds time = facts.watched ? config.hold_while_watched : config.hold;
  time = std::min(time, config.active - *facts.since_operation);
  time = std::min(time, config.total - facts.lingered);
  return std::max(time, kNone);
}

bool LingerRoom::enter(std::int64_t device_id, std::function<void()> release) {
  std::lock_guard lock(mutex_);
  if (closed_ || held_.size() >= places_) return false;
  held_[device_id] = std::move(release);
  return true;
}

void LingerRoom::leave(std::int64_t device_id) {
  std::lock_guard lock(mutex_);
  held_.erase(device_id);
}

void LingerRoom::close() {
  std::unordered_map<std::int64_t, std::function<void()>> held;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    held = held_;
  }
  for (auto& [id, release] : held) release();
}

std::size_t LingerRoom::size() const {
  std::lock_guard lock(mutex_);
  return held_.size();
}

}  // namespace bridge
