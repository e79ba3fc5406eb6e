// The TLS side of the listener.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <string>

#include "cwmp/server.h"

namespace cwmp {

/// What was agreed on with one CPE.
struct TlsFacts {
  std::string version;           ///< "TLSv1.3"
  bool has_certificate = false;  ///< one that was checked
  std::string common_name;       ///< of its subject; empty where there is not exactly one
};
TlsFacts facts_of(SSL* connection);

/// Reads the PEM files. Throws std::invalid_argument, naming the file, when one cannot be used or
/// key and certificate do not belong together.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const ServerTls& tls);

}  // namespace cwmp
