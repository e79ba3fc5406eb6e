// What the device is asked to report by itself, so that subscribers hear of changes; what it does
// not report is looked at in its sessions.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/runtime.h"
#include "bridge/task/attributes.h"
#include "bridge/task/first_contact.h"
#include "bridge/task/read_values.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// Parameters the device is asked to notify actively. A subscription to a whole tree would make
/// every counter open sessions; what is beyond is looked at in every session instead.
constexpr std::size_t kMaxNotifying = 256;

constexpr std::uint32_t kActive = 2;  ///< TR-069 A.3.2.4, Notification
constexpr std::uint32_t kOff = 0;

}  // namespace

std::set<std::string> VirtualAgent::wanted_notifications() {
  std::set<std::string> wanted;
  const usp::SubscriptionSet& set = subscription_set();
  if (!set.has(usp::NotifType::kValueChange)) return wanted;
  auto snapshot = device_.snapshot();
  for (const Node& node : device_.tree().all()) {
    if (node.is_object() || node.state() == NodeState::kGone) continue;
    std::string native(node.path());
    auto path = device_.path_map().to_usp(native);
    if (!path) continue;
    usp::Happening change = usp::ValueChanged{*path, {}};
    if (!set.matching(change, snapshot->view.get()).empty()) wanted.insert(std::move(native));
  }
  return wanted;
}

void VirtualAgent::plan_notifications(bool from_scratch) {
  if (!device_.onboarded()) return;
  if (from_scratch) {
    notifying_.clear();
    not_notifying_.clear();
  }
  std::set<std::string> wanted = wanted_notifications();
  std::vector<std::string> ask;
  std::vector<std::string> drop;
  for (const std::string& name : wanted) {
    if (notifying_.count(name) > 0 || not_notifying_.count(name) > 0) continue;
    if (notifying_.size() + ask.size() < kMaxNotifying) {
      ask.push_back(name);
    } else {
      not_notifying_.insert(name);
    }
  }
  for (const std::string& name : notifying_) {
    if (wanted.count(name) == 0) drop.push_back(name);
  }
  std::erase_if(not_notifying_, [&](const std::string& name) { return wanted.count(name) == 0; });
  set_notification(std::move(ask), kActive);
  set_notification(std::move(drop), kOff);
  if (device_.in_session()) poll();
}

void VirtualAgent::set_notification(std::vector<std::string> names, std::uint32_t level) {
  if (names.empty()) return;
  bool on = level != kOff;
  // Taken as done until the device says otherwise, so that it is not asked twice.
  for (const std::string& name : names) {
    if (on) {
      notifying_.insert(name);
    } else {
      notifying_.erase(name);
    }
  }
  auto task = std::make_shared<task::SetAttributes>(std::move(names), level);
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kUpkeep;
  work->urgent = true;
  work->task = task;
  work->on_end = [this, task, on, weak = std::weak_ptr(device_.shared_from_this())](WorkEnd) {
    auto device = weak.lock();
    if (!device) return;
    if (on) {
      for (const std::string& name : task->refused()) {
        notifying_.erase(name);
        not_notifying_.insert(name);
      }
    }
    if (on && !task->accepted().empty()) {
      // What changed before the device began to watch would never be told.
      auto look = std::make_shared<Work>();
      look->kind = WorkKind::kUpkeep;
      look->task = std::make_shared<task::ReadValues>(task->accepted());
      device->push(look);
    }
    auto store = [id = device->id(), task, on](StateWriter& state) -> Result<void> {
      for (const std::string& name : task->accepted()) {
        if (on) {
          if (auto put = state.put_instance(id, {"notify", name, 2}); !put) return put;
        } else if (auto erased = state.erase_instance(id, "notify", name); !erased) {
          return tl::unexpected(erased.error());
        }
      }
      return {};
    };
    Commit commit;
    commit.state.push_back(std::move(store));
    auto storing = commit_quietly(device, std::move(commit));
    asio::co_spawn(device->strand(), std::move(storing), asio::detached);
  };
  device_.push(work);
}

void VirtualAgent::poll() {
  if (!not_notifying_.empty()) {
    auto work = std::make_shared<Work>();
    work->kind = WorkKind::kUpkeep;
    work->task = std::make_shared<task::ReadValues>(
        std::vector<std::string>(not_notifying_.begin(), not_notifying_.end()));
    device_.push(work);
  }
  // Tables whose rows somebody wants to hear of: devices do not report those.
  std::vector<std::string> tables;
  for (const usp::Subscription& row : subscription_set().rows()) {
    bool objects = row.notif_type == usp::NotifType::kObjectCreation ||
                   row.notif_type == usp::NotifType::kObjectDeletion;
    if (!row.enable || !objects) continue;
    for (const std::string& reference : row.references) {
      std::string table = reference.substr(0, reference.find_first_of("*["));
      auto native = device_.to_native(table);
      if (!native) continue;
      if (is_instance(*native)) *native = std::string(parent_path(*native));
      if (!native->empty() && native->back() == '.') tables.push_back(*native);
    }
  }
  if (tables.empty()) return;
  std::sort(tables.begin(), tables.end());
  tables.erase(std::unique(tables.begin(), tables.end()), tables.end());
  auto work = std::make_shared<Work>();
  work->kind = WorkKind::kUpkeep;
  work->task =
      std::make_shared<task::Refresh>(std::move(tables), task::Refresh::What::kNamesAndValues);
  device_.push(work);
}

}  // namespace bridge
