#include "tests/tools/cpe_sim/event_queue.h"

#include <algorithm>
#include <utility>

namespace cpe_sim {

void EventQueue::raise(std::string_view code, std::string_view command_key) {
  const bool multiple = code.starts_with("M ");
  const bool known = std::any_of(events_.begin(), events_.end(), [&](const cwmp::Event& event) {
    return event.code == code && (!multiple || event.command_key == command_key);
  });
  if (!known) events_.push_back({std::string(code), std::string(command_key)});
}

void EventQueue::changed(const std::string& path) {
  changes_.insert(path);
  raise(kValueChange);
}

void EventQueue::forget_changes(std::string_view prefix) {
  std::erase_if(changes_, [&](const std::string& path) { return path.starts_with(prefix); });
}

void EventQueue::start() {
  sent_events_ = std::exchange(events_, {});
  sent_changes_ = std::exchange(changes_, {});
}

void EventQueue::delivered() {
  sent_events_.clear();
  sent_changes_.clear();
}

void EventQueue::failed() {
  auto later = std::exchange(events_, {});
  for (const cwmp::Event& event : std::exchange(sent_events_, {})) {
    if (event.code != kConnectionRequest) raise(event.code, event.command_key);
  }
  for (const cwmp::Event& event : later) raise(event.code, event.command_key);
  changes_.merge(sent_changes_);
  sent_changes_.clear();
}

void EventQueue::clear() {
  events_.clear();
  changes_.clear();
  delivered();
}

}  // namespace cpe_sim
