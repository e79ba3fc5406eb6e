// What happens to an agent as a whole: timers, boot, first appearance, transfers.

#include <algorithm>
#include <set>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/fault_map.h"
#include "bridge/log.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/task/command.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + "\"";
}

/// A list of the device's own references as controllers write them: without the final dot. What
/// controllers do not see stays as it is.
std::string shown_references(DeviceModel& model, std::string_view list) {
  std::string out;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view native = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (native.ends_with('.')) native.remove_suffix(1);
    out += (out.empty() ? "" : ",") + model.shown_reference(native);
  }
  return out;
}

/// Of an event that tells what made the device boot.
bool is_boot_method(std::string_view code) {
  return code == "M Reboot" || code == "M Download" || code == "M ScheduleDownload";
}

bool is_cause(std::string_view text) {
  return text == "LocalReboot" || text == "RemoteReboot" || text == "LocalFactoryReset" ||
         text == "RemoteFactoryReset";
}

std::string fault_code(std::uint32_t code) {
  if (code == 0) return "0";
  const auto fault = static_cast<cwmp::FaultCode>(code);
  return std::to_string(static_cast<unsigned>(to_usp(fault, FaultContext::kTransfer)));
}

}  // namespace

void VirtualAgent::put_timer(Commit& commit, TimerKind kind, const std::string& key,
                             std::int64_t due_ms) {
  TimerRow row{device_.id(), static_cast<int>(kind), key, due_ms, {}};
  commit.state.push_back([row](StateWriter& state) { return state.put_timer(row); });
  commit.timers = true;
}

void VirtualAgent::sync_timers(Commit& commit) {
  for (const LocalSubscription& row : device_.local().subscriptions()) {
    if (row.removal_ms() > 0) {
      put_timer(commit, TimerKind::kSubscriptionEnd, row.path, row.removal_ms());
    }
  }
  usp::Happening periodic = usp::EventRaised{"Device.LocalAgent.", "Periodic!", {}};
  auto rows = subscription_set().matching(periodic, nullptr);
  std::int64_t now = now_ms();
  for (const LocalController& controller : device_.local().controllers()) {
    bool wanted = controller.enabled && controller.periodic_interval_s > 0 &&
                  std::any_of(rows.begin(), rows.end(), [&](const usp::Subscription* row) {
                    return row->recipient == controller.reference;
                  });
    if (!wanted) continue;
    std::int64_t interval = std::int64_t{controller.periodic_interval_s} * 1000;
    std::int64_t due = now + interval;
    if (controller.periodic_time_ms > 0) {
      // A multiple of the interval away from PeriodicNotifTime, in either direction.
      std::int64_t phase = (now - controller.periodic_time_ms) % interval;
      if (phase < 0) phase += interval;
      due = now + interval - phase;
    }
    put_timer(commit, TimerKind::kPeriodic, controller.path, due);
  }
}

asio::awaitable<bool> VirtualAgent::on_timer(TimerRow row) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded) co_return false;
  Commit commit;
  commit.state.push_back([row](StateWriter& state) -> Result<void> {
    auto erased = state.erase_timer(row.device_id, row.kind, row.key);
    return erased ? Result<void>{} : tl::unexpected(erased.error());
  });
  if (row.kind == static_cast<int>(TimerKind::kSubscriptionEnd)) {
    LocalTransaction transaction(device_.local(), LocalActor{.controller = {}, .bridge = true},
                                 now_ms());
    if (transaction.remove_row(row.key)) commit.local.push_back(transaction.commit());
  } else if (row.kind == static_cast<int>(TimerKind::kOnBoarding)) {
    restart_onboarding(row.key, commit);
  } else if (device_.onboarded()) {
    for (const LocalController& controller : device_.local().controllers()) {
      if (controller.path != row.key) continue;
      commit.told.push_back(
          {usp::EventRaised{"Device.LocalAgent.", "Periodic!", {}}, controller.reference});
    }
    sync_timers(commit);
  }
  Result<void> stored = co_await device_.commit(std::move(commit));
  if (!stored) log_error({.device = device_.endpoint_id()}, "a timer is not stored");
  co_return stored.has_value();
}

// ---- boot and first appearance

std::string VirtualAgent::boot_parameters(const LocalController& controller) {
  std::string map = "{";
  auto snapshot = device_.snapshot();
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id("boot");
  msg.mutable_header()->set_msg_type(usp_msg::Header::GET);
  auto* get = msg.mutable_body()->mutable_request()->mutable_get();
  for (const LocalBootParameter& row : device_.local().boot_parameters(controller.path)) {
    if (row.enabled && !row.parameter_name.empty()) get->add_param_paths(row.parameter_name);
  }
  if (get->param_paths_size() == 0) return "{}";
  const std::shared_ptr<const Grants> grants = grants_of(controller.endpoint_id);
  if (!grants) return "{}";
  const GrantedAccess recipient(grants, *snapshot->view);
  usp::Outcome outcome = usp::handle(msg, *snapshot->view, recipient.access(), true);
  const auto* respond = std::get_if<usp::Respond>(&outcome);
  if (respond == nullptr) return "{}";
  for (const auto& path : respond->msg.body().response().get_resp().req_path_results()) {
    for (const auto& object : path.resolved_path_results()) {
      for (const auto& [name, value] : object.result_params()) {
        if (map.size() > 1) map += ",";
        map += json_text(object.resolved_path() + name) + ":" + json_text(value);
      }
    }
  }
  return map + "}";
}

void VirtualAgent::drop_volatile_subscriptions(Commit& commit) {
  LocalTransaction transaction(device_.local(), LocalActor{.controller = {}, .bridge = true},
                               now_ms());
  bool any = false;
  std::vector<LocalController> controllers = device_.local().controllers();
  for (const LocalSubscription& row : device_.local().subscriptions()) {
    if (row.persistent || !transaction.remove_row(row.path)) continue;
    any = true;
    for (const LocalController& controller : controllers) {
      if (controller.reference != row.recipient) continue;
      commit.state.push_back([id = device_.id(), controller = controller.endpoint_id,
                              subscription = row.id](StateWriter& state) -> Result<void> {
        auto erased = state.erase_notifications(id, controller, subscription);
        return erased ? Result<void>{} : tl::unexpected(erased.error());
      });
    }
  }
  if (any) commit.local.push_back(transaction.commit());
}

/// The reboot itself tells by its key whether it is the one that was asked for; a factory reset has
/// none, so the first 0 BOOTSTRAP after one counts.
usp::EventRaised VirtualAgent::boot_event(const cwmp::Inform& inform, bool bootstrap,
                                          bool firmware_changed) {
  usp::EventRaised event{"Device.", "Boot!", {}};
  event.args["Cause"] = bootstrap ? "LocalFactoryReset" : "LocalReboot";
  event.args["CommandKey"] = "";
  event.args["Reason"] = "";
  event.args["FirmwareUpdated"] = firmware_changed ? "true" : "false";
  event.args["ParameterMap"] = "{}";
  for (const cwmp::Event& each : inform.events) {
    const bool rebooted = each.code == "M Reboot";
    const auto by = is_boot_method(each.code) ? execution_of_key(each.command_key) : nullptr;
    if (!rebooted && !by) continue;
    event.args["Cause"] = "RemoteReboot";
    event.args["CommandKey"] = by ? by->operation().plan.command_key : each.command_key;
  }
  if (is_noted(inform, bootstrap)) {
    event.args["Cause"] = reboot_note_->factory_reset ? "RemoteFactoryReset" : "RemoteReboot";
    if (is_cause(reboot_note_->cause)) event.args["Cause"] = reboot_note_->cause;
    event.args["CommandKey"] = reboot_note_->command_key;
    event.args["Reason"] = reboot_note_->reason;
  }
  return event;
}

bool VirtualAgent::is_noted(const cwmp::Inform& inform, bool bootstrap) const {
  if (!reboot_note_) return false;
  if (reboot_note_->factory_reset) return bootstrap;
  return task::has_method_event(inform, "Reboot", reboot_note_->rpc_key);
}

void VirtualAgent::on_boot(const cwmp::Inform& inform, bool bootstrap, bool firmware_changed,
                           Commit& commit) {
  // First Boot!, then the subscriptions that do not outlive a boot go, and their retries with them
  // (design).
  std::unique_ptr<Snapshot> snapshot = device_.snapshot();
  for (const LocalController& controller : device_.local().controllers()) {
    usp::EventRaised event = boot_event(inform, bootstrap, firmware_changed);
    event.args["ParameterMap"] = boot_parameters(controller);
    notify({std::move(event), controller.reference}, *snapshot->view, commit.rows);
  }
  if (is_noted(inform, bootstrap)) note_reboot(std::nullopt, commit);
  std::set<std::string> going;
  for (const LocalSubscription& row : device_.local().subscriptions()) {
    if (!row.persistent) going.insert(row.id);
  }
  for (OutboxRow& row : commit.rows) {
    if (going.count(row.subscription_id) > 0) row.needs_response = false;
  }
  drop_volatile_subscriptions(commit);
  commit.state.push_back([id = device_.id(), now = now_ms()](StateWriter& state) -> Result<void> {
    auto restarted = state.restart_retries(id, now);  // R-NOT.4
    return restarted ? Result<void>{} : tl::unexpected(restarted.error());
  });
}

usp::EventRaised VirtualAgent::transfer_event(const Execution& execution) const {
  usp::EventRaised event{"Device.LocalAgent.", "TransferComplete!", {}};
  const Operation& operation = execution.operation();
  const std::string& object = operation.plan.steps.at(execution.step()).path;
  event.args["Command"] = object + operation.plan.command;
  event.args["CommandKey"] = operation.plan.command_key;
  event.args["Affected"] = object.substr(0, object.size() - 1);
  if (auto requester = device_.local().controller(operation.origin.requester)) {
    event.args["Requestor"] = requester->reference;
  }
  if (auto url = operation.plan.input_args.find("URL"); url != operation.plan.input_args.end()) {
    event.args["TransferURL"] = url->second;
  }
  const CommandRow* row = CommandCatalogue::get().find(object, operation.plan.command);
  const bool upload =
      row != nullptr && (row->way == CommandWay::kBackup || row->way == CommandWay::kLog);
  event.args["TransferType"] = upload ? "Upload" : "Download";
  return event;
}

void VirtualAgent::on_transfer_complete(const cwmp::TransferComplete& complete, const WorkPtr& work,
                                        Commit& commit) {
  usp::EventRaised event{"Device.LocalAgent.", "TransferComplete!", {}};
  event.args["CommandKey"] = complete.command_key;
  for (const auto& [id, running] : running_) {
    if (work && running.execution->work() == work) event = transfer_event(*running.execution);
  }
  event.args["StartTime"] = complete.start_time;
  event.args["CompleteTime"] = complete.complete_time;
  event.args["FaultCode"] = fault_code(complete.fault.code);
  event.args["FaultString"] = complete.fault.text;
  commit.told.push_back({std::move(event), {}});
}

void VirtualAgent::on_transfer_done_at_once(const Execution& execution, const task::Transfer& task,
                                            Commit& commit) {
  usp::EventRaised event = transfer_event(execution);
  event.args["StartTime"] = task.start_time();
  event.args["CompleteTime"] = task.complete_time();
  event.args["FaultCode"] = "0";
  event.args["FaultString"] = "";
  commit.told.push_back({std::move(event), {}});
}

void VirtualAgent::on_autonomous_transfer(const cwmp::AutonomousTransferComplete& complete,
                                          Commit& commit) {
  usp::EventRaised event{"Device.LocalAgent.", "TransferComplete!", {}};
  event.args["TransferType"] = complete.is_download ? "Download" : "Upload";
  event.args["TransferURL"] = complete.transfer_url;
  event.args["StartTime"] = complete.start_time;
  event.args["CompleteTime"] = complete.complete_time;
  event.args["FaultCode"] = fault_code(complete.fault.code);
  event.args["FaultString"] = complete.fault.text;
  commit.told.push_back({std::move(event), {}});
}

void VirtualAgent::on_deployment_unit(const cwmp::DeploymentUnitResult& result,
                                      const std::string& operation_performed, Commit& commit) {
  usp::EventRaised event{"Device.SoftwareModules.", "DUStateChange!", {}};
  event.args["UUID"] = result.uuid;
  event.args["DeploymentUnitRef"] = shown_references(device_.model(), result.deployment_unit_ref);
  event.args["Version"] = result.version;
  event.args["CurrentState"] = result.current_state;
  event.args["Resolved"] = result.resolved ? "true" : "false";
  event.args["ExecutionUnitRefList"] =
      shown_references(device_.model(), result.execution_unit_ref_list);
  event.args["StartTime"] = result.start_time;
  event.args["CompleteTime"] = result.complete_time;
  event.args["OperationPerformed"] = operation_performed;
  event.args["Fault.FaultCode"] = fault_code(result.fault.code);
  event.args["Fault.FaultString"] = result.fault.text;
  commit.told.push_back({std::move(event), {}});
}

}  // namespace bridge
