// NAME=VALUE on the command line.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace bridge::ctl {

/// At the first "=" that is not within brackets, as a search expression has some; nullopt: there is
/// none.
inline std::optional<std::pair<std::string, std::string>> split_setting(const std::string& text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    if (text[i] == '=' && depth == 0) return std::pair(text.substr(0, i), text.substr(i + 1));
  }
  return std::nullopt;
}

}  // namespace bridge::ctl
