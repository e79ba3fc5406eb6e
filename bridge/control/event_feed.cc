#include "bridge/control/event_feed.h"

#include <algorithm>
#include <utility>

namespace bridge::control {

EventFeed::EventFeed(const EventHub& hub, EventLog::Place place, Wish wish,
                     std::chrono::milliseconds heartbeat)
    : hub_(hub), place_(place), wish_(std::move(wish)), heartbeat_(heartbeat) {}

EventFeed::Step EventFeed::beat(TimePoint now) {
  next_beat_ = now + heartbeat_;
  return Beat{hub_.token(place_)};
}

EventFeed::Step EventFeed::next(TimePoint now) {
  if (!next_beat_) return beat(now);
  for (int passed = 0; passed < kMaxPassed; ++passed) {
    auto event = hub_.at(place_);
    if (!event && event.error() == EventLog::Gap::kOvertaken) return TooSlow{};
    if (!event) {
      if (now >= *next_beat_) return beat(now);
      return Wait{*next_beat_};
    }
    switch (fit((*event)->happening, now)) {
      case Fit::kAsk:
        return Ask{(*event)->happening.endpoint_id};
      case Fit::kNo:
        ++place_;
        continue;
      case Fit::kYes:
        ++place_;
        next_beat_ = now + heartbeat_;
        return Send{*std::move(event), hub_.token(place_)};
    }
  }
  if (now >= *next_beat_) return beat(now);
  return Again{};
}

EventFeed::Fit EventFeed::fit(const Happening& happening, TimePoint now) const {
  if (!wish_.kinds.test(happening.what.index())) return Fit::kNo;
  if (!wish_.endpoint_id.empty() && happening.endpoint_id != wish_.endpoint_id) return Fit::kNo;
  if (std::ranges::all_of(wish_.filters, &Filter::empty)) return Fit::kYes;
  const auto known = known_.find(happening.endpoint_id);
  if (known == known_.end() || now >= known->second.until) return Fit::kAsk;
  return known->second.fits ? Fit::kYes : Fit::kNo;
}

void EventFeed::on_device(const std::string& endpoint_id, const std::optional<DeviceInfo>& device,
                          TimePoint now) {
  if (known_.size() >= kMaxKnown && known_.count(endpoint_id) == 0) known_.clear();
  const bool fits = device && std::ranges::all_of(wish_.filters, [&](const Filter& filter) {
                      return filter.matches(*device);
                    });
  known_[endpoint_id] = {fits, now + kKnownFor};
}

}  // namespace bridge::control
