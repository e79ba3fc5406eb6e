#pragma once

#include <memory>

#include "bridge/control/door.h"
#include "proto/bridge/v1/watch.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.WatchService: every client has a bounded buffer and is ended when it overflows.
class WatchService final : public v1::WatchService::CallbackService {
 public:
  /// `backend` outlives it.
  explicit WatchService(Door& door);

  /// Ends every watch, and those to come, with UNAVAILABLE. Any thread.
  void stop();

  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(grpc::CallbackServerContext* context,
                                                  const v1::WatchRequest* request) override;

 private:
  class Watcher;
  struct Watchers;

  Door& door_;
  std::shared_ptr<Watchers> watchers_;
};

}  // namespace bridge::control
