#pragma once

#include <chrono>
#include <memory>

#include "bridge/control/door.h"
#include "bridge/control/stream_room.h"
#include "proto/bridge/v1/watch.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.WatchService: every client reads the log of events at its own pace, and is ended when
/// that has overtaken it.
class WatchService final : public v1::WatchService::CallbackService {
 public:
  /// Clients at the same time.
  static constexpr std::size_t kMaxWatchers = 1000;

  /// `door` and its backend outlive it.
  explicit WatchService(Door& door, std::chrono::milliseconds heartbeat = std::chrono::seconds(30));

  /// Ends every watch, and those to come, with UNAVAILABLE. Any thread.
  void stop();

  grpc::ServerWriteReactor<v1::WatchEvent>* Watch(grpc::CallbackServerContext* context,
                                                  const v1::WatchRequest* request) override;

 private:
  Door& door_;
  const std::chrono::milliseconds heartbeat_;
  const std::shared_ptr<StreamRoom> room_;
};

}  // namespace bridge::control
