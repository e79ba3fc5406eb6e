#include "bridge/value_type.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace bridge {

namespace {

constexpr std::array<std::string_view, 10> kNames{
    "",        "string",   "int",    "unsignedInt", "long", "unsignedLong",
    "boolean", "dateTime", "base64", "hexBinary"};

bool same_word(std::string_view text, std::string_view lower_case) {
  return std::equal(
      text.begin(), text.end(), lower_case.begin(), lower_case.end(),
      [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

struct Number {
  bool negative = false;
  std::string_view digits;  ///< no leading zeros; empty: zero
  bool operator==(const Number&) const = default;
};

/// false: no number.
bool parse_number(std::string_view text, Number& number) {
  text = trimmed(text);
  if (text.starts_with('-') || text.starts_with('+')) {
    number.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size()));
  number.digits = text;
  if (text.empty()) number.negative = false;
  return true;
}

}  // namespace

ValueType value_type(std::string_view xsd_name) {
  xsd_name.remove_prefix(xsd_name.find(':') + 1);  // none: npos + 1 is 0
  if (xsd_name == "base64Binary") return ValueType::kBase64;
  const auto* found = std::find(kNames.begin() + 1, kNames.end(), xsd_name);
  if (found == kNames.end()) return ValueType::kUnknown;
  return static_cast<ValueType>(found - kNames.begin());
}

std::string_view xsd_name(ValueType type) {
  if (type == ValueType::kUnknown) return "string";
  return kNames[static_cast<std::size_t>(type)];
}

bool is_number(ValueType type) {
  switch (type) {
    case ValueType::kInt:
    case ValueType::kUnsignedInt:
    case ValueType::kLong:
    case ValueType::kUnsignedLong:
      return true;
    case ValueType::kUnknown:
    case ValueType::kString:
    case ValueType::kBoolean:
    case ValueType::kDateTime:
    case ValueType::kBase64:
    case ValueType::kHexBinary:
      return false;
  }
  return false;
}

bool is_boolean_text(std::string_view text) {
  text = trimmed(text);
  return text == "0" || text == "1" || same_word(text, "true") || same_word(text, "false");
}

bool is_true(std::string_view text) {
  text = trimmed(text);
  return text == "1" || same_word(text, "true");
}

bool same_value(std::string_view a, std::string_view b, ValueType type) {
  if (a == b) return true;
  if (type == ValueType::kBoolean) {
    return is_boolean_text(a) && is_boolean_text(b) && is_true(a) == is_true(b);
  }
  if (is_number(type)) {
    Number left;
    Number right;
    return parse_number(a, left) && parse_number(b, right) && left == right;
  }
  return false;
}

}  // namespace bridge
