// What the device is asked to report by itself, so that subscribers hear of changes; what it does
// not report is looked at in its sessions.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <iterator>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/runtime.h"
#include "bridge/task/attributes.h"
#include "bridge/task/first_contact.h"
#include "bridge/task/read_values.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

// TR-069 A.3.2.4, Notification.
constexpr std::uint32_t kNotifyOff = 0;
constexpr std::uint32_t kNotifyPassive = 1;
constexpr std::uint32_t kNotifyActive = 2;

/// InstanceRow: name of a parameter and its WatchLevel.
constexpr const char* kWatchRow = "notify";

}  // namespace

std::set<std::string> VirtualAgent::wanted_notifications() {
  std::set<std::string> wanted;
  const usp::SubscriptionSet& set = subscription_set();
  if (!set.has(usp::NotifType::kValueChange)) return wanted;
  auto snapshot = device_.snapshot();
  DeviceModel& model = device_.model();
  for (const Node& node : model.shown().all()) {
    if (node.is_object() || node.state() == NodeState::kGone || model.hides(node.path())) continue;
    usp::Happening change = usp::ValueChanged{std::string(node.path()), {}};
    if (set.matching(change, snapshot->view.get()).empty()) continue;
    for (std::string& name : model.sources(node.path())) wanted.insert(std::move(name));
  }
  return wanted;
}

void VirtualAgent::plan_notifications(bool from_scratch) {
  if (!device_.onboarded()) return;
  if (from_scratch) watch_.forget();
  ChangeWatch::Plan plan = watch_.plan(wanted_notifications());
  set_notification(std::move(plan.activate), kNotifyActive);
  set_notification(std::move(plan.drop), kNotifyOff);
  if (device_.in_session()) poll();
}

void VirtualAgent::set_notification(std::vector<std::string> names, std::uint32_t level) {
  if (names.empty()) return;
  auto task = std::make_shared<task::SetAttributes>(std::move(names), level);
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kUpkeep;
  work->urgent = true;
  work->task = task;
  work->on_end = [this, task, level, weak = std::weak_ptr(device_.shared_from_this())](WorkEnd) {
    auto device = weak.lock();
    if (device) on_notification_set(*task, level);
  };
  device_.push(work);
}

void VirtualAgent::on_notification_set(const task::SetAttributes& task, std::uint32_t level) {
  const bool on = level != kNotifyOff;
  if (on) {
    set_notification(watch_.refused(task.refused(), static_cast<WatchLevel>(level)),
                     kNotifyPassive);
  }
  if (on && !task.accepted().empty()) {
    // What changed before the device began to watch would never be told.
    device_.push_upkeep(std::make_shared<task::ReadValues>(task.accepted()));
  }
  std::map<std::string, std::uint32_t> levels;
  for (const std::string& name : task.accepted()) levels[name] = level;
  // Kept, so that a device is not asked in vain each time it comes into memory.
  if (level == kNotifyPassive) {
    for (const std::string& name : task.refused()) levels[name] = kNotifyOff;
  }
  auto store = [id = device_.id(), levels, on](StateWriter& state) -> Result<void> {
    for (const auto& [name, stored] : levels) {
      if (on) {
        if (auto put = state.put_instance(id, {kWatchRow, name, stored}); !put) return put;
      } else if (auto erased = state.erase_instance(id, kWatchRow, name); !erased) {
        return tl::unexpected(erased.error());
      }
    }
    return {};
  };
  Commit commit;
  commit.state.push_back(std::move(store));
  auto storing = commit_quietly(device_.shared_from_this(), std::move(commit));
  asio::co_spawn(device_.strand(), std::move(storing), asio::detached);
}

void VirtualAgent::read_watched() {
  if (std::vector<std::string> names = watch_.notifying(); !names.empty()) {
    device_.push_upkeep(std::make_shared<task::ReadValues>(std::move(names)));
  }
}

void VirtualAgent::poll() {
  if (std::vector<std::string> names = watch_.polled(); !names.empty()) {
    device_.push_upkeep(std::make_shared<task::ReadValues>(std::move(names)));
  }
  // Tables whose rows somebody wants to hear of: devices do not report those.
  std::vector<std::string> tables;
  for (const usp::Subscription& row : subscription_set().rows()) {
    bool objects = row.notif_type == usp::NotifType::kObjectCreation ||
                   row.notif_type == usp::NotifType::kObjectDeletion;
    if (!row.enable || !objects) continue;
    for (const std::string& reference : row.references) {
      const std::string object = reference.substr(0, reference.find_first_of("*["));
      if (!object.ends_with('.') || !device_.covers(object)) continue;
      std::ranges::move(device_.model().tables_below(object), std::back_inserter(tables));
    }
  }
  if (tables.empty()) return;
  std::sort(tables.begin(), tables.end());
  tables.erase(std::unique(tables.begin(), tables.end()), tables.end());
  device_.push_upkeep(
      std::make_shared<task::Refresh>(std::move(tables), task::Refresh::What::kNamesAndValues));
}

}  // namespace bridge
