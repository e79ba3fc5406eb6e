#include "bridge/event_hub.h"

#include <algorithm>
#include <mutex>
#include <random>
#include <utility>
#include <vector>

namespace bridge {

namespace {

std::uint64_t random_epoch() {
  std::random_device source;
  return std::uint64_t{source()} << 32U | source();
}

}  // namespace

struct EventHub::Watcher {
  std::mutex mutex;
  control::HappeningSink sink;  ///< empty once the handle is gone
};

struct EventHub::State {
  explicit State(EventLog::Options options) : log(options) {}

  std::mutex mutex;
  std::vector<std::weak_ptr<Watcher>> watchers;
  EventLog log;
};

EventHub::EventHub(std::size_t history, Clock clock)
    : clock_(std::move(clock)),
      state_(
          std::make_shared<State>(EventLog::Options{.epoch = random_epoch(), .history = history})) {
}

std::shared_ptr<EventHub::Watcher> EventHub::add(control::HappeningSink sink) {
  auto watcher = std::make_shared<Watcher>();
  watcher->sink = std::move(sink);
  std::erase_if(state_->watchers, [](const auto& other) { return other.expired(); });
  state_->watchers.push_back(watcher);
  return watcher;
}

std::shared_ptr<void> EventHub::watch(control::HappeningSink sink) {
  std::lock_guard lock(state_->mutex);
  std::shared_ptr<Watcher> watcher = add(std::move(sink));
  // The handle empties the sink under the watcher's lock, so no call is under way when it is gone.
  return {watcher.get(), [watcher](void*) {
            std::lock_guard watcher_lock(watcher->mutex);
            watcher->sink = nullptr;
          }};
}

EventHub::Following EventHub::follow(std::function<void()> on_more) {
  std::lock_guard lock(state_->mutex);
  std::shared_ptr<Watcher> watcher =
      add([on_more = std::move(on_more)](const control::Happening&) { on_more(); });
  state_->log.join(clock_());
  std::shared_ptr<void> handle(watcher.get(), [watcher, state = state_, clock = clock_](void*) {
    {
      std::lock_guard watcher_lock(watcher->mutex);
      watcher->sink = nullptr;
    }
    std::lock_guard state_lock(state->mutex);
    state->log.leave(clock());
  });
  return {std::move(handle), state_->log.end()};
}

tl::expected<EventLog::EventPtr, EventLog::Gap> EventHub::at(EventLog::Place place) const {
  std::lock_guard lock(state_->mutex);
  return state_->log.at(place);
}

std::string EventHub::token(EventLog::Place place) const {
  std::lock_guard lock(state_->mutex);
  return state_->log.token(place);
}

tl::expected<EventLog::Place, EventLog::BadToken> EventHub::resume(std::string_view token) const {
  std::lock_guard lock(state_->mutex);
  return state_->log.resume(token, clock_());
}

void EventHub::publish(const control::Happening& happening) {
  std::vector<std::shared_ptr<Watcher>> current;
  {
    std::lock_guard lock(state_->mutex);
    state_->log.append(happening, clock_());
    std::erase_if(state_->watchers, [](const auto& watcher) { return watcher.expired(); });
    for (const auto& weak : state_->watchers) {
      if (auto watcher = weak.lock()) current.push_back(std::move(watcher));
    }
  }
  for (const auto& watcher : current) {
    std::lock_guard lock(watcher->mutex);
    if (watcher->sink) watcher->sink(happening);
  }
}

bool EventHub::watched() const {
  std::lock_guard lock(state_->mutex);
  return state_->log.active(clock_()) ||
         std::any_of(state_->watchers.begin(), state_->watchers.end(),
                     [](const auto& watcher) { return !watcher.expired(); });
}

}  // namespace bridge
