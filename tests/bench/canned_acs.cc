#include "tests/bench/canned_acs.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cwmp/soap.h"

namespace bench {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);

std::string inform_response() {
  cwmp::Envelope envelope;
  envelope.dialect.cwmp_namespace = "urn:dslforum-org:cwmp-1-2";
  envelope.body = cwmp::InformResponse{};
  return cwmp::encode(envelope);
}

asio::awaitable<void> serve(tcp::socket socket, const std::string& informed) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  for (;;) {
    http::request<http::string_body> request;
    auto [read_error, read] = co_await http::async_read(stream, buffer, request, kNoThrow);
    if (read_error) co_return;
    http::response<http::string_body> response(
        request.body().empty() ? http::status::no_content : http::status::ok, 11);
    response.set(http::field::set_cookie, "session=1");
    if (!request.body().empty()) {
      response.set(http::field::content_type, "text/xml; charset=utf-8");
      response.body() = informed;
      response.prepare_payload();
    }
    auto [write_error, written] = co_await http::async_write(stream, response, kNoThrow);
    if (write_error) co_return;
  }
}

}  // namespace

struct CannedAcs::Impl {
  asio::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  std::string informed = inform_response();
  std::vector<std::thread> threads;

  asio::awaitable<void> accept() {
    for (;;) {
      auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(io), kNoThrow);
      if (error) co_return;
      auto executor = socket.get_executor();
      auto session = serve(std::move(socket), informed);
      asio::co_spawn(executor, std::move(session), asio::detached);
    }
  }
};

CannedAcs::CannedAcs(unsigned threads) : impl_(std::make_unique<Impl>()) {
  auto accepting = impl_->accept();
  asio::co_spawn(impl_->io, std::move(accepting), asio::detached);
  for (unsigned i = 0; i < threads; ++i) {
    impl_->threads.emplace_back([this] { impl_->io.run(); });
  }
}

CannedAcs::~CannedAcs() {
  impl_->io.stop();
  for (std::thread& thread : impl_->threads) thread.join();
}

std::uint16_t CannedAcs::port() const { return impl_->acceptor.local_endpoint().port(); }

}  // namespace bench
