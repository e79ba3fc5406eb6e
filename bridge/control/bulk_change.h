// What a bulk operation does to one device, as the requests of a single call, and what came of it.
#pragma once

#include <grpcpp/support/status.h>

#include <optional>

#include "bridge/control/backend.h"
#include "proto/bridge/v1/bulk.pb.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

/// INVALID_ARGUMENT for what no device could do.
grpc::Status check(const v1::BulkChange& change);

/// Can it be done twice where nobody knows whether it was done once?
bool is_repeatable(const v1::BulkChange& change);

/// Set, Add or Delete, else nothing.
std::optional<usp_msg::Msg> to_request(const v1::BulkChange& change);

/// Without the values of passwords and keys.
v1::BulkChange shown(v1::BulkChange change);

struct BulkOutcome {
  grpc::StatusCode code = grpc::StatusCode::OK;  ///< as a call for this device alone would end
  bool unknown = false;                          ///< nobody can tell any more
  v1::BulkResult result = {};                    ///< error, path, output

  bool good() const { return code == grpc::StatusCode::OK && !unknown; }
};

BulkOutcome outcome_of(const v1::BulkChange& change,
                       const Result<std::optional<usp_msg::Msg>>& answer);
BulkOutcome outcome_of(const Result<std::optional<Backend::Refreshed>>& refreshed);
BulkOutcome outcome_of(const Backend::Refused& refused);
/// Of a command that is over.
BulkOutcome outcome_of(const OperationInfo& ended);
BulkOutcome unknown_outcome();

}  // namespace bridge::control
