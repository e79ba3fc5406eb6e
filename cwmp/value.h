// Text forms of the TR-069 data types: lenient in reading, one form in writing (TR-069 3.4.2,
// field quirks 54 to 56).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cwmp {

/// Reads "0", "1", "true", "false" in any case, blanks around it allowed.
std::optional<bool> parse_boolean(std::string_view text);

/// Reads an unsigned decimal; blanks around it and a leading '+' allowed. nullopt when it is empty,
/// something else, or above `max`.
std::optional<std::uint32_t> parse_unsigned(std::string_view text, std::uint32_t max = 0xFFFFFFFFU);

/// The same for xsd:int.
std::optional<std::int32_t> parse_int(std::string_view text);

/// Reads an xsd:dateTime: fraction (dropped), no zone (taken as UTC), "+02:00" and "+0200",
/// negative years, and a blank instead of the 'T'. nullopt when it is none.
std::optional<std::chrono::sys_seconds> parse_datetime(std::string_view text);

/// `YYYY-MM-DDThh:mm:ssZ`, the only form that every CPE reads.
std::string format_datetime(std::chrono::sys_seconds time);

/// What stands for "not known" in StartTime, CompleteTime and friends.
inline constexpr std::string_view kUnknownTime = "0001-01-01T00:00:00Z";

/// True if the text names no point of the calendar: empty, year 1 (unknown), or a year before it
/// (relative to boot; TR-106 3.2).
bool is_unknown_time(std::string_view text);

}  // namespace cwmp
