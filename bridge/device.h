// One device while something happens to it: its row, its tree, what its agent keeps, and the work
// that waits for it.
//
// A Device has a strand; everything below "on the strand" is called there and nowhere else,
// coroutines included. It does not know USP messages (agent/virtual_agent.h) nor HTTP
// (device_session.h).
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bridge/agent/agent_facts.h"
#include "bridge/agent/device_model.h"
#include "bridge/agent/local_model.h"
#include "bridge/agent/local_transaction.h"
#include "bridge/agent/offer.h"
#include "bridge/agent/view.h"
#include "bridge/brakes.h"
#include "bridge/control/explanation.h"
#include "bridge/credential/rules.h"
#include "bridge/learned.h"
#include "bridge/reach.h"
#include "bridge/result.h"
#include "bridge/session_log.h"
#include "bridge/store/store.h"
#include "bridge/task/first_contact.h"
#include "bridge/tree.h"
#include "bridge/wait.h"
#include "bridge/work_queue.h"
#include "cwmp/handler.h"
#include "cwmp/xmpp/jid.h"
#include "usp/subscription.h"

namespace bridge {

class VirtualAgent;
struct RefreshRule;
struct Runtime;
namespace task {
class ProvisionXmpp;
}

/// Something to tell subscribers of, in the agent's names.
struct Told {
  usp::Happening what;
  std::string recipient = {};  ///< "Device.LocalAgent.Controller.1": only this one; empty: all
  std::vector<std::uint32_t> not_to = {};  ///< rows of Subscription. that were not there before it
};

/// What one step leaves to be stored and told. Everything in it is committed together (design:
/// Store).
struct Commit {
  std::vector<StateWrite> state;   ///< run in order, in one transaction, before `rows` go in
  std::vector<LocalCommit> local;  ///< of LocalTransactions, in order
  Diff device_changes;             ///< of the tree, in the device's own names
  Diff shown_changes;              ///< the same in shown names; commit() fills it in
  std::vector<Told> told;          ///< events and completions
  std::vector<OutboxRow> rows;     ///< notifications that are composed already
  bool timers = false;             ///< `state` puts timers: they are looked at once it is stored
};

/// A moment's view of the agent's whole tree; lives as long as nothing on the strand changes it.
struct Snapshot {
  AgentFacts facts;
  std::unique_ptr<AgentView> view;
};

/// A session that was let in.
struct BegunSession {
  std::uint64_t id = 0;
  cwmp::Manners manners;
};

class Device : public std::enable_shared_from_this<Device> {
 public:
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;

  Device(Runtime& runtime, DeviceRow row);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  // ---- any thread
  std::int64_t id() const { return id_; }
  const std::string& endpoint_id() const { return endpoint_id_; }
  const Strand& strand() const { return strand_; }
  bool in_session() const { return session_live_; }
  bool onboarded() const { return onboarded_; }
  std::int64_t last_inform_ms() const { return last_inform_ms_; }
  /// An operation or upkeep waits for a session, or is under way in one.
  bool has_work() const { return has_work_; }
  /// Nothing under way and nothing queued: the object may go from memory.
  bool can_be_dropped() const { return !session_live_ && !has_work_; }

  // ---- on the strand: what is known
  Runtime& runtime() { return runtime_; }
  /// Reads the tree and the agent's own objects from the store, unless that was done. Also picks up
  /// the operations that a restart has left open.
  boost::asio::awaitable<Result<void>> load();
  bool loaded() const { return loaded_; }
  const DeviceRow& row() const { return row_; }
  const Reach& reach() const { return reach_; }
  /// As the device itself says (NATDetected).
  bool behind_nat() const;
  /// Where it is to be asked over XMPP; nullopt: it is not, or not logged in.
  std::optional<cwmp::xmpp::Jid> xmpp_jid() const;
  const Learned& learned() const { return learned_; }
  const Tree& tree() const { return tree_; }
  LocalModel& local() { return *local_; }
  const LocalModel& local() const { return *local_; }
  /// What controllers see of the tree. Loaded devices have one.
  DeviceModel& model() { return *model_; }
  VirtualAgent& agent() { return *agent_; }
  /// What commands it can be asked for.
  Offer offer();
  std::unique_ptr<Snapshot> snapshot();
  /// Is this path of the agent the device's, rather than one that the bridge keeps or hides?
  bool covers(std::string_view path) const;
  /// The device's own name of a parameter or object of the agent; nullopt: it has none.
  std::optional<std::string> to_native(std::string_view path) const;

  // ---- on the strand: work
  /// Queues, wakes the device and waits for the end; at the deadline it is withdrawn, or its open
  /// RPC's answer is waited for (bounded).
  boost::asio::awaitable<WorkEnd> run(WorkPtr work);
  /// Queues without waiting. Wakes the device, unless it is upkeep that is not urgent.
  void push(WorkPtr work);
  void push_upkeep(std::shared_ptr<task::Task> task);
  /// Is there work to be done, and no session to do it in?
  bool wants_session() const { return !session_live_ && !gone_ && queue_.front() != nullptr; }
  /// Until a session begins, nothing waits any more, or `until`.
  boost::asio::awaitable<void> wait_for_session(SteadyTime until);
  /// The number of open operations changed.
  void note_work();
  /// A write that `requester` asks for, as the brakes look at it; a view of the row and of it.
  BrakeSubject brake_subject(std::string_view requester) const;
  /// A freeze has come or gone: what waits is looked at again.
  void on_brakes();
  /// What is known of how it does, and what is wrong with it. Loads the device.
  boost::asio::awaitable<Result<control::Explanation>> explain();
  /// Withdraws work that has not been started. False: too late.
  bool cancel(const WorkPtr& work);
  /// The device was told to drop it: ends it as cancelled.
  void withdraw(const WorkPtr& work) { end_work(work, WorkEnd::kCancelled); }
  /// Names and values of an object, in the device's own name, in the next session.
  void read_again(const std::string& object);

  /// Stores, then tells subscribers and watchers. On an error nothing was stored but what the tree
  /// holds is kept and written with the next commit.
  boost::asio::awaitable<Result<void>> commit(Commit commit);

  /// Where it listens for UDP connection requests, as its STUN client has shown. Stored before it
  /// returns; the tree need not be loaded.
  boost::asio::awaitable<Result<void>> learn_udp_address(std::string address);
  /// That way was tried and no session followed. Stored with the next commit.
  void note_silence(Way way);

  /// The device is deleted: ends its session and its work.
  void shut_down();

  /// Gives the device a credential of its own, in its next session; wakes it. The credential is
  /// stored and pending, and so is it where it was already.
  boost::asio::awaitable<Result<CredentialRow>> rotate();
  /// Withdraws the rotation to this user name. False: too late, the device is being given it, or
  /// is about to be.
  bool withdraw_rotation(const std::string& username);

  // ---- on the strand: the session, called by DeviceSession
  /// What the credential's acceptance brings about is committed with the Inform.
  boost::asio::awaitable<tl::expected<BegunSession, cwmp::Refusal>> begin(
      cwmp::SessionStart start, CredentialJudgement credential);
  boost::asio::awaitable<cwmp::AcsResponse> on_request(std::uint64_t session,
                                                       cwmp::CpeRequest request);
  boost::asio::awaitable<std::optional<cwmp::AcsRequest>> next_rpc(std::uint64_t session);
  boost::asio::awaitable<void> on_response(std::uint64_t session, cwmp::CpeResponse response);
  void on_end(std::uint64_t session, cwmp::SessionEnd end, bool rpc_open);

 private:
  // device.cc
  task::Context context();
  Diff apply(task::Context& context);
  /// The names in the tree, or what commands hang on, have changed.
  void forget_supported();
  StateWrite store_numbers();
  boost::asio::awaitable<Result<void>> do_load();
  boost::asio::awaitable<WorkEnd> wait_for_end(WorkPtr work, std::shared_ptr<Promise<WorkEnd>> end);
  void let_go(WorkPtr work, std::shared_ptr<Promise<WorkEnd>> end);
  boost::asio::awaitable<WorkEnd> settle_after_deadline(WorkPtr work,
                                                        std::shared_ptr<Promise<WorkEnd>> end);
  void end_work(const WorkPtr& work, WorkEnd end);
  void undo_late(const WorkPtr& work);
  void lose_open_rpc();
  void publish(const Commit& commit);

  boost::asio::awaitable<Result<void>> store_row();

  // device_xmpp.cc
  void restore_xmpp(const std::vector<InstanceRow>& rows);
  void note_xmpp_address(const Diff& changes);
  void plan_xmpp();
  void on_xmpp_provisioned(const task::ProvisionXmpp& task);
  void keep_xmpp_password_written(bool written);
  void forget_xmpp();

  // device_stun.cc
  void take_udp_address(const std::string& address);
  std::optional<task::StunProvisioning> stun_provisioning();
  void plan_stun();

  // device_inform.cc
  void take_row_facts(const cwmp::SessionStart& start, bool binds);
  /// What the profiles say of it; `peer_address` may be empty. Returns what the session needs.
  cwmp::Manners take_profile(const std::string& peer_address);
  void plan_upkeep(const cwmp::Inform& inform, bool new_firmware, const Diff& informed);
  boost::asio::awaitable<void> after_step(const WorkPtr& work_ref, task::Context& context);

  // device_refresh.cc
  void read_counted_tables(const Diff& changes);
  std::vector<std::string> due_names(const RefreshRule& rule, std::int64_t newest);
  void plan_refresh();
  void on_refreshed(const std::string& path, WorkEnd end);
  void restore_refreshed(const std::vector<InstanceRow>& rows);

  // device_request.cc
  using ReportTaker = std::function<bool(task::Task&, bool only, task::Context&)>;
  /// Asks the tasks in order whose report this is, and keeps how that one goes on. nullptr:
  /// nobody's.
  WorkPtr hand_out(const ReportTaker& take_it, Commit& commit);
  cwmp::AcsResponse take(const cwmp::TransferComplete& complete, Commit& commit);
  cwmp::AcsResponse take(const cwmp::AutonomousTransferComplete& complete, Commit& commit);
  cwmp::AcsResponse take(const cwmp::DUStateChangeComplete& complete, Commit& commit);
  cwmp::AcsResponse take(const cwmp::AutonomousDUStateChangeComplete& complete, Commit& commit);
  cwmp::AcsResponse take(const cwmp::RequestDownload& request, Commit& commit);
  cwmp::AcsResponse take(const cwmp::Kicked& kicked, Commit& commit);
  cwmp::AcsResponse take(const cwmp::GetRPCMethods& request, Commit& commit);
  cwmp::AcsResponse take(const cwmp::UnknownRequest& request, Commit& commit);

  // device_credential.cc
  boost::asio::awaitable<Result<CredentialRow>> prepare(bool afresh, std::string meanwhile);
  void settle_credential(const CredentialJudgement& credential, const std::string& username,
                         Commit& commit);
  /// For the log, when that is stored.
  void on_credential_settled(const CredentialJudgement& credential, const std::string& username);
  void push_rotation(const CredentialRow& credential, WorkKind kind);
  void end_rotation();
  void on_rotation_end(const std::string& username, const task::Task& task, WorkEnd end);
  void drop_refused(const std::string& username);

  // device_first_contact.cc
  task::Provisioning provisioning();
  void start_first_contact();
  void check_provisioning();
  boost::asio::awaitable<void> finish_first_contact();
  /// Waits in the session for a place among the first walks. False: none, or other work is to be
  /// done first.
  boost::asio::awaitable<bool> take_place(std::uint64_t session, WorkPtr work);
  void wait_here();
  void wait_away();
  void give_place_back();

  // device_records.cc
  void begin_record(const cwmp::SessionStart& start);
  void note_sent(const cwmp::AcsRequest& rpc);
  void note_answered(const cwmp::CpeResponse& response);
  void end_record(const char* outcome);

  // device_linger.cc
  std::chrono::milliseconds time_to_linger();
  /// Waits in the session for work. True: there is some.
  boost::asio::awaitable<bool> linger(std::uint64_t session);
  bool keep_awake();

  Runtime& runtime_;
  const std::int64_t id_;
  const std::string endpoint_id_;
  Strand strand_;
  std::atomic<bool> session_live_{false};
  std::atomic<bool> has_work_{false};
  std::atomic<bool> onboarded_{false};
  std::atomic<std::int64_t> last_inform_ms_{0};

  DeviceRow row_;
  DeviceRow stored_row_;  ///< as the store has it
  Learned learned_;
  Reach reach_;
  Tree tree_;
  std::optional<LocalModel> local_;
  std::unique_ptr<DeviceModel> model_;
  std::shared_ptr<const usp::SupportedObject> supported_;  ///< null: to be built
  Offer supported_offer_;                                  ///< that `supported_` was built for
  std::optional<FileRows> file_rows_;                      ///< nullopt: to be counted
  std::size_t shown_size_ = 0;                             ///< of the tree that they are made from
  std::unique_ptr<VirtualAgent> agent_;
  std::string last_inform_events_;
  std::map<std::string, std::int64_t> refreshed_ms_;  ///< by path of the RefreshRule
  std::set<std::string> refreshing_;                  ///< those that are queued

  bool loading_ = false;
  bool loaded_ = false;
  Signal load_done_;
  Signal session_changed_;
  /// For a session that waits: work came, a place among the first walks is free, it is over.
  Signal session_may_go_on_;

  SessionRecord record_;                  ///< of the running session, or of the last
  std::map<std::string, RpcTimes> rpcs_;  ///< of that session, by method
  std::string open_method_;               ///< of the RPC that is out
  SteadyTime rpc_sent_at_{};
  std::optional<std::int64_t> clock_ahead_ms_;  ///< of the device, as its last Inform said

  WorkQueue queue_;
  WorkPtr current_;            ///< the work whose RPC is open, or was last
  std::uint64_t session_ = 0;  ///< the live session; 0: none
  std::uint64_t last_session_ = 0;
  std::int64_t last_operation_ms_ = 0;     ///< queued or ended; 0: none
  std::chrono::milliseconds lingered_{0};  ///< in this session
  bool end_session_ = false;               ///< a task wants the device to get to work
  WorkPtr rotation_;                       ///< queued or under way
  std::string rotation_username_;
  bool rotation_in_doubt_ = false;  ///< it was sent before, and the answer was lost
  int preparing_ = 0;               ///< rotations between their store and the queue
  bool first_contact_place_ = false;
  bool wants_place_ = false;
  bool waiting_here_ = false;  ///< will be called when there is one
  bool first_contact_queued_ = false;
  std::int64_t first_contact_began_ms_ = 0;
  bool xmpp_checked_ = false;  ///< its XMPP settings, since it came into memory
  bool xmpp_password_written_ = false;
  bool stun_checked_ = false;  ///< its STUN settings, since it came into memory
  bool learning_ = false;      ///< what is found now is no change: the tree is being learned
  bool gone_ = false;
};

using DevicePtr = std::shared_ptr<Device>;

}  // namespace bridge
