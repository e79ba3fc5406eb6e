// How many requests a controller may send: a token bucket for each.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace bridge {

struct ControllerConfig;

/// Of the controllers that have a limit; others are not counted. Thread-safe.
class RequestPace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  explicit RequestPace(const std::vector<ControllerConfig>& controllers);

  /// One more request of `controller` now? False: it is over its rate.
  bool take(const std::string& controller, Time now);

 private:
  struct Bucket {
    double per_second = 0;
    double burst = 0;
    double tokens = 0;
    Time last{};
  };
  std::mutex mutex_;
  std::map<std::string, Bucket, std::less<>> buckets_;
};

}  // namespace bridge
