// A TCP server that answers each request from a script.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/mailbox.h"

namespace support {

/// The outer list is one entry per connection, the inner one per request on it. After its last
/// answer a connection is closed.
class ScriptedPeer {
 public:
  using Script = std::vector<std::vector<std::string>>;
  /// As an answer: say nothing, wait for the client to close.
  static constexpr const char* kSilence = "(silence)";
  /// As an answer: close at once.
  static constexpr const char* kClose = "(close)";

  explicit ScriptedPeer(Script script);
  /// Waits for the connection being served; the rest of the script is dropped.
  ~ScriptedPeer();

  std::string url(std::string path = "/cr") const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// Heads of requests as they came, over all connections.
  Mailbox<std::string> requests;

 private:
  void play(const Script& script);

  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  std::thread thread_;
};

}  // namespace support
