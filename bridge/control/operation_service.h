#pragma once

#include "bridge/control/door.h"
#include "proto/bridge/v1/operation.grpc.pb.h"

namespace bridge::control {

void fill(const OperationInfo& info, v1::Operation* out);

/// bridge.v1.OperationService behind a Door that outlives it.
class OperationService final : public v1::OperationService::CallbackService {
 public:
  explicit OperationService(Door& door) : door_(door) {}

  grpc::ServerUnaryReactor* StartCommand(grpc::CallbackServerContext* context,
                                         const v1::StartCommandRequest* request,
                                         v1::Operation* response) override;
  grpc::ServerUnaryReactor* RebootDevice(grpc::CallbackServerContext* context,
                                         const v1::RebootDeviceRequest* request,
                                         v1::Operation* response) override;
  grpc::ServerUnaryReactor* FactoryResetDevice(grpc::CallbackServerContext* context,
                                               const v1::FactoryResetDeviceRequest* request,
                                               v1::Operation* response) override;
  grpc::ServerUnaryReactor* ScheduleInform(grpc::CallbackServerContext* context,
                                           const v1::ScheduleInformRequest* request,
                                           v1::Operation* response) override;
  grpc::ServerUnaryReactor* DownloadFirmware(grpc::CallbackServerContext* context,
                                             const v1::DownloadFirmwareRequest* request,
                                             v1::Operation* response) override;
  grpc::ServerUnaryReactor* UploadLog(grpc::CallbackServerContext* context,
                                      const v1::UploadLogRequest* request,
                                      v1::Operation* response) override;
  grpc::ServerUnaryReactor* BackupConfiguration(grpc::CallbackServerContext* context,
                                                const v1::BackupConfigurationRequest* request,
                                                v1::Operation* response) override;
  grpc::ServerUnaryReactor* RestoreConfiguration(grpc::CallbackServerContext* context,
                                                 const v1::RestoreConfigurationRequest* request,
                                                 v1::Operation* response) override;
  grpc::ServerUnaryReactor* GetOperation(grpc::CallbackServerContext* context,
                                         const v1::GetOperationRequest* request,
                                         v1::Operation* response) override;
  grpc::ServerUnaryReactor* ListOperations(grpc::CallbackServerContext* context,
                                           const v1::ListOperationsRequest* request,
                                           v1::ListOperationsResponse* response) override;
  grpc::ServerUnaryReactor* CancelOperation(grpc::CallbackServerContext* context,
                                            const v1::CancelOperationRequest* request,
                                            v1::Operation* response) override;
  grpc::ServerUnaryReactor* WaitOperation(grpc::CallbackServerContext* context,
                                          const v1::WaitOperationRequest* request,
                                          v1::Operation* response) override;

 private:
  Door& door_;
};

}  // namespace bridge::control
