// From the configuration to the options of MQTT connections.
#pragma once

#include "bridge/config.h"
#include "usp/mtp/mqtt.h"

namespace bridge {

/// Where and as whom, and the limits. No subscription, no client id.
usp::mtp::MqttOptions broker_options(const MqttConfig& config);

/// Of the connections that all agents share.
usp::mtp::MqttOptions shared_mqtt_options(const MqttConfig& config);

}  // namespace bridge
