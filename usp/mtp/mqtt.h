// MQTT 5.0 as a transport (TR-369 "MQTT Binding"), on Paho MQTT C++.
//
// One connection carries every agent: one wildcard subscription below the agents' topic prefix, a
// Response Topic per agent on each PUBLISH. Which agent a record is for is told by its to_id, never
// by the topic.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "usp/mtp/transport.h"

namespace usp::mtp {

/// Content Type of what goes out (R-MQTT.27); on receipt the registered media type is taken too
/// (R-MQTT.27a).
inline constexpr std::string_view kContentType = "usp.msg";
inline constexpr std::string_view kMediaType = "application/vnd.bbf.usp.msg";

struct MqttOptions {
  std::string host = "localhost";
  std::uint16_t port = 1883;
  std::string client_id = "usp-bridge";  ///< empty: the broker assigns one
  std::string username;
  std::string password;
  std::vector<std::string> subscriptions;  ///< topic filters; at least one must be granted
  int qos = 1;                             ///< 0 or 1, of subscriptions and of what goes out
  std::chrono::seconds keep_alive{60};

  bool tls = false;
  std::string ca_file;           ///< PEM; empty: the system's
  std::string certificate_file;  ///< PEM of the client; empty: none
  std::string key_file;
  bool verify = true;

  /// Wait before attempt n: a random part (half to whole) of min * 2^n, at most max. Random,
  /// because a fleet that lost its broker comes back all at once.
  std::chrono::milliseconds reconnect_min{1000};
  std::chrono::milliseconds reconnect_max{60'000};
  std::chrono::seconds connect_timeout{10};

  std::size_t max_queued = 10'000;  ///< waiting for a place in flight; more is kQueueFull
  std::size_t max_inflight = 1000;  ///< unacknowledged; the broker's Receive Maximum may lower it
  std::size_t max_message_bytes =
      4 << 20;  ///< received; what is longer is dropped by the broker (CONNECT)
};

class MqttTransport final : public Transport {
 public:
  explicit MqttTransport(MqttOptions options);
  ~MqttTransport() override;

  void start(Events events) override;
  void send(Outbound message, SendDone done) override;
  bool connected() const override;
  void stop(std::chrono::milliseconds grace) override;

  /// Client id in use: the configured one, or the one that the broker assigned (R-MQTT.9).
  std::string client_id() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Sets TCP_NODELAY on every TCP socket of this process whose peer has `port`; how many there were.
/// Paho C 1.3.12 does not set it, and its PUBACK then holds the next PUBLISH back for 40 ms; nor
/// does it tell its socket, so it is looked up among the process's descriptors, once per connect.
int set_nodelay_for_peer_port(std::uint16_t port);

}  // namespace usp::mtp
