#include "bridge/mqtt_options.h"

#include <string>

#include "usp/topic.h"

namespace bridge {

using usp::mtp::MqttOptions;

MqttOptions broker_options(const MqttConfig& config) {
  MqttOptions out;
  out.host = config.host;
  out.port = config.broker_port();
  if (config.version == MqttConfig::Version::k311) out.version = MqttOptions::Version::k311;
  out.username = config.username;
  out.password = config.password;
  out.tls.enabled = config.tls.enabled;
  out.tls.ca = config.tls.ca;
  out.tls.certificate = config.tls.certificate;
  out.tls.key = config.tls.key;
  out.tls.verify = config.tls.verify;
  out.subscription_qos = config.qos;
  out.keep_alive = config.keep_alive;
  out.retry.time = config.reconnect.min;
  out.retry.max_interval = config.reconnect.max;
  out.max_queued = config.max_queued_messages;
  out.max_handling = config.max_queued_messages;
  out.max_message_bytes = config.max_message_bytes;
  return out;
}

MqttOptions shared_mqtt_options(const MqttConfig& config) {
  MqttOptions out = broker_options(config);
  out.client_id = config.client_id;
  out.connections = config.connections;
  // Every agent's topic: the template up to its placeholder, then anything.
  const std::string& pattern = config.agent_topic;
  out.subscriptions = {pattern.substr(0, pattern.find(usp::kEndpointPlaceholder)) + "#"};
  return out;
}

}  // namespace bridge
