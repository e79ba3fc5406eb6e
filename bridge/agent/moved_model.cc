#include "bridge/agent/moved_model.h"

#include <utility>

namespace bridge {

namespace {

constexpr std::string_view kNativeRoot = "InternetGatewayDevice.";

std::string moved_root(std::string_view vendor_root) { return std::string(vendor_root) + "IGD."; }

std::vector<std::string> hidden(std::vector<std::string> bridge_owned, std::string_view root) {
  bridge_owned.push_back(std::string(root) + "ManagementServer.");
  return bridge_owned;
}

}  // namespace

MovedModel::MovedModel(const Tree& tree, PathPool& paths, std::string_view vendor_root,
                       std::vector<std::string> bridge_owned)
    : DirectModel(tree, hidden(std::move(bridge_owned), moved_root(vendor_root))),
      root_(moved_root(vendor_root)),
      shown_(paths) {}

const Tree& MovedModel::shown() {
  if (!std::exchange(behind_, false)) return shown_;
  std::vector<NodeRow> rows;
  std::vector<std::string> stale;  // which a row does not tell
  for (const Node& node : tree_.subtree(kNativeRoot)) {
    NodeRow row = Tree::row_of(node);
    row.path = root_ + row.path.substr(kNativeRoot.size());
    if (node.state() == NodeState::kStale) stale.push_back(row.path);
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) rows.push_back({.path = "Device.", .value = {}});
  shown_.load(rows);
  for (const std::string& path : stale) shown_.apply(MarkedStale{path}, 0);
  return shown_;
}

std::optional<std::string> MovedModel::native_of(std::string_view shown) {
  if (!shown.starts_with(root_) || hides(shown)) return std::nullopt;
  return std::string(kNativeRoot).append(shown.substr(root_.size()));
}

std::optional<std::string> MovedModel::shown_of(std::string_view native) {
  if (!native.starts_with(kNativeRoot)) return std::nullopt;
  std::string shown = root_ + std::string(native.substr(kNativeRoot.size()));
  if (hides(shown)) return std::nullopt;
  return shown;
}

}  // namespace bridge
