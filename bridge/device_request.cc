// What the bridge makes of the RPCs that a device calls (TR-069 A.3.3, A.4.2). The device says each
// only once: it is stored before it is answered.

#include <algorithm>
#include <utility>

#include "bridge/agent/virtual_agent.h"
#include "bridge/device.h"
#include "bridge/log.h"
#include "bridge/task/modules.h"

namespace bridge {

namespace asio = boost::asio;

asio::awaitable<cwmp::AcsResponse> Device::on_request(std::uint64_t session,
                                                      cwmp::CpeRequest request) {
  auto self = shared_from_this();
  if (session != session_) {
    co_return cwmp::Fault{cwmp::FaultCode::kAcsRequestDenied, "another session took over", {}};
  }
  Commit commit;
  cwmp::AcsResponse response =
      std::visit([&](const auto& typed) { return take(typed, commit); }, request);
  Result<void> stored = co_await this->commit(std::move(commit));
  if (!stored) {
    co_return cwmp::Fault{cwmp::FaultCode::kAcsRetryRequest, "cannot be stored now", {}};
  }
  co_return response;
}

WorkPtr Device::hand_out(const ReportTaker& take_it, Commit& commit) {
  const std::vector<WorkPtr> works = queue_.all();
  const auto expecting = std::count_if(
      works.begin(), works.end(), [](const WorkPtr& work) { return work->task->expects_report(); });
  for (const WorkPtr& work : works) {
    if (work->task->phase() == task::Task::Phase::kOpen || work->task->done()) continue;
    task::Context ctx = context();
    const bool taken = take_it(*work->task, expecting == 1, ctx);
    Diff diff = apply(ctx);
    commit.device_changes.insert(commit.device_changes.end(), diff.begin(), diff.end());
    if (!taken) continue;
    if (work->save) commit.state.push_back(work->save(work->task->save()));
    return work;
  }
  return nullptr;
}

cwmp::AcsResponse Device::take(const cwmp::TransferComplete& complete, Commit& commit) {
  const auto take_it = [&](task::Task& task, bool only, task::Context& ctx) {
    return task.on_transfer_complete(complete, only, ctx);
  };
  const WorkPtr work = hand_out(take_it, commit);
  agent_->on_transfer_complete(complete, work, commit);
  if (work && work->task->done()) end_work(work, WorkEnd::kDone);
  return cwmp::TransferCompleteResponse{};
}

/// Whoever made the device do it, not the bridge: anything may read otherwise now.
cwmp::AcsResponse Device::take(const cwmp::AutonomousTransferComplete& complete, Commit& commit) {
  agent_->on_autonomous_transfer(complete, commit);
  if (complete.is_download && complete.fault.code == 0 && !learning_) read_again(row_.root);
  return cwmp::AutonomousTransferCompleteResponse{};
}

cwmp::AcsResponse Device::take(const cwmp::DUStateChangeComplete& complete, Commit& commit) {
  const auto take_it = [&](task::Task& task, bool only, task::Context& ctx) {
    return task.on_modules_changed(complete, only, ctx);
  };
  const WorkPtr work = hand_out(take_it, commit);
  std::string performed;
  if (const auto* change = work ? dynamic_cast<task::ChangeModule*>(work->task.get()) : nullptr) {
    performed = change->operation_name();
  }
  for (const cwmp::DeploymentUnitResult& result : complete.results) {
    agent_->on_deployment_unit(result, performed, commit);
  }
  if (work && work->task->done()) end_work(work, WorkEnd::kDone);
  if (!learning_) read_again(row_.root + "SoftwareModules.");
  return cwmp::DUStateChangeCompleteResponse{};
}

cwmp::AcsResponse Device::take(const cwmp::AutonomousDUStateChangeComplete& complete,
                               Commit& commit) {
  for (const cwmp::AutonomousDeploymentUnitResult& result : complete.results) {
    agent_->on_deployment_unit(result, result.operation_performed, commit);
  }
  if (!learning_) read_again(row_.root + "SoftwareModules.");
  return cwmp::AutonomousDUStateChangeCompleteResponse{};
}

/// Nothing is offered, which is allowed (TR-069 A.4.2.2).
cwmp::AcsResponse Device::take(const cwmp::RequestDownload& request, Commit&) {
  log_info({.device = endpoint_id_}, "asks for a download of \"{}\", which is not offered",
           request.file_type);
  return cwmp::RequestDownloadResponse{};
}

/// The user's browser goes where the device wanted it to (TR-069 A.4.2.1).
cwmp::AcsResponse Device::take(const cwmp::Kicked& kicked, Commit&) {
  return cwmp::KickedResponse{kicked.next};
}

// The session answers these two itself.
cwmp::AcsResponse Device::take(const cwmp::GetRPCMethods&, Commit&) {
  return cwmp::Fault{cwmp::FaultCode::kAcsInternalError, "GetRPCMethods", {}};
}
cwmp::AcsResponse Device::take(const cwmp::UnknownRequest& request, Commit&) {
  return cwmp::Fault{cwmp::FaultCode::kAcsMethodNotSupported, request.method, {}};
}

}  // namespace bridge
