// Which of the device's tables the rows of a shown object come from.
#include <algorithm>

#include "bridge/translate/projection.h"

namespace bridge::translate {

namespace {

constexpr std::string_view kNumber = "{i}.";

/// Objects of the tree that `path` names, each "{i}" in it being any number.
void expand(const Tree& tree, const std::string& path, std::vector<std::string>& out) {
  const std::size_t at = path.find(kNumber);
  if (at == std::string::npos) {
    if (tree.has_object(path)) out.push_back(path);
    return;
  }
  const std::string table = path.substr(0, at);
  const std::string rest = path.substr(at + kNumber.size());
  for (const std::uint32_t number : tree.instances(table)) {
    expand(tree, table + std::to_string(number) + '.' + rest, out);
  }
}

/// What is listed with an object above it needs no listing of its own.
void keep_outermost(std::vector<std::string>& objects) {
  std::ranges::sort(objects);
  std::vector<std::string> kept;
  for (std::string& object : objects) {
    if (kept.empty() || !object.starts_with(kept.back())) kept.push_back(std::move(object));
  }
  objects = std::move(kept);
}

}  // namespace

std::vector<std::string> Projection::tables_below(std::string_view shown) const {
  std::vector<std::string> tables;
  for (const Link& link : links(shown)) {
    if (link.rule != nullptr || !link.native.ends_with('.')) continue;
    tables.emplace_back(is_instance(link.native) ? parent_path(link.native) : link.native);
  }
  const std::string supported = supported_path(shown);
  for (const Rule& rule : mapping_.rules()) {
    if (rule.transform != Transform::kObject || !rule.shown.supported.starts_with(supported)) {
      continue;
    }
    const std::size_t row = rule.native_supported.rfind(kNumber);
    if (row != std::string::npos) expand(native_, rule.native_supported.substr(0, row), tables);
  }
  keep_outermost(tables);
  return tables;
}

}  // namespace bridge::translate
