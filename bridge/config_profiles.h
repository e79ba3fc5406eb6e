// The cwmp.profiles part of the configuration. Used by config.cc.
#pragma once

#include "bridge/config.h"
#include "bridge/config_reader.h"

namespace bridge {

void read_profile(ConfigSection& s, ProfileConfig& profile, const TextCheck& check_network);

/// Once all of the cwmp section is read: can the profiles do what they say?
void check_profiles(ConfigSection& cwmp_section, const CwmpConfig& cwmp);

}  // namespace bridge
