// Writes to the bridge-owned objects of one agent: validated step by step, all or nothing.
#pragma once

#include <cstdint>
#include <optional>
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
  std::string controller = {};
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
  /// are in param_errors (those of the step are not repeated), and the rest is done (R-SET.1).
  usp::StepResult set(const usp::Step& step);
  /// Unique keys that were left out are generated; all are in the result (R-ADD.5).
  usp::StepResult add(const usp::Step& step);
  /// Also what hangs on it: sub-objects, and the subscriptions of a deleted controller.
  usp::StepResult remove(const usp::Step& step);

  /// A row of Device.LocalAgent.Request. Gives its path; 7005 when there are too many. Give it up
  /// with remove_row().
  usp::Result<std::string> add_request(std::string_view originator, std::string_view command,
                                       std::string_view command_key);
  /// AddCertificate(): an enabled row of Device.LocalAgent.Certificate. Gives its path; 7027 for a
  /// text that is no certificate or no alias, 7022 when it is there already, 7005 when there are
  /// too many. Who may do that was asked before.
  usp::Result<std::string> add_certificate(std::string_view alias, std::string_view pem);
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
  struct Mark {
    std::size_t log = 0;
    std::size_t created = 0;
    std::size_t deleted = 0;
  };
  Mark mark() const { return {log_.size(), created_.size(), deleted_.size()}; }
  void roll_back_to(Mark mark);
  void assign(const std::string& path, std::optional<std::string> value);
  /// Stores nothing where `value` is what the template or the default says anyway.
  void assign_text(const std::string& path, const LocalParam& param, std::string value);

  std::optional<usp::Error> may_write(const LocalParam& param, bool creating) const;
  std::optional<usp::Error> apply(std::string_view object_path, const usp::Setting& setting,
                                  bool creating);
  std::optional<usp::Error> duplicate_key(std::string_view instance_path) const;
  void apply_settings(const usp::Step& step, const std::string& object_path, bool creating,
                      usp::StepResult& result);

  usp::Result<std::string> create_row(std::string_view table_path);
  void fill_in(const std::string& instance_path);
  void delete_row(const std::string& instance_path);
  void delete_subscriptions_of(const std::string& controller_path);
  void forget_certificate(const std::string& certificate_path);
  void drop_references_to(const std::string& role_path);
  void put_on_top(const std::string& permission_path);

  bool is_key(std::string_view object_path, std::string_view name) const;
  bool in_new_or_deleted_row(std::string_view path) const;
  Diff changes() const;
  void add_value_changes(Diff& diff) const;
  void add_count_changes(Diff& diff) const;

  LocalModel& model_;
  LocalActor actor_;
  std::int64_t now_ms_;
  std::vector<Undo> log_;
  std::vector<std::string> created_;  ///< in order
  std::vector<std::string> deleted_;
  bool committed_ = false;
};

}  // namespace bridge
