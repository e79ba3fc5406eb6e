#include "bridge/event_hub.h"

#include <algorithm>
#include <utility>

namespace bridge {

std::shared_ptr<void> EventHub::watch(control::HappeningSink sink) {
  auto watcher = std::make_shared<Watcher>();
  watcher->sink = std::move(sink);
  std::lock_guard lock(mutex_);
  std::erase_if(watchers_, [](const auto& other) { return other.expired(); });
  watchers_.push_back(watcher);
  // The handle empties the sink under the watcher's lock, so no call is under way when it is gone.
  return {watcher.get(), [watcher](void*) {
            std::lock_guard watcher_lock(watcher->mutex);
            watcher->sink = nullptr;
          }};
}

void EventHub::publish(const control::Happening& happening) {
  std::vector<std::shared_ptr<Watcher>> current;
  {
    std::lock_guard lock(mutex_);
    std::erase_if(watchers_, [](const auto& watcher) { return watcher.expired(); });
    for (const auto& weak : watchers_) {
      if (auto watcher = weak.lock()) current.push_back(std::move(watcher));
    }
  }
  for (const auto& watcher : current) {
    std::lock_guard lock(watcher->mutex);
    if (watcher->sink) watcher->sink(happening);
  }
}

bool EventHub::watched() const {
  std::lock_guard lock(mutex_);
  return std::any_of(watchers_.begin(), watchers_.end(),
                     [](const auto& watcher) { return !watcher.expired(); });
}

}  // namespace bridge
