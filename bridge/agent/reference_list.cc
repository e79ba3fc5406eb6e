#include "bridge/agent/reference_list.h"

namespace bridge {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

}  // namespace

std::vector<std::string_view> split_references(std::string_view list) {
  std::vector<std::string_view> items;
  if (trimmed(list).empty()) return items;
  std::size_t begin = 0;
  bool quoted = false;
  int depth = 0;
  for (std::size_t at = 0; at < list.size(); ++at) {
    const char c = list[at];
    if (c == '"' && depth > 0) quoted = !quoted;
    if (quoted) continue;
    if (c == '[') ++depth;
    if (c == ']' && depth > 0) --depth;
    if (c == ',' && depth == 0) {
      items.push_back(trimmed(list.substr(begin, at - begin)));
      begin = at + 1;
    }
  }
  items.push_back(trimmed(list.substr(begin)));
  return items;
}

}  // namespace bridge
