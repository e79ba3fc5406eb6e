// Carries out the steps of one operation: on the device through its work queue, on the bridge's own
// objects through a transaction. Resumes where a restart has left it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bridge/agent/command_catalogue.h"
#include "bridge/agent/native_write.h"
#include "bridge/agent/operation.h"
#include "bridge/control/dry_run.h"
#include "bridge/device.h"
#include "bridge/fault_map.h"
#include "bridge/task/command.h"

namespace bridge {

namespace task {
class ActivateImage;
class AddObject;
}  // namespace task

/// Lives as long as its operation is open; every call on the device's strand.
class Execution : public std::enable_shared_from_this<Execution> {
 public:
  Execution(Device& device, std::shared_ptr<Operation> operation, LocalActor actor);

  /// Fills Operation::results. What the bridge keeps itself is in `commit`, to be committed with
  /// the end of the operation.
  boost::asio::awaitable<void> run(Commit& commit);

  /// What run() would ask of the device, and what the bridge would change itself, in order; nothing
  /// is asked, changed or stored. Fills Operation::results with what is known beforehand.
  std::vector<control::PlannedRpc> rehearse();

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

  /// Parameters of one object that a command sets.
  struct CommandSettings {
    std::string object;
    std::vector<usp::Setting> settings;
    std::string boolean;  ///< whose type is known, whatever the device says; empty: none
  };

  using Failed = std::optional<usp::StepResult>;
  using StepResults = std::map<std::size_t, usp::StepResult>;  ///< by index into Plan::steps

  // execution.cc
  std::vector<Indices> set_groups() const;
  std::vector<NativeWrite> group_writes(const Indices& steps, StepResults& results);
  boost::asio::awaitable<void> run_set();
  boost::asio::awaitable<void> run_set_group(Indices steps);
  void report_values(const std::vector<NativeWrite>& writes,
                     const std::vector<cwmp::ParameterValue>& read_back, StepResults& results);
  boost::asio::awaitable<void> run_add();
  boost::asio::awaitable<void> add_on_device(std::size_t step);
  boost::asio::awaitable<void> undo_added();
  boost::asio::awaitable<void> run_delete();
  boost::asio::awaitable<void> delete_on_device(std::size_t step);
  void run_local(Commit& commit);
  bool run_local_group(const Indices& steps, Commit& commit);
  boost::asio::awaitable<void> save_results();
  /// One task of a step to its end; nullopt: it went well.
  boost::asio::awaitable<Failed> run_task(std::size_t step, std::shared_ptr<task::Task> task,
                                          FaultContext faults = FaultContext::kOperate);
  /// The same with what make_work() gave.
  boost::asio::awaitable<Failed> run_work(WorkPtr work, FaultContext faults);

  // execution_write.cc
  /// What has become of a NativeWrite.
  struct Written {
    Failed failed;
    std::vector<cwmp::ParameterFault> errors;  ///< named as in NativeWrite::set
    std::vector<cwmp::ParameterValue> values;  ///< read back; the device's own names
    std::string row;                           ///< that was added, the device's own name
  };
  /// Work of `step`. `write` outlives the call.
  boost::asio::awaitable<Written> carry_out(std::size_t step, const NativeWrite& write,
                                            FaultContext faults, bool read_back = true);
  boost::asio::awaitable<Written> set_on_device(std::size_t step, const NativeWrite& write,
                                                FaultContext faults, bool read_back);
  boost::asio::awaitable<Written> add_row(std::size_t step, const NativeWrite& write,
                                          FaultContext faults);
  boost::asio::awaitable<Written> move_row(std::size_t step, const NativeWrite& write,
                                           FaultContext faults);
  boost::asio::awaitable<void> follow_up(const NativeWrite& write);
  /// Undoes what was made, however long that takes; a failure is logged.
  boost::asio::awaitable<void> take_back(const NativeWrite& write);
  /// A task that no restart takes up again. `what`: for the log, where it fails.
  boost::asio::awaitable<void> run_aside(std::shared_ptr<task::Task> task, SteadyTime deadline,
                                         std::string what);
  /// Settings that were refused, by the model and by the device, to the steps that they are of.
  static void add_culprits(const NativeWrite& write,
                           const std::vector<cwmp::ParameterFault>& errors, StepResults& results);

  static std::shared_ptr<task::SetValues> set_task(const std::vector<NativeAssignment>& set,
                                                   bool read_back = true);
  static std::shared_ptr<task::AddObject> add_task(const NativeWrite& write);

  // execution_rehearse.cc
  using Rehearsed = std::vector<control::PlannedRpc>;
  void rehearse_set(Rehearsed& out);
  void rehearse_rows(Rehearsed& out);
  /// nullopt: nothing is known against it.
  Failed rehearse_write(const NativeWrite& write, Rehearsed& out);
  void rehearse_local(Rehearsed& out);
  usp::StepResult rehearse_command(std::size_t step, Rehearsed& out);
  Failed rehearse_settings(std::size_t step, const CommandSettings& of, Rehearsed& out);
  Failed rehearse_diagnostics(std::size_t step, const CommandRow& row, Rehearsed& out);
  void rehearse_task(task::Task& task, Rehearsed& out) const;

  // execution_command.cc
  boost::asio::awaitable<void> run_commands(Commit& commit);
  boost::asio::awaitable<usp::StepResult> run_command(std::size_t step, Commit& commit);
  static usp::StepResult no_such_command();
  std::vector<NativeWrite> settings_writes(std::size_t step, const CommandSettings& of);
  boost::asio::awaitable<Failed> run_settings(std::size_t step, CommandSettings of, bool read_back);
  CommandSettings command_settings(std::size_t step, const CommandRow& row);
  std::vector<CommandSettings> toggle_settings(std::size_t step, const CommandRow& row) const;
  boost::asio::awaitable<usp::StepResult> run_reboot(std::size_t step, CommandWay way);
  boost::asio::awaitable<usp::StepResult> run_set_command(std::size_t step, const CommandRow& row);
  boost::asio::awaitable<usp::StepResult> run_toggle(std::size_t step, const CommandRow& row);
  boost::asio::awaitable<usp::StepResult> run_timer();
  boost::asio::awaitable<usp::StepResult> run_schedule_inform(std::size_t step);
  std::shared_ptr<task::Task> schedule_inform_task(std::size_t step) const;
  boost::asio::awaitable<usp::StepResult> run_cancel(std::size_t step);
  usp::StepResult run_onboard(std::size_t step, Commit& commit);
  usp::StepResult run_reset_session(std::size_t step);
  usp::StepResult run_add_certificate(std::size_t step, Commit& commit);
  usp::StepResult run_delete_certificate(std::size_t step, Commit& commit);
  usp::StepResult run_fingerprint(std::size_t step);
  /// True: cancelled before `due_ms`.
  boost::asio::awaitable<bool> sleep_until(std::int64_t due_ms);
  std::string to_native_reference(std::string_view text) const;
  std::vector<usp::Setting> arguments_of(const CommandRow& row, const std::string& object);

  // execution_diagnostics.cc
  boost::asio::awaitable<usp::StepResult> run_diagnostics(std::size_t step, const CommandRow& row);
  tl::expected<std::vector<task::Diagnostics::Argument>, usp::StepResult> test_arguments(
      std::size_t step, const CommandRow& row, const std::string& object,
      const std::string& native);
  usp::StepResult results_of(std::size_t step, const CommandRow& row, const std::string& object,
                             const std::vector<cwmp::ParameterValue>& values);

  // execution_transfer.cc
  std::shared_ptr<task::Transfer> transfer_task(std::size_t step, const CommandRow& row,
                                                const std::string& key);
  /// nullptr: the device has no such command.
  std::shared_ptr<task::ActivateImage> activate_task(std::size_t step, const CommandRow& row);
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
std::optional<usp::StepResult> failure_of(WorkEnd end, const task::Task& task, FaultContext faults);

}  // namespace bridge
