// Metrics and health over HTTP, for the machinery around the service: /metrics, /healthz, /readyz.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bridge/result.h"

namespace bridge {

/// Answers GET and HEAD of three paths, without authentication: listen on loopback or inside the
/// cluster only.
///
///   /metrics   200, Prometheus text
///   /healthz   200 while the process serves at all
///   /readyz    200 or 503, {"ready":false,"reasons":["mqtt: not connected"]}
///
/// Thread-safe. The functions are called on threads of `executor`, must not block, and are not
/// called after the server is destroyed and the executor's threads have left its handlers.
class AdminServer {
 public:
  struct Options {
    std::string listen = "127.0.0.1";  ///< IP address
    std::uint16_t port = 0;            ///< 0: any free one
    std::function<std::string()> metrics;
    std::function<std::vector<std::string>()> not_ready;  ///< reasons; none: ready
  };

  /// Listens when it returns. kInvalid: no IP address; kIo: the port is taken.
  static Result<std::unique_ptr<AdminServer>> start(boost::asio::any_io_executor executor,
                                                    Options options);

  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  std::uint16_t port() const;

  /// Stops to accept and closes the connections. Idempotent.
  void stop();

 private:
  class Impl;
  explicit AdminServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace bridge
