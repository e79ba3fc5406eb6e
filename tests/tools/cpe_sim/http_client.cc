#include "tests/tools/cpe_sim/http_client.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

#include "cwmp/value.h"

namespace cpe_sim {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

using Request = http::request<http::string_body>;
using Parser = http::response_parser<http::string_body>;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

Request to_beast(HttpRequest&& request) {
  Request out;
  out.method_string(request.method);
  out.target(request.url.target);
  out.version(11);
  out.set(http::field::host, request.url.authority());
  out.set(http::field::user_agent, "cpe-sim");
  for (const auto& [name, value] : request.fields) out.set(name, value);
  out.body() = std::move(request.body);
  if (request.method != "GET") out.content_length(out.body().size());
  return out;
}

HttpReply failure(HttpReply::Error error, std::string text) {
  HttpReply reply;
  reply.error = error;
  reply.error_text = std::move(text);
  return reply;
}

HttpReply to_reply(Parser&& parser) {
  auto& response = parser.get();
  HttpReply reply;
  reply.status = response.result_int();
  reply.content_type = std::string(response[http::field::content_type]);
  reply.location = std::string(response[http::field::location]);
  for (const auto& field : response) {
    const std::string value(field.value());
    if (field.name() == http::field::www_authenticate) reply.challenges.push_back(value);
    if (field.name() == http::field::set_cookie) {
      reply.set_cookies.push_back(value.substr(0, value.find(';')));
    }
  }
  const std::string retry(response[http::field::retry_after]);
  if (const auto wait = cwmp::parse_unsigned(retry, 86'400)) {
    reply.retry_after = std::chrono::seconds(*wait);
  }
  reply.body = std::move(response.body());
  return reply;
}

template <class Stream>
asio::awaitable<HttpReply> exchange(Stream& stream, beast::flat_buffer& buffer, Request& request,
                                    bool& keep) {
  keep = false;
  auto [write_error, written] = co_await http::async_write(stream, request, kNoThrow);
  if (write_error) co_return failure(HttpReply::Error::kBroken, write_error.message());
  Parser parser;
  parser.body_limit(kMaxResponseBytes);
  auto [read_error, read] = co_await http::async_read(stream, buffer, parser, kNoThrow);
  if (read_error) co_return failure(HttpReply::Error::kBroken, read_error.message());
  keep = parser.get().keep_alive();
  co_return to_reply(std::move(parser));
}

}  // namespace

struct HttpClient::Impl {
  asio::any_io_executor executor;
  ClientOptions options;
  std::optional<beast::tcp_stream> plain;
  std::optional<TlsStream> tls;
  beast::flat_buffer buffer;
  std::string connected_to;

  beast::tcp_stream& lowest() { return tls ? tls->next_layer() : *plain; }
  bool is_open() const { return plain.has_value() || tls.has_value(); }

  void close() {
    if (!is_open()) return;
    beast::error_code ignored;
    lowest().socket().shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
    lowest().socket().close(ignored);
    plain.reset();
    tls.reset();
    buffer.clear();
    connected_to.clear();
  }

  asio::awaitable<std::string> connect(Url url);
};

/// Empty: it is open.
asio::awaitable<std::string> HttpClient::Impl::connect(Url url) {
  const std::string place = (url.tls ? "s" : "") + url.authority();
  if (is_open() && connected_to == place) co_return std::string();
  close();
  if (url.tls && !options.tls) co_return std::string("no TLS here");
  asio::ip::tcp::resolver resolver(executor);
  auto [error, endpoints] = co_await resolver.async_resolve(url.host, url.port, kNoThrow);
  if (error) co_return error.message();
  if (url.tls) {
    tls.emplace(beast::tcp_stream(executor), *options.tls);
  } else {
    plain.emplace(executor);
  }
  lowest().expires_after(options.connect_timeout);
  auto [connect_error, endpoint] = co_await lowest().async_connect(endpoints, kNoThrow);
  if (connect_error) {
    close();
    co_return connect_error.message();
  }
  beast::error_code ignored;
  lowest().socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (tls) {
    SSL_set_tlsext_host_name(tls->native_handle(), url.host.c_str());
    tls->set_verify_callback(asio::ssl::host_name_verification(url.host));
    auto [tls_error] = co_await tls->async_handshake(asio::ssl::stream_base::client, kNoThrow);
    if (tls_error) {
      close();
      co_return tls_error.message();
    }
  }
  connected_to = place;
  co_return std::string();
}

HttpClient::HttpClient(asio::any_io_executor executor, ClientOptions options)
    : impl_(std::make_unique<Impl>()) {
  impl_->executor = std::move(executor);
  impl_->options = std::move(options);
}

HttpClient::~HttpClient() { impl_->close(); }

void HttpClient::close() { impl_->close(); }

asio::awaitable<HttpReply> HttpClient::send(HttpRequest request) {
  std::string error = co_await impl_->connect(request.url);
  if (!error.empty()) co_return failure(HttpReply::Error::kUnreachable, error);
  Request out = to_beast(std::move(request));
  impl_->lowest().expires_after(impl_->options.reply_timeout);
  HttpReply reply;
  bool keep = false;
  if (impl_->tls) {
    reply = co_await exchange(*impl_->tls, impl_->buffer, out, keep);
  } else {
    reply = co_await exchange(*impl_->plain, impl_->buffer, out, keep);
  }
  if (!keep) impl_->close();
  co_return reply;
}

asio::awaitable<bool> HttpClient::send_and_drop(HttpRequest request) {
  std::string error = co_await impl_->connect(request.url);
  if (!error.empty()) co_return false;
  Request out = to_beast(std::move(request));
  impl_->lowest().expires_after(impl_->options.reply_timeout);
  beast::error_code write_error;
  if (impl_->tls) {
    auto [failed, written] = co_await http::async_write(*impl_->tls, out, kNoThrow);
    write_error = failed;
  } else {
    auto [failed, written] = co_await http::async_write(*impl_->plain, out, kNoThrow);
    write_error = failed;
  }
  impl_->close();
  co_return !write_error;
}

asio::awaitable<void> HttpClient::wait_for_close(std::chrono::milliseconds limit) {
  if (!impl_->is_open()) co_return;
  std::array<char, 256> ignored{};
  impl_->lowest().expires_after(limit);
  for (;;) {
    auto [error, read] = co_await impl_->lowest().async_read_some(asio::buffer(ignored), kNoThrow);
    if (error) break;
  }
  impl_->close();
}

}  // namespace cpe_sim
