// What the tests of transports share: an endpoint that keeps what it is told.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/broker.h"
#include "tests/support/mailbox.h"
#include "usp/mtp/mqtt.h"

namespace usp::mtp {

inline constexpr auto kGrace = std::chrono::seconds(10);

/// Options for a test: quick to come back, its own topic as subscription.
inline MqttOptions options_for(const support::Broker& broker, const std::string& topic) {
  MqttOptions options;
  options.host = "127.0.0.1";
  options.port = broker.port();
  options.subscriptions = {topic};
  options.retry = {std::chrono::milliseconds(20), 1000, std::chrono::milliseconds(50)};
  return options;
}

/// A transport and its handler. Messages keep their slots until they are taken.
class Peer final : public TransportHandler {
 public:
  explicit Peer(MqttOptions options) : transport(std::move(options)) {}
  ~Peer() override { transport.stop(std::chrono::milliseconds(0)); }

  /// Starts and waits until it is connected; number 0: it did not.
  ConnectionInfo connect() {
    transport.start(*this);
    return connected.take().value_or(ConnectionInfo{});
  }

  /// Sends and waits for what becomes of it.
  SendResult send(OutboundMessage message) {
    auto result = std::make_shared<support::Mailbox<SendResult>>();
    const auto refusal =
        transport.send(std::move(message), [result](SendResult value) { result->put(value); });
    if (refusal) return *refusal;
    return result->take().value_or(SendResult::kClosed);
  }

  void on_message(InboundMessage message) override { messages.put(std::move(message)); }
  void on_overload(const InboundMessage& message) override { overloads.put(message); }
  void on_connected(const ConnectionInfo& info) override { connected.put(info); }
  void on_disconnected(const DisconnectInfo& info) override { disconnected.put(info); }
  void on_writable() override { writable.put(true); }

  support::Mailbox<InboundMessage> messages;
  support::Mailbox<InboundMessage> overloads;
  support::Mailbox<ConnectionInfo> connected;
  support::Mailbox<DisconnectInfo> disconnected;
  support::Mailbox<bool> writable;
  MqttTransport transport;  // last: its threads use what is above
};

inline OutboundMessage message_to(const std::string& topic, std::string payload = "record") {
  OutboundMessage message;
  message.topic = topic;
  message.payload = std::move(payload);
  message.response_topic = "reply/here";
  message.from = "os::agent";
  return message;
}

}  // namespace usp::mtp
