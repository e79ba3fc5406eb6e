// How a gRPC call becomes a coroutine on the bridge's threads.
#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <string>
#include <tl/expected.hpp>

namespace usp_msg {
class Error;
class Msg;
}  // namespace usp_msg
namespace google::protobuf {
class Duration;
class Timestamp;
}  // namespace google::protobuf

namespace bridge::control {

using CallWork = std::function<boost::asio::awaitable<grpc::Status>()>;

/// Runs `work` on `executor` and finishes the call with its status. The context, request and
/// response of the call live until then, so `work` may hold references to them.
grpc::ServerUnaryReactor* run_call(boost::asio::any_io_executor executor,
                                   grpc::CallbackServerContext* context, CallWork work);

/// INVALID_ARGUMENT and NOT_FOUND with one wording everywhere.
grpc::Status invalid_argument(std::string text);
grpc::Status no_such_device(const std::string& name);

/// The canonical code for a USP error code (TR-369, Error Codes).
grpc::StatusCode to_status_code(std::uint32_t usp_code);

/// "USP 7026 (Device.X): invalid path"
grpc::Status to_status(std::uint32_t usp_code, const std::string& text);
grpc::Status to_status(const usp_msg::Error& error);

/// The time a call may take: its `timeout` field and its gRPC deadline, whichever is less; zero
/// when it states neither. An error when the field is negative or above a week.
tl::expected<std::chrono::milliseconds, grpc::Status> call_timeout(
    const grpc::CallbackServerContext& context, bool has_timeout,
    const google::protobuf::Duration& timeout);

/// Calls `work(timeout)`, or ends the call when the request's `timeout` is no good.
template <class Request, class Work>
grpc::ServerUnaryReactor* run_timed_call(boost::asio::any_io_executor executor,
                                         grpc::CallbackServerContext* context,
                                         const Request* request, Work work) {
  auto timeout = call_timeout(*context, request->has_timeout(), request->timeout());
  if (!timeout) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(timeout.error());
    return reactor;
  }
  return run_call(std::move(executor), context, [work, limit = *timeout] { return work(limit); });
}

void set_timestamp(std::int64_t unix_ms, google::protobuf::Timestamp* out);

/// 1 to 1000 as asked, 50 when not asked; an error when negative.
tl::expected<std::size_t, grpc::Status> page_size(std::int32_t asked);

/// Page tokens are the id after which the next page starts.
tl::expected<std::int64_t, grpc::Status> parse_page_token(const std::string& token);

}  // namespace bridge::control
