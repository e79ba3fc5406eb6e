// Writes to the bridge-owned objects of one agent: validated step by step, all or nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bridge/agent/local_model.h"
#include "bridge/store/rows.h"
#include "bridge/tree.h"
#include "usp/plan.h"

namespace bridge {

/// What a transaction leaves to be done: rows for the store, changes for the notifier.
struct LocalCommit {
  std::vector<LocalValue> puts;
  std::vector<std::string> erases;  ///< exact paths
  Diff changes;                     ///< same kinds as those of the device's tree
  bool empty() const { return puts.empty() && erases.empty(); }
};

/// Who writes.
struct LocalActor {
  /// "Device.LocalAgent.Controller.1": Recipient of its new subscriptions. Empty: the bridge or its
  /// control API.
  std::string controller;
  /// The bridge itself: may write what is read-only and add to tables that only it fills.
  bool bridge = false;
};

/// Changes the model at once; the destructor takes everything back unless commit() was called.
/// One at a time per model, and never held across a suspension. When the store refuses the commit,
/// load the model again.
class LocalTransaction {
 public:
  LocalTransaction(LocalModel& model, LocalActor actor, std::int64_t now_ms)
      : model_(model), actor_(std::move(actor)), now_ms_(now_ms) {}
  ~LocalTransaction();
  LocalTransaction(const LocalTransaction&) = delete;
  LocalTransaction& operator=(const LocalTransaction&) = delete;

  /// One step of a Plan; a step that fails leaves nothing behind. Optional settings that cannot be
  /// are in param_errors, and the rest is done (R-SET.1).
  usp::StepResult set(const usp::Step& step);
  /// Unique keys that were left out are generated; all are in the result (R-ADD.5).
  usp::StepResult add(const usp::Step& step);
  /// Also what hangs on it: sub-objects, and the subscriptions of a deleted controller.
  usp::StepResult remove(const usp::Step& step);

  /// A row of Device.LocalAgent.Request. Gives its path; 7005 when there are too many. Give it up
  /// with remove_row().
  usp::Result<std::string> add_request(std::string_view originator, std::string_view command,
                                       std::string_view command_key);
  /// As the bridge: no rights are asked. `path` is a parameter that exists.
  void put(std::string_view path, std::string value);
  /// As the bridge; false: no such row.
  bool remove_row(std::string_view instance_path);

  /// Keeps the changes. Nothing may be called afterwards.
  LocalCommit commit();

 private:
  struct Undo {
    std::string path;
    std::optional<std::string> before;
  };
  void assign(const std::string& path, std::optional<std::string> value);
  void roll_back_to(std::size_t mark);
  std::optional<usp::Error> put_setting(std::string_view object_path, const usp::Setting& setting,
                                        bool creating, std::vector<std::string>& written);
  std::optional<usp::Error> may_write(const LocalParam& param, bool creating) const;
  void fill_in_keys(const LocalObject& object, const std::string& instance_path,
                    std::uint32_t number);
  std::optional<usp::Error> duplicate_key(const LocalObject& object,
                                          std::string_view instance_path) const;
  std::optional<usp::Result<std::string>> create_row(std::string_view table_path);
  void delete_row(const std::string& instance_path);
  void delete_nested_rows(const std::string& instance_path);
  void delete_subscriptions_of(std::string_view controller_path);
  Diff changes() const;
  void add_count_changes(Diff& diff, const std::set<std::string>& tables) const;

  LocalModel& model_;
  LocalActor actor_;
  std::int64_t now_ms_;
  std::vector<Undo> log_;
  std::vector<std::string> created_;  ///< in order
  std::vector<std::string> deleted_;
  bool committed_ = false;
};

}  // namespace bridge
