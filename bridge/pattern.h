// Patterns of the configuration.
#pragma once

#include <string_view>

namespace bridge {

/// Does "*.Stats.*" cover this text? "*" is any run of characters.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace bridge
