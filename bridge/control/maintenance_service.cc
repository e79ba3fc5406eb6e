#include "bridge/control/maintenance_service.h"

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <optional>
#include <utility>

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/errors.h"
#include "bridge/control/maintenance_backend.h"
#include "bridge/control/stream_call.h"
#include "bridge/log.h"
#include "bridge/sha256.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

/// Calls at the same time; all but one are refused by the backend.
constexpr std::size_t kMaxStreams = 16;
constexpr std::size_t kChunkBytes = 64 << 10;

grpc::Status status_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kConflict:
      return make_status(grpc::StatusCode::ABORTED, error.text, "BACKUP_UNDER_WAY");
    case ErrorKind::kDiskFull:
      return make_status(grpc::StatusCode::RESOURCE_EXHAUSTED, error.text, "DISK_FULL");
    default:
      return to_status(error);
  }
}

/// Everything of it on the strand of its call.
class BackupCall final : public StreamCall<v1::BackupChunk> {
 public:
  BackupCall(Door& door, Visit visit, std::shared_ptr<StreamRoom> room, MaintenanceBackend& backend,
             std::chrono::milliseconds patience)
      : StreamCall(door, std::move(visit), std::move(room)),
        backend_(backend),
        patience_(patience),
        stalled_(strand()) {}

  void end(const grpc::Status& status) override {
    *given_up_ = true;
    StreamCall::end(status);
  }

 private:
  asio::awaitable<grpc::Status> run() override {
    if (grpc::Status all = Door::whole_fleet(visit()); !all.ok()) co_return all;
    auto copying = backend_.copy_state(given_up_);
    Result<std::shared_ptr<StateCopy>> copy = co_await std::move(copying);
    if (!copy) co_return status_of(copy.error());
    auto sending = send(*copy);
    grpc::Status sent = co_await std::move(sending);
    if (sent.ok() && !ended()) {
      log_warn({.trace_id = visit().trace_id},
               "control: audit: a backup of state.db, {} devices, {} bytes, for {} ({})",
               (*copy)->facts().devices, (*copy)->size_bytes(), visit().client->requester,
               visit().peer);
    }
    co_return sent;
  }

  asio::awaitable<grpc::Status> send(std::shared_ptr<StateCopy> copy) {
    v1::BackupHeader* header = chunk_.mutable_header();
    set_timestamp(copy->facts().copied_ms, header->mutable_create_time());
    header->set_size_bytes(copy->size_bytes());
    header->set_schema_version(copy->facts().schema_version);
    header->set_device_count(copy->facts().devices);
    auto beginning = write_in_time();
    co_await std::move(beginning);
    Sha256 hash;
    std::int64_t size = 0;
    while (!ended()) {
      auto reading = backend_.read(copy, kChunkBytes);
      Result<std::string> bytes = co_await std::move(reading);
      if (!bytes) co_return status_of(bytes.error());
      if (bytes->empty()) break;
      hash.add(*bytes);
      size += static_cast<std::int64_t>(bytes->size());
      chunk_.set_data(*std::move(bytes));
      auto writing = write_in_time();
      co_await std::move(writing);
    }
    if (ended()) co_return grpc::Status::CANCELLED;
    chunk_.mutable_trailer()->set_size_bytes(size);
    chunk_.mutable_trailer()->set_sha256(hash.take());
    auto ending = write_in_time();
    co_await std::move(ending);
    co_return grpc::Status::OK;
  }

  /// A client that takes nothing would keep the copy, and others from theirs.
  asio::awaitable<void> write_in_time() {
    stalled_.expires_after(patience_);
    stalled_.async_wait([weak = weak_from_this()](boost::system::error_code error) {
      auto self = weak.lock();
      if (error || !self) return;
      self->end(make_status(grpc::StatusCode::DEADLINE_EXCEEDED,
                            "the client has taken nothing for too long", "TOO_SLOW"));
    });
    auto writing = write(chunk_);
    co_await std::move(writing);
    stalled_.cancel();
  }

  MaintenanceBackend& backend_;
  const std::chrono::milliseconds patience_;
  const GivenUp given_up_ = std::make_shared<std::atomic<bool>>(false);
  asio::steady_timer stalled_;
  v1::BackupChunk chunk_;  ///< being written
};

v1::Check::Result to_result(Check::Result result) {
  switch (result) {
    case Check::Result::kOk:
      return v1::Check::OK;
    case Check::Result::kWarning:
      return v1::Check::WARNING;
    case Check::Result::kFailed:
      return v1::Check::FAILED;
  }
  return v1::Check::RESULT_UNSPECIFIED;
}

void add(Check check, v1::DiagnoseResponse& response) {
  v1::Check* out = response.add_checks();
  out->set_area(std::move(check.area));
  out->set_subject(std::move(check.subject));
  out->set_result(to_result(check.result));
  out->set_seen(std::move(check.seen));
  out->set_advice(std::move(check.advice));
}

/// What ExplainDevice finds, as checks.
void add_findings(const std::string& device, const Explanation& explanation,
                  v1::DiagnoseResponse& response) {
  bool good = true;
  for (const Finding& finding : explanation.findings) {
    Check check{"device", finding.reason, Check::Result::kOk, finding.summary, finding.advice};
    if (finding.severity == Finding::Severity::kWarning) check.result = Check::Result::kWarning;
    if (finding.severity == Finding::Severity::kError) check.result = Check::Result::kFailed;
    good = good && check.result == Check::Result::kOk;
    add(std::move(check), response);
  }
  if (good) add({"device", device, Check::Result::kOk, "nothing is wrong", ""}, response);
}

asio::awaitable<grpc::Status> diagnose(Door& door, MaintenanceBackend& backend, const Visit& visit,
                                       const v1::DiagnoseRequest& request,
                                       v1::DiagnoseResponse& response) {
  std::optional<Explanation> explanation;
  if (!request.device().empty()) {
    auto looking = door.device(visit, "device", request.device());
    tl::expected<std::string, grpc::Status> device = co_await std::move(looking);
    if (!device) co_return device.error();
    std::string wanted = *device;
    auto explaining = door.backend().explain(std::move(wanted));
    Result<std::optional<Explanation>> found = co_await std::move(explaining);
    if (!found) co_return to_status(found.error());
    if (!*found) co_return no_such_device(request.device());
    explanation = **std::move(found);
  }
  const grpc::Status all = Door::whole_fleet(visit);
  if (!all.ok() && !explanation) co_return all;
  if (all.ok()) {
    auto diagnosing = backend.diagnose();
    Checks checks = co_await std::move(diagnosing);
    for (Check& check : checks) add(std::move(check), response);
  }
  if (explanation) add_findings(request.device(), *explanation, response);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  set_timestamp(std::chrono::duration_cast<std::chrono::milliseconds>(now).count(),
                response.mutable_server_time());
  response.set_version(USP_BRIDGE_VERSION);
  co_return grpc::Status::OK;
}

}  // namespace

MaintenanceService::MaintenanceService(Door& door, MaintenanceBackend& backend,
                                       std::chrono::milliseconds patience)
    : door_(door),
      backend_(backend),
      patience_(patience),
      room_(std::make_shared<StreamRoom>(kMaxStreams)) {}

void MaintenanceService::stop() { room_->stop(); }

grpc::ServerWriteReactor<v1::BackupChunk>* MaintenanceService::Backup(
    grpc::CallbackServerContext* context, const v1::BackupRequest*) {
  auto visit = door_.enter(*context, "MaintenanceService/Backup", "");
  if (!visit) return refuse_stream<v1::BackupChunk>(visit.error());
  return BackupCall::start(
      std::make_shared<BackupCall>(door_, *std::move(visit), room_, backend_, patience_));
}

grpc::ServerUnaryReactor* MaintenanceService::Diagnose(grpc::CallbackServerContext* context,
                                                       const v1::DiagnoseRequest* request,
                                                       v1::DiagnoseResponse* response) {
  return run_call(door_, context, "MaintenanceService/Diagnose", request, response,
                  std::bind_front(diagnose, std::ref(door_), std::ref(backend_)));
}

}  // namespace bridge::control
