// The certificates of the gRPC server, which can be read again while it serves.
#pragma once

#include <grpcpp/security/server_credentials.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <tl/expected.hpp>

namespace bridge::control {

/// PEM files.
struct CertificateFiles {
  std::string certificate;  ///< with its chain
  std::string key;
  std::string client_ca;  ///< set: clients must show a certificate it signed
};

/// Thread-safe. Outlives every server that uses its credentials().
class Certificates {
 public:
  /// Throws std::runtime_error naming the file that cannot be used.
  explicit Certificates(CertificateFiles files);
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  /// Reads the files again, for connections to come. On an error, which names the file, the old
  /// ones stay in use.
  tl::expected<void, std::string> reload();

  std::shared_ptr<grpc::ServerCredentials> credentials();

 private:
  struct Texts {
    std::string certificate;
    std::string key;
    std::string client_ca;
  };
  static tl::expected<Texts, std::string> read(const CertificateFiles& files);
  static grpc_ssl_certificate_config_reload_status fetch(
      void* self, grpc_ssl_server_certificate_config** config);

  const CertificateFiles files_;
  std::mutex mutex_;
  Texts texts_;
  std::uint64_t version_ = 1;  ///< of texts_
  std::uint64_t fetched_ = 0;  ///< the version that gRPC has
};

}  // namespace bridge::control
