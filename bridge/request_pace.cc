#include "bridge/request_pace.h"

#include <algorithm>

#include "bridge/config.h"

namespace bridge {

RequestPace::RequestPace(const std::vector<ControllerConfig>& controllers) {
  for (const ControllerConfig& controller : controllers) {
    if (controller.requests_per_second <= 0) continue;
    double burst = controller.request_burst;
    if (controller.request_burst == 0) burst = std::max(1.0, controller.requests_per_second);
    rates_.try_emplace(controller.endpoint_id, controller.requests_per_second, burst);
  }
}

bool RequestPace::take(const std::string& controller, Time now) {
  const auto found = rates_.find(controller);
  return found == rates_.end() || found->second.take(now);
}

}  // namespace bridge
