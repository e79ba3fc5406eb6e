#include "bridge/task/rehearse.h"

namespace bridge::task {

namespace {

/// More steps than any task has; a guard against one that never ends.
constexpr int kMaxSteps = 16;

/// nullopt: the device acts later, and nothing follows before it has.
std::optional<cwmp::CpeResponse> success(const cwmp::AcsRequest& rpc) {
  if (std::holds_alternative<cwmp::SetParameterValues>(rpc)) {
    return cwmp::SetParameterValuesResponse{0};
  }
  if (std::holds_alternative<cwmp::AddObject>(rpc)) return cwmp::AddObjectResponse{kNewRow, 0};
  if (std::holds_alternative<cwmp::DeleteObject>(rpc)) return cwmp::DeleteObjectResponse{0};
  return std::nullopt;
}

bool is_read(const cwmp::AcsRequest& rpc) {
  return std::holds_alternative<cwmp::GetParameterNames>(rpc) ||
         std::holds_alternative<cwmp::GetParameterValues>(rpc) ||
         std::holds_alternative<cwmp::GetParameterAttributes>(rpc) ||
         std::holds_alternative<cwmp::GetRPCMethods>(rpc);
}

}  // namespace

std::vector<cwmp::AcsRequest> rehearse(Task& task, const Tree& tree, Learned learned,
                                       std::int64_t now_ms) {
  std::vector<cwmp::AcsRequest> out;
  for (int i = 0; i < kMaxSteps && task.phase() == Task::Phase::kReady; ++i) {
    if (task.only_reads()) break;
    Context context{tree, learned, now_ms};
    std::optional<cwmp::AcsRequest> rpc = task.next(context);
    if (!rpc) break;
    if (is_read(*rpc)) {
      // A device that cannot tell: then the mirror is believed.
      task.on_response(cwmp::Fault{cwmp::FaultCode::kRequestDenied, {}, {}}, context);
      continue;
    }
    const std::optional<cwmp::CpeResponse> response = success(*rpc);
    out.push_back(*std::move(rpc));
    if (!response) break;
    task.on_response(*response, context);
  }
  return out;
}

}  // namespace bridge::task
