#include "bridge/control/call.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/timestamp.pb.h>
#include <openssl/evp.h>
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

#include "bridge/control/request_book.h"
#include "proto/google/rpc/error_details.pb.h"
#include "proto/google/rpc/status.pb.h"

namespace bridge::control {

namespace asio = boost::asio;
using std::chrono::milliseconds;

namespace {

constexpr std::int32_t kDefaultPageSize = 50;
constexpr std::int32_t kMaxPageSize = 1000;
constexpr std::int64_t kMaxTimeoutSeconds = 7 * 86'400;
/// What an answer may need to reach its client.
constexpr milliseconds kAnswerTime{250};
constexpr std::size_t kMaxPageToken = 1024;

/// One call: ended by its work, or before that by its client or the server. Its work and gRPC share
/// it.
class Call final : public grpc::ServerUnaryReactor, public std::enable_shared_from_this<Call> {
 public:
  Call(std::shared_ptr<Door> door, Visit visit, std::function<void()> hand_over)
      : door_(std::move(door)),
        visit_(std::move(visit)),
        strand_(asio::make_strand(door_->executor())),
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
      // Work that is cancelled, since nobody waits for it, throws.
      status = call->has_ended()
                   ? grpc::Status::CANCELLED
                   : make_status(grpc::StatusCode::INTERNAL, error.what(), "INTERNAL");
    }
    call->door_->leave(call->visit_, status);
    call->end(status);
  }

  bool has_ended() {
    std::lock_guard lock(mutex_);
    return ended_;
  }

  /// The first end counts.
  void end(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    if (std::exchange(ended_, true)) return;
    if (status.ok()) hand_over_();
    Finish(status);
  }

  const std::shared_ptr<Door> door_;
  const Visit visit_;
  asio::strand<asio::any_io_executor> strand_;
  std::function<void()> hand_over_;
  asio::cancellation_signal gone_;  ///< on the strand
  std::mutex mutex_;
  bool ended_ = false;
  std::shared_ptr<Call> self_;  ///< while gRPC uses it
};

/// With maps in one order, so that the same request gives the same bytes.
std::string bytes_of(const google::protobuf::Message& message) {
  std::string out;
  google::protobuf::io::StringOutputStream stream(&out);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return out;
}

/// The answer to a repetition whose first is not over, or never will be.
grpc::Status pending(bool interrupted) {
  if (interrupted) {
    return make_status(grpc::StatusCode::UNKNOWN,
                       "the bridge was restarted while it carried out this request; look at the "
                       "device and its operations",
                       "OUTCOME_UNKNOWN");
  }
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(1);
  return make_status(grpc::StatusCode::UNAVAILABLE, "this request is being carried out",
                     "REQUEST_UNDER_WAY", &retry);
}

/// May what this call was to do be done all the same?
bool may_be_done(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNKNOWN ||
         status.error_code() == grpc::StatusCode::INTERNAL;
}

// An answer as the book keeps it: 'R' and the response, or 'S' and a google.rpc.Status.

std::string kept_answer(const grpc::Status& status, const google::protobuf::Message& response) {
  if (status.ok()) return "R" + response.SerializeAsString();
  google::rpc::Status failed;
  failed.ParseFromString(status.error_details());
  failed.set_code(status.error_code());
  failed.set_message(status.error_message());
  return "S" + failed.SerializeAsString();
}

grpc::Status answer_again(const std::string& kept, google::protobuf::Message& response) {
  const std::string bytes = kept.empty() ? "" : kept.substr(1);
  if (kept.starts_with('R') && response.ParseFromString(bytes)) return grpc::Status::OK;
  google::rpc::Status failed;
  if (kept.starts_with('S') && failed.ParseFromString(bytes)) {
    return {static_cast<grpc::StatusCode>(failed.code()), failed.message(), bytes};
  }
  return make_status(grpc::StatusCode::INTERNAL, "the first answer is lost", "INTERNAL");
}

constexpr std::size_t kQueryHash = 8;  ///< bytes of a page token that say what was asked

std::string query_hash(std::string_view query) {
  return request_fingerprint("page", query).substr(0, kQueryHash);
}

std::string to_base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> from_base64(const std::string& text) {
  if (text.size() % 4 != 0 || text.size() > kMaxPageToken) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  if (text.ends_with("=")) out.pop_back();
  if (text.ends_with("==")) out.pop_back();
  return out;
}

}  // namespace

grpc::ServerUnaryReactor* start_call(Door& door, Visit visit, grpc::CallbackServerContext*,
                                     CallWork work, std::function<void()> hand_over,
                                     WhenGone when_gone) {
  auto call =
      std::make_shared<Call>(door.shared_from_this(), std::move(visit), std::move(hand_over));
  call->start(std::move(work), when_gone);
  return call.get();
}

grpc::ServerUnaryReactor* refuse_call(grpc::CallbackServerContext* context,
                                      const grpc::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(status);
  return reactor;
}

asio::awaitable<grpc::Status> run_once(Door& door, Visit visit, std::string request_id,
                                       const google::protobuf::Message& request,
                                       google::protobuf::Message& response, CallWork work) {
  if (!is_request_id(request_id)) {
    co_return invalid_argument("request_id", "expected a UUID");
  }
  RequestBook* book = door.requests();
  if (book == nullptr) co_return co_await work();
  const RequestKey key{visit.client->name, std::move(request_id)};
  std::string fingerprint = request_fingerprint(visit.method, bytes_of(request));
  Result<RequestBook::Begun> begun = co_await book->begin(key, std::move(fingerprint));
  if (!begun) co_return to_status(begun.error());
  switch (begun->found) {
    case RequestBook::Found::kNew:
      break;
    case RequestBook::Found::kSame:
      co_return answer_again(begun->response, response);
    case RequestBook::Found::kPending:
      co_return pending(begun->interrupted);
    case RequestBook::Found::kOther:
      co_return invalid_argument("request_id", "was used for another request");
  }
  grpc::Status status = co_await work();
  if (status.ok() || may_be_done(status)) {
    std::string answer = kept_answer(status, response);
    Result<void> kept = co_await book->finish(key, std::move(answer));
    if (!kept) spdlog::error("control: a request_id was not stored: {}", kept.error().text);
  } else {
    Result<void> dropped = co_await book->abandon(key);
    if (!dropped) spdlog::error("control: a request_id stays: {}", dropped.error().text);
  }
  co_return status;
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
    return tl::unexpected(invalid_argument("timeout", "more than 0 s and at most 7 days"));
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
  if (asked < 0) return tl::unexpected(invalid_argument("page_size", "must not be negative"));
  if (asked == 0) return static_cast<std::size_t>(kDefaultPageSize);
  return static_cast<std::size_t>(std::min(asked, kMaxPageSize));
}

std::string page_token(std::string_view last, std::string_view query) {
  return to_base64(query_hash(query).append(last));
}

tl::expected<std::string, grpc::Status> parse_page_token(const std::string& token,
                                                         std::string_view query) {
  if (token.empty()) return "";
  auto bytes = from_base64(token);
  if (!bytes || bytes->size() < kQueryHash) {
    return tl::unexpected(invalid_argument("page_token", "not one of ours"));
  }
  if (!bytes->starts_with(query_hash(query))) {
    return tl::unexpected(invalid_argument(
        "page_token", "of another list: what is asked for must stay the same from page to page"));
  }
  return bytes->substr(kQueryHash);
}

tl::expected<std::int64_t, grpc::Status> parse_page_id(const std::string& token,
                                                       std::string_view query) {
  auto last = parse_page_token(token, query);
  if (!last) return tl::unexpected(last.error());
  if (last->empty()) return 0;
  std::int64_t id = 0;
  auto [end, error] = std::from_chars(last->data(), last->data() + last->size(), id);
  if (error != std::errc{} || end != last->data() + last->size() || id < 0) {
    return tl::unexpected(invalid_argument("page_token", "not one of ours"));
  }
  return id;
}

}  // namespace bridge::control
