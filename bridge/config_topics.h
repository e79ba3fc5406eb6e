// Topic conventions by name (mqtt.profile). Used by config.cc.
#pragma once

#include "bridge/config.h"
#include "bridge/config_reader.h"

namespace bridge {

/// Empty: there is none, it has to be set.
const char* default_agent_topic(MqttConfig::Profile profile);
/// What the profile asks of the mqtt section.
void check_topic_profile(ConfigSection& section, const MqttConfig& mqtt);
/// Puts in the topics that controllers did not set; the whole was read.
void apply_topic_profile(ConfigSection& section, Config& config);

}  // namespace bridge
