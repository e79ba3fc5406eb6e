// How many first walks of a tree run at the same time over the whole fleet: no stampede after a
// cut-over.
#pragma once

#include <atomic>
#include <cstddef>

namespace bridge {

/// Thread-safe.
class FirstContactBudget {
 public:
  explicit FirstContactBudget(std::size_t places) : places_(places) {}

  /// False: no place free; the device's session ends and a later one tries again.
  bool take() {
    std::size_t used = used_.load();
    while (used < places_) {
      if (used_.compare_exchange_weak(used, used + 1)) return true;
    }
    return false;
  }
  void give_back() { --used_; }
  std::size_t used() const { return used_.load(); }

 private:
  const std::size_t places_;
  std::atomic<std::size_t> used_{0};
};

}  // namespace bridge
