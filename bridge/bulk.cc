#include "bridge/bulk.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace bridge {

Bulk::Bulk(Limits limits, BulkCounts counts, std::vector<BulkItemRow> interrupted, bool cancelled)
    : limits_(limits),
      counts_(counts),
      interrupted_(std::make_move_iterator(interrupted.begin()),
                   std::make_move_iterator(interrupted.end())),
      cancelled_(cancelled) {}

Bulk::Step Bulk::begin(std::deque<BulkItemRow>& from, bool again) {
  Begin out{std::move(from.front()), again};
  from.pop_front();
  ++under_way_;
  if (!again) {
    --counts_.pending;
    ++counts_.running;
  }
  return out;
}

Bulk::Step Bulk::next() {
  const bool room = under_way_ < limits_.concurrency;
  if (room && !interrupted_.empty()) return begin(interrupted_, true);
  if (room && !stopped() && !loading_) {
    if (!loaded_.empty()) return begin(loaded_, false);
    if (!all_loaded_) {
      loading_ = true;
      return Load{last_number_, kLoadAtOnce};
    }
  }
  if (under_way_ > 0 || loading_ || !interrupted_.empty()) return Wait{};
  counts_.not_begun += std::exchange(counts_.pending, 0);
  return End{end_state()};
}

void Bulk::on_loaded(std::vector<BulkItemRow> items) {
  loading_ = false;
  all_loaded_ = items.size() < kLoadAtOnce;
  if (!items.empty()) last_number_ = items.back().number;
  loaded_.insert(loaded_.end(), std::make_move_iterator(items.begin()),
                 std::make_move_iterator(items.end()));
}

void Bulk::on_done(bool good) {
  --under_way_;
  --counts_.running;
  ++(good ? counts_.succeeded : counts_.failed);
}

BulkState Bulk::end_state() const {
  if (cancelled_) return BulkState::kCancelled;
  if (counts_.failed > limits_.max_failures) return BulkState::kStopped;
  return counts_.failed > 0 ? BulkState::kFailed : BulkState::kSucceeded;
}

}  // namespace bridge
