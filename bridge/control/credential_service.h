#pragma once

#include "bridge/control/credential_backend.h"
#include "bridge/control/door.h"
#include "proto/bridge/v1/credential.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.CredentialService over a CredentialBackend that outlives it.
class CredentialService final : public v1::CredentialService::CallbackService {
 public:
  CredentialService(Door& door, CredentialBackend& backend) : door_(door), backend_(backend) {}

  grpc::ServerUnaryReactor* PutCredentials(grpc::CallbackServerContext* context,
                                           const v1::PutCredentialsRequest* request,
                                           v1::PutCredentialsResponse* response) override;
  grpc::ServerUnaryReactor* ListCredentials(grpc::CallbackServerContext* context,
                                            const v1::ListCredentialsRequest* request,
                                            v1::ListCredentialsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteCredential(grpc::CallbackServerContext* context,
                                             const v1::DeleteCredentialRequest* request,
                                             google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* RotateCredential(grpc::CallbackServerContext* context,
                                             const v1::RotateCredentialRequest* request,
                                             v1::Credential* response) override;

 private:
  Door& door_;
  CredentialBackend& backend_;
};

}  // namespace bridge::control
