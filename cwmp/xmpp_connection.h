// One connection to an XMPP server: TCP, TLS, and the stream over them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ssl/context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cwmp/xmpp/stream.h"

namespace cwmp {

/// What a server does not read. One that does not take that much is cut off.
inline constexpr std::size_t kMaxXmppQueuedBytes = 1U << 20;

struct XmppConnectionOptions {
  xmpp::StreamOptions stream;
  std::string host;  ///< name or address; empty: the account's domain. No SRV record is looked up.
  std::uint16_t port = 5222;
  /// The server's certificate must be one for the account's domain, whatever the host (RFC 6120
  /// 13.7.2.1), unless the context verifies nothing.
  std::shared_ptr<boost::asio::ssl::context> tls;
  std::chrono::milliseconds connect_limit{10'000};  ///< name and TCP; the login has its own limit
};

/// TLS 1.2 or later. `ca_file`: PEM, empty: the system's. Throws std::invalid_argument, naming the
/// file, when it cannot be used.
std::shared_ptr<boost::asio::ssl::context> make_xmpp_tls(const std::string& ca_file, bool verify);

/// Owned by a shared_ptr. Everything happens on `strand`, and every function is called there.
class XmppConnection : public std::enable_shared_from_this<XmppConnection> {
 public:
  /// Called on the strand; empty ones are not.
  struct Handlers {
    std::function<void(const xmpp::Bound&)> on_bound;
    std::function<void(const xmpp::Answered&)> on_answered;
    std::function<void(const xmpp::Asked&)> on_asked;
  };

  XmppConnection(boost::asio::any_io_executor strand, XmppConnectionOptions options,
                 Handlers handlers);
  ~XmppConnection();
  XmppConnection(const XmppConnection&) = delete;
  XmppConnection& operator=(const XmppConnection&) = delete;

  /// Once. Connects, logs in, and returns when it is over, with why.
  boost::asio::awaitable<xmpp::Failure> run();

  /// The id that Answered comes with.
  tl::expected<std::string, xmpp::NotSent> request(const xmpp::Jid& to,
                                                   const xmpp::ConnectionRequest& request,
                                                   std::chrono::milliseconds limit);
  void forget(const std::string& id);
  void answer(const xmpp::Asked& asked, xmpp::Verdict verdict);
  /// Ends the stream; run() returns soon.
  void stop();

  bool over_tls() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cwmp
