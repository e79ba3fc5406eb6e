// Reads one rule of a mapping from the fields of its line.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "bridge/translate/mapping.h"

namespace bridge::translate {

/// Fields of a line of comma-separated values: '"' around a field, '""' for one within (RFC 4180).
/// nullopt-like: an error text, where a quote is not closed.
tl::expected<std::vector<std::string>, std::string> split_csv(std::string_view line);

/// `fields`: native path, shown path, access, native type, shown type, transform, note. The error
/// says what is wrong with which field.
tl::expected<Rule, std::string> read_rule(const std::vector<std::string>& fields);

}  // namespace bridge::translate
