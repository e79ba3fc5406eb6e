// What the maintenance service asks of the rest of the bridge.
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>

#include "bridge/diagnosis.h"
#include "bridge/result.h"
#include "bridge/store/backup.h"

namespace bridge::control {

/// True: nobody waits for it any more. Set on any thread.
using GivenUp = std::shared_ptr<std::atomic<bool>>;

/// Thread-safe. Each awaitable may be awaited on any executor and resumes there.
class MaintenanceBackend {
 public:
  virtual ~MaintenanceBackend() = default;

  /// kConflict: there is one already, which has not been let go of. kClosed: `given_up` was set, or
  /// the bridge stops.
  virtual boost::asio::awaitable<Result<std::shared_ptr<StateCopy>>> copy_state(
      GivenUp given_up) = 0;

  /// Of all but devices, in the order of the areas.
  virtual boost::asio::awaitable<Checks> diagnose() = 0;

  /// StateCopy::read() where it may block.
  virtual boost::asio::awaitable<Result<std::string>> read(std::shared_ptr<StateCopy> copy,
                                                           std::size_t most) = 0;
};

}  // namespace bridge::control
