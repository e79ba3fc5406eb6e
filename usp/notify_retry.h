// When a Notify that was not answered is sent again (R-NOT.1). Sans-IO.
#pragma once

#include <chrono>
#include <cstdint>

namespace usp {

/// Of the Controller's row: USPNotifRetryMinimumWaitInterval and USPNotifRetryIntervalMultiplier.
struct RetryPolicy {
  std::uint32_t minimum_wait_s = 5;          ///< m, 1 to 65535
  std::uint32_t interval_multiplier = 2000;  ///< k in thousandths, 1000 to 65535
};

struct RetryRange {
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};

/// The wait before retry number `retry` (from 1): between m * (k/1000)^(n-1) and m * (k/1000)^n
/// seconds, n being `retry`, at most 10: 5-10 s, 10-20 s, ... 2560-5120 s and so on with the
/// defaults.
RetryRange retry_range(const RetryPolicy& policy, int retry);

/// A wait in that range; `random` is evenly spread over its type.
std::chrono::milliseconds retry_wait(const RetryPolicy& policy, int retry, std::uint32_t random);

}  // namespace usp
