// What controllers may do on an agent: the roles of its Device.LocalAgent.ControllerTrust., made
// ready to be asked.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/agent/e2e_session.h"
#include "usp/permissions.h"

namespace bridge {

class LocalModel;
struct Config;
struct RoleConfig;

/// What one list of roles allows. Immutable, shared.
struct Grants {
  usp::Permissions all;
  /// Of those roles that are in ControllerTrust.SecuredRoles; nullopt: none is.
  std::optional<usp::Permissions> secured;
};

/// `roles`: rows of Role. without the last dot.
std::shared_ptr<const Grants> make_grants(const LocalModel& model,
                                          const std::vector<std::string>& roles);

/// Full access, read-only and untrusted: rows 1 to kBuiltInRoles.
const std::vector<RoleConfig>& built_in_roles();
inline constexpr std::string_view kUntrustedRoleName = "untrusted";
/// "full", "read-only", "untrusted" or a name of `roles` -> "Device.LocalAgent.ControllerTrust.
/// Role.1"; empty: there is none of that name.
std::string role_reference(const Config& config, std::string_view name);

/// The grants of one agent's controllers, kept until something about them changes. Those of agents
/// that have the roles of the template are the template's.
class RoleBook {
 public:
  struct Standing {
    enum class Kind : std::uint8_t { kServed, kDisabled, kUnknown };
    Kind kind = Kind::kUnknown;
    std::shared_ptr<const Grants> grants;  ///< kServed; of the untrusted role where it is kUnknown
    E2eSession session{};                  ///< kServed
    std::string row;  ///< "Device.LocalAgent.Controller.1."; empty: it has none
  };
  /// A controller without a role has the untrusted one.
  const Standing& of(const LocalModel& model, const std::string& endpoint_id);
  /// Another model is to be asked from now on.
  void forget();

 private:
  std::shared_ptr<const Grants> grants_of(const LocalModel& model, std::vector<std::string> roles);

  std::uint64_t version_ = 0;
  std::map<std::string, Standing> standings_;  ///< of controllers that have a row
  Standing unknown_;
  std::map<std::vector<std::string>, std::shared_ptr<const Grants>> grants_;
};

/// As its roles say, but: to give a controller roles, or to take the place of another, is to write
/// ControllerTrust., and needs the right to write roles. Nobody raises their own rights otherwise.
class AgentAccess final : public usp::RoleAccess {
 public:
  /// `own_row`: the requester's of Controller.; empty: it has none.
  AgentAccess(const usp::Permissions& all, const usp::Permissions* secured, std::string own_row)
      : RoleAccess(all, secured), own_row_(std::move(own_row)) {}
  bool may_write(std::string_view object, std::string_view name) const override;
  bool may_operate(std::string_view object, std::string_view command) const override;

 private:
  bool may_write_roles() const;

  std::string own_row_;
};

/// The rights of one requester while one request is handled, or one thing is told. Expressions in
/// targets are evaluated on `model`, which outlives it.
class GrantedAccess {
 public:
  /// `own_row`: as of AgentAccess.
  GrantedAccess(std::shared_ptr<const Grants> grants, const usp::DataModel& model,
                std::string own_row = {});
  GrantedAccess(const GrantedAccess&) = delete;
  GrantedAccess& operator=(const GrantedAccess&) = delete;

  const usp::Access& access() const { return access_; }

 private:
  static const usp::Permissions& settle(const usp::Permissions& permissions,
                                        const usp::DataModel& model,
                                        std::optional<usp::Permissions>& storage);

  std::shared_ptr<const Grants> grants_;
  std::optional<usp::Permissions> all_;
  std::optional<usp::Permissions> secured_;
  AgentAccess access_;
};

}  // namespace bridge
