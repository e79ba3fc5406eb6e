// An operation gone through without doing it: which RPCs it comes to.
#include <algorithm>
#include <utility>

#include "bridge/agent/command_request.h"
#include "bridge/agent/execution.h"
#include "bridge/agent/standard_model.h"
#include "bridge/runtime.h"
#include "bridge/task/activate.h"
#include "bridge/task/add_object.h"
#include "bridge/task/delete_object.h"
#include "bridge/task/modules.h"
#include "bridge/task/rehearse.h"
#include "bridge/task/set_values.h"

namespace bridge {

using control::PlannedRpc;
using State = usp::StepResult::State;

namespace {

constexpr const char* kBridge = "bridge";

/// Secrets are shown to nobody, not even to who has just sent them.
std::string shown_value(const std::string& name, const std::string& value) {
  const std::string_view leaf = std::string_view(name).substr(name.rfind('.') + 1);
  return StandardModel::get().is_secret(leaf) ? std::string() : value;
}

/// "Table.4294967295.Enable" -> "Table.{i}.Enable".
std::string with_placeholder(std::string name) {
  static const std::string kNumber = "." + std::to_string(task::kNewRow) + ".";
  if (const std::size_t at = name.find(kNumber); at != std::string::npos) {
    name.replace(at, kNumber.size(), ".{i}.");
  }
  return name;
}

void put(PlannedRpc& out, const char* name, const std::string& value) {
  if (!value.empty()) out.values.push_back({name, shown_value(name, value), {}});
}

void put(PlannedRpc& out, const char* name, std::uint32_t value) {
  if (value != 0) out.values.push_back({name, std::to_string(value), {}});
}

void fill(PlannedRpc& out, const cwmp::SetParameterValues& rpc) {
  for (const cwmp::ParameterValue& each : rpc.parameters) {
    out.values.push_back(
        {with_placeholder(each.name), shown_value(each.name, each.value), "xsd:" + each.type});
  }
}
void fill(PlannedRpc& out, const cwmp::AddObject& rpc) { out.object = rpc.object_name; }
void fill(PlannedRpc& out, const cwmp::DeleteObject& rpc) { out.object = rpc.object_name; }
void fill(PlannedRpc& out, const cwmp::Download& rpc) {
  put(out, "FileType", rpc.file_type);
  put(out, "URL", rpc.url);
  put(out, "Username", rpc.username);
  put(out, "Password", rpc.password);
  put(out, "FileSize", rpc.file_size);
  put(out, "TargetFileName", rpc.target_file_name);
  put(out, "DelaySeconds", rpc.delay_seconds);
}
void fill(PlannedRpc& out, const cwmp::Upload& rpc) {
  put(out, "FileType", rpc.file_type);
  put(out, "URL", rpc.url);
  put(out, "Username", rpc.username);
  put(out, "Password", rpc.password);
  put(out, "DelaySeconds", rpc.delay_seconds);
}
void fill(PlannedRpc& out, const cwmp::InstallOperation& of) {
  put(out, "Install.URL", of.url);
  put(out, "Install.UUID", of.uuid);
  put(out, "Install.Username", of.username);
  put(out, "Install.Password", of.password);
  put(out, "Install.ExecutionEnvRef", of.execution_env_ref);
}
void fill(PlannedRpc& out, const cwmp::UpdateOperation& of) {
  put(out, "Update.UUID", of.uuid);
  put(out, "Update.Version", of.version);
  put(out, "Update.URL", of.url);
  put(out, "Update.Username", of.username);
  put(out, "Update.Password", of.password);
}
void fill(PlannedRpc& out, const cwmp::UninstallOperation& of) {
  put(out, "Uninstall.UUID", of.uuid);
  put(out, "Uninstall.Version", of.version);
  put(out, "Uninstall.ExecutionEnvRef", of.execution_env_ref);
}
void fill(PlannedRpc& out, const cwmp::ChangeDUState& rpc) {
  for (const cwmp::DeploymentUnitOperation& each : rpc.operations) {
    std::visit([&out](const auto& of) { fill(out, of); }, each);
  }
}
void fill(PlannedRpc& out, const cwmp::ScheduleInform& rpc) {
  put(out, "DelaySeconds", rpc.delay_seconds);
}
/// Those without arguments that are ours.
template <class Rpc>
void fill(PlannedRpc& /*out*/, const Rpc& /*rpc*/) {}

PlannedRpc to_planned(const cwmp::AcsRequest& rpc) {
  PlannedRpc out;
  out.rpc = cwmp::method_name(rpc);
  std::visit([&out](const auto& each) { fill(out, each); }, rpc);
  return out;
}

PlannedRpc of_bridge(const usp::Step& step, const std::string& command,
                     const std::map<std::string, std::string>& input) {
  PlannedRpc out{kBridge, step.path + command, {}};
  for (const usp::Setting& each : step.settings) {
    out.values.push_back({each.param, shown_value(each.param, each.value), {}});
  }
  for (const auto& [name, value] : input) {
    out.values.push_back({name, shown_value(name, value), {}});
  }
  return out;
}

}  // namespace

std::vector<PlannedRpc> Execution::rehearse() {
  Rehearsed out;
  switch (operation_->plan.kind) {
    case usp::Plan::Kind::kSet:
      rehearse_set(out);
      break;
    case usp::Plan::Kind::kAdd:
    case usp::Plan::Kind::kDelete:
      rehearse_rows(out);
      break;
    case usp::Plan::Kind::kOperate:
      for (std::size_t i = 0; i < operation_->plan.steps.size(); ++i) {
        operation_->results[i] = rehearse_command(i, out);
      }
      return out;
  }
  if (!operation_->plan.all_or_nothing || !failed()) rehearse_local(out);
  return out;
}

void Execution::rehearse_task(task::Task& task, Rehearsed& out) const {
  for (const cwmp::AcsRequest& rpc :
       task::rehearse(task, device_.tree(), device_.learned(), now_ms())) {
    out.push_back(to_planned(rpc));
  }
}

Execution::Failed Execution::rehearse_write(const NativeWrite& write, Rehearsed& out) {
  if (const auto refused = std::ranges::find(write.refused, true, &Refused::required);
      refused != write.refused.end()) {
    return step_failure(refused->code, refused->text);
  }
  if (!write.add.empty()) {
    rehearse_task(*add_task(write), out);
  } else if (!write.set.empty()) {
    rehearse_task(*set_task(write.set), out);
  }
  for (const NativeAssignment& each : write.follow) rehearse_task(*set_task({each}), out);
  if (!write.remove.empty()) {
    task::DeleteObject task(write.remove, kParameterKey);
    rehearse_task(task, out);
  }
  return std::nullopt;
}

void Execution::rehearse_set(Rehearsed& out) {
  for (Indices& steps : set_groups()) {
    StepResults results;
    const std::vector<NativeWrite> writes = group_writes(steps, results);
    Failed failed;
    for (const NativeWrite& write : writes) {
      add_culprits(write, {}, results);
      failed = rehearse_write(write, out);
      if (failed) break;
    }
    for (auto& [index, result] : results) {
      if (failed) {
        std::vector<usp::ParamError> culprits = std::move(result.param_errors);
        result = *failed;
        result.param_errors = std::move(culprits);
      }
      operation_->results[index] = std::move(result);
    }
  }
}

void Execution::rehearse_rows(Rehearsed& out) {
  const usp::Plan& plan = operation_->plan;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const usp::Step& step = plan.steps[i];
    if (is_local(step.path)) continue;
    if (plan.all_or_nothing && failed()) break;
    NativeWrite write;
    if (plan.kind == usp::Plan::Kind::kAdd) {
      write = device_.model().add({i, step.path, step.settings});
    } else {
      write = device_.model().remove(step.path);
    }
    StepResults results;
    const Failed failed = rehearse_write(write, out);
    results[i] = failed.value_or(step_done());
    add_culprits(write, {}, results);
    operation_->results[i] = std::move(results[i]);
  }
}

/// Tried on the bridge's own objects, and taken back.
void Execution::rehearse_local(Rehearsed& out) {
  const usp::Plan& plan = operation_->plan;
  LocalTransaction transaction(device_.local(), actor_, now_ms());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const usp::Step& step = plan.steps[i];
    if (!is_local(step.path)) continue;
    usp::StepResult& result = operation_->results[i];
    if (plan.kind == usp::Plan::Kind::kSet) result = transaction.set(step);
    if (plan.kind == usp::Plan::Kind::kAdd) result = transaction.add(step);
    if (plan.kind == usp::Plan::Kind::kDelete) result = transaction.remove(step);
    if (result.state == State::kDone) out.push_back(of_bridge(step, {}, {}));
  }
}

usp::StepResult Execution::rehearse_command(std::size_t index, Rehearsed& out) {
  const usp::Plan& plan = operation_->plan;
  const usp::Step& step = plan.steps[index];
  const CommandRow* row = CommandCatalogue::get().find(step.path, plan.command);
  if (row == nullptr) return no_such_command();
  Failed failed;
  switch (row->way) {
    case CommandWay::kReboot:
      out.push_back(to_planned(cwmp::Reboot{}));
      break;
    case CommandWay::kFactoryReset:
      out.push_back(to_planned(cwmp::FactoryReset{}));
      break;
    case CommandWay::kSet:
      failed = rehearse_settings(index, command_settings(index, *row), out);
      break;
    case CommandWay::kToggle:
      for (const CommandSettings& each : toggle_settings(index, *row)) {
        if (!failed) failed = rehearse_settings(index, each, out);
      }
      break;
    case CommandWay::kDiagnostics:
      failed = rehearse_diagnostics(index, *row, out);
      break;
    case CommandWay::kFirmware:
    case CommandWay::kRestore:
    case CommandWay::kBackup:
    case CommandWay::kLog:
      rehearse_task(*transfer_task(index, *row, {}), out);
      break;
    case CommandWay::kActivate:
      if (auto task = activate_task(index, *row)) {
        rehearse_task(*task, out);
      } else {
        failed = no_such_command();
      }
      break;
    case CommandWay::kInstall:
    case CommandWay::kUpdate:
    case CommandWay::kUninstall:
      if (auto change = module_operation(index, *row)) {
        out.push_back(to_planned(cwmp::ChangeDUState{{*std::move(change)}, {}}));
      } else {
        failed = step_failure(usp::ErrorCode::kCommandFailure, change.error());
      }
      break;
    case CommandWay::kScheduleInform:
      rehearse_task(*schedule_inform_task(index), out);
      break;
    case CommandWay::kTimer:
    case CommandWay::kOnboard:
    case CommandWay::kReconnect:
    case CommandWay::kResetSession:
    case CommandWay::kAddCertificate:
    case CommandWay::kDeleteCertificate:
    case CommandWay::kFingerprint:
    case CommandWay::kCancel:
      out.push_back(of_bridge(step, plan.command, plan.input_args));
      break;
  }
  return failed.value_or(step_done());
}

Execution::Failed Execution::rehearse_settings(std::size_t step, const CommandSettings& of,
                                               Rehearsed& out) {
  if (!device_.covers(of.object)) return no_such_command();
  for (const NativeWrite& write : settings_writes(step, of)) {
    if (auto failed = rehearse_write(write, out)) return failed;
  }
  return std::nullopt;
}

Execution::Failed Execution::rehearse_diagnostics(std::size_t step, const CommandRow& row,
                                                  Rehearsed& out) {
  const std::string object = with_instances(row.target, operation_->plan.steps[step].path);
  auto native = device_.to_native(object);
  if (!native || !device_.tree().has_object(*native)) return no_such_command();
  auto arguments = test_arguments(step, row, object, *native);
  if (!arguments) return arguments.error();
  task::Diagnostics task(*native, *std::move(arguments), kParameterKey);
  rehearse_task(task, out);
  return std::nullopt;
}

}  // namespace bridge
