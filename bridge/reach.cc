#include "bridge/reach.h"

#include <algorithm>

namespace bridge {
namespace {

// reach := "1" (SP way ":" ("+" | "-") failures)*      "+": it has worked; ways without a record
// are left out, unknown ones skipped
constexpr std::string_view kVersion = "1";

std::optional<Way> way_of(std::string_view name) {
  for (const Way way : kAllWays) {
    if (to_string(way) == name) return way;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(Way way) {
  switch (way) {
    case Way::kHttp:
      return "http";
    case Way::kUdp:
      return "udp";
    case Way::kXmpp:
      return "xmpp";
  }
  return "unknown";
}

// ---- Reach

/// 0: worked; 1: never tried; then one failure more is worse than never having worked.
int Reach::score(Way way) const {
  const Record& record = of(way);
  return record.failures * 2 + (record.worked ? 0 : 1);
}

std::vector<Way> Reach::order(std::vector<Way> usable, bool behind_nat) const {
  const auto rank = [&](Way way) {
    const int place =
        behind_nat && way == Way::kHttp ? static_cast<int>(kAllWays.size()) : static_cast<int>(way);
    return std::pair(score(way), place);
  };
  std::sort(usable.begin(), usable.end(), [&](Way a, Way b) { return rank(a) < rank(b); });
  return usable;
}

void Reach::on_session(Way way) { of(way) = {true, 0}; }

void Reach::on_silence(Way way) {
  Record& record = of(way);
  if (record.failures < kMaxFailures) ++record.failures;
}

void Reach::on_new_address(Way way) { of(way).failures = 0; }

std::string Reach::encode() const {
  if (*this == Reach()) return {};
  std::string out(kVersion);
  for (const Way way : kAllWays) {
    const Record& record = of(way);
    if (record == Record()) continue;
    out.append(" ").append(to_string(way)).append(record.worked ? ":+" : ":-");
    out += std::to_string(record.failures);
  }
  return out;
}

Reach Reach::decode(std::string_view text) {
  Reach out;
  if (!text.starts_with(kVersion)) return out;
  text.remove_prefix(kVersion.size());
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    const std::size_t colon = word.find(':');
    if (colon == std::string_view::npos || word.size() != colon + 3) return {};
    const char sign = word[colon + 1];
    const int failures = word[colon + 2] - '0';
    if ((sign != '+' && sign != '-') || failures < 0 || failures > 9) return {};
    if (const auto way = way_of(word.substr(0, colon))) {
      out.of(*way) = {sign == '+', std::min(static_cast<std::uint8_t>(failures), kMaxFailures)};
    }
  }
  return text.empty() ? out : Reach();
}

// ---- WakeBackoff, WakeRounds

std::chrono::seconds WakeBackoff::failed() {
  std::chrono::seconds wait = kFirst;
  for (int i = 0; i < failures_ && wait < kLongest; ++i) wait *= 2;
  ++failures_;
  return std::min(wait, kLongest);
}

std::optional<Way> WakeRounds::next(const std::vector<Way>& ways) {
  if (ways.empty()) return std::nullopt;
  const auto untried = [this](Way way) {
    return std::find(tried_.begin(), tried_.end(), way) == tried_.end();
  };
  auto found = std::find_if(ways.begin(), ways.end(), untried);
  if (found == ways.end()) {
    tried_.clear();
    found = ways.begin();
  }
  tried_.push_back(*found);
  last_ = std::none_of(ways.begin(), ways.end(), untried);
  return *found;
}

std::chrono::seconds WakeRounds::pause(WakeOutcome outcome) {
  using std::chrono::seconds;
  const bool nothing_sent = outcome == WakeOutcome::kFailed || outcome == WakeOutcome::kNotAsked;
  if (!last_) return nothing_sent ? seconds(0) : kNextWayWait;
  seconds wait = backoff_.failed();
  if (outcome == WakeOutcome::kAccepted) wait = std::max(wait, kAcceptedWait);
  if (outcome == WakeOutcome::kSent) wait = std::max(wait, kSentWait);
  return wait;
}

void WakeRounds::reset() { *this = WakeRounds(); }

bool tells_against(WakeOutcome outcome, std::chrono::milliseconds waited) {
  switch (outcome) {
    case WakeOutcome::kFailed:
      return true;
    case WakeOutcome::kBusy:
    case WakeOutcome::kNotAsked:
      return false;
    case WakeOutcome::kAccepted:
    case WakeOutcome::kSent:
      return waited >= WakeRounds::kNextWayWait;
  }
  return false;
}

}  // namespace bridge
