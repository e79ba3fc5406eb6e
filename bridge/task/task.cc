#include "bridge/task/task.h"

#include <cassert>

#include "bridge/task/progress.h"

namespace bridge::task {

namespace {

// progress := "1" phase machine outcome?      (fields of task/progress.h)
// outcome  := kind code text pending          only in phase kDone
constexpr std::uint64_t kVersion = 1;

}  // namespace

std::optional<cwmp::AcsRequest> Task::next(Context& context) {
  assert(phase_ == Phase::kReady);
  std::optional<cwmp::AcsRequest> rpc = do_next(context);
  if (rpc) {
    phase_ = Phase::kOpen;
  } else {
    assert(phase_ != Phase::kReady && "a machine with nothing to send waits or is done");
  }
  return rpc;
}

void Task::on_response(const cwmp::CpeResponse& response, Context& context) {
  assert(phase_ == Phase::kOpen);
  phase_ = Phase::kReady;
  do_response(response, context);
}

void Task::on_lost(Context& context) {
  assert(phase_ == Phase::kOpen);
  phase_ = Phase::kReady;
  do_lost(context);
}

void Task::on_inform(const cwmp::Inform& inform, Context& context) {
  if (phase_ == Phase::kOpen || phase_ == Phase::kDone) return;
  do_inform(inform, context);
}

bool Task::on_transfer_complete(const cwmp::TransferComplete& complete, bool only,
                                Context& context) {
  if (phase_ == Phase::kDone) return false;
  return do_transfer_complete(complete, only, context);
}

bool Task::on_modules_changed(const cwmp::DUStateChangeComplete& complete, bool only,
                              Context& context) {
  if (phase_ == Phase::kDone) return false;
  return do_modules_changed(complete, only, context);
}

void Task::abandon(cwmp::Fault fault) {
  if (phase_ == Phase::kDone) return;
  if (achieved()) {
    finish();
  } else if (in_doubt()) {
    fail_unknown(std::move(fault.text));
  } else {
    fail(std::move(fault));
  }
}

std::string Task::save() const {
  ProgressWriter out;
  out.number(kVersion).number(static_cast<std::uint64_t>(phase_)).text(do_save());
  if (done()) {
    out.number(static_cast<std::uint64_t>(outcome_.kind))
        .number(static_cast<std::uint64_t>(outcome_.fault.code))
        .text(outcome_.fault.text)
        .number(outcome_.pending_reboot ? 1 : 0);
  }
  return out.take();
}

bool Task::restore(std::string_view progress, Context& context) {
  ProgressReader in(progress);
  const std::uint64_t version = in.number();
  const std::uint64_t phase = in.number();
  const std::string_view machine = in.text();
  if (!in.ok() || version != kVersion || phase > static_cast<std::uint64_t>(Phase::kDone)) {
    return false;
  }
  Outcome outcome;
  if (phase == static_cast<std::uint64_t>(Phase::kDone)) {
    const std::uint64_t kind = in.number();
    if (kind > static_cast<std::uint64_t>(Outcome::Kind::kUnknown)) return false;
    outcome.kind = static_cast<Outcome::Kind>(kind);
    outcome.fault.code = static_cast<cwmp::FaultCode>(in.number());
    outcome.fault.text = in.text();
    outcome.pending_reboot = in.number() == 1;
  }
  if (!in.at_end() || !do_restore(machine)) return false;
  phase_ = static_cast<Phase>(phase);
  if (done()) outcome_ = std::move(outcome);
  if (phase_ == Phase::kOpen) on_lost(context);
  return true;
}

void Task::finish() {
  phase_ = Phase::kDone;
  outcome_ = {Outcome::Kind::kDone, {}, pending_reboot_};
}

void Task::fail(cwmp::Fault fault) {
  phase_ = Phase::kDone;
  outcome_ = {Outcome::Kind::kFailed, std::move(fault), false};
}

void Task::fail_unknown(std::string text) {
  phase_ = Phase::kDone;
  outcome_ = {
      Outcome::Kind::kUnknown, {cwmp::FaultCode::kInternalError, std::move(text), {}}, false};
}

void Task::finish_as(const Outcome& outcome) {
  phase_ = Phase::kDone;
  outcome_ = outcome;
}

}  // namespace bridge::task
