#include "cwmp/connection_request/http.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "cwmp/auth.h"
#include "cwmp/connection_request/response_head.h"

namespace cwmp {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using Tcp = asio::ip::tcp;
using Kind = ConnectionRequestOutcome::Kind;
using Clock = std::chrono::steady_clock;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 4096;
/// Challenges answered in one attempt: the first, and once more when the nonce was stale.
constexpr int kMaxChallenges = 2;

ConnectionRequestOutcome outcome(Kind kind, std::string text, unsigned status = 0) {
  ConnectionRequestOutcome result;
  result.kind = kind;
  result.http_status = status;
  result.text = std::move(text);
  return result;
}

std::string make_cnonce() {
  std::array<unsigned char, 8> bytes{};
  // Without randomness there is nothing sensible left to do.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text.push_back(kHex[byte >> 4U]);
    text.push_back(kHex[byte & 0x0FU]);
  }
  return text;
}

// One attempt: up to two exchanges, on one connection or on two.
class Attempt {
 public:
  Attempt(const HttpConnectionRequest& request, const HttpUrl& url, asio::any_io_executor executor)
      : request_(request), url_(url), resolver_(executor), socket_(executor) {}

  asio::awaitable<ConnectionRequestOutcome> run();

 private:
  enum class Reading {
    kHead,
    kClosed,  ///< before the first byte of an answer
    kBad,
  };

  asio::awaitable<std::optional<ConnectionRequestOutcome>> connect();
  asio::awaitable<std::optional<std::vector<Tcp::endpoint>>> look_up();
  asio::awaitable<bool> send(std::string authorization);
  asio::awaitable<Reading> read_head();
  asio::awaitable<bool> skip_body();
  std::optional<std::string> answer_challenge();
  ConnectionRequestOutcome judge() const;
  void disconnect();

  const HttpConnectionRequest& request_;
  const HttpUrl& url_;
  Tcp::resolver resolver_;
  Tcp::socket socket_;
  AnswerHead head_;
  std::string body_start_;
  bool unknown_body_ = false;  ///< the last answer on this connection did not say how long it is
  std::array<char, kReadBytes> chunk_{};
};

asio::awaitable<ConnectionRequestOutcome> Attempt::run() {
  std::string authorization;
  for (int challenges = 0;;) {
    const bool fresh = !socket_.is_open();
    if (fresh) {
      auto failure = co_await connect();
      if (failure) co_return std::move(*failure);
    }
    const bool sent = co_await send(authorization);
    Reading reading = Reading::kClosed;
    if (sent) reading = co_await read_head();
    if (reading == Reading::kBad) co_return outcome(Kind::kProtocol, "answer is not HTTP");
    if (reading == Reading::kClosed && !fresh) {
      // The CPE had closed after its challenge without a word; the challenge is still good.
      disconnect();
      continue;
    }
    if (reading == Reading::kClosed) co_return outcome(Kind::kAccepted, "closed without an answer");
    if (head_.status != 401) co_return judge();
    if (challenges == kMaxChallenges) co_return judge();

    const bool first = challenges++ == 0;
    const auto answer = answer_challenge();
    const auto stale =
        std::any_of(head_.challenges.begin(), head_.challenges.end(), [](const std::string& text) {
          const auto parsed = parse_challenges(text);
          return std::any_of(parsed.begin(), parsed.end(),
                             [](const Challenge& challenge) { return challenge.stale; });
        });
    if (!answer) {
      co_return outcome(Kind::kUnauthorized, "the CPE asks for a scheme that is not allowed",
                        head_.status);
    }
    if (!first && !stale) co_return judge();
    authorization = *answer;
    const bool usable = co_await skip_body();
    if (!usable) disconnect();
  }
}

asio::awaitable<std::optional<ConnectionRequestOutcome>> Attempt::connect() {
  unknown_body_ = false;
  error_code error;
  const auto literal = asio::ip::make_address(url_.host, error);
  std::vector<Tcp::endpoint> found;
  if (!error) {
    found.emplace_back(literal, static_cast<std::uint16_t>(std::stoul(url_.port)));
  } else {
    auto looked_up = co_await look_up();
    if (!looked_up) co_return outcome(Kind::kUnreachable, "name lookup failed");
    found = std::move(*looked_up);
  }

  // What is checked is what is connected to: no second lookup can slip another address in.
  std::vector<Tcp::endpoint> endpoints;
  for (auto endpoint : found) {
    auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
      address = asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
      endpoint.address(address);
    }
    if (request_.allowed && request_.allowed(address)) endpoints.push_back(endpoint);
  }
  if (endpoints.empty()) co_return outcome(Kind::kNotAllowed, "address is not allowed");

  std::string why;
  for (const auto& endpoint : endpoints) {
    error_code ignored;
    socket_.close(ignored);
    auto [connect_error] = co_await socket_.async_connect(endpoint, kNoThrow);
    if (!connect_error) {
      socket_.set_option(Tcp::no_delay(true), ignored);
      co_return std::nullopt;
    }
    why = connect_error.message();
  }
  disconnect();
  co_return outcome(Kind::kUnreachable, "connect: " + why);
}

// A lookup cannot be cancelled, so it is not awaited itself: when time is up it is left behind.
asio::awaitable<std::optional<std::vector<Tcp::endpoint>>> Attempt::look_up() {
  struct Lookup {
    explicit Lookup(const asio::any_io_executor& executor) : done(executor) {}
    asio::steady_timer done;
    std::optional<std::vector<Tcp::endpoint>> found;
  };
  const auto lookup = std::make_shared<Lookup>(resolver_.get_executor());
  lookup->done.expires_at(asio::steady_timer::time_point::max());
  auto take = [lookup](const error_code& error, const Tcp::resolver::results_type& results) {
    if (!error) {
      lookup->found.emplace();
      for (const auto& entry : results) lookup->found->push_back(entry.endpoint());
    }
    lookup->done.cancel();
  };
  resolver_.async_resolve(url_.host, url_.port, Tcp::resolver::numeric_service, std::move(take));
  auto [ignored] = co_await lookup->done.async_wait(kNoThrow);
  (void)ignored;
  co_return lookup->found;
}

asio::awaitable<bool> Attempt::send(std::string authorization) {
  std::string text = "GET " + url_.target + " HTTP/1.1\r\nHost: " + url_.host_header + "\r\n";
  if (!authorization.empty()) text.append("Authorization: ").append(authorization).append("\r\n");
  text.append("\r\n");
  auto bytes = asio::buffer(text);
  auto [error, written] = co_await asio::async_write(socket_, bytes, kNoThrow);
  co_return !error;
}

asio::awaitable<Attempt::Reading> Attempt::read_head() {
  AnswerHeadReader reader(unknown_body_);
  for (std::size_t total = 0; total < kMaxConnectionRequestAnswer;) {
    auto room = asio::buffer(chunk_);
    auto [error, bytes] = co_await socket_.async_read_some(room, kNoThrow);
    total += bytes;
    HeadState state = HeadState::kNeedMore;
    if (bytes > 0) state = reader.feed(std::string_view(chunk_.data(), bytes));
    if (error && state == HeadState::kNeedMore) {
      if (reader.empty()) co_return Reading::kClosed;
      state = reader.finish();
      // The body of the answer before was all that was left: nothing new was said.
      if (state != HeadState::kDone && unknown_body_) co_return Reading::kClosed;
    }
    if (state == HeadState::kBad) co_return Reading::kBad;
    if (state == HeadState::kDone) {
      body_start_ = reader.rest();
      head_ = reader.take();
      co_return Reading::kHead;
    }
    if (error) co_return Reading::kBad;
  }
  co_return Reading::kBad;
}

// After a 401: true if the next request can go out on this connection.
asio::awaitable<bool> Attempt::skip_body() {
  if (head_.close) co_return false;
  unknown_body_ = head_.chunked || !head_.content_length;
  if (unknown_body_) co_return true;
  std::size_t left = *head_.content_length;
  if (left > kMaxConnectionRequestAnswer) co_return false;
  left -= std::min(left, body_start_.size());
  while (left > 0) {
    auto room = asio::buffer(chunk_.data(), std::min(left, chunk_.size()));
    auto [error, bytes] = co_await socket_.async_read_some(room, kNoThrow);
    if (error) co_return false;
    left -= bytes;
  }
  co_return true;
}

std::optional<std::string> Attempt::answer_challenge() {
  std::vector<Challenge> challenges;
  for (const auto& text : head_.challenges) {
    auto parsed = parse_challenges(text);
    std::move(parsed.begin(), parsed.end(), std::back_inserter(challenges));
  }
  const auto cnonce = make_cnonce();
  ClientRequest client;
  client.method = "GET";
  client.uri = url_.target;
  client.username = request_.username;
  client.password = request_.password;
  client.cnonce = cnonce;
  client.allow_basic = request_.allow_basic;
  auto authorization = authorize(challenges, client);
  if (!authorization) return std::nullopt;
  return std::move(*authorization);
}

ConnectionRequestOutcome Attempt::judge() const {
  if (head_.status < 300) return outcome(Kind::kAccepted, "accepted", head_.status);
  switch (head_.status) {
    case 401:
    case 403:
      return outcome(Kind::kUnauthorized, "credentials were not taken", head_.status);
    case 404:
      return outcome(Kind::kNotFound, "path is not the CPE's", head_.status);
    case 503: {
      auto busy = outcome(Kind::kBusy, "CPE is busy", head_.status);
      busy.retry_after = head_.retry_after;
      return busy;
    }
    default:
      return outcome(Kind::kRefused, "status " + std::to_string(head_.status), head_.status);
  }
}

void Attempt::disconnect() {
  error_code ignored;
  socket_.close(ignored);
}

bool worth_another(Kind kind) { return kind == Kind::kUnreachable || kind == Kind::kTimeout; }

}  // namespace

asio::awaitable<ConnectionRequestOutcome> request_connection(HttpConnectionRequest request) {
  using namespace asio::experimental::awaitable_operators;  // NOLINT(google-build-using-namespace)
  const auto url = parse_http_url(request.url);
  if (!url) co_return outcome(Kind::kBadUrl, "not a usable http URL");

  const auto executor = co_await asio::this_coro::executor;
  const auto deadline = Clock::now() + request.timeout;
  ConnectionRequestOutcome result = outcome(Kind::kTimeout, "no time left");
  asio::steady_timer timer(executor);
  for (int left = std::max(request.attempts, 1); left > 0; --left) {
    const auto now = Clock::now();
    if (now >= deadline) break;
    Attempt attempt(request, *url, executor);
    timer.expires_at(now + (deadline - now) / left);
    auto race = attempt.run() || timer.async_wait(kNoThrow);
    auto first = co_await std::move(race);
    if (first.index() == 0) {
      result = std::move(std::get<0>(first));
    } else {
      result = outcome(Kind::kTimeout, "no answer in time");
    }
    if (!worth_another(result.kind) || left == 1) break;
    timer.expires_after(std::min<Clock::duration>(request.retry_pause, deadline - Clock::now()));
    auto [ignored] = co_await timer.async_wait(kNoThrow);
    (void)ignored;
  }
  co_return result;
}

std::string_view to_string(ConnectionRequestOutcome::Kind kind) {
  switch (kind) {
    case Kind::kAccepted:
      return "accepted";
    case Kind::kBusy:
      return "busy";
    case Kind::kUnauthorized:
      return "unauthorized";
    case Kind::kNotFound:
      return "not-found";
    case Kind::kRefused:
      return "refused";
    case Kind::kNotAllowed:
      return "not-allowed";
    case Kind::kBadUrl:
      return "bad-url";
    case Kind::kUnreachable:
      return "unreachable";
    case Kind::kTimeout:
      return "timeout";
    case Kind::kProtocol:
      return "protocol";
  }
  return "unknown";
}

}  // namespace cwmp
