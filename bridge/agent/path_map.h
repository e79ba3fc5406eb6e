// Names of the device and names that a controller sees: where one becomes the other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge {

/// Both directions take objects (with the last dot), parameters, and supported paths with {i}.
/// A translation of TR-098 to Device:2 implements the same.
class PathMap {
 public:
  virtual ~PathMap() = default;
  /// Puts the device's name into `native`, reusing its memory. False: nothing of the device.
  virtual bool to_native(std::string_view usp, std::string& native) const = 0;
  /// nullopt: controllers do not see it.
  virtual std::optional<std::string> to_usp(std::string_view native) const = 0;
};

/// A Device: tree keeps its names; an InternetGatewayDevice: tree is moved below
/// Device.<vendor prefix>IGD. as it is. ManagementServer. is seen nowhere (a controller must not
/// take the device away), and what the bridge keeps itself hides the device's own.
class RootPathMap : public PathMap {
 public:
  /// `native_root`: "Device." or "InternetGatewayDevice."; `vendor_root`: "Device.X_USPBRIDGE_";
  /// `bridge_owned`: LocalSchema::roots().
  RootPathMap(std::string_view native_root, std::string_view vendor_root,
              std::vector<std::string> bridge_owned);

  bool to_native(std::string_view usp, std::string& native) const override;
  std::optional<std::string> to_usp(std::string_view native) const override;

 private:
  bool hidden(std::string_view native) const;

  std::string native_root_;
  std::string usp_root_;
  std::vector<std::string> hidden_;  ///< native prefixes
};

}  // namespace bridge
