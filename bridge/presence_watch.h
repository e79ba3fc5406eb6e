// Tells watchers of devices that come online and go offline. A machine without IO or clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace bridge {

class EventHub;

/// A device that comes tells of itself by its Inform. Those that go are found by who sweeps: the
/// store has the devices ordered by their last Inform, so that a sweep sees only what has changed.
///
/// Times are Unix milliseconds. Thread-safe.
class PresenceWatch {
 public:
  /// `hub` outlives it. `offline_after`: see presence.h. `newest_inform_ms` is that of any device
  /// before the start: as long as the bridge was down no device could come in, so nobody is told to
  /// be gone until each has had its full time again.
  PresenceWatch(EventHub& hub, std::chrono::milliseconds offline_after, std::int64_t started_ms,
                std::int64_t newest_inform_ms);

  /// An Inform has come in, and is what the device's memory says already; the one before was at
  /// `before_ms` (0: none).
  void on_inform(const std::string& endpoint_id, std::int64_t before_ms, std::int64_t now_ms);

  /// Last Informs above `after_ms`, not above `to_ms`: not told of yet.
  struct Span {
    std::int64_t after_ms = 0;
    std::int64_t to_ms = 0;
  };
  /// Empty: nothing to look for.
  std::optional<Span> sweep(std::int64_t now_ms);

  /// The store has this device in the span. `last_inform_ms()` is what memory knows, which may be
  /// ahead of the store; 0: nothing.
  template <class LastInform>
  void on_found(const std::string& endpoint_id, const Span& span, LastInform last_inform_ms,
                std::int64_t now_ms) {
    // With the lock of on_inform(): a device that comes in now is not told of as gone after that.
    std::lock_guard lock(mutex_);
    if (last_inform_ms() <= span.to_ms) tell(endpoint_id, false, now_ms);
  }

 private:
  std::int64_t horizon_ms(std::int64_t now_ms) const;
  void tell(const std::string& endpoint_id, bool online, std::int64_t now_ms);

  EventHub& hub_;
  const std::int64_t offline_after_ms_;
  const std::int64_t started_ms_;
  const std::int64_t newest_inform_ms_;
  std::mutex mutex_;
  std::int64_t told_ms_;  ///< who was last seen up to then was told to be gone
};

}  // namespace bridge
