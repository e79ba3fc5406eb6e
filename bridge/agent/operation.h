// An operation: a write or command of a controller (or of the control API) that outlives the
// bridge's process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/agent/e2e_session.h"
#include "bridge/store/rows.h"
#include "usp/plan.h"

namespace bridge {

struct LogSubject;

/// Stored in OperationRow::state.
enum class OperationState : int {
  kQueued = 0,
  kRunning = 1,  ///< something was sent to the device
  kSucceeded = 2,
  kFailed = 3,
  kCancelled = 4,
};

/// Who asked, and where the answer goes.
struct Requester {
  enum class Kind { kUsp, kGrpc };
  Kind kind = Kind::kUsp;
  std::string requester;    ///< Endpoint ID of the controller; "grpc", "grpc:{client}"
  std::string reply_topic;  ///< kUsp
  std::string correlation;  ///< kUsp: MQTT Correlation Data of the request, given back
  bool in_session = false;  ///< kUsp: the request came in a session context
  std::string trace_id;     ///< trace_id.h
  bool operator==(const Requester&) const = default;
};

struct Operation {
  std::int64_t id = 0;  ///< 0: not stored
  Requester origin;
  usp::Plan plan;
  std::vector<std::string> request_rows;  ///< asynchronous: "Device.LocalAgent.Request.4." a step
  std::int64_t created_ms = 0;
  std::int64_t deadline_ms = 0;
  OperationState state = OperationState::kQueued;

  std::vector<usp::StepResult> results;  ///< one a step; kNotDone: still to be done
  std::string task;                      ///< progress of the task under way, see task::Task::save()
  std::size_t task_step = 0;             ///< the step that `task` belongs to
  std::string moved;     ///< the row being moved (NativeWrite::moved): what goes before it is done
  std::string moved_to;  ///< the device's row that it has become; empty: not added yet
};

/// Row with everything but the id set.
OperationRow to_row(std::int64_t device_id, const Operation& operation);

/// nullopt: written by something newer, or damaged.
std::optional<Operation> from_row(const OperationRow& row);

/// OperationRow::progress.
std::string encode_progress(const Operation& operation);

/// Finished, as OperationRow::state.
inline bool is_over(OperationState state) {
  return state != OperationState::kQueued && state != OperationState::kRunning;
}

/// kSucceeded unless every step failed or, all-or-nothing, one did.
OperationState end_state(const usp::Plan& plan, const std::vector<usp::StepResult>& results);

/// "Set", "Add", "Delete", "Operate".
std::string_view kind_name(usp::Plan::Kind kind);

/// What a line of the log is about; views of both, which outlive it.
LogSubject subject_of(const Operation& operation, const std::string& device);

/// The command with its object, or the first path: for people.
std::string summary(const usp::Plan& plan);

/// A Message that waits to be published (OutboxRow::payload).
struct Outbound {
  std::string topic;
  std::string correlation;
  std::string msg;  ///< encoded usp_msg::Msg
  std::string msg_id;
  std::string from_id;  ///< Endpoint ID of the agent
  std::uint32_t retry_wait_ms = 0;
  std::uint32_t retry_multiplier = 0;  ///< thousandths
  bool in_session = false;             ///< answers a request that came in a session context
  E2eSession session{};
};

std::string encode_outbound(const Outbound& outbound);
std::optional<Outbound> decode_outbound(std::string_view bytes);

/// Stored in OperationRow::kind: a usp::Plan::Kind, or this: an AddObject whose outcome came too
/// late or never, to be taken back. Its origin is the requester, its body the table in the device's
/// own names, its progress that of the AddObject.
constexpr int kUndoAddKind = 10;

/// Stored in OutboxRow::kind. The order is the order of being dropped when the outbox is full: from
/// the top, kOperationComplete and what follows never.
enum class OutboxKind : int {
  kValueChange = 0,
  kEvent = 1,
  kObjectCreation = 2,
  kObjectDeletion = 3,
  kOperationComplete = 4,
  kOnBoardRequest = 5,
  kResponse = 6,  ///< of an operation: sent once, whoever reads it
};

}  // namespace bridge
