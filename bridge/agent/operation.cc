#include "bridge/agent/operation.h"

#include <algorithm>

#include "bridge/log.h"
#include "proto/bridge/internal/stored.pb.h"

namespace bridge {

namespace {

void to_proto(const usp::StepResult& result, internal::StepResult* out) {
  out->set_state(static_cast<std::uint32_t>(result.state));
  out->set_code(static_cast<std::uint32_t>(result.code));
  out->set_text(result.text);
  for (const usp::ParamError& error : result.param_errors) {
    auto* row = out->add_param_errors();
    row->set_path(error.path);
    row->set_code(static_cast<std::uint32_t>(error.code));
    row->set_text(error.text);
  }
  out->set_path(result.path);
  out->mutable_values()->insert(result.values.begin(), result.values.end());
}

/// What this version knows; another number was written by something newer, or is damaged.
bool is_known(const OperationRow& row, const internal::Progress& progress) {
  constexpr auto kLastState = static_cast<std::uint32_t>(usp::StepResult::State::kNotDone);
  if (row.state < 0 || row.state > static_cast<int>(OperationState::kCancelled)) return false;
  return std::all_of(progress.results().begin(), progress.results().end(),
                     [](const internal::StepResult& step) { return step.state() <= kLastState; });
}

usp::StepResult from_proto(const internal::StepResult& in) {
  usp::StepResult out;
  out.state = static_cast<usp::StepResult::State>(in.state());
  out.code = static_cast<usp::ErrorCode>(in.code());
  out.text = in.text();
  for (const auto& error : in.param_errors()) {
    out.param_errors.push_back(
        {error.path(), static_cast<usp::ErrorCode>(error.code()), error.text()});
  }
  out.path = in.path();
  out.values.insert(in.values().begin(), in.values().end());
  return out;
}

}  // namespace

LogSubject subject_of(const Operation& operation, const std::string& device) {
  return {device, operation.id, operation.origin.trace_id};
}

OperationRow to_row(std::int64_t device_id, const Operation& operation) {
  internal::Operation body;
  body.mutable_origin()->set_kind(operation.origin.kind == Requester::Kind::kGrpc
                                      ? internal::Origin::GRPC
                                      : internal::Origin::USP);
  body.mutable_origin()->set_requester(operation.origin.requester);
  body.mutable_origin()->set_reply_topic(operation.origin.reply_topic);
  body.mutable_origin()->set_correlation(operation.origin.correlation);
  body.mutable_origin()->set_in_session(operation.origin.in_session);
  body.mutable_origin()->set_trace_id(operation.origin.trace_id);
  body.set_plan(usp::encode_plan(operation.plan));
  for (const std::string& path : operation.request_rows) body.add_request_rows(path);

  OperationRow row;
  row.device_id = device_id;
  row.kind = static_cast<int>(operation.plan.kind);
  row.state = static_cast<int>(operation.state);
  row.created_ms = operation.created_ms;
  row.deadline_ms = operation.deadline_ms;
  row.command_key = operation.plan.command_key;
  row.origin = operation.origin.requester;
  row.body = body.SerializeAsString();
  row.progress = encode_progress(operation);
  return row;
}

std::optional<Operation> from_row(const OperationRow& row) {
  internal::Operation body;
  internal::Progress progress;
  if (!body.ParseFromString(row.body) || !progress.ParseFromString(row.progress)) {
    return std::nullopt;
  }
  if (!is_known(row, progress)) return std::nullopt;
  auto plan = usp::decode_plan(body.plan());
  if (!plan) return std::nullopt;
  Operation out;
  out.id = row.id;
  out.origin.kind = body.origin().kind() == internal::Origin::GRPC ? Requester::Kind::kGrpc
                                                                   : Requester::Kind::kUsp;
  out.origin.requester = body.origin().requester();
  out.origin.reply_topic = body.origin().reply_topic();
  out.origin.correlation = body.origin().correlation();
  out.origin.in_session = body.origin().in_session();
  out.origin.trace_id = body.origin().trace_id();
  out.plan = *std::move(plan);
  out.request_rows.assign(body.request_rows().begin(), body.request_rows().end());
  out.created_ms = row.created_ms;
  out.deadline_ms = row.deadline_ms;
  out.state = static_cast<OperationState>(row.state);
  for (const auto& result : progress.results()) out.results.push_back(from_proto(result));
  out.results.resize(out.plan.steps.size());
  out.task = progress.task();
  out.task_step = progress.task_step();
  out.moved = progress.moved();
  out.moved_to = progress.moved_to();
  return out;
}

std::string encode_progress(const Operation& operation) {
  internal::Progress progress;
  for (const usp::StepResult& result : operation.results) {
    to_proto(result, progress.add_results());
  }
  progress.set_task(operation.task);
  progress.set_task_step(static_cast<std::uint32_t>(operation.task_step));
  progress.set_moved(operation.moved);
  progress.set_moved_to(operation.moved_to);
  return progress.SerializeAsString();
}

OperationState end_state(const usp::Plan& plan, const std::vector<usp::StepResult>& results) {
  auto done = std::count_if(results.begin(), results.end(), [](const usp::StepResult& result) {
    return result.state == usp::StepResult::State::kDone;
  });
  auto wanted = static_cast<std::ptrdiff_t>(plan.steps.size());
  bool good = plan.all_or_nothing ? done == wanted : done > 0 || wanted == 0;
  return good ? OperationState::kSucceeded : OperationState::kFailed;
}

std::string_view kind_name(usp::Plan::Kind kind) {
  switch (kind) {
    case usp::Plan::Kind::kSet:
      return "Set";
    case usp::Plan::Kind::kAdd:
      return "Add";
    case usp::Plan::Kind::kDelete:
      return "Delete";
    case usp::Plan::Kind::kOperate:
      return "Operate";
  }
  return "";
}

std::string summary(const usp::Plan& plan) {
  if (!plan.steps.empty()) return plan.steps.front().path + plan.command;
  if (!plan.requested.empty()) return plan.requested.front();
  return {};
}

namespace {

internal::Session to_stored(const E2eSession& from) {
  internal::Session out;
  out.set_mode(static_cast<std::uint32_t>(from.mode));
  out.set_expiration_s(from.expiration_s);
  out.set_retry_wait_s(from.retry_wait_s);
  out.set_retry_multiplier(from.retry_multiplier);
  out.set_max_record_bytes(from.max_record_bytes);
  out.set_max_retransmit_tries(from.max_retransmit_tries);
  return out;
}

E2eSession from_stored(const internal::Session& from) {
  E2eSession out;
  out.mode = static_cast<SessionMode>(from.mode());
  out.expiration_s = from.expiration_s();
  out.retry_wait_s = from.retry_wait_s();
  out.retry_multiplier = from.retry_multiplier();
  out.max_record_bytes = from.max_record_bytes();
  out.max_retransmit_tries = from.max_retransmit_tries();
  return out;
}

}  // namespace

std::string encode_outbound(const Outbound& outbound) {
  internal::Outbound out;
  out.set_topic(outbound.topic);
  out.set_correlation(outbound.correlation);
  out.set_msg(outbound.msg);
  out.set_msg_id(outbound.msg_id);
  out.set_from_id(outbound.from_id);
  out.set_retry_wait_ms(outbound.retry_wait_ms);
  out.set_retry_multiplier(outbound.retry_multiplier);
  out.set_in_session(outbound.in_session);
  *out.mutable_session() = to_stored(outbound.session);
  return out.SerializeAsString();
}

std::optional<Outbound> decode_outbound(std::string_view bytes) {
  internal::Outbound in;
  if (!in.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
  Outbound out{
      in.topic(),         in.correlation(),      in.msg(),        in.msg_id(), in.from_id(),
      in.retry_wait_ms(), in.retry_multiplier(), in.in_session(), {}};
  if (in.has_session()) out.session = from_stored(in.session());  // else of an older version
  return out;
}

}  // namespace bridge
