#include "cwmp/value.h"
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
                      "ScheduleInform",
                      "ScheduleDownload",
                      "CancelTransfer",
                      "GetOptions",
                      "SetVouchers"};
  if (cpe.tree_.find(cpe.root() + "SoftwareModules.DeploymentUnit.") != nullptr) {
    response.methods.emplace_back("ChangeDUState");
  }
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

// Each voucher counts as one option that is enabled for ever; the signature is not looked at.
cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::SetVouchers& rpc) const {
  if (rpc.vouchers.empty()) return fault(FaultCode::kInvalidArguments, "VoucherList");
  for (const cwmp::Voucher& voucher : rpc.vouchers) cpe.vouchers_.push_back(voucher.base64);
  return cwmp::SetVouchersResponse{};
}

cwmp::CpeResponse Cpe::Rpcs::operator()(const cwmp::GetOptions& rpc) const {
  cwmp::GetOptionsResponse response;
  for (std::size_t i = 0; i < cpe.vouchers_.size(); ++i) {
    cwmp::Option option;
    option.name = "Option " + std::to_string(i + 1);
    option.voucher_sn = static_cast<std::uint32_t>(i + 1);
    option.state = 3;
    option.mode = 2;
    option.start_date = cwmp::kUnknownTime;
    if (rpc.option_name.empty() || rpc.option_name == option.name) {
      response.options.push_back(std::move(option));
    }
  }
  if (response.options.empty() && !rpc.option_name.empty()) {
    return fault(FaultCode::kInvalidArguments, "no such option");
  }
  return response;
}

}  // namespace cpe_sim
