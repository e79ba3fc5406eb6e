#include <algorithm>

#include "cwmp/value.h"
#include "tests/tools/cpe_sim/cpe.h"

namespace cpe_sim {
namespace {

constexpr std::uint32_t kMostHops = 4;

/// Hosts that have no address: those of the reserved domain.
bool cannot_resolve(std::string_view host) { return host.empty() || host.ends_with(".invalid"); }

void finish_ping(DeviceTree& tree, const std::string& object) {
  const auto count = cwmp::parse_unsigned(tree.value(object + "NumberOfRepetitions")).value_or(1);
  const std::pair<std::string_view, std::string> results[] = {
      {"IPAddressUsed", "192.0.2.1"},
      {"SuccessCount", std::to_string(count)},
      {"FailureCount", "0"},
      {"AverageResponseTime", "12"},
      {"MinimumResponseTime", "10"},
      {"MaximumResponseTime", "15"},
      {"AverageResponseTimeDetailed", "12345"},
      {"MinimumResponseTimeDetailed", "10021"},
      {"MaximumResponseTimeDetailed", "14987"},
  };
  for (const auto& [name, value] : results) tree.set_value(object + std::string(name), value);
}

void finish_trace(DeviceTree& tree, const std::string& object, const std::string& table) {
  const auto most = cwmp::parse_unsigned(tree.value(object + "MaxHopCount")).value_or(kMostHops);
  const std::string host(tree.value(object + "Host"));
  const std::uint32_t hops = std::min(most, kMostHops);
  tree.set_value(object + "ResponseTime", "12");
  for (std::uint32_t hop = 1; hop <= hops; ++hop) {
    const auto number = tree.add_row(table);
    const std::string row = table + std::to_string(number) + ".";
    const std::string name = hop == hops ? host : "hop" + std::to_string(hop) + ".example";
    const std::string address = "192.0.2." + std::to_string(hop);
    // TR-181 and TR-098 name the columns differently.
    const std::pair<std::string_view, std::string> results[] = {
        {"Host", name},           {"HopHost", name},
        {"HostAddress", address}, {"HopHostAddress", address},
        {"ErrorCode", "0"},       {"HopErrorCode", "0"},
        {"RTTimes", "3,4,3"},     {"HopRTTimes", "3,4,3"},
    };
    for (const auto& [column, value] : results) tree.set_value(row + std::string(column), value);
  }
}

}  // namespace

void finish_diagnostics(DeviceTree& tree, const std::string& object) {
  const std::string state = object + "DiagnosticsState";
  const bool has_host = tree.find(object + "Host") != nullptr;
  const std::string table = object + "RouteHops.";
  if (tree.find(table) != nullptr) {
    std::vector<std::string> old;
    tree.visit(table, [&](const std::string& path, const Param& param) {
      const bool row =
          path.size() > table.size() && path.find('.', table.size()) + 1 == path.size();
      if (row && param.is_object()) old.push_back(path);
      return true;
    });
    for (const std::string& row : old) tree.delete_row(row);
  }
  if (has_host && cannot_resolve(tree.value(object + "Host"))) {
    tree.set_value(object + "SuccessCount", "0");
    tree.set_value(object + "FailureCount",
                   std::string(tree.value(object + "NumberOfRepetitions")));
    tree.set_value(state, "Error_CannotResolveHostName");
    return;
  }
  if (tree.find(object + "SuccessCount") != nullptr) finish_ping(tree, object);
  if (tree.find(table) != nullptr) finish_trace(tree, object, table);
  tree.set_value(state, "Complete");
}

}  // namespace cpe_sim
