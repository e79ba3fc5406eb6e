#include "bridge/config_topics.h"

namespace bridge {
namespace {

constexpr std::string_view kPlaceholder = "{endpoint_id}";
constexpr std::string_view kAgentPlaceholder = "{agent_id}";

/// What a profile says where the topics are not set.
struct TopicProfile {
  const char* agent;
  const char* controller;
  const char* reply_prefix;
};

const TopicProfile& topic_profile(MqttConfig::Profile profile) {
  static constexpr TopicProfile kBbf{"usp/v1/agent/{endpoint_id}",
                                     "usp/v1/controller/{endpoint_id}", ""};
  // Its adapter learns who sent a record from the last level of the topic, and has answers sent to
  // controller/ and to api/.
  static constexpr TopicProfile kOktopus{"oktopus/usp/v1/agent/{endpoint_id}",
                                         "oktopus/usp/v1/controller/{agent_id}", "oktopus/usp/v1/"};
  static constexpr TopicProfile kCustom{"", "", ""};
  switch (profile) {
    case MqttConfig::Profile::kOktopus:
      return kOktopus;
    case MqttConfig::Profile::kCustom:
      return kCustom;
    case MqttConfig::Profile::kBbf:
      break;
  }
  return kBbf;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos;
       at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
  return text;
}

}  // namespace

const char* default_agent_topic(MqttConfig::Profile profile) {
  return topic_profile(profile).agent;
}

void check_topic_profile(ConfigSection& s, const MqttConfig& mqtt) {
  if (mqtt.profile == MqttConfig::Profile::kCustom && mqtt.agent_topic.empty()) {
    s.mistake("agent_topic", "must be set with profile: custom");
  }
  if (mqtt.profile != MqttConfig::Profile::kOktopus) return;
  // Its broker learns who is online from the connections, their first user property and what they
  // subscribe to.
  if (mqtt.mode != MqttConfig::Mode::kPerAgent) {
    s.mistake("mode", "must be per-agent with profile: oktopus");
  }
  if (mqtt.version != MqttConfig::Version::k5) {
    s.mistake("version", "must be 5.0 with profile: oktopus");
  }
  if (!mqtt.agent_topic.starts_with("oktopus/usp/v1/agent/")) {
    s.mistake("agent_topic", "must begin with oktopus/usp/v1/agent/ with profile: oktopus");
  }
}

void apply_topic_profile(ConfigSection& s, Config& config) {
  const TopicProfile& profile = topic_profile(config.mqtt.profile);
  for (ControllerConfig& controller : config.controllers) {
    const bool name_alone = controller.endpoint_id.find("::") == std::string::npos;
    if (name_alone && config.mqtt.profile != MqttConfig::Profile::kOktopus) {
      s.mistake("controllers", controller.endpoint_id +
                                   ": must be an Endpoint ID such as self::controller.example.com");
    }
    if (!controller.topic.empty()) continue;
    controller.topic = profile.controller;
    if (controller.reply_prefix.empty()) controller.reply_prefix = profile.reply_prefix;
    if (controller.topic.empty()) {
      s.mistake("controllers", controller.endpoint_id + ": topic must be set with profile: custom");
    }
  }
}

std::string ControllerConfig::resolved_topic(std::string_view agent) const {
  return replaced(replaced(topic, kPlaceholder, endpoint_id), kAgentPlaceholder, agent);
}

}  // namespace bridge
