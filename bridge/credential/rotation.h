// What a rotation gives a device: a user name of its own and a random password. Sans-IO.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bridge/store/rows.h"

namespace bridge {

inline constexpr std::string_view kDefaultRotatedUsername = "{oui}-{product_class}-{serial_number}";

/// What is wrong with a template; empty: nothing. It must have {serial_number}, may have {oui} and
/// {product_class}, and else printable ASCII without braces, quotes, backslash and colon.
std::string check_username_template(std::string_view text);

/// The template filled in, each part percent-encoded but for [A-Za-z0-9_], so that no two devices
/// share a name. `attempt` 1 is the name itself; from 2 on "-2" ... is appended, for when it is
/// taken. A name of more than 256 bytes (TR-181 ManagementServer.Username) is a UUID of the
/// identity instead.
std::string rotated_username(std::string_view text, const DeviceIdentity& identity, int attempt);

inline constexpr std::size_t kRotatedPasswordChars = 32;
/// Random bytes that random_password() wants; with fewer than 1 in 10^12 of them it has too few.
inline constexpr std::size_t kRotatedPasswordBytes = 96;

/// 32 of [A-Za-z0-9] (190 bits), each as likely as the others; nothing that XML, HTTP or a device's
/// own configuration could want escaped. Empty: the bytes were too few.
std::string random_password(std::span<const std::uint8_t> random);

}  // namespace bridge
