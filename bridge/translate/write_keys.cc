// Unique keys: refused before the device is asked.
#include <algorithm>

#include "bridge/agent/standard_model.h"
#include "bridge/translate/write_rows.h"

namespace bridge::translate {

namespace {

using Key = std::vector<std::string_view>;

/// Parameters that the controller leaves out are empty (RemoteHost); one at least is given.
bool is_given(const ShownStep& step, const Key& key) {
  return std::any_of(key.begin(), key.end(),
                     [&](std::string_view param) { return !setting_value(step, param).empty(); });
}

bool is_equal(const Projection& projection, const ShownStep& step, const Key& key,
              const std::string& row) {
  return std::all_of(key.begin(), key.end(), [&](std::string_view param) {
    const Node* node = projection.shown().find(row + std::string(param));
    return node != nullptr && node->has_value() &&
           same_value(node->value(), setting_value(step, param), node->type());
  });
}

WriteResult<void> check_key(const Projection& projection, const ShownStep& step, const Key& key) {
  if (!is_given(step, key)) return {};
  for (const std::uint32_t instance : projection.shown().instances(step.path)) {
    const std::string row = std::string(step.path) + std::to_string(instance) + ".";
    if (!is_equal(projection, step, key, row)) continue;
    return refuse(usp::ErrorCode::kDuplicateKey, row + " has the same unique key");
  }
  return {};
}

}  // namespace

bool keeps_alias(const Projection& projection, std::string_view table) {
  const std::string shown = supported_path(table) + "{i}.Alias";
  if (projection.mapping().of_shown(shown).empty()) return false;
  const std::vector<std::uint32_t> rows = projection.shown().instances(table);
  if (rows.empty()) return true;
  const std::vector<Link> links =
      projection.links(std::string(table) + std::to_string(rows.front()) + ".Alias");
  return !links.empty() && links.front().native.ends_with('.');
}

WriteResult<void> check_keys(const Projection& projection, const ShownStep& step) {
  const StandardTable* standard = StandardModel::get().table(supported_path(step.path) + "{i}.");
  if (standard == nullptr) return {};
  for (const Key& key : standard->keys) {
    if (auto good = check_key(projection, step, key); !good) return good;
  }
  return {};
}

WriteResult<void> check_alias(const Projection& projection, const ShownStep& step) {
  return check_key(projection, step, {"Alias"});
}

}  // namespace bridge::translate
