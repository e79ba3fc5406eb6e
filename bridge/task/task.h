// Turns one wish into CWMP RPCs: a machine without IO.
//
//   while the session is up and the task is kReady:
//     rpc = task.next(context)     save progress first where context.save says so; then send
//     task.on_response(answer, context)   or on_lost(context)
//     apply context.updates to the tree, in order, before the next call
//
// A task lives through many sessions, and through a restart of the bridge: save() and restore().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/learned.h"
#include "bridge/tree.h"
#include "cwmp/message.h"

namespace bridge::task {

/// What a task may look at, and what it wants done. Made anew for each call.
struct Context {
  const Tree& tree;
  Learned& learned;  ///< tasks write what they find out; the owner stores it when it changed
  std::int64_t now_ms = 0;

  /// To be applied to the tree, in order, before the task is called again.
  std::vector<TreeUpdate> updates = {};
  /// save() changed in a way that must be durable before the RPC that was returned goes out (after
  /// next()), or before the device hears of us again (all others).
  bool save = false;
  /// The device acts only once the session is over (Reboot, Download, a diagnostic): let it end.
  bool end_session = false;
};

/// How a task ended.
struct Outcome {
  enum class Kind {
    kOpen,     ///< not done
    kDone,     ///< see the task's own result
    kFailed,   ///< `fault` says why; the device was not changed, as far as it says
    kUnknown,  ///< the device may have acted, and no way is left to find out
  };
  Kind kind = Kind::kOpen;
  cwmp::Fault fault;
  /// Accepted, in effect only after the next boot (Status 1, quirk 67).
  bool pending_reboot = false;
  bool operator==(const Outcome&) const = default;
};

/// Not thread-safe; belongs to its device's strand.
class Task {
 public:
  enum class Phase {
    kReady,    ///< wants next() to be called in a session
    kOpen,     ///< an RPC is out: on_response() or on_lost() comes
    kWaiting,  ///< wants something from the device: on_inform() or on_transfer_complete()
    kDone,     ///< see outcome()
  };

  Task() = default;
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;
  virtual ~Task() = default;

  Phase phase() const { return phase_; }
  bool done() const { return phase_ == Phase::kDone; }
  bool waiting() const { return phase_ == Phase::kWaiting; }
  const Outcome& outcome() const { return outcome_; }

  /// The next RPC; the phase is kOpen then. nullopt: nothing to send now; the phase is kWaiting or
  /// kDone. Call only in kReady.
  std::optional<cwmp::AcsRequest> next(Context& context);

  /// The answer to the last next(). Call only in kOpen. An answer of another method counts as 9002.
  void on_response(const cwmp::CpeResponse& response, Context& context);

  /// The connection went while the RPC was out: whether the device acted is unknown. Call only in
  /// kOpen. The task goes on in a later session, or ends.
  void on_lost(Context& context);

  /// Any Inform of the device, in every phase but kOpen and kDone. The machine decides whether it
  /// cares.
  void on_inform(const cwmp::Inform& inform, Context& context);

  /// true: the transfer was this task's. Ask tasks in the order in which they were started. `only`:
  /// no other transfer is open, so one that carries no CommandKey is this one's (quirk 78).
  bool on_transfer_complete(const cwmp::TransferComplete& complete, bool only, Context& context);
  /// Likewise for software modules.
  bool on_modules_changed(const cwmp::DUStateChangeComplete& complete, bool only, Context& context);

  /// It waits, or will have to wait, for one of those two.
  virtual bool expects_report() const { return false; }

  /// Gives up, e.g. at the deadline: kDone when the wish is fulfilled and only reading back is
  /// left, kUnknown when the device may have acted, else kFailed with `fault`. With an RPC out and
  /// the session up, wait for the answer first (design: "already sent"). See undo().
  void abandon(cwmp::Fault fault);

  /// What the task is to do to the device is done, what is left only reads.
  virtual bool only_reads() const { return achieved(); }

  /// Could the device have done something whose outcome is not known, if the task ended now?
  virtual bool in_doubt() const { return phase_ == Phase::kOpen; }

  /// What must be run after abandon() to take back what the task did; nullptr: nothing. E.g.
  /// DeleteObject after a late AddObject.
  virtual std::unique_ptr<Task> undo() const { return nullptr; }

  /// Progress that a restart must not lose, the outcome included; what went into the constructor is
  /// not in it.
  std::string save() const;
  /// For a new task built with the same arguments. A task that was saved in kOpen goes on as after
  /// on_lost(). false: not a progress of this kind of task; it starts from the beginning.
  bool restore(std::string_view progress, Context& context);

 protected:
  /// nullopt: wait() or finish() was called.
  virtual std::optional<cwmp::AcsRequest> do_next(Context& context) = 0;
  /// Stays kReady unless it calls wait() or finish().
  virtual void do_response(const cwmp::CpeResponse& response, Context& context) = 0;
  virtual void do_lost(Context& context) = 0;
  virtual void do_inform(const cwmp::Inform&, Context&) {}
  virtual bool do_transfer_complete(const cwmp::TransferComplete&, bool, Context&) { return false; }
  virtual bool do_modules_changed(const cwmp::DUStateChangeComplete&, bool, Context&) {
    return false;
  }

  /// The wish is fulfilled, what is left only looks at the result.
  virtual bool achieved() const { return false; }

  /// Machine-specific part of save() and restore(): see task/progress.h.
  virtual std::string do_save() const { return {}; }
  virtual bool do_restore(std::string_view progress) { return progress.empty(); }

  void wait() { phase_ = Phase::kWaiting; }
  void ready() { phase_ = Phase::kReady; }
  void finish();                           ///< kDone, with pending_reboot_
  void fail(cwmp::Fault fault);            ///< kFailed
  void fail_unknown(std::string text);     ///< kUnknown
  void finish_as(const Outcome& outcome);  ///< as a part of this task ended

  bool pending_reboot_ = false;

 private:
  Phase phase_ = Phase::kReady;
  Outcome outcome_;
};

/// How often a task repeats an RPC whose connection was lost before it gives up on it.
constexpr int kMaxLost = 3;

/// The answer as a T, or the Fault that it is (9002 for another method's answer).
template <class T>
tl::expected<T, cwmp::Fault> answer(const cwmp::CpeResponse& response) {
  if (const auto* typed = std::get_if<T>(&response)) return *typed;
  if (const auto* fault = std::get_if<cwmp::Fault>(&response)) return tl::unexpected(*fault);
  return cwmp::fail(cwmp::FaultCode::kInternalError, "the device answered another method");
}

}  // namespace bridge::task
