#include "usp/notify_retry.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace usp {

namespace {

constexpr int kLastGrowingRetry = 10;
/// What a hostile multiplier may make of it: some 31 years.
constexpr double kLongestSeconds = 1e9;

std::chrono::milliseconds seconds(double value) {
  return std::chrono::milliseconds(
      static_cast<std::int64_t>(std::min(value, kLongestSeconds) * 1000.0));
}

}  // namespace

RetryRange retry_range(const RetryPolicy& policy, int retry) {
  int n = std::clamp(retry, 1, kLastGrowingRetry);
  double factor = policy.interval_multiplier / 1000.0;
  double least = policy.minimum_wait_s * std::pow(factor, n - 1);
  return {seconds(least), seconds(least * factor)};
}

std::chrono::milliseconds retry_wait(const RetryPolicy& policy, int retry, std::uint32_t random) {
  RetryRange range = retry_range(policy, retry);
  double part = random / static_cast<double>(std::numeric_limits<std::uint32_t>::max());
  auto span = static_cast<double>((range.most - range.least).count());
  return range.least + std::chrono::milliseconds(static_cast<std::int64_t>(part * span));
}

}  // namespace usp
