// The Endpoint ID of a device's virtual agent, from its CWMP identity.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "cwmp/message.h"

namespace bridge {

struct EndpointIdRules {
  enum class Scheme {
    kStandard,  ///< ops:: with a product class, os:: without
    kUuid,      ///< uuid:: for all
  };
  Scheme scheme = Scheme::kStandard;
  /// Goes before the serial number, so that the forms of R-ARC.2a stay what they are, and keeps
  /// these ids apart from those that the devices' own agents use. Empty: none. See check_prefix().
  std::string prefix = {};
};

/// "ops::00256D-STB-0123456789", "os::00256D-0123456789". Each part percent-encoded but for
/// [A-Za-z0-9_], so no two identities share an id. "uuid::" with a name-based UUID of the identity
/// where the instance-id would pass 50 characters (R-ARC.6) or hold "%2F" (R-MQTT.25 makes topics
/// of ids). Depends on nothing but its arguments, for ever. The error: there is no serial number,
/// so nothing tells this device from others (quirk 71).
tl::expected<std::string, std::string> endpoint_id(const cwmp::DeviceId& id,
                                                   const EndpointIdRules& rules = {});

/// Is `name`, the Common Name of a client certificate, this device's: OUI-SerialNumber or
/// OUI-ProductClass-SerialNumber (TR-069 3.4.4)? A '-' inside a part must be percent-encoded, or
/// one certificate would be several devices'; other characters may be.
bool names_device(std::string_view name, const cwmp::DeviceId& id);

/// Empty: fine. Else what is wrong with it: up to 16 of [A-Za-z0-9_], as others would cost three
/// characters each.
std::string check_prefix(std::string_view prefix);

/// RFC 4122 4.3, version 5, lower case, in this project's name space.
std::string name_uuid(std::string_view name);

}  // namespace bridge
