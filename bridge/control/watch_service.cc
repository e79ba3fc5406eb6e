#include "bridge/control/watch_service.h"

#include <deque>
#include <mutex>
#include <set>
#include <utility>

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/names.h"
#include "bridge/control/operation_service.h"

namespace bridge::control {

namespace {

/// Events a client may lag behind. At 200 bytes each: some 800 KiB for a client that stopped
/// reading.
constexpr std::size_t kMaxBuffered = 4096;

v1::SessionEvent::Outcome to_proto(SessionEnded::Outcome outcome) {
  switch (outcome) {
    case SessionEnded::Outcome::kComplete:
      return v1::SessionEvent::COMPLETE;
    case SessionEnded::Outcome::kLost:
      return v1::SessionEvent::LOST;
    case SessionEnded::Outcome::kShutdown:
      return v1::SessionEvent::SHUTDOWN;
  }
  return v1::SessionEvent::OUTCOME_UNSPECIFIED;
}

struct FillEvent {
  v1::WatchEvent& out;

  void operator()(const InformHappened& inform) const {
    out.mutable_inform();
    for (const std::string& code : inform.event_codes) out.mutable_inform()->add_event_codes(code);
  }
  void operator()(const ValueChanged& change) const {
    out.mutable_value_change()->set_path(change.path);
    out.mutable_value_change()->set_value(change.value);
  }
  void operator()(const ObjectCreated& object) const {
    out.mutable_object_created()->set_path(object.path);
  }
  void operator()(const ObjectDeleted& object) const {
    out.mutable_object_deleted()->set_path(object.path);
  }
  void operator()(const OperationInfo& info) const { fill(info, out.mutable_operation()); }
  void operator()(const SessionEnded& end) const {
    out.mutable_session_ended()->set_outcome(to_proto(end.outcome));
  }
};

v1::WatchEvent to_event(const Happening& happening) {
  v1::WatchEvent event;
  set_timestamp(happening.time_ms, event.mutable_time());
  event.set_device(device_name(happening.endpoint_id));
  std::visit(FillEvent{event}, happening.what);
  return event;
}

grpc::Status too_slow() {
  return {grpc::StatusCode::RESOURCE_EXHAUSTED, "the client reads too slowly; watch again"};
}

grpc::Status stopping() {
  return {grpc::StatusCode::UNAVAILABLE, "the bridge is stopping; watch again later"};
}

}  // namespace

/// Those under way. Outlives the service while gRPC still has one of them.
struct WatchService::Watchers {
  std::mutex mutex;  ///< may be held when a Watcher takes its own, never the other way round
  std::set<Watcher*> all;
  bool stopping = false;
};

/// One watching client. Happenings come from bridge threads, the rest from gRPC's; it deletes
/// itself when the call is done.
class WatchService::Watcher final : public grpc::ServerWriteReactor<v1::WatchEvent> {
 public:
  Watcher(std::shared_ptr<Watchers> watchers, std::string endpoint_id)
      : watchers_(std::move(watchers)), endpoint_id_(std::move(endpoint_id)) {}

  void start(Backend& backend) {
    StartSendInitialMetadata();  // tells the client that it watches from now on
    auto watch = backend.watch([this](const Happening& happening) { take(happening); });
    std::lock_guard lock(mutex_);
    watch_ = std::move(watch);
  }

  void end(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    finish_locked(status);
  }

  void OnWriteDone(bool ok) override {
    std::lock_guard lock(mutex_);
    writing_ = false;
    buffer_.pop_front();
    if (!ok) return finish_locked(grpc::Status::CANCELLED);
    if (overflow_) return finish_locked(too_slow());
    write_next_locked();
  }

  void OnCancel() override { end(grpc::Status::CANCELLED); }

  void OnDone() override {
    {
      std::lock_guard lock(watchers_->mutex);
      watchers_->all.erase(this);
    }
    // Ends the watch before the members go: after this no take() runs.
    std::shared_ptr<void> watch;
    {
      std::lock_guard lock(mutex_);
      watch = std::move(watch_);
    }
    watch.reset();
    delete this;
  }

 private:
  void take(const Happening& happening) {
    if (!endpoint_id_.empty() && happening.endpoint_id != endpoint_id_) return;
    std::lock_guard lock(mutex_);
    if (finished_ || overflow_) return;
    if (buffer_.size() >= kMaxBuffered) {
      overflow_ = true;  // the write under way ends first
      return;
    }
    buffer_.push_back(to_event(happening));
    write_next_locked();
  }

  void write_next_locked() {
    if (writing_ || finished_ || buffer_.empty()) return;
    writing_ = true;
    StartWrite(&buffer_.front());
  }

  void finish_locked(const grpc::Status& status) {
    if (std::exchange(finished_, true)) return;
    Finish(status);
  }

  const std::shared_ptr<Watchers> watchers_;
  const std::string endpoint_id_;  ///< empty: every device
  std::mutex mutex_;
  std::shared_ptr<void> watch_;
  std::deque<v1::WatchEvent> buffer_;  ///< the front is being written while writing_
  bool writing_ = false;
  bool overflow_ = false;
  bool finished_ = false;
};

WatchService::WatchService(Door& door) : door_(door), watchers_(std::make_shared<Watchers>()) {}

void WatchService::stop() {
  std::lock_guard lock(watchers_->mutex);
  watchers_->stopping = true;
  for (Watcher* watcher : watchers_->all) watcher->end(stopping());
}

grpc::ServerWriteReactor<v1::WatchEvent>* WatchService::Watch(grpc::CallbackServerContext* context,
                                                              const v1::WatchRequest* request) {
  auto visit = door_.enter(*context, "WatchService/Watch", request->device());
  if (!visit) return refuse_stream<v1::WatchEvent>(visit.error());
  auto endpoint_id = parse_device_name(request->device());
  auto* watcher = new Watcher(watchers_, endpoint_id.value_or(""));
  if (!request->device().empty() && !endpoint_id) {
    watcher->end(invalid_argument("device", "expected devices/{endpoint_id} or nothing"));
    return watcher;
  }
  std::lock_guard lock(watchers_->mutex);
  if (watchers_->stopping) {
    watcher->end(stopping());
    return watcher;
  }
  watchers_->all.insert(watcher);
  watcher->start(door_.backend());
  return watcher;
}

}  // namespace bridge::control
