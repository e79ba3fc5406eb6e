// The seam between agents and a message transfer protocol. All records come in through one entry
// and go out through one exit, however many connections there are.
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace usp::mtp {

/// A PUBLISH that came in. Empty texts: the property was not there.
struct Inbound {
  std::string topic;
  std::string payload;
  std::string response_topic;
  std::string content_type;
  std::string correlation;
};

/// A PUBLISH that goes out.
struct Outbound {
  std::string topic;
  std::string payload;
  std::string response_topic;  ///< the sender's own topic (R-MQTT.23)
  std::string correlation;     ///< Correlation Data of the request it answers; may be empty
};

enum class SendResult {
  kDelivered,     ///< the broker took it (PUBACK), or it left with QoS 0
  kLost,          ///< the connection went before the broker had answered
  kNotConnected,  ///< nothing was sent
  kTooLarge,      ///< above the broker's Maximum Packet Size: never sent
  kQueueFull,     ///< too much waits already
  kRefused,       ///< the broker said no (PUBACK with a reason code)
};

using SendDone = std::function<void(SendResult)>;

/// Called on threads of the transport; must not block.
struct Events {
  std::function<void(Inbound)> on_message;
  /// Subscribed and ready to send. Comes before any message of this connection.
  std::function<void()> on_connected;
  std::function<void(const std::string& why)> on_disconnected;
  /// A failed attempt to connect, for the log.
  std::function<void(const std::string& why)> on_connect_failed;
};

/// Thread-safe.
class Transport {
 public:
  virtual ~Transport() = default;

  /// Connects, and connects again whenever the connection is lost, until stop().
  virtual void start(Events events) = 0;

  /// Never blocks. `done` is called exactly once, possibly before this returns.
  virtual void send(Outbound message, SendDone done) = 0;

  virtual bool connected() const = 0;

  /// Waits up to `grace` for what was sent to be acknowledged, then disconnects. No event after it
  /// returns.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace usp::mtp
