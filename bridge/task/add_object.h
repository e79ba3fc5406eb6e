// Adds an instance to a table, sets its parameters and learns what the device put into it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bridge/task/set_values.h"
#include "bridge/task/task.h"

namespace bridge::task {

/// list table -> AddObject -> SetParameterValues -> list the instance -> read it and the count.
/// Failure after AddObject deletes the instance again within the task. AddObject is not idempotent:
/// when its answer is lost the table is listed and compared with before. One new instance is ours;
/// none: it is sent again; several: kUnknown, nothing is touched.
class AddObject : public Task {
 public:
  struct Setting {
    std::string name;  ///< relative to the instance: "SSID", "Stats.X"
    std::string value;
    bool required = true;
    ValueType type = ValueType::kUnknown;  ///< where no other instance tells
    std::string like = {};  ///< a parameter of the same kind, full name; empty: another instance's
    bool operator==(const Setting&) const = default;
  };

  /// `table` ends in '.'.
  AddObject(std::string table, std::vector<Setting> settings, std::string parameter_key);

  /// 0: none. Kept after a failure whose undo did not work.
  std::uint32_t instance() const { return instance_; }
  /// "Device.NAT.PortMapping.4."; empty: none.
  std::string path() const;
  /// Full names, as SetValues::errors().
  const std::vector<cwmp::ParameterFault>& errors() const { return errors_; }
  /// All that was read of the new instance, and the table's count; full names.
  const std::vector<cwmp::ParameterValue>& values() const { return values_; }

  bool in_doubt() const override;
  /// An instance made, or perhaps made, by a task that ended otherwise than kDone: takes it away.
  std::unique_ptr<Task> undo() const override;

 protected:
  std::optional<cwmp::AcsRequest> do_next(Context& context) override;
  void do_response(const cwmp::CpeResponse& response, Context& context) override;
  void do_lost(Context& context) override;
  bool achieved() const override { return step_ == Step::kNames || step_ == Step::kValues; }
  std::string do_save() const override;
  bool do_restore(std::string_view progress) override;

 private:
  enum class Step : std::uint8_t {
    kListBefore = 0,
    kAdd = 1,
    kReconcile = 2,  ///< an AddObject was lost: which instances are there now?
    kSet = 3,
    kNames = 4,
    kValues = 5,
    kUndo = 6,
  };

  void on_listed_before(const cwmp::CpeResponse& response, Context& context);
  void on_added(const cwmp::CpeResponse& response, Context& context);
  void on_reconciled(const cwmp::CpeResponse& response, Context& context);
  void created(std::uint32_t number, Context& context);
  std::unique_ptr<Task> make_child(const Context& context) const;
  void child_ended(Context& context);
  std::vector<std::string> names_to_read(const Context& context) const;

  std::string table_;
  std::vector<Setting> settings_;
  std::string parameter_key_;
  Step step_ = Step::kListBefore;
  std::vector<std::uint32_t> before_;
  bool listed_before_ = false;  ///< the device itself told before_
  std::uint32_t instance_ = 0;
  int lost_ = 0;
  cwmp::Fault failure_;  ///< kUndo: why
  std::vector<cwmp::ParameterFault> errors_;
  std::vector<cwmp::ParameterValue> values_;
  std::unique_ptr<Task> child_;  ///< kSet to kUndo
};

}  // namespace bridge::task
