#include "bridge/agent/roles.h"

#include <algorithm>
#include <utility>

#include "bridge/agent/local_model.h"
#include "bridge/config.h"

namespace bridge {

namespace {

constexpr std::string_view kRoles = "Device.LocalAgent.ControllerTrust.Role.";
constexpr std::string_view kAnyRole = "Device.LocalAgent.ControllerTrust.Role.{i}.";
constexpr std::string_view kControllers = "Device.LocalAgent.Controller.";
constexpr std::string_view kNewController = "Device.LocalAgent.Controller.{i}.";

PermissionConfig permission(std::vector<std::string> targets, std::string param, std::string obj,
                            std::string instantiated, std::string command) {
  return {std::move(targets), std::move(param), std::move(obj), std::move(instantiated),
          std::move(command)};
}

}  // namespace

const std::vector<RoleConfig>& built_in_roles() {
  static const std::vector<RoleConfig> kBuiltIn{
      {"Full Access", {permission({"Device."}, "rw-n", "rw-n", "rw-n", "r-xn")}},
      // To hear is to read.
      {"Read Only",
       {permission({"Device."}, "r--n", "r--n", "r--n", "r--n"),
        permission({"Device.LocalAgent.Subscription."}, "rw-n", "rw-n", "rw-n", "r--n")}},
      // Enough to see whom one talks to.
      {"Untrusted",
       {permission({"Device.RootDataModelVersion", "Device.LocalAgent.EndpointID",
                    "Device.LocalAgent.SupportedProtocols"},
                   "r---", "r---", "----", "----")}},
  };
  return kBuiltIn;
}

std::string role_reference(const Config& config, std::string_view name) {
  std::size_t number = 0;
  static constexpr std::string_view kNames[] = {"full", "read-only", kUntrustedRoleName};
  static_assert(std::size(kNames) == kBuiltInRoles);
  if (const auto known = std::ranges::find(kNames, name); known != std::end(kNames)) {
    number = static_cast<std::size_t>(known - std::begin(kNames)) + 1;
  } else {
    const auto own = std::ranges::find(config.roles, name, &RoleConfig::name);
    if (own == config.roles.end()) return {};
    number = static_cast<std::size_t>(own - config.roles.begin()) + 1 + kBuiltInRoles;
  }
  return std::string(kRoles) + std::to_string(number);
}

std::shared_ptr<const Grants> make_grants(const LocalModel& model,
                                          const std::vector<std::string>& roles) {
  auto grants = std::make_shared<Grants>();
  grants->all = usp::Permissions(model.roles(roles));
  std::vector<std::string> secured = model.secured_roles();
  std::erase_if(secured, [&](const std::string& role) {
    return std::ranges::find(roles, role) == roles.end();
  });
  if (!secured.empty()) grants->secured.emplace(model.roles(secured));
  return grants;
}

std::shared_ptr<const Grants> RoleBook::grants_of(const LocalModel& model,
                                                  std::vector<std::string> roles) {
  if (roles.empty()) roles.push_back(model.untrusted_role());
  if (model.trusts_as_template()) {
    const auto& common = model.base().grants;
    if (const auto found = common.find(roles); found != common.end()) return found->second;
  }
  auto [place, is_new] = grants_.try_emplace(std::move(roles));
  if (is_new) place->second = make_grants(model, place->first);
  return place->second;
}

void RoleBook::forget() {
  standings_.clear();
  grants_.clear();
  unknown_ = {};
}

const RoleBook::Standing& RoleBook::of(const LocalModel& model, const std::string& endpoint_id) {
  if (version_ != model.trust_version()) forget();
  version_ = model.trust_version();
  if (const auto known = standings_.find(endpoint_id); known != standings_.end()) {
    return known->second;
  }
  LocalStanding row = model.standing(endpoint_id);
  if (row.row.empty()) {
    if (!unknown_.grants) unknown_.grants = grants_of(model, {});
    return unknown_;
  }
  Standing standing;
  standing.kind = row.enabled ? Standing::Kind::kServed : Standing::Kind::kDisabled;
  if (row.enabled) {
    standing.grants = grants_of(model, std::move(row.roles));
    standing.session = row.session;
  }
  standing.row = std::move(row.row);
  return standings_.emplace(endpoint_id, std::move(standing)).first->second;
}

bool AgentAccess::may_write_roles() const { return RoleAccess::may_write(kAnyRole, "Enable"); }

bool AgentAccess::may_write(std::string_view object, std::string_view name) const {
  if (!RoleAccess::may_write(object, name)) return false;
  if (!object.starts_with(kControllers)) return true;
  const bool is_new = object == kNewController;
  const bool gives_rights =
      name == "AssignedRole" || (!is_new && (name == "EndpointID" || name == "Credential"));
  return !gives_rights || may_write_roles();
}

bool AgentAccess::may_operate(std::string_view object, std::string_view command) const {
  if (!RoleAccess::may_operate(object, command)) return false;
  return command != "AddMyCertificate()" || object == own_row_ || may_write_roles();
}

const usp::Permissions& GrantedAccess::settle(const usp::Permissions& permissions,
                                              const usp::DataModel& model,
                                              std::optional<usp::Permissions>& storage) {
  if (!permissions.needs_model()) return permissions;
  return storage.emplace(permissions.evaluated(model));
}

GrantedAccess::GrantedAccess(std::shared_ptr<const Grants> grants, const usp::DataModel& model,
                             std::string own_row)
    : grants_(std::move(grants)),
      access_(settle(grants_->all, model, all_),
              grants_->secured ? &settle(*grants_->secured, model, secured_) : nullptr,
              std::move(own_row)) {}

}  // namespace bridge
