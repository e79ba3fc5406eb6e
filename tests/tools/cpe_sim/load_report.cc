#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "tests/tools/cpe_sim/journal.h"
#include "tests/tools/cpe_sim/load.h"

namespace cpe_sim {
namespace {

/// Of sorted values, nearest rank.
float percentile(const std::vector<float>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

}  // namespace

std::string format_load(const LoadResult& result, const LoadSettings& load) {
  auto sorted = result.latencies_ms;
  std::sort(sorted.begin(), sorted.end());
  std::size_t failed = 0;
  for (const auto& [why, count] : result.failures) failed += count;
  const double rate =
      result.seconds > 0 ? static_cast<double>(result.complete) / result.seconds : 0;
  const float p50 = percentile(sorted, 0.5);
  const float p90 = percentile(sorted, 0.9);
  const float p99 = percentile(sorted, 0.99);
  const float p999 = percentile(sorted, 0.999);
  const float most = sorted.empty() ? 0 : sorted.back();
  std::ostringstream out;
  out << std::fixed << std::setprecision(2);
  if (load.json) {
    out << "{\"sessions\":" << result.complete << ",\"failed\":" << failed
        << ",\"seconds\":" << result.seconds << ",\"sessions_per_second\":" << rate
        << ",\"connections\":" << load.connections << ",\"population\":" << load.population
        << ",\"p50_ms\":" << p50 << ",\"p90_ms\":" << p90 << ",\"p99_ms\":" << p99
        << ",\"p999_ms\":" << p999 << ",\"max_ms\":" << most << ",\"rpcs\":" << result.rpcs
        << ",\"warm_up_sessions\":" << result.warm_up_sessions
        << ",\"warm_up_rpcs\":" << result.warm_up_rpcs
        << ",\"warm_up_seconds\":" << result.warm_up_seconds
        << ",\"warmed_up\":" << (result.warmed_up ? "true" : "false") << ",\"failures\":{";
    const char* comma = "";
    for (const auto& [why, count] : result.failures) {
      out << std::exchange(comma, ",") << json_text(why) << ":" << count;
    }
    out << "}}";
    return out.str();
  }
  if (result.warm_up_sessions > 0) {
    out << "first contact: " << load.population << " devices, " << result.warm_up_sessions
        << " sessions, " << result.warm_up_rpcs << " RPCs in " << result.warm_up_seconds << " s\n";
  }
  if (!result.warmed_up) out << "some devices were still asked for more after it\n";
  out << result.complete << " sessions in " << result.seconds << " s: " << rate
      << " sessions/s over " << load.connections << " connections, " << failed << " failed, "
      << result.rpcs << " RPCs\nlatency ms: p50 " << p50 << ", p90 " << p90 << ", p99 " << p99
      << ", p99.9 " << p999 << ", max " << most;
  for (const auto& [why, count] : result.failures) out << "\nfailed " << count << " times: " << why;
  return out.str();
}

}  // namespace cpe_sim
