// Load mode: as many sessions as an ACS takes, or as many a second as wanted, from a population of
// known devices.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "tests/tools/cpe_sim/settings.h"

namespace cpe_sim {

struct LoadResult {
  std::size_t complete = 0;
  std::map<std::string, std::size_t> failures;  ///< by reason
  std::size_t rpcs = 0;                         ///< called by the ACS
  double seconds = 0;
  std::vector<float> latencies_ms;  ///< of complete sessions

  // before: first contact of all devices
  std::size_t warm_up_sessions = 0;
  std::size_t warm_up_rpcs = 0;
  double warm_up_seconds = 0;
  bool warmed_up = true;  ///< false: some device never came to a session without RPCs
};

/// Blocks. Throws std::runtime_error for settings that cannot be met.
LoadResult run_load(const Settings& settings, const LoadSettings& load);

/// For people, or as one JSON object.
std::string format_load(const LoadResult& result, const LoadSettings& load);

}  // namespace cpe_sim
