// Sets parameters with one SetParameterValues and reads back what the device made of them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "bridge/task/read_values.h"
#include "bridge/task/task.h"

namespace bridge::task {

struct Assignment {
  std::string name;  ///< full native name
  std::string value;
  bool required = true;
  /// Type to send where the tree knows none; kUnknown: string.
  ValueType type = ValueType::kUnknown;
  bool operator==(const Assignment&) const = default;
};

/// All or nothing (TR-069 A.3.2.1). Optional culprits of a refusal are dropped and the rest is sent
/// again; a required culprit fails the task. A lost connection repeats the RPC, which is
/// idempotent. Status 0: the names are read back in the same session. Status 1: kDone with
/// pending_reboot, and the mirror stays as it is.
class SetValues : public Task {
 public:
  SetValues(std::vector<Assignment> assignments, std::string parameter_key);

  /// kDone: optional parameters the device refused. kFailed: the culprits, when it named any; else
  /// all (quirk 65).
  const std::vector<cwmp::ParameterFault>& errors() const { return errors_; }
  /// Read back after Status 0; what could not be read back is left out. Passwords are empty.
  const std::vector<cwmp::ParameterValue>& values() const;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  bool in_doubt() const override;
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  enum class Step : std::uint8_t { kSet = 0, kReadBack = 1 };

  void on_fault(const cwmp::Fault& fault, Context& context);
  void on_set(std::uint32_t status, Context& context);
  void start_read_back();

  std::vector<Assignment> assignments_;
  std::string parameter_key_;
  Step step_ = Step::kSet;
  bool sent_ = false;  ///< lost at least once: the device may have applied it
  int lost_ = 0;
  std::vector<cwmp::ParameterFault> errors_;
  std::unique_ptr<ReadValues> read_back_;
};

}  // namespace bridge::task
