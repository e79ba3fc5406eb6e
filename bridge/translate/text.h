// Small things about texts of parameters.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::translate {

inline std::string_view without_dot(std::string_view path) {
  if (path.ends_with('.')) path.remove_suffix(1);
  return path;
}

inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// The parts between separators; one empty part where the text is empty.
inline std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

inline char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
inline char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// Devices write the words of enumerations in any case.
inline bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

inline std::string in_upper_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_upper);
  return out;
}

/// "a, b" with each element changed, joined without spaces.
template <class Change>
std::string each_element(std::string_view list, const Change& change) {
  std::string out;
  if (trimmed(list).empty()) return out;
  for (std::string_view element : split(list, ',')) {
    if (!out.empty()) out += ',';
    out += change(trimmed(element));
  }
  return out;
}

inline std::string bool_text(bool value) { return value ? "true" : "false"; }

}  // namespace bridge::translate
