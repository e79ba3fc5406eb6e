#include "tests/tools/cpe_sim/listener.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cctype>
#include <random>

namespace cpe_sim {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxHeadBytes = 8192;
constexpr std::chrono::seconds kConnectionLimit{15};
constexpr char kClose[] = "Connection: close\r\n";

cwmp::NonceSource::Key random_key() {
  std::random_device random;
  cwmp::NonceSource::Key key{};
  for (auto& byte : key) byte = static_cast<std::uint8_t>(random());
  return key;
}

/// The value of a header field; names in any case.
std::string field(std::string_view head, std::string_view name) {
  for (auto at = head.find('\n'); at != std::string_view::npos; at = head.find('\n', at + 1)) {
    const auto line = head.substr(at + 1, head.find('\r', at) - at - 1);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    const bool same = std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) ==
             std::tolower(static_cast<unsigned char>(b));
    });
    if (!same) continue;
    const auto first = line.find_first_not_of(' ', name.size() + 1);
    return first == std::string_view::npos ? std::string() : std::string(line.substr(first));
  }
  return {};
}

std::string response(std::string_view status, const std::string& fields = {}) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n" + fields + "\r\n";
}

}  // namespace

std::string random_token() {
  std::random_device random;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string token;
  for (int i = 0; i < 32; ++i) token += kHex[random() % 16];
  return token;
}

Listener::Listener(asio::any_io_executor executor, const std::string& address, std::uint16_t port)
    : executor_(executor),
      acceptor_(asio::make_strand(executor), tcp::endpoint(asio::ip::make_address(address), port)),
      nonces_(random_key(), std::chrono::seconds(60)) {}

void Listener::start() {
  auto accepting = accept();
  asio::co_spawn(acceptor_.get_executor(), std::move(accepting), asio::detached);
}

asio::awaitable<void> Listener::accept() {
  for (;;) {
    auto strand = asio::make_strand(executor_);
    auto [error, socket] = co_await acceptor_.async_accept(strand, kNoThrow);
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    auto serving = serve(std::move(socket));
    asio::co_spawn(strand, std::move(serving), asio::detached);
  }
}

asio::awaitable<void> Listener::serve(tcp::socket accepted) {
  auto socket = std::make_shared<tcp::socket>(std::move(accepted));
  // Whoever takes longer than that is cut off.
  asio::steady_timer limit(socket->get_executor(), kConnectionLimit);
  limit.async_wait([socket](boost::system::error_code error) {
    boost::system::error_code ignored;
    if (!error) socket->close(ignored);
  });
  std::string bytes;
  auto buffer = asio::dynamic_buffer(bytes, kMaxHeadBytes);
  for (;;) {
    auto [error, size] = co_await asio::async_read_until(*socket, buffer, "\r\n\r\n", kNoThrow);
    if (error) break;
    std::string head = bytes.substr(0, size);
    buffer.consume(size);
    std::string reply = co_await answer(std::move(head));
    if (reply.empty()) {  // nobody there: a reset, since a plain close may pass for success
      boost::system::error_code ignored;
      socket->set_option(tcp::socket::linger(true, 0), ignored);
      socket->close(ignored);
      co_return;
    }
    auto [write_error, written] =
        co_await asio::async_write(*socket, asio::buffer(reply), kNoThrow);
    if (write_error || !reply.starts_with("HTTP/1.1 401")) break;
  }
  boost::system::error_code ignored;
  socket->shutdown(tcp::socket::shutdown_both, ignored);
  socket->close(ignored);
}

std::string Listener::challenge(bool basic) {
  if (basic) return response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"cpe-sim\"\r\n");
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::string nonce = nonces_.make(now, std::random_device{}());
  return response("401 Unauthorized", "WWW-Authenticate: Digest realm=\"cpe-sim\", nonce=\"" +
                                          nonce + "\", qop=\"auth\", algorithm=MD5\r\n");
}

bool Listener::is_usable(const cwmp::Credentials& credentials, const std::string& target,
                         bool basic) {
  const auto* digest = std::get_if<cwmp::DigestCredentials>(&credentials);
  if (basic || digest == nullptr) return basic && digest == nullptr;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return digest->uri == target &&
         nonces_.check(digest->nonce, now) == cwmp::NonceSource::State::kValid;
}

asio::awaitable<std::string> Listener::answer(std::string head) {
  const auto target_at = head.find(' ');
  const auto target_end = head.find(' ', target_at + 1);
  const std::string target = head.substr(target_at + 1, target_end - target_at - 1);
  const auto device = devices_.find(target.substr(0, target.find('?')));
  if (device != devices_.end() && device->second->is_down()) co_return std::string();
  if (device == devices_.end()) co_return response("404 Not Found", kClose);
  if (!head.starts_with("GET ")) co_return response("405 Method Not Allowed", kClose);
  const bool basic = device->second->wants_basic();
  auto credentials = cwmp::parse_authorization(field(head, "Authorization"));
  if (!credentials || !is_usable(*credentials, target, basic)) co_return challenge(basic);
  cwmp::Credentials given = *std::move(credentials);
  unsigned status = co_await device->second->on_connection_request(std::move(given));
  if (status == 0) co_return std::string();
  if (status == 401) co_return challenge(basic);
  co_return response("200 OK", kClose);
}

}  // namespace cpe_sim
