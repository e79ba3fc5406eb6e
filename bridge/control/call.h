// How a gRPC call becomes a coroutine on the bridge's threads.
#pragma once

#include <grpcpp/grpcpp.h>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

#include "bridge/result.h"

namespace usp_msg {
class Error;
class Msg;
}  // namespace usp_msg
namespace google::protobuf {
class Duration;
class Timestamp;
}  // namespace google::protobuf

namespace bridge::control {

/// What becomes of the work of a call that has ended already: its client has gone, or the server
/// stops.
enum class WhenGone {
  kFinish,  ///< it goes on to its end, and nobody hears of it
  kCancel,  ///< cancelled by Asio's means: for work that changes nothing
};

using CallWork = std::function<boost::asio::awaitable<grpc::Status>()>;

/// Runs `work` on a strand of `executor`, then ends the call with its status, after `hand_over`
/// when that is OK. The call may end earlier: `work` must not touch what belongs to it.
grpc::ServerUnaryReactor* start_call(boost::asio::any_io_executor executor,
                                     grpc::CallbackServerContext* context, CallWork work,
                                     std::function<void()> hand_over, WhenGone when_gone);

/// The same for `work(request, response)`, which gets copies that live as long as it runs.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* run_call(boost::asio::any_io_executor executor,
                                   grpc::CallbackServerContext* context, const Request* request,
                                   Response* response, Work work,
                                   WhenGone when_gone = WhenGone::kFinish) {
  struct Own {
    Work work;
    Request request;
    Response response;
  };
  auto own = std::make_shared<Own>(Own{std::move(work), *request, {}});
  CallWork run = [own] { return own->work(own->request, own->response); };
  auto hand_over = [own, response] { response->Swap(&own->response); };
  return start_call(std::move(executor), context, std::move(run), std::move(hand_over), when_gone);
}

/// Ends the call with that.
grpc::ServerUnaryReactor* refuse_call(grpc::CallbackServerContext* context,
                                      const grpc::Status& status);

/// INVALID_ARGUMENT and NOT_FOUND with one wording everywhere.
grpc::Status invalid_argument(std::string text);
grpc::Status no_such_device(const std::string& name);

/// UNAVAILABLE where trying again may help, else INTERNAL.
grpc::Status to_status(const Error& error);

/// The canonical code for a USP error code (TR-369, Error Codes).
grpc::StatusCode to_status_code(std::uint32_t usp_code);

/// "USP 7026 (Device.X): invalid path"
grpc::Status to_status(std::uint32_t usp_code, const std::string& text);
grpc::Status to_status(const usp_msg::Error& error);

/// A `timeout` field; nothing where it is not set. An error unless it is above zero and at most a
/// week.
tl::expected<std::optional<std::chrono::milliseconds>, grpc::Status> timeout_field(
    bool is_set, const google::protobuf::Duration& timeout);

/// The time a call may take: what it asks for, or `usual`, and in any case so much less than the
/// time to its gRPC deadline that its client hears what became of it instead of giving up. Zero:
/// nobody has set a limit (`usual` may be zero; the deadline may be time_point::max()).
std::chrono::milliseconds call_limit(std::optional<std::chrono::milliseconds> asked,
                                     std::chrono::milliseconds usual,
                                     std::chrono::system_clock::time_point deadline,
                                     std::chrono::system_clock::time_point now);

/// run_call() of `work(request, response, call_limit())`, unless the request's `timeout` is no
/// good.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* run_timed_call(boost::asio::any_io_executor executor,
                                         grpc::CallbackServerContext* context,
                                         const Request* request, Response* response,
                                         std::chrono::milliseconds usual, Work work,
                                         WhenGone when_gone = WhenGone::kFinish) {
  auto timeout = timeout_field(request->has_timeout(), request->timeout());
  if (!timeout) return refuse_call(context, timeout.error());
  auto limit = call_limit(*timeout, usual, context->deadline(), std::chrono::system_clock::now());
  auto timed = [work, limit](const Request& in, Response& out) { return work(in, out, limit); };
  return run_call(std::move(executor), context, request, response, std::move(timed), when_gone);
}

void set_timestamp(std::int64_t unix_ms, google::protobuf::Timestamp* out);

/// 1 to 1000 as asked, 50 when not asked; an error when negative.
tl::expected<std::size_t, grpc::Status> page_size(std::int32_t asked);

/// Page tokens are the id after which the next page starts.
tl::expected<std::int64_t, grpc::Status> parse_page_token(const std::string& token);

}  // namespace bridge::control
