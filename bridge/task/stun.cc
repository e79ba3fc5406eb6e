#include "bridge/task/stun.h"

#include <algorithm>

#include "bridge/task/attributes.h"
#include "bridge/task/set_values.h"

namespace bridge::task {

namespace {

constexpr std::string_view kManagementServer = "ManagementServer.";
constexpr std::uint32_t kActive = 2;

struct Setting {
  std::string_view name;
  std::string value;
  ValueType type = ValueType::kString;
  bool shown = true;  ///< can be read back
};

std::vector<Setting> settings(const StunProvisioning& wish) {
  return {{"STUNServerAddress", wish.server_address},
          {"STUNServerPort", std::to_string(wish.server_port), ValueType::kUnsignedInt},
          {"STUNUsername", wish.username},
          {"STUNPassword", wish.password, ValueType::kString, false},
          {"STUNMaximumKeepAlivePeriod", std::to_string(wish.keep_alive_max_s), ValueType::kInt},
          {"STUNMinimumKeepAlivePeriod", std::to_string(wish.keep_alive_min_s),
           ValueType::kUnsignedInt},
          {"STUNEnable", "true", ValueType::kBoolean}};
}

const Node* parameter(const Tree& tree, std::string_view root, std::string_view name) {
  std::string path(root);
  path.append(kManagementServer).append(name);
  const Node* node = tree.find(path);
  return node == nullptr || node->state() == NodeState::kGone ? nullptr : node;
}

bool same(std::string_view shown, const Setting& wanted) {
  if (wanted.type == ValueType::kBoolean) return is_true(shown);
  return shown == wanted.value;
}

}  // namespace

bool has_stun(const Tree& tree, std::string_view root) {
  return parameter(tree, root, "STUNEnable") != nullptr;
}

bool is_provisioned(const Tree& tree, std::string_view root, const StunProvisioning& wanted) {
  const std::vector<Setting> all = settings(wanted);
  return std::all_of(all.begin(), all.end(), [&](const Setting& each) {
    const Node* node = parameter(tree, root, each.name);
    return !each.shown || node == nullptr || same(node->value(), each);
  });
}

void Sequence::add_stun(const std::string& root, const StunProvisioning& provisioning) {
  add([root, provisioning](const Context& context) -> std::unique_ptr<Task> {
    if (!has_stun(context.tree, root)) return nullptr;
    std::vector<Assignment> list;
    for (Setting& each : settings(provisioning)) {
      const Node* node = parameter(context.tree, root, each.name);
      if (node == nullptr) continue;
      list.push_back({std::string(node->path()), std::move(each.value), false, each.type});
    }
    return std::make_unique<SetValues>(std::move(list), provisioning.parameter_key, true);
  });
  add([root](const Context& context) -> std::unique_ptr<Task> {
    std::vector<std::string> names;
    for (const std::string_view name : {"UDPConnectionRequestAddress", "NATDetected"}) {
      const Node* node = parameter(context.tree, root, name);
      if (node != nullptr) names.emplace_back(node->path());
    }
    if (names.empty()) return nullptr;
    return std::make_unique<SetAttributes>(std::move(names), kActive);
  });
}

ProvisionStun::ProvisionStun(const std::string& root, const StunProvisioning& provisioning) {
  add_stun(root, provisioning);
}

}  // namespace bridge::task
