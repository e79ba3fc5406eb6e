// Lexical forms of the TR-106 data types (R-ENC.6), and how their values compare.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "usp/data_model.h"

namespace usp {

/// nullopt: `text` is not of the form.
std::optional<bool> parse_boolean(std::string_view text);  ///< true, false, 1, 0

/// Seconds since 1970 in UTC and nanoseconds. A time without zone is taken as UTC.
struct DateTime {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  auto operator<=>(const DateTime&) const = default;
};
std::optional<DateTime> parse_date_time(std::string_view text);

/// The Unknown Time, 0001-01-01T00:00:00Z, which is neither before nor after another
/// (TR-106 3.2.1).
bool is_unknown_time(const DateTime& time);

/// Compares two values of one type: equal strings, equal numbers ("010" and "+10"), equal octets
/// in hexBinary whatever the case. nullopt: one of them is not of the type.
std::optional<std::partial_ordering> compare_values(ParamType type, std::string_view a,
                                                    std::string_view b);

bool is_of_type(ParamType type, std::string_view text);

/// Items of a comma-separated list without the spaces around them; "" has none. The views are
/// into `text`.
std::vector<std::string_view> split_list(std::string_view text);

}  // namespace usp
