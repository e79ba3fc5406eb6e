#include "bridge/agent/date_time.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace bridge {
namespace {

/// Takes `digits` digits and `after` (0: nothing) off the front.
bool take(std::string_view& text, std::size_t digits, char after, int& number) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, number);
  if (error != std::errc{} || end != text.data() + digits || number < 0) return false;
  text.remove_prefix(digits);
  if (after == 0) return true;
  if (!text.starts_with(after)) return false;
  text.remove_prefix(1);
  return true;
}

/// What is behind the seconds: a fraction, then a zone.
std::optional<std::int64_t> take_rest(std::string_view text) {
  std::int64_t fraction_ms = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::int64_t weight = 100;
    const std::size_t before = text.size();
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
      fraction_ms += weight * (text.front() - '0');
      weight /= 10;
    }
    if (text.size() == before) return std::nullopt;
  }
  if (text.empty() || text == "Z") return fraction_ms;
  const char sign = text.front();
  if (sign != '+' && sign != '-') return std::nullopt;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take(text, 2, ':', hours) || !take(text, 2, 0, minutes) || !text.empty() || hours > 14 ||
      minutes > 59) {
    return std::nullopt;
  }
  const std::int64_t offset_ms = (std::int64_t{hours} * 60 + minutes) * 60'000;
  return fraction_ms + (sign == '+' ? -offset_ms : offset_ms);
}

}  // namespace

std::string format_date_time(std::int64_t unix_ms) {
  if (unix_ms == 0) return "0001-01-01T00:00:00Z";
  const std::chrono::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds(unix_ms)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(time - day)};
  std::array<char, 40> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return std::string(text.data(), static_cast<std::size_t>(size));
}

std::optional<std::int64_t> parse_date_time(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take(text, 4, '-', year) || !take(text, 2, '-', month) || !take(text, 2, 'T', day) ||
      !take(text, 2, ':', hour) || !take(text, 2, ':', minute) || !take(text, 2, 0, second)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || hour > 24 || minute > 59 || second > 60) return std::nullopt;
  const auto rest = take_rest(text);
  if (!rest) return std::nullopt;
  // Years up to 1 are the unknown time and the relative times of TR-106.
  if (year <= 1) return 0;
  const auto days = std::chrono::sys_days(date).time_since_epoch();
  const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(days).count() +
                               hour * 3600 + minute * 60 + second;
  return seconds * 1000 + *rest;
}

}  // namespace bridge
