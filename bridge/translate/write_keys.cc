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

}  // namespace

WriteResult<void> check_keys(const Projection& projection, const ShownStep& step) {
  const std::string table(step.path);
  const StandardTable* standard = StandardModel::get().table(supported_path(table) + "{i}.");
  if (standard == nullptr) return {};
  for (const Key& key : standard->keys) {
    if (!is_given(step, key)) continue;
    for (const std::uint32_t instance : projection.shown().instances(table)) {
      const std::string row = table + std::to_string(instance) + ".";
      if (!is_equal(projection, step, key, row)) continue;
      return refuse(usp::ErrorCode::kDuplicateKey, row + " has the same unique key");
    }
  }
  return {};
}

}  // namespace bridge::translate
