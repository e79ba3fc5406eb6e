// Lists of path names, as Device.LocalAgent.Subscription.{i}.ReferenceList holds them.
#pragma once

#include <string_view>
#include <vector>

namespace bridge {

/// The items, without spaces around them; views into `list`. A comma inside an expression ("[...]")
/// does not separate.
std::vector<std::string_view> split_references(std::string_view list);

}  // namespace bridge
