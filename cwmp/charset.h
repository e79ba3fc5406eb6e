// Character sets of what CPEs send. Inner part of the SOAP codec.
#pragma once

#include <string>
#include <string_view>

#include "cwmp/deviation.h"
#include "cwmp/fault.h"

namespace cwmp {

bool is_utf8(std::string_view text);
std::string latin1_to_utf8(std::string_view text);
/// Replaces what is no UTF-8 by U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

/// The body as UTF-8 without byte order mark. The label in `content_type` counts first, then the
/// XML declaration; a label that the bytes belie does not count (quirk 20).
Result<std::string> to_utf8(std::string_view body, std::string_view content_type,
                            DeviationList& deviations);

}  // namespace cwmp
