#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "bridge/bulk_runner.h"
#include "bridge/control/door.h"
#include "bridge/control/stream_room.h"
#include "proto/bridge/v1/bulk.grpc.pb.h"

namespace bridge::control {

/// bridge.v1.BulkService. A client that may touch some devices only sees only what it started.
class BulkService final : public v1::BulkService::CallbackService {
 public:
  /// Clients that watch at the same time.
  static constexpr std::size_t kMaxWatchers = 1000;

  /// `door` and `runner` outlive it. `max_devices`: of one operation (brakes.bulk_devices).
  BulkService(Door& door, BulkRunner& runner, std::size_t max_devices);

  /// For operations to come. Any thread.
  void set_max_devices(std::size_t max) { max_devices_ = max; }

  /// Ends every watch, and those to come, with UNAVAILABLE. Any thread.
  void stop();

  grpc::ServerUnaryReactor* StartBulkOperation(grpc::CallbackServerContext* context,
                                               const v1::StartBulkOperationRequest* request,
                                               v1::BulkOperation* response) override;
  grpc::ServerUnaryReactor* GetBulkOperation(grpc::CallbackServerContext* context,
                                             const v1::GetBulkOperationRequest* request,
                                             v1::BulkOperation* response) override;
  grpc::ServerUnaryReactor* ListBulkOperations(grpc::CallbackServerContext* context,
                                               const v1::ListBulkOperationsRequest* request,
                                               v1::ListBulkOperationsResponse* response) override;
  grpc::ServerUnaryReactor* CancelBulkOperation(grpc::CallbackServerContext* context,
                                                const v1::CancelBulkOperationRequest* request,
                                                v1::BulkOperation* response) override;
  grpc::ServerWriteReactor<v1::BulkOperation>* WatchBulkOperation(
      grpc::CallbackServerContext* context, const v1::WatchBulkOperationRequest* request) override;
  grpc::ServerUnaryReactor* ListBulkResults(grpc::CallbackServerContext* context,
                                            const v1::ListBulkResultsRequest* request,
                                            v1::ListBulkResultsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteBulkOperation(grpc::CallbackServerContext* context,
                                                const v1::DeleteBulkOperationRequest* request,
                                                google::protobuf::Empty* response) override;

 private:
  Door& door_;
  BulkRunner& runner_;
  std::atomic<std::size_t> max_devices_;
  const std::shared_ptr<StreamRoom> room_;
};

}  // namespace bridge::control
