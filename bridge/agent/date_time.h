// dateTime of TR-106 (ISO 8601, UTC).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bridge {

/// "2024-05-01T12:00:00Z"; 0 gives the unknown time, 0001-01-01T00:00:00Z. Milliseconds are cut.
std::string format_date_time(std::int64_t unix_ms);

/// With a fraction or without, "Z", an offset, or nothing (then UTC is taken). nullopt: not a
/// dateTime. The unknown time gives 0.
std::optional<std::int64_t> parse_date_time(std::string_view text);

}  // namespace bridge
