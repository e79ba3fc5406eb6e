#include "tests/support/file_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <utility>

namespace support {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {
constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
}  // namespace

FileServer::FileServer()
    : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      held_(io_, asio::steady_timer::time_point::min()) {
  asio::co_spawn(io_, listen(), asio::detached);
  thread_ = std::thread([this] { io_.run(); });
}

FileServer::~FileServer() {
  io_.stop();
  thread_.join();
}

std::string FileServer::url(const std::string& name) const {
  return "http://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/" + name;
}

void FileServer::offer(const std::string& name, std::string body) {
  const std::lock_guard lock(mutex_);
  files_["/" + name] = std::move(body);
}

void FileServer::hold() {
  asio::post(io_, [this] { held_.expires_at(asio::steady_timer::time_point::max()); });
}

void FileServer::release() {
  asio::post(io_, [this] { held_.expires_at(asio::steady_timer::time_point::min()); });
}

asio::awaitable<void> FileServer::listen() {
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kNoThrow);
    if (error) co_return;
    auto serving = serve(std::move(socket));
    asio::co_spawn(io_, std::move(serving), asio::detached);
  }
}

asio::awaitable<void> FileServer::serve(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    auto [unread, n] = co_await http::async_read(socket, buffer, request, kNoThrow);
    if (unread) co_return;
    const std::string target(request.target());
    requests_.put({std::string(request.method_string()), target, request.body()});
    auto [released] = co_await held_.async_wait(kNoThrow);
    static_cast<void>(released);
    http::response<http::string_body> response(http::status::ok, 11);
    if (request.method() == http::verb::get) {
      const std::lock_guard lock(mutex_);
      const auto file = files_.find(target);
      if (file == files_.end()) {
        response.result(http::status::not_found);
      } else {
        response.body() = file->second;
      }
    }
    response.prepare_payload();
    auto [unsent, m] = co_await http::async_write(socket, response, kNoThrow);
    if (unsent) co_return;
  }
}

}  // namespace support
