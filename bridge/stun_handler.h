// What the STUN server asks of the bridge: a device's password, and to take over where it listens.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cwmp/stun_server.h"

namespace bridge {

struct Runtime;

/// A name for a device's STUN client that leads back to it: "d4711-k3x7q2", a multiple of four
/// characters (RFC 3489 11.2.6). `random`: letters and digits, at least ten.
std::string make_stun_username(std::int64_t device_id, std::string_view random);
/// nullopt: it is none of ours.
std::optional<std::int64_t> device_of_stun_username(std::string_view username);

/// Thread-safe. Only bindings with a right MESSAGE-INTEGRITY change anything.
class BridgeStunHandler final : public cwmp::StunHandler {
 public:
  explicit BridgeStunHandler(Runtime& runtime) : runtime_(runtime) {}

  boost::asio::awaitable<std::optional<std::string>> stun_password(std::string username) override;
  void on_binding(const cwmp::StunBinding& binding) override;

 private:
  boost::asio::awaitable<void> take_over(std::string username, std::string address);

  Runtime& runtime_;
  std::atomic<std::size_t> open_{0};  ///< bindings that are being taken over
};

}  // namespace bridge
