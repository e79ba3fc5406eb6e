// Sits between MQTT clients and a broker: keeps what clients send, and makes the broker say what it
// cannot.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/mailbox.h"

namespace support {

/// One control packet of a client (MQTT 5.0 2.1).
struct MqttPacket {
  enum Type : std::uint8_t {
    kConnect = 1,
    kPublish = 3,
    kPuback = 4,
    kSubscribe = 8,
    kUnsubscribe = 10,
    kPingreq = 12,
    kDisconnect = 14,
  };
  Type type{};
  std::string body;  ///< after the remaining length
  std::chrono::steady_clock::time_point at;

  /// Of a CONNECT.
  std::string client_id() const;
  std::uint16_t keep_alive_s() const;
  bool has_user_and_password() const;
  /// Does the text stand in it as an MQTT string?
  bool holds(const std::string& text) const;
};

class MqttRelay {
 public:
  explicit MqttRelay(std::uint16_t broker_port);
  ~MqttRelay();
  MqttRelay(const MqttRelay&) = delete;
  MqttRelay& operator=(const MqttRelay&) = delete;

  std::uint16_t port() const { return port_; }

  /// What is added to the properties of each CONNACK (MQTT 5.0 3.2.2.3): the property's bytes.
  void add_to_connack(std::string properties);
  static std::string subscribe_topic(const std::string& topic);
  static std::string response_information(const std::string& topic);
  static std::string server_keep_alive(std::uint16_t seconds);
  /// The reason code of every entry of every SUBACK; nullopt: as the broker says.
  void answer_subscribe(std::optional<std::uint8_t> reason);
  /// Connections are closed as soon as they are made.
  void refuse(bool refuse);
  /// Sends each client a DISCONNECT with this reason and closes.
  void disconnect_all(std::uint8_t reason);

  /// The next packet of this type that a client sent; others are dropped.
  std::optional<MqttPacket> take(MqttPacket::Type type,
                                 std::chrono::seconds limit = std::chrono::seconds(20));

  /// Every packet of clients, in order of arrival.
  Mailbox<MqttPacket> packets;
  /// When a connection was begun, refused ones included.
  Mailbox<std::chrono::steady_clock::time_point> attempts;

 private:
  using Socket = boost::asio::ip::tcp::socket;
  struct Connection {
    explicit Connection(boost::asio::io_context& io) : client(io), broker(io) {}
    Socket client;
    Socket broker;
    std::mutex writing;  ///< to the client
    std::thread up;
    std::thread down;
  };

  void accept();
  void carry_up(Connection& connection);
  void carry_down(Connection& connection);
  std::string edited(std::uint8_t first, std::string body);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  const std::uint16_t port_;
  const std::uint16_t broker_port_;
  std::mutex mutex_;
  bool stopping_ = false;
  bool refuse_ = false;
  std::string connack_;
  std::optional<std::uint8_t> suback_;
  std::list<Connection> connections_;
  std::thread acceptor_thread_;
};

}  // namespace support
