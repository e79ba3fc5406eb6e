// An InternetGatewayDevice: controllers see its tree as it is, below a vendor object.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/agent/direct_model.h"

namespace bridge {

/// "InternetGatewayDevice.X" is shown as "Device.<vendor prefix>IGD.X". Values, references among
/// them, stay as the device has them.
class MovedModel final : public DirectModel {
 public:
  /// `tree` and `paths` outlive it. `vendor_root`: "Device.X_USPBRIDGE_".
  MovedModel(const Tree& tree, PathPool& paths, std::string_view vendor_root,
             std::vector<std::string> bridge_owned);

  const Tree& shown() override;
  std::optional<std::string> native_of(std::string_view shown) override;
  std::optional<std::string> shown_of(std::string_view native) override;
  void after_update(const TreeUpdate&) override { behind_ = true; }

 private:
  std::string root_;  ///< where the device's own root is shown
  Tree shown_;
  bool behind_ = true;  ///< `shown_` is: the device's tree has changed
};

}  // namespace bridge
