// Words of the command line as settings: "Device.WiFi.SSID.1. SSID=home Enable=true".
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/tools/usp_controller/controller.h"
#include "tests/tools/usp_controller/requests.h"

namespace usp_controller {

/// A word that begins with "Device." and ends in "." begins an object; the NAME=VALUE after it are
/// its settings. "Device.A.1.B=c" is both at once. The "=" of an expression does not separate.
Result<ObjectSettings> parse_objects(const std::vector<std::string>& words);

/// NAME=VALUE each.
Result<std::map<std::string, std::string>> parse_arguments(const std::vector<std::string>& words);

}  // namespace usp_controller
