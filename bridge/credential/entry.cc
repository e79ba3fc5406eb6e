#include "bridge/credential/entry.h"

#include <algorithm>
#include <cstdint>

namespace bridge {

namespace {

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

/// Empty: fine.
std::string check_text(std::string_view text, std::string_view what, std::size_t most) {
  const std::string name(what);
  if (text.size() > most) return name + " is longer than " + std::to_string(most) + " bytes";
  if (has_control(text)) return name + " holds a control character";
  if (!is_utf8(text)) return name + " is not UTF-8";
  return {};
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t more = 0;
    std::uint32_t code = lead;
    std::uint32_t least = 0;
    if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      code = lead & 0x07U;
      least = 0x10000;
    } else if (lead >= 0xe0) {
      more = 2;
      code = lead & 0x0fU;
      least = 0x800;
    } else if (lead >= 0xc2) {
      more = 1;
      code = lead & 0x1fU;
      least = 0x80;
    } else if (lead >= 0x80) {
      return false;
    }
    if (lead > 0xf4 || more >= text.size() - i) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xc0U) != 0x80U) return false;
      code = (code << 6U) | (next & 0x3fU);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += more + 1;
  }
  return true;
}

std::string check_username(std::string_view username) {
  if (username.empty()) return "username is empty";
  if (auto wrong = check_text(username, "username", kMaxCredentialBytes); !wrong.empty()) {
    return wrong;
  }
  if (username.find(':') != std::string_view::npos) return "username holds a colon";
  return {};
}

std::string check_credential(const CredentialEntry& entry) {
  if (auto wrong = check_username(entry.username); !wrong.empty()) return wrong;
  if (entry.password.empty()) return "password is empty";
  if (auto wrong = check_text(entry.password, "password", kMaxCredentialBytes); !wrong.empty()) {
    return wrong;
  }
  if (auto wrong = check_text(entry.oui, "oui", kMaxOuiBytes); !wrong.empty()) return wrong;
  if (auto wrong = check_text(entry.product_class, "product_class", kMaxIdentityBytes);
      !wrong.empty()) {
    return wrong;
  }
  if (auto wrong = check_text(entry.serial_number, "serial_number", kMaxIdentityBytes);
      !wrong.empty()) {
    return wrong;
  }
  const bool any =
      !(entry.oui.empty() && entry.product_class.empty() && entry.serial_number.empty());
  if (any && entry.serial_number.empty()) return "an identity needs a serial_number";
  if (any && entry.oui.empty()) return "an identity needs an oui";
  return {};
}

}  // namespace bridge
