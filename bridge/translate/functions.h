// The named functions (fn:) and computed values (synth) of a mapping.
#pragma once

#include <string_view>

namespace bridge::translate {

/// "wifi_mode": of docs/translation.md, "Functions".
bool is_function(std::string_view name);

/// "fw_status", "ref:PATH|ref:PATH", "text:...": of docs/translation.md, "Computed values".
bool is_synthesis(std::string_view argument);

}  // namespace bridge::translate
