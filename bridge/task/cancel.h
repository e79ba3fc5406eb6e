// Calls back what runs on the device.
#pragma once

#include <string>
#include <utility>

#include "bridge/task/task.h"

namespace bridge::task {

/// CancelTransfer (TR-069 A.4.1.9). Repeated when its answer is lost, which is harmless: a transfer
/// that is not there any more counts as cancelled. Fails with 9021 once the transfer has begun.
class CancelTransfer : public Task {
 public:
  explicit CancelTransfer(std::string command_key) : command_key_(std::move(command_key)) {}

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context&) override {
    return cwmp::CancelTransfer{command_key_};
  }
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  std::string command_key_;
  int lost_ = 0;
};

/// Sets DiagnosticsState to Canceled, which devices know since Device:2.12, or to None, which ends
/// a test as well; where one is refused with 9007, to the other.
class CancelDiagnostics : public Task {
 public:
  /// `object` ends in '.'.
  CancelDiagnostics(std::string object, bool canceled_first, std::string parameter_key)
      : object_(std::move(object)),
        canceled_(canceled_first),
        parameter_key_(std::move(parameter_key)) {}

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;

 private:
  std::string object_;
  bool canceled_;
  std::string parameter_key_;
  bool second_ = false;
  int lost_ = 0;
};

}  // namespace bridge::task
