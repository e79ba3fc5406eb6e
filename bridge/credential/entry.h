// One credential as an operator gives it, in a file or through the control API.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bridge {

/// Longest ManagementServer.Username and .Password (TR-181), and what a DeviceIdStruct's parts may
/// be (TR-069 A.3.3.1), in bytes.
inline constexpr std::size_t kMaxCredentialBytes = 256;
inline constexpr std::size_t kMaxOuiBytes = 6;
inline constexpr std::size_t kMaxIdentityBytes = 64;

struct CredentialEntry {
  std::string username;
  std::string password;
  /// The one device it is good for, as its Inform has it. Without a serial number: the first
  /// unknown device that uses it.
  std::string oui;
  std::string product_class;
  std::string serial_number;
  bool operator==(const CredentialEntry&) const = default;
};

/// What is wrong with it, without the password; empty: nothing.
std::string check_credential(const CredentialEntry& entry);

/// The same for a user name alone: no colon (RFC 7617), no control character, 1 to 256 bytes.
std::string check_username(std::string_view username);

/// No overlong forms, no surrogates (RFC 3629).
bool is_utf8(std::string_view text);

}  // namespace bridge
