#include "tests/support/scripted_peer.h"

#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

namespace support {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

ScriptedPeer::ScriptedPeer(Script script)
    : acceptor_(io_, Tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
      port_(acceptor_.local_endpoint().port()),
      thread_([this, played = std::move(script)] { play(played); }) {}

ScriptedPeer::~ScriptedPeer() {
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);  // ends an accept() that waits
  thread_.join();
}

void ScriptedPeer::play(const Script& script) {
  for (const auto& answers : script) {
    Tcp::socket socket(io_);
    boost::system::error_code error;
    acceptor_.accept(socket, error);
    if (error) return;
    std::string buffer;
    for (const auto& answer : answers) {
      const auto size = asio::read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", error);
      if (error) break;
      requests.put(buffer.substr(0, size));
      buffer.erase(0, size);
      if (answer == kSilence) {
        asio::read(socket, asio::dynamic_buffer(buffer), error);  // until the client closes
        break;
      }
      if (answer == kClose) break;
      asio::write(socket, asio::buffer(answer), error);
    }
  }
}

}  // namespace support
