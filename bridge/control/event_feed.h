// What one client of Watch gets next. A machine without IO or clock.
#pragma once

#include <bitset>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "bridge/control/backend.h"
#include "bridge/control/filter.h"
#include "bridge/event_hub.h"

namespace bridge::control {

/// By index into Happening::what.
using HappeningKinds = std::bitset<std::variant_size_v<Happening::What>>;

/// Reads the log from a place on and leaves out what its client has not asked for. Not thread-safe.
///
///   for (;;) switch (feed.next(now)):
///     Send, Beat   to the client, then go on
///     Ask          look the device up, on_device(), go on
///     Again        go on, after others had their turn
///     Wait         until the hub has more, or that time
///     TooSlow      end the Watch
class EventFeed {
 public:
  using TimePoint = EventLog::TimePoint;

  struct Wish {
    std::string endpoint_id = {};  ///< empty: every device
    HappeningKinds kinds = HappeningKinds{}.set();
    std::vector<Filter> filters = {};  ///< every one lets the device through
  };

  struct Send {
    EventLog::EventPtr event;
    std::string token;  ///< where to resume after it
  };
  struct Beat {
    std::string token;
  };
  struct Ask {
    std::string endpoint_id;
  };
  struct Again {};
  struct Wait {
    TimePoint until;
  };
  struct TooSlow {};
  using Step = std::variant<Send, Beat, Ask, Again, Wait, TooSlow>;

  /// `hub` outlives it. A heartbeat comes first, then one after each `heartbeat` without an event.
  EventFeed(const EventHub& hub, EventLog::Place place, Wish wish,
            std::chrono::milliseconds heartbeat);

  Step next(TimePoint now);

  /// Answers Ask. nullopt: there is no such device, it fits no filter.
  void on_device(const std::string& endpoint_id, const std::optional<DeviceInfo>& device,
                 TimePoint now);

  /// Devices whose answer is kept, and how long: tags may be given anew.
  static constexpr std::size_t kMaxKnown = 4096;
  static constexpr std::chrono::minutes kKnownFor{1};
  /// Events that one call of next() passes over.
  static constexpr int kMaxPassed = 1024;

 private:
  struct Known {
    bool fits = false;
    TimePoint until;
  };
  enum class Fit { kYes, kNo, kAsk };

  Fit fit(const Happening& happening, TimePoint now) const;
  Step beat(TimePoint now);

  const EventHub& hub_;
  EventLog::Place place_;
  const Wish wish_;
  const std::chrono::milliseconds heartbeat_;
  std::optional<TimePoint> next_beat_;  ///< empty: at once
  std::unordered_map<std::string, Known> known_;
};

}  // namespace bridge::control
