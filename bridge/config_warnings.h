// What a configuration gives up of safety, for the log. Used by config.cc.
#pragma once

#include <string>
#include <vector>

#include "bridge/config.h"

namespace bridge {

/// Of a configuration that has no mistakes.
std::vector<std::string> warnings_of(const Config& config);

}  // namespace bridge
