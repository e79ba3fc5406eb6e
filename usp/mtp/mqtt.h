// MQTT as Message Transfer Protocol (TR-369 "MQTT Binding"), MQTT 5.0 and 3.1.1.
//
// Mode `shared`: a few connections carry any number of endpoints. The first one subscribes and
// receives; messages out are spread over all of them by sender. Deviations: R-MQTT.4, 8, 9, 13, 15
// to 17 ask for a connection of each endpoint's own. A transport with one connection, `endpoint_id`
// and `use_connack_topics` set follows them for that one endpoint; mqtt_agents.h has one for each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "usp/mtp/connect_retry.h"
#include "usp/mtp/transport.h"

namespace usp::mtp {

struct MqttOptions {
  enum class Version { k5, k311 };

  std::string host = "localhost";  ///< name or address, IPv6 without brackets
  std::uint16_t port = 1883;
  Version version = Version::k5;
  std::string username;  ///< empty: none
  std::string password;

  /// Several connections append "-0", "-1" ... Empty: the broker assigns one, which is kept for
  /// reconnecting (R-MQTT.8, 9, 11).
  std::string client_id;
  std::size_t connections = 1;

  struct Tls {
    bool enabled = false;
    std::string ca;           ///< PEM file; empty: the system's
    std::string certificate;  ///< PEM file of the client; empty: none
    std::string key;          ///< PEM file
    bool verify = true;       ///< the broker's certificate and name
  } tls;

  /// Topic Filters; with MQTT 3.1.1 each is widened by "/#" for the reply-to part (R-MQTT.15).
  std::vector<std::string> subscriptions;
  int subscription_qos = 1;
  std::map<std::string, int> other_qos;  ///< of subscriptions that have one of their own

  /// User property usp-endpoint-id (R-MQTT.13), and ConnectionInfo::endpoint_id; empty: none.
  std::string endpoint_id;
  /// Subscribe to what CONNACK says in subscribe-topic and Response Information as well, and answer
  /// to the latter whatever OutboundMessage::response_topic says (R-MQTT.15, R-MQTT.21).
  bool use_connack_topics = false;

  std::chrono::seconds keep_alive{60};  ///< lowered where the broker's CONNACK says so; 0: none
  /// false: the broker keeps the session for `session_expiry`; what it queued meanwhile is
  /// delivered late, so requests whose controller gave up are executed all the same.
  bool clean_start = true;
  std::chrono::seconds session_expiry{0};
  std::chrono::milliseconds connect_timeout{10'000};  ///< for CONNACK, and again for SUBACK
  std::chrono::milliseconds ack_timeout{30'000};  ///< no PUBACK for so long: the connection is dead
  ConnectRetry retry;

  std::size_t max_in_flight = 1000;   ///< per connection; the broker's Receive Maximum lowers it
  std::size_t max_queued = 10'000;    ///< per connection, waiting for a place in flight
  std::size_t max_handling = 10'000;  ///< InboundMessage::slot held at a time
  std::size_t max_message_bytes = 4 * 1024 * 1024;  ///< received
};

/// What became of a Topic Filter that the options name.
struct SubscriptionState {
  std::string filter;  ///< as in the options
  enum class Is { kPending, kGranted, kRefused } is = Is::kPending;
};

/// One thread per connection and Paho's own two. Throws std::invalid_argument on options that
/// cannot work.
class MqttTransport : public Transport {
 public:
  explicit MqttTransport(MqttOptions options);
  ~MqttTransport() override;
  MqttTransport(const MqttTransport&) = delete;
  MqttTransport& operator=(const MqttTransport&) = delete;

  void start(TransportHandler& handler) override;
  void stop(std::chrono::milliseconds grace) override;
  /// The first half of stop(): tells the threads to end.
  void begin_stop(std::chrono::milliseconds grace);
  using Transport::send;
  std::optional<SendResult> send(OutboundMessage message, SendCompletion done) override;
  bool is_connected() const override;
  TransportCounters counters() const override;

  /// Other options: `subscriptions` at once, by SUBSCRIBE and UNSUBSCRIBE (R-MQTT.34), the rest
  /// from the next connection on. A client id that differs from the last one takes the place of
  /// what the broker assigned. `version`, `connections` and the limits must stay as they were.
  /// Throws as the constructor does.
  void reconfigure(MqttOptions options);
  /// Ends the connection with DISCONNECT and makes a new one, without a wait.
  void reconnect();
  /// Of the receiving connection; empty while there is none.
  std::vector<SubscriptionState> subscriptions() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace usp::mtp
