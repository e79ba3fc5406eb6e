// What has happened to devices, kept for a while: whoever watches reads it at his own pace, and a
// Watch that was cut off goes on where it was. A machine without IO or clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "bridge/control/backend.h"

namespace bridge {

/// Every event has a number, one above that of the event before. A place in the log is the number
/// of the event that comes next there. Not thread-safe.
class EventLog {
 public:
  using Place = std::uint64_t;
  using TimePoint = std::chrono::steady_clock::time_point;

  struct Event {
    Place number = 0;
    control::Happening happening;
  };
  using EventPtr = std::shared_ptr<const Event>;

  /// Events that a client may lag behind, however short the history is.
  static constexpr std::size_t kLeastEvents = 4096;
  /// An event's share of memory: long values make the log shorter, never larger.
  static constexpr std::size_t kBytesPerEvent = 1024;
  /// How long it is kept up after the last follower has left.
  static constexpr std::chrono::minutes kLinger{10};

  struct Options {
    std::uint64_t epoch = 0;       ///< of this process: places of others mean nothing here
    std::size_t history = 20'000;  ///< events that can be resumed over
  };

  explicit EventLog(Options options);

  /// Events are kept from the first follower on until kLinger after the last.
  void join(TimePoint now);
  void leave(TimePoint now);
  /// Are events kept at this time?
  bool active(TimePoint now) const;

  /// Forgets everything where it is not active.
  void append(const control::Happening& happening, TimePoint now);

  /// Where the next event will be.
  Place end() const { return end_; }

  enum class Gap {
    kNothingYet,  ///< the place is the end
    kOvertaken,   ///< what was there is not kept any more
  };
  tl::expected<EventPtr, Gap> at(Place place) const;

  /// Opaque to clients; of [0-9a-f].
  std::string token(Place place) const;

  enum class BadToken {
    kMalformed,  ///< no token of any bridge's
    kGone,       ///< of another process, or of events that are not kept any more
  };
  tl::expected<Place, BadToken> resume(std::string_view token, TimePoint now) const;

 private:
  void drop_oldest();
  void drop_all();

  const Options options_;
  std::deque<EventPtr> events_;  ///< the last one has the number end_ - 1
  std::size_t bytes_ = 0;
  Place end_ = 1;
  std::size_t followers_ = 0;
  TimePoint kept_until_ = TimePoint::min();  ///< where there is no follower
};

/// About how much memory an event takes.
std::size_t footprint_bytes(const control::Happening& happening);

}  // namespace bridge
