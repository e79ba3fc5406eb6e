#include "bridge/request_pace.h"

#include <algorithm>

#include "bridge/config.h"

namespace bridge {

RequestPace::RequestPace(const std::vector<ControllerConfig>& controllers) {
  for (const ControllerConfig& controller : controllers) {
    if (controller.requests_per_second <= 0) continue;
    double burst = controller.request_burst;
    if (controller.request_burst == 0) burst = std::max(1.0, controller.requests_per_second);
    buckets_[controller.endpoint_id] = {controller.requests_per_second, burst, burst, {}};
  }
}

bool RequestPace::take(const std::string& controller, Time now) {
  const auto found = buckets_.find(controller);  // the map itself never changes
  if (found == buckets_.end()) return true;
  std::lock_guard lock(mutex_);
  Bucket& bucket = found->second;
  if (bucket.last != Time{} && now > bucket.last) {
    const std::chrono::duration<double> passed = now - bucket.last;
    bucket.tokens = std::min(bucket.burst, bucket.tokens + passed.count() * bucket.per_second);
  }
  bucket.last = std::max(bucket.last, now);
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace bridge
