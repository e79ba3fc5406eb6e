// Steps of mirror.db's schema that SQL cannot say.
#pragma once

#include "bridge/store/sqlite.h"

namespace bridge {

/// From version 1, a row for each node, to version 2, blocks.
Result<void> nodes_to_blocks(sqlite::Connection& db);

}  // namespace bridge
