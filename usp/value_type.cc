#include "usp/value_type.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace usp {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// A decimal number taken apart, so that values of any size compare exactly.
struct Number {
  bool negative = false;
  std::string_view whole;     // without leading zeros
  std::string_view fraction;  // without trailing zeros
  bool is_integer_text = true;
};

std::optional<Number> parse_number(std::string_view text) {
  Number number;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    number.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::size_t dot = text.find('.');
  number.is_integer_text = dot == std::string_view::npos;
  number.whole = text.substr(0, dot);
  if (!number.is_integer_text) number.fraction = text.substr(dot + 1);
  if (number.whole.empty() && number.fraction.empty()) return std::nullopt;
  if (!std::all_of(number.whole.begin(), number.whole.end(), is_digit) ||
      !std::all_of(number.fraction.begin(), number.fraction.end(), is_digit)) {
    return std::nullopt;
  }
  while (!number.whole.empty() && number.whole.front() == '0') number.whole.remove_prefix(1);
  while (!number.fraction.empty() && number.fraction.back() == '0') {
    number.fraction.remove_suffix(1);
  }
  if (number.whole.empty() && number.fraction.empty()) number.negative = false;
  return number;
}

std::partial_ordering to_ordering(int order) {
  if (order < 0) return std::partial_ordering::less;
  return order > 0 ? std::partial_ordering::greater : std::partial_ordering::equivalent;
}

int magnitude(const Number& a, const Number& b) {
  if (a.whole.size() != b.whole.size()) return a.whole.size() < b.whole.size() ? -1 : 1;
  if (const int order = a.whole.compare(b.whole); order != 0) return order;
  return a.fraction.compare(b.fraction);
}

std::partial_ordering compare(const Number& a, const Number& b) {
  if (a.negative != b.negative) return to_ordering(a.negative ? -1 : 1);
  return to_ordering(a.negative ? magnitude(b, a) : magnitude(a, b));
}

bool in_range(const Number& number, std::string_view lowest_magnitude, std::string_view highest) {
  if (!number.is_integer_text) return false;
  const Number limit{number.negative, number.negative ? lowest_magnitude : highest, {}, true};
  return magnitude(number, limit) <= 0;
}

bool is_number_of(ParamType type, const Number& number) {
  switch (type) {
    case ParamType::kInt:
      return in_range(number, "2147483648", "2147483647");
    case ParamType::kUnsignedInt:
      return in_range(number, "", "4294967295");
    case ParamType::kLong:
      return in_range(number, "9223372036854775808", "9223372036854775807");
    case ParamType::kUnsignedLong:
      return in_range(number, "", "18446744073709551615");
    default:
      return true;
  }
}

// Takes exactly `digits` digits; false if they are not there.
bool take_digits(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits ||
      !std::all_of(text.begin(), text.begin() + static_cast<int>(digits), is_digit)) {
    return false;
  }
  std::from_chars(text.data(), text.data() + digits, out);
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

// "" or "Z" or "+hh:mm", in seconds.
std::optional<int> parse_zone(std::string_view text) {
  if (text.empty() || text == "Z") return 0;
  const int sign = text[0] == '-' ? -1 : 1;
  if (text[0] != '-' && text[0] != '+') return std::nullopt;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_digits(text, 2, hours) || !take(text, ':') || !take_digits(text, 2, minutes) ||
      !text.empty() || hours > 14 || minutes > 59) {
    return std::nullopt;
  }
  return sign * (hours * 3600 + minutes * 60);
}

std::optional<std::uint32_t> take_fraction(std::string_view& text) {
  std::uint32_t nanoseconds = 0;
  std::uint32_t scale = 100000000;
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  while (!text.empty() && is_digit(text[0])) {
    nanoseconds += static_cast<std::uint32_t>(text[0] - '0') * scale;
    scale /= 10;
    text.remove_prefix(1);
  }
  return nanoseconds;
}

bool is_base64(std::string_view text) {
  std::size_t padding = 0;
  std::size_t symbols = 0;
  for (const char c : text) {
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    ++symbols;
    if (c == '=') {
      ++padding;
    } else if (padding != 0 ||
               !(is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '+' || c == '/')) {
      return false;
    }
  }
  return padding <= 2 && symbols % 4 == 0;
}

bool is_hex_binary(std::string_view text) {
  return text.size() % 2 == 0 && std::all_of(text.begin(), text.end(), is_hex);
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Longer than any number TR-106 can hold; keeps comparisons of hostile digits cheap.
constexpr std::size_t kMaxNumberChars = 64;

}  // namespace

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return std::nullopt;
}

std::optional<DateTime> parse_date_time(std::string_view text) {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_digits(text, 4, year) || !take(text, '-') || !take_digits(text, 2, month) ||
      !take(text, '-') || !take_digits(text, 2, day) || !take(text, 'T') ||
      !take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute) ||
      !take(text, ':') || !take_digits(text, 2, second)) {
    return std::nullopt;
  }
  DateTime result;
  if (take(text, '.')) {
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    result.nanoseconds = *fraction;
  }
  const auto zone = parse_zone(text);
  using namespace std::chrono;
  const year_month_day date{std::chrono::year{year},
                            std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  const bool end_of_day = hour == 24 && minute == 0 && second == 0;
  if (!zone || !date.ok() || (hour > 23 && !end_of_day) || minute > 59 || second > 60) {
    return std::nullopt;
  }
  result.seconds = static_cast<std::int64_t>(sys_days{date}.time_since_epoch().count()) * 86400 +
                   hour * 3600 + minute * 60 + second - *zone;
  return result;
}

bool is_unknown_time(const DateTime& time) {
  constexpr std::int64_t kUnknownTime = -62135596800;  // 0001-01-01T00:00:00Z
  return time.seconds == kUnknownTime && time.nanoseconds == 0;
}

bool is_of_type(ParamType type, std::string_view text) {
  switch (type) {
    case ParamType::kString:
      return true;
    case ParamType::kBoolean:
      return parse_boolean(text).has_value();
    case ParamType::kDateTime:
      return parse_date_time(text).has_value();
    case ParamType::kBase64:
      return is_base64(text);
    case ParamType::kHexBinary:
      return is_hex_binary(text);
    case ParamType::kDecimal:
    case ParamType::kInt:
    case ParamType::kLong:
    case ParamType::kUnsignedInt:
    case ParamType::kUnsignedLong:
      break;
  }
  const auto number = text.size() <= kMaxNumberChars ? parse_number(text) : std::optional<Number>();
  return number && is_number_of(type, *number);
}

std::optional<std::partial_ordering> compare_values(ParamType type, std::string_view a,
                                                    std::string_view b) {
  if (type == ParamType::kString || type == ParamType::kBase64) return to_ordering(a.compare(b));
  if (!is_of_type(type, a) || !is_of_type(type, b)) return std::nullopt;
  if (type == ParamType::kBoolean) return *parse_boolean(a) <=> *parse_boolean(b);
  if (type == ParamType::kDateTime) return *parse_date_time(a) <=> *parse_date_time(b);
  if (type == ParamType::kHexBinary) {
    return std::lexicographical_compare_three_way(
        a.begin(), a.end(), b.begin(), b.end(),
        [](char x, char y) { return lower(x) <=> lower(y); });
  }
  return compare(*parse_number(a), *parse_number(b));
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> items;
  if (trim(text).empty()) return items;
  while (true) {
    const std::size_t comma = text.find(',');
    items.push_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return items;
    text.remove_prefix(comma + 1);
  }
}

std::optional<std::string> check_type(const SupportedParam& param, std::string_view text) {
  static constexpr const char* kNames[] = {"",        "base64",      "boolean",     "dateTime",
                                           "decimal", "hexBinary",   "int",         "long",
                                           "string",  "unsignedInt", "unsignedLong"};
  const std::string type = kNames[static_cast<std::size_t>(param.type)];
  if (!param.list) {
    if (is_of_type(param.type, text)) return std::nullopt;
    return "not a value of type " + type;
  }
  for (const std::string_view item : split_list(text)) {
    if (!is_of_type(param.type, item)) return "not a list of values of type " + type;
  }
  return std::nullopt;
}

}  // namespace usp
