// Drives a Cpe through one session over HTTP.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "tests/tools/cpe_sim/acs_link.h"
#include "tests/tools/cpe_sim/cpe.h"
#include "tests/tools/cpe_sim/journal.h"

namespace cpe_sim {

/// Whole milliseconds of real time that never goes back.
TimePoint now();

struct SessionResult {
  bool complete = false;
  std::string why;           ///< it was not complete
  unsigned http_status = 0;  ///< of the reply that ended it; 0: none
  unsigned rpcs = 0;
};

/// From cpe.begin_session() to End or on_lost(). `cpe`, `link` and `journal` outlive it and are not
/// used by others meanwhile.
boost::asio::awaitable<SessionResult> run_session(Cpe& cpe, AcsLink& link, Journal& journal);

}  // namespace cpe_sim
