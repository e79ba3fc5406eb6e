// Carries out the steps of one operation: on the device through its work queue, on the bridge's own
// objects through a transaction. Resumes where a restart has left it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/agent/operation.h"
#include "bridge/device.h"

namespace bridge {

/// Lives as long as its operation is open; every call on the device's strand.
class Execution : public std::enable_shared_from_this<Execution> {
 public:
  Execution(Device& device, std::shared_ptr<Operation> operation, LocalActor actor);

  /// Fills Operation::results. What the bridge keeps itself is in `commit`, to be committed with
  /// the end of the operation.
  boost::asio::awaitable<void> run(Commit& commit);

  /// Withdraws it if nothing was sent. False: too late.
  bool cancel();

  /// Does any step need the device?
  static bool needs_device(Device& device, const usp::Plan& plan);

 private:
  using Indices = std::vector<std::size_t>;

  // execution.cc
  boost::asio::awaitable<void> run_set();
  boost::asio::awaitable<void> run_set_group(Indices steps);
  boost::asio::awaitable<void> run_add();
  boost::asio::awaitable<void> add_on_device(std::size_t step);
  boost::asio::awaitable<void> undo_added();
  boost::asio::awaitable<void> run_delete();
  boost::asio::awaitable<void> delete_on_device(std::size_t step, std::string native);
  void run_local(Commit& commit);
  bool run_local_group(const Indices& steps, Commit& commit);
  boost::asio::awaitable<void> save_results();

  // execution_command.cc
  boost::asio::awaitable<void> run_commands(Commit& commit);
  boost::asio::awaitable<usp::StepResult> run_command(std::size_t step, Commit& commit);
  boost::asio::awaitable<usp::StepResult> run_rpc(std::size_t step,
                                                  std::shared_ptr<task::Task> task);
  boost::asio::awaitable<usp::StepResult> run_diagnostics(std::size_t step, std::string native);
  boost::asio::awaitable<usp::StepResult> run_timer();

  WorkPtr make_work(std::shared_ptr<task::Task> task, std::size_t step);
  bool is_local(const std::string& path) const;
  bool failed() const;
  bool finished(std::size_t step) const;

  Device& device_;
  std::shared_ptr<Operation> operation_;
  LocalActor actor_;
  WorkPtr work_;  ///< under way
  bool cancelled_ = false;
  std::shared_ptr<Promise<bool>> timer_;  ///< ScheduleTimer(): set when cancelled
};

/// A step's failure for how its work or its task ended; nullopt: it went well.
std::optional<usp::StepResult> failure_of(WorkEnd end, const task::Task& task, int fault_context);

}  // namespace bridge
