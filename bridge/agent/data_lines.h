// Reads the lines of data/*.csv: fields without quotes, '#' begins a comment line.
#pragma once

#include <string_view>
#include <vector>

namespace bridge {

/// Takes what is before the next `separator` off the front of `rest`.
inline std::string_view next_field(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return part;
}

inline std::vector<std::string_view> split_fields(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) parts.push_back(next_field(text, separator));
  return parts;
}

/// Calls `row` with each line that is neither empty nor a comment.
template <class Fn>
void for_each_line(std::string_view text, Fn row) {
  while (!text.empty()) {
    const std::string_view line = next_field(text, '\n');
    if (!line.empty() && line.front() != '#') row(line);
  }
}

}  // namespace bridge
