#include "bridge/control/certificates.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace bridge::control {

namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* value) const { Free(value); }
};
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Memory = std::unique_ptr<BIO, Freer<BIO, BIO_free_all>>;

/// Empty: it cannot be read.
std::string text_of(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Memory memory(const std::string& text) {
  return Memory(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

Certificate certificate_in(const std::string& text) {
  return Certificate(PEM_read_bio_X509(memory(text).get(), nullptr, nullptr, nullptr));
}

Key key_in(const std::string& text) {
  char none[] = "";  // a key with a pass phrase is refused, not asked for at the terminal
  return Key(PEM_read_bio_PrivateKey(memory(text).get(), nullptr, nullptr, none));
}

/// gRPC's C++ layer has no credentials whose certificates can change at a given moment; the core
/// has.
class ReloadingCredentials final : public grpc::ServerCredentials {
 public:
  ReloadingCredentials(grpc_ssl_client_certificate_request_type request,
                       grpc_ssl_server_certificate_config_callback fetch, void* certificates)
      : credentials_(grpc_ssl_server_credentials_create_with_options(
            grpc_ssl_server_credentials_create_options_using_config_fetcher(request, fetch,
                                                                            certificates))) {}
  ~ReloadingCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {}

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* credentials_;
};

}  // namespace

tl::expected<Certificates::Texts, std::string> Certificates::read(const CertificateFiles& files) {
  Texts texts{text_of(files.certificate), text_of(files.key), {}};
  if (!files.client_ca.empty()) texts.client_ca = text_of(files.client_ca);
  Certificate certificate = certificate_in(texts.certificate);
  if (!certificate) return tl::unexpected("no certificate in " + files.certificate);
  Key key = key_in(texts.key);
  if (!key) return tl::unexpected("no private key in " + files.key);
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return tl::unexpected("the key in " + files.key + " is not that of the certificate in " +
                          files.certificate);
  }
  if (!files.client_ca.empty() && !certificate_in(texts.client_ca)) {
    return tl::unexpected("no certificate in " + files.client_ca);
  }
  return texts;
}

Certificates::Certificates(CertificateFiles files) : files_(std::move(files)) {
  auto texts = read(files_);
  if (!texts) throw std::runtime_error(texts.error());
  texts_ = *std::move(texts);
}

tl::expected<void, std::string> Certificates::reload() {
  auto texts = read(files_);
  if (!texts) return tl::unexpected(texts.error());
  std::lock_guard lock(mutex_);
  texts_ = *std::move(texts);
  ++version_;
  return {};
}

std::shared_ptr<grpc::ServerCredentials> Certificates::credentials() {
  auto request = files_.client_ca.empty()
                     ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                     : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  return std::make_shared<ReloadingCredentials>(request, &Certificates::fetch, this);
}

/// gRPC asks at every handshake.
grpc_ssl_certificate_config_reload_status Certificates::fetch(
    void* self, grpc_ssl_server_certificate_config** config) {
  auto& own = *static_cast<Certificates*>(self);
  std::lock_guard lock(own.mutex_);
  if (own.fetched_ == own.version_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
  own.fetched_ = own.version_;
  grpc_ssl_pem_key_cert_pair pair{own.texts_.key.c_str(), own.texts_.certificate.c_str()};
  // gRPC insists on authorities even where it asks clients for no certificate: any will do then.
  const std::string& client_ca =
      own.texts_.client_ca.empty() ? own.texts_.certificate : own.texts_.client_ca;
  *config = grpc_ssl_server_certificate_config_create(client_ca.c_str(), &pair, 1);
  return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
}

}  // namespace bridge::control
