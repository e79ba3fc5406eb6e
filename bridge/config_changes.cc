#include "bridge/config_changes.h"

#include <algorithm>
#include <array>
#include <set>

namespace bridge {

namespace {

constexpr std::array<std::string_view, 8> kReloadable{
    "log.level",           "grpc.clients",     "grpc.roles",    "brakes.bulk_devices",
    "brakes.denied_paths", "brakes.instances", "cwmp.profiles", "cwmp.connection_request.allow",
};

/// "cwmp.profiles" of "cwmp.profiles[2].match.oui".
std::string name_of(const std::string& path) { return path.substr(0, path.find('[')); }

/// Names of what is in one of them only, or differs.
std::set<std::string> differing(const GivenSettings& before, const GivenSettings& now) {
  std::set<std::string> out;
  auto add_missing = [&out](const GivenSettings& from, const GivenSettings& in) {
    for (const auto& [path, value] : from) {
      const auto other = in.find(path);
      if (other == in.end() || other->second != value) out.insert(name_of(path));
    }
  };
  add_missing(before, now);
  add_missing(now, before);
  return out;
}

}  // namespace

bool is_reloadable(std::string_view setting) {
  return std::ranges::find(kReloadable, setting) != kReloadable.end();
}

ConfigChanges changes_between(const GivenSettings& at_start, const GivenSettings& last,
                              const GivenSettings& now) {
  ConfigChanges out;
  for (const std::string& name : differing(last, now)) {
    if (is_reloadable(name)) out.take_effect.push_back(name);
  }
  for (const std::string& name : differing(at_start, now)) {
    if (!is_reloadable(name)) out.need_restart.push_back(name);
  }
  return out;
}

}  // namespace bridge
