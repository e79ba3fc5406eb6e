// Where an operator's commands come from: standard input or a local socket.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "tests/tools/cpe_sim/fleet.h"

namespace cpe_sim {

/// Reads lines from standard input until `quit` or its end; answers go to the journal. Blocks.
void serve_stdin(Fleet& fleet, Journal& journal);

/// A stream socket at `path` (a socket that is there is replaced); each client gets the answers to
/// its own lines, in order. `quit` stops `io`. Throws boost::system::system_error.
void serve_socket(boost::asio::io_context& io, const std::string& path, Fleet& fleet);

}  // namespace cpe_sim
