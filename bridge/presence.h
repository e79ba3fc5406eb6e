// When a device counts as online. CWMP has no connection that could break: all there is to tell is
// when the device last sent an Inform.
#pragma once

#include <chrono>
#include <cstdint>

namespace bridge {

struct Config;

/// How long a device may be silent: device.offline_after, or what follows from the periodic Inform.
std::chrono::seconds offline_after(const Config& config);

/// Unix milliseconds. A device that has never sent an Inform (0) is offline.
bool is_online(const Config& config, std::int64_t last_inform_ms, std::int64_t now_ms);

}  // namespace bridge
