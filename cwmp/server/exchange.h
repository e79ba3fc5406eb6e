// One HTTP request in, one reply out: finds or starts the session, checks who it is, and does what
// the Session says.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cwmp/server/core.h"
#include "cwmp/server/tls.h"

namespace cwmp {

inline constexpr std::string_view kCookieName = "session";
/// Wrong passwords on one connection before it is closed.
inline constexpr int kMaxFailedLogins = 5;

using HttpRequest = boost::beast::http::request<boost::beast::http::string_body>;

struct HttpReply {
  HttpReply() = default;
  explicit HttpReply(unsigned code, bool close_after = false) : status(code), close(close_after) {}

  unsigned status = 204;
  std::string body;    ///< an envelope
  std::string cookie;  ///< "session=..." when the session has just begun
  std::vector<std::string> challenges;
  std::optional<std::chrono::seconds> retry_after;
  bool close = false;
  Turn turn;  ///< to be settled when the reply is out
};

/// What one TCP connection knows beyond HTTP. Used on the connection's strand only.
class Exchange {
 public:
  Exchange(ServerCore& core, boost::asio::ip::address peer);

  /// The peer is a trusted proxy that passes the connection of `client` on (nullopt: its own).
  void on_proxy_header(const std::optional<boost::asio::ip::address>& client);
  bool is_proxied() const { return proxied_; }
  void on_tls(TlsFacts facts) { tls_ = std::move(facts); }

  /// Looks at the head alone. A reply: the body is not worth reading.
  std::optional<HttpReply> check(const HttpRequest& request) const;

  /// For a request that passed check(). Never throws but for cancellation. `request` outlives the
  /// returned awaitable; its body is replaced when it is compressed.
  boost::asio::awaitable<HttpReply> handle(HttpRequest& request);

  /// A reply to something that is no request, counted as such.
  HttpReply refuse(unsigned status, std::string text) const;

  /// 503 with a jittered Retry-After, connection closed.
  HttpReply busy(Rejection kind, std::string text,
                 std::optional<std::chrono::seconds> retry_after = std::nullopt) const;

  void handshake_failed(std::string text) const;

  /// The connection is gone. `expected`: one side had announced it.
  void on_closed(bool expected);

  /// Bytes of an earlier body may stand before the next request line.
  bool stray_bytes_ok() const { return !proxied_ && (bound_ != nullptr || challenged_); }
  /// How long the connection may be silent for its session's sake; past: not at all.
  TimePoint session_deadline() const;

 private:
  struct Identity {
    AuthScheme scheme = AuthScheme::kNone;
    std::string username;
    bool waived = false;       ///< see SessionStart
    bool uri_differs = false;  ///< quirk 38
  };
  using Decoded = tl::expected<Envelope, Fault>;

  std::shared_ptr<LiveSession> find_session(const HttpRequest& request);
  std::optional<HttpReply> unpack(HttpRequest& request);

  boost::asio::awaitable<HttpReply> go_on(Turn turn, HttpRequest& request);
  boost::asio::awaitable<HttpReply> start(HttpRequest& request, std::optional<Envelope> inform);
  bool has_login_certificate() const;
  AuthDemand demand_for(const HttpRequest& request, std::optional<Envelope>& inform,
                        DeviationList& deviations);
  boost::asio::awaitable<tl::expected<Identity, HttpReply>> authenticate(const HttpRequest& request,
                                                                         AuthDemand demand);
  boost::asio::awaitable<HttpReply> begin(Turn turn, Begin inform, Identity identity);
  boost::asio::awaitable<HttpReply> drive(Turn turn, Action action);
  boost::asio::awaitable<std::optional<Action>> serve(LiveSession& live, Action& action);

  Decoded decode_body(const HttpRequest& request, DeviationList& deviations) const;
  HttpReply challenge(AuthDemand demand, bool stale);
  HttpReply to_reply(Turn turn, Action action);
  std::string client_address(const HttpRequest& request) const;
  void report(Rejection kind, unsigned status, std::string text, std::string username = {}) const;

  ServerCore& core_;
  boost::asio::ip::address peer_;
  std::optional<TlsFacts> tls_;
  bool proxied_;         ///< peer_ carries connections and requests of others
  std::string address_;  ///< of the CPE, as far as is known
  std::shared_ptr<LiveSession> bound_;
  bool empty_post_first_ = false;  ///< client with quirk 28
  bool challenged_ = false;
  int failed_logins_ = 0;
  unsigned session_requests_ = 0;  ///< of bound_, on this connection
};

}  // namespace cwmp
