#pragma once

#include "bridge/control/door.h"
#include "proto/bridge/v1/freeze.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.FreezeService behind a Door that outlives it.
class FreezeService final : public v1::FreezeService::CallbackService {
 public:
  explicit FreezeService(Door& door) : door_(door) {}

  grpc::ServerUnaryReactor* CreateFreeze(grpc::CallbackServerContext* context,
                                         const v1::CreateFreezeRequest* request,
                                         v1::Freeze* response) override;
  grpc::ServerUnaryReactor* GetFreeze(grpc::CallbackServerContext* context,
                                      const v1::GetFreezeRequest* request,
                                      v1::Freeze* response) override;
  grpc::ServerUnaryReactor* ListFreezes(grpc::CallbackServerContext* context,
                                        const v1::ListFreezesRequest* request,
                                        v1::ListFreezesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteFreeze(grpc::CallbackServerContext* context,
                                         const v1::DeleteFreezeRequest* request,
                                         google::protobuf::Empty* response) override;

 private:
  Door& door_;
};

}  // namespace bridge::control
