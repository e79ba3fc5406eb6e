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

#include "bridge/control/door.h"
#include "bridge/control/errors.h"
#include "bridge/result.h"

namespace google::protobuf {
class Duration;
class Message;
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

/// Ends the call with that.
grpc::ServerUnaryReactor* refuse_call(grpc::CallbackServerContext* context,
                                      const grpc::Status& status);

/// The same for a call that answers with a stream.
template <class Response>
grpc::ServerWriteReactor<Response>* refuse_stream(const grpc::Status& status) {
  struct Refused final : grpc::ServerWriteReactor<Response> {
    explicit Refused(const grpc::Status& why) { this->Finish(why); }
    void OnDone() override { delete this; }
  };
  return new Refused(status);
}

/// Runs `work` on a strand of the door's executor, then ends the call with its status, after
/// `hand_over` when that is OK. The call may end earlier: `work` must not touch what belongs to it.
grpc::ServerUnaryReactor* start_call(Door& door, Visit visit, grpc::CallbackServerContext* context,
                                     CallWork work, std::function<void()> hand_over,
                                     WhenGone when_gone);

/// `work`, unless a request with that id was carried out before: then `response` becomes what it
/// was then. `request` and `response` live as long as `work` does.
boost::asio::awaitable<grpc::Status> run_once(Door& door, Visit visit, std::string request_id,
                                              const google::protobuf::Message& request,
                                              google::protobuf::Message& response, CallWork work);

/// The resource that a request is about, for the log.
template <class Request>
std::string subject_of(const Request& request) {
  if constexpr (requires { std::string(request.device()); }) {
    return request.device();
  } else if constexpr (requires { std::string(request.device().name()); }) {
    return request.device().name();
  } else if constexpr (requires { std::string(request.name()); }) {
    return request.name();
  } else {
    return "";
  }
}

/// Lets a call in and runs `work(visit, request, response)`, which gets copies that live as long as
/// it runs. `method`: "DeviceService/GetDevice".
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* run_call(Door& door, grpc::CallbackServerContext* context,
                                   const char* method, const Request* request, Response* response,
                                   Work work, WhenGone when_gone = WhenGone::kFinish) {
  auto visit = door.enter(*context, method, subject_of(*request));
  if (!visit) return refuse_call(context, visit.error());
  struct Own {
    Work work;
    Visit visit;
    Request request;
    Response response;
  };
  auto own = std::make_shared<Own>(Own{std::move(work), *visit, *request, {}});
  CallWork run = [own] { return own->work(own->visit, own->request, own->response); };
  if constexpr (requires { std::string(request->request_id()); }) {
    if (!request->request_id().empty()) {
      run = [own, &door, inner = std::move(run)] {
        return run_once(door, own->visit, own->request.request_id(), own->request, own->response,
                        inner);
      };
    }
  }
  auto hand_over = [own, response] { response->Swap(&own->response); };
  return start_call(door, *std::move(visit), context, std::move(run), std::move(hand_over),
                    when_gone);
}

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

/// run_call() of `work(visit, request, response, call_limit())`, unless the request's `timeout` is
/// no good.
template <class Request, class Response, class Work>
grpc::ServerUnaryReactor* run_timed_call(Door& door, grpc::CallbackServerContext* context,
                                         const char* method, const Request* request,
                                         Response* response, std::chrono::milliseconds usual,
                                         Work work, WhenGone when_gone = WhenGone::kFinish) {
  auto timeout = timeout_field(request->has_timeout(), request->timeout());
  if (!timeout) return refuse_call(context, timeout.error());
  auto limit = call_limit(*timeout, usual, context->deadline(), std::chrono::system_clock::now());
  auto timed = [work, limit](const Visit& visit, const Request& in, Response& out) {
    return work(visit, in, out, limit);
  };
  return run_call(door, context, method, request, response, std::move(timed), when_gone);
}

void set_timestamp(std::int64_t unix_ms, google::protobuf::Timestamp* out);

/// 1 to 1000 as asked, 50 when not asked; an error when negative.
tl::expected<std::size_t, grpc::Status> page_size(std::int32_t asked);

/// Where a page ended, for a list asked for in this way. Opaque to clients; another query's token
/// is refused.
std::string page_token(std::string_view last, std::string_view query);

/// What page_token() was given; empty for an empty token.
tl::expected<std::string, grpc::Status> parse_page_token(const std::string& token,
                                                         std::string_view query);
/// The same where pages end with an id; 0 for an empty token.
tl::expected<std::int64_t, grpc::Status> parse_page_id(const std::string& token,
                                                       std::string_view query);

}  // namespace bridge::control
