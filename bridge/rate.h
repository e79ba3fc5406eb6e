// So many a second, and no more at once than have come together.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace bridge {

/// Thread-safe.
class Rate {
 public:
  Rate(double per_second, double burst) : per_second_(per_second), burst_(burst), left_(burst) {}

  /// False: too many.
  bool take(std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) {
    const std::lock_guard lock(mutex_);
    const std::chrono::duration<double> passed = now - last_;
    left_ = std::min(burst_, left_ + std::max(0.0, passed.count()) * per_second_);
    last_ = std::max(last_, now);
    if (left_ < 1) {
      ++refused_;
      return false;
    }
    left_ -= 1;
    return true;
  }
  /// How many were refused since this was last asked.
  std::uint64_t take_refused() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t refused = refused_;
    refused_ = 0;
    return refused;
  }

 private:
  std::mutex mutex_;
  double per_second_;
  double burst_;
  double left_;
  std::chrono::steady_clock::time_point last_{};
  std::uint64_t refused_ = 0;
};

}  // namespace bridge
