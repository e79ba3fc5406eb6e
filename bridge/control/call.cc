#include "bridge/control/call.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <charconv>

#include "proto/usp/usp_msg.pb.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

constexpr std::int32_t kDefaultPageSize = 50;
constexpr std::int32_t kMaxPageSize = 1000;
constexpr std::chrono::milliseconds kMaxTimeout = std::chrono::hours(24 * 7);

asio::awaitable<void> finish(grpc::ServerUnaryReactor* reactor, std::string peer, CallWork work) {
  grpc::Status status;
  try {
    status = co_await work();
  } catch (const std::exception& error) {
    status = grpc::Status(grpc::StatusCode::INTERNAL, error.what());
  }
  if (!status.ok()) {
    spdlog::info("control: call from {} failed: {} (code {})", peer, status.error_message(),
                 static_cast<int>(status.error_code()));
  }
  reactor->Finish(status);
}

}  // namespace

grpc::ServerUnaryReactor* run_call(asio::any_io_executor executor,
                                   grpc::CallbackServerContext* context, CallWork work) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  asio::co_spawn(executor, finish(reactor, context->peer(), std::move(work)), asio::detached);
  return reactor;
}

grpc::Status invalid_argument(std::string text) {
  return {grpc::StatusCode::INVALID_ARGUMENT, std::move(text)};
}

grpc::Status no_such_device(const std::string& name) {
  return {grpc::StatusCode::NOT_FOUND, "no such device: " + name};
}

grpc::StatusCode to_status_code(std::uint32_t usp_code) {
  switch (usp_code) {
    case 7002:  // request denied
    case 7006:  // permission denied
    case 7013:  // not writable
      return grpc::StatusCode::PERMISSION_DENIED;
    case 7005:  // resources exceeded
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case 7001:  // message not supported
    case 7022:  // command failure
    case 7023:  // command cancelled
      return usp_code == 7001 ? grpc::StatusCode::UNIMPLEMENTED : grpc::StatusCode::ABORTED;
    case 7016:  // object does not exist
    case 7026:  // invalid path
      return grpc::StatusCode::NOT_FOUND;
    case 7801:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case 7802:
      return grpc::StatusCode::UNKNOWN;
    case 7003:
    case 7000:
      return grpc::StatusCode::INTERNAL;
    default:
      return grpc::StatusCode::INVALID_ARGUMENT;
  }
}

grpc::Status to_status(std::uint32_t usp_code, const std::string& text) {
  return {to_status_code(usp_code), "USP " + std::to_string(usp_code) + ": " + text};
}

grpc::Status to_status(const usp_msg::Error& error) {
  // The first culprit says more than the summary.
  if (error.param_errs_size() > 0) {
    const auto& culprit = error.param_errs(0);
    return to_status(culprit.err_code(), culprit.param_path() + ": " + culprit.err_msg());
  }
  return to_status(error.err_code(), error.err_msg());
}

tl::expected<std::chrono::milliseconds, grpc::Status> call_timeout(
    const grpc::CallbackServerContext& context, bool has_timeout,
    const google::protobuf::Duration& timeout) {
  using std::chrono::milliseconds;
  milliseconds limit{0};
  if (has_timeout) {
    limit = std::chrono::seconds(timeout.seconds()) + milliseconds(timeout.nanos() / 1'000'000);
    if (limit <= milliseconds(0) || limit > kMaxTimeout) {
      return tl::unexpected(invalid_argument("timeout: more than 0 s and at most 7 days"));
    }
  }
  auto deadline = context.deadline();
  if (deadline != std::chrono::system_clock::time_point::max()) {
    auto left =
        std::chrono::duration_cast<milliseconds>(deadline - std::chrono::system_clock::now());
    left = std::max(left, milliseconds(1));
    if (left < kMaxTimeout && (limit == milliseconds(0) || left < limit)) limit = left;
  }
  return limit;
}

void set_timestamp(std::int64_t unix_ms, google::protobuf::Timestamp* out) {
  out->set_seconds(unix_ms / 1000);
  out->set_nanos(static_cast<std::int32_t>(unix_ms % 1000) * 1'000'000);
}

tl::expected<std::size_t, grpc::Status> page_size(std::int32_t asked) {
  if (asked < 0) return tl::unexpected(invalid_argument("page_size: must not be negative"));
  if (asked == 0) return static_cast<std::size_t>(kDefaultPageSize);
  return static_cast<std::size_t>(std::min(asked, kMaxPageSize));
}

tl::expected<std::int64_t, grpc::Status> parse_page_token(const std::string& token) {
  if (token.empty()) return 0;
  std::int64_t id = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), id);
  if (error != std::errc{} || end != token.data() + token.size() || id < 0) {
    return tl::unexpected(invalid_argument("page_token: not one of ours"));
  }
  return id;
}

}  // namespace bridge::control
