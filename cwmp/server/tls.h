// The TLS side of the listener.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>

#include "cwmp/server.h"

namespace cwmp {

/// Reads the PEM files. Throws std::invalid_argument, naming the file, when one cannot be used or
/// key and certificate do not belong together.
std::shared_ptr<boost::asio::ssl::context> make_tls_context(const ServerTls& files);

}  // namespace cwmp
