// The seam between a USP Endpoint and the Message Transfer Protocol that carries its Records.
//
// A transport moves opaque Records; it knows topics, not endpoints or messages. It serves either
// role: the bridge's agents and the test controller use the same one.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace usp::mtp {

/// A Record that came in.
struct InboundMessage {
  std::string topic;  ///< where it was published; MQTT 3.1.1: without the "/reply-to=" part
  std::string payload;
  std::optional<std::string> response_topic;  ///< nullopt: the sender gave none
  std::string correlation;                    ///< Correlation Data, to be sent back; mostly empty
  std::uint64_t connection = 0;               ///< ConnectionInfo::number it came over
  std::string endpoint_id;                    ///< ConnectionInfo::endpoint_id of that connection
  /// Counts against the limit on messages that are being handled. Keep it (or a copy) until the
  /// message has been dealt with, then let it go. Empty in on_overload().
  std::shared_ptr<void> slot;
};

/// A Record to publish.
struct OutboundMessage {
  std::string topic;           ///< a Topic Name, no wildcards
  std::string payload;         ///< an encoded Record
  std::string response_topic;  ///< where the peer answers to (R-MQTT.22)
  std::string correlation;     ///< InboundMessage::correlation of the request, if it had one
  /// Endpoint ID of the sender. Messages of one sender take one way and stay in order as long as
  /// the connection stands.
  std::string from;
  int qos = 1;  ///< 0 or 1
  /// Send only over this connection (ConnectionInfo::number), else refuse with kNotConnected; 0:
  /// over any. Keeps a message from overtaking the Connect record of a new connection (R-MTP.8).
  std::uint64_t connection = 0;
};

enum class SendResult {
  kDelivered,     ///< QoS 1: the broker has it (PUBACK). QoS 0: written to the socket
  kNotConnected,  ///< no connection, not yet subscribed, or another connection than asked for
  kQueueFull,     ///< on_writable() tells when there is room again
  kTooLarge,      ///< above the broker's Maximum Packet Size; will never get through
  kBadMessage,    ///< topic or response topic is no Topic Name, or wrong QoS
  kRefused,       ///< the broker's PUBACK carried an error, e.g. not authorised
  kLost,          ///< the connection broke, or no PUBACK came in time: outcome unknown
  kClosed,        ///< the transport was stopped
};
const char* name_of(SendResult result);

/// What a new connection agreed on.
struct ConnectionInfo {
  std::string endpoint_id;   ///< whose connection it is; empty: it serves all endpoints
  std::uint64_t number = 0;  ///< 1 for the first, never used twice by one transport
  std::string client_id;     ///< as assigned by the broker where we gave none (R-MQTT.9)
  bool session_present = false;
  std::uint32_t maximum_packet_bytes = 0;           ///< 0: no limit
  std::optional<std::string> response_information;  ///< from CONNACK (R-MQTT.12, R-MQTT.21)
};

struct DisconnectInfo {
  std::string endpoint_id;   ///< as in ConnectionInfo
  std::uint64_t number = 0;  ///< of the connection that ended; 0: an attempt that failed
  int reason_code = 0;       ///< MQTT 5.0 reason code of CONNACK or DISCONNECT; 0: none came
  std::string text;
  std::uint32_t failed_attempts = 0;  ///< in a row, this one included
};

/// Called on the transport's threads, never two calls of on_message() at a time for one connection.
/// Nothing here may block, throw, or stop the transport; sending is fine.
class TransportHandler {
 public:
  virtual ~TransportHandler() = default;

  virtual void on_message(InboundMessage message) = 0;

  /// As many messages as allowed are being handled. Answer this one here and now (7005) or drop
  /// it; do not queue it.
  virtual void on_overload(const InboundMessage& message) = 0;

  /// A message was thrown away before anybody looked into it; `why` is a literal. Counted in
  /// TransportCounters too.
  virtual void on_dropped(const char* /*why*/, const InboundMessage& /*message*/) {}

  /// Subscribed and ready to send: Connect records go first (R-MTP.6). on_message() does not come
  /// before it returns.
  virtual void on_connected(const ConnectionInfo& info) = 0;

  /// The connection ended or could not be made; the transport tries again by itself.
  virtual void on_disconnected(const DisconnectInfo& info) = 0;

  /// After kQueueFull: half of the queue is free.
  virtual void on_writable() {}
};

/// Called once for each message that was accepted, on a thread of the transport. May be empty.
using SendCompletion = std::function<void(SendResult)>;

struct TransportCounters {
  std::uint64_t connected = 0;  ///< connections that stand now
  std::uint64_t connects = 0;
  std::uint64_t connect_failures = 0;
  std::uint64_t disconnects = 0;  ///< unwanted ones
  std::uint64_t received = 0;     ///< given to the handler
  std::uint64_t received_bytes = 0;
  std::uint64_t overloaded = 0;  ///< given to on_overload()
  std::uint64_t dropped_content_type = 0;
  std::uint64_t dropped_retained = 0;
  std::uint64_t dropped_too_large = 0;
  std::uint64_t accepted = 0;  ///< for sending
  std::uint64_t delivered = 0;
  std::uint64_t delivered_bytes = 0;
  std::uint64_t failed = 0;     ///< accepted, then kRefused, kLost or kClosed
  std::uint64_t refused = 0;    ///< by send(): not accepted
  std::uint64_t queued = 0;     ///< waiting now
  std::uint64_t in_flight = 0;  ///< published and not acknowledged now
  std::uint64_t handling = 0;   ///< slots in use now
};

/// Thread-safe but for start() and stop().
class Transport {
 public:
  virtual ~Transport() = default;

  /// Begins to connect and keeps trying. Once only. The handler must outlive the transport.
  virtual void start(TransportHandler& handler) = 0;

  /// Sends what is queued for at most `grace`, then DISCONNECTs (R-MQTT.35) and waits for its
  /// threads; no callback comes after it returns. Not from a callback. The destructor stops without
  /// grace.
  virtual void stop(std::chrono::milliseconds grace) = 0;

  /// Never blocks. kDelivered is not returned: nullopt means accepted, and the completion follows;
  /// any other value means that it was refused and that the completion will not be called.
  virtual std::optional<SendResult> send(OutboundMessage message, SendCompletion done) = 0;
  std::optional<SendResult> send(OutboundMessage message) { return send(std::move(message), {}); }

  /// One that gives each endpoint its own connection: at least one stands.
  virtual bool is_connected() const = 0;
  virtual TransportCounters counters() const = 0;
};

}  // namespace usp::mtp
