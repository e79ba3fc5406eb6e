// Software modules: one operation on a deployment unit.
#pragma once

#include <string>
#include <utility>

#include "bridge/task/task.h"

namespace bridge::task {

/// ChangeDUState with one operation (TR-069 A.4.1.10). Done by DUStateChangeComplete with its
/// CommandKey, or with none while no other is open. Never sent twice: when the answer is lost it
/// waits for DUStateChangeComplete, which a device that took the request sends.
class ChangeModule : public Task {
 public:
  /// `command_key` is unique for the device.
  ChangeModule(cwmp::DeploymentUnitOperation operation, std::string command_key)
      : operation_(std::move(operation)), command_key_(std::move(command_key)) {}

  bool in_doubt() const override { return sent_; }
  bool expects_report() const override { return sent_ && !done(); }
  /// "Install", "Update" or "Uninstall".
  std::string_view operation_name() const;
  /// As the device reported.
  const std::string& uuid() const { return uuid_; }
  const std::string& version() const { return version_; }

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context&) override { wait(); }
  bool do_modules_changed(const cwmp::DUStateChangeComplete& complete, bool only,
                          Context& context) override;
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  cwmp::DeploymentUnitOperation operation_;
  std::string command_key_;
  bool sent_ = false;
  std::string uuid_;
  std::string version_;
};

}  // namespace bridge::task
