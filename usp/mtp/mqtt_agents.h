// Mode `per-agent`: each endpoint has an MQTT connection of its own, with its own client id,
// credentials and subscriptions, as TR-369 describes it (R-MQTT.4 to 21) and as controllers expect
// that watch the broker to learn who is online.
//
// Each costs a thread and a socket, and Paho runs all clients of a process through one lock: good
// for about 1,000 endpoints a process.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "usp/mtp/mqtt.h"
#include "usp/mtp/transport.h"

namespace usp::mtp {

struct MqttAgentsOptions {
  std::size_t max_endpoints = 1000;  ///< add() says no beyond it
  /// Connections begun a second, so that a start does not fall upon the broker.
  double connect_rate = 50;
};

/// How one endpoint's connection stands.
struct EndpointState {
  bool connected = false;
  TransportCounters counters;
  std::vector<SubscriptionState> subscriptions;  ///< of this connection
};

/// OutboundMessage::from says over whose connection a message goes; a sender that was not added is
/// not connected. ConnectionInfo::number counts anew for each endpoint.
class MqttAgents final : public Transport {
 public:
  explicit MqttAgents(MqttAgentsOptions options);
  ~MqttAgents() override;

  void start(TransportHandler& handler) override;
  void stop(std::chrono::milliseconds grace) override;
  using Transport::send;
  std::optional<SendResult> send(OutboundMessage message, SendCompletion done) override;
  bool is_connected() const override;
  TransportCounters counters() const override;

  enum class Added { kNew, kChanged, kFull };
  /// Connects `options.endpoint_id`, or gives the one that is there other options
  /// (MqttTransport::reconfigure). Throws std::invalid_argument on options that cannot work. Any
  /// thread, after start().
  Added add(MqttOptions options);
  /// Leaves the broker; no callback for it comes after a moment. Unknown ones do no harm.
  void remove(const std::string& endpoint_id);
  /// MqttTransport::reconnect.
  void reconnect(const std::string& endpoint_id);
  /// nullopt: not added.
  std::optional<EndpointState> state(const std::string& endpoint_id) const;
  std::size_t size() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace usp::mtp
