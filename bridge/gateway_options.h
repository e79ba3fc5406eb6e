// From the configuration to what each server and client is built with.
#pragma once

#include "bridge/config.h"
#include "bridge/control/server.h"
#include "cwmp/server.h"
#include "cwmp/stun_server.h"
#include "cwmp/xmpp_client.h"

namespace bridge {

class Metrics;

/// Of one listener. Throws std::runtime_error when there is no randomness; so does stun_options().
cwmp::ServerOptions acs_options(const CwmpConfig& config, const CwmpListenerConfig& listener);
/// `metrics` outlives what is built with it, here and below.
cwmp::XmppClientOptions xmpp_options(const CwmpConfig::Xmpp& config, Metrics& metrics);
cwmp::StunServerOptions stun_options(const CwmpConfig::Stun& config, Metrics& metrics);
control::Controllers controllers_of(const Config& config);
control::ServerOptions grpc_options(const GrpcConfig& config, Metrics& metrics);

}  // namespace bridge
