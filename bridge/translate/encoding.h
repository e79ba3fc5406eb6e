// Forms of values: numbers, hexBinary, base64, references by key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bridge::translate {

/// 0 where it is no number.
std::uint32_t to_number(std::string_view text);
std::uint64_t to_number64(std::string_view text);

/// The instance numbers in a path, in order.
std::vector<std::uint32_t> numbers_in(std::string_view path);

bool is_hex(std::string_view text);
/// Upper case.
std::string to_hex(std::string_view octets);
/// nullopt: not hexBinary.
std::optional<std::string> from_hex(std::string_view hex);
/// nullopt: not base64.
std::optional<std::string> base64_to_hex(std::string_view base64);
std::optional<std::string> hex_to_base64(std::string_view hex);

/// The argument of keyref(): "Device.QoS.Policer.{r},instance,-1".
struct KeyReference {
  explicit KeyReference(std::string_view argument);

  std::string path;   ///< "Device.QoS.Policer.{r}"
  std::string param;  ///< "instance", or the parameter that holds the key
  std::string none;   ///< the value of no reference
  /// "Device.QoS.Policer.3"
  std::string path_of(std::string_view number) const;
};

/// The table whose rows are referred to by their key parameter (Layer2Bridging).
inline constexpr std::string_view kKeyedTable = "Layer2Bridging.Bridge";

}  // namespace bridge::translate
