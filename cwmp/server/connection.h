// One TCP or TLS connection of a CPE: reads requests, writes replies, watches the clock.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <functional>
#include <memory>

#include "cwmp/server/core.h"

namespace cwmp {

class Connection {
 public:
  virtual ~Connection() = default;

  /// Takes requests until one side closes. `done` is called at the end, on any thread.
  virtual void start(std::function<void()> done) = 0;
  /// Cancels whatever it does and closes. Thread-safe.
  virtual void abort() = 0;
};

/// `socket` has a strand as its executor; `tls` null: plain http.
std::shared_ptr<Connection> make_connection(std::shared_ptr<ServerCore> core,
                                            boost::asio::ip::tcp::socket socket,
                                            std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace cwmp
