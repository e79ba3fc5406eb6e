// The STUN server of the ACS on one UDP socket, from which UDP connection requests go out too: a
// NAT lets them in because they come from the address that the CPE has sent to (TR-069 Annex
// G).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cwmp/stun_responder.h"

namespace cwmp {

/// What the server asks of the rest of the ACS. Called on threads of the executor.
class StunHandler {
 public:
  virtual ~StunHandler() = default;

  /// STUNPassword of a STUNUsername; nullopt: there is none, or it cannot be told now.
  virtual boost::asio::awaitable<std::optional<std::string>> stun_password(
      std::string username) = 0;

  /// Must not block. A keep-alive comes here each time.
  virtual void on_binding(const StunBinding& binding) = 0;
};

struct StunServerOptions {
  std::string address = "0.0.0.0";  ///< IP address; "::" also takes IPv4
  std::uint16_t port = kStunPort;   ///< 0: any free one
  StunResponderOptions responder;
  /// Passwords looked up at the same time; requests beyond are dropped, their senders try again.
  std::size_t max_lookups = 256;
  /// One call for each datagram, with "ok", an error code or why it was dropped. Must not block.
  std::function<void(std::string_view outcome)> on_request;
};

/// Thread-safe.
class StunServer {
 public:
  /// Binds. Throws boost::system::system_error when it cannot, std::invalid_argument when `address`
  /// is none.
  StunServer(boost::asio::any_io_executor executor, StunServerOptions options,
             StunHandler& handler);
  /// The executor's threads must have left, or be past, what stop() ended.
  ~StunServer();
  StunServer(const StunServer&) = delete;
  StunServer& operator=(const StunServer&) = delete;

  void start();
  /// Closes the socket; idempotent. Look-ups under way end by themselves and are not answered.
  void stop();
  std::uint16_t port() const;

  /// One datagram from the STUN socket. The error is the kernel's: nothing is known of whether it
  /// arrives. Resumes on the caller's executor.
  boost::asio::awaitable<boost::system::error_code> send(StunAddress to, std::string datagram);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cwmp
