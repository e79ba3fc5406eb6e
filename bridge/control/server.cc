#include "bridge/control/server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <mutex>
#include <optional>
#include <stdexcept>

#include "bridge/control/bulk_service.h"
#include "bridge/control/certificates.h"
#include "bridge/control/credential_service.h"
#include "bridge/control/device_service.h"
#include "bridge/control/freeze_service.h"
#include "bridge/control/maintenance_service.h"
#include "bridge/control/operation_service.h"
#include "bridge/control/parameter_service.h"
#include "bridge/control/watch_service.h"

namespace bridge::control {

namespace {

/// A control message is small; this leaves room for a Set of some thousand parameters.
constexpr int kMaxMessageBytes = 4 * 1024 * 1024;

bool is_local(const std::string& listen) {
  return listen.starts_with("unix:") || listen.starts_with("127.") ||
         listen.starts_with("localhost:") || listen.starts_with("[::1]:");
}

void check_reach(const ServerOptions& options) {
  if (is_local(options.listen) || !options.client_ca_file.empty() || options.allow_insecure) return;
  if (!options.access.clients.empty() && !options.certificate_file.empty()) return;
  throw std::runtime_error("grpc: " + options.listen +
                           " is not on loopback and clients are not authenticated: set client_ca, "
                           "or clients and a certificate, or allow it explicitly");
}

/// nullptr: no TLS.
std::unique_ptr<Certificates> certificates_of(const ServerOptions& options) {
  if (options.certificate_file.empty()) return nullptr;
  try {
    return std::make_unique<Certificates>(
        CertificateFiles{options.certificate_file, options.key_file, options.client_ca_file});
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(std::string("grpc: ") + error.what());
  }
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
  Impl(std::shared_ptr<Door> entrance, CredentialBackend& credential_backend,
       const ServerOptions& of)
      : options(of),
        door(std::move(entrance)),
        controllers(*door, options.controllers),
        credentials(*door, credential_backend),
        devices(*door),
        freezes(*door),
        parameters(*door),
        operations(*door),
        watch(*door) {
    if (options.bulks != nullptr) bulks.emplace(*door, *options.bulks, options.bulk_devices);
    if (options.maintenance != nullptr) maintenance.emplace(*door, *options.maintenance);
  }

  const ServerOptions options;
  std::shared_ptr<Door> door;
  ControllerService controllers;
  CredentialService credentials;
  DeviceService devices;
  FreezeService freezes;
  ParameterService parameters;
  OperationService operations;
  WatchService watch;
  std::optional<BulkService> bulks;
  std::optional<MaintenanceService> maintenance;
  int port = 0;
  std::unique_ptr<Certificates> certificates;
  std::unique_ptr<grpc::Server> server;  // last: goes first
};

Server::Server(boost::asio::any_io_executor executor, Backend& backend,
               CredentialBackend& device_credentials, const ServerOptions& options)
    : impl_(std::make_unique<Impl>(
          std::make_shared<Door>(std::move(executor), backend,
                                 Door::Options{options.access, options.observer, options.requests}),
          device_credentials, options)) {
  check_reach(options);
  impl_->certificates = certificates_of(options);
  auto credentials =
      impl_->certificates ? impl_->certificates->credentials() : grpc::InsecureServerCredentials();
  enable_plugins();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(options.listen, credentials, &impl_->port);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  // Two processes must never share the port: each would get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(&impl_->controllers);
  builder.RegisterService(&impl_->credentials);
  builder.RegisterService(&impl_->devices);
  builder.RegisterService(&impl_->freezes);
  builder.RegisterService(&impl_->parameters);
  builder.RegisterService(&impl_->operations);
  builder.RegisterService(&impl_->watch);
  if (impl_->bulks) builder.RegisterService(&*impl_->bulks);
  if (impl_->maintenance) builder.RegisterService(&*impl_->maintenance);
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

tl::expected<void, std::string> Server::reload(const GrpcConfig& access, std::size_t bulk_devices) {
  // What else the configuration says by now may make this good, but it is not what is listened on.
  ServerOptions next = impl_->options;
  next.access = access;
  try {
    check_reach(next);
  } catch (const std::runtime_error& error) {
    return tl::unexpected(std::string(error.what()));
  }
  auto tokens = impl_->door->reload(access);
  if (tokens && impl_->bulks) impl_->bulks->set_max_devices(bulk_devices);
  if (!tokens || !impl_->certificates) return tokens;
  return impl_->certificates->reload();
}

void Server::shutdown(std::chrono::milliseconds grace) {
  if (impl_->server == nullptr) return;
  set_serving(false);
  impl_->watch.stop();
  if (impl_->bulks) impl_->bulks->stop();
  if (impl_->maintenance) impl_->maintenance->stop();
  impl_->server->Shutdown(std::chrono::system_clock::now() + grace);
  impl_->server->Wait();
  impl_->server.reset();
}

}  // namespace bridge::control
