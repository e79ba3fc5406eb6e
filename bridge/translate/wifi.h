// Values of radios, SSIDs and access points that no single TR-098 parameter has.
#pragma once

#include <string>
#include <string_view>

#include "bridge/translate/values.h"

namespace bridge::translate {

std::string wifi_mode(const Source& source, std::string_view value);
std::string wifi_modes_supported(const Source& source, std::string_view value);
std::string wifi_cipher(const Source& source, std::string_view value);
std::string radio_status(const Source& source, std::string_view value);
std::string radio_max_bit_rate(const Source& source, std::string_view value);
std::string radio_band(const Source& source, std::string_view value);
std::string radio_channel(const Source& source, std::string_view value);
std::string auto_channel(const Source& source, std::string_view value);
std::string standards(const Source& source, std::string_view value);
std::string standards_supported(const Source& source, std::string_view value);
std::string wps_pin(const Source& source, std::string_view value);
std::string wps_version(const Source& source, std::string_view value);
std::string wps_status(const Source& source, std::string_view value);

/// "11i" of the words that devices use for it ("WPA2"): Basic, WPA, 11i, WPAand11i, None.
std::string_view plain_beacon_type(std::string_view word);

/// What WLANConfiguration's parameters together say: "WPA2-Personal". Reads through `reader`.
std::string security_mode(Reader& reader, std::string_view wlan);

}  // namespace bridge::translate
