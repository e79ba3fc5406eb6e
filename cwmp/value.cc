#include "cwmp/value.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace cwmp {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) {
    return false;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) {
      return false;
    }
  }
  return true;
}

/// Reads fields off the front of a text; the first mismatch fails all that follow.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  /// A decimal of `least` to `most` digits.
  int number(std::size_t least, std::size_t most) {
    std::size_t digits = 0;
    int value = 0;
    while (digits < most && digits < rest_.size() && rest_[digits] >= '0' && rest_[digits] <= '9') {
      value = value * 10 + (rest_[digits] - '0');
      ++digits;
    }
    ok_ = ok_ && digits >= least;
    rest_.remove_prefix(digits);
    return value;
  }

  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) { ok_ = accept(c) && ok_; }
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Calendar {
  int year = 0;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int offset_minutes = 0;
};

// "Z", "+02:00", "+0200", "+02" or nothing (UTC).
void read_zone(Cursor& cursor, Calendar& time) {
  if (cursor.at_end() || cursor.accept('Z') || cursor.accept('z')) {
    return;
  }
  const bool east = cursor.accept('+');
  if (!east) {
    cursor.expect('-');
  }
  const int hours = cursor.number(2, 2);
  cursor.accept(':');
  const int minutes = cursor.at_end() ? 0 : cursor.number(2, 2);
  time.offset_minutes = (hours * 60 + minutes) * (east ? 1 : -1);
}

std::optional<Calendar> read_calendar(std::string_view text) {
  Cursor cursor(trimmed(text));
  Calendar time;
  const bool negative = cursor.accept('-');
  time.year = cursor.number(1, 6) * (negative ? -1 : 1);
  cursor.expect('-');
  time.month = cursor.number(1, 2);
  cursor.expect('-');
  time.day = cursor.number(1, 2);
  if (!cursor.accept('T') && !cursor.accept('t')) {
    cursor.expect(' ');
  }
  time.hour = cursor.number(1, 2);
  cursor.expect(':');
  time.minute = cursor.number(1, 2);
  if (cursor.accept(':')) {
    time.second = cursor.number(1, 2);
  }
  if (cursor.accept('.') || cursor.accept(',')) {
    cursor.number(1, 9);
  }
  read_zone(cursor, time);
  const bool in_range = time.hour <= 24 && time.minute <= 59 && time.second <= 60 &&
                        time.offset_minutes <= 14 * 60 && time.offset_minutes >= -14 * 60;
  if (!cursor.ok() || !cursor.at_end() || !in_range) {
    return std::nullopt;
  }
  return time;
}

}  // namespace

std::optional<bool> parse_boolean(std::string_view text) {
  const std::string_view word = trimmed(text);
  if (word == "1" || equal_ignoring_case(word, "true")) {
    return true;
  }
  if (word == "0" || equal_ignoring_case(word, "false")) {
    return false;
  }
  return std::nullopt;
}

namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  std::string_view digits = trimmed(text);
  if (digits.starts_with('+') && !digits.starts_with("+-")) {
    digits.remove_prefix(1);
  }
  Number value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

std::optional<std::uint32_t> parse_unsigned(std::string_view text, std::uint32_t max) {
  const auto value = parse_number<std::uint32_t>(text);
  return value && *value <= max ? value : std::nullopt;
}

std::optional<std::int32_t> parse_int(std::string_view text) {
  return parse_number<std::int32_t>(text);
}

std::optional<std::chrono::sys_seconds> parse_datetime(std::string_view text) {
  using namespace std::chrono;
  const std::optional<Calendar> time = read_calendar(text);
  // Years outside this range do not fit std::chrono::year.
  if (!time || time->year < -32767 || time->year > 32767) {
    return std::nullopt;
  }
  const year_month_day date{year{time->year}, month{static_cast<unsigned>(time->month)},
                            day{static_cast<unsigned>(time->day)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  return sys_days{date} + hours{time->hour} + minutes{time->minute - time->offset_minutes} +
         seconds{time->second};
}

std::string format_datetime(std::chrono::sys_seconds time) {
  using namespace std::chrono;
  const sys_days day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 40> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

bool is_unknown_time(std::string_view text) {
  const std::string_view word = trimmed(text);
  if (word.empty()) {
    return true;
  }
  const std::optional<Calendar> time = read_calendar(word);
  return time && time->year <= 1;
}

}  // namespace cwmp
