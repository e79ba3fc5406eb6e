#include "cwmp/xmpp_connection.h"

#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

namespace cwmp {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using Tcp = asio::ip::tcp;
using Kind = xmpp::Failure::Kind;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 8192;
/// For what is still to be written when the stream has ended.
constexpr std::chrono::seconds kFarewell{2};

/// Letters and digits.
std::string random_text(std::size_t length) {
  std::string text(length, '\0');
  // Without randomness there is nothing sensible left to do.
  auto* bytes = reinterpret_cast<unsigned char*>(text.data());
  if (RAND_bytes(bytes, static_cast<int>(length)) != 1) std::abort();
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  for (char& c : text) c = kAlphabet[static_cast<unsigned char>(c) % kAlphabet.size()];
  return text;
}

xmpp::StreamSecrets fresh_secrets() { return {random_text(26), random_text(16) + "-"}; }

}  // namespace

std::shared_ptr<ssl::context> make_xmpp_tls(const std::string& ca_file, bool verify) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  context->set_verify_mode(verify ? ssl::verify_peer : ssl::verify_none);
  error_code error;
  if (ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(ca_file, error);
  }
  if (error) throw std::invalid_argument(ca_file + ": " + error.message());
  return context;
}

struct XmppConnection::Impl {
  Impl(asio::any_io_executor strand, XmppConnectionOptions wanted, Handlers called)
      : options(std::move(wanted)),
        handlers(std::move(called)),
        stream(options.stream, fresh_secrets()),
        socket(strand),
        timer(strand),
        written(strand) {
    if (options.host.empty()) options.host = options.stream.account.domain;
  }

  // ---- connecting
  asio::awaitable<std::optional<std::vector<Tcp::endpoint>>> look_up();
  asio::awaitable<std::string> connect();
  asio::awaitable<bool> handshake();
  void give_up_at(Clock::time_point time, std::shared_ptr<XmppConnection> self);

  // ---- the stream
  void deliver(xmpp::Actions actions, const std::shared_ptr<XmppConnection>& self);
  void write_more(std::shared_ptr<XmppConnection> self);
  void on_written(const error_code& error, const std::shared_ptr<XmppConnection>& self);
  void arm(std::shared_ptr<XmppConnection> self);
  void cut();

  XmppConnectionOptions options;
  Handlers handlers;
  xmpp::ClientStream stream;
  Tcp::socket socket;
  std::optional<ssl::stream<Tcp::socket&>> tls;  ///< once it is wanted
  bool tls_wanted = false;
  bool secure = false;  ///< the handshake is done
  asio::steady_timer timer;
  std::uint64_t timer_round = 0;  ///< what an older wait brings does not count
  asio::steady_timer written;     ///< ends when nothing is being written
  std::shared_ptr<asio::steady_timer> looking_up;
  std::string queued;
  std::string in_flight;
  bool writing = false;
  std::optional<xmpp::Failure> over;
  std::array<char, kReadBytes> chunk{};
};

XmppConnection::XmppConnection(asio::any_io_executor strand, XmppConnectionOptions options,
                               Handlers handlers)
    : impl_(std::make_unique<Impl>(std::move(strand), std::move(options), std::move(handlers))) {}

XmppConnection::~XmppConnection() = default;

// ---- connecting --------------------------------------------------------------------------------

// A lookup cannot be cancelled, so it is not awaited itself: when time is up it is left behind.
asio::awaitable<std::optional<std::vector<Tcp::endpoint>>> XmppConnection::Impl::look_up() {
  struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : resolver(executor) {}
    Tcp::resolver resolver;
    std::optional<std::vector<Tcp::endpoint>> found;
  };
  const auto lookup = std::make_shared<Lookup>(socket.get_executor());
  const auto done = std::make_shared<asio::steady_timer>(socket.get_executor());
  done->expires_at(Clock::time_point::max());
  looking_up = done;
  auto take = [lookup, done](const error_code& error, const Tcp::resolver::results_type& results) {
    if (!error) {
      lookup->found.emplace();
      for (const auto& entry : results) lookup->found->push_back(entry.endpoint());
    }
    done->cancel();
  };
  lookup->resolver.async_resolve(options.host, std::to_string(options.port),
                                 Tcp::resolver::numeric_service, std::move(take));
  auto [ignored] = co_await done->async_wait(kNoThrow);
  (void)ignored;
  looking_up.reset();
  co_return lookup->found;
}

// Empty: connected; else why not.
asio::awaitable<std::string> XmppConnection::Impl::connect() {
  auto endpoints = co_await look_up();
  if (over) co_return "given up";
  if (!endpoints) co_return "the server's name is not found";
  std::string why = "the server's name has no address";
  for (const auto& endpoint : *endpoints) {
    error_code ignored;
    socket.close(ignored);
    auto [error] = co_await socket.async_connect(endpoint, kNoThrow);
    if (over) co_return "given up";
    if (!error) {
      socket.set_option(Tcp::no_delay(true), ignored);
      socket.set_option(asio::socket_base::keep_alive(true), ignored);
      co_return std::string();
    }
    why = error.message();
  }
  co_return why;
}

asio::awaitable<bool> XmppConnection::Impl::handshake() {
  while (writing) {  // <starttls/> itself, at most
    written.expires_at(Clock::time_point::max());
    auto [ignored] = co_await written.async_wait(kNoThrow);
    (void)ignored;
  }
  if (over || !options.tls) co_return false;
  const std::string& domain = options.stream.account.domain;
  tls.emplace(socket, *options.tls);
  SSL* native = tls->native_handle();
  error_code is_name;
  (void)asio::ip::make_address(domain, is_name);
  if (is_name) SSL_set_tlsext_host_name(native, domain.c_str());
  if (options.stream.tls == xmpp::StreamOptions::Tls::kDirect) {
    constexpr std::array<unsigned char, 12> kAlpn{11,  'x', 'm', 'p', 'p', '-',
                                                  'c', 'l', 'i', 'e', 'n', 't'};
    SSL_set_alpn_protos(native, kAlpn.data(), kAlpn.size());
  }
  if (SSL_CTX_get_verify_mode(options.tls->native_handle()) != SSL_VERIFY_NONE) {
    tls->set_verify_callback(ssl::host_name_verification(domain));
  }
  auto [error] = co_await tls->async_handshake(ssl::stream_base::client, kNoThrow);
  if (error && !over) over = xmpp::Failure{Kind::kTlsFailed, error.message()};
  secure = !error;
  co_return secure;
}

// ---- the stream --------------------------------------------------------------------------------

void XmppConnection::Impl::deliver(xmpp::Actions actions,
                                   const std::shared_ptr<XmppConnection>& self) {
  for (xmpp::Action& action : actions) {
    if (auto* send = std::get_if<xmpp::Send>(&action)) {
      queued += send->bytes;
    } else if (std::holds_alternative<xmpp::StartTls>(action)) {
      tls_wanted = true;
    } else if (auto* bound = std::get_if<xmpp::Bound>(&action)) {
      if (handlers.on_bound) handlers.on_bound(*bound);
    } else if (auto* answered = std::get_if<xmpp::Answered>(&action)) {
      if (handlers.on_answered) handlers.on_answered(*answered);
    } else if (auto* asked = std::get_if<xmpp::Asked>(&action)) {
      if (handlers.on_asked) handlers.on_asked(*asked);
    } else if (auto* close = std::get_if<xmpp::Close>(&action)) {
      if (!over) over = close->why;
    }
  }
  if (!over && queued.size() > kMaxXmppQueuedBytes) {
    over = xmpp::Failure{Kind::kSilent, "the server does not read"};
    queued.clear();
    return cut();  // run() does the rest
  }
  write_more(self);
  if (!over) {
    arm(self);
  } else if (!writing) {
    cut();
  } else {
    give_up_at(Clock::now() + kFarewell, self);
  }
}

void XmppConnection::Impl::write_more(std::shared_ptr<XmppConnection> self) {
  if (writing || queued.empty() || !socket.is_open()) return;
  // Exit if it belongs to a TLS that is not there yet.
  if (tls && !secure) return;
  writing = true;
  in_flight = std::exchange(queued, {});
  auto done = [this, self = std::move(self)](const error_code& error, std::size_t) {
    on_written(error, self);
  };
  if (secure) {
    asio::async_write(*tls, asio::buffer(in_flight), std::move(done));
  } else {
    asio::async_write(socket, asio::buffer(in_flight), std::move(done));
  }
}

void XmppConnection::Impl::on_written(const error_code& error,
                                      const std::shared_ptr<XmppConnection>& self) {
  writing = false;
  if (error) queued.clear();
  if (!error) write_more(self);
  if (writing) return;
  written.cancel();
  if (error || over) cut();
}

// Ends every wait of run().
void XmppConnection::Impl::cut() {
  error_code ignored;
  ++timer_round;
  timer.cancel();
  if (looking_up) looking_up->cancel();
  socket.shutdown(Tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
}

void XmppConnection::Impl::give_up_at(Clock::time_point time,
                                      std::shared_ptr<XmppConnection> self) {
  timer.expires_at(time);
  timer.async_wait([this, self = std::move(self), round = ++timer_round](const error_code& error) {
    if (error || round != timer_round) return;
    if (!over) over = xmpp::Failure{Kind::kUnreachable, "no connection in time"};
    cut();
  });
}

void XmppConnection::Impl::arm(std::shared_ptr<XmppConnection> self) {
  const auto deadline = stream.deadline();
  ++timer_round;
  timer.cancel();
  if (!deadline) return;
  timer.expires_at(*deadline);
  timer.async_wait([this, self = std::move(self), round = timer_round](const error_code& error) {
    if (!error && round == timer_round) deliver(stream.on_time(Clock::now()), self);
  });
}

asio::awaitable<xmpp::Failure> XmppConnection::run() {
  const auto self = shared_from_this();
  Impl& impl = *impl_;
  impl.give_up_at(Clock::now() + impl.options.connect_limit, self);
  std::string refused = co_await impl.connect();
  if (!impl.over && !refused.empty()) {
    impl.over = xmpp::Failure{Kind::kUnreachable, refused};
  }
  bool connected = !impl.over;
  if (connected && impl.options.stream.tls == xmpp::StreamOptions::Tls::kDirect) {
    impl.give_up_at(Clock::now() + impl.options.stream.negotiation_limit, self);
    connected = co_await impl.handshake();
  }
  if (connected) impl.deliver(impl.stream.on_connected(Clock::now()), self);

  while (connected && impl.socket.is_open()) {
    if (std::exchange(impl.tls_wanted, false)) {
      const bool secured = co_await impl.handshake();
      if (!secured) break;
      impl.deliver(impl.stream.on_tls(Clock::now()), self);
      continue;
    }
    auto room = asio::buffer(impl.chunk);
    error_code error;
    std::size_t bytes = 0;
    if (impl.secure) {
      auto [failed, read] = co_await impl.tls->async_read_some(room, kNoThrow);
      error = failed;
      bytes = read;
    } else {
      auto [failed, read] = co_await impl.socket.async_read_some(room, kNoThrow);
      error = failed;
      bytes = read;
    }
    if (error) break;
    if (!impl.over) {
      impl.deliver(impl.stream.on_bytes({impl.chunk.data(), bytes}, Clock::now()), self);
    }
  }
  if (!impl.over) impl.over = xmpp::Failure{Kind::kClosedByServer, "the connection is lost"};
  impl.deliver(impl.stream.on_lost(), self);
  impl.cut();
  co_return *impl.over;
}

// ---- what others ask of it ---------------------------------------------------------------------

tl::expected<std::string, xmpp::NotSent> XmppConnection::request(
    const xmpp::Jid& to, const xmpp::ConnectionRequest& request, std::chrono::milliseconds limit) {
  auto sent = impl_->stream.request(to, request, Clock::now(), limit);
  if (!sent) return tl::unexpected(sent.error());
  impl_->deliver(std::move(sent->actions), shared_from_this());
  return sent->id;
}

void XmppConnection::forget(const std::string& id) { impl_->stream.forget(id); }

void XmppConnection::answer(const xmpp::Asked& asked, xmpp::Verdict verdict) {
  impl_->deliver(impl_->stream.answer(asked, verdict, Clock::now()), shared_from_this());
}

void XmppConnection::stop() {
  if (!impl_->over) impl_->deliver(impl_->stream.stop(), shared_from_this());
}

bool XmppConnection::over_tls() const { return impl_->stream.over_tls(); }

}  // namespace cwmp
