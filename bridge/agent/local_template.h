// What every virtual agent of a deployment starts with: controllers, default subscriptions, the
// MQTT client. An agent that changed nothing stores nothing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bridge/agent/local_schema.h"

namespace bridge {

struct Config;
struct Grants;

/// Rows of Device.LocalAgent.ControllerTrust.Role. that are always there: full access, read-only,
/// untrusted. Those of the configuration come after them.
inline constexpr std::uint32_t kBuiltInRoles = 3;

/// Immutable; shared by all agents and threads.
///
/// Instance numbers are positions in the configuration, counted from 1 (subscriptions: through all
/// controllers), so stored differences stay right as long as controllers are appended.
struct LocalTemplate {
  std::shared_ptr<const LocalSchema> schema;
  /// Full parameter path to value. In a value "{endpoint_id}" stands for the agent's Endpoint ID
  /// and "{created}" for the date of its first appearance.
  std::map<std::string, std::string, std::less<>> values;
  /// Table ("Device.LocalAgent.Controller.") to instance numbers, ascending.
  std::map<std::string, std::vector<std::uint32_t>, std::less<>> rows;
  /// What the roles of this template allow, by list of roles (roles.h): of agents that changed
  /// nothing of ControllerTrust.
  std::map<std::vector<std::string>, std::shared_ptr<const Grants>> grants;
};

std::shared_ptr<const LocalTemplate> make_local_template(const Config& config);

}  // namespace bridge
