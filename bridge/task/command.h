// Commands: RPCs whose effect comes later, and diagnostics.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "bridge/task/set_values.h"
#include "bridge/task/task.h"

namespace bridge::task {

/// Reboot. Done when RebootResponse came (quirk 86). When the answer was lost: done with an Inform
/// that brings "M Reboot" with the CommandKey, or "1 BOOT". Never sent twice.
class Reboot : public Task {
 public:
  explicit Reboot(std::string command_key) : command_key_(std::move(command_key)) {}
  bool in_doubt() const override { return sent_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context&) override { wait(); }
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  std::string do_save() const override { return sent_ ? "sent" : ""; }
  bool do_restore(std::string_view progress) override;

 private:
  std::string command_key_;
  bool sent_ = false;
};

/// FactoryReset, likewise; a lost answer is settled by "0 BOOTSTRAP".
class FactoryReset : public Task {
 public:
  bool in_doubt() const override { return sent_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context&) override { wait(); }
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  std::string do_save() const override { return sent_ ? "sent" : ""; }
  bool do_restore(std::string_view progress) override;

 private:
  bool sent_ = false;
};

/// ScheduleInform. Done with its response, or, when that was lost, with "M ScheduleInform" and its
/// CommandKey; sent again in the next session that does not bring it, which is harmless.
class ScheduleInform : public Task {
 public:
  ScheduleInform(std::uint32_t delay_seconds, std::string command_key)
      : rpc_{delay_seconds, std::move(command_key)} {}
  bool in_doubt() const override { return phase() == Phase::kOpen || lost_ > 0; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  void do_inform(const cwmp::Inform& inform, Context& context) override;

 private:
  cwmp::ScheduleInform rpc_;
  int lost_ = 0;
};

/// Download or Upload. Status 0: done at once; 1: done by TransferComplete with our CommandKey, or
/// with none while no other transfer is open (quirks 78, 81). Never sent twice: when the answer is
/// lost it waits for TransferComplete, which a device that took the request sends. Some never send
/// it: given up after an Inform with another software version, a firmware download is done all the
/// same (quirk 80).
class Transfer : public Task {
 public:
  /// `rpc.command_key` is set, and unique for the device.
  explicit Transfer(cwmp::Download rpc) : command_key_(rpc.command_key), rpc_(std::move(rpc)) {}
  explicit Transfer(cwmp::Upload rpc) : command_key_(rpc.command_key), rpc_(std::move(rpc)) {}
  bool in_doubt() const override { return sent_; }

  bool expects_report() const override { return sent_ && !done(); }
  /// DownloadResponse or UploadResponse said that it is done: no TransferComplete comes.
  bool done_at_once() const { return done_at_once_; }
  /// As the device told; empty: it did not.
  const std::string& start_time() const { return start_time_; }
  const std::string& complete_time() const { return complete_time_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context&) override { wait(); }
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  bool do_transfer_complete(const cwmp::TransferComplete& complete, bool only,
                            Context& context) override;
  bool achieved() const override { return sent_ && new_firmware_; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  void on_accepted(std::uint32_t status, const std::string& start_time,
                   const std::string& complete_time, Context& context);

  std::string command_key_;
  std::variant<cwmp::Download, cwmp::Upload> rpc_;
  bool sent_ = false;
  std::string firmware_before_;  ///< when it was sent; empty: unknown, or not about firmware
  bool new_firmware_ = false;    ///< another one has been informed since
  bool done_at_once_ = false;
  std::string start_time_;
  std::string complete_time_;
};

/// Arguments and DiagnosticsState=Requested in one SetParameterValues, then the session ends. When
/// an Inform brings "8 DIAGNOSTICS COMPLETE" the object's names and values are read. Any other
/// Inform makes it look at DiagnosticsState, as some devices never send the event; one that tells
/// of a boot ends it as failed: tests do not outlive that.
class Diagnostics : public Task {
 public:
  struct Argument {
    std::string name;  ///< relative to the object
    std::string value;
    ValueType type = ValueType::kUnknown;  ///< where the tree does not know
    bool required = true;                  ///< false: the test goes on where it is refused
  };

  /// `object` ends in '.'.
  Diagnostics(std::string object, std::vector<Argument> arguments, std::string parameter_key);

  /// Full names. The DiagnosticsState among them tells a completed from a failed test; both are
  /// kDone.
  const std::vector<cwmp::ParameterValue>& values() const { return values_; }
  /// Refused arguments, full names.
  const std::vector<cwmp::ParameterFault>& errors() const { return errors_; }
  bool in_doubt() const override;
  bool only_reads() const override { return step_ != Step::kRequest; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  enum class Step : std::uint8_t {
    kRequest = 0,
    kRunning = 1,  ///< waits for an Inform
    kLook = 2,     ///< reads DiagnosticsState
    kNames = 3,
    kValues = 4,
  };

  std::unique_ptr<Task> make_child(const Context& context) const;
  void child_ended(Context& context);
  void request_ended(const SetValues& request, Context& context);
  void judge(const std::string& state);
  void fail_dropped(const std::string& state);
  void enter(Step step);

  std::string object_;
  std::vector<Argument> arguments_;
  std::string parameter_key_;
  Step step_ = Step::kRequest;
  std::unique_ptr<Task> child_;
  std::vector<cwmp::ParameterValue> values_;
  std::vector<cwmp::ParameterFault> errors_;
};

/// Remembers that a device does not know this method, where that is what its fault says.
void learn_unsupported(const cwmp::Fault& fault, std::string_view method, Context& context);

/// Does an Inform bring this event? By its number or letter: "8" matches "8 DIAGNOSTICS COMPLETE"
/// (quirk 85); "M Reboot" matches with this CommandKey only.
bool has_event(const cwmp::Inform& inform, std::string_view number);
bool has_method_event(const cwmp::Inform& inform, std::string_view method,
                      std::string_view command_key);

}  // namespace bridge::task
