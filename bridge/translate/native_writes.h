// What a controller's Set, Add or Delete is on a TR-098 device: the other direction of
// projection.h.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bridge/agent/native_write.h"
#include "bridge/translate/projection.h"

namespace bridge::translate {

/// Asks nothing of the device; what it makes is to be carried out. Cheap to make.
class NativeWrites {
 public:
  /// Numbers are given out for rows that a write makes and that are known beforehand.
  explicit NativeWrites(Projection& projection) : projection_(projection) {}

  /// Steps that stand or fall together, as few writes as it takes: the first sets parameters and
  /// has all refusals, each further one moves a row to another parent.
  std::vector<NativeWrite> set(std::span<const ShownStep> steps) const;
  NativeWrite add(const ShownStep& step) const;
  NativeWrite remove(std::string_view row) const;

 private:
  Projection& projection_;
};

}  // namespace bridge::translate
