#include "usp/endpoint_id.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace usp {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void append_hex(std::string& out, std::uint8_t byte, const char* digits) {
  out += digits[byte >> 4];
  out += digits[byte & 0xf];
}

// The name space of the name-based UUIDs; drawn once for this project, never to change.
constexpr std::array<std::uint8_t, 16> kNamespace = {
    0x9c, 0x3e, 0x5f, 0x42, 0x1d, 0x6b, 0x4a, 0x87, 0xb0, 0x5d, 0x2e, 0x7a, 0xc4, 0x91, 0x08, 0xf6};

// RFC 4122 4.3, version 5.
std::string name_based_uuid(std::string_view name) {
  std::string input(kNamespace.begin(), kNamespace.end());
  input += name;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr);
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0f) | 0x50);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3f) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
    append_hex(out, digest[i], "0123456789abcdef");
  }
  return out;
}

// R-ARC.5: unreserved characters of a URN, and percent-encoding.
bool is_id_char(char c) {
  return is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '%' || c == '~';
}

bool all_id_chars(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_id_char);
}

}  // namespace

std::string encode_id_part(std::string_view part) {
  std::string out;
  for (const char c : part) {
    if (is_alphanumeric(c) || c == '_') {
      out += c;
    } else {
      out += '%';
      append_hex(out, static_cast<std::uint8_t>(c), "0123456789ABCDEF");
    }
  }
  return out;
}

std::string make_endpoint_id(const DeviceIdentity& device, std::string_view serial_prefix) {
  const bool has_class = !device.product_class.empty();
  std::string instance = encode_id_part(device.oui) + "-";
  if (has_class) instance += encode_id_part(device.product_class) + "-";
  instance += encode_id_part(std::string(serial_prefix) + device.serial_number);
  if (instance.size() <= kMaxInstanceIdChars && instance.find("%2F") == std::string::npos) {
    return (has_class ? "ops::" : "os::") + instance;
  }
  return "uuid::" + name_based_uuid(instance);
}

bool is_endpoint_id(std::string_view text) {
  if (text.size() > kMaxEndpointIdBytes) return false;
  const std::size_t first = text.find(':');
  if (first == std::string_view::npos || first == 0) return false;
  const std::size_t second = text.find(':', first + 1);
  if (second == std::string_view::npos) return false;
  const std::string_view scheme = text.substr(0, first);
  const std::string_view authority = text.substr(first + 1, second - first - 1);
  const std::string_view instance = text.substr(second + 1);
  return std::all_of(scheme.begin(), scheme.end(), is_alphanumeric) && all_id_chars(authority) &&
         !instance.empty() && all_id_chars(instance);
}

bool is_sender_id(std::string_view text) {
  const bool name = !text.empty() && text.size() <= kMaxEndpointIdBytes && all_id_chars(text);
  return name || is_endpoint_id(text);
}

}  // namespace usp
