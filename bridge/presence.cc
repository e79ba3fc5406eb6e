#include "bridge/presence.h"

#include "bridge/config.h"

namespace bridge {

using std::chrono::seconds;

std::chrono::seconds offline_after(const Config& config) {
  if (config.device.offline_after > seconds(0)) return config.device.offline_after;
  const auto interval = std::chrono::duration_cast<seconds>(config.cwmp.periodic_inform_interval);
  if (interval == seconds(0)) return std::chrono::hours(25);
  return 3 * interval + std::chrono::minutes(1);
}

bool is_online(const Config& config, std::int64_t last_inform_ms, std::int64_t now_ms) {
  if (last_inform_ms == 0) return false;
  return now_ms - last_inform_ms < std::chrono::milliseconds(offline_after(config)).count();
}

}  // namespace bridge
