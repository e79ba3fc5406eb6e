// The HTTP server for connection requests (TR-069 3.2.2): one port for all devices of the process,
// a random path for each.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <map>
#include <memory>
#include <string>

#include "cwmp/auth.h"
#include "tests/tools/cpe_sim/device.h"

namespace cpe_sim {

class Listener {
 public:
  /// `port` 0: any free one. Throws boost::system::system_error.
  Listener(boost::asio::any_io_executor executor, const std::string& address, std::uint16_t port);

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  /// Before start().
  void add(const std::string& path, std::shared_ptr<Device> device) {
    devices_[path] = std::move(device);
  }
  /// The listener outlives the io threads from now on.
  void start();

 private:
  boost::asio::awaitable<void> accept();
  boost::asio::awaitable<void> serve(boost::asio::ip::tcp::socket accepted);
  boost::asio::awaitable<std::string> answer(std::string head);
  std::string challenge(bool basic);
  /// Are these what the device wants, and fresh?
  bool is_usable(const cwmp::Credentials& credentials, const std::string& target, bool basic);

  boost::asio::any_io_executor executor_;
  boost::asio::ip::tcp::acceptor acceptor_;
  cwmp::NonceSource nonces_;
  std::map<std::string, std::shared_ptr<Device>, std::less<>> devices_;
};

/// 128 random bits in hex.
std::string random_token();

}  // namespace cpe_sim
