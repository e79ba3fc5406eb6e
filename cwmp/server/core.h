// What all connections of one server share.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cwmp/auth.h"
#include "cwmp/server.h"
#include "cwmp/server/live_session.h"
#include "cwmp/server/trusted_proxies.h"

namespace cwmp {

/// Thread-safe where no comment says otherwise.
struct ServerCore {
  ServerCore(boost::asio::any_io_executor io, ServerOptions server_options,
             SessionHandler& session_handler, ServerObserver* server_observer)
      : executor(std::move(io)),
        options(std::move(server_options)),
        handler(session_handler),
        observer(server_observer),
        proxies(options.trusted_proxies),
        sessions(std::make_shared<SessionTable>(executor, observer, options.max_sessions)) {
    if (!options.auth) return;
    authenticator.emplace(*options.auth, options.nonce_key);
    // Each with nonces of its own, since each remembers only what was used with itself.
    NonceSource::Key key = options.nonce_key;
    key.back() ^= 1U;
    digest_only.emplace(only(*options.auth, AuthDemand::kDigest), key);
    key.back() ^= 3U;
    basic_only.emplace(only(*options.auth, AuthDemand::kBasic), key);
  }

  static AuthPolicy only(AuthPolicy policy, AuthDemand demand) {
    policy.basic = demand == AuthDemand::kBasic;
    policy.digest = demand == AuthDemand::kDigest;
    return policy;
  }

  /// Under auth_mutex; only where options.auth is set.
  Authenticator& authenticator_for(AuthDemand demand) {
    if (demand == AuthDemand::kDigest) return *digest_only;
    return demand == AuthDemand::kBasic ? *basic_only : *authenticator;
  }

  const boost::asio::any_io_executor executor;
  const ServerOptions options;
  SessionHandler& handler;
  ServerObserver* const observer;
  const TrustedProxies proxies;
  const std::shared_ptr<SessionTable> sessions;

  std::mutex auth_mutex;
  std::optional<Authenticator> authenticator;  ///< under auth_mutex, as the other two
  std::optional<Authenticator> digest_only;    ///< for AuthDemand::kDigest
  std::optional<Authenticator> basic_only;     ///< for AuthDemand::kBasic

  std::atomic<bool> draining{false};  ///< no new session, no further RPC
};

}  // namespace cwmp
