// Tells watchers what happens to devices.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "bridge/control/backend.h"
#include "bridge/event_log.h"

namespace bridge {

/// Thread-safe. Two ways to hear: watch() calls for every Happening; who follows reads the log at
/// his own pace and can come back to it.
class EventHub {
 public:
  using Clock = std::function<EventLog::TimePoint()>;

  /// `history` as in EventLog::Options; the epoch is random.
  explicit EventHub(std::size_t history = EventLog::Options{}.history,
                    Clock clock = std::chrono::steady_clock::now);

  /// `sink` is called for every Happening from now until the handle is destroyed; destroying it
  /// waits for a call under way, so never destroy it from inside the sink.
  std::shared_ptr<void> watch(control::HappeningSink sink);

  struct Following {
    std::shared_ptr<void> handle;  ///< the log is kept up while it lives, and a while longer
    EventLog::Place end = 0;       ///< of the log when it began
  };
  /// `on_more` is called after each event, from any thread, until the handle is destroyed; as with
  /// watch().
  Following follow(std::function<void()> on_more);

  /// As in EventLog.
  tl::expected<EventLog::EventPtr, EventLog::Gap> at(EventLog::Place place) const;
  std::string token(EventLog::Place place) const;
  tl::expected<EventLog::Place, EventLog::BadToken> resume(std::string_view token) const;

  /// Cheap when nobody watches.
  void publish(const control::Happening& happening);

  /// What is costly to find out is worth it: somebody watches, or may come back to what was missed.
  bool watched() const;

 private:
  struct Watcher;
  struct State;

  std::shared_ptr<Watcher> add(control::HappeningSink sink);

  const Clock clock_;
  const std::shared_ptr<State> state_;  ///< handles may outlive this
};

}  // namespace bridge
