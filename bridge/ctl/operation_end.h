// What commands that start an operation share.
#pragma once

#include "bridge/ctl/connection.h"
#include "proto/bridge/v1/operation.grpc.pb.h"

namespace bridge::ctl {

inline std::unique_ptr<v1::OperationService::Stub> operations_of(const Connection& connection) {
  return v1::OperationService::NewStub(connection.channel());
}

void print(const Connection& connection, const v1::Operation& operation);

/// Prints what was started, after its end where `wait`; the exit status.
int after_start(const Connection& connection, const grpc::Status& status, v1::Operation operation,
                bool wait);

/// Waits for the end, however often the bridge has to be asked, and shows that it does.
grpc::Status wait_for_end(const Connection& connection, v1::Operation& operation);

}  // namespace bridge::ctl
