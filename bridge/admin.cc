#include "bridge/admin.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <unordered_set>
#include <utility>

namespace bridge {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kIdleLimit{60};          // scrapers come every 15 to 60 s
constexpr std::chrono::milliseconds kAcceptPause{100};  // when there are no descriptors left
constexpr std::size_t kMaxConnections = 64;  // a few scrapers and probes; more is a mistake
constexpr std::uint32_t kMaxHeaderBytes = 8 << 10;

std::string json_string(const std::string& text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      quoted += "\\u00";
      quoted += kDigits[static_cast<unsigned char>(c) >> 4];
      quoted += kDigits[c & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string readiness(const std::vector<std::string>& reasons) {
  std::string body =
      reasons.empty() ? R"({"ready":true,"reasons":[)" : R"({"ready":false,"reasons":[)";
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    if (i > 0) body += ',';
    body += json_string(reasons[i]);
  }
  return body + "]}\n";
}

}  // namespace

/// The strand owns the acceptor and the set of streams; each stream has a strand of its own.
class AdminServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::any_io_executor executor, Options options)
      : executor_(std::move(executor)),
        strand_(asio::make_strand(executor_)),
        acceptor_(strand_),
        options_(std::move(options)) {}

  Result<void> listen();
  void start() { asio::co_spawn(strand_, accept(shared_from_this()), asio::detached); }
  std::uint16_t port() const { return port_; }
  void stop();

 private:
  using Stream = std::shared_ptr<beast::tcp_stream>;

  static asio::awaitable<void> accept(std::shared_ptr<Impl> self);
  static asio::awaitable<void> serve(std::shared_ptr<Impl> self, Stream stream);
  Response answer(const Request& request) const;
  void forget(Stream stream);

  asio::any_io_executor executor_;
  asio::strand<asio::any_io_executor> strand_;
  tcp::acceptor acceptor_;
  Options options_;
  std::uint16_t port_ = 0;
  bool stopped_ = false;
  std::unordered_set<Stream> streams_;
};

Result<void> AdminServer::Impl::listen() {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(options_.listen, error);
  if (error) return fail(ErrorKind::kInvalid, "admin: no IP address: " + options_.listen);
  const tcp::endpoint endpoint(address, options_.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(ErrorKind::kIo, "admin: " + options_.listen + ":" + std::to_string(options_.port) +
                                    ": " + error.message());
  }
  port_ = acceptor_.local_endpoint().port();
  return {};
}

asio::awaitable<void> AdminServer::Impl::accept(std::shared_ptr<Impl> self) {
  while (!self->stopped_) {
    auto [error, socket] =
        co_await self->acceptor_.async_accept(asio::make_strand(self->executor_), kNoThrow);
    if (self->stopped_ || error == asio::error::operation_aborted) co_return;
    if (error) {
      asio::steady_timer pause(self->strand_, kAcceptPause);
      co_await pause.async_wait(kNoThrow);
      continue;
    }
    if (self->streams_.size() >= kMaxConnections) continue;  // closed by its destructor
    auto stream = std::make_shared<beast::tcp_stream>(std::move(socket));
    self->streams_.insert(stream);
    asio::co_spawn(stream->get_executor(), serve(self, stream), asio::detached);
  }
}

asio::awaitable<void> AdminServer::Impl::serve(std::shared_ptr<Impl> self, Stream stream) {
  beast::flat_buffer buffer;
  for (;;) {
    http::request_parser<http::empty_body> parser;
    parser.header_limit(kMaxHeaderBytes);
    parser.body_limit(0);
    stream->expires_after(kIdleLimit);
    auto [read_error, read_bytes] = co_await http::async_read(*stream, buffer, parser, kNoThrow);
    if (read_error) break;
    Response response = self->answer(parser.get());
    const bool last = response.need_eof() || !parser.get().keep_alive();
    auto [write_error, written] = co_await http::async_write(*stream, response, kNoThrow);
    if (write_error || last) break;
  }
  boost::system::error_code ignored;
  stream->socket().shutdown(tcp::socket::shutdown_both, ignored);
  stream->close();
  self->forget(stream);
}

Response AdminServer::Impl::answer(const Request& request) const {
  Response response(http::status::ok, request.version());
  response.keep_alive(request.keep_alive());
  response.set(http::field::cache_control, "no-store");
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  const std::string_view target(request.target().data(), request.target().size());
  const std::string_view path = target.substr(0, target.find('?'));

  if (path != "/metrics" && path != "/healthz" && path != "/readyz") {
    response.result(http::status::not_found);
    response.body() = "not found\n";
  } else if (request.method() != http::verb::get && request.method() != http::verb::head) {
    response.result(http::status::method_not_allowed);
    response.set(http::field::allow, "GET, HEAD");
    response.body() = "GET or HEAD only\n";
  } else if (path == "/metrics") {
    response.set(http::field::content_type, "text/plain; version=0.0.4; charset=utf-8");
    if (options_.metrics) response.body() = options_.metrics();
  } else if (path == "/healthz") {
    response.body() = "ok\n";
  } else {
    std::vector<std::string> reasons;
    if (options_.not_ready) reasons = options_.not_ready();
    if (!reasons.empty()) response.result(http::status::service_unavailable);
    response.set(http::field::content_type, "application/json");
    response.body() = readiness(reasons);
  }
  response.prepare_payload();
  // HEAD: the length of what GET would carry, without it (RFC 9110, 9.3.2).
  if (request.method() == http::verb::head) response.body().clear();
  return response;
}

void AdminServer::Impl::forget(Stream stream) {
  auto erase = [self = shared_from_this(), gone = std::move(stream)] {
    self->streams_.erase(gone);
  };
  asio::dispatch(strand_, std::move(erase));
}

void AdminServer::Impl::stop() {
  auto close = [self = shared_from_this()] {
    if (std::exchange(self->stopped_, true)) return;
    boost::system::error_code ignored;
    self->acceptor_.close(ignored);
    for (const Stream& stream : self->streams_) {
      auto end = [stream] { stream->close(); };
      asio::dispatch(stream->get_executor(), std::move(end));
    }
  };
  asio::dispatch(strand_, std::move(close));
}

AdminServer::AdminServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
AdminServer::~AdminServer() { stop(); }
std::uint16_t AdminServer::port() const { return impl_->port(); }
void AdminServer::stop() { impl_->stop(); }

Result<std::unique_ptr<AdminServer>> AdminServer::start(asio::any_io_executor executor,
                                                        Options options) {
  auto impl = std::make_shared<Impl>(std::move(executor), std::move(options));
  if (auto listening = impl->listen(); !listening) return tl::unexpected(listening.error());
  impl->start();
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(impl)));
}

}  // namespace bridge
