#include "bridge/session_pace.h"

#include <algorithm>

namespace bridge {

std::optional<std::chrono::seconds> SessionPace::begin(std::int64_t device, bool retried,
                                                       std::int64_t now_ms) {
  const std::int64_t cost = (retried ? costs_.retry : costs_.session).count();
  if (cost == 0) return std::nullopt;
  const auto found = paid_at_ms_.find(device);
  const std::int64_t paid_at = found == paid_at_ms_.end() ? now_ms : found->second;
  const std::int64_t after = std::max(paid_at, now_ms) + cost;
  // A cost above the burst lets in whoever has no debt.
  const std::int64_t most = now_ms + std::max<std::int64_t>(costs_.burst.count(), cost);
  if (after > most) {
    return std::chrono::ceil<std::chrono::seconds>(Milliseconds(after - most));
  }
  if (found != paid_at_ms_.end()) {
    found->second = after;
    return std::nullopt;
  }
  if (paid_at_ms_.size() >= sweep_at_) forget_paid(now_ms);
  if (paid_at_ms_.size() < kMaxDevices) paid_at_ms_.emplace(device, after);
  return std::nullopt;
}

// Twice as many as were left may come before the next sweep: its cost is spread over them.
void SessionPace::forget_paid(std::int64_t now_ms) {
  std::erase_if(paid_at_ms_, [now_ms](const auto& entry) { return entry.second <= now_ms; });
  sweep_at_ = std::clamp<std::size_t>(paid_at_ms_.size() * 2, 1024, kMaxDevices);
}

}  // namespace bridge
