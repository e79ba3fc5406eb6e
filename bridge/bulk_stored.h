// Bulk operations as they are kept in the store, and back.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "bridge/bulk_runner.h"

namespace bridge {

/// BulkRow::body.
std::string encode_bulk_plan(const BulkPlan& plan);
/// nullopt: damaged.
std::optional<BulkPlan> decode_bulk_plan(const BulkRow& row);

/// Of StateReader::bulk_counts().
BulkCounts to_counts(const std::map<int, std::int64_t>& by_state);

/// Of one that is over.
BulkCounts finished_counts(const BulkRow& row);

BulkInfo to_info(const BulkRow& row, const BulkCounts& counts);

/// "succeeded", for the log.
std::string_view name_of(BulkState state);

}  // namespace bridge
