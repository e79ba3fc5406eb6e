// Commands: RPCs whose effect comes later, and diagnostics.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "bridge/task/set_values.h"
#include "bridge/task/task.h"

namespace bridge::task {

/// Reboot. Done when RebootResponse came (quirk 86). When the answer was lost: done with an Inform
/// "M Reboot" that carries the CommandKey, or "1 BOOT"; never sent twice.
class Reboot : public Task {
 public:
  explicit Reboot(std::string command_key);

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  bool in_doubt() const override { return sent_; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  std::string command_key_;
  bool sent_ = false;
};

/// FactoryReset. A lost answer is settled by "0 BOOTSTRAP"; the next Inform without it sends it
/// again, since a reset device would have said so.
class FactoryReset : public Task {
 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  bool in_doubt() const override { return sent_; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  bool sent_ = false;
};

/// ScheduleInform. Done with its response, or, lost, with "M ScheduleInform" and its CommandKey;
/// repeating it is harmless.
class ScheduleInform : public Task {
 public:
  ScheduleInform(std::uint32_t delay_seconds, std::string command_key);

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  bool in_doubt() const override { return sent_; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  cwmp::ScheduleInform rpc_;
  bool sent_ = false;
  int lost_ = 0;
};

/// Download or Upload. Status 0: done at once; 1: TransferComplete with our CommandKey, or with
/// none when no other transfer is open (quirks 78, 81). Never sent twice: when the answer is lost
/// it waits for TransferComplete.
class Transfer : public Task {
 public:
  /// `rpc.command_key` must be set and unique per device.
  explicit Transfer(cwmp::Download rpc);
  explicit Transfer(cwmp::Upload rpc);

  /// As the device told; empty: unknown.
  const std::string& start_time() const { return start_time_; }
  const std::string& complete_time() const { return complete_time_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  bool do_transfer_complete(const cwmp::TransferComplete& complete, bool only,
                            Context& context) override;
  bool in_doubt() const override { return sent_; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  std::variant<cwmp::Download, cwmp::Upload> rpc_;
  std::string command_key_;
  bool sent_ = false;
  std::string start_time_;
  std::string complete_time_;
};

/// Arguments and DiagnosticsState=Requested in one SetParameterValues; when an Inform brings
/// "8 DIAGNOSTICS COMPLETE" the object's names and values are read.
class Diagnostics : public Task {
 public:
  /// `object` ends in '.'; argument names are relative to it.
  struct Argument {
    std::string name;
    std::string value;
    ValueType type = ValueType::kUnknown;
  };
  Diagnostics(std::string object, std::vector<Argument> arguments, std::string parameter_key);

  /// Full names. DiagnosticsState in it tells success from error; both are kDone.
  const std::vector<cwmp::ParameterValue>& values() const { return values_; }
  /// Refused arguments, full names.
  const std::vector<cwmp::ParameterFault>& errors() const { return errors_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  void do_inform(const cwmp::Inform& inform, Context& context) override;
  bool in_doubt() const override { return step_ != Step::kRequest; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  enum class Step : std::uint8_t { kRequest = 0, kRunning = 1, kNames = 2, kValues = 3 };

  void child_ended(Context& context);

  std::string object_;
  std::vector<Argument> arguments_;
  std::string parameter_key_;
  Step step_ = Step::kRequest;
  std::unique_ptr<Task> child_;
  std::vector<cwmp::ParameterValue> values_;
  std::vector<cwmp::ParameterFault> errors_;
};

}  // namespace bridge::task
