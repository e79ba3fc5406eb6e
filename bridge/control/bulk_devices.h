// The devices that a bulk operation is started on.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/control/door.h"
#include "proto/bridge/v1/bulk.pb.h"

namespace bridge::control {

using DevicesOrStatus = tl::expected<std::vector<std::string>, grpc::Status>;

/// Endpoint IDs, each once, that the client may touch. FAILED_PRECONDITION where there are more
/// than `max`. `door` outlives the call.
boost::asio::awaitable<DevicesOrStatus> bulk_devices(Door& door, Visit visit,
                                                     v1::StartBulkOperationRequest request,
                                                     std::size_t max);

}  // namespace bridge::control
