// Carries out the steps of one operation: on the device through its work queue, on the bridge's own
// objects through a transaction. Resumes where a restart has left it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/agent/command_catalogue.h"
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
  /// What asks the device to stop what it was sent; nullptr: nothing can. When it has succeeded,
  /// end_cancelled() ends this.
  std::shared_ptr<task::Task> make_cancel_task() const;
  void end_cancelled();

  const Operation& operation() const { return *operation_; }
  /// Under way on the device; nullptr: none.
  const WorkPtr& work() const { return work_; }
  /// The last one that was begun.
  std::size_t step() const { return step_; }

  /// A new connection to the broker was asked for: to be made when the answer is on its way.
  bool reconnects() const { return reconnects_; }

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

  using Failed = std::optional<usp::StepResult>;

  // execution_command.cc
  boost::asio::awaitable<void> run_commands(Commit& commit);
  boost::asio::awaitable<usp::StepResult> run_command(std::size_t step, Commit& commit);
  /// One task of a command to its end; nullopt: it went well.
  boost::asio::awaitable<Failed> run_task(std::size_t step, std::shared_ptr<task::Task> task);
  boost::asio::awaitable<usp::StepResult> run_reboot(std::size_t step, CommandWay way);
  boost::asio::awaitable<usp::StepResult> run_set_command(std::size_t step, const CommandRow& row);
  boost::asio::awaitable<usp::StepResult> run_toggle(std::size_t step, const CommandRow& row);
  boost::asio::awaitable<usp::StepResult> run_timer();
  boost::asio::awaitable<usp::StepResult> run_cancel(std::size_t step);
  usp::StepResult run_onboard(std::size_t step, Commit& commit);
  usp::StepResult run_reset_session(std::size_t step);
  usp::StepResult run_add_certificate(std::size_t step, Commit& commit);
  usp::StepResult run_delete_certificate(std::size_t step, Commit& commit);
  usp::StepResult run_fingerprint(std::size_t step);
  /// True: cancelled before `due_ms`.
  boost::asio::awaitable<bool> sleep_until(std::int64_t due_ms);
  std::string to_native_reference(const std::string& text) const;

  // execution_diagnostics.cc
  boost::asio::awaitable<usp::StepResult> run_diagnostics(std::size_t step, const CommandRow& row);
  usp::StepResult results_of(std::size_t step, const CommandRow& row, const std::string& native,
                             const std::vector<cwmp::ParameterValue>& values);

  // execution_transfer.cc
  boost::asio::awaitable<usp::StepResult> run_transfer(std::size_t step, const CommandRow& row,
                                                       Commit& commit);
  boost::asio::awaitable<usp::StepResult> run_modules(std::size_t step, const CommandRow& row);
  tl::expected<cwmp::DeploymentUnitOperation, std::string> module_operation(std::size_t step,
                                                                            const CommandRow& row);
  boost::asio::awaitable<usp::StepResult> run_activate(std::size_t step, const CommandRow& row);

  WorkPtr make_work(std::shared_ptr<task::Task> task, std::size_t step);
  bool is_local(const std::string& path) const;
  bool failed() const;
  bool finished(std::size_t step) const;

  Device& device_;
  std::shared_ptr<Operation> operation_;
  LocalActor actor_;
  WorkPtr work_;  ///< under way
  std::size_t step_ = 0;
  bool cancelled_ = false;
  bool reconnects_ = false;
  std::shared_ptr<Promise<bool>> timer_;  ///< waits for a time: set when cancelled
  std::string transfer_key_;              ///< CommandKey of the transfer under way
  std::string diagnostics_;               ///< object of the test under way, the device's own name
};

/// Written with our changes, so that whoever looks at the device sees who was there last (TR-069
/// A.3.2.1).
inline constexpr const char* kParameterKey = "usp-bridge";

usp::StepResult step_failure(usp::ErrorCode code, std::string text);
usp::StepResult step_done();

/// A step's failure for how its work or its task ended; nullopt: it went well.
std::optional<usp::StepResult> failure_of(WorkEnd end, const task::Task& task, int fault_context);

}  // namespace bridge
