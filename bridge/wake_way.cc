#include "bridge/wake_way.h"

namespace bridge {

namespace {

WakeOutcome outcome_of(cwmp::ConnectionRequestOutcome::Kind kind) {
  using Kind = cwmp::ConnectionRequestOutcome::Kind;
  if (kind == Kind::kAccepted) return WakeOutcome::kAccepted;
  if (kind == Kind::kBusy) return WakeOutcome::kBusy;
  return WakeOutcome::kFailed;
}

}  // namespace

WakeAttempt to_attempt(const cwmp::ConnectionRequestOutcome& outcome) {
  WakeAttempt attempt;
  attempt.outcome = outcome_of(outcome.kind);
  attempt.result = cwmp::to_string(outcome.kind);
  if (outcome.text != attempt.result) attempt.text = outcome.text;
  return attempt;
}

}  // namespace bridge
