// Builders of STUN bytes, right and wrong.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "cwmp/stun.h"

namespace cwmp {

/// "00 01 2112a442" to bytes; blanks do not matter.
inline std::string from_hex(std::string_view hex) {
  std::string out;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out += static_cast<char>(std::stoi(digits, nullptr, 16));
    digits.clear();
  }
  return out;
}

inline std::string be16(std::size_t value) {
  return {static_cast<char>(value >> 8U), static_cast<char>(value & 0xffU)};
}

/// The value as it is, without padding; its length can be a lie.
inline std::string attribute(std::uint16_t type, const std::string& value, int length = -1) {
  return be16(type) + be16(length < 0 ? value.size() : static_cast<std::size_t>(length)) + value;
}

inline const std::string kClassicId = "0123456789abcdef";

/// A message around attributes; its length can be a lie.
inline std::string stun(std::uint16_t type, const std::string& attributes = {}, int length = -1,
                        const std::string& transaction = kClassicId) {
  return be16(type) + be16(length < 0 ? attributes.size() : static_cast<std::size_t>(length)) +
         transaction + attributes;
}

inline const StunAddress kCpe = StunAddress::v4({192, 0, 2, 7}, 5060);
inline const StunAddress kServer = StunAddress::v4({198, 51, 100, 1}, 3478);
inline constexpr std::string_view kStunUser = "d7-abcde";
inline constexpr std::string_view kStunPassword = "letmein!";

/// A request as Annex G wants it from the port that listens.
inline StunMessage binding_request(bool changed = false) {
  StunMessage out;
  for (std::size_t i = 0; i < out.transaction_id.size(); ++i) {
    out.transaction_id[i] = static_cast<std::uint8_t>(kClassicId[i]);
  }
  out.username = std::string(kStunUser);
  out.connection_request_binding = true;
  out.binding_change = changed;
  return out;
}

/// The same of a client of RFC 5389.
inline StunMessage modern_request(bool changed = false) {
  StunMessage out = binding_request(changed);
  out.transaction_id = cookie_transaction({1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  return out;
}

}  // namespace cwmp
