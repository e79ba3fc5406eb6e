#include "bridge/config_roles.h"

#include <algorithm>
#include <array>
#include <set>

#include "usp/permissions.h"

namespace bridge {

namespace {

/// Those of controllers[].role that are always there, and the Names of their rows.
constexpr std::array<std::string_view, 6> kTaken{"full",        "read-only", "untrusted",
                                                 "Full Access", "Read Only", "Untrusted"};
constexpr std::size_t kMaxRoles = 16;        ///< agents have room for 20
constexpr std::size_t kMaxPermissions = 40;  ///< agents have room for 50

std::string check_letters(const std::string& text) {
  if (usp::parse_letters(text)) return "";
  return "must be four letters in the order rwxn, with - for what is not allowed";
}

std::string check_target(const std::string& text) {
  if (text.empty()) return "must not be empty";
  return usp::check_targets(text).value_or("");
}

void read_permission(ConfigSection& s, PermissionConfig& permission) {
  s.words("targets", permission.targets, check_target);
  s.text("param", permission.param, check_letters);
  s.text("obj", permission.obj, check_letters);
  s.text("instantiated_obj", permission.instantiated_obj, check_letters);
  s.text("command_event", permission.command_event, check_letters);
  if (permission.targets.empty()) s.mistake("targets", "must not be empty");
  if (permission.targets.size() > usp::kMaxTargets) s.mistake("targets", "more than 32 paths");
}

}  // namespace

void read_role(ConfigSection& s, RoleConfig& role) {
  s.text("name", role.name, [](const std::string& name) {
    return name.size() > 64 ? "longer than 64 characters" : "";
  });
  s.list("permissions", role.permissions, read_permission);
  if (role.name.empty()) s.mistake("name", "must be set");
  if (std::ranges::find(kTaken, role.name) != kTaken.end()) {
    s.mistake("name", "\"" + role.name + "\" is a built-in role");
  }
  if (role.permissions.size() > kMaxPermissions) {
    s.mistake("permissions", "more than " + std::to_string(kMaxPermissions));
  }
}

void check_roles(ConfigSection& root, const Config& config) {
  if (config.roles.size() > kMaxRoles) {
    root.mistake("roles", "more than " + std::to_string(kMaxRoles));
  }
  std::set<std::string_view> names{"full", "read-only", "untrusted"};
  for (std::size_t i = 0; i < config.roles.size(); ++i) {
    if (names.insert(config.roles[i].name).second) continue;
    const std::string at = "roles[" + std::to_string(i) + "].name";
    root.mistake(at.c_str(), "\"" + config.roles[i].name + "\" is there twice");
  }
  for (std::size_t i = 0; i < config.controllers.size(); ++i) {
    if (names.contains(config.controllers[i].role)) continue;
    const std::string at = "controllers[" + std::to_string(i) + "].role";
    root.mistake(at.c_str(), "\"" + config.controllers[i].role +
                                 "\" is neither full, read-only, untrusted nor a name of roles");
  }
}

}  // namespace bridge
