// What a reload of the configuration may change while the bridge runs, and what it may not.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// What a file says, setting by setting: "grpc.clients[0].name" -> "oss".
using GivenSettings = std::map<std::string, std::string>;

/// Does a new value of it take effect at a reload? `setting`: "log.level", "grpc.clients".
bool is_reloadable(std::string_view setting);

/// Settings by name, without places in lists ("cwmp.profiles"), sorted.
struct ConfigChanges {
  std::vector<std::string> take_effect;
  std::vector<std::string> need_restart;
};

/// `at_start`: what the process was started with; `last`: what the file said at the last reload;
/// `now`: what it says.
ConfigChanges changes_between(const GivenSettings& at_start, const GivenSettings& last,
                              const GivenSettings& now);

}  // namespace bridge
