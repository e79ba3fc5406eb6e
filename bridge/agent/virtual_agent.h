// The virtual USP Agent of one device: answers messages, runs operations, composes notifications.
//
// Part of its Device: every call is made on the device's strand, after Device::load() unless a line
// says otherwise.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bridge/agent/change_watch.h"
#include "bridge/agent/execution.h"
#include "bridge/agent/operation.h"
#include "bridge/agent/reboot_note.h"
#include "bridge/agent/roles.h"
#include "bridge/control/backend.h"
#include "bridge/device.h"
#include "bridge/store/rows.h"
#include "usp/agent.h"
#include "usp/subscription.h"

namespace bridge {

struct ControllerConfig;
class Metrics;
namespace task {
class SetAttributes;
class Transfer;
}  // namespace task

/// The controller a message came from, and where its answer goes.
struct Caller {
  const ControllerConfig* config = nullptr;  ///< nullptr: it is not configured
  std::string endpoint_id;                   ///< "grpc" or "grpc:{client}": the control API
  std::string reply_topic;
  std::string correlation;
  bool in_session = false;     ///< in a session context, and so is the answer (R-MSG.0a)
  bool is_controller = false;  ///< else the control API, which has doors of its own
  std::string trace_id;        ///< of the request; empty: a new one
};

/// TimerRow::kind.
enum class TimerKind : int { kSubscriptionEnd = 0, kPeriodic = 1, kOnBoarding = 2 };

/// What the store keeps for one agent beside its local values.
struct AgentRows {
  std::vector<OperationRow> operations;  ///< open ones
  std::vector<TimerRow> timers;
  std::vector<InstanceRow> instances;
};

class VirtualAgent {
 public:
  explicit VirtualAgent(Device& device);
  ~VirtualAgent();
  VirtualAgent(const VirtualAgent&) = delete;
  VirtualAgent& operator=(const VirtualAgent&) = delete;

  // ---- messages
  /// A message of a controller. Loads the device. The answer goes out through the Northbound.
  boost::asio::awaitable<void> on_message(Caller caller, usp_msg::Msg msg);
  /// A NotifyResponse, or the Error that came in its place.
  boost::asio::awaitable<void> on_peer_answer(std::string controller, usp_msg::Msg msg);
  /// A request of the control API; waits for its answer. Loads the device. nullopt: the agent is
  /// not up yet.
  boost::asio::awaitable<std::optional<usp_msg::Msg>> request(usp_msg::Msg msg,
                                                              control::Backend::Ask ask);
  /// Reads from the device into the mirror. Loads the device.
  boost::asio::awaitable<Result<control::Backend::Refreshed>> refresh(
      control::Backend::Refresh what, std::chrono::milliseconds timeout);
  /// What the mirror has at and below these parameters and objects, in the device's own names,
  /// ordered. Loads the device.
  boost::asio::awaitable<Result<std::vector<control::Backend::NativeValue>>> native_values(
      std::vector<std::string> paths);
  /// Stores a command and returns at once. Loads the device.
  boost::asio::awaitable<tl::expected<control::OperationInfo, control::Backend::Refused>>
  start_command(std::string command, std::string command_key,
                std::map<std::string, std::string> input, control::Backend::Ask ask);
  /// Goes through a write or command without doing it. Loads the device. nullopt: the agent is not
  /// up yet.
  boost::asio::awaitable<std::optional<control::DryRun>> dry_run(usp_msg::Msg msg,
                                                                 std::string requester);
  /// Returns when the end of what was cancelled is stored.
  boost::asio::awaitable<control::CancelResult> cancel(std::int64_t operation_id);

  /// A controller that is not configured, and yet served.
  struct Acquaintance {
    bool has_row = false;  ///< in the agent's table; else it has the untrusted role
    std::string topic;     ///< where it listens; empty: that is not known
  };
  /// From off the strand. Loads the device. nullopt: it is not served, or the agent is not up.
  boost::asio::awaitable<std::optional<Acquaintance>> recognise(std::string endpoint_id);

  /// What the row of a controller says of session contexts; the defaults where it has none.
  E2eSession session_of(const std::string& controller);
  /// The same from off the strand. Loads the device. nullopt: the agent is not up, or does not
  /// serve the controller.
  boost::asio::awaitable<std::optional<E2eSession>> read_session(std::string controller);
  /// LocalModel::trust_of() from off the strand. Loads the device. nullopt: the agent is not up.
  boost::asio::awaitable<std::optional<LocalTrust>> read_trust(std::string controller);
  /// The rows of controllers were written: session contexts follow.
  void apply_sessions();

  // ---- operations
  /// Tells watchers of its state.
  void publish(const Operation& operation);
  /// The device was read from the store. Takes up what a restart has left open; what runs already
  /// is passed over.
  void on_loaded(const AgentRows& rows);
  std::size_t open_operations() const { return running_.size(); }
  /// In the order in which they were asked for.
  std::vector<control::OperationInfo> open_operation_infos() const;
  /// `undo` is stored as that row, which goes when it is done. 0: it is not stored.
  void track_undo(const WorkPtr& undo, std::int64_t row_id);
  /// Of the command whose row of LocalAgent.Request. that is; nullptr: it has ended.
  std::shared_ptr<Execution> execution_of(const std::string& request_row) const;
  /// Waits until no other command tests with this object of the device. False: it was cancelled, or
  /// the deadline has come. give_turn() must follow a true.
  boost::asio::awaitable<bool> take_turn(std::string object, std::int64_t deadline_ms,
                                         const bool& cancelled);
  void give_turn(const std::string& object);
  /// Something that may wait for its turn was cancelled.
  void note_cancelled() { turns_.notify(); }
  /// What the next Boot! is to say; nullopt: nothing.
  void note_reboot(std::optional<RebootNote> note, Commit& commit);
  void shut_down();

  // ---- what happens to the device; what is to be stored and told goes into the commit
  void on_boot(const cwmp::Inform& inform, bool bootstrap, bool firmware_changed, Commit& commit);
  /// `work`: what the transfer was part of; nullptr: nothing of ours.
  void on_transfer_complete(const cwmp::TransferComplete& complete, const WorkPtr& work,
                            Commit& commit);
  /// The device's answer to the RPC said that it is done.
  void on_transfer_done_at_once(const Execution& execution, const task::Transfer& task,
                                Commit& commit);
  void on_autonomous_transfer(const cwmp::AutonomousTransferComplete& complete, Commit& commit);
  /// `operation_performed`: "Install", "Update", "Uninstall"; empty: the device did not say.
  void on_deployment_unit(const cwmp::DeploymentUnitResult& result,
                          const std::string& operation_performed, Commit& commit);
  void on_first_appearance(Commit& commit);
  /// SendOnBoardRequest(). False: the controller is not enabled, or cannot be reached.
  bool send_onboard_request(const std::string& controller_path, Commit& commit);
  /// False: the store failed, the timer is still due.
  boost::asio::awaitable<bool> on_timer(TimerRow row);
  /// Asks the device to notify what subscriptions want to hear of, and polls what it does not.
  /// `from_scratch`: the device has forgotten what was asked before.
  void plan_notifications(bool from_scratch);
  /// Reads what the device was asked to notify: it says that something has changed, not what.
  void read_watched();
  /// The device was asked to tell changes of what subscriptions want to hear of.
  bool watches_device() const { return watch_.any_active(); }

  // ---- notifications
  /// Would somebody be told of a change of the device's tree? To most who listen only events
  /// matter.
  bool hears_changes();
  /// Would somebody be told of anything?
  bool listens();
  /// The notifications that a commit causes; also keeps timers and notification attributes in step
  /// with changed subscriptions.
  std::vector<OutboxRow> compose(Commit& commit);

  /// Commits; a failure is logged.
  static boost::asio::awaitable<void> commit_quietly(DevicePtr device, Commit commit);

  /// Leaves only the output arguments that the command declares.
  void keep_declared_outputs(const std::string& object, const std::string& command,
                             std::map<std::string, std::string>& values);

 private:
  struct Running {
    std::shared_ptr<Operation> operation;
    std::shared_ptr<Execution> execution;
    std::shared_ptr<Promise<usp_msg::Msg>> answer;  ///< for the control API
  };

  // virtual_agent.cc
  boost::asio::awaitable<std::optional<usp_msg::Msg>> handle(Caller caller, usp_msg::Msg msg,
                                                             std::chrono::milliseconds timeout);
  boost::asio::awaitable<std::optional<usp_msg::Msg>> begin_operation(
      Caller caller, usp::Plan plan, std::chrono::milliseconds timeout, bool wait);
  boost::asio::awaitable<void> read_live(std::vector<std::string> paths);
  LocalActor actor_of(const std::string& requester);
  void reply(const Caller& caller, const usp_msg::Msg& msg);

  // braking.cc
  /// usp::handle() with these grants (nullptr: everything is allowed) and under the brakes.
  usp::Outcome judge(const std::shared_ptr<const Grants>& grants, const usp_msg::Msg& msg,
                     const std::string& own_row, const usp::DataModel& model, bool final);
  /// Why this may not be done now; nullopt: it may.
  std::optional<usp::Error> frozen(const usp::Plan& plan, const std::string& requester);

  // requesters.cc
  /// nullptr: the controller is not served.
  std::shared_ptr<const Grants> grants_of(const std::string& endpoint_id);
  /// `reference`: "Device.LocalAgent.Controller.1".
  std::shared_ptr<const Grants> grants_of_row(const std::string& reference);
  std::optional<usp_msg::Msg> finish_for(const Requester& origin, const usp::Plan& plan,
                                         const std::vector<usp::StepResult>& results);
  void note_denied(const Caller& caller, const usp_msg::Msg& request,
                   const std::vector<std::string>& what);

  // operations.cc
  boost::asio::awaitable<Result<void>> store_operation(std::shared_ptr<Operation> operation);
  /// To an asynchronous command: its Request rows.
  std::optional<usp_msg::Msg> request_answer(const Operation& operation);
  OutboxRow response_row(const Operation& operation, const usp_msg::Msg& answer);
  bool is_under_way(const Caller& caller, const std::string& msg_id) const;
  std::shared_ptr<Execution> start(std::shared_ptr<Operation> operation);
  boost::asio::awaitable<void> run_to_end(Running running);
  void finish_requests(const Operation& operation, Commit& commit);
  /// Asks the device to stop it. False: it cannot, or does not.
  boost::asio::awaitable<bool> call_back(std::shared_ptr<Execution> execution);
  control::OperationInfo info_of(const Operation& operation) const;

  // operations_resume.cc
  void resume(const OperationRow& row);
  void resume_undo(const OperationRow& row);

  // notifier.cc
  class Listeners;
  void notify(const Told& told, const usp::DataModel& model, Listeners& listeners,
              std::vector<OutboxRow>& out);
  void notify(const Told& told, const usp::DataModel& model, std::vector<OutboxRow>& out);
  /// `of_device`: else of what the bridge keeps.
  void tell(const Change& change, bool of_device, const usp::DataModel& model, Commit& commit,
            std::vector<Told>& out);
  void hold_back(const std::string& row, Commit& commit);
  bool is_held_back(const std::string& row) const;
  void announce(const usp::DataModel& model, Commit& commit, std::vector<Told>& out);
  OutboxRow outbox_row(const LocalController& controller, const usp_msg::Msg& msg, OutboxKind kind,
                       bool needs_response, std::int64_t expires_ms) const;
  const usp::SubscriptionSet& subscription_set();

  // onboarding.cc
  bool request_onboarding(const LocalController& controller, std::vector<OutboxRow>& out);
  /// Rows of controllers were written: those who are to hear of the device (again) are asked.
  void follow_onboarding(Commit& commit, std::vector<OutboxRow>& out);
  /// The controller has confirmed an OnBoardRequest; nullopt: it is not asked again.
  std::optional<TimerRow> onboarding_timer(const std::string& endpoint_id);
  void restart_onboarding(const std::string& controller_path, Commit& commit);

  // agent_events.cc
  void sync_timers(Commit& commit);
  void put_timer(Commit& commit, TimerKind kind, const std::string& key, std::int64_t due_ms);
  void drop_volatile_subscriptions(Commit& commit);
  std::string boot_parameters(const LocalController& controller);
  usp::EventRaised boot_event(const cwmp::Inform& inform, bool bootstrap, bool firmware_changed);
  /// Is this the boot that the note is about?
  bool is_noted(const cwmp::Inform& inform, bool bootstrap) const;
  std::shared_ptr<Execution> execution_of_key(const std::string& command_key) const;
  usp::EventRaised transfer_event(const Execution& execution) const;

  // device_watch.cc
  std::set<std::string> wanted_notifications();
  void set_notification(std::vector<std::string> names, std::uint32_t level);
  void on_notification_set(const task::SetAttributes& task, std::uint32_t level);
  void poll();

  Device& device_;
  RoleBook roles_;
  std::map<std::int64_t, Running> running_;  ///< by operation id
  Signal operation_ended_;
  Signal turns_;
  std::set<std::string> testing_;  ///< objects of diagnostics that are in use
  std::optional<RebootNote> reboot_note_;
  std::int64_t last_volatile_id_ = 0;  ///< operations without a row count down from -1
  std::map<std::string, std::set<std::string>> handling_;  ///< msg_ids under way, by controller
  std::optional<usp::SubscriptionSet> subscriptions_;
  ChangeWatch watch_;
  std::set<std::string> onboarding_timers_;  ///< controllers' rows that have one
  std::set<std::int64_t> undoing_;           ///< rows of the undos that are queued
  std::set<std::string> unannounced_;        ///< the device's rows whose keys were not read yet
};

/// Writes notifications into the outbox, making room where an agent and controller have too many
/// (design: Store).
Result<void> add_to_outbox(StateWriter& writer, const std::vector<OutboxRow>& rows, std::size_t cap,
                           Metrics& metrics);

/// As the control API shows it. `finished_ms` 0: open.
control::OperationInfo to_info(const Operation& operation, const std::string& endpoint_id,
                               std::int64_t finished_ms);

/// A fresh msg_id.
std::string make_msg_id();

}  // namespace bridge
