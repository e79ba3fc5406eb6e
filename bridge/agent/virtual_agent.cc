#include "bridge/agent/virtual_agent.h"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <random>
#include <set>
#include <utility>

#include "bridge/agent/fresh_view.h"
#include "bridge/agent/roles.h"
#include "bridge/agent/unique_keys.h"
#include "bridge/audit.h"
#include "bridge/config.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/task/read_values.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;

std::string result_of(const usp_msg::Msg& msg) {
  return msg.body().has_error() ? std::to_string(msg.body().error().err_code()) : "ok";
}

std::string type_of(const usp_msg::Msg& msg) {
  return usp_msg::Header::MsgType_Name(msg.header().msg_type());
}

}  // namespace

std::string make_msg_id() {
  static const std::uint32_t kProcess = std::random_device{}();
  static std::atomic<std::uint64_t> count{0};
  return fmt::format("ub-{:08x}-{}", kProcess, ++count);
}

VirtualAgent::VirtualAgent(Device& device)
    : device_(device), operation_ended_(device.strand()), turns_(device.strand()) {}
VirtualAgent::~VirtualAgent() = default;

LocalActor VirtualAgent::actor_of(const std::string& requester) {
  LocalActor actor;
  if (auto controller = device_.local().controller(requester)) {
    actor.controller = controller->reference;
  }
  return actor;
}

void VirtualAgent::reply(const Caller& caller, const usp_msg::Msg& msg) {
  Northbound::ReplyTo to{
      caller.endpoint_id, caller.reply_topic, caller.correlation, caller.in_session, {}};
  // Also answered: that the store does not answer.
  if (device_.loaded()) {
    const RoleBook::Standing& standing = roles_.of(device_.local(), caller.endpoint_id);
    to.session = standing.session;
    to.stranger = standing.kind == RoleBook::Standing::Kind::kUnknown;
  }
  device_.runtime().northbound->send(device_, to, msg);
}

E2eSession VirtualAgent::session_of(const std::string& controller) {
  return roles_.of(device_.local(), controller).session;
}

asio::awaitable<std::optional<E2eSession>> VirtualAgent::read_session(std::string controller) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded || !device_.onboarded()) co_return std::nullopt;
  const RoleBook::Standing& standing = roles_.of(device_.local(), controller);
  if (standing.kind != RoleBook::Standing::Kind::kServed) co_return std::nullopt;
  std::optional<E2eSession> session = standing.session;
  co_return session;
}

asio::awaitable<std::optional<LocalTrust>> VirtualAgent::read_trust(std::string controller) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded || !device_.onboarded()) co_return std::nullopt;
  std::optional<LocalTrust> trust = device_.local().trust_of(controller);
  co_return trust;
}

void VirtualAgent::apply_sessions() {
  for (const LocalController& controller : device_.local().controllers()) {
    device_.runtime().northbound->apply_session(device_, controller);
  }
}

asio::awaitable<void> VirtualAgent::on_message(Caller caller, usp_msg::Msg msg) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded) {
    usp::Error error{usp::ErrorCode::kInternalError, "the store does not answer", {}};
    reply(caller, usp::make_error(msg.header().msg_id(), error));
    co_return;
  }
  if (!device_.onboarded()) {
    log_info({.device = device_.endpoint_id()}, "{} from {} dropped: the agent is not up yet",
             type_of(msg), caller.endpoint_id);
    device_.runtime().metrics.mqtt_dropped.add({"agent not up"});
    co_return;
  }
  std::string controller = caller.endpoint_id;
  if (!grants_of(controller)) {
    const bool disabled =
        roles_.of(device_.local(), controller).kind == RoleBook::Standing::Kind::kDisabled;
    device_.runtime().northbound->audit().dropped(
        device_.endpoint_id(), controller, disabled ? "disabled controller" : "unknown controller",
        disabled ? "its row is disabled" : "neither configured nor in the agent's table");
    co_return;
  }
  std::string msg_id = msg.header().msg_id();
  if (!caller.in_session && session_of(controller).mode == SessionMode::kRequire) {
    if (!msg.body().has_request()) co_return;
    usp::Error error{usp::ErrorCode::kInvalidRecordValue, "a session context is required", {}};
    caller.in_session = true;
    reply(caller, usp::make_error(msg_id, error));
    co_return;
  }
  if (msg.body().has_request() && is_under_way(caller, msg_id)) {
    log_info({.device = device_.endpoint_id()}, "{} {} from {} ignored: it is under way already",
             type_of(msg), msg_id, controller);
    co_return;
  }
  handling_[controller].insert(msg_id);
  std::string type = type_of(msg);
  auto began = std::chrono::steady_clock::now();
  milliseconds timeout{0};
  std::optional<usp_msg::Msg> answer = co_await handle(caller, std::move(msg), timeout);
  handling_[controller].erase(msg_id);
  if (handling_[controller].empty()) handling_.erase(controller);
  std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  Metrics& metrics = device_.runtime().metrics;
  metrics.usp_request_seconds.Observe(took.count());
  metrics.usp_requests.add({type, answer ? result_of(*answer) : "ok"});
  log_debug({.device = device_.endpoint_id()}, "{} {} from {}: {} in {:.1f} ms", type, msg_id,
            controller, answer ? result_of(*answer) : "no answer or later", took.count() * 1000);
  if (answer) reply(caller, *answer);
}

/// R-MSG.4: not answered yet, so not to be begun again; also when a restart lies between.
bool VirtualAgent::is_under_way(const Caller& caller, const std::string& msg_id) const {
  auto handling = handling_.find(caller.endpoint_id);
  if (handling != handling_.end() && handling->second.count(msg_id) > 0) return true;
  return std::any_of(running_.begin(), running_.end(), [&](const auto& each) {
    const Operation& operation = *each.second.operation;
    return operation.origin.requester == caller.endpoint_id && operation.plan.msg_id == msg_id &&
           operation.request_rows.empty();
  });
}

asio::awaitable<std::optional<usp_msg::Msg>> VirtualAgent::request(usp_msg::Msg msg,
                                                                   control::Backend::Ask ask) {
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded || !device_.onboarded()) co_return std::nullopt;
  Caller caller;
  caller.endpoint_id = std::move(ask.requester);
  caller.trace_id = std::move(ask.trace_id);
  if (msg.header().msg_id().empty()) msg.mutable_header()->set_msg_id(make_msg_id());
  std::optional<usp_msg::Msg> answer = co_await handle(caller, std::move(msg), ask.timeout);
  co_return answer;
}

asio::awaitable<std::optional<usp_msg::Msg>> VirtualAgent::handle(Caller caller, usp_msg::Msg msg,
                                                                  milliseconds timeout) {
  if (usp::is_answer(msg)) {
    auto taking = on_peer_answer(caller.endpoint_id, std::move(msg));
    co_await std::move(taking);
    co_return std::nullopt;
  }
  std::shared_ptr<const Grants> grants;
  std::string own_row;
  if (caller.is_controller) {
    grants = grants_of(caller.endpoint_id);
    own_row = roles_.of(device_.local(), caller.endpoint_id).row;
  }
  const bool sees_secured = grants && grants->secured;
  auto fresh = make_fresh_view(device_, sees_secured);
  usp::Outcome outcome = judge(grants, msg, own_row, *fresh, false);
  if (auto* need = std::get_if<usp::NeedValues>(&outcome)) {
    std::vector<std::string> paths = std::move(need->paths);
    fresh.reset();
    auto reading = read_live(std::move(paths));
    co_await std::move(reading);
    fresh = make_fresh_view(device_, sees_secured);
    outcome = judge(grants, msg, own_row, *fresh, true);
  }
  fresh.reset();
  if (device_.model().has_new_numbers()) {  // what a controller has seen must survive a crash
    Commit numbers;
    Result<void> stored = co_await device_.commit(std::move(numbers));
    if (!stored) {
      usp::Error error{usp::ErrorCode::kInternalError, "cannot be stored now", {}};
      co_return usp::make_error(msg.header().msg_id(), error);
    }
  }
  if (auto* respond = std::get_if<usp::Respond>(&outcome)) {
    note_denied(caller, msg, denied_paths(respond->msg));
    co_return std::move(respond->msg);
  }
  if (auto* plan = std::get_if<usp::Plan>(&outcome)) {
    note_denied(caller, msg, denied_paths(*plan));
    bool wait = !caller.is_controller;
    auto running = begin_operation(std::move(caller), std::move(*plan), timeout, wait);
    std::optional<usp_msg::Msg> answer = co_await std::move(running);
    co_return answer;
  }
  if (auto* ignored = std::get_if<usp::Ignore>(&outcome)) {
    log_info({.device = device_.endpoint_id()}, "message of {} ignored: {}", caller.endpoint_id,
             ignored->why);
  }
  co_return std::nullopt;
}

asio::awaitable<void> VirtualAgent::read_live(std::vector<std::string> paths) {
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    for (std::string& name : device_.model().sources(path)) {
      if (seen.insert(name).second) names.push_back(std::move(name));
    }
  }
  if (names.empty()) co_return;
  auto work = std::make_shared<Work>();
  work->task = std::make_shared<task::ReadValues>(std::move(names));
  work->deadline =
      std::chrono::steady_clock::now() + device_.runtime().config.device.live_read_deadline;
  co_await device_.run(work);
}

asio::awaitable<void> VirtualAgent::on_peer_answer(std::string controller, usp_msg::Msg msg) {
  if (msg.header().msg_type() != usp_msg::Header::NOTIFY_RESP) {
    // An Error for a Notify is no NotifyResponse: it is sent again (R-NOT.1).
    log_info({.device = device_.endpoint_id()}, "{} answered a notification with an error",
             controller);
    co_return;
  }
  const usp_msg::NotifyResp& response = msg.body().response().notify_resp();
  std::optional<TimerRow> timer;
  if (response.subscription_id().empty()) {  // of an OnBoardRequest
    Result<void> loaded = co_await device_.load();
    if (loaded) timer = onboarding_timer(controller);
  }
  auto erase = [id = device_.id(), controller, msg_id = msg.header().msg_id(),
                subscription_id = response.subscription_id(),
                timer](StateWriter& state) -> Result<bool> {
    Result<bool> confirmed = state.confirm_notification(id, controller, msg_id, subscription_id);
    if (!confirmed || !*confirmed || !timer) return confirmed;
    if (auto put = state.put_timer(*timer); !put) return tl::unexpected(put.error());
    return true;
  };
  Result<bool> erased = co_await device_.runtime().store.write_state(std::move(erase));
  if (timer) device_.runtime().northbound->poke();
  if (!erased) {
    log_error({.device = device_.endpoint_id()}, "NotifyResponse not stored");
  } else if (*erased) {
    device_.runtime().metrics.usp_notifications.add({"Notify", "confirmed"});
  } else {
    log_debug({.device = device_.endpoint_id()},
              "NotifyResponse {} of {} for \"{}\" confirms nothing that waits",
              msg.header().msg_id(), controller, response.subscription_id());
  }
}

void VirtualAgent::keep_declared_outputs(const std::string& object, const std::string& command,
                                         std::map<std::string, std::string>& values) {
  auto snapshot = device_.snapshot();
  const usp::SupportedObject* supported = supported_object(*snapshot->view, object);
  const usp::SupportedCommand* declared =
      supported == nullptr ? nullptr : supported->command(command);
  if (declared == nullptr) return;
  std::erase_if(values, [declared](const auto& value) {
    std::string general = usp::to_supported_path(value.first);
    for (const std::string& name : declared->output) {
      if (name == general) return false;
    }
    return true;
  });
}

}  // namespace bridge
