#include "bridge/control/bulk_service.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "bridge/control/bulk_change.h"
#include "bridge/control/bulk_devices.h"
#include "bridge/control/call.h"
#include "bridge/control/names.h"
#include "bridge/control/stream_call.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view kPrefix = "bulkOperations/";
constexpr std::uint32_t kDefaultConcurrency = 20;
constexpr std::uint32_t kMaxConcurrency = 1000;
constexpr std::size_t kMaxDisplayName = 200;
/// At most twice a second.
constexpr milliseconds kWatchInterval{500};

std::string bulk_name(std::int64_t id) { return std::string(kPrefix) + std::to_string(id); }

tl::expected<std::int64_t, grpc::Status> parse_bulk_name(const std::string& name) {
  std::int64_t id = 0;
  if (name.starts_with(kPrefix)) {
    const char* end = name.data() + name.size();
    const auto read = std::from_chars(name.data() + kPrefix.size(), end, id);
    if (read.ec != std::errc() || read.ptr != end) id = 0;
  }
  if (id <= 0 || name != bulk_name(id)) {
    return tl::unexpected(invalid_argument("name", "expected bulkOperations/{id}"));
  }
  return id;
}

v1::BulkOperation::State to_proto(BulkState state) {
  switch (state) {
    case BulkState::kRunning:
      return v1::BulkOperation::RUNNING;
    case BulkState::kSucceeded:
      return v1::BulkOperation::SUCCEEDED;
    case BulkState::kFailed:
      return v1::BulkOperation::FAILED;
    case BulkState::kStopped:
      return v1::BulkOperation::STOPPED;
    case BulkState::kCancelled:
      return v1::BulkOperation::CANCELLED;
  }
  return v1::BulkOperation::STATE_UNSPECIFIED;
}

v1::BulkResult::State to_proto(BulkItemState state) {
  switch (state) {
    case BulkItemState::kPending:
      return v1::BulkResult::PENDING;
    case BulkItemState::kRunning:
      return v1::BulkResult::RUNNING;
    case BulkItemState::kSucceeded:
      return v1::BulkResult::SUCCEEDED;
    case BulkItemState::kFailed:
      return v1::BulkResult::FAILED;
    case BulkItemState::kNotBegun:
      return v1::BulkResult::NOT_BEGUN;
    case BulkItemState::kUnknown:
      return v1::BulkResult::UNKNOWN;
  }
  return v1::BulkResult::STATE_UNSPECIFIED;
}

/// The bits of BulkRunner::results(); nullopt: one of them is no state.
std::optional<unsigned> state_bits(const google::protobuf::RepeatedField<int>& states) {
  constexpr std::array kAll{BulkItemState::kPending,   BulkItemState::kRunning,
                            BulkItemState::kSucceeded, BulkItemState::kFailed,
                            BulkItemState::kNotBegun,  BulkItemState::kUnknown};
  unsigned bits = 0;
  for (int wanted : states) {
    const auto at =
        std::ranges::find_if(kAll, [wanted](BulkItemState s) { return to_proto(s) == wanted; });
    if (at == kAll.end()) return std::nullopt;
    bits |= 1U << static_cast<unsigned>(*at);
  }
  return bits;
}

void fill(const BulkInfo& info, v1::BulkOperation* out) {
  if (info.id != 0) out->set_name(bulk_name(info.id));
  out->set_display_name(info.plan.display_name);
  out->set_state(to_proto(info.state));
  *out->mutable_change() = shown(info.plan.change);
  out->set_concurrency(info.plan.concurrency);
  out->set_max_failures(info.plan.max_failures);
  out->set_total(static_cast<std::uint32_t>(info.counts.total()));
  out->set_succeeded(static_cast<std::uint32_t>(info.counts.succeeded));
  out->set_failed(static_cast<std::uint32_t>(info.counts.failed));
  out->set_running(static_cast<std::uint32_t>(info.counts.running));
  out->set_pending(static_cast<std::uint32_t>(info.counts.pending));
  out->set_not_begun(static_cast<std::uint32_t>(info.counts.not_begun));
  set_timestamp(info.created_ms, out->mutable_create_time());
  if (info.finished_ms > 0) set_timestamp(info.finished_ms, out->mutable_finish_time());
  out->set_requester(info.plan.requester);
  out->set_done(info.finished_ms > 0);
}

void fill(const BulkItemRow& row, v1::BulkResult* out) {
  if (!out->ParseFromString(row.result)) out->Clear();
  out->set_device(device_name(row.endpoint_id));
  out->set_state(to_proto(static_cast<BulkItemState>(row.state)));
  out->set_code(row.code);
  if (row.started_ms > 0) set_timestamp(row.started_ms, out->mutable_start_time());
  if (row.finished_ms > 0) set_timestamp(row.finished_ms, out->mutable_finish_time());
}

/// Whose operations the client sees; empty: everybody's.
std::string sees_of(const Visit& visit) {
  return visit.client->devices.empty() ? std::string() : visit.client->requester;
}

using InfoOrStatus = tl::expected<BulkInfo, grpc::Status>;

asio::awaitable<InfoOrStatus> find(BulkRunner& runner, Visit visit, std::string name) {
  auto id = parse_bulk_name(name);
  if (!id) co_return tl::unexpected(id.error());
  auto getting = runner.get(*id);
  Result<std::optional<BulkInfo>> info = co_await std::move(getting);
  if (!info) co_return tl::unexpected(to_status(info.error()));
  const std::string whose = sees_of(visit);
  const bool seen = *info && (whose.empty() || (*info)->plan.requester == whose);
  if (!seen) co_return tl::unexpected(no_such("bulk operation", name));
  co_return **std::move(info);
}

tl::expected<BulkPlan, grpc::Status> plan_of(const v1::StartBulkOperationRequest& request,
                                             const Visit& visit) {
  if (grpc::Status checked = check(request.change()); !checked.ok()) {
    return tl::unexpected(checked);
  }
  if (request.concurrency() > kMaxConcurrency) {
    return tl::unexpected(invalid_argument("concurrency", "1 to 1000"));
  }
  if (request.display_name().size() > kMaxDisplayName) {
    return tl::unexpected(invalid_argument("display_name", "at most 200 bytes"));
  }
  auto timeout = timeout_field(request.has_device_timeout(), request.device_timeout());
  if (!timeout) return tl::unexpected(timeout.error());
  BulkPlan plan;
  plan.change = request.change();
  plan.display_name = request.display_name();
  plan.requester = visit.client->requester;
  plan.trace_id = visit.trace_id;
  plan.concurrency = request.concurrency() == 0 ? kDefaultConcurrency : request.concurrency();
  plan.max_failures = request.max_failures();
  plan.device_timeout = timeout->value_or(milliseconds(0));
  return plan;
}

asio::awaitable<grpc::Status> start(Door& door, BulkRunner& runner, std::size_t max, Visit visit,
                                    const v1::StartBulkOperationRequest& request,
                                    v1::BulkOperation& response) {
  auto plan = plan_of(request, visit);
  if (!plan) co_return plan.error();
  auto resolving = bulk_devices(door, visit, request, max);
  DevicesOrStatus devices = co_await std::move(resolving);
  if (!devices) co_return devices.error();
  if (request.validate_only()) {
    BulkInfo planned;
    planned.plan = *std::move(plan);
    planned.counts.pending = devices->size();
    fill(planned, &response);
    response.clear_create_time();
    response.clear_state();
    co_return grpc::Status::OK;
  }
  auto starting = runner.start(*std::move(plan), *std::move(devices));
  Result<BulkInfo> started = co_await std::move(starting);
  if (!started) co_return to_status(started.error());
  fill(*started, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> get(BulkRunner& runner, Visit visit, std::string name,
                                  v1::BulkOperation& response) {
  auto finding = find(runner, std::move(visit), std::move(name));
  InfoOrStatus info = co_await std::move(finding);
  if (!info) co_return info.error();
  fill(*info, &response);
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> list(BulkRunner& runner, Visit visit,
                                   const v1::ListBulkOperationsRequest& request,
                                   v1::ListBulkOperationsResponse& response) {
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  auto before = parse_page_id(request.page_token(), "");
  if (!before) co_return before.error();
  auto listing = runner.list(*before, *size + 1, sees_of(visit));
  Result<std::vector<BulkInfo>> page = co_await std::move(listing);
  if (!page) co_return to_status(page.error());
  const bool more = page->size() > *size;
  if (more) page->resize(*size);
  for (const BulkInfo& info : *page) fill(info, response.add_bulk_operations());
  if (more) response.set_next_page_token(page_token(std::to_string(page->back().id), ""));
  co_return grpc::Status::OK;
}

grpc::Status not_in_that_state(const std::string& what) {
  return not_now("the bulk operation " + what, "WRONG_STATE");
}

asio::awaitable<grpc::Status> cancel(BulkRunner& runner, Visit visit, std::string name,
                                     v1::BulkOperation& response) {
  auto finding = find(runner, visit, name);
  InfoOrStatus info = co_await std::move(finding);
  if (!info) co_return info.error();
  auto cancelling = runner.cancel(info->id);
  Result<BulkRunner::Done> done = co_await std::move(cancelling);
  if (!done) co_return to_status(done.error());
  if (*done == BulkRunner::Done::kNotFound) co_return no_such("bulk operation", name);
  if (*done == BulkRunner::Done::kWrongState) co_return not_in_that_state("is over");
  auto getting = get(runner, std::move(visit), std::move(name), response);
  grpc::Status got = co_await std::move(getting);
  co_return got;
}

asio::awaitable<grpc::Status> remove(BulkRunner& runner, Visit visit, std::string name) {
  auto finding = find(runner, std::move(visit), name);
  InfoOrStatus info = co_await std::move(finding);
  if (!info) co_return info.error();
  auto erasing = runner.erase(info->id);
  Result<BulkRunner::Done> done = co_await std::move(erasing);
  if (!done) co_return to_status(done.error());
  if (*done == BulkRunner::Done::kNotFound) co_return no_such("bulk operation", name);
  if (*done == BulkRunner::Done::kWrongState) co_return not_in_that_state("is not over");
  co_return grpc::Status::OK;
}

asio::awaitable<grpc::Status> results(BulkRunner& runner, Visit visit,
                                      const v1::ListBulkResultsRequest& request,
                                      v1::ListBulkResultsResponse& response) {
  auto size = page_size(request.page_size());
  if (!size) co_return size.error();
  auto states = state_bits(request.states());
  if (!states) co_return invalid_argument("states", "no state of a result");
  const std::string query = request.name() + " " + std::to_string(*states);
  auto after = parse_page_id(request.page_token(), query);
  if (!after) co_return after.error();
  auto finding = find(runner, std::move(visit), request.name());
  InfoOrStatus info = co_await std::move(finding);
  if (!info) co_return info.error();
  auto listing = runner.results(info->id, *states, *after, *size + 1);
  Result<std::vector<BulkItemRow>> page = co_await std::move(listing);
  if (!page) co_return to_status(page.error());
  const bool more = page->size() > *size;
  if (more) page->resize(*size);
  for (const BulkItemRow& row : *page) fill(row, response.add_results());
  if (more) response.set_next_page_token(page_token(std::to_string(page->back().number), query));
  co_return grpc::Status::OK;
}

/// Looks twice a second; tells what has changed.
class BulkWatcher final : public StreamCall<v1::BulkOperation> {
 public:
  BulkWatcher(Door& door, Visit visit, std::shared_ptr<StreamRoom> room, BulkRunner& runner,
              std::string name)
      : StreamCall(door, std::move(visit), std::move(room)),
        runner_(runner),
        name_(std::move(name)) {}

 private:
  asio::awaitable<grpc::Status> run() override {
    std::optional<std::pair<BulkCounts, std::int64_t>> told;
    while (!ended()) {
      if (grpc::Status still = door().check_again(visit()); !still.ok()) co_return still;
      const auto next_look = steady_clock::now() + kWatchInterval;
      auto finding = find(runner_, visit(), name_);
      InfoOrStatus info = co_await std::move(finding);
      if (!info) co_return info.error();
      const std::pair now(info->counts, info->finished_ms);
      if (told != now) {
        told = now;
        message_.Clear();
        fill(*info, &message_);
        auto writing = write(message_);
        co_await std::move(writing);
      }
      if (info->finished_ms > 0) co_return grpc::Status::OK;
      while (!ended() && steady_clock::now() < next_look) {
        co_await changed().wait_until(next_look);
      }
    }
    co_return grpc::Status::OK;
  }

  BulkRunner& runner_;
  const std::string name_;
  v1::BulkOperation message_;  ///< being written
};

}  // namespace

BulkService::BulkService(Door& door, BulkRunner& runner, std::size_t max_devices)
    : door_(door),
      runner_(runner),
      max_devices_(max_devices),
      room_(std::make_shared<StreamRoom>(kMaxWatchers)) {}

void BulkService::stop() { room_->stop(); }

grpc::ServerUnaryReactor* BulkService::StartBulkOperation(
    grpc::CallbackServerContext* context, const v1::StartBulkOperationRequest* request,
    v1::BulkOperation* response) {
  auto work = [&door = door_, &runner = runner_, max = max_devices_.load()](
                  const Visit& visit, const v1::StartBulkOperationRequest& in,
                  v1::BulkOperation& out) { return start(door, runner, max, visit, in, out); };
  return run_call(door_, context, "BulkService/StartBulkOperation", request, response,
                  std::move(work));
}

grpc::ServerUnaryReactor* BulkService::GetBulkOperation(grpc::CallbackServerContext* context,
                                                        const v1::GetBulkOperationRequest* request,
                                                        v1::BulkOperation* response) {
  auto work = [&runner = runner_](const Visit& visit, const v1::GetBulkOperationRequest& in,
                                  v1::BulkOperation& out) {
    return get(runner, visit, in.name(), out);
  };
  return run_call(door_, context, "BulkService/GetBulkOperation", request, response,
                  std::move(work));
}

grpc::ServerUnaryReactor* BulkService::ListBulkOperations(
    grpc::CallbackServerContext* context, const v1::ListBulkOperationsRequest* request,
    v1::ListBulkOperationsResponse* response) {
  auto work = [&runner = runner_](const Visit& visit, const v1::ListBulkOperationsRequest& in,
                                  v1::ListBulkOperationsResponse& out) {
    return list(runner, visit, in, out);
  };
  return run_call(door_, context, "BulkService/ListBulkOperations", request, response,
                  std::move(work));
}

grpc::ServerUnaryReactor* BulkService::CancelBulkOperation(
    grpc::CallbackServerContext* context, const v1::CancelBulkOperationRequest* request,
    v1::BulkOperation* response) {
  auto work = [&runner = runner_](const Visit& visit, const v1::CancelBulkOperationRequest& in,
                                  v1::BulkOperation& out) {
    return cancel(runner, visit, in.name(), out);
  };
  return run_call(door_, context, "BulkService/CancelBulkOperation", request, response,
                  std::move(work));
}

grpc::ServerWriteReactor<v1::BulkOperation>* BulkService::WatchBulkOperation(
    grpc::CallbackServerContext* context, const v1::WatchBulkOperationRequest* request) {
  auto visit = door_.enter(*context, "BulkService/WatchBulkOperation", request->name());
  if (!visit) return refuse_stream<v1::BulkOperation>(visit.error());
  return BulkWatcher::start(
      std::make_shared<BulkWatcher>(door_, *std::move(visit), room_, runner_, request->name()));
}

grpc::ServerUnaryReactor* BulkService::ListBulkResults(grpc::CallbackServerContext* context,
                                                       const v1::ListBulkResultsRequest* request,
                                                       v1::ListBulkResultsResponse* response) {
  auto work = [&runner = runner_](const Visit& visit, const v1::ListBulkResultsRequest& in,
                                  v1::ListBulkResultsResponse& out) {
    return results(runner, visit, in, out);
  };
  return run_call(door_, context, "BulkService/ListBulkResults", request, response,
                  std::move(work));
}

grpc::ServerUnaryReactor* BulkService::DeleteBulkOperation(
    grpc::CallbackServerContext* context, const v1::DeleteBulkOperationRequest* request,
    google::protobuf::Empty* response) {
  auto work = [&runner = runner_](const Visit& visit, const v1::DeleteBulkOperationRequest& in,
                                  google::protobuf::Empty&) {
    return remove(runner, visit, in.name());
  };
  return run_call(door_, context, "BulkService/DeleteBulkOperation", request, response,
                  std::move(work));
}

}  // namespace bridge::control
