#include "tests/tools/cpe_sim/cpe_rpcs.h"

namespace cpe_sim {

using cwmp::FaultCode;

cwmp::CpeResponse Cpe::handle(const cwmp::AcsRequest& request, TimePoint now) {
  return std::visit(Rpcs{*this, now}, request);
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::GetRPCMethods&) const {
  cwmp::GetRPCMethodsResponse response;
  response.methods = {"GetRPCMethods",
                      "SetParameterValues",
                      "GetParameterValues",
                      "GetParameterNames",
                      "SetParameterAttributes",
                      "GetParameterAttributes",
                      "AddObject",
                      "DeleteObject",
                      "Download",
                      "Upload",
                      "Reboot",
                      "FactoryReset",
                      "GetQueuedTransfers",
                      "GetAllQueuedTransfers",
                      "ScheduleInform"};
  return response;
}

// TR-069 A.3.2.9: the session is finished first.
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::Reboot& rpc) const {
  if (rpc.command_key.size() > kMaxKeyBytes) {
    return fault(FaultCode::kInvalidArguments, "CommandKey is too long");
  }
  cpe.reboot_wanted_ = true;
  cpe.events_.raise("M Reboot", rpc.command_key);
  return cwmp::RebootResponse{};
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::FactoryReset&) const {
  cpe.reset_wanted_ = true;
  return cwmp::FactoryResetResponse{};
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::ScheduleInform& rpc) const {
  if (rpc.delay_seconds == 0 || rpc.command_key.size() > kMaxKeyBytes) {
    return fault(FaultCode::kInvalidArguments, "DelaySeconds or CommandKey");
  }
  cpe.scheduled_.emplace(now + cpe.scaled(seconds(rpc.delay_seconds)), rpc.command_key);
  return cwmp::ScheduleInformResponse{};
}

}  // namespace cpe_sim
