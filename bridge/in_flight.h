// Which rows of the outbox are on their way.
#pragma once

#include <cstdint>
#include <unordered_set>

namespace bridge {

/// Not thread-safe. Rows are read from the store while others arrive: a row that arrived after the
/// read had begun may still be in what it returns, and must not be sent a second time for that.
class InFlight {
 public:
  /// Rows are about to be read; one read at a time.
  void begin_read() { arrived_.clear(); }

  /// A row of that read. True: it is to be sent now, and is under way until done().
  bool take(std::int64_t id) { return !arrived_.contains(id) && under_way_.insert(id).second; }

  /// What became of it is in the store.
  void done(std::int64_t id) {
    under_way_.erase(id);
    arrived_.insert(id);
  }

  std::size_t size() const { return under_way_.size(); }

 private:
  std::unordered_set<std::int64_t> under_way_;
  std::unordered_set<std::int64_t> arrived_;  ///< since begin_read()
};

}  // namespace bridge
