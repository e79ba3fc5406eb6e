#pragma once

#include "bridge/control/door.h"
#include "proto/bridge/v1/device.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.DeviceService behind a Door that outlives it.
class DeviceService final : public v1::DeviceService::CallbackService {
 public:
  explicit DeviceService(Door& door) : door_(door) {}

  grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context,
                                      const v1::GetDeviceRequest* request,
                                      v1::Device* response) override;
  grpc::ServerUnaryReactor* ListDevices(grpc::CallbackServerContext* context,
                                        const v1::ListDevicesRequest* request,
                                        v1::ListDevicesResponse* response) override;
  grpc::ServerUnaryReactor* UpdateDevice(grpc::CallbackServerContext* context,
                                         const v1::UpdateDeviceRequest* request,
                                         v1::Device* response) override;
  grpc::ServerUnaryReactor* DeleteDevice(grpc::CallbackServerContext* context,
                                         const v1::DeleteDeviceRequest* request,
                                         google::protobuf::Empty* response) override;

  grpc::ServerUnaryReactor* ExplainDevice(grpc::CallbackServerContext* context,
                                          const v1::ExplainDeviceRequest* request,
                                          v1::DeviceExplanation* response) override;

 private:
  Door& door_;
};

}  // namespace bridge::control
