// Software modules: what is asked for and what became of it (TR-069 A.4.1.10, A.4.2.3, A.4.2.4;
// since cwmp-1-2).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace cwmp {

/// Empty texts are left out of the message, but for `url`.
struct InstallOperation {
  std::string url;
  std::string uuid;
  std::string username;
  std::string password;
  std::string execution_env_ref;
  bool operator==(const InstallOperation&) const = default;
};
/// An empty `uuid` and `url`: every unit the device has. Empty texts are left out.
struct UpdateOperation {
  std::string uuid;
  std::string version;
  std::string url;
  std::string username;
  std::string password;
  bool operator==(const UpdateOperation&) const = default;
};
/// Empty texts are left out, but for `uuid`.
struct UninstallOperation {
  std::string uuid;
  std::string version;
  std::string execution_env_ref;
  bool operator==(const UninstallOperation&) const = default;
};
using DeploymentUnitOperation = std::variant<InstallOperation, UpdateOperation, UninstallOperation>;

struct ChangeDUState {
  std::vector<DeploymentUnitOperation> operations;  ///< at least one
  std::string command_key;
  bool operator==(const ChangeDUState&) const = default;
};
/// Accepted; DUStateChangeComplete tells the end.
struct ChangeDUStateResponse {
  bool operator==(const ChangeDUStateResponse&) const = default;
};

/// Code 0 means that it succeeded.
struct DeploymentUnitFault {
  std::uint32_t code = 0;
  std::string text;
  bool operator==(const DeploymentUnitFault&) const = default;
};

struct DeploymentUnitResult {
  std::string uuid;
  std::string deployment_unit_ref;  ///< path of the row in SoftwareModules.DeploymentUnit.
  std::string version;
  std::string current_state;  ///< "Installed", "Uninstalled" or "Failed"
  bool resolved = false;
  std::string execution_unit_ref_list;
  std::string start_time;
  std::string complete_time;
  DeploymentUnitFault fault;
  bool operator==(const DeploymentUnitResult&) const = default;
};

struct DUStateChangeComplete {
  std::vector<DeploymentUnitResult> results;
  std::string command_key;
  bool operator==(const DUStateChangeComplete&) const = default;
};
struct DUStateChangeCompleteResponse {
  bool operator==(const DUStateChangeCompleteResponse&) const = default;
};

struct AutonomousDeploymentUnitResult : DeploymentUnitResult {
  std::string operation_performed;  ///< "Install", "Update" or "Uninstall"
  bool operator==(const AutonomousDeploymentUnitResult&) const = default;
};
struct AutonomousDUStateChangeComplete {
  std::vector<AutonomousDeploymentUnitResult> results;
  bool operator==(const AutonomousDUStateChangeComplete&) const = default;
};
struct AutonomousDUStateChangeCompleteResponse {
  bool operator==(const AutonomousDUStateChangeCompleteResponse&) const = default;
};

}  // namespace cwmp
