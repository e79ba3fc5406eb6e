// How often one device may begin a session. Sans-IO.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <unordered_map>

namespace bridge {

/// Stops a device that calls and calls (quirk 47) from taking what the others need. Each session
/// puts its device into debt by a cost in time, a retried one by much more; time pays the debt; a
/// device whose debt would pass `burst` is told to wait. A CPE that keeps to the schedule of
/// TR-069 3.2.1.1 (5 s and doubling) never gets there with the default costs.
///
/// Holds only devices in debt, at most kMaxDevices of them: a device beyond that is let in
/// unnoticed, since max_sessions guards the whole. Not thread-safe.
class SessionPace {
 public:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr std::size_t kMaxDevices = 100'000;

  struct Costs {
    Milliseconds session{1};
    Milliseconds retry{30'000};
    Milliseconds burst{300'000};
  };

  explicit SessionPace(Costs costs) : costs_(costs) {}

  /// nullopt: it may begin, and has been charged. Else: how long it has to wait until it may.
  /// `now_ms` is any clock that does not go backwards.
  std::optional<std::chrono::seconds> begin(std::int64_t device, bool retried, std::int64_t now_ms);

  std::size_t size() const { return paid_at_ms_.size(); }

 private:
  void forget_paid(std::int64_t now_ms);

  Costs costs_;
  std::unordered_map<std::int64_t, std::int64_t> paid_at_ms_;  ///< device -> when it has no debt
  std::size_t sweep_at_ = 1024;
};

}  // namespace bridge
