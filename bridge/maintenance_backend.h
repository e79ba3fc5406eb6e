// The maintenance service's view of the running bridge.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <mutex>

#include "bridge/control/maintenance_backend.h"

namespace bridge {

struct Runtime;

/// Thread-safe. Has a thread of its own for what takes long and blocks.
class MaintenanceBackend final : public control::MaintenanceBackend {
 public:
  explicit MaintenanceBackend(Runtime& runtime) : runtime_(runtime) {}
  ~MaintenanceBackend() override { stop(); }

  /// Ends what is under way, and what is to come, with kClosed. Waits for that; idempotent.
  void stop();

  boost::asio::awaitable<Result<std::shared_ptr<StateCopy>>> copy_state(
      control::GivenUp given_up) override;
  boost::asio::awaitable<Result<std::string>> read(std::shared_ptr<StateCopy> copy,
                                                   std::size_t most) override;

 private:
  /// nullptr: somebody has it.
  std::shared_ptr<void> take_turn();

  Runtime& runtime_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::weak_ptr<void> turn_;  ///< who holds it makes or sends a copy
  boost::asio::thread_pool worker_{1};
};

}  // namespace bridge
