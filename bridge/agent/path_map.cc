#include "bridge/agent/path_map.h"

#include <algorithm>

namespace bridge {

RootPathMap::RootPathMap(std::string_view native_root, std::string_view vendor_root,
                         std::vector<std::string> bridge_owned)
    : native_root_(native_root) {
  if (native_root == "InternetGatewayDevice.") {
    usp_root_ = std::string(vendor_root) + "IGD.";
  } else {
    usp_root_ = native_root_;
    hidden_ = std::move(bridge_owned);
  }
  hidden_.push_back(native_root_ + "ManagementServer.");
}

bool RootPathMap::hidden(std::string_view native) const {
  return std::ranges::any_of(hidden_,
                             [&](const std::string& prefix) { return native.starts_with(prefix); });
}

bool RootPathMap::to_native(std::string_view usp, std::string& native) const {
  if (native_root_.empty() || !usp.starts_with(usp_root_)) return false;
  native.assign(native_root_);
  native.append(usp.substr(usp_root_.size()));
  return !hidden(native);
}

std::optional<std::string> RootPathMap::to_usp(std::string_view native) const {
  if (native_root_.empty() || !native.starts_with(native_root_) || hidden(native)) {
    return std::nullopt;
  }
  return usp_root_ + std::string(native.substr(native_root_.size()));
}

}  // namespace bridge
