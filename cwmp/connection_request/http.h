// Wakes a CPE with an HTTP GET to its ConnectionRequestURL (TR-069 3.2.2.1 and 3.2.2.2).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cwmp {

/// Total size of one answer that is read.
inline constexpr std::size_t kMaxConnectionRequestAnswer = 64U << 10;

struct HttpConnectionRequest {
  std::string url;  ///< of the latest Inform; the device's word, so not to be trusted
  std::string username;
  std::string password;
  bool allow_basic = false;  ///< answer a Basic challenge: the password goes out in the clear
  /// Asked for each resolved address; only one that passes is connected to. Empty: none passes.
  std::function<bool(const boost::asio::ip::address&)> allowed;
  std::chrono::milliseconds timeout{10'000};  ///< all attempts together (quirk 98)
  int attempts = 2;                           ///< each gets an equal share of the time that is left
  std::chrono::milliseconds retry_pause{500};
};

struct ConnectionRequestOutcome {
  enum class Kind {
    kAccepted,      ///< 2xx, or closed without an answer (quirk 96). Proof is the Inform only.
    kBusy,          ///< 503: in a session, or too many requests
    kUnauthorized,  ///< 401 after the credentials, 403, or a challenge that cannot be answered
    kNotFound,      ///< 404: the path is not (or no longer) the CPE's
    kRefused,       ///< another status, among them redirects, which are not followed
    kNotAllowed,    ///< no resolved address passed `allowed`
    kBadUrl,        ///< no http URL with a host, a port above 0 and a clean path
    kUnreachable,   ///< name not found, connection refused or reset
    kTimeout,
    kProtocol,  ///< what came back is not HTTP, or too long
  };
  Kind kind = Kind::kUnreachable;
  unsigned http_status = 0;                         ///< 0: no answer was read
  std::optional<std::chrono::seconds> retry_after;  ///< with kBusy, where the CPE said so
  std::string text;                                 ///< safe to log
};

/// Stable name for logs and metrics: "not-allowed".
std::string_view to_string(ConnectionRequestOutcome::Kind kind);

/// Never throws but for cancellation. Runs on the caller's executor, which must be a strand when it
/// belongs to several threads.
boost::asio::awaitable<ConnectionRequestOutcome> request_connection(HttpConnectionRequest request);

}  // namespace cwmp
