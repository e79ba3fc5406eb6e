#include "tests/tools/cpe_sim/type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <utility>

#include "cwmp/value.h"

namespace cpe_sim {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 10> kNames{{
    {Kind::kObject, "object"},
    {Kind::kString, "string"},
    {Kind::kInt, "int"},
    {Kind::kUnsignedInt, "unsignedInt"},
    {Kind::kLong, "long"},
    {Kind::kUnsignedLong, "unsignedLong"},
    {Kind::kBoolean, "boolean"},
    {Kind::kDateTime, "dateTime"},
    {Kind::kBase64, "base64"},
    {Kind::kHexBinary, "hexBinary"},
}};

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_base64(std::string_view text) {
  const auto padding = std::min(text.find('='), text.size());
  if (text.size() % 4 != 0 || text.size() - padding > 2) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(padding),
                     [](unsigned char c) { return std::isalnum(c) || c == '+' || c == '/'; }) &&
         text.find_first_not_of('=', padding) == std::string_view::npos;
}

bool is_hex(std::string_view text) {
  return text.size() % 2 == 0 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c); });
}

template <class Number>
bool number_fits(const Type& type, std::string_view value) {
  const auto number = parse_number<Number>(value);
  if (!number) return false;
  if (type.min && std::cmp_less(*number, *type.min)) return false;
  return !type.max || !std::cmp_greater(*number, *type.max);
}

bool is_listed(const Type& type, std::string_view value) {
  return type.allowed.empty() ||
         std::find(type.allowed.begin(), type.allowed.end(), value) != type.allowed.end();
}

bool fits(const Type& type, std::string_view value) {
  switch (type.kind) {
    case Kind::kObject:
      return false;
    case Kind::kString:
      return (type.max_length == 0 || value.size() <= type.max_length) && is_listed(type, value);
    case Kind::kInt:
      return number_fits<std::int32_t>(type, value);
    case Kind::kUnsignedInt:
      return number_fits<std::uint32_t>(type, value);
    case Kind::kLong:
      return number_fits<std::int64_t>(type, value);
    case Kind::kUnsignedLong:
      return number_fits<std::uint64_t>(type, value);
    case Kind::kBoolean:
      return value == "0" || value == "1" || value == "true" || value == "false";
    case Kind::kDateTime:
      return cwmp::parse_datetime(value).has_value();
    case Kind::kBase64:
      return is_base64(value);
    case Kind::kHexBinary:
      return is_hex(value) && (type.max_length == 0 || value.size() <= 2 * type.max_length);
  }
  return false;
}

/// "1:65535" without the brackets, either side may be empty.
bool parse_range(std::string_view text, Type& type) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto low = text.substr(0, colon);
  const auto high = text.substr(colon + 1);
  if (!low.empty() && !(type.min = parse_number<std::int64_t>(low))) return false;
  return high.empty() || (type.max = parse_number<std::int64_t>(high)).has_value();
}

void split_allowed(std::string_view text, std::vector<std::string>& allowed) {
  for (;;) {
    const auto bar = text.find('|');
    allowed.emplace_back(text.substr(0, bar));
    if (bar == std::string_view::npos) return;
    text.remove_prefix(bar + 1);
  }
}

}  // namespace

std::string_view to_string(Kind kind) {
  for (const auto& [known, name] : kNames) {
    if (known == kind) return name;
  }
  return "string";
}

tl::expected<Type, std::string> parse_type(std::string_view text) {
  Type type;
  const auto name = text.substr(0, text.find_first_of("([{"));
  const auto rest = text.substr(name.size());
  if (name == "secret") {
    type.secret = true;
  } else {
    const auto* row = std::find_if(kNames.begin(), kNames.end(),
                                   [&](const auto& known) { return known.second == name; });
    if (row == kNames.end()) return tl::unexpected("unknown type " + std::string(name));
    type.kind = row->first;
  }
  if (rest.empty()) return type;
  const auto inner = rest.substr(1, rest.size() - 2);
  bool good = false;
  if (rest.front() == '(' && rest.back() == ')') {
    const auto length = parse_number<std::size_t>(inner);
    good = length.has_value();
    type.max_length = length.value_or(0);
  } else if (rest.front() == '[' && rest.back() == ']') {
    good = parse_range(inner, type);
  } else if (rest.front() == '{' && rest.back() == '}') {
    split_allowed(inner, type.allowed);
    good = true;
  }
  if (!good) return tl::unexpected("bad limits in type " + std::string(text));
  return type;
}

std::optional<cwmp::FaultCode> check_value(const Type& type, std::string_view value) {
  if (fits(type, value)) return std::nullopt;
  return cwmp::FaultCode::kInvalidParameterValue;
}

std::string canonical(const Type& type, std::string_view value) {
  if (type.kind != Kind::kBoolean) return std::string(value);
  return value == "1" || value == "true" ? "true" : "false";
}

Type guess_type(std::string_view value) {
  Type type;
  if (value == "true" || value == "false") {
    type.kind = Kind::kBoolean;
  } else if (parse_number<std::uint32_t>(value)) {
    type.kind = Kind::kUnsignedInt;
  } else if (parse_number<std::int32_t>(value)) {
    type.kind = Kind::kInt;
  }
  return type;
}

}  // namespace cpe_sim
