#include "cwmp/server/connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "cwmp/server/exchange.h"
#include "cwmp/server/http_codec.h"
#include "cwmp/server/proxy_header.h"
#include "cwmp/server/tls.h"

namespace cwmp {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using TlsStream = asio::ssl::stream<Tcp::socket>;
using Parser = http::request_parser<http::string_body>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

/// Read at once while nothing is known of the request: a usual Inform with its head.
constexpr std::size_t kSmallRead = 8U << 10;
/// Read at once of a body whose length is known.
constexpr std::size_t kLargeRead = 64U << 10;
/// A body up to this goes out in one piece with its head: one packet, one TLS record.
constexpr std::size_t kJoinedWrite = 16U << 10;
/// What is still read after the last reply, so that the reply is not lost to a reset.
constexpr std::size_t kMaxLinger = 1U << 20;
constexpr std::chrono::seconds kLingerTime{2};
/// How much longer than its session a connection lives, so that the session ends first.
constexpr std::chrono::seconds kSessionSlack{1};

TimePoint now() { return std::chrono::steady_clock::now(); }

std::int64_t unix_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

template <class Stream>
class StreamConnection final : public Connection,
                               public std::enable_shared_from_this<StreamConnection<Stream>> {
 public:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  template <class... Args>
  StreamConnection(std::shared_ptr<ServerCore> core, const asio::ip::address& peer,
                   std::shared_ptr<asio::ssl::context> tls, Args&&... args)
      : core_(std::move(core)),
        tls_(std::move(tls)),
        stream_(std::forward<Args>(args)...),
        timer_(stream_.get_executor()),
        exchange_(*core_, peer),
        buffer_(core_->options.max_header_bytes + kLargeRead) {}

  void start(std::function<void()> done) override {
    auto run = [](std::shared_ptr<StreamConnection> self) -> asio::awaitable<void> {
      co_await self->run();
    };
    auto ended = [self = this->shared_from_this(), done = std::move(done)](std::exception_ptr) {
      self->close();
      done();
    };
    asio::co_spawn(stream_.get_executor(), run(this->shared_from_this()),
                   asio::bind_cancellation_slot(cancel_.slot(), std::move(ended)));
  }

  void abort() override {
    auto stop = [self = this->shared_from_this()] {
      self->cancel_.emit(asio::cancellation_type::terminal);
      self->close();
    };
    asio::post(stream_.get_executor(), std::move(stop));
  }

 private:
  /// What came of reading one request.
  enum class Read {
    kRequest,
    kRefused,  ///< early_ holds the reply, the rest of the request is not read
    kClosed,   ///< nothing (more) to answer
  };

  Tcp::socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  asio::awaitable<void> run();
  asio::awaitable<bool> read_proxy_header();
  asio::awaitable<bool> shake_hands();
  asio::awaitable<Read> read_request();
  asio::awaitable<bool> write(HttpReply& reply);
  asio::awaitable<void> hang_up();

  bool find_start();
  void parse(error_code& error);
  Read on_read_error(const error_code& error);
  HttpReply refuse_for(const error_code& error);
  bool wants_continue();
  std::size_t next_read_bytes() const;

  void set_deadline(TimePoint deadline);
  void watch();
  void close();

  const std::shared_ptr<ServerCore> core_;
  const std::shared_ptr<asio::ssl::context> tls_;
  Stream stream_;
  asio::steady_timer timer_;
  asio::cancellation_signal cancel_;
  Exchange exchange_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::optional<HttpReply> early_;
  std::string head_;
  TimePoint deadline_ = TimePoint::max();
  TimePoint armed_until_ = TimePoint::max();
  bool in_request_ = false;  ///< the first byte of a request line is there
  bool head_seen_ = false;
  bool announced_close_ = false;
  bool timed_out_ = false;
  bool closed_ = false;
};

// ---- time ------------------------------------------------------------------------------------

// One timer for the whole connection: it is set anew only when it would fire too late, and looks
// at the deadline again when it fires.
template <class Stream>
void StreamConnection<Stream>::set_deadline(TimePoint deadline) {
  deadline_ = deadline;
  if (deadline_ < armed_until_) watch();
}

template <class Stream>
void StreamConnection<Stream>::watch() {
  armed_until_ = deadline_;
  timer_.expires_at(deadline_);
  auto fired = [weak = this->weak_from_this()](const error_code& error) {
    const auto self = weak.lock();
    if (error || !self || self->closed_) return;
    if (now() >= self->deadline_) {
      self->timed_out_ = true;
      self->armed_until_ = TimePoint::max();
      error_code ignored;
      self->socket().cancel(ignored);
    } else if (self->deadline_ != TimePoint::max()) {
      self->watch();
    } else {
      self->armed_until_ = TimePoint::max();
    }
  };
  timer_.async_wait(std::move(fired));
}

template <class Stream>
void StreamConnection<Stream>::close() {
  if (closed_) return;
  closed_ = true;
  timer_.cancel();
  error_code ignored;
  socket().shutdown(Tcp::socket::shutdown_both, ignored);
  socket().close(ignored);
}

// ---- the life of a connection ----------------------------------------------------------------

template <class Stream>
asio::awaitable<void> StreamConnection<Stream>::run() {
  bool agreed = true;
  if (core_->options.proxy_protocol) agreed = co_await read_proxy_header();
  if (agreed) agreed = co_await shake_hands();
  while (agreed) {
    const Read read = co_await read_request();
    if (read == Read::kClosed) break;

    HttpReply reply;
    if (read == Read::kRefused) {
      reply = std::move(*early_);
    } else {
      set_deadline(TimePoint::max());
      reply = co_await exchange_.handle(parser_->get());
      if (!parser_->get().keep_alive()) reply.close = true;
      if (core_->draining && !reply.turn) reply.close = true;
    }
    announced_close_ = reply.close;
    reply.turn.release();
    const bool sent = co_await write(reply);
    reply.turn.settle();
    if (core_->observer != nullptr) core_->observer->on_response(reply.status);
    if (!sent) break;
    if (reply.close) {
      co_await hang_up();
      break;
    }
  }
  exchange_.on_closed(announced_close_);
}

template <class Stream>
asio::awaitable<bool> StreamConnection<Stream>::read_proxy_header() {
  set_deadline(now() + core_->options.handshake_timeout);
  while (exchange_.is_proxied()) {
    const auto data = buffer_.data();
    const auto header =
        parse_proxy_header(std::string_view(static_cast<const char*>(data.data()), data.size()));
    if (header) {
      buffer_.consume(header->bytes);
      exchange_.on_proxy_header(header->client);
      co_return true;
    }
    if (header.error() == ProxyHeaderError::kBad) break;
    auto room = buffer_.prepare(kMaxProxyHeaderBytes);
    auto [error, bytes] = co_await socket().async_read_some(room, kNoThrow);
    buffer_.commit(bytes);
    if (error) break;
  }
  exchange_.handshake_failed(exchange_.is_proxied() ? "no PROXY header"
                                                    : "PROXY header not from a trusted proxy");
  co_return false;
}

template <class Stream>
asio::awaitable<bool> StreamConnection<Stream>::shake_hands() {
  if constexpr (kTls) {
    set_deadline(now() + core_->options.handshake_timeout);
    // What came with the PROXY header belongs to TLS.
    const auto early = buffer_.data();
    auto [error, used] =
        co_await stream_.async_handshake(asio::ssl::stream_base::server, early, kNoThrow);
    buffer_.consume(used);
    if (error) {
      exchange_.handshake_failed(error.message());
      co_return false;
    }
    exchange_.on_tls(facts_of(stream_.native_handle()));
  }
  co_return true;
}

// The last reply is out: lets the CPE read it before the connection is torn down.
template <class Stream>
asio::awaitable<void> StreamConnection<Stream>::hang_up() {
  set_deadline(now() + kLingerTime);
  if constexpr (kTls) {
    auto [ignored] = co_await stream_.async_shutdown(kNoThrow);
    (void)ignored;
  }
  error_code error;
  socket().shutdown(Tcp::socket::shutdown_send, error);
  std::size_t total = 0;
  while (!error && total < kMaxLinger && !timed_out_) {
    buffer_.clear();
    auto room = buffer_.prepare(kSmallRead);
    auto [read_error, bytes] = co_await socket().async_read_some(room, kNoThrow);
    error = read_error;
    total += bytes;
  }
}

// ---- reading ---------------------------------------------------------------------------------

template <class Stream>
auto StreamConnection<Stream>::read_request() -> asio::awaitable<Read> {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(core_->options.max_header_bytes));
  parser_->body_limit(core_->options.max_body_bytes);
  in_request_ = false;
  head_seen_ = false;
  const auto idle = now() + core_->options.keep_alive_timeout;
  set_deadline(std::max(idle, exchange_.session_deadline() + kSessionSlack));
  if (buffer_.size() == 0) buffer_.shrink_to_fit();

  for (;;) {
    if (find_start()) {
      error_code error;
      parse(error);
      if (error && error != http::error::need_more) {
        early_ = refuse_for(error);
        co_return Read::kRefused;
      }
      if (parser_->is_header_done() && !head_seen_) {
        head_seen_ = true;
        early_ = exchange_.check(parser_->get());
        if (early_) co_return Read::kRefused;
        if (wants_continue()) {
          static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
          auto text = asio::buffer(kContinue);
          auto [write_error, written] = co_await asio::async_write(stream_, text, kNoThrow);
          if (write_error) co_return Read::kClosed;
        }
      }
      if (parser_->is_done()) co_return Read::kRequest;
    }
    auto room = buffer_.prepare(next_read_bytes());
    auto [error, bytes] = co_await stream_.async_read_some(room, kNoThrow);
    buffer_.commit(bytes);
    if (error) co_return on_read_error(error);
  }
}

// True when the buffer starts with a request line (or with more of a request).
template <class Stream>
bool StreamConnection<Stream>::find_start() {
  if (in_request_) return buffer_.size() > 0;
  const auto data = buffer_.data();
  const std::string_view text(static_cast<const char*>(data.data()), data.size());
  const auto start = find_request_start(text, exchange_.stray_bytes_ok());
  if (!start) return false;
  buffer_.consume(*start);
  in_request_ = true;
  set_deadline(now() + core_->options.request_timeout);
  return true;
}

template <class Stream>
void StreamConnection<Stream>::parse(error_code& error) {
  while (buffer_.size() > 0 && !parser_->is_done()) {
    const std::size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    if (error || used == 0) return;
  }
}

template <class Stream>
auto StreamConnection<Stream>::on_read_error(const error_code&) -> Read {
  // Exit if the connection was closed, or a silent one has had its time.
  if (!timed_out_ || !in_request_) {
    if (timed_out_) announced_close_ = true;
    return Read::kClosed;
  }
  timed_out_ = false;
  early_ = exchange_.refuse(408, "request came too slowly");
  return Read::kRefused;
}

template <class Stream>
HttpReply StreamConnection<Stream>::refuse_for(const error_code& error) {
  if (error == http::error::body_limit) return exchange_.refuse(413, "body too large");
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return exchange_.refuse(431, "header too large");
  }
  return exchange_.refuse(400, "bad HTTP: " + error.message());
}

template <class Stream>
bool StreamConnection<Stream>::wants_continue() {
  const auto& request = parser_->get();
  if (parser_->is_done() || request.version() < 11) return false;
  return boost::beast::iequals(request[http::field::expect], "100-continue");
}

template <class Stream>
std::size_t StreamConnection<Stream>::next_read_bytes() const {
  if (!head_seen_) {
    // Room for the largest head; the parser refuses it one byte later.
    const std::size_t limit = core_->options.max_header_bytes + kSmallRead;
    return std::clamp<std::size_t>(limit - std::min(limit, buffer_.size()), 1, kSmallRead);
  }
  const auto remaining = parser_->content_length_remaining();
  if (!remaining) return kSmallRead;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(*remaining, kSmallRead, kLargeRead));
}

// ---- writing ---------------------------------------------------------------------------------

template <class Stream>
asio::awaitable<bool> StreamConnection<Stream>::write(HttpReply& reply) {
  ResponseHead head;
  head.status = reply.status;
  head.body_bytes = reply.body.size();
  head.close = reply.close;
  head.keep_alive_stated = parser_->is_header_done() && parser_->get().version() < 11;
  head.cookie = reply.cookie;
  head.challenges = &reply.challenges;
  head.retry_after = reply.retry_after;
  head_.clear();
  write_response_head(head_, head, unix_seconds());

  set_deadline(now() + core_->options.write_timeout);
  bool sent = false;
  if (reply.body.size() <= kJoinedWrite) {
    head_.append(reply.body);
    auto text = asio::buffer(head_);
    auto [error, bytes] = co_await asio::async_write(stream_, text, kNoThrow);
    sent = !error;
  } else {
    const std::array<asio::const_buffer, 2> pieces{asio::buffer(head_), asio::buffer(reply.body)};
    auto [error, bytes] = co_await asio::async_write(stream_, pieces, kNoThrow);
    sent = !error;
  }
  co_return sent;
}

}  // namespace

std::shared_ptr<Connection> make_connection(std::shared_ptr<ServerCore> core,
                                            boost::asio::ip::tcp::socket socket,
                                            std::shared_ptr<boost::asio::ssl::context> tls) {
  error_code error;
  const auto remote = socket.remote_endpoint(error);
  const auto peer = remote.address();
  if (tls) {
    auto& context = *tls;
    return std::make_shared<StreamConnection<TlsStream>>(std::move(core), peer, std::move(tls),
                                                         std::move(socket), context);
  }
  return std::make_shared<StreamConnection<Tcp::socket>>(std::move(core), peer, nullptr,
                                                         std::move(socket));
}

}  // namespace cwmp
