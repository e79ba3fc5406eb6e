#include "bridge/presence_watch.h"

#include "bridge/control/backend.h"
#include "bridge/event_hub.h"

namespace bridge {

PresenceWatch::PresenceWatch(EventHub& hub, std::chrono::milliseconds offline_after,
                             std::int64_t started_ms, std::int64_t newest_inform_ms)
    : hub_(hub),
      offline_after_ms_(offline_after.count()),
      started_ms_(started_ms),
      newest_inform_ms_(newest_inform_ms),
      told_ms_(horizon_ms(started_ms)) {}

/// Devices with an Inform after that are here.
std::int64_t PresenceWatch::horizon_ms(std::int64_t now_ms) const {
  const bool settled = now_ms - started_ms_ >= offline_after_ms_ || newest_inform_ms_ > now_ms;
  return (settled ? now_ms : newest_inform_ms_) - offline_after_ms_;
}

void PresenceWatch::on_inform(const std::string& endpoint_id, std::int64_t before_ms,
                              std::int64_t now_ms) {
  std::lock_guard lock(mutex_);
  if (before_ms == 0 || before_ms <= told_ms_) tell(endpoint_id, true, now_ms);
}

std::optional<PresenceWatch::Span> PresenceWatch::sweep(std::int64_t now_ms) {
  std::lock_guard lock(mutex_);
  const Span span{.after_ms = told_ms_, .to_ms = horizon_ms(now_ms)};
  told_ms_ = span.to_ms;  // backwards too, with the clock
  if (span.after_ms >= span.to_ms || !hub_.watched()) return std::nullopt;
  return span;
}

void PresenceWatch::tell(const std::string& endpoint_id, bool online, std::int64_t now_ms) {
  hub_.publish({now_ms, endpoint_id, control::PresenceChanged{online}});
}

}  // namespace bridge
