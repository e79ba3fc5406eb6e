// The section cwmp.auth of the configuration.
#pragma once

#include "bridge/config.h"
#include "bridge/config_reader.h"

namespace bridge {

void read_cwmp_scheme(ConfigSection& s, CwmpAuthScheme& scheme);
void read_cwmp_auth(ConfigSection& s, CwmpConfig::Auth& auth);

}  // namespace bridge
