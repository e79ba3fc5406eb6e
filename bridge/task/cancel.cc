#include "bridge/task/cancel.h"

#include <algorithm>

#include "bridge/task/command.h"

namespace bridge::task {

using cwmp::FaultCode;

void CancelTransfer::do_response(const cwmp::CpeResponse& response, Context& context) {
  const auto answered = answer<cwmp::CancelTransferResponse>(response);
  if (answered) {
    finish();
    return;
  }
  learn_unsupported(answered.error(), "CancelTransfer", context);
  fail(answered.error());
}

void CancelTransfer::do_lost(Context&) {
  if (++lost_ == kMaxLost) fail_unknown("the session was lost over CancelTransfer");
}

std::optional<cwmp::AcsRequest> CancelDiagnostics::do_next(Context&) {
  cwmp::SetParameterValues rpc;
  rpc.parameters.push_back(
      {object_ + "DiagnosticsState", canceled_ ? "Canceled" : "None", "string"});
  rpc.parameter_key = parameter_key_;
  return rpc;
}

void CancelDiagnostics::do_response(const cwmp::CpeResponse& response, Context&) {
  const auto answered = answer<cwmp::SetParameterValuesResponse>(response);
  if (answered) {
    finish();
    return;
  }
  const cwmp::Fault& fault = answered.error();
  const bool value_refused =
      fault.code == FaultCode::kInvalidParameterValue ||
      std::any_of(fault.parameters.begin(), fault.parameters.end(),
                  [](const auto& each) { return each.code == FaultCode::kInvalidParameterValue; });
  if (!second_ && (value_refused || fault.code == FaultCode::kInvalidArguments)) {
    second_ = true;
    canceled_ = !canceled_;
    return;
  }
  fail(fault);
}

void CancelDiagnostics::do_lost(Context&) {
  if (++lost_ == kMaxLost) fail_unknown("the session was lost over DiagnosticsState");
}

}  // namespace bridge::task
