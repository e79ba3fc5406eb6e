#include "tests/tools/cpe_sim/http_session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>
#include <random>
#include <stdexcept>

namespace cpe_sim {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kTimeout{60};

std::string random_text() {
  thread_local std::mt19937_64 random(std::random_device{}());
  return std::to_string(random());
}

}  // namespace

AcsAddress parse_acs_url(const std::string& url) {
  constexpr std::string_view kScheme = "http://";
  if (!url.starts_with(kScheme)) throw std::runtime_error("not an http URL: " + url);
  std::string rest = url.substr(kScheme.size());
  AcsAddress out;
  std::size_t slash = rest.find('/');
  if (slash != std::string::npos) out.path = rest.substr(slash);
  std::string authority = rest.substr(0, slash);
  std::size_t colon = authority.rfind(':');
  out.host = authority.substr(0, colon);
  out.port = colon == std::string::npos ? "80" : authority.substr(colon + 1);
  if (out.host.empty()) throw std::runtime_error("no host in " + url);
  return out;
}

HttpSession::HttpSession(asio::any_io_executor executor, AcsAddress acs)
    : stream_(executor), acs_(std::move(acs)) {}

void HttpSession::close() {
  beast::error_code ignored;
  stream_.socket().close(ignored);
  buffer_.clear();
  connected_ = false;
}

asio::awaitable<bool> HttpSession::connect() {
  asio::ip::tcp::resolver resolver(stream_.get_executor());
  auto [error, endpoints] = co_await resolver.async_resolve(acs_.host, acs_.port, kNoThrow);
  if (error) co_return false;
  stream_.expires_after(kTimeout);
  auto [connect_error, endpoint] = co_await stream_.async_connect(endpoints, kNoThrow);
  if (connect_error) co_return false;
  beast::error_code ignored;
  stream_.socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  connected_ = true;
  co_return true;
}

asio::awaitable<HttpAnswer> HttpSession::exchange(const std::string& body) {
  if (!connected_) {
    bool connected = co_await connect();
    if (!connected) co_return HttpAnswer{};
  }
  http::request<http::string_body> request(http::verb::post, acs_.path, 11);
  request.set(http::field::host, acs_.host + ":" + acs_.port);
  request.set(http::field::user_agent, "cpe-sim");
  if (!body.empty()) {
    request.set(http::field::content_type, "text/xml; charset=\"utf-8\"");
    request.set("SOAPAction", "");
  }
  if (!cookie_.empty()) request.set(http::field::cookie, cookie_);
  if (!challenges_.empty()) {
    std::string cnonce = random_text();
    cwmp::ClientRequest ask;
    ask.method = "POST";
    ask.uri = acs_.path;
    ask.username = acs_.username;
    ask.password = acs_.password;
    ask.cnonce = cnonce;
    ask.nc = ++nonce_count_;
    ask.allow_basic = true;
    auto authorization = cwmp::authorize(challenges_, ask);
    if (authorization) request.set(http::field::authorization, *authorization);
  }
  request.body() = body;
  request.prepare_payload();
  if (body.empty()) request.content_length(0);
  stream_.expires_after(kTimeout);
  auto [write_error, written] = co_await http::async_write(stream_, request, kNoThrow);
  if (write_error) {
    close();
    co_return HttpAnswer{};
  }
  http::response_parser<http::string_body> parser;
  parser.body_limit(64U << 20);
  auto [read_error, read] = co_await http::async_read(stream_, buffer_, parser, kNoThrow);
  if (read_error) {
    close();
    co_return HttpAnswer{};
  }
  auto& response = parser.get();
  auto cookie = response.find(http::field::set_cookie);
  if (cookie != response.end()) {
    std::string value(cookie->value());
    cookie_ = value.substr(0, value.find(';'));
  }
  HttpAnswer answer;
  answer.status = response.result_int();
  answer.body = response.body();
  if (answer.status == 401) {
    challenges_.clear();
    for (auto [it, last] = response.equal_range(http::field::www_authenticate); it != last; ++it) {
      std::string value(it->value());
      for (cwmp::Challenge& challenge : cwmp::parse_challenges(value)) {
        challenges_.push_back(std::move(challenge));
      }
    }
    nonce_count_ = 0;
  }
  if (!response.keep_alive()) close();
  co_return answer;
}

asio::awaitable<HttpAnswer> HttpSession::post(std::string body) {
  HttpAnswer answer = co_await exchange(body);
  if (answer.status == 401) answer = co_await exchange(body);
  co_return answer;
}

asio::awaitable<HttpAnswer> HttpSession::get(asio::any_io_executor executor, std::string url) {
  HttpAnswer answer;
  AcsAddress address;
  try {
    address = parse_acs_url(url);
  } catch (const std::exception&) {
    co_return answer;
  }
  HttpSession session(executor, address);
  bool connected = co_await session.connect();
  if (!connected) co_return answer;
  http::request<http::empty_body> request(http::verb::get, address.path, 11);
  request.set(http::field::host, address.host + ":" + address.port);
  auto [write_error, written] = co_await http::async_write(session.stream_, request, kNoThrow);
  if (write_error) co_return answer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(64U << 20);
  auto [error, read] =
      co_await http::async_read(session.stream_, session.buffer_, parser, kNoThrow);
  if (error) co_return answer;
  answer.status = parser.get().result_int();
  answer.body = parser.get().body();
  co_return answer;
}

}  // namespace cpe_sim
