// Is a device gone? (quirk 87)
#pragma once

#include <cstdint>
#include <string>

#include "bridge/tree.h"

namespace bridge {

/// Periodic Informs that may be missed before a device counts as offline.
inline constexpr std::int64_t kMissedInforms = 3;

/// Has it missed kMissedInforms of its periodic Informs? By the interval that the device itself
/// reports below `root` ("Device."), where that is unknown `configured_s`. false while it is not
/// known when it should call: periodic Informs off, no interval, never heard.
bool is_silent(const Tree& tree, const std::string& root, std::int64_t configured_s,
               std::int64_t last_inform_ms, std::int64_t now_ms);

}  // namespace bridge
