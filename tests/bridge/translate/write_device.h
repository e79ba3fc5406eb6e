// A TR-098 device that is written to.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/translate/native_writes.h"
#include "tests/bridge/translate/device.h"

namespace bridge::translate {

// Parts of the worked example.
inline const std::string kLan = "InternetGatewayDevice.LANDevice.1.";
inline const std::string kPools = kLan + "LANHostConfigManagement.DHCPConditionalServingPool.";
inline const std::string kPpp =
    "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.2.WANPPPConnection.1.";
inline const std::string kDsl =
    "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.1.";
inline const std::string kWan =
    "InternetGatewayDevice.WANDevice.2.WANConnectionDevice.1.WANIPConnection.1.";

/// "param=value", in order.
using Settings = std::vector<std::pair<std::string, std::string>>;

/// The worked example, with types as the standard has them.
class WriteDevice {
 public:
  WriteDevice();

  /// Before anything is asked of the device.
  void set_value(const std::string& path, const std::string& value);
  void set_values(const std::vector<std::pair<std::string, std::string>>& values);
  /// Every parameter of TR-098 that a rule names, one row in each table.
  void fill();
  /// A table or a row with what the device says of it.
  void list(const std::string& object, bool writable) { device_.object(object, writable); }
  TestDevice& device() { return device_; }

  NativeWrite set(const std::string& object, const Settings& settings);
  std::vector<NativeWrite> set_all(const std::vector<std::pair<std::string, Settings>>& steps);
  NativeWrite add(const std::string& table, const Settings& settings);
  NativeWrite remove(const std::string& row);

  /// The device does as it is asked; what it is shown as follows. Returns the native row that was
  /// added; empty: none.
  std::string carry_out(const NativeWrite& write);

  /// Assignments in the form that the device takes, by name.
  std::map<std::string, std::string> sent(const NativeWrite& write);

 private:
  TestDevice device_;
};

/// Code of the first refusal; 0: there is none.
std::uint32_t refusal(const NativeWrite& write);

}  // namespace bridge::translate
