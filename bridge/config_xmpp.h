// The section cwmp.xmpp of the configuration.
#pragma once

#include "bridge/config.h"
#include "bridge/config_reader.h"

namespace bridge {

/// `check_host`: what an empty text, a host name or an IP address passes.
void read_xmpp(ConfigSection& s, CwmpConfig::Xmpp& xmpp, const TextCheck& check_host);

}  // namespace bridge
