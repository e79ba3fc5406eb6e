// Mode `per-agent`: which agents are on the broker, each over a connection of its own, and how each
// is configured.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <string>

#include "bridge/agent/agent_facts.h"
#include "bridge/agent/local_model.h"
#include "bridge/config.h"
#include "usp/mtp/mqtt_agents.h"

namespace bridge {

class Device;
struct Runtime;

/// Options of one agent's connection: the operator's, and what Device.MQTT.Client.1. says.
usp::mtp::MqttOptions agent_mqtt_options(const MqttConfig& config, const LocalMqttClient& client,
                                         const std::string& endpoint_id);

/// Thread-safe, but for what names a device: that is called on its strand.
class AgentConnections {
 public:
  /// `transport` outlives it.
  AgentConnections(Runtime& runtime, usp::mtp::MqttAgents& transport)
      : runtime_(runtime), transport_(transport) {}

  /// Connects the agents of all devices that the store knows; it takes its time.
  void start();
  void stop() { stopping_ = true; }

  /// The agent is up, or its objects have changed.
  void configure(const Device& device);
  void remove(const std::string& endpoint_id);
  /// The device has booted: its agent comes anew.
  void restart(const std::string& endpoint_id);
  /// The broker has given a client id; it is kept in ClientID (R-MQTT.9).
  void on_connected(const usp::mtp::ConnectionInfo& info);

  void fill(const std::string& endpoint_id, AgentFacts& facts) const;
  std::size_t size() const { return transport_.size(); }

 private:
  boost::asio::awaitable<void> connect_all();
  boost::asio::awaitable<void> keep_client_id(std::string endpoint_id, std::string client_id);
  void add(usp::mtp::MqttOptions options);

  Runtime& runtime_;
  usp::mtp::MqttAgents& transport_;
  std::atomic<bool> stopping_{false};
};

}  // namespace bridge
