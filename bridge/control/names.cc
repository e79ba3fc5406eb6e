#include "bridge/control/names.h"

#include <charconv>

namespace bridge::control {

namespace {

constexpr std::string_view kDevices = "devices/";
constexpr std::string_view kCredentials = "credentials/";
constexpr std::string_view kFreezes = "freezes/";
constexpr std::string_view kControllers = "controllers/";
constexpr std::string_view kRoles = "roles/";
constexpr std::string_view kOperations = "/operations/";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == ':' || c == '~';
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (char c : text) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned value = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    auto [end, error] = std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16);
    if (error != std::errc{} || end != text.data() + i + 3) return std::nullopt;
    out += static_cast<char>(value);
    i += 2;
  }
  return out;
}

/// What follows `collection`, decoded.
std::optional<std::string> parse_name(std::string_view name, std::string_view collection) {
  if (!name.starts_with(collection)) return std::nullopt;
  name.remove_prefix(collection.size());
  if (name.empty() || name.find('/') != std::string_view::npos) return std::nullopt;
  return percent_decode(name);
}

/// Above 0.
std::optional<std::int64_t> parse_id(std::string_view number) {
  std::int64_t id = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), id);
  const bool whole = end == number.data() + number.size();
  if (error != std::errc{} || !whole || id <= 0) return std::nullopt;
  return id;
}

}  // namespace

std::string device_name(std::string_view endpoint_id) {
  return std::string(kDevices) + percent_encode(endpoint_id);
}

std::optional<std::string> parse_device_name(std::string_view name) {
  return parse_name(name, kDevices);
}

std::string credential_name(std::string_view username) {
  return std::string(kCredentials) + percent_encode(username);
}

std::optional<std::string> parse_credential_name(std::string_view name) {
  return parse_name(name, kCredentials);
}

std::string freeze_name(std::int64_t id) { return std::string(kFreezes) + std::to_string(id); }

std::optional<std::int64_t> parse_freeze_name(std::string_view name) {
  if (!name.starts_with(kFreezes)) return std::nullopt;
  return parse_id(name.substr(kFreezes.size()));
}

std::string controller_name(std::string_view endpoint_id) {
  return std::string(kControllers) + percent_encode(endpoint_id);
}

std::optional<std::string> parse_controller_name(std::string_view name) {
  return parse_name(name, kControllers);
}

std::string role_name(std::string_view role) { return std::string(kRoles) + percent_encode(role); }

std::optional<std::string> parse_role_name(std::string_view name) {
  return parse_name(name, kRoles);
}

std::string operation_name(std::string_view endpoint_id, std::int64_t id) {
  return device_name(endpoint_id) + std::string(kOperations) + std::to_string(id);
}

std::optional<OperationName> parse_operation_name(std::string_view name) {
  std::size_t at = name.find(kOperations);
  if (at == std::string_view::npos) return std::nullopt;
  auto device = parse_device_name(name.substr(0, at));
  const auto id = parse_id(name.substr(at + kOperations.size()));
  if (!device || !id) return std::nullopt;
  return OperationName{*device, *id};
}

}  // namespace bridge::control
