// Software modules: ChangeDUState is answered at once, its operations run after the session and end
// with DUStateChangeComplete (TR-069 A.4.1.10). Modules are installed without being fetched.
#include <algorithm>

#include "cwmp/value.h"
#include "tests/tools/cpe_sim/cpe_rpcs.h"

namespace cpe_sim {
namespace {

using cwmp::DeploymentUnitResult;
using cwmp::FaultCode;

std::string table_of(const DeviceTree& tree) {
  return tree.root() + "SoftwareModules.DeploymentUnit.";
}

/// The row with that UUID; empty: none.
std::string row_with(const DeviceTree& tree, const std::string& uuid) {
  std::string row;
  const std::string table = table_of(tree);
  tree.visit(table, [&](const std::string& path, const Param& param) {
    if (!path.ends_with(".UUID") || param.value != uuid) return true;
    row = path.substr(0, path.size() - 4);
    return false;
  });
  return row;
}

DeploymentUnitResult failed(DeploymentUnitResult result, FaultCode code, std::string text) {
  result.current_state = "Failed";
  result.fault = {static_cast<std::uint32_t>(code), std::move(text)};
  return result;
}

/// "http://host/module-1.2.pkg": "1.2"; "1.0" where there is none.
std::string version_of(const std::string& url) {
  const auto name = url.substr(url.rfind('/') + 1);
  const auto first = name.find_first_of("0123456789");
  if (first == std::string::npos) return "1.0";
  const auto last = std::min(name.find_first_not_of("0123456789.", first), name.size());
  auto version = name.substr(first, last - first);
  while (version.ends_with('.')) version.pop_back();
  return version;
}

}  // namespace

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::ChangeDUState& rpc) const {
  if (cpe.tree_.find(table_of(cpe.tree_)) == nullptr) {
    return fault(FaultCode::kMethodNotSupported, "no software modules");
  }
  if (rpc.operations.empty() || rpc.command_key.size() > kMaxKeyBytes) {
    return fault(FaultCode::kInvalidArguments, "Operations or CommandKey");
  }
  cpe.module_changes_.emplace(now + cpe.scaled(cpe.options_.diagnostics_time), rpc);
  return cwmp::ChangeDUStateResponse{};
}

void Cpe::change_modules(const cwmp::ChangeDUState& change, TimePoint now) {
  cwmp::DUStateChangeComplete complete;
  complete.command_key = change.command_key;
  for (const auto& operation : change.operations) {
    auto result = std::visit([this](const auto& typed) { return change_module(typed); }, operation);
    result.start_time = cwmp::format_datetime(std::chrono::floor<seconds>(now));
    result.complete_time = result.start_time;
    complete.results.push_back(std::move(result));
  }
  own_requests_.emplace_back(std::move(complete));
  raise(kModulesChanged);
  raise("M ChangeDUState", change.command_key);
}

DeploymentUnitResult Cpe::change_module(const cwmp::InstallOperation& install) {
  DeploymentUnitResult result;
  result.uuid = install.uuid.empty() ? "uuid-" + std::to_string(tree_.count_rows(table_of(tree_)))
                                     : install.uuid;
  result.version = version_of(install.url);
  if (!row_with(tree_, result.uuid).empty()) {
    return failed(result, FaultCode::kDuplicateDeploymentUnit, "it is installed already");
  }
  if (install.url.find(".invalid") != std::string::npos) {
    return failed(result, FaultCode::kFileServerUnreachable, "no such host");
  }
  const auto number = add_row(table_of(tree_));
  const std::string row = table_of(tree_) + std::to_string(number) + ".";
  tree_.set_value(row + "UUID", result.uuid);
  tree_.set_value(row + "URL", install.url);
  tree_.set_value(row + "Version", result.version);
  tree_.set_value(row + "Status", "Installed");
  tree_.set_value(row + "Resolved", "true");
  result.deployment_unit_ref = row.substr(0, row.size() - 1);
  result.current_state = "Installed";
  result.resolved = true;
  return result;
}

DeploymentUnitResult Cpe::change_module(const cwmp::UpdateOperation& update) {
  DeploymentUnitResult result;
  result.uuid = update.uuid;
  result.version = update.version.empty() ? version_of(update.url) : update.version;
  const std::string row = row_with(tree_, update.uuid);
  if (row.empty()) return failed(result, FaultCode::kUnknownDeploymentUnit, "no such unit");
  if (tree_.value(row + "Version") == result.version) {
    return failed(result, FaultCode::kUnitVersionExists, "it has that version");
  }
  change(row + "Version", result.version);
  result.deployment_unit_ref = row.substr(0, row.size() - 1);
  result.current_state = "Installed";
  result.resolved = true;
  return result;
}

DeploymentUnitResult Cpe::change_module(const cwmp::UninstallOperation& uninstall) {
  DeploymentUnitResult result;
  result.uuid = uninstall.uuid;
  result.version = uninstall.version;
  const std::string row = row_with(tree_, uninstall.uuid);
  if (row.empty()) return failed(result, FaultCode::kUnknownDeploymentUnit, "no such unit");
  result.deployment_unit_ref = row.substr(0, row.size() - 1);
  result.version = std::string(tree_.value(row + "Version"));
  delete_row(row);
  result.current_state = "Uninstalled";
  return result;
}

}  // namespace cpe_sim
