#include "tests/support/mqtt_relay.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

namespace support {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::uint8_t kConnack = 2;
constexpr std::uint8_t kSuback = 9;

std::string text(const std::string& value) {
  const auto size = static_cast<std::uint16_t>(value.size());
  return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)} + value;
}

std::string varint(std::size_t value) {
  std::string out;
  do {
    const auto byte = static_cast<char>(value % 128);
    value /= 128;
    out += static_cast<char>(byte | (value > 0 ? 0x80 : 0));
  } while (value > 0);
  return out;
}

std::size_t take_varint(const std::string& in, std::size_t& at) {
  std::size_t value = 0;
  for (int shift = 0; at < in.size() && shift < 28; shift += 7) {
    const auto byte = static_cast<unsigned char>(in[at++]);
    value |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  return value;
}

std::uint16_t number_at(const std::string& in, std::size_t at) {
  if (at + 2 > in.size()) return 0;
  return static_cast<std::uint16_t>((static_cast<unsigned char>(in[at]) << 8) |
                                    static_cast<unsigned char>(in[at + 1]));
}

/// One packet; false: the connection has ended.
bool read_packet(tcp::socket& from, std::uint8_t& first, std::string& body) {
  error_code error;
  if (asio::read(from, asio::buffer(&first, 1), error) != 1) return false;
  std::size_t length = 0;
  for (int shift = 0; shift < 28; shift += 7) {
    std::uint8_t byte = 0;
    if (asio::read(from, asio::buffer(&byte, 1), error) != 1) return false;
    length |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) break;
  }
  body.resize(length);
  return asio::read(from, asio::buffer(body), error) == length;
}

std::string packet(std::uint8_t first, const std::string& body) {
  return std::string(1, static_cast<char>(first)) + varint(body.size()) + body;
}

// "MQTT", version, flags, keep alive.
constexpr std::size_t kFlagsAt = 7;
constexpr std::size_t kKeepAliveAt = 8;

}  // namespace

std::string MqttPacket::client_id() const {
  std::size_t position = kKeepAliveAt + 2;
  const bool is_5 = body.size() > 6 && body[6] == 5;
  if (is_5) {
    const std::size_t properties = take_varint(body, position);
    position += properties;
  }
  if (position + 2 > body.size()) return {};
  return body.substr(position + 2, number_at(body, position));
}

std::uint16_t MqttPacket::keep_alive_s() const { return number_at(body, kKeepAliveAt); }

bool MqttPacket::has_user_and_password() const {
  return body.size() > kFlagsAt && (static_cast<unsigned char>(body[kFlagsAt]) & 0xc0) == 0xc0;
}

bool MqttPacket::holds(const std::string& wanted) const {
  return body.find(text(wanted)) != std::string::npos;
}

MqttRelay::MqttRelay(std::uint16_t broker_port)
    : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      broker_port_(broker_port),
      acceptor_thread_([this] { accept(); }) {}

MqttRelay::~MqttRelay() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    error_code ignored;
    for (Connection& each : connections_) {
      each.client.shutdown(tcp::socket::shutdown_both, ignored);
      each.broker.shutdown(tcp::socket::shutdown_both, ignored);
    }
  }
  error_code ignored;
  tcp::socket wake(io_);
  wake.connect(tcp::endpoint(asio::ip::address_v4::loopback(), port_), ignored);
  acceptor_thread_.join();
  for (Connection& each : connections_) {
    if (each.up.joinable()) each.up.join();
    if (each.down.joinable()) each.down.join();
  }
}

void MqttRelay::add_to_connack(std::string properties) {
  const std::lock_guard lock(mutex_);
  connack_ = std::move(properties);
}

std::string MqttRelay::subscribe_topic(const std::string& topic) {
  return std::string(1, 0x26) + text("subscribe-topic") + text(topic);
}
std::string MqttRelay::response_information(const std::string& topic) {
  return std::string(1, 0x1a) + text(topic);
}
std::string MqttRelay::server_keep_alive(std::uint16_t seconds) {
  return {0x13, static_cast<char>(seconds >> 8), static_cast<char>(seconds & 0xff)};
}

void MqttRelay::answer_subscribe(std::optional<std::uint8_t> reason) {
  const std::lock_guard lock(mutex_);
  suback_ = reason;
}

void MqttRelay::refuse(bool refuse) {
  const std::lock_guard lock(mutex_);
  refuse_ = refuse;
}

void MqttRelay::disconnect_all(std::uint8_t reason) {
  const std::lock_guard lock(mutex_);
  for (Connection& each : connections_) {
    error_code ignored;
    const std::lock_guard writing(each.writing);
    const std::string bytes = packet(MqttPacket::kDisconnect << 4, {static_cast<char>(reason), 0});
    asio::write(each.client, asio::buffer(bytes), ignored);
    each.client.shutdown(tcp::socket::shutdown_both, ignored);
    each.broker.shutdown(tcp::socket::shutdown_both, ignored);
  }
}

std::optional<MqttPacket> MqttRelay::take(MqttPacket::Type type, std::chrono::seconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::seconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() < 0) return std::nullopt;
    auto next = packets.take(left);
    if (!next || next->type == type) return next;
  }
}

void MqttRelay::accept() {
  for (;;) {
    tcp::socket client(io_);
    error_code error;
    acceptor_.accept(client, error);
    const std::lock_guard lock(mutex_);
    if (stopping_ || error) return;
    attempts.put(std::chrono::steady_clock::now());
    if (refuse_) continue;
    Connection& connection = connections_.emplace_back(io_);
    connection.client = std::move(client);
    connection.broker.connect(tcp::endpoint(asio::ip::address_v4::loopback(), broker_port_), error);
    if (error) {
      connection.client.close(error);
      continue;
    }
    error_code ignored;
    connection.client.set_option(tcp::no_delay(true), ignored);
    connection.broker.set_option(tcp::no_delay(true), ignored);
    connection.up = std::thread([this, &connection] { carry_up(connection); });
    connection.down = std::thread([this, &connection] { carry_down(connection); });
  }
}

void MqttRelay::carry_up(Connection& connection) {
  std::uint8_t first = 0;
  std::string body;
  error_code error;
  while (!error && read_packet(connection.client, first, body)) {
    packets.put(
        {static_cast<MqttPacket::Type>(first >> 4), body, std::chrono::steady_clock::now()});
    asio::write(connection.broker, asio::buffer(packet(first, body)), error);
  }
  connection.broker.shutdown(tcp::socket::shutdown_both, error);
}

void MqttRelay::carry_down(Connection& connection) {
  std::uint8_t first = 0;
  std::string body;
  error_code error;
  while (!error && read_packet(connection.broker, first, body)) {
    const std::string bytes = edited(first, std::move(body));
    const std::lock_guard writing(connection.writing);
    asio::write(connection.client, asio::buffer(bytes), error);
  }
  connection.client.shutdown(tcp::socket::shutdown_both, error);
}

std::string MqttRelay::edited(std::uint8_t first, std::string body) {
  const std::lock_guard lock(mutex_);
  const std::uint8_t type = first >> 4;
  if (type == kConnack && !connack_.empty()) {
    std::size_t at = 2;
    const std::size_t size = take_varint(body, at);
    const std::string properties = body.substr(at, size) + connack_;
    body = body.substr(0, 2) + varint(properties.size()) + properties;
  } else if (type == kSuback && suback_) {
    std::size_t at = 2;
    const std::size_t size = take_varint(body, at);
    for (at += size; at < body.size(); ++at) body[at] = static_cast<char>(*suback_);
  }
  return packet(first, body);
}

}  // namespace support
