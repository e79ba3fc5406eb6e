#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "bridge/control/backend.h"
#include "proto/bridge/v1/device.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.DeviceService over a Backend that outlives it.
class DeviceService final : public v1::DeviceService::CallbackService {
 public:
  DeviceService(boost::asio::any_io_executor executor, Backend& backend);

  grpc::ServerUnaryReactor* GetDevice(grpc::CallbackServerContext* context,
                                      const v1::GetDeviceRequest* request,
                                      v1::Device* response) override;
  grpc::ServerUnaryReactor* ListDevices(grpc::CallbackServerContext* context,
                                        const v1::ListDevicesRequest* request,
                                        v1::ListDevicesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteDevice(grpc::CallbackServerContext* context,
                                         const v1::DeleteDeviceRequest* request,
                                         google::protobuf::Empty* response) override;

 private:
  boost::asio::any_io_executor executor_;
  Backend& backend_;
};

}  // namespace bridge::control
