#pragma once

#include "bridge/control/backend.h"
#include "proto/bridge/v1/watch.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.WatchService: every client has a bounded buffer and is ended when it overflows.
class WatchService final : public v1::WatchService::CallbackService {
 public:
  explicit WatchService(Backend& backend) : backend_(backend) {}

  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(grpc::CallbackServerContext* context,
                                                  const v1::WatchRequest* request) override;

 private:
  Backend& backend_;
};

}  // namespace bridge::control
