// Operations of a virtual agent: stored before they begin, taken up again after a restart, answered
// when they end.
#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/event_hub.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/task/add_object.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using State = usp::StepResult::State;

/// How long an answer waits for the broker to come back before nobody can want it any more.
constexpr std::int64_t kResponseLifeMs = 600'000;

/// Commands that only touch what the bridge keeps: done at once, not stored.
bool is_bridge_command(const usp::Plan& plan) {
  return plan.command == "SendOnBoardRequest()" || plan.command == "Cancel()";
}

milliseconds time_limit(const Config& config, const ControllerConfig* controller,
                        const usp::Plan& plan, milliseconds asked) {
  if (asked > milliseconds(0)) return asked;
  if (plan.kind == usp::Plan::Kind::kOperate && plan.asynchronous) {
    return config.device.command_deadline;
  }
  if (controller != nullptr && controller->deadline) return *controller->deadline;
  return config.device.operation_deadline;
}

usp_msg::Msg too_many(const usp::Plan& plan) {
  usp::Error error{
      usp::ErrorCode::kResourcesExceeded, "too many operations wait for this device already", {}};
  return usp::make_error(plan.msg_id, error);
}

usp::OperationCompleted completion(const usp::Plan& plan, std::size_t step,
                                   const usp::StepResult& result) {
  usp::OperationCompleted out;
  out.object = plan.steps[step].path;
  out.command = plan.command;
  out.command_key = plan.command_key;
  if (result.state == State::kDone) {
    out.output = result.values;
  } else {
    out.failure = usp::OperationCompleted::Failure{result.code, result.text};
  }
  return out;
}

}  // namespace

asio::awaitable<std::optional<usp_msg::Msg>> VirtualAgent::begin_operation(Caller caller,
                                                                           usp::Plan plan,
                                                                           milliseconds timeout,
                                                                           bool wait) {
  const Config& config = device_.runtime().config;
  auto operation = std::make_shared<Operation>();
  operation->origin.kind = wait ? Origin::Kind::kGrpc : Origin::Kind::kUsp;
  operation->origin.requester = caller.endpoint_id;
  operation->origin.reply_topic = caller.reply_topic;
  operation->origin.correlation = caller.correlation;
  operation->created_ms = now_ms();
  operation->deadline_ms =
      operation->created_ms + time_limit(config, caller.config, plan, timeout).count();
  operation->plan = std::move(plan);
  const usp::Plan& todo = operation->plan;

  bool bridge_only = todo.kind == usp::Plan::Kind::kOperate
                         ? is_bridge_command(todo) || todo.steps.empty()
                         : !Execution::needs_device(device_, todo);
  if (bridge_only) {
    auto execution = std::make_shared<Execution>(device_, operation, actor_of(caller.endpoint_id));
    Commit commit;
    auto running = execution->run(commit);
    co_await std::move(running);
    Result<void> stored = co_await device_.commit(std::move(commit));
    if (!stored) {
      usp::Error error{usp::ErrorCode::kInternalError, "cannot be stored now", {}};
      co_return usp::make_error(todo.msg_id, error);
    }
    co_return usp::finish(todo, operation->results, usp::Access{});
  }
  if (running_.size() >= config.device.open_operations) co_return too_many(todo);

  operation->results.resize(todo.steps.size());
  Result<void> stored = co_await store_operation(operation);
  if (!stored) {
    usp::Error error{usp::ErrorCode::kInternalError, "cannot be stored now", {}};
    if (stored.error().kind == ErrorKind::kInvalid) co_return too_many(todo);
    co_return usp::make_error(todo.msg_id, error);
  }
  Running running;
  running.operation = operation;
  bool asynchronous = todo.kind == usp::Plan::Kind::kOperate && todo.asynchronous;
  if (wait && !asynchronous) {
    running.answer = std::make_shared<Promise<usp_msg::Msg>>(device_.strand());
  }
  auto answer = running.answer;
  // An asynchronous command is answered as soon as its Request row is durable (R-OPR.0).
  std::optional<usp_msg::Msg> at_once;
  if (asynchronous) {
    std::vector<usp::StepResult> rows(todo.steps.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      rows[i].state = State::kDone;
      rows[i].path = operation->request_rows[i];
    }
    at_once = usp::finish(todo, rows, usp::Access{});
  }
  running.execution = start(operation);
  running_[operation->id] = running;
  publish(*operation);
  auto to_end = run_to_end(std::move(running));
  asio::co_spawn(device_.strand(), std::move(to_end), asio::detached);
  if (!answer) co_return at_once;
  std::optional<usp_msg::Msg> done =
      co_await answer->get_until(std::chrono::steady_clock::time_point::max());
  co_return done;
}

asio::awaitable<Result<void>> VirtualAgent::store_operation(std::shared_ptr<Operation> operation) {
  Commit commit;
  const usp::Plan& plan = operation->plan;
  if (plan.kind == usp::Plan::Kind::kOperate && plan.asynchronous) {
    LocalTransaction transaction(device_.local(), LocalActor{.controller = {}, .bridge = true},
                                 now_ms());
    for (const usp::Step& step : plan.steps) {
      auto row = transaction.add_request(operation->origin.requester, step.path + plan.command,
                                         plan.command_key);
      if (!row) co_return fail(ErrorKind::kInvalid, row.error().text);
      operation->request_rows.push_back(*row);
    }
    commit.local.push_back(transaction.commit());
  }
  commit.state.push_back([id = device_.id(), operation](StateWriter& state) -> Result<void> {
    auto added = state.add_operation(to_row(id, *operation));
    if (!added) return tl::unexpected(added.error());
    operation->id = *added;  // read again only after the commit
    return {};
  });
  Result<void> stored = co_await device_.commit(std::move(commit));
  co_return stored;
}

std::shared_ptr<Execution> VirtualAgent::start(std::shared_ptr<Operation> operation) {
  LocalActor actor = actor_of(operation->origin.requester);
  return std::make_shared<Execution>(device_, std::move(operation), std::move(actor));
}

void VirtualAgent::finish_requests(const Operation& operation, Commit& commit) {
  if (operation.request_rows.empty()) return;
  LocalTransaction transaction(device_.local(), LocalActor{.controller = {}, .bridge = true},
                               now_ms());
  for (const std::string& row : operation.request_rows) transaction.remove_row(row);
  commit.local.push_back(transaction.commit());
  for (std::size_t i = 0; i < operation.results.size(); ++i) {
    commit.told.push_back({completion(operation.plan, i, operation.results[i]), {}});
  }
}

asio::awaitable<void> VirtualAgent::run_to_end(Running running) {
  auto self = device_.shared_from_this();
  std::shared_ptr<Operation> operation = running.operation;
  Commit commit;
  auto execution = running.execution->run(commit);
  co_await std::move(execution);
  operation->state = end_state(operation->plan, operation->results);
  bool cancelled = std::any_of(operation->results.begin(), operation->results.end(),
                               [](const usp::StepResult& result) {
                                 return result.code == usp::ErrorCode::kCommandCanceled;
                               });
  if (cancelled) operation->state = OperationState::kCancelled;
  finish_requests(*operation, commit);

  bool asynchronous =
      operation->plan.kind == usp::Plan::Kind::kOperate && operation->plan.asynchronous;
  std::optional<usp_msg::Msg> answer;
  if (!asynchronous) answer = usp::finish(operation->plan, operation->results, usp::Access{});
  std::int64_t now = now_ms();
  if (answer && operation->origin.kind == Origin::Kind::kUsp) {
    OutboxRow row;
    row.device_id = device_.id();
    row.controller = operation->origin.requester;
    row.kind = static_cast<int>(OutboxKind::kResponse);
    row.payload = encode_outbound({operation->origin.reply_topic, operation->origin.correlation,
                                   answer->SerializeAsString(), operation->plan.msg_id,
                                   device_.endpoint_id()});
    row.created_ms = now;
    row.next_attempt_ms = now;
    row.expires_ms = now + kResponseLifeMs;
    commit.rows.push_back(std::move(row));
  }
  commit.state.push_back([operation, now](StateWriter& state) -> Result<void> {
    auto updated = state.update_operation(operation->id, static_cast<int>(operation->state),
                                          encode_progress(*operation), now);
    return updated ? Result<void>{} : tl::unexpected(updated.error());
  });
  Result<void> stored = co_await device_.commit(std::move(commit));
  if (!stored) {
    spdlog::error("device {}: the end of operation {} is not stored: {}", device_.endpoint_id(),
                  operation->id, stored.error().text);
  }
  running_.erase(operation->id);
  device_.note_work();
  bool good = operation->state == OperationState::kSucceeded;
  device_.runtime().metrics.operations.add({kind_name(operation->plan.kind), good ? "succeeded"
                                                                             : cancelled
                                                                                 ? "cancelled"
                                                                                 : "failed"});
  spdlog::info("device {}: audit: {} {} for {}: {} in {} ms", device_.endpoint_id(),
               kind_name(operation->plan.kind), summary(operation->plan),
               operation->origin.requester, good ? "succeeded" : "failed",
               now - operation->created_ms);
  publish(*operation);
  if (answer && running.answer) running.answer->set(*std::move(answer));
}

void VirtualAgent::on_loaded(const AgentRows& rows) {
  subscriptions_.reset();
  timers_.clear();
  for (const TimerRow& row : rows.timers) timers_.insert(std::to_string(row.kind) + row.key);
  notifying_.clear();
  for (const InstanceRow& row : rows.instances) {
    if (row.name == "notify") notifying_.insert(row.key);
  }
  for (const OperationRow& row : rows.operations) {
    if (running_.count(row.id) > 0) continue;
    if (row.kind == kUndoAddKind) {
      resume_undo(row);
    } else {
      resume(row);
    }
  }
}

void VirtualAgent::resume(const OperationRow& row) {
  auto operation = from_row(row);
  if (!operation) {
    spdlog::error("device {}: operation {} cannot be read, left alone", device_.endpoint_id(),
                  row.id);
    return;
  }
  spdlog::info("device {}: operation {} ({} {}) goes on after a restart", device_.endpoint_id(),
               row.id, kind_name(operation->plan.kind), summary(operation->plan));
  Running running;
  running.operation = std::make_shared<Operation>(*std::move(operation));
  running.execution = start(running.operation);
  running_[row.id] = running;
  auto to_end = run_to_end(std::move(running));
  asio::co_spawn(device_.strand(), std::move(to_end), asio::detached);
}

void VirtualAgent::resume_undo(const OperationRow& row) {
  Learned learned;
  task::Context context{device_.tree(), learned, now_ms()};
  task::AddObject add(row.body, {}, "usp-bridge");
  std::unique_ptr<task::Task> undo;
  if (add.restore(row.progress, context)) {
    add.abandon({cwmp::FaultCode::kInternalError, "the deadline has passed", {}});
    undo = add.undo();
  }
  if (undo == nullptr) return;
  auto work = std::make_shared<Work>();
  work->task = std::move(undo);
  work->started = true;
  track_undo(work, nullptr);
  device_.push(work);
}

void VirtualAgent::track_undo(const WorkPtr& undo, const WorkPtr& of) {
  static_cast<void>(of);
  // When it is done, every stored undo of this device that has no work any more is done too.
  undo->on_end = [this, self = std::weak_ptr(device_.shared_from_this())](WorkEnd end) {
    auto device = self.lock();
    if (!device || end != WorkEnd::kDone) return;
    auto forget = [](Device& target) -> asio::awaitable<void> {
      auto keep = target.shared_from_this();
      auto erase = [id = target.id()](StateWriter& state) -> Result<void> {
        auto rows = state.open_operations(id);
        if (!rows) return tl::unexpected(rows.error());
        for (const OperationRow& row : *rows) {
          if (row.kind != kUndoAddKind) continue;
          auto erased = state.erase_operation(row.id);
          if (!erased) return tl::unexpected(erased.error());
          break;  // in order: the oldest is the one that is done
        }
        return {};
      };
      Result<void> done = co_await target.runtime().store.write_state(std::move(erase));
      if (!done) spdlog::error("device {}: undo stays stored", target.endpoint_id());
    };
    auto forgetting = forget(*device);
    asio::co_spawn(device->strand(), std::move(forgetting), asio::detached);
  };
}

bool VirtualAgent::cancel_request(const std::string& request_row) {
  for (auto& [id, running] : running_) {
    for (const std::string& row : running.operation->request_rows) {
      if (row == request_row) return running.execution->cancel();
    }
  }
  return false;
}

control::CancelResult VirtualAgent::cancel(std::int64_t operation_id) {
  auto found = running_.find(operation_id);
  if (found == running_.end()) return control::CancelResult::kNotFound;
  return found->second.execution->cancel() ? control::CancelResult::kCancelled
                                           : control::CancelResult::kAlreadySent;
}

void VirtualAgent::shut_down() {
  for (auto& [id, running] : running_) running.execution->cancel();
}

asio::awaitable<tl::expected<control::OperationInfo, control::Backend::Refused>>
VirtualAgent::start_command(std::string command, std::string command_key,
                            std::map<std::string, std::string> input, milliseconds timeout) {
  using control::Backend;
  auto self = device_.shared_from_this();
  Result<void> loaded = co_await device_.load();
  if (!loaded || !device_.onboarded()) {
    co_return tl::unexpected(Backend::Refused{7002, "the device's agent is not up yet"});
  }
  usp_msg::Msg msg;
  msg.mutable_header()->set_msg_id(make_msg_id());
  msg.mutable_header()->set_msg_type(usp_msg::Header::OPERATE);
  auto* operate = msg.mutable_body()->mutable_request()->mutable_operate();
  operate->set_command(command);
  operate->set_command_key(command_key);
  operate->set_send_resp(true);
  operate->mutable_input_args()->insert(input.begin(), input.end());
  auto snapshot = device_.snapshot();
  usp::Outcome outcome = usp::handle(msg, *snapshot->view, usp::Access{}, true);
  snapshot.reset();
  auto* plan = std::get_if<usp::Plan>(&outcome);
  if (plan == nullptr || plan->steps.size() != 1) {
    Backend::Refused refused{7022, "the command names no single object"};
    if (const auto* respond = std::get_if<usp::Respond>(&outcome)) {
      const usp_msg::Body& body = respond->msg.body();
      if (body.has_error()) refused = {body.error().err_code(), body.error().err_msg()};
      for (const auto& result : body.response().operate_resp().operation_results()) {
        if (result.has_cmd_failure()) {
          refused = {result.cmd_failure().err_code(), result.cmd_failure().err_msg()};
        }
      }
    }
    co_return tl::unexpected(refused);
  }
  auto operation = std::make_shared<Operation>();
  operation->origin.kind = Origin::Kind::kGrpc;
  operation->origin.requester = "grpc";
  operation->created_ms = now_ms();
  milliseconds limit =
      timeout > milliseconds(0) ? timeout : device_.runtime().config.device.command_deadline;
  operation->deadline_ms = operation->created_ms + limit.count();
  operation->plan = std::move(*plan);
  operation->results.resize(1);
  Result<void> stored = co_await store_operation(operation);
  if (!stored) co_return tl::unexpected(Backend::Refused{7005, stored.error().text});
  control::OperationInfo info = info_of(*operation);
  Running running;
  running.operation = operation;
  running.execution = start(operation);
  running_[operation->id] = running;
  publish(*operation);
  auto to_end = run_to_end(std::move(running));
  asio::co_spawn(device_.strand(), std::move(to_end), asio::detached);
  co_return info;
}

control::OperationInfo VirtualAgent::info_of(const Operation& operation) const {
  return to_info(operation, device_.endpoint_id(), 0);
}

void VirtualAgent::publish(const Operation& operation) {
  EventHub& events = device_.runtime().events;
  if (!events.watched()) return;
  std::int64_t finished = is_over(operation.state) ? now_ms() : 0;
  events.publish(
      {now_ms(), device_.endpoint_id(), to_info(operation, device_.endpoint_id(), finished)});
}

control::OperationInfo to_info(const Operation& operation, const std::string& endpoint_id,
                               std::int64_t finished_ms) {
  control::OperationInfo info;
  info.id = operation.id;
  info.endpoint_id = endpoint_id;
  switch (operation.state) {
    case OperationState::kQueued:
      info.state = control::OperationState::kQueued;
      break;
    case OperationState::kRunning:
      info.state = control::OperationState::kRunning;
      break;
    case OperationState::kSucceeded:
      info.state = control::OperationState::kSucceeded;
      break;
    case OperationState::kFailed:
      info.state = control::OperationState::kFailed;
      break;
    case OperationState::kCancelled:
      info.state = control::OperationState::kCancelled;
      break;
  }
  info.kind = kind_name(operation.plan.kind);
  info.summary = summary(operation.plan);
  info.requester = operation.origin.requester;
  info.created_ms = operation.created_ms;
  info.deadline_ms = operation.deadline_ms;
  info.finished_ms = finished_ms;
  for (const usp::StepResult& result : operation.results) {
    if (result.state == State::kFailed) {
      info.error_code = static_cast<std::uint32_t>(result.code);
      info.error_text = result.text;
    } else {
      info.output.insert(result.values.begin(), result.values.end());
    }
  }
  return info;
}

}  // namespace bridge
