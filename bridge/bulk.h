// The same change on many devices: which device comes next, and when it is over. A machine without
// IO.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <variant>
#include <vector>

#include "bridge/store/rows.h"

namespace bridge {

/// Stored in BulkRow::state.
enum class BulkState : int {
  kRunning = 0,
  kSucceeded = 1,  ///< on all devices
  kFailed = 2,     ///< on some, not on more than was allowed
  kStopped = 3,    ///< on more
  kCancelled = 4,
};

/// Stored in BulkItemRow::state.
enum class BulkItemState : int {
  kPending = 0,
  kRunning = 1,
  kSucceeded = 2,
  kFailed = 3,
  kNotBegun = 4,
  kUnknown = 5,  ///< was under way when the bridge was killed; counts as failed
};

struct BulkCounts {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t running = 0;
  std::uint64_t pending = 0;
  std::uint64_t not_begun = 0;
  bool operator==(const BulkCounts&) const = default;

  std::uint64_t total() const { return succeeded + failed + running + pending + not_begun; }
};

/// Not thread-safe. Call next() until it says Wait, again after each on_ call:
///
///   Begin  the change on this device, then on_done()
///   Load   items that are pending, by ascending number, then on_loaded()
///   End    what is pending is not begun any more
class Bulk {
 public:
  struct Limits {
    std::size_t concurrency = 20;  ///< devices at the same time, at least 1
    std::uint64_t max_failures = 0;
  };

  /// `interrupted`: those that were under way when the bridge was killed; they are in
  /// `counts.running`.
  Bulk(Limits limits, BulkCounts counts, std::vector<BulkItemRow> interrupted = {},
       bool cancelled = false);

  struct Begin {
    BulkItemRow item;
    bool again = false;  ///< it was interrupted: the device may have been asked
  };
  struct Load {
    std::int64_t after_number = 0;
    std::size_t limit = 0;
  };
  struct Wait {};
  struct End {
    BulkState state = BulkState::kSucceeded;
  };
  using Step = std::variant<Begin, Load, Wait, End>;

  /// After End every further call returns End.
  Step next();

  /// Answers Load. Fewer than its limit: there are no more.
  void on_loaded(std::vector<BulkItemRow> items);
  void on_done(bool good);
  /// Begins no further device. Those that were interrupted are not new: they go on.
  void cancel() { cancelled_ = true; }

  const BulkCounts& counts() const { return counts_; }
  bool cancelled() const { return cancelled_; }

  /// Items held in memory, beside those under way.
  static constexpr std::size_t kLoadAtOnce = 256;

 private:
  bool stopped() const { return cancelled_ || counts_.failed > limits_.max_failures; }
  BulkState end_state() const;
  Step begin(std::deque<BulkItemRow>& from, bool again);

  const Limits limits_;
  BulkCounts counts_;
  std::deque<BulkItemRow> interrupted_;
  std::deque<BulkItemRow> loaded_;
  std::int64_t last_number_ = 0;
  std::size_t under_way_ = 0;
  bool cancelled_;
  bool loading_ = false;
  bool all_loaded_ = false;
};

}  // namespace bridge
