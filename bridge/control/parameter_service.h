#pragma once

#include <boost/asio/any_io_executor.hpp>

#include "bridge/control/backend.h"
#include "proto/bridge/v1/parameter.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.ParameterService: each call is one USP request to the device's agent, made by the
/// operator.
class ParameterService final : public v1::ParameterService::CallbackService {
 public:
  ParameterService(boost::asio::any_io_executor executor, Backend& backend);

  grpc::ServerUnaryReactor* GetParameters(grpc::CallbackServerContext* context,
                                          const v1::GetParametersRequest* request,
                                          v1::GetParametersResponse* response) override;
  grpc::ServerUnaryReactor* SetParameters(grpc::CallbackServerContext* context,
                                          const v1::SetParametersRequest* request,
                                          v1::SetParametersResponse* response) override;
  grpc::ServerUnaryReactor* AddObject(grpc::CallbackServerContext* context,
                                      const v1::AddObjectRequest* request,
                                      v1::AddObjectResponse* response) override;
  grpc::ServerUnaryReactor* DeleteObject(grpc::CallbackServerContext* context,
                                         const v1::DeleteObjectRequest* request,
                                         google::protobuf::Empty* response) override;

 private:
  boost::asio::any_io_executor executor_;
  Backend& backend_;
};

}  // namespace bridge::control
