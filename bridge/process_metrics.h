// What Prometheus usually knows of a process, beside what the service counts itself.
#pragma once

#include <string>
#include <string_view>

namespace bridge {

/// Prometheus text format: process_cpu_seconds_total, process_resident_memory_bytes and the like,
/// as its client libraries name them, and usp_bridge_build_info. What /proc does not tell is left
/// out. Any thread.
std::string process_metrics(std::string_view version);

}  // namespace bridge
