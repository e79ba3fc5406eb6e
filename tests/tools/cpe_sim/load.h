// Load mode: as many short sessions (Inform, empty POST) as an ACS takes.
#pragma once

#include <cstddef>
#include <string>

#include "tests/tools/cpe_sim/http_session.h"

namespace cpe_sim {

struct LoadOptions {
  AcsAddress acs;
  std::size_t connections = 64;
  std::size_t sessions = 10'000;
  std::size_t devices = 1000;  ///< the Informs come from this many devices
  std::string root = "Device.";
  std::string oui = "00D09E";
  std::string product_class = "LoadCPE";
  bool json = false;
};

/// Prints the figures; the exit status.
int run_load(const LoadOptions& options);

}  // namespace cpe_sim
