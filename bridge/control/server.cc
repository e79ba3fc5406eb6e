#include "bridge/control/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <fstream>
#include <iterator>
#include <mutex>
#include <stdexcept>

#include "bridge/control/device_service.h"
#include "bridge/control/operation_service.h"
#include "bridge/control/parameter_service.h"
#include "bridge/control/watch_service.h"

namespace bridge::control {

namespace {

/// A control message is small; this leaves room for a Set of some thousand parameters.
constexpr int kMaxMessageBytes = 4 * 1024 * 1024;

std::string read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) throw std::runtime_error("grpc: cannot read " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_local(const std::string& listen) {
  return listen.starts_with("unix:") || listen.starts_with("127.") ||
         listen.starts_with("localhost:") || listen.starts_with("[::1]:");
}

std::shared_ptr<grpc::ServerCredentials> credentials(const ServerOptions& options) {
  bool tls = !options.certificate_file.empty();
  if (!is_local(options.listen) && options.client_ca_file.empty() && !options.allow_insecure) {
    throw std::runtime_error(
        "grpc: " + options.listen +
        " is not on loopback and clients are not authenticated: set client_ca, or "
        "allow it explicitly");
  }
  if (!tls) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions ssl(
      options.client_ca_file.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                     : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  ssl.pem_key_cert_pairs.push_back(
      {read_file(options.key_file), read_file(options.certificate_file)});
  if (!options.client_ca_file.empty()) ssl.pem_root_certs = read_file(options.client_ca_file);
  return grpc::SslServerCredentials(ssl);
}

void enable_plugins() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

struct Server::Impl {
  Impl(boost::asio::any_io_executor executor, Backend& backend)
      : devices(executor, backend),
        parameters(executor, backend),
        operations(executor, backend),
        watch(backend) {}

  DeviceService devices;
  ParameterService parameters;
  OperationService operations;
  WatchService watch;
  int port = 0;
  std::unique_ptr<grpc::Server> server;  // last: goes first
};

Server::Server(boost::asio::any_io_executor executor, Backend& backend,
               const ServerOptions& options)
    : impl_(std::make_unique<Impl>(std::move(executor), backend)) {
  enable_plugins();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.listen, credentials(options), &impl_->port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // Two processes must never share the port: each would get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&impl_->devices);
  builder.RegisterService(&impl_->parameters);
  builder.RegisterService(&impl_->operations);
  builder.RegisterService(&impl_->watch);
  impl_->server = builder.BuildAndStart();
  if (impl_->server == nullptr) {
    throw std::runtime_error("grpc: cannot listen on " + options.listen);
  }
  set_serving(true);
}

Server::~Server() { shutdown(std::chrono::milliseconds(0)); }

int Server::port() const { return impl_->port; }

void Server::set_serving(bool serving) {
  impl_->server->GetHealthCheckService()->SetServingStatus(serving);
}

void Server::shutdown(std::chrono::milliseconds grace) {
  if (impl_->server == nullptr) return;
  set_serving(false);
  impl_->watch.stop();
  impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace bridge::control
