#include "bridge/session_log.h"

#include <algorithm>
#include <utility>

namespace bridge {

void RpcTimes::add(std::chrono::microseconds took, bool fault) {
  ++count;
  if (fault) ++faults;
  total += took;
  longest = std::max(longest, took);
}

void RpcTimes::add(const RpcTimes& other) {
  count += other.count;
  faults += other.faults;
  total += other.total;
  longest = std::max(longest, other.longest);
}

void SessionLog::add(std::int64_t device, SessionRecord session,
                     const std::map<std::string, RpcTimes>& rpcs) {
  const std::lock_guard lock(mutex_);
  auto [place, is_new] = devices_.try_emplace(device);
  Entry& entry = place->second;
  if (is_new) {
    ages_.push_front(device);
    entry.age = ages_.begin();
  } else {
    ages_.splice(ages_.begin(), ages_, entry.age);
  }
  std::deque<SessionRecord>& sessions = entry.records.sessions;
  sessions.push_front(std::move(session));
  if (sessions.size() > DeviceRecords::kMaxSessions) sessions.pop_back();
  for (const auto& [method, times] : rpcs) entry.records.rpcs[method].add(times);
  if (devices_.size() > max_devices_) {
    devices_.erase(ages_.back());
    ages_.pop_back();
  }
}

DeviceRecords SessionLog::of(std::int64_t device) const {
  const std::lock_guard lock(mutex_);
  const auto found = devices_.find(device);
  return found == devices_.end() ? DeviceRecords{} : found->second.records;
}

void SessionLog::forget(std::int64_t device) {
  const std::lock_guard lock(mutex_);
  const auto found = devices_.find(device);
  if (found == devices_.end()) return;
  ages_.erase(found->second.age);
  devices_.erase(found);
}

}  // namespace bridge
