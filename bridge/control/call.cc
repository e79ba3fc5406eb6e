#include "bridge/control/call.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <charconv>
#include <exception>
#include <mutex>

#include "proto/usp/usp_msg.pb.h"
#include "usp/error.h"

namespace bridge::control {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::int32_t kDefaultPageSize = 50;
constexpr std::int32_t kMaxPageSize = 1000;
constexpr std::int64_t kMaxTimeoutSeconds = 7 * 86'400;
/// What an answer may need to reach its client.
constexpr milliseconds kAnswerTime{250};

/// One call: ended by its work, or before that by its client or the server. Its work and gRPC share
/// it.
class Call final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<Call> {
 public:
  Call(const asio::any_io_executor& executor, std::string peer, std::function<void()> hand_over)
      : strand_(asio::make_strand(executor)),
        peer_(std::move(peer)),
        hand_over_(std::move(hand_over)) {}

  void start(CallWork work, WhenGone when_gone) {
    self_ = shared_from_this();
    // Keeps the signal for as long as something may be connected to it.
    auto done = [self = self_](const std::exception_ptr&) {};
    auto running = run(self_, std::move(work));
    if (when_gone == WhenGone::kFinish) {
      asio::co_spawn(strand_, std::move(running), std::move(done));
    } else {
      asio::co_spawn(strand_, std::move(running),
                     asio::bind_cancellation_slot(gone_.slot(), std::move(done)));
    }
  }

  void OnCancel() override {
    auto self = shared_from_this();
    end(grpc::Status::CANCELLED);
    asio::post(strand_, [self] { self->gone_.emit(asio::cancellation_type::terminal); });
  }

  void OnDone() override { self_.reset(); }

 private:
  static asio::awaitable<void> run(std::shared_ptr<Call> call, CallWork work) {
    grpc::Status status;
    try {
      status = co_await work();
    } catch (const std::exception& error) {
      status = grpc::Status(grpc::StatusCode::INTERNAL, error.what());
    }
    call->end(status);
  }

  /// The first end counts.
  void end(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    if (!status.ok()) {
      spdlog::info("control: call from {} failed: {} (code {})", peer_, status.error_message(),
                   static_cast<int>(status.error_code()));
    } else {
      hand_over_();
    }
    Finish(status);
  }

  asio::strand<asio::any_io_executor> strand_;
  std::string peer_;
  std::function<void()> hand_over_;
  asio::cancellation_signal gone_;  ///< on the strand
  std::mutex mutex_;
  bool ended_ = false;
  std::shared_ptr<Call> self_;  ///< while gRPC uses it
};

}  // namespace

grpc::ServerUnaryReactor* start_call(asio::any_io_executor executor,
                                     grpc::CallbackServerContext* context, CallWork work,
                                     std::function<void()> hand_over, WhenGone when_gone) {
  auto call = std::make_shared<Call>(executor, context->peer(), std::move(hand_over));
  call->start(std::move(work), when_gone);
  return call.get();
}

grpc::ServerUnaryReactor* refuse_call(grpc::CallbackServerContext* context,
                                      const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

grpc::Status invalid_argument(std::string text) {
  return {grpc::StatusCode::INVALID_ARGUMENT, std::move(text)};
}

grpc::Status no_such_device(const std::string& name) {
  return {grpc::StatusCode::NOT_FOUND, "no such device: " + name};
}

grpc::Status to_status(const Error& error) {
  bool passes = error.kind == ErrorKind::kBusy || error.kind == ErrorKind::kClosed ||
                error.kind == ErrorKind::kDiskFull;
  return {passes ? grpc::StatusCode::UNAVAILABLE : grpc::StatusCode::INTERNAL, error.text};
}

grpc::StatusCode to_status_code(std::uint32_t usp_code) {
  using usp::ErrorCode;
  switch (static_cast<ErrorCode>(usp_code)) {
    case ErrorCode::kMessageNotSupported:
      return grpc::StatusCode::UNIMPLEMENTED;
    case ErrorCode::kRequestDenied:
    case ErrorCode::kPermissionDenied:
    case ErrorCode::kNotWriteable:
    case ErrorCode::kNotCreatable:
      return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::kResourcesExceeded:
      return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::kObjectDoesNotExist:
    case ErrorCode::kInvalidPath:
      return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::kDuplicateKey:
      return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::kParameterActionFailed:
    case ErrorCode::kValueConflict:
    case ErrorCode::kOperationError:
    case ErrorCode::kObjectNotCreated:
    case ErrorCode::kObjectNotUpdated:
    case ErrorCode::kDeleteFailure:
      return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::kCommandFailure:
    case ErrorCode::kCommandCanceled:
      return grpc::StatusCode::ABORTED;
    case ErrorCode::kDeviceNotReached:
      return grpc::StatusCode::DEADLINE_EXCEEDED;
    case ErrorCode::kOutcomeUnknown:
      return grpc::StatusCode::UNKNOWN;
    case ErrorCode::kMessageFailed:
    case ErrorCode::kInternalError:
      return grpc::StatusCode::INTERNAL;
    default:  // the request is wrong, whatever of it is
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

tl::expected<std::optional<milliseconds>, grpc::Status> timeout_field(
    bool is_set, const google::protobuf::Duration& timeout) {
  if (!is_set) return std::nullopt;
  // Looked at in seconds first: in milliseconds a hostile one would overflow.
  bool sane = timeout.seconds() >= 0 && timeout.seconds() <= kMaxTimeoutSeconds &&
              timeout.nanos() >= 0 && timeout.nanos() < 1'000'000'000;
  milliseconds limit{0};
  if (sane) {
    limit = std::chrono::seconds(timeout.seconds()) + milliseconds(timeout.nanos() / 1'000'000);
  }
  if (limit <= milliseconds(0) || limit > std::chrono::seconds(kMaxTimeoutSeconds)) {
    return tl::unexpected(invalid_argument("timeout: more than 0 s and at most 7 days"));
  }
  return limit;
}

milliseconds call_limit(std::optional<milliseconds> asked, milliseconds usual,
                        std::chrono::system_clock::time_point deadline,
                        std::chrono::system_clock::time_point now) {
  milliseconds limit = asked.value_or(usual);
  if (deadline == std::chrono::system_clock::time_point::max()) return limit;
  auto left = std::chrono::duration_cast<milliseconds>(deadline - now);
  left = std::max(left - std::min(left / 10, kAnswerTime), milliseconds(1));
  return limit == milliseconds(0) ? left : std::min(limit, left);
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
