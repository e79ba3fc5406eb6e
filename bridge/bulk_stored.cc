#include "bridge/bulk_stored.h"

#include "proto/bridge/internal/stored.pb.h"

namespace bridge {

std::string encode_bulk_plan(const BulkPlan& plan) {
  internal::Bulk out;
  out.set_change(plan.change.SerializeAsString());
  out.set_display_name(plan.display_name);
  out.set_concurrency(plan.concurrency);
  out.set_max_failures(plan.max_failures);
  out.set_device_timeout_ms(static_cast<std::uint64_t>(plan.device_timeout.count()));
  return out.SerializeAsString();
}

std::optional<BulkPlan> decode_bulk_plan(const BulkRow& row) {
  internal::Bulk stored;
  BulkPlan plan;
  if (!stored.ParseFromString(row.body) || !plan.change.ParseFromString(stored.change())) {
    return std::nullopt;
  }
  if (!control::check(plan.change).ok() || stored.concurrency() == 0) return std::nullopt;
  plan.display_name = stored.display_name();
  plan.requester = row.requester;
  plan.concurrency = stored.concurrency();
  plan.max_failures = stored.max_failures();
  plan.device_timeout = std::chrono::milliseconds(stored.device_timeout_ms());
  return plan;
}

BulkCounts to_counts(const std::map<int, std::int64_t>& by_state) {
  const auto count = [&by_state](BulkItemState state) -> std::uint64_t {
    const auto found = by_state.find(static_cast<int>(state));
    return found == by_state.end() ? 0 : static_cast<std::uint64_t>(found->second);
  };
  return {.succeeded = count(BulkItemState::kSucceeded),
          .failed = count(BulkItemState::kFailed) + count(BulkItemState::kUnknown),
          .running = count(BulkItemState::kRunning),
          .pending = count(BulkItemState::kPending),
          .not_begun = count(BulkItemState::kNotBegun)};
}

BulkCounts finished_counts(const BulkRow& row) {
  return {.succeeded = static_cast<std::uint64_t>(row.succeeded),
          .failed = static_cast<std::uint64_t>(row.failed),
          .not_begun = static_cast<std::uint64_t>(row.not_begun)};
}

BulkInfo to_info(const BulkRow& row, const BulkCounts& counts) {
  BulkPlan damaged;
  damaged.requester = row.requester;
  BulkInfo info;
  info.id = row.id;
  info.state = static_cast<BulkState>(row.state);
  info.plan = decode_bulk_plan(row).value_or(damaged);
  info.counts = counts;
  info.created_ms = row.created_ms;
  info.finished_ms = row.finished_ms;
  return info;
}

std::string_view name_of(BulkState state) {
  switch (state) {
    case BulkState::kRunning:
      return "running";
    case BulkState::kSucceeded:
      return "succeeded";
    case BulkState::kFailed:
      return "failed";
    case BulkState::kStopped:
      return "stopped";
    case BulkState::kCancelled:
      return "cancelled";
  }
  return "";
}

}  // namespace bridge
