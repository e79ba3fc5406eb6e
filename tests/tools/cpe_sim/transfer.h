// Runs a Download or an Upload over HTTP.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "tests/tools/cpe_sim/cpe.h"
#include "tests/tools/cpe_sim/http_client.h"

namespace cpe_sim {

/// GET for a download, PUT for an upload; Basic or Digest when the server asks. Faults: 9012, 9015,
/// 9016, 9017, 9010 and 9011.
boost::asio::awaitable<TransferOutcome> transfer_file(boost::asio::any_io_executor executor,
                                                      Transfer transfer, ClientOptions options);

}  // namespace cpe_sim
