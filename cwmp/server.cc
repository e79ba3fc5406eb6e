#include "cwmp/server.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "cwmp/server/connection.h"
#include "cwmp/server/core.h"
#include "cwmp/server/http_codec.h"
#include "cwmp/server/tls.h"

namespace cwmp {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// After a failed accept: no descriptor is free, and trying at once would burn a core.
constexpr std::chrono::milliseconds kAcceptPause{100};

asio::ip::address parse_address(const std::string& text) {
  error_code error;
  const auto address = asio::ip::make_address(text, error);
  if (error) throw std::invalid_argument("not an IP address: " + text);
  return address;
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Server::Impl> {
  Impl(asio::any_io_executor executor, ServerOptions options, SessionHandler& handler,
       ServerObserver* observer)
      : core(std::make_shared<ServerCore>(executor, std::move(options), handler, observer)),
        strand(asio::make_strand(executor)),
        address(parse_address(core->options.address)),
        acceptor(strand),
        pause(strand),
        progress(strand) {
    if (core->options.tls) tls = make_tls_context(*core->options.tls);
  }

  void listen();
  asio::awaitable<void> accept();
  void adopt(Tcp::socket socket);
  void turn_away(Tcp::socket socket);
  void remove(const Connection* connection);
  asio::awaitable<void> drain(std::chrono::milliseconds limit);
  void wake_drain();

  const std::shared_ptr<ServerCore> core;
  const asio::strand<asio::any_io_executor> strand;  ///< of the acceptor and the timers
  const asio::ip::address address;
  Tcp::acceptor acceptor;
  asio::steady_timer pause;
  asio::steady_timer progress;  ///< drain() waits here, wake_drain() ends the wait
  std::uint16_t port = 0;
  bool accepting = false;  ///< accept() runs; on the strand

  mutable std::mutex mutex;
  std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections;
  std::shared_ptr<asio::ssl::context> tls;
};

void Server::Impl::listen() {
  const Tcp::endpoint endpoint(address, core->options.port);
  try {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(Tcp::acceptor::reuse_address(true));
    if (address.is_v6()) acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(endpoint);
    acceptor.listen(asio::socket_base::max_listen_connections);
    port = acceptor.local_endpoint().port();
  } catch (const boost::system::system_error& error) {
    std::ostringstream what;
    what << "cwmp: cannot listen on " << endpoint;
    throw boost::system::system_error(error.code(), what.str());
  }
}

asio::awaitable<void> Server::Impl::accept() {
  while (acceptor.is_open()) {
    auto connection_strand = asio::make_strand(core->executor);
    auto [error, socket] = co_await acceptor.async_accept(connection_strand, kNoThrow);
    if (!acceptor.is_open()) break;
    if (error == asio::error::connection_aborted) continue;
    if (error) {
      pause.expires_after(kAcceptPause);
      auto [ignored] = co_await pause.async_wait(kNoThrow);
      (void)ignored;
      continue;
    }
    adopt(Tcp::socket(std::move(socket)));
  }
  accepting = false;
  wake_drain();
}

void Server::Impl::adopt(Tcp::socket socket) {
  error_code ignored;
  socket.set_option(Tcp::no_delay(true), ignored);
  std::shared_ptr<Connection> connection;
  {
    const std::lock_guard lock(mutex);
    if (connections.size() < core->options.max_connections) {
      connection = make_connection(core, std::move(socket), tls);
      connections.emplace(connection.get(), connection);
    }
  }
  if (!connection) {
    turn_away(std::move(socket));
    return;
  }
  const auto* key = connection.get();
  connection->start([self = shared_from_this(), key] { self->remove(key); });
}

// A full house costs no coroutine: what the socket takes at once is all that is said.
void Server::Impl::turn_away(Tcp::socket socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  unsigned status = 0;
  if (!core->options.tls) {
    status = 503;
    const auto base = core->options.retry_after;
    const auto spread = static_cast<std::uint64_t>(base.count()) + 1;
    ResponseHead head;
    head.status = status;
    head.close = true;
    head.retry_after =
        base + std::chrono::seconds(static_cast<std::int64_t>(random_number() % spread));
    std::string text;
    write_response_head(text, head,
                        std::chrono::duration_cast<std::chrono::seconds>(
                            std::chrono::system_clock::now().time_since_epoch())
                            .count());
    socket.non_blocking(true, error);
    socket.write_some(asio::buffer(text), error);
    socket.shutdown(Tcp::socket::shutdown_send, error);
  }
  if (core->observer == nullptr) return;
  RejectionReport report;
  report.kind = Rejection::kOverload;
  report.http_status = status;
  report.peer_address = plain_address(peer.address()).to_string();
  report.text = "too many connections";
  core->observer->on_rejected(report);
}

void Server::Impl::remove(const Connection* connection) {
  std::shared_ptr<Connection> last;  // destroyed outside the lock
  {
    const std::lock_guard lock(mutex);
    const auto found = connections.find(connection);
    if (found == connections.end()) return;
    last = std::move(found->second);
    connections.erase(found);
    if (!connections.empty()) return;
  }
  if (core->draining) wake_drain();
}

void Server::Impl::wake_drain() {
  auto wake = [self = shared_from_this()] { self->progress.cancel(); };
  asio::post(strand, std::move(wake));
}

// Runs on the strand. New connections are taken to the end: a running session may need one.
asio::awaitable<void> Server::Impl::drain(std::chrono::milliseconds limit) {
  core->draining = true;
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (core->sessions->open() > 0 && std::chrono::steady_clock::now() < deadline) {
    progress.expires_at(deadline);
    auto [ignored] = co_await progress.async_wait(kNoThrow);
    (void)ignored;
  }
  error_code error;
  acceptor.close(error);
  pause.cancel();
  core->sessions->shut_down();

  bool aborted = false;
  for (;;) {
    std::vector<std::shared_ptr<Connection>> rest;
    {
      const std::lock_guard lock(mutex);
      for (const auto& [key, connection] : connections) rest.push_back(connection);
    }
    if (rest.empty() && !accepting) break;
    // Again when accept() has ended: it may have adopted one more.
    if (!aborted || !accepting) {
      for (const auto& connection : rest) connection->abort();
      aborted = true;
    }
    rest.clear();
    progress.expires_at(asio::steady_timer::time_point::max());
    auto [ignored] = co_await progress.async_wait(kNoThrow);
    (void)ignored;
  }
}

Server::Server(asio::any_io_executor executor, ServerOptions options, SessionHandler& handler,
               ServerObserver* observer)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), handler, observer)) {
  auto wake = [weak = std::weak_ptr(impl_)] {
    const auto impl = weak.lock();
    if (impl && impl->core->draining) impl->wake_drain();
  };
  impl_->core->sessions->on_empty(std::move(wake));
}

Server::~Server() = default;

void Server::start() {
  impl_->listen();
  impl_->accepting = true;
  auto run = [](std::shared_ptr<Impl> impl) -> asio::awaitable<void> { co_await impl->accept(); };
  asio::co_spawn(impl_->strand, run(impl_), asio::detached);
}

std::uint16_t Server::port() const { return impl_->port; }

asio::awaitable<void> Server::stop(std::chrono::milliseconds drain) {
  const auto impl = impl_;
  co_await asio::co_spawn(impl->strand, impl->drain(drain), asio::use_awaitable);
}

tl::expected<void, std::string> Server::reload_tls() {
  if (!impl_->core->options.tls) return {};
  try {
    auto fresh = make_tls_context(*impl_->core->options.tls);
    const std::lock_guard lock(impl_->mutex);
    impl_->tls = std::move(fresh);
  } catch (const std::invalid_argument& error) {
    return tl::unexpected(std::string(error.what()));
  }
  return {};
}

std::size_t Server::open_connections() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->connections.size();
}

std::size_t Server::open_sessions() const { return impl_->core->sessions->open(); }

std::string_view to_string(Rejection rejection) {
  switch (rejection) {
    case Rejection::kChallenged:
      return "challenged";
    case Rejection::kLoginFailed:
      return "login-failed";
    case Rejection::kForbidden:
      return "forbidden";
    case Rejection::kBusy:
      return "busy";
    case Rejection::kThrottled:
      return "throttled";
    case Rejection::kOverload:
      return "overload";
    case Rejection::kRefused:
      return "refused";
    case Rejection::kBadHttp:
      return "bad-http";
    case Rejection::kBadSoap:
      return "bad-soap";
    case Rejection::kHandshake:
      return "handshake";
  }
  return "unknown";
}

}  // namespace cwmp
