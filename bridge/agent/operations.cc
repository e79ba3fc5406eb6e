// Operations of a virtual agent: stored before they begin, taken up again after a restart, answered
// when they end.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "bridge/agent/command_request.h"
#include "bridge/agent/virtual_agent.h"
#include "bridge/config.h"
#include "bridge/event_hub.h"
#include "bridge/log.h"
#include "bridge/metrics.h"
#include "bridge/northbound.h"
#include "bridge/runtime.h"
#include "bridge/task/add_object.h"
#include "bridge/trace_id.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using State = usp::StepResult::State;

/// How long an answer waits for the broker to come back before nobody can want it any more.
constexpr std::int64_t kResponseLifeMs = 600'000;

/// Commands that begin with what the bridge keeps: not stored. A Cancel() that has to ask the
/// device may be asked again; it must not fail because too many operations wait.
bool is_bridge_command(const usp::Plan& plan) {
  if (plan.steps.empty()) return true;
  const CommandRow* row = CommandCatalogue::get().find(plan.steps.front().path, plan.command);
  return row != nullptr && is_bridge_way(row->way);
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
  operation->origin.kind = wait ? Requester::Kind::kGrpc : Requester::Kind::kUsp;
  operation->origin.requester = caller.endpoint_id;
  operation->origin.reply_topic = caller.reply_topic;
  operation->origin.correlation = caller.correlation;
  operation->origin.in_session = caller.in_session;
  operation->origin.trace_id =
      caller.trace_id.empty() ? make_trace_id() : std::move(caller.trace_id);
  operation->created_ms = now_ms();
  operation->deadline_ms =
      operation->created_ms + time_limit(config, caller.config, plan, timeout).count();
  operation->plan = std::move(plan);
  const usp::Plan& asked = operation->plan;

  bool bridge_only = asked.kind == usp::Plan::Kind::kOperate
                         ? is_bridge_command(asked)
                         : !Execution::needs_device(device_, asked);
  if (bridge_only) {
    auto execution = std::make_shared<Execution>(device_, operation, actor_of(caller.endpoint_id));
    Commit commit;
    auto running = execution->run(commit);
    co_await std::move(running);
    Result<void> stored = co_await device_.commit(std::move(commit));
    if (!stored) {
      usp::Error error{usp::ErrorCode::kInternalError, "cannot be stored now", {}};
      co_return usp::make_error(asked.msg_id, error);
    }
    if (execution->reconnects()) {
      // The answer is queued in this turn of the strand, and what is queued goes out first.
      asio::post(device_.strand(), [device = device_.shared_from_this()] {
        device->runtime().northbound->restart_agent(device->endpoint_id());
      });
    }
    co_return finish_for(operation->origin, asked, operation->results);
  }
  if (const auto error = frozen(asked, caller.endpoint_id)) {
    co_return usp::make_error(asked.msg_id, *error);
  }
  if (running_.size() >= config.device.open_operations) co_return too_many(asked);

  operation->results.resize(asked.steps.size());
  Result<void> stored = co_await store_operation(operation);
  if (!stored) {
    usp::Error error{usp::ErrorCode::kInternalError, "cannot be stored now", {}};
    if (stored.error().kind == ErrorKind::kInvalid) co_return too_many(asked);
    co_return usp::make_error(asked.msg_id, error);
  }
  log_debug(subject_of(*operation, device_.endpoint_id()), "{} {} of {} begins",
            kind_name(asked.kind), summary(asked), caller.endpoint_id);
  Running running;
  running.operation = operation;
  bool asynchronous = asked.kind == usp::Plan::Kind::kOperate && asked.asynchronous;
  if (wait && !asynchronous) {
    running.answer = std::make_shared<Promise<usp_msg::Msg>>(device_.strand());
  }
  auto answer = running.answer;
  std::optional<usp_msg::Msg> at_once;
  if (asynchronous && wait) at_once = request_answer(*operation);
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

std::optional<usp_msg::Msg> VirtualAgent::request_answer(const Operation& operation) {
  std::vector<usp::StepResult> rows(operation.plan.steps.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].state = State::kDone;
    rows[i].path = operation.request_rows[i];
  }
  return finish_for(operation.origin, operation.plan, rows);
}

OutboxRow VirtualAgent::response_row(const Operation& operation, const usp_msg::Msg& answer) {
  std::int64_t now = now_ms();
  OutboxRow row;
  row.device_id = device_.id();
  row.controller = operation.origin.requester;
  row.kind = static_cast<int>(OutboxKind::kResponse);
  Outbound outbound;
  outbound.topic = operation.origin.reply_topic;
  outbound.correlation = operation.origin.correlation;
  outbound.msg = answer.SerializeAsString();
  outbound.msg_id = operation.plan.msg_id;
  outbound.from_id = device_.endpoint_id();
  outbound.in_session = operation.origin.in_session;
  outbound.session = session_of(operation.origin.requester);
  row.payload = encode_outbound(outbound);
  row.created_ms = now;
  row.next_attempt_ms = now;
  row.expires_ms = now + kResponseLifeMs;
  return row;
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
    // Answered as soon as its Request row is durable (R-OPR.0), and neither without the other.
    auto answer = request_answer(*operation);
    if (answer && operation->origin.kind == Requester::Kind::kUsp) {
      commit.rows.push_back(response_row(*operation, *answer));
    }
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
  if (!asynchronous) {
    answer = finish_for(operation->origin, operation->plan, operation->results);
  }
  std::int64_t now = now_ms();
  if (answer && operation->origin.kind == Requester::Kind::kUsp) {
    commit.rows.push_back(response_row(*operation, *answer));
  }
  commit.state.push_back([operation, now](StateWriter& state) -> Result<void> {
    auto updated = state.update_operation(operation->id, static_cast<int>(operation->state),
                                          encode_progress(*operation), now);
    return updated ? Result<void>{} : tl::unexpected(updated.error());
  });
  Result<void> stored = co_await device_.commit(std::move(commit));
  if (!stored) {
    log_error(subject_of(*operation, device_.endpoint_id()), "its end is not stored: {}",
              stored.error().text);
  }
  running_.erase(operation->id);
  operation_ended_.notify();
  device_.note_work();
  bool good = operation->state == OperationState::kSucceeded;
  device_.runtime().metrics.operations.add({kind_name(operation->plan.kind), good ? "succeeded"
                                                                             : cancelled
                                                                                 ? "cancelled"
                                                                                 : "failed"});
  log_info(subject_of(*operation, device_.endpoint_id()), "audit: {} {} for {}: {} in {} ms",
           kind_name(operation->plan.kind), summary(operation->plan), operation->origin.requester,
           good ? "succeeded" : "failed", now - operation->created_ms);
  publish(*operation);
  if (answer && running.answer) running.answer->set(*std::move(answer));
}

std::shared_ptr<Execution> VirtualAgent::execution_of(const std::string& request_row) const {
  for (const auto& [id, running] : running_) {
    for (const std::string& row : running.operation->request_rows) {
      if (row == request_row) return running.execution;
    }
  }
  return nullptr;
}

std::shared_ptr<Execution> VirtualAgent::execution_of_key(const std::string& command_key) const {
  for (const auto& [id, running] : running_) {
    for (std::size_t step = 0; step < running.operation->plan.steps.size(); ++step) {
      if (make_command_key(id, step) == command_key) return running.execution;
    }
  }
  return nullptr;
}

asio::awaitable<bool> VirtualAgent::take_turn(std::string object, std::int64_t deadline_ms,
                                              const bool& cancelled) {
  const auto deadline = std::chrono::steady_clock::now() + milliseconds(deadline_ms - now_ms());
  while (testing_.count(object) > 0) {
    if (cancelled || std::chrono::steady_clock::now() >= deadline) co_return false;
    co_await turns_.wait_until(deadline);
  }
  if (cancelled) co_return false;
  testing_.insert(object);
  co_return true;
}

void VirtualAgent::give_turn(const std::string& object) {
  testing_.erase(object);
  turns_.notify();
}

void VirtualAgent::shut_down() {
  for (auto& [id, running] : running_) running.execution->cancel();
}

}  // namespace bridge
