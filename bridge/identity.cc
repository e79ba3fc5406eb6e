#include "bridge/identity.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <charconv>
#include <cstdint>
#include <vector>

#include "usp/endpoint_id.h"

namespace bridge {

namespace {

constexpr std::size_t kMaxPrefix = 16;

// Drawn once for this project, never to change: ids that were given out depend on it.
constexpr std::array<std::uint8_t, 16> kNameSpace = {
    0x5b, 0x1f, 0x0c, 0x9e, 0x7d, 0x34, 0x4e, 0x2a, 0x96, 0x40, 0xd3, 0x18, 0x6a, 0xe7, 0x52, 0xcb};

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

/// "5:hello": no two lists of parts give the same text.
void append_part(std::string& name, std::string_view part) {
  name.append(std::to_string(part.size())).append(":").append(part);
}

}  // namespace

std::string name_uuid(std::string_view name) {
  std::string input(kNameSpace.begin(), kNameSpace.end());
  input += name;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  EVP_Digest(input.data(), input.size(), digest.data(), &size, EVP_sha1(), nullptr);
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0fU) | 0x50U);
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3fU) | 0x80U);

  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[digest[i] >> 4U];
    text += kHex[digest[i] & 0x0fU];
  }
  return text;
}

bool names_device(std::string_view name, const cwmp::DeviceId& id) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '-') {
      parts.emplace_back();
    } else if (name[i] != '%') {
      parts.back() += name[i];
    } else {
      unsigned byte = 0;
      const std::string_view digits = name.substr(i + 1, 2);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
      if (error != std::errc() || digits.size() != 2 || end != digits.data() + 2) return false;
      parts.back() += static_cast<char>(byte);
      i += 2;
    }
  }
  const bool with_class = parts.size() == 3;
  if (!with_class && parts.size() != 2) return false;
  return boost::iequals(parts.front(), id.oui) && !id.serial_number.empty() &&
         parts.back() == id.serial_number && (!with_class || parts[1] == id.product_class);
}

std::string check_prefix(std::string_view prefix) {
  if (prefix.size() > kMaxPrefix) {
    return "longer than " + std::to_string(kMaxPrefix) + " characters";
  }
  if (!std::all_of(prefix.begin(), prefix.end(), is_plain)) {
    return "may hold letters, digits and '_' only";
  }
  return {};
}

tl::expected<std::string, std::string> endpoint_id(const cwmp::DeviceId& id,
                                                   const EndpointIdRules& rules) {
  if (id.serial_number.empty()) return tl::unexpected<std::string>("no serial number");
  if (rules.scheme == EndpointIdRules::Scheme::kUuid) {
    std::string name;
    for (const std::string* part : {&id.oui, &id.product_class, &id.serial_number, &rules.prefix}) {
      append_part(name, *part);
    }
    return "uuid::" + name_uuid(name);
  }
  return usp::make_endpoint_id({id.oui, id.product_class, id.serial_number}, rules.prefix);
}

}  // namespace bridge
