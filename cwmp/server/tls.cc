#include "cwmp/server/tls.h"

#include <openssl/ssl.h>

#include <stdexcept>

namespace cwmp {
namespace {

namespace ssl = boost::asio::ssl;

void check(const boost::system::error_code& error, const std::string& file) {
  if (error) throw std::invalid_argument(file + ": " + error.message());
}

}  // namespace

std::shared_ptr<ssl::context> make_tls_context(const ServerTls& files) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 |
                       ssl::context::no_sslv3 | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1 |
                       ssl::context::single_dh_use);
  SSL_CTX* native = context->native_handle();
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION);
  // Idle connections are many: give their buffers back (about 34 kB each).
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  // A CPE that comes back resumes its TLS session; OpenSSL wants a context name for that as soon as
  // clients are verified.
  constexpr std::string_view kContextName = "cwmp";
  SSL_CTX_set_session_id_context(native,
                                 reinterpret_cast<const unsigned char*>(kContextName.data()),
                                 static_cast<unsigned>(kContextName.size()));

  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate, error);
  check(error, files.certificate);
  context->use_private_key_file(files.key, ssl::context::pem, error);
  check(error, files.key);
  if (SSL_CTX_check_private_key(native) != 1) {
    throw std::invalid_argument(files.key + ": not the key of " + files.certificate);
  }
  if (!files.client_ca.empty()) {
    context->load_verify_file(files.client_ca, error);
    check(error, files.client_ca);
    // Tells the CPE whose certificate is wanted; some hold several.
    SSL_CTX_set_client_CA_list(native, SSL_load_client_CA_file(files.client_ca.c_str()));
    context->set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

}  // namespace cwmp
