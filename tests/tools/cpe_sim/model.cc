#include "tests/tools/cpe_sim/model.h"

#include <algorithm>
#include <cctype>

namespace cpe_sim {
namespace {

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

}  // namespace

std::string with_number(std::string text, std::uint32_t number) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::string hex{kHex[number >> 4 & 15], kHex[number & 15]};
  const std::string digits = std::to_string(number);
  for (auto at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1)) {
    const auto mark = std::string_view(text).substr(at, 3);
    if (mark == "{n}") text.replace(at, 3, digits);
    if (mark == "{x}") text.replace(at, 3, hex);
  }
  return text;
}

std::string_view parent_of(std::string_view path) {
  if (is_object_path(path)) path.remove_suffix(1);
  const auto dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view{} : path.substr(0, dot + 1);
}

std::string to_pattern(std::string_view path) {
  std::string pattern;
  while (!path.empty()) {
    const auto dot = path.find('.');
    const auto name = path.substr(0, dot);
    pattern.append(is_number(name) ? "{i}" : name);
    if (dot == std::string_view::npos) break;
    pattern += '.';
    path.remove_prefix(dot + 1);
  }
  return pattern;
}

const Params* Model::row_template(std::string_view table) const {
  const auto found = templates_.find(to_pattern(table));
  return found == templates_.end() ? nullptr : &found->second;
}

const Type* Model::intern(const Type& type) {
  const auto known = std::find(types_.begin(), types_.end(), type);
  if (known != types_.end()) return &*known;
  return &types_.emplace_back(type);
}

void Model::make_row(Params& into, const Params& row_template, const std::string& table,
                     std::uint32_t number, bool deletable, const Type* object) {
  const std::string row = table + std::to_string(number) + ".";
  Param self;
  self.type = object;
  self.writable = deletable;
  into.insert_or_assign(row, self);
  for (const auto& [name, param] : row_template) {
    for (auto dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1)) {
      Param inner;
      inner.type = object;
      into.try_emplace(row + name.substr(0, dot + 1), inner);
    }
    Param copy = param;
    copy.value = with_number(std::move(copy.value), number);
    into.insert_or_assign(row + name, std::move(copy));
  }
}

}  // namespace cpe_sim
