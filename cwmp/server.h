// The ACS end of CWMP over HTTP (TR-069 3.4, 3.7): a listener for http or https.
//
// Keeps TCP connections, HTTP authentication and sessions apart: a session is found by its cookie
// and may use several connections, one connection may carry several sessions. The order of messages
// is cwmp/session.h, what the messages mean is cwmp/handler.h.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "cwmp/auth.h"
#include "cwmp/deviation.h"
#include "cwmp/handler.h"
#include "cwmp/session.h"

namespace cwmp {

/// PEM files.
struct CertificateFiles {
  std::string certificate;  ///< with its chain
  std::string key;
};

enum class TlsVersion { k1_0, k1_1, k1_2, k1_3 };

struct ServerTls {
  /// One for each kind of key, e.g. RSA and ECDSA; a CPE gets what it can check. At least one.
  std::vector<CertificateFiles> certificates;
  /// PEM file: who issues the CPEs' certificates. Empty: none is asked for.
  std::string client_ca;
  bool client_certificate_required = true;
  /// A client certificate names its device and lets it in without HTTP authentication (TR-069
  /// 3.3); false: it only opens the connection.
  bool client_certificate_is_login = true;
  /// Below 1.2 also lowers OpenSSL's security level to 0, as such CPEs need SHA-1 and short keys.
  TlsVersion min_version = TlsVersion::k1_2;
  std::string ciphers;  ///< OpenSSL's list for TLS 1.2 and older; empty: its default
};

struct ServerOptions {
  std::string address = "0.0.0.0";  ///< IP address; "::" also takes IPv4
  std::uint16_t port = 7547;        ///< 0: any free one, see Server::port()
  std::vector<std::string> paths;   ///< where CPEs POST, compared without the query; empty: any
  std::optional<ServerTls> tls;     ///< nullopt: http

  std::optional<AuthPolicy> auth = AuthPolicy{};  ///< nullopt: every CPE is let in
  NonceSource::Key nonce_key{};                   ///< random; replicas of one service share it

  std::size_t max_body_bytes = 8U << 20;  ///< as sent, and again after decompression
  std::size_t max_header_bytes = 16U << 10;
  std::size_t max_connections = 20'000;  ///< one more is told 503 and closed
  std::size_t max_sessions = 10'000;     ///< a new one beyond gets 503, running ones go on
  /// Retry-After of those 503: a random time between this and twice as much.
  std::chrono::seconds retry_after{30};

  std::chrono::milliseconds request_timeout{30'000};    ///< first to last byte of one request
  std::chrono::milliseconds write_timeout{30'000};      ///< for the CPE to take one answer
  std::chrono::milliseconds handshake_timeout{10'000};  ///< TLS
  /// Connection without a session in which nothing is sent.
  std::chrono::milliseconds keep_alive_timeout{30'000};
  /// From an answer to the next request of a session, on whatever connection. The CPE's
  /// SessionTimeout may raise it to kMaxIdleLimit.
  std::chrono::seconds session_idle{kDefaultIdleLimit};
  /// A CPE that closed a connection which it had kept open over several requests has this long to
  /// come back before the session is lost (quirk 40).
  std::chrono::milliseconds reconnect_grace{5'000};
  /// After that long the session gets no more RPCs and ends.
  std::chrono::seconds session_limit{600};
  bool hold_requests = false;  ///< see SessionOptions

  /// Addresses or CIDR blocks whose Forwarded and X-Forwarded-For are believed. Their connections
  /// never stand in for a missing cookie.
  std::vector<std::string> trusted_proxies;
  /// Every connection begins with a PROXY header, version 1 or 2, of a trusted proxy; then it
  /// counts as the client's own.
  bool proxy_protocol = false;
};

/// One finished session, for a log line and for metrics.
struct SessionReport {
  DeviceId device;
  std::string events;  ///< codes of the Inform, joined by ", "
  std::string username;
  std::string peer_address;
  AuthScheme scheme = AuthScheme::kNone;
  std::string tls_version;  ///< "TLSv1.2"; empty: http
  SessionEnd end = SessionEnd::kComplete;
  bool rpc_open = false;
  std::string reason;  ///< why it was not kComplete; safe to log
  std::chrono::steady_clock::duration duration{};
  unsigned http_requests = 0;
  unsigned connections = 0;
  unsigned rpcs = 0;            ///< called on the CPE
  unsigned cpe_requests = 0;    ///< called by the CPE, Inform apart
  std::uint64_t bytes_in = 0;   ///< bodies, after decompression
  std::uint64_t bytes_out = 0;  ///< bodies
  DeviationList deviations;
};

/// Why a request was answered without a session.
enum class Rejection {
  kChallenged,   ///< 401, no failed login
  kLoginFailed,  ///< 401 after a wrong user or password
  kForbidden,    ///< 403 by the handler
  kBusy,         ///< 503 by the handler
  kThrottled,    ///< 503 by the handler: one device calls too often
  kOverload,     ///< 503 by max_sessions or max_connections, or the server is stopping
  kRefused,      ///< SOAP fault by the handler
  kBadHttp,      ///< 400, 404, 405, 408, 413, 415, 431
  kBadSoap,      ///< no Inform where one was due, or no envelope at all
  kHandshake,    ///< TLS was not agreed on, or there was no PROXY header
};

/// Stable name for logs and metrics: "login-failed".
std::string_view to_string(Rejection rejection);

struct RejectionReport {
  Rejection kind = Rejection::kBadHttp;
  unsigned http_status = 0;  ///< 0: none was sent
  std::string peer_address;
  std::string username;  ///< kLoginFailed and kForbidden: as claimed
  std::string text;      ///< safe to log
};

/// Hears what an operator wants to know. Called from any server thread; must not block or throw.
class ServerObserver {
 public:
  virtual ~ServerObserver() = default;
  /// The Inform was accepted.
  virtual void on_session_begin() {}
  /// Once for each on_session_begin().
  virtual void on_session_end(const SessionReport&) {}
  virtual void on_rejected(const RejectionReport&) {}
  /// Each response, also those of sessions.
  virtual void on_response(unsigned /*http_status*/) {}
};

/// Not movable. Thread-safe but for construction and destruction.
class Server {
 public:
  /// `executor` belongs to the io threads. `handler` and `observer` (may be null) outlive the
  /// server. Nothing happens before start(). Throws std::invalid_argument for an address, CIDR
  /// block or PEM file that cannot be used.
  Server(boost::asio::any_io_executor executor, ServerOptions options, SessionHandler& handler,
         ServerObserver* observer = nullptr);
  /// The server was never started, or stop() has returned.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Listens. Throws boost::system::system_error when the port cannot be had.
  void start();
  std::uint16_t port() const;

  /// Takes no new session from now on (503), gives running ones no further RPC, and waits for their
  /// end, at most `drain`. Then cuts what is left: those sessions end as kShutdown, a handler call
  /// under way is cancelled (cancellation_type::terminal) and waited for. Call it once.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds drain);

  /// Reads the PEM files again, for connections to come. On an error the old ones stay in use.
  tl::expected<void, std::string> reload_tls();

  std::size_t open_connections() const;
  std::size_t open_sessions() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace cwmp
