// The roles part of the configuration. Used by config.cc.
#pragma once

#include "bridge/config.h"
#include "bridge/config_reader.h"

namespace bridge {

void read_role(ConfigSection& s, RoleConfig& role);

/// Once everything is read: are names used once, and is there a role for every controller?
void check_roles(ConfigSection& root, const Config& config);

}  // namespace bridge
