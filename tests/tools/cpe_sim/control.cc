#include "tests/tools/cpe_sim/control.h"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <iostream>

namespace cpe_sim {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

namespace {

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kMaxLineBytes = 1U << 20;

using Answers =
    asio::experimental::concurrent_channel<void(boost::system::error_code, std::string)>;

asio::awaitable<void> serve_client(Local::socket socket, asio::io_context& io, Fleet& fleet) {
  std::string bytes;
  auto buffer = asio::dynamic_buffer(bytes, kMaxLineBytes);
  auto answers = std::make_shared<Answers>(io, 1);
  for (;;) {
    auto [error, size] = co_await asio::async_read_until(socket, buffer, '\n', kNoThrow);
    if (error) co_return;
    std::string line = bytes.substr(0, size - 1);
    buffer.consume(size);
    if (line.ends_with('\r')) line.pop_back();
    const bool go_on = fleet.command(line, [answers](std::string text) {
      answers->try_send(boost::system::error_code(), std::move(text));
    });
    auto [channel_error, answer] = co_await answers->async_receive(kNoThrow);
    if (channel_error) co_return;
    answer += '\n';
    auto [write_error, written] =
        co_await asio::async_write(socket, asio::buffer(answer), kNoThrow);
    if (!go_on) io.stop();
    if (write_error) co_return;
  }
}

asio::awaitable<void> accept_clients(Local::acceptor acceptor, asio::io_context& io, Fleet& fleet) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kNoThrow);
    if (error == asio::error::operation_aborted) co_return;
    if (error) continue;
    auto serving = serve_client(std::move(socket), io, fleet);
    asio::co_spawn(io, std::move(serving), asio::detached);
  }
}

}  // namespace

void serve_stdin(Fleet& fleet, Journal& journal) {
  std::string line;
  while (std::getline(std::cin, line)) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    const bool go_on =
        fleet.command(line, [&journal](const std::string& answer) { journal.print(answer); });
    if (!go_on) return;
  }
}

void serve_socket(asio::io_context& io, const std::string& path, Fleet& fleet) {
  struct stat existing {};
  if (::stat(path.c_str(), &existing) == 0 && S_ISSOCK(existing.st_mode)) ::unlink(path.c_str());
  Local::acceptor acceptor(io, Local::endpoint(path));
  auto accepting = accept_clients(std::move(acceptor), io, fleet);
  asio::co_spawn(io, std::move(accepting), asio::detached);
}

}  // namespace cpe_sim
