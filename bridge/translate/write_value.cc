#include "bridge/translate/write_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Only what TR-098 is stricter in than Device:2 does; the device checks the rest.
bool fits(ValueType type, std::string_view value) {
  switch (type) {
    case ValueType::kBoolean:
      return is_boolean_text(value);
    case ValueType::kInt:
      return number<std::int32_t>(value).has_value();
    case ValueType::kUnsignedInt:
      return number<std::uint32_t>(value).has_value();
    case ValueType::kLong:
      return number<std::int64_t>(value).has_value();
    case ValueType::kUnsignedLong:
      return number<std::uint64_t>(value).has_value();
    case ValueType::kUnknown:
    case ValueType::kString:
    case ValueType::kDateTime:
    case ValueType::kBase64:
    case ValueType::kHexBinary:
      return true;
  }
  return false;
}

WriteResult<std::string> copied(ValueType type, std::string_view value) {
  if (!fits(type, value)) {
    return invalid("the device's parameter is of type " + std::string(xsd_name(type)));
  }
  if (type == ValueType::kBoolean) return bool_text(is_true(value));
  return std::string(value);
}

/// "Off", "Low"
std::string allowed_words(const Rule& rule) {
  std::string out;
  for (const WordPair& word : rule.words) {
    if (!word.writes || word.native == "*") continue;
    if (!out.empty()) out += ", ";
    out += word.shown;
  }
  return out;
}

bool is_same_shown(const Rule& rule, std::string_view a, std::string_view b) {
  return rule.shown_type == ValueType::kBoolean ? is_true(a) == is_true(b) : a == b;
}

bool is_same_native(const Rule& rule, std::string_view a, std::string_view b) {
  return rule.native_type == ValueType::kBoolean ? is_true(a) == is_true(b) : same_word(a, b);
}

WriteResult<std::string> native_word(const Rule& rule, std::string_view shown) {
  if (rule.shown_type == ValueType::kBoolean && !is_boolean_text(shown)) {
    return invalid("not a boolean");
  }
  for (const WordPair& word : rule.words) {
    if (!word.writes) continue;
    if (word.shown == "*" && word.native == "*") return copied(rule.native_type, shown);
    if (word.native == "*") continue;  // any other word: none in particular
    if (word.shown == "*" || is_same_shown(rule, word.shown, shown)) return word.native;
  }
  return invalid("the device has no such value; it takes: " + allowed_words(rule));
}

WriteResult<std::string> native_words(const Rule& rule, std::string_view shown) {
  std::vector<std::string> out;
  for (const std::string& element : split_list(shown)) {
    auto word = native_word(rule, element);
    if (!word) return word;
    out.push_back(*std::move(word));
  }
  return join_list(out);
}

/// "13.5" of 13500 and 0.001.
WriteResult<std::string> unscaled(const Rule& rule, std::string_view shown) {
  const auto value = number<double>(shown);
  if (!value || !std::isfinite(*value) || rule.factor == 0) return invalid("not a number");
  double out = *value / rule.factor;
  if (is_number(rule.native_type)) out = std::round(out);
  std::array<char, 64> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{}) return invalid("not a number");
  return copied(rule.native_type, std::string_view(text.data(), end));
}

}  // namespace

WriteResult<void> check_text(std::string_view value) {
  if (value.size() > kMaxValueBytes) return invalid("longer than any parameter of TR-098");
  const bool control = std::any_of(value.begin(), value.end(), [](unsigned char c) {
    return c < 0x20 && c != '\t' && c != '\n' && c != '\r';
  });
  if (control) return invalid("it has control characters");
  return {};
}

WriteResult<std::string> to_native_value(const Rule& rule, std::string_view shown) {
  switch (rule.transform) {
    case Transform::kCopyList:
      return join_list(split_list(shown));
    case Transform::kEnum:
      return native_word(rule, shown);
    case Transform::kEnumList:
      return native_words(rule, shown);
    case Transform::kScale:
      return unscaled(rule, shown);
    case Transform::kBase64Hex:
      if (auto base64 = hex_to_base64(shown)) return *std::move(base64);
      return invalid("not hexBinary");
    case Transform::kTextHex:
      if (!from_hex(shown)) return invalid("not hexBinary");
      return std::string(shown);
    default:
      return copied(rule.native_type, shown);
  }
}

bool reads_as(const Rule& rule, std::string_view native, std::string_view shown) {
  if (rule.shown_type == ValueType::kBoolean && !is_boolean_text(shown)) return false;
  for (const WordPair& word : rule.words) {
    if (!word.reads) continue;
    if (word.native != "*" && !is_same_native(rule, word.native, native)) continue;
    return word.shown == "*" ? native == shown : is_same_shown(rule, word.shown, shown);
  }
  return false;
}

std::string shortened(std::string_view value) {
  constexpr std::size_t kMost = 80;
  return value.size() <= kMost ? std::string(value) : std::string(value.substr(0, kMost)) + "...";
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  for (const std::string_view element : split(text, ',')) {
    if (!trimmed(element).empty()) out.emplace_back(trimmed(element));
  }
  return out;
}

std::string join_list(const std::vector<std::string>& elements) {
  std::string out;
  for (const std::string& element : elements) {
    if (!out.empty()) out += ',';
    out += element;
  }
  return out;
}

}  // namespace bridge::translate
