// From what changed to what waits in the outbox: which subscriptions hear of it.

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/subscription_rows.h"
#include "bridge/agent/unique_keys.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/log.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "usp/path.h"
#include "usp/topic.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// InstanceRow::name of rows that are to be told of once their unique keys are read.
constexpr const char* kUnannounced = "unannounced";

OutboxKind kind_of(const usp::Happening& happening) {
  struct {
    OutboxKind operator()(const usp::ValueChanged&) const { return OutboxKind::kValueChange; }
    OutboxKind operator()(const usp::ObjectCreated&) const { return OutboxKind::kObjectCreation; }
    OutboxKind operator()(const usp::ObjectDeleted&) const { return OutboxKind::kObjectDeletion; }
    OutboxKind operator()(const usp::OperationCompleted&) const {
      return OutboxKind::kOperationComplete;
    }
    OutboxKind operator()(const usp::EventRaised&) const { return OutboxKind::kEvent; }
  } visitor;
  return std::visit(visitor, happening);
}

bool touches_subscriptions(const Commit& commit) {
  auto concerns = [](std::string_view path) {
    return path.starts_with("Device.LocalAgent.Subscription.") ||
           path.starts_with("Device.LocalAgent.Controller.");
  };
  for (const LocalCommit& local : commit.local) {
    for (const LocalValue& value : local.puts) {
      if (concerns(value.path)) return true;
    }
    for (const std::string& path : local.erases) {
      if (concerns(path)) return true;
    }
  }
  return false;
}

/// A row of the device is known before it is listed (AddObject), and listed before it is read; it
/// is told of with its unique keys.
bool is_unread(Device& device, const usp::DataModel& model, const std::string& row) {
  const auto native = device.model().native_of(row);
  const bool unlisted = native && device.tree().subtree(*native).size() == 1;
  return unlisted || has_unread_keys(model, row);
}

/// The unique keys of a new row are parameters like others.
void keep_readable_keys(const usp::Access& access, usp_msg::Notify& notify) {
  if (!notify.has_obj_creation()) return;
  auto& created = *notify.mutable_obj_creation();
  auto& keys = *created.mutable_unique_keys();
  for (auto key = keys.begin(); key != keys.end();) {
    key = access.may_read(created.obj_path(), key->first) ? std::next(key) : keys.erase(key);
  }
}

/// Rows that this made. They hear of what happens from now on, not of their own appearance.
std::vector<std::uint32_t> new_subscriptions(const LocalCommit& local) {
  constexpr std::string_view kTable = "Device.LocalAgent.Subscription.";
  std::vector<std::uint32_t> rows;
  for (const Change& change : local.changes) {
    const auto* created = std::get_if<ObjectCreated>(&change);
    if (created == nullptr || !created->path.starts_with(kTable)) continue;
    const std::string_view path = created->path;
    std::uint32_t number = 0;
    if (usp::parse_instance_number(path.substr(kTable.size(), path.size() - kTable.size() - 1),
                                   number)) {
      rows.push_back(number);
    }
  }
  return rows;
}

}  // namespace

const usp::SubscriptionSet& VirtualAgent::subscription_set() {
  if (!subscriptions_) subscriptions_.emplace(subscription_rows(device_.local()));
  return *subscriptions_;
}

OutboxRow VirtualAgent::outbox_row(const LocalController& controller, const usp_msg::Msg& msg,
                                   OutboxKind kind, bool needs_response,
                                   std::int64_t expires_ms) const {
  Outbound outbound;
  outbound.topic = usp::expand_topic(controller.topic, device_.endpoint_id());
  outbound.msg = msg.SerializeAsString();
  outbound.msg_id = msg.header().msg_id();
  outbound.from_id = device_.endpoint_id();
  outbound.retry_wait_ms = controller.retry_wait_s * 1000;
  outbound.retry_multiplier = controller.retry_multiplier;
  outbound.session = controller.session;
  OutboxRow row;
  row.device_id = device_.id();
  row.controller = controller.endpoint_id;
  row.subscription_id = msg.body().request().notify().subscription_id();
  row.msg_id = outbound.msg_id;
  row.kind = static_cast<int>(kind);
  row.payload = encode_outbound(outbound);
  row.needs_response = needs_response;
  row.created_ms = now_ms();
  row.next_attempt_ms = row.created_ms;
  row.expires_ms = expires_ms;
  return row;
}

/// The controllers that may be told something of one commit, and what each of them may hear.
class VirtualAgent::Listeners {
 public:
  Listeners(VirtualAgent& agent, const usp::DataModel& model) : agent_(agent), model_(model) {}

  /// nullptr: everything.
  const usp::Access* access_of(const std::string& recipient) {
    auto [place, is_new] = listeners_.try_emplace(recipient);
    Listener& listener = place->second;
    if (!is_new) return listener.access;
    std::shared_ptr<const Grants> grants = agent_.grants_of_row(recipient);
    if (grants && grants->all.everything()) return nullptr;
    // Who is not served is told nothing.
    if (!grants) grants = std::make_shared<const Grants>();
    listener.granted = std::make_unique<GrantedAccess>(std::move(grants), model_);
    listener.access = &listener.granted->access();
    return listener.access;
  }

 private:
  struct Listener {
    std::unique_ptr<GrantedAccess> granted;
    const usp::Access* access = nullptr;
  };
  VirtualAgent& agent_;
  const usp::DataModel& model_;
  std::map<std::string, Listener> listeners_;
};

void VirtualAgent::notify(const Told& told, const usp::DataModel& model, Listeners& listeners,
                          std::vector<OutboxRow>& out) {
  const auto access_of = [&listeners](const usp::Subscription& row) {
    return listeners.access_of(row.recipient);
  };
  std::vector<const usp::Subscription*> rows =
      subscription_set().matching(told.what, &model, access_of);
  if (rows.empty()) return;
  std::vector<LocalController> controllers = device_.local().controllers();
  for (const usp::Subscription* row : rows) {
    if (!told.recipient.empty() && row->recipient != told.recipient) continue;
    if (std::find(told.not_to.begin(), told.not_to.end(), row->instance) != told.not_to.end()) {
      continue;
    }
    auto controller =
        std::find_if(controllers.begin(), controllers.end(), [row](const LocalController& each) {
          return each.reference == row->recipient || each.path == row->recipient;
        });
    if (controller == controllers.end() || !controller->enabled || controller->topic.empty()) {
      continue;
    }
    usp_msg::Notify body = usp::make_notify(*row, told.what);
    if (const usp::Access* access = access_of(*row)) keep_readable_keys(*access, body);
    usp_msg::Msg msg = usp::make_notify_message(make_msg_id(), std::move(body));
    std::int64_t expires = 0;
    if (row->notif_retry && row->notif_expiration.count() > 0) {
      expires = now_ms() + row->notif_expiration.count() * 1000;
    }
    out.push_back(outbox_row(*controller, msg, kind_of(told.what), row->notif_retry, expires));
  }
}

void VirtualAgent::notify(const Told& told, const usp::DataModel& model,
                          std::vector<OutboxRow>& out) {
  Listeners listeners(*this, model);
  notify(told, model, listeners, out);
}

void VirtualAgent::hold_back(const std::string& row, Commit& commit) {
  if (!unannounced_.insert(row).second) return;
  commit.state.push_back([id = device_.id(), row](StateWriter& state) {
    return state.put_instance(id, {kUnannounced, row, 0});
  });
}

bool VirtualAgent::is_held_back(const std::string& row) const {
  return unannounced_.count(row) > 0;
}

void VirtualAgent::announce(const usp::DataModel& model, Commit& commit, std::vector<Told>& out) {
  for (auto row = unannounced_.begin(); row != unannounced_.end();) {
    bool there = device_.model().shown().has_object(*row);
    if (there && is_unread(device_, model, *row)) {
      ++row;
      continue;
    }
    if (there) out.push_back({usp::ObjectCreated{*row, unique_keys(model, *row)}, {}});
    commit.state.push_back([id = device_.id(), row = *row](StateWriter& state) -> Result<void> {
      auto erased = state.erase_instance(id, kUnannounced, row);
      return erased ? Result<void>{} : tl::unexpected(erased.error());
    });
    row = unannounced_.erase(row);
  }
}

void VirtualAgent::tell(const Change& change, bool of_device, const usp::DataModel& model,
                        Commit& commit, std::vector<Told>& out) {
  if (const auto* value = std::get_if<ValueChanged>(&change)) {
    const std::string& path = value->path;
    std::string_view name = std::string_view(path).substr(path.rfind('.') + 1);
    std::string text(to_usp_text(name, value->value, value->type));
    out.push_back({usp::ValueChanged{path, std::move(text)}, {}});
  } else if (const auto* created = std::get_if<ObjectCreated>(&change)) {
    const std::string& path = created->path;
    if (of_device && is_unread(device_, model, path)) return hold_back(path, commit);
    out.push_back({usp::ObjectCreated{path, unique_keys(model, path)}, {}});
  } else {
    const std::string& path = std::get<ObjectDeleted>(change).path;
    if (of_device && is_held_back(path)) return;
    out.push_back({usp::ObjectDeleted{path}, {}});
  }
}

bool VirtualAgent::hears_changes() {
  using enum usp::NotifType;
  const usp::SubscriptionSet& set = subscription_set();
  return set.has(kValueChange) || set.has(kObjectCreation) || set.has(kObjectDeletion) ||
         !unannounced_.empty();
}

bool VirtualAgent::listens() { return !subscription_set().rows().empty() || !unannounced_.empty(); }

std::vector<OutboxRow> VirtualAgent::compose(Commit& commit) {
  std::vector<OutboxRow> out = std::move(commit.rows);
  if (!device_.loaded()) return out;
  bool changed = touches_subscriptions(commit);
  if (changed) subscriptions_.reset();
  bool anything = !commit.shown_changes.empty() || !commit.local.empty() || !commit.told.empty() ||
                  !unannounced_.empty();
  if (listens() && anything) {
    std::unique_ptr<Snapshot> snapshot = device_.snapshot();
    std::vector<Told> told;
    for (const Change& change : commit.shown_changes) {
      tell(change, true, *snapshot->view, commit, told);
    }
    for (const LocalCommit& local : commit.local) {
      const std::size_t before = told.size();
      for (const Change& change : local.changes) tell(change, false, *snapshot->view, commit, told);
      const std::vector<std::uint32_t> rows = new_subscriptions(local);
      for (std::size_t i = before; i < told.size(); ++i) told[i].not_to = rows;
    }
    announce(*snapshot->view, commit, told);
    told.insert(told.end(), commit.told.begin(), commit.told.end());
    Listeners listeners(*this, *snapshot->view);
    for (const Told& each : told) notify(each, *snapshot->view, listeners, out);
  }
  if (changed) {
    follow_onboarding(commit, out);
    sync_timers(commit);
    // After the commit: what the device is asked to notify follows from what is stored then.
    asio::post(device_.strand(), [self = device_.shared_from_this()] {
      if (!self->loaded()) return;
      self->agent().plan_notifications(false);
      self->agent().apply_sessions();
    });
  }
  return out;
}

asio::awaitable<void> VirtualAgent::commit_quietly(DevicePtr device, Commit commit) {
  Result<void> stored = co_await device->commit(std::move(commit));
  if (!stored) log_warn({.device = device->endpoint_id()}, "{}", stored.error().text);
}

}  // namespace bridge
