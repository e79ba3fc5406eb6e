// From what changed to what waits in the outbox: which subscriptions hear of it, and what the
// device is asked to report by itself.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/subscription_rows.h"
#include "bridge/agent/unique_keys.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/task/attributes.h"
#include "bridge/task/first_contact.h"
#include "bridge/task/read_values.h"
#include "bridge/waker.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// Parameters the device is asked to notify actively. A subscription to a whole tree would make
/// every counter open sessions; what is beyond is looked at in every session instead.
constexpr std::size_t kMaxNotifying = 256;

constexpr std::uint32_t kActive = 2;  ///< TR-069 A.3.2.4, Notification
constexpr std::uint32_t kOff = 0;

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

usp::EventRaised boot_event(const cwmp::Inform& inform, bool bootstrap, bool firmware_changed) {
  usp::EventRaised event{"Device.", "Boot!", {}};
  event.args["Cause"] = bootstrap ? "LocalFactoryReset" : "LocalReboot";
  event.args["CommandKey"] = "";
  for (const cwmp::Event& each : inform.events) {
    if (each.code != "M Reboot") continue;
    event.args["Cause"] = "RemoteReboot";
    event.args["CommandKey"] = each.command_key;
  }
  event.args["FirmwareUpdated"] = firmware_changed ? "true" : "false";
  event.args["ParameterMap"] = "{}";
  return event;
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
  outbound.topic = controller.topic;
  outbound.msg = msg.SerializeAsString();
  outbound.msg_id = msg.header().msg_id();
  outbound.from_id = device_.endpoint_id();
  outbound.retry_wait_ms = controller.retry_wait_s * 1000;
  outbound.retry_multiplier = controller.retry_multiplier;
  OutboxRow row;
  row.device_id = device_.id();
  row.controller = controller.endpoint_id;
  row.subscription_id = msg.body().request().notify().subscription_id();
  row.kind = static_cast<int>(kind);
  row.payload = encode_outbound(outbound);
  row.needs_response = needs_response;
  row.created_ms = now_ms();
  row.next_attempt_ms = row.created_ms;
  row.expires_ms = expires_ms;
  return row;
}

void VirtualAgent::notify(const Told& told, std::vector<OutboxRow>& out) {
  const usp::SubscriptionSet& set = subscription_set();
  std::unique_ptr<Snapshot> snapshot = device_.snapshot();
  std::vector<const usp::Subscription*> rows = set.matching(told.what, snapshot->view.get());
  if (rows.empty()) return;
  std::vector<LocalController> controllers = device_.local().controllers();
  for (const usp::Subscription* row : rows) {
    if (!told.recipient.empty() && row->recipient != told.recipient) continue;
    auto controller =
        std::find_if(controllers.begin(), controllers.end(), [row](const LocalController& each) {
          return each.reference == row->recipient || each.path == row->recipient;
        });
    if (controller == controllers.end() || !controller->enabled || controller->topic.empty()) {
      continue;
    }
    usp_msg::Msg msg = usp::make_notify_message(make_msg_id(), usp::make_notify(*row, told.what));
    std::int64_t expires = 0;
    if (row->notif_retry && row->notif_expiration.count() > 0) {
      expires = now_ms() + row->notif_expiration.count() * 1000;
    }
    out.push_back(outbox_row(*controller, msg, kind_of(told.what), row->notif_retry, expires));
  }
}

std::vector<Told> VirtualAgent::tell(const Commit& commit) {
  std::vector<Told> out;
  std::unique_ptr<Snapshot> snapshot;
  auto add = [&](const Change& change, bool native) {
    auto path_of = [&](const std::string& path) {
      return native ? device_.path_map().to_usp(path).value_or("") : path;
    };
    if (const auto* value = std::get_if<ValueChanged>(&change)) {
      std::string path = path_of(value->path);
      if (path.empty()) return;
      std::string_view name = std::string_view(path).substr(path.rfind('.') + 1);
      std::string text(to_usp_text(name, value->value, value->type));
      out.push_back({usp::ValueChanged{path, std::move(text)}, {}});
    } else if (const auto* created = std::get_if<ObjectCreated>(&change)) {
      std::string path = path_of(created->path);
      if (path.empty()) return;
      if (!snapshot) snapshot = device_.snapshot();
      auto keys = unique_keys(*snapshot->view, path);
      out.push_back({usp::ObjectCreated{path, std::move(keys)}, {}});
    } else {
      std::string path = path_of(std::get<ObjectDeleted>(change).path);
      if (!path.empty()) out.push_back({usp::ObjectDeleted{path}, {}});
    }
  };
  for (const Change& change : commit.device_changes) add(change, true);
  for (const LocalCommit& local : commit.local) {
    for (const Change& change : local.changes) add(change, false);
  }
  out.insert(out.end(), commit.told.begin(), commit.told.end());
  return out;
}

std::vector<OutboxRow> VirtualAgent::compose(Commit& commit) {
  std::vector<OutboxRow> out = std::move(commit.rows);
  if (!device_.loaded()) return out;
  bool changed = touches_subscriptions(commit);
  if (changed) subscriptions_.reset();
  for (const Told& told : tell(commit)) notify(told, out);
  if (changed) {
    sync_timers(commit);
    // After the commit: what the device is asked to notify follows from what is stored then.
    asio::post(device_.strand(), [self = device_.shared_from_this()] {
      if (self->loaded()) self->agent().plan_notifications(false);
    });
  }
  return out;
}

// ---- timers

void VirtualAgent::put_timer(Commit& commit, TimerKind kind, const std::string& key,
                             std::int64_t due_ms) {
  timers_.insert(std::to_string(static_cast<int>(kind)) + key);
  TimerRow row{device_.id(), static_cast<int>(kind), key, due_ms, {}};
  commit.state.push_back([row](StateWriter& state) { return state.put_timer(row); });
  device_.runtime().northbound->poke_timers();
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

asio::awaitable<void> VirtualAgent::on_timer(TimerRow row) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded) co_return;
  Commit commit;
  timers_.erase(std::to_string(row.kind) + row.key);
  commit.state.push_back([row](StateWriter& state) -> Result<void> {
    auto erased = state.erase_timer(row.device_id, row.kind, row.key);
    return erased ? Result<void>{} : tl::unexpected(erased.error());
  });
  if (row.kind == static_cast<int>(TimerKind::kSubscriptionEnd)) {
    LocalTransaction transaction(device_.local(), LocalActor{.controller = {}, .bridge = true},
                                 now_ms());
    if (transaction.remove_row(row.key)) commit.local.push_back(transaction.commit());
  } else if (device_.onboarded()) {
    for (const LocalController& controller : device_.local().controllers()) {
      if (controller.path != row.key) continue;
      commit.told.push_back(
          {usp::EventRaised{"Device.LocalAgent.", "Periodic!", {}}, controller.reference});
    }
    sync_timers(commit);
  }
  Result<void> stored = co_await device_.commit(std::move(commit));
  if (!stored) spdlog::error("device {}: a timer is not stored", device_.endpoint_id());
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
  usp::Outcome outcome = usp::handle(msg, *snapshot->view, usp::Access{}, true);
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

void VirtualAgent::on_boot(const cwmp::Inform& inform, bool bootstrap, bool firmware_changed,
                           Commit& commit) {
  // First Boot!, then the subscriptions that do not outlive a boot go, and their retries with them
  // (design).
  for (const LocalController& controller : device_.local().controllers()) {
    usp::EventRaised event = boot_event(inform, bootstrap, firmware_changed);
    event.args["ParameterMap"] = boot_parameters(controller);
    std::vector<OutboxRow> rows;
    notify({std::move(event), controller.reference}, rows);
    for (OutboxRow& row : rows) commit.rows.push_back(std::move(row));
  }
  std::set<std::string> going;
  for (const LocalSubscription& row : device_.local().subscriptions()) {
    if (!row.persistent) going.insert(row.id);
  }
  for (OutboxRow& row : commit.rows) {
    if (going.count(row.subscription_id) > 0) row.needs_response = false;
  }
  drop_volatile_subscriptions(commit);
}

void VirtualAgent::on_transfer_complete(const cwmp::TransferComplete& complete, Commit& commit) {
  usp::EventRaised event{"Device.LocalAgent.", "TransferComplete!", {}};
  event.args["CommandKey"] = complete.command_key;
  event.args["StartTime"] = complete.start_time;
  event.args["CompleteTime"] = complete.complete_time;
  event.args["FaultCode"] = std::to_string(complete.fault.code);
  event.args["FaultString"] = complete.fault.text;
  commit.told.push_back({std::move(event), {}});
}

void VirtualAgent::on_first_appearance(Commit& commit) {
  for (const LocalController& controller : device_.local().controllers()) {
    send_onboard_request(controller.path, commit);
  }
  sync_timers(commit);
}

bool VirtualAgent::send_onboard_request(const std::string& controller_path, Commit& commit) {
  const DeviceIdentity& identity = device_.row().identity;
  for (const LocalController& controller : device_.local().controllers()) {
    if (controller.path != controller_path || !controller.enabled || controller.topic.empty()) {
      continue;
    }
    usp::DeviceIdentity who{identity.oui, identity.product_class, identity.serial};
    usp_msg::Msg msg = usp::make_notify_message(make_msg_id(), usp::make_on_board_request(who));
    commit.rows.push_back(outbox_row(controller, msg, OutboxKind::kOnBoardRequest, true, 0));
    return true;
  }
  return false;
}

// ---- what the device reports by itself

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
  if (!device_.in_session()) device_.runtime().waker->wake(device_.shared_from_this());
}

asio::awaitable<void> VirtualAgent::commit_quietly(DevicePtr device, Commit commit) {
  Result<void> stored = co_await device->commit(std::move(commit));
  if (!stored) spdlog::warn("device {}: {}", device->endpoint_id(), stored.error().text);
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

// ---- the outbox

Result<void> add_to_outbox(StateWriter& writer, const std::vector<OutboxRow>& rows, std::size_t cap,
                           Metrics& metrics) {
  for (const OutboxRow& row : rows) {
    bool may_be_dropped = row.kind < static_cast<int>(OutboxKind::kOperationComplete);
    auto count = writer.notification_count(row.device_id, row.controller);
    if (!count) return tl::unexpected(count.error());
    bool full = *count >= static_cast<std::int64_t>(cap);
    for (int kind = 0; full && kind < static_cast<int>(OutboxKind::kOperationComplete); ++kind) {
      auto dropped = writer.drop_oldest_notifications(row.device_id, row.controller, kind, 1);
      if (!dropped) return tl::unexpected(dropped.error());
      if (*dropped > 0) {
        metrics.outbox_dropped.add({"cap"});
        full = false;
      }
    }
    if (full && may_be_dropped) {
      metrics.outbox_dropped.add({"cap"});
      continue;
    }
    auto added = writer.add_notification(row);
    if (!added) return tl::unexpected(added.error());
  }
  return {};
}

}  // namespace bridge
