// OnBoardRequests (R-NOT.5, R-NOT.6; TR-181 Device.LocalAgent.Controller.{i}.OnBoardingComplete):
// the part of VirtualAgent that introduces the device to its controllers.
#include <algorithm>
#include <string_view>
#include <utility>

#include "bridge/agent/local_transaction.h"
#include "bridge/agent/operation.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/runtime.h"
#include "usp/subscription.h"

namespace bridge {
namespace {

constexpr std::string_view kComplete = "OnBoardingComplete";

/// Is this a change after which an unfinished onboarding begins again: it was set to be unfinished,
/// or the controller can be reached only now?
bool begins_onboarding(const Change& change, const LocalController& controller) {
  if (const auto* created = std::get_if<ObjectCreated>(&change)) {
    return created->path == controller.path || created->path.starts_with(controller.path + "MTP.");
  }
  const auto* value = std::get_if<ValueChanged>(&change);
  if (value == nullptr || !value->path.starts_with(controller.path)) return false;
  const std::string_view name = std::string_view(value->path).substr(controller.path.size());
  const bool of_mtp = name.starts_with("MTP.");
  return name == kComplete || name == "Enable" || name == "EndpointID" ||
         (of_mtp && (name.ends_with(".Enable") || name.ends_with(".Topic")));
}

}  // namespace

void VirtualAgent::on_first_appearance(Commit& commit) {
  for (const LocalController& controller : device_.local().controllers()) {
    request_onboarding(controller, commit.rows);
  }
  sync_timers(commit);
}

bool VirtualAgent::send_onboard_request(const std::string& controller_path, Commit& commit) {
  for (const LocalController& controller : device_.local().controllers()) {
    if (controller.path != controller_path) continue;
    if (!request_onboarding(controller, commit.rows)) return false;
    LocalTransaction transaction(device_.local(), LocalActor{.controller = {}, .bridge = true},
                                 now_ms());
    transaction.put(controller.path + std::string(kComplete), "false");
    commit.local.push_back(transaction.commit());
    return true;
  }
  return false;
}

/// False: it is not enabled, or it is not known where it listens.
bool VirtualAgent::request_onboarding(const LocalController& controller,
                                      std::vector<OutboxRow>& out) {
  if (!controller.enabled || controller.topic.empty()) return false;
  const DeviceIdentity& identity = device_.row().identity;
  usp::DeviceIdentity who{identity.oui, identity.product_class, identity.serial};
  usp_msg::Msg msg = usp::make_notify_message(make_msg_id(), usp::make_on_board_request(who));
  out.push_back(outbox_row(controller, msg, OutboxKind::kOnBoardRequest, true, 0));
  return true;
}

void VirtualAgent::follow_onboarding(Commit& commit, std::vector<OutboxRow>& out) {
  if (!device_.onboarded()) return;
  for (const LocalController& controller : device_.local().controllers()) {
    if (controller.onboarding_complete) {
      const std::string key = controller.path;
      if (onboarding_timers_.erase(key) == 0) continue;
      commit.state.push_back([id = device_.id(), key](StateWriter& state) -> Result<void> {
        auto erased = state.erase_timer(id, static_cast<int>(TimerKind::kOnBoarding), key);
        return erased ? Result<void>{} : tl::unexpected(erased.error());
      });
      continue;
    }
    const bool begins = std::ranges::any_of(commit.local, [&](const LocalCommit& local) {
      return std::ranges::any_of(local.changes, [&](const Change& change) {
        return begins_onboarding(change, controller);
      });
    });
    const bool is_asked = std::ranges::any_of(out, [&](const OutboxRow& row) {
      return row.kind == static_cast<int>(OutboxKind::kOnBoardRequest) &&
             row.controller == controller.endpoint_id;
    });
    if (begins && !is_asked) request_onboarding(controller, out);
  }
}

std::optional<TimerRow> VirtualAgent::onboarding_timer(const std::string& endpoint_id) {
  auto controller = device_.local().controller(endpoint_id);
  if (!controller || controller->onboarding_complete || controller->onboarding_restart_s == 0) {
    return std::nullopt;
  }
  onboarding_timers_.insert(controller->path);
  const std::int64_t due = now_ms() + std::int64_t{controller->onboarding_restart_s} * 1000;
  return TimerRow{
      device_.id(), static_cast<int>(TimerKind::kOnBoarding), controller->path, due, {}};
}

void VirtualAgent::restart_onboarding(const std::string& controller_path, Commit& commit) {
  onboarding_timers_.erase(controller_path);
  for (const LocalController& controller : device_.local().controllers()) {
    if (controller.path != controller_path || controller.onboarding_complete ||
        controller.onboarding_restart_s == 0) {
      continue;
    }
    request_onboarding(controller, commit.rows);
  }
}

}  // namespace bridge
