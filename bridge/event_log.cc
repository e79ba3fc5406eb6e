#include "bridge/event_log.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>

namespace bridge {

namespace {

constexpr std::size_t kDigits = 16;  // of 64 bits

std::string to_hex(std::uint64_t number) {
  std::array<char, kDigits> text{};
  const auto done = std::to_chars(text.data(), text.data() + text.size(), number, 16);
  const auto size = static_cast<std::size_t>(done.ptr - text.data());
  return std::string(kDigits - size, '0').append(text.data(), size);
}

std::optional<std::uint64_t> from_hex(std::string_view text) {
  const bool digits = std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  if (!digits) return std::nullopt;
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return number;
}

struct TextBytes {
  std::size_t operator()(const control::InformHappened& inform) const {
    return std::accumulate(
        inform.event_codes.begin(), inform.event_codes.end(), std::size_t{0},
        [](std::size_t sum, const auto& code) { return sum + sizeof code + code.capacity(); });
  }
  std::size_t operator()(const control::ValueChanged& change) const {
    return change.path.capacity() + change.value.capacity();
  }
  std::size_t operator()(const control::ObjectCreated& object) const {
    return object.path.capacity();
  }
  std::size_t operator()(const control::ObjectDeleted& object) const {
    return object.path.capacity();
  }
  std::size_t operator()(const control::OperationInfo& info) const {
    constexpr std::size_t kMapNode = 2 * sizeof(std::string) + 4 * sizeof(void*);
    std::size_t sum = info.endpoint_id.capacity() + info.kind.capacity() + info.summary.capacity() +
                      info.requester.capacity() + info.error_text.capacity();
    for (const auto& [name, value] : info.output) {
      sum += kMapNode + name.capacity() + value.capacity();
    }
    return sum;
  }
  std::size_t operator()(const control::SessionEnded&) const { return 0; }
  std::size_t operator()(const control::PresenceChanged&) const { return 0; }
};

}  // namespace

std::size_t footprint_bytes(const control::Happening& happening) {
  constexpr std::size_t kControlBlock = 2 * sizeof(void*);
  return sizeof(EventLog::Event) + kControlBlock + sizeof(EventLog::EventPtr) +
         happening.endpoint_id.capacity() + std::visit(TextBytes{}, happening.what);
}

EventLog::EventLog(Options options) : options_(options) {}

bool EventLog::active(TimePoint now) const { return followers_ > 0 || now < kept_until_; }

void EventLog::join(TimePoint now) {
  if (!active(now)) drop_all();
  ++followers_;
}

void EventLog::leave(TimePoint now) {
  if (--followers_ == 0) kept_until_ = now + kLinger;
}

void EventLog::append(const control::Happening& happening, TimePoint now) {
  if (!active(now)) {
    drop_all();
    return;
  }
  const std::size_t events = std::max(options_.history, kLeastEvents);
  events_.push_back(std::make_shared<const Event>(Event{end_, happening}));
  ++end_;
  bytes_ += footprint_bytes(events_.back()->happening);
  // The newest stays, however large: who reads at once has it.
  while (events_.size() > 1 && (events_.size() > events || bytes_ > events * kBytesPerEvent)) {
    drop_oldest();
  }
}

void EventLog::drop_oldest() {
  bytes_ -= footprint_bytes(events_.front()->happening);
  events_.pop_front();
}

// What happens from now until somebody follows again is not kept: a number stands for it, so that
// no place from before is the end of what comes later.
void EventLog::drop_all() {
  if (events_.empty() && kept_until_ == TimePoint::min()) return;
  events_.clear();
  events_.shrink_to_fit();
  bytes_ = 0;
  ++end_;
  kept_until_ = TimePoint::min();
}

tl::expected<EventLog::EventPtr, EventLog::Gap> EventLog::at(Place place) const {
  if (place >= end_) return tl::unexpected(Gap::kNothingYet);
  const Place behind = end_ - place;
  if (behind > events_.size()) return tl::unexpected(Gap::kOvertaken);
  return events_[events_.size() - behind];
}

std::string EventLog::token(Place place) const { return to_hex(options_.epoch) + to_hex(place); }

tl::expected<EventLog::Place, EventLog::BadToken> EventLog::resume(std::string_view token,
                                                                   TimePoint now) const {
  if (token.size() != 2 * kDigits) return tl::unexpected(BadToken::kMalformed);
  const auto epoch = from_hex(token.substr(0, kDigits));
  const auto place = from_hex(token.substr(kDigits));
  if (!epoch || !place) return tl::unexpected(BadToken::kMalformed);
  if (*epoch != options_.epoch || !active(now)) return tl::unexpected(BadToken::kGone);
  if (*place > end_) return tl::unexpected(BadToken::kMalformed);  // nobody was ever there
  const Place behind = end_ - *place;
  if (behind > events_.size() || behind > options_.history) return tl::unexpected(BadToken::kGone);
  return *place;
}

}  // namespace bridge
