// How many requests a controller may send: a token bucket for each.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bridge/rate.h"

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
  std::map<std::string, Rate, std::less<>> rates_;  ///< never changes once it is made
};

}  // namespace bridge
