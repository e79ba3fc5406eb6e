#include "bridge/agent/silence.h"

#include <string_view>

#include "cwmp/value.h"

namespace bridge {

namespace {

const Node* known(const Tree& tree, const std::string& path) {
  const Node* node = tree.find(path);
  return node != nullptr && node->has_value() ? node : nullptr;
}

}  // namespace

bool is_silent(const Tree& tree, const std::string& root, std::int64_t configured_s,
               std::int64_t last_inform_ms, std::int64_t now_ms) {
  if (last_inform_ms == 0) return false;
  const std::string object = root + "ManagementServer.PeriodicInform";
  if (const Node* enabled = known(tree, object + "Enable")) {
    if (!is_true(enabled->value())) return false;
  }
  std::int64_t interval_s = configured_s;
  if (const Node* interval = known(tree, object + "Interval")) {
    interval_s = cwmp::parse_unsigned(interval->value()).value_or(0);
  }
  if (interval_s <= 0) return false;
  return now_ms - last_inform_ms > kMissedInforms * interval_s * 1000;
}

}  // namespace bridge
