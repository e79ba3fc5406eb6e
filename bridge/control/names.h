// Resource names of the control API (AIP-122).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge::control {

/// "devices/{endpoint_id}": everything but [A-Za-z0-9-_.:~] is percent-encoded.
std::string device_name(std::string_view endpoint_id);

/// The Endpoint ID of a device name; nullopt when it is none.
std::optional<std::string> parse_device_name(std::string_view name);

/// "credentials/{username}", encoded in the same way.
std::string credential_name(std::string_view username);
std::optional<std::string> parse_credential_name(std::string_view name);

/// "freezes/{id}"
std::string freeze_name(std::int64_t id);
std::optional<std::int64_t> parse_freeze_name(std::string_view name);

/// "controllers/{endpoint_id}" and "roles/{name}", encoded in the same way.
std::string controller_name(std::string_view endpoint_id);
std::optional<std::string> parse_controller_name(std::string_view name);
std::string role_name(std::string_view role);
std::optional<std::string> parse_role_name(std::string_view name);

struct OperationName {
  std::string endpoint_id;
  std::int64_t id = 0;
};

/// "devices/{endpoint_id}/operations/{id}"
std::string operation_name(std::string_view endpoint_id, std::int64_t id);
std::optional<OperationName> parse_operation_name(std::string_view name);

}  // namespace bridge::control
