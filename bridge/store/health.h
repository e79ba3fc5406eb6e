// A look at the store from beside it: sizes, room, what waits. Blocks; needs no turn of the writer.
#pragma once

#include <filesystem>

#include "bridge/diagnosis.h"
#include "bridge/result.h"

namespace bridge {

/// All but the commit.
StorageFacts look_at_storage(const std::filesystem::path& directory);

/// What waits for controllers. Reads an index of all that waits.
Result<OutboxFacts> look_at_outbox(const std::filesystem::path& directory);

}  // namespace bridge
