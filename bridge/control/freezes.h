// Freezes, as the control services ask for them.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "bridge/brakes.h"
#include "bridge/result.h"

namespace bridge::control {

/// Part of the Backend; thread-safe.
class FreezeKeeper {
 public:
  virtual ~FreezeKeeper() = default;

  /// Stores it; it holds when this returns. `row.id` and `created_ms` are set by it. kConflict:
  /// there is one of that scope. kInvalid: there are kMaxFreezes.
  virtual boost::asio::awaitable<Result<FreezeRow>> freeze(FreezeRow row) = 0;

  /// Those that hold, ascending by id.
  virtual std::vector<FreezeRow> freezes() const = 0;

  /// What waited for it goes on. `requester`: for the audit log. False: there is no such freeze.
  virtual boost::asio::awaitable<Result<bool>> lift(std::int64_t id, std::string requester) = 0;
};

}  // namespace bridge::control
