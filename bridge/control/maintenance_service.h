#pragma once

#include <chrono>
#include <memory>

#include "bridge/control/door.h"
#include "bridge/control/stream_room.h"
#include "proto/bridge/v1/maintenance.grpc.pb.h"

namespace bridge::control {

class MaintenanceBackend;

/// bridge.v1.MaintenanceService.
class MaintenanceService final : public v1::MaintenanceService::CallbackService {
 public:
  /// `door` and `backend` outlive it. A client of Backup that takes nothing for `patience` is
  /// ended.
  MaintenanceService(Door& door, MaintenanceBackend& backend,
                     std::chrono::milliseconds patience = std::chrono::minutes(1));

  /// Ends every stream, and those to come, with UNAVAILABLE. Any thread.
  void stop();

  grpc::ServerWriteReactor<v1::BackupChunk>* Backup(grpc::CallbackServerContext* context,
                                                    const v1::BackupRequest* request) override;

  grpc::ServerUnaryReactor* Diagnose(grpc::CallbackServerContext* context,
                                     const v1::DiagnoseRequest* request,
                                     v1::DiagnoseResponse* response) override;

 private:
  Door& door_;
  MaintenanceBackend& backend_;
  const std::chrono::milliseconds patience_;
  const std::shared_ptr<StreamRoom> room_;
};

}  // namespace bridge::control
