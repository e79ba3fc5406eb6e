// The gRPC server: control API, health (grpc.health.v1) and reflection.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <tl/expected.hpp>

#include "bridge/control/controller_service.h"
#include "bridge/control/door.h"

namespace bridge {
class BulkRunner;
}

namespace bridge::control {

class Backend;
class CredentialBackend;
class MaintenanceBackend;

struct ServerOptions {
  std::string listen = "127.0.0.1:50051";  ///< "host:port" or "unix:/path"; port 0: a free one
  std::string certificate_file;            ///< PEM; empty: no TLS
  std::string key_file;
  std::string client_ca_file;   ///< PEM; set: clients must show a certificate it signed
  bool allow_insecure = false;  ///< lets `listen` be off loopback without client certificates
  Controllers controllers;
  GrpcConfig access;                  ///< clients and roles; the rest of it is not looked at
  CallObserver observer;              ///< may be empty; called on any thread
  RequestBook* requests = nullptr;    ///< outlives the server; nullptr: none is kept
  BulkRunner* bulks = nullptr;        ///< outlives the server; nullptr: BulkService is not served
  std::size_t bulk_devices = 10'000;  ///< of one bulk operation
  MaintenanceBackend* maintenance = nullptr;  ///< outlives the server; nullptr: not served
};

/// Serves until shutdown() or destruction. The work of every call runs on `executor`.
class Server {
 public:
  /// Throws std::runtime_error with the reason: a bad certificate, a port that is taken, or an
  /// address off loopback that anybody could write through.
  Server(boost::asio::any_io_executor executor, Backend& backend,
         CredentialBackend& device_credentials, const ServerOptions& options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;  ///< 0 on a unix socket

  /// What grpc.health.v1 answers for every service.
  void set_serving(bool serving);

  /// Other clients and roles, another cap, and what is in the PEM and token files now: for
  /// connections and calls to come. On an error the clients, or the certificates, stay as they
  /// were.
  tl::expected<void, std::string> reload(const GrpcConfig& access, std::size_t bulk_devices);

  /// Takes no new calls, ends watches, lets other calls end within `grace`, then cancels them; what
  /// they do goes on without them. The executor must still run meanwhile.
  void shutdown(std::chrono::milliseconds grace);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bridge::control
