#pragma once

#include "bridge/control/door.h"
#include "proto/bridge/v1/parameter.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.ParameterService: each call is a USP request to the device's agent, made by the
/// operator.
class ParameterService final : public v1::ParameterService::CallbackService {
 public:
  explicit ParameterService(Door& door) : door_(door) {}

  grpc::ServerUnaryReactor* GetParameters(grpc::CallbackServerContext* context,
                                          const v1::GetParametersRequest* request,
                                          v1::GetParametersResponse* response) override;
  grpc::ServerWriteReactor<v1::GetParametersResponse>* StreamParameters(
      grpc::CallbackServerContext* context, const v1::GetParametersRequest* request) override;
  grpc::ServerUnaryReactor* RefreshParameters(grpc::CallbackServerContext* context,
                                              const v1::RefreshParametersRequest* request,
                                              v1::RefreshParametersResponse* response) override;
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
  Door& door_;
};

}  // namespace bridge::control
