// What the services that know validate_only share.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <string>
#include <tl/expected.hpp>

#include "bridge/control/door.h"
#include "proto/bridge/v1/parameter.pb.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

using PlannedRpcs = google::protobuf::RepeatedPtrField<v1::PlannedRpc>;

/// Fills `plan` with what the request would do to a device ("devices/..."); how many objects it
/// reaches. The error is the status that the request itself would end with. `plan` outlives it.
boost::asio::awaitable<tl::expected<std::size_t, grpc::Status>> plan_request(
    Door& door, Visit visit, std::string device, usp_msg::Msg request, PlannedRpcs& plan);

/// As StartCommand would: one command on one object.
boost::asio::awaitable<grpc::Status> plan_command(Door& door, Visit visit, std::string device,
                                                  usp_msg::Operate operate, PlannedRpcs& plan);

}  // namespace bridge::control
