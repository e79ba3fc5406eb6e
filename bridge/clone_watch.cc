#include "bridge/clone_watch.h"

#include <functional>

namespace bridge {

bool CloneWatch::on_session(std::int64_t device, std::string_view address, std::int64_t now_ms) {
  if (devices_.size() >= kMaxDevices && !devices_.contains(device)) return false;
  const bool v6 = address.find(':') != std::string_view::npos;
  Source& source = devices_[device][v6 ? 1 : 0];
  const std::size_t here = std::hash<std::string_view>{}(address) | 1U;  // never "none yet"
  if (here == source.current) return false;
  const bool back = here == source.before;
  source.before = source.current;
  source.current = here;
  if (!back || now_ms - source.last_turn_ms > kWindowMs) source.turns = 0;
  source.last_turn_ms = now_ms;
  if (!back || ++source.turns < kTurns) return false;
  source.turns = 0;
  return true;
}

}  // namespace bridge
