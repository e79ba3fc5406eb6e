// A device whose own tree is what controllers see.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/agent/device_model.h"

namespace bridge {

/// Shown names are native ones. ManagementServer. and what the bridge keeps itself are hidden.
class DirectModel : public DeviceModel {
 public:
  /// `tree` outlives it. `bridge_owned`: LocalSchema::roots().
  /// `kept`: numbers of a model that the device had before; they wait for its return.
  DirectModel(const Tree& tree, std::vector<std::string> bridge_owned,
              std::vector<InstanceRow> kept = {});

  const Tree& shown() override { return tree_; }
  bool hides(std::string_view shown) const override;
  bool may_have(std::string_view) const override { return true; }
  const void* rules() const override { return nullptr; }

  std::vector<std::string> sources(std::string_view shown) override;
  std::optional<std::string> native_of(std::string_view shown) override;
  std::optional<std::string> shown_of(std::string_view native) override;
  std::vector<std::string> tables_below(std::string_view shown) override;
  std::string shown_reference(std::string_view native) override;
  std::string native_reference(std::string_view shown) override;

  void before_updates(bool) override {}
  void after_update(const TreeUpdate&) override {}
  Diff take_changes(const Diff& native) override;
  void drop_changes() override {}
  std::vector<InstanceRow> take_numbers() override { return {}; }
  std::vector<InstanceRow> numbers() const override { return kept_; }
  bool has_new_numbers() const override { return false; }

  /// One write. Where two settings mean one parameter the later wins.
  std::vector<NativeWrite> set(std::span<const ShownStep> steps) override;
  NativeWrite add(const ShownStep& step) override;
  NativeWrite remove(std::string_view row) override;
  std::optional<std::string> added_row(std::string_view table, std::string_view native) override;
  void name_row(const std::string&, const std::string&) override {}
  void share_numbers(const std::vector<NumberMove>&) override {}
  void settle_numbers(const std::vector<NumberMove>&, bool) override {}
  void row_moved(const std::string&, const std::string&) override {}

 protected:
  const Tree& tree_;

 private:
  std::vector<std::string> hidden_;  ///< prefixes
  const std::vector<InstanceRow> kept_;
};

}  // namespace bridge
