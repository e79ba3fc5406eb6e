#include "bridge/credential/rotation.h"

#include <array>
#include <utility>

#include "bridge/credential/entry.h"
#include "bridge/identity.h"
#include "usp/endpoint_id.h"

namespace bridge {

namespace {

constexpr std::string_view kSerial = "{serial_number}";
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

std::string filled(std::string_view text, const DeviceIdentity& identity) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> parts{{
      {"{oui}", &identity.oui},
      {"{product_class}", &identity.product_class},
      {kSerial, &identity.serial},
  }};
  std::string out;
  while (!text.empty()) {
    bool taken = false;
    for (const auto& [name, value] : parts) {
      if (!text.starts_with(name)) continue;
      out += usp::encode_id_part(*value);
      text.remove_prefix(name.size());
      taken = true;
      break;
    }
    if (taken) continue;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace

std::string check_username_template(std::string_view text) {
  if (text.find(kSerial) == std::string_view::npos) return "must contain {serial_number}";
  // What is left when the parts are taken out.
  const std::string rest = filled(text, {});
  for (char c : rest) {
    const bool fits = c > ' ' && c <= '~' && c != '{' && c != '}' && c != '"' && c != '\\' &&
                      c != ':' && c != '%';
    if (!fits) {
      return "may hold {oui}, {product_class}, {serial_number} and printable characters but "
             "spaces, braces, quotes, backslashes, colons and %";
    }
  }
  if (rest.size() > 64) return "must have at most 64 characters beside its parts";
  return {};
}

std::string rotated_username(std::string_view text, const DeviceIdentity& identity, int attempt) {
  const std::string suffix = attempt > 1 ? "-" + std::to_string(attempt) : "";
  std::string name = filled(text, identity) + suffix;
  if (name.size() <= kMaxCredentialBytes) return name;
  return name_uuid(filled(kDefaultRotatedUsername, identity)) + suffix;
}

std::string random_password(std::span<const std::uint8_t> random) {
  constexpr unsigned kFair = 256 - 256 % kAlphabet.size();  // the rest would favour some
  std::string out;
  for (std::uint8_t byte : random) {
    if (byte >= kFair) continue;
    out += kAlphabet[byte % kAlphabet.size()];
    if (out.size() == kRotatedPasswordChars) return out;
  }
  return {};
}

}  // namespace bridge
