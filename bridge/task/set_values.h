// Sets parameters with one SetParameterValues and reads back what the device made of them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
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
  std::string like = {};  ///< a parameter of the same kind, whose type is known
  bool operator==(const Assignment&) const = default;
};

/// All or nothing (TR-069 A.3.2.1). Optional culprits of a refusal are dropped and the rest is sent
/// again; a required culprit fails the task. Where the device does not say which parameter is to
/// blame (quirks 22, 65), the required ones are tried without the optional ones, then each of those
/// alone. A lost connection repeats the RPC, which is idempotent.
/// Status 0: the names are read back in the same session; lost then, they are marked stale instead.
/// Status 1: pending_reboot, and the mirror stays as it is.
class SetValues : public Task {
 public:
  SetValues(std::vector<Assignment> assignments, std::string parameter_key, bool read_back = true);

  /// kDone: optional parameters the device refused. kFailed: the culprits where it named any, else
  /// all (quirk 65).
  const std::vector<cwmp::ParameterFault>& errors() const { return errors_; }
  /// Read back after Status 0; what could not be read back is left out. Passwords are empty.
  const std::vector<cwmp::ParameterValue>& values() const { return values_; }

  bool in_doubt() const override;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  bool achieved() const override { return groups_.empty(); }

 private:
  void on_fault(const cwmp::Fault& fault);
  void on_named_culprits(const cwmp::Fault& fault,
                         const std::vector<cwmp::ParameterFault>& culprits);
  void on_nameless(const cwmp::Fault& fault);
  void on_set(std::uint32_t status, Context& context);
  void group_set(Context& context);
  void end_all(const cwmp::Fault& fault);

  /// Each is one RPC. One group until a refusal names nobody.
  std::deque<std::vector<Assignment>> groups_;
  std::string parameter_key_;
  bool with_read_back_ = true;
  bool lost_once_ = false;  ///< an RPC went out and no answer came: the device may have applied it
  int lost_ = 0;
  std::vector<std::string> applied_;
  std::vector<cwmp::ParameterFault> errors_;
  std::vector<cwmp::ParameterValue> values_;
  std::unique_ptr<ReadValues> read_back_;
};

/// The value in the form this device takes (quirks 55, 56), with its type. `context.tree` knows the
/// types.
cwmp::ParameterValue to_device(const Assignment& assignment, const Context& context);

}  // namespace bridge::task
