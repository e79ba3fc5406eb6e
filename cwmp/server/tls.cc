#include "cwmp/server/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdexcept>

namespace cwmp {
namespace {

namespace ssl = boost::asio::ssl;

void check(const boost::system::error_code& error, const std::string& file) {
  if (error) throw std::invalid_argument(file + ": " + error.message());
}

int native(TlsVersion version) {
  switch (version) {
    case TlsVersion::k1_0:
      return TLS1_VERSION;
    case TlsVersion::k1_1:
      return TLS1_1_VERSION;
    case TlsVersion::k1_2:
      return TLS1_2_VERSION;
    case TlsVersion::k1_3:
      return TLS1_3_VERSION;
  }
  return TLS1_2_VERSION;
}

void set_policy(SSL_CTX* context, const ServerTls& tls) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (tls.min_version < TlsVersion::k1_2) SSL_CTX_set_security_level(context, 0);
  SSL_CTX_set_min_proto_version(context, native(tls.min_version));
  if (!tls.ciphers.empty() && SSL_CTX_set_cipher_list(context, tls.ciphers.c_str()) != 1) {
    throw std::invalid_argument("ciphers: no cipher in \"" + tls.ciphers + "\"");
  }
  // Idle connections are many: give their buffers back (about 34 kB each).
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // A CPE that comes back resumes its TLS session; OpenSSL wants a context name for that as soon as
  // clients are verified.
  constexpr std::string_view kContextName = "cwmp";
  SSL_CTX_set_session_id_context(context,
                                 reinterpret_cast<const unsigned char*>(kContextName.data()),
                                 static_cast<unsigned>(kContextName.size()));
}

// OpenSSL keeps one certificate for each kind of key.
void add_certificate(ssl::context& context, const CertificateFiles& files) {
  boost::system::error_code error;
  context.use_certificate_chain_file(files.certificate, error);
  check(error, files.certificate);
  context.use_private_key_file(files.key, ssl::context::pem, error);
  check(error, files.key);
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    throw std::invalid_argument(files.key + ": not the key of " + files.certificate);
  }
}

}  // namespace

std::shared_ptr<ssl::context> make_tls_context(const ServerTls& tls) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                       ssl::context::no_sslv3 | ssl::context::single_dh_use);
  set_policy(context->native_handle(), tls);
  if (tls.certificates.empty()) throw std::invalid_argument("no certificate");
  for (const CertificateFiles& files : tls.certificates) add_certificate(*context, files);
  if (tls.client_ca.empty()) return context;
  boost::system::error_code error;
  context->load_verify_file(tls.client_ca, error);
  check(error, tls.client_ca);
  // Tells the CPE whose certificate is wanted; some hold several.
  SSL_CTX_set_client_CA_list(context->native_handle(),
                             SSL_load_client_CA_file(tls.client_ca.c_str()));
  auto mode = ssl::verify_peer;
  if (tls.client_certificate_required) mode |= ssl::verify_fail_if_no_peer_cert;
  context->set_verify_mode(mode);
  return context;
}

TlsFacts facts_of(SSL* connection) {
  TlsFacts facts;
  facts.version = SSL_get_version(connection);
  X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return facts;
  facts.has_certificate = true;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  // Two names: which of them is meant cannot be known.
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return facts;
  unsigned char* text = nullptr;
  const int length =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (length > 0) {
    facts.common_name.assign(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  }
  OPENSSL_free(text);
  // A name that ends early for whoever reads C strings is no name.
  if (facts.common_name.find('\0') != std::string::npos) facts.common_name.clear();
  return facts;
}

}  // namespace cwmp
