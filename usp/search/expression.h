// Evaluates one condition of a search expression on one value (TR-369 "Searching with
// Expressions").
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "usp/data_model.h"
#include "usp/path.h"

namespace usp::search {

/// May this condition be asked of a parameter of this type? Strings are quoted, other types are
/// not; `~=` is for lists; strings, booleans and binaries know only == and !=. nullopt: yes, else
/// why not (7008).
std::optional<std::string> check_condition(const Condition& condition, const SupportedParam& param);

/// Does the value satisfy the condition? The condition has passed check_condition(). A value that
/// is not of its type satisfies nothing but !=.
bool satisfies(const Condition& condition, const SupportedParam& param, std::string_view value);

}  // namespace usp::search
