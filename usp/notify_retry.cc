#include "usp/notify_retry.h"

#include <algorithm>
#include <cmath>

namespace usp {
namespace {

std::chrono::milliseconds saturated(double milliseconds) {
  const auto limit = static_cast<double>(kMaxRetryWait.count());
  return std::chrono::milliseconds(std::llround(std::min(milliseconds, limit)));
}

}  // namespace

RetryRange retry_range(const RetryPolicy& policy, std::uint32_t count) {
  const auto n = static_cast<double>(std::clamp<std::uint32_t>(count, 1, kMaxRetryCount));
  const auto m = static_cast<double>(policy.minimum_wait.count());
  const double k = policy.interval_multiplier / 1000.0;
  return {saturated(m * std::pow(k, n - 1)), saturated(m * std::pow(k, n))};
}

std::chrono::milliseconds retry_wait(const RetryPolicy& policy, std::uint32_t count,
                                     double random) {
  const RetryRange range = retry_range(policy, count);
  const auto width = static_cast<double>((range.max - range.min).count());
  return range.min + std::chrono::milliseconds(std::llround(width * std::clamp(random, 0.0, 1.0)));
}

std::variant<RetryAt, ExpireAt> next_retry(const UnansweredNotify& notify,
                                           const RetryPolicy& policy, double random) {
  const RetryTime when = notify.last_sent + retry_wait(policy, notify.sent, random);
  if (notify.expiration.count() > 0) {
    const RetryTime end = notify.first_sent + notify.expiration;
    if (when >= end) return ExpireAt{end};
  }
  return RetryAt{when};
}

}  // namespace usp
