// Endpoint IDs: authority-scheme ":" [authority-id] ":" instance-id (TR-369 "Endpoint Identifier").
#pragma once

#include <string>
#include <string_view>

namespace usp {

inline constexpr std::size_t kMaxInstanceIdChars = 50;  ///< R-ARC.6
inline constexpr std::size_t kMaxEndpointIdBytes = 255;

/// Who a device says it is (DeviceIdStruct of CWMP, or the same from elsewhere).
struct DeviceIdentity {
  std::string oui;            ///< 6 hex digits
  std::string product_class;  ///< may be empty
  std::string serial_number;
  bool operator==(const DeviceIdentity&) const = default;
};

/// Everything but [A-Za-z0-9_] percent-encoded, "-" too.
std::string encode_id_part(std::string_view part);

/// "ops::OUI-ProductClass-Serial", "os::OUI-Serial" without a product class; each part as
/// encode_id_part() has it, so that no two identities share an id.
/// Where that does not fit (R-ARC.6) or would hold "%2F", which R-MQTT.25 turns into a slash: a
/// "uuid::" with the name-based (version 5) UUID of the identity. `serial_prefix` goes before the
/// serial number and keeps these ids apart from those the devices' own agents use.
std::string make_endpoint_id(const DeviceIdentity& device, std::string_view serial_prefix = {});

/// Three parts, a scheme, legal characters (R-ARC.5), sane length. Looser than the standard where
/// controllers in the field are: schemes are not checked against the list, lengths only as above.
bool is_endpoint_id(std::string_view text);

/// What a record may name as its sender: an Endpoint ID, or a name of legal characters alone, as
/// Oktopus' controller has. Who is served is decided by whom the configuration knows.
bool is_sender_id(std::string_view text);

}  // namespace usp
