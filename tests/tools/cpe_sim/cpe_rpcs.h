// What a CPE answers to each RPC (TR-069 A.3.2, A.4.1). Inner part of Cpe.
#pragma once

#include <string>

#include "tests/tools/cpe_sim/cpe.h"

namespace cpe_sim {

inline cwmp::Fault fault(cwmp::FaultCode code, std::string text) {
  return cwmp::Fault{code, std::move(text), {}};
}

/// Length of CommandKey and ParameterKey (TR-069 A.3.2).
inline constexpr std::size_t kMaxKeyBytes = 32;
/// Transfers that may wait (TR-069 A.4.1.7).
inline constexpr std::size_t kMaxTransfers = 16;

struct Cpe::Rpcs {
  using Response = cwmp::CpeResponse;
  Cpe& cpe;
  TimePoint now;

  // cpe_read.cc
  Response operator()(const cwmp::GetParameterValues& rpc) const;
  Response operator()(const cwmp::GetParameterNames& rpc) const;
  Response operator()(const cwmp::GetParameterAttributes& rpc) const;

  // cpe_write.cc
  Response operator()(const cwmp::SetParameterValues& rpc) const;
  Response operator()(const cwmp::SetParameterAttributes& rpc) const;
  Response operator()(const cwmp::AddObject& rpc) const;
  Response operator()(const cwmp::DeleteObject& rpc) const;

  // cpe_transfer.cc and cpe_command.cc
  Response operator()(const cwmp::GetRPCMethods& rpc) const;
  Response operator()(const cwmp::Reboot& rpc) const;
  Response operator()(const cwmp::FactoryReset& rpc) const;
  Response operator()(const cwmp::ScheduleInform& rpc) const;
  Response operator()(const cwmp::Download& rpc) const;
  Response operator()(const cwmp::Upload& rpc) const;
  Response operator()(const cwmp::GetQueuedTransfers& rpc) const;
  Response operator()(const cwmp::GetAllQueuedTransfers& rpc) const;
  Response operator()(const cwmp::ScheduleDownload& rpc) const;
  Response operator()(const cwmp::CancelTransfer& rpc) const;
  Response operator()(const cwmp::SetVouchers& rpc) const;
  Response operator()(const cwmp::GetOptions& rpc) const;

  // cpe_modules.cc
  Response operator()(const cwmp::ChangeDUState& rpc) const;

 private:
  bool is_known(const std::string& name) const;
  std::optional<cwmp::ParameterFault> check(const cwmp::ParameterValue& wanted) const;
  std::string kept_value(const Type& type, const std::string& value) const;
  void apply(const cwmp::ParameterValue& wanted) const;
  void follow_enable(const std::string& path, bool enabled) const;
  void write_diagnostics(const std::string& path, const std::string& value) const;
  void set_parameter_key(const std::string& key) const;
  std::uint32_t status() const { return cpe.quirks.status_one ? 1 : 0; }
};

}  // namespace cpe_sim
