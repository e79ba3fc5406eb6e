// When to send a Notify again (TR-369 "Responses to Notifications and Notification Retry").
#pragma once

#include <chrono>
#include <cstdint>
#include <variant>

namespace usp {

/// Rows of the table after which the range stays the same (R-NOT.2).
inline constexpr std::uint32_t kMaxRetryCount = 10;
/// No wait is longer, whatever minimum and multiplier say (65535 s times 65.535^10 overflows).
inline constexpr std::chrono::milliseconds kMaxRetryWait = std::chrono::hours(24 * 365);

/// Of the Controller row. Wait #n is between m*(k/1000)^(n-1) and m*(k/1000)^n.
struct RetryPolicy {
  std::chrono::milliseconds minimum_wait{5000};  ///< USPNotifRetryMinimumWaitInterval, m
  std::uint32_t interval_multiplier = 2000;      ///< USPNotifRetryIntervalMultiplier, k
  bool operator==(const RetryPolicy&) const = default;
};

struct RetryRange {
  std::chrono::milliseconds min{0};
  std::chrono::milliseconds max{0};
  bool operator==(const RetryRange&) const = default;
};

/// Range of wait #`count`, from 1 (R-NOT.1); 0 counts as 1, and all above 10 as 10 (R-NOT.2).
RetryRange retry_range(const RetryPolicy& policy, std::uint32_t count);

/// A wait in that range; `random` is even over [0, 1).
std::chrono::milliseconds retry_wait(const RetryPolicy& policy, std::uint32_t count, double random);

using RetryTime = std::chrono::sys_time<std::chrono::milliseconds>;

/// A notification that was sent and not answered. The count is its own, so that a delivered one
/// leaves none behind (R-NOT.3); what a reboot of the agent leaves of it is the caller's (R-NOT.4).
struct UnansweredNotify {
  RetryTime first_sent;
  RetryTime last_sent;
  std::uint32_t sent = 1;              ///< times
  std::chrono::seconds expiration{0};  ///< NotifExpiration, from `first_sent`; 0: never
};

struct RetryAt {
  RetryTime when;
  bool operator==(const RetryAt&) const = default;
};
/// No further retry fits before the expiration: the notification is dropped then. An answer may
/// still come before.
struct ExpireAt {
  RetryTime when;
  bool operator==(const ExpireAt&) const = default;
};

std::variant<RetryAt, ExpireAt> next_retry(const UnansweredNotify& notify,
                                           const RetryPolicy& policy, double random);

}  // namespace usp
