// What the calls of the parameter service share.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <string>
#include <tl/expected.hpp>

#include "bridge/control/door.h"
#include "proto/bridge/v1/parameter.pb.h"
#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

/// Asks the agent of a device ("devices/...") and gives back its response, or the status that ends
/// the call.
boost::asio::awaitable<tl::expected<usp_msg::Response, grpc::Status>> ask_agent(
    Door& door, Visit visit, std::string device, usp_msg::Msg message,
    std::chrono::milliseconds timeout);

/// Parameters as the request asks for them: from the mirror or the device, in whose names.
boost::asio::awaitable<grpc::Status> read_parameters(Door& door, const Visit& visit,
                                                     const v1::GetParametersRequest& request,
                                                     v1::GetParametersResponse& response,
                                                     std::chrono::milliseconds timeout);

boost::asio::awaitable<grpc::Status> refresh_parameters(Door& door, const Visit& visit,
                                                        const v1::RefreshParametersRequest& request,
                                                        v1::RefreshParametersResponse& response,
                                                        std::chrono::milliseconds timeout);

/// A stream of what read_parameters() brings, in pieces.
grpc::ServerWriteReactor<v1::GetParametersResponse>* stream_parameters(
    Door& door, grpc::CallbackServerContext* context, const v1::GetParametersRequest* request);

/// Of one call.
inline constexpr int kMaxPaths = 1000;
/// What clients take as one message unless they are told otherwise.
inline constexpr std::size_t kMaxAnswerBytes = 4 * 1024 * 1024;

}  // namespace bridge::control
