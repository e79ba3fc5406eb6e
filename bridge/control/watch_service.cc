#include "bridge/control/watch_service.h"

#include <boost/asio/use_awaitable.hpp>
#include <utility>
#include <vector>

#include "bridge/control/backend.h"
#include "bridge/control/call.h"
#include "bridge/control/event_feed.h"
#include "bridge/control/stream_call.h"
#include "bridge/control/watch_event.h"

namespace bridge::control {

namespace asio = boost::asio;

namespace {

using std::chrono::steady_clock;

grpc::Status too_slow() {
  return make_status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                     "the client reads too slowly: what comes next is not kept any more",
                     "TOO_SLOW");
}

grpc::Status status_of(EventLog::BadToken bad) {
  if (bad == EventLog::BadToken::kMalformed) {
    return invalid_argument("resume_token", "not one that an event came with");
  }
  return make_status(grpc::StatusCode::OUT_OF_RANGE,
                     "resume_token: the events after it are not kept any more", "EVENTS_GONE");
}

tl::expected<EventFeed::Wish, grpc::Status> wish_of(const v1::WatchRequest& request,
                                                    const Client& client) {
  EventFeed::Wish wish;
  auto kinds = kinds_of(request.types());
  if (!kinds) {
    return tl::unexpected(
        invalid_argument("types", "no type of event: " + std::to_string(kinds.error())));
  }
  wish.kinds = *kinds;
  auto filter = Filter::parse(request.filter());
  if (!filter) return tl::unexpected(invalid_argument("filter", filter.error()));
  wish.filters = {client.devices, *std::move(filter)};
  return wish;
}

/// Events that a client is given before it is looked at again.
constexpr std::size_t kAtOnce = 64;
constexpr std::size_t kBytesAtOnce = 64 << 10;

/// Everything of it on the strand of its call.
class Watcher final : public StreamCall<v1::WatchEvent> {
 public:
  Watcher(Door& door, Visit visit, std::shared_ptr<StreamRoom> room, v1::WatchRequest request,
          std::chrono::milliseconds heartbeat)
      : StreamCall(door, std::move(visit), std::move(room)),
        request_(std::move(request)),
        heartbeat_(heartbeat) {}

 private:
  asio::awaitable<grpc::Status> run() override {
    auto opening = open();
    grpc::Status status = co_await std::move(opening);
    while (status.ok() && !ended()) {
      if (status = door().check_again(visit()); !status.ok()) break;
      auto next = step();
      status = co_await std::move(next);
    }
    following_.handle.reset();
    co_return status;
  }

  asio::awaitable<grpc::Status> open() {
    auto wish = wish_of(request_, *visit().client);
    if (!wish) co_return wish.error();
    if (!request_.device().empty()) {
      auto looking = door().device(visit(), "device", request_.device());
      tl::expected<std::string, grpc::Status> device = co_await std::move(looking);
      if (!device) co_return device.error();
      wish->endpoint_id = *device;
    }
    EventHub& hub = door().backend().event_hub();
    following_ = hub.follow([weak = weak_from_this(), this] {
      if (auto self = weak.lock()) poke();
    });
    EventLog::Place place = following_.end;
    if (!request_.resume_token().empty()) {
      auto resumed = hub.resume(request_.resume_token());
      if (!resumed) co_return status_of(resumed.error());
      place = *resumed;
    }
    feed_.emplace(hub, place, *std::move(wish), heartbeat_);
    co_return grpc::Status::OK;
  }

  asio::awaitable<grpc::Status> step() {
    const std::uint64_t seen = changed().count();
    heard();
    const EventFeed::TimePoint now = steady_clock::now();
    EventFeed::Step next = feed_->next(now);
    if (std::holds_alternative<EventFeed::Send>(next)) {
      auto writing = write_events(std::move(next), now);
      co_await std::move(writing);
    } else if (auto* beat = std::get_if<EventFeed::Beat>(&next)) {
      auto writing = write_beat(*beat);
      co_await std::move(writing);
    } else if (auto* ask = std::get_if<EventFeed::Ask>(&next)) {
      auto looking = look_up(ask->endpoint_id);
      grpc::Status looked = co_await std::move(looking);
      co_return looked;
    } else if (auto* wait = std::get_if<EventFeed::Wait>(&next)) {
      co_await changed().wait_after(seen, wait->until);
    } else if (std::holds_alternative<EventFeed::TooSlow>(next)) {
      co_return too_slow();
    } else {
      co_await asio::post(strand(), asio::use_awaitable);
    }
    co_return grpc::Status::OK;
  }

  /// With those that are there after it. What else next() has to say, it will say again.
  asio::awaitable<void> write_events(EventFeed::Step next, EventFeed::TimePoint now) {
    events_.clear();
    std::size_t bytes = 0;
    while (const auto* send = std::get_if<EventFeed::Send>(&next)) {
      v1::WatchEvent& event = events_.emplace_back();
      fill(send->event->happening, &event);
      event.set_resume_token(send->token);
      bytes += event.ByteSizeLong();
      if (events_.size() == kAtOnce || bytes >= kBytesAtOnce) break;
      next = feed_->next(now);
    }
    return write(events_);
  }

  asio::awaitable<void> write_beat(const EventFeed::Beat& beat) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    events_.clear();
    v1::WatchEvent& event = events_.emplace_back();
    set_timestamp(std::chrono::duration_cast<std::chrono::milliseconds>(now).count(),
                  event.mutable_time());
    event.mutable_heartbeat();
    event.set_resume_token(beat.token);
    return write(events_);
  }

  asio::awaitable<grpc::Status> look_up(std::string endpoint_id) {
    std::string wanted = endpoint_id;
    Result<std::optional<DeviceInfo>> info = co_await door().backend().device(std::move(wanted));
    if (!info) co_return to_status(info.error());
    feed_->on_device(endpoint_id, *info, steady_clock::now());
    co_return grpc::Status::OK;
  }

  const v1::WatchRequest request_;
  const std::chrono::milliseconds heartbeat_;
  EventHub::Following following_;
  std::optional<EventFeed> feed_;
  std::vector<v1::WatchEvent> events_;  ///< being written
};

}  // namespace

WatchService::WatchService(Door& door, std::chrono::milliseconds heartbeat)
    : door_(door), heartbeat_(heartbeat), room_(std::make_shared<StreamRoom>(kMaxWatchers)) {}

void WatchService::stop() { room_->stop(); }

grpc::ServerWriteReactor<v1::WatchEvent>* WatchService::Watch(grpc::CallbackServerContext* context,
                                                              const v1::WatchRequest* request) {
  auto visit = door_.enter(*context, "WatchService/Watch", request->device());
  if (!visit) return refuse_stream<v1::WatchEvent>(visit.error());
  return Watcher::start(
      std::make_shared<Watcher>(door_, *std::move(visit), room_, *request, heartbeat_));
}

}  // namespace bridge::control
