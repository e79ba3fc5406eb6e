// The maintenance service's view of the running bridge.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "bridge/control/maintenance_backend.h"

namespace bridge {

struct Runtime;

/// Thread-safe. Has threads of its own for what takes long and blocks.
class MaintenanceBackend final : public control::MaintenanceBackend {
 public:
  /// `acs`: asked on any thread.
  using Warnings = std::vector<std::string>;

  /// `warnings`: of the configuration that is in effect. Both are called on any thread.
  MaintenanceBackend(Runtime& runtime, std::function<AcsFacts()> acs,
                     std::function<Warnings()> warnings)
      : runtime_(runtime), acs_(std::move(acs)), warnings_(std::move(warnings)) {}
  ~MaintenanceBackend() override { stop(); }

  /// Ends what is under way, and what is to come, with kClosed. Waits for that; idempotent.
  void stop();

  boost::asio::awaitable<Result<std::shared_ptr<StateCopy>>> copy_state(
      control::GivenUp given_up) override;
  boost::asio::awaitable<Result<std::string>> read(std::shared_ptr<StateCopy> copy,
                                                   std::size_t most) override;

  // maintenance_backend_diagnose.cc
  boost::asio::awaitable<Checks> diagnose() override;

 private:
  /// nullptr: somebody has it.
  std::shared_ptr<void> take_turn();

  Runtime& runtime_;
  const std::function<AcsFacts()> acs_;
  const std::function<Warnings()> warnings_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::weak_ptr<void> turn_;            ///< who holds it makes or sends a copy
  boost::asio::thread_pool worker_{2};  ///< one is left beside a backup
};

}  // namespace bridge
