// A TR-098 device as controllers see it: Device:2.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/agent/device_model.h"
#include "bridge/translate/native_writes.h"
#include "bridge/translate/projection.h"

namespace bridge::translate {

/// Its tree of shown names is made when it is first asked for, and kept in step from then on.
class TranslatedModel final : public DeviceModel {
 public:
  /// `native` and `paths` outlive it. `stored`: what the device's store holds of instance numbers.
  /// `bridge_owned`: LocalSchema::roots().
  TranslatedModel(std::shared_ptr<const Mapping> mapping, const Tree& native, PathPool& paths,
                  ProjectionOptions options, std::vector<std::string> bridge_owned,
                  const std::vector<InstanceRow>& stored);

  const Tree& shown() override;
  bool hides(std::string_view shown) const override;
  bool may_have(std::string_view shown_supported) const override;
  const void* rules() const override { return mapping_.get(); }

  std::vector<std::string> sources(std::string_view shown) override;
  std::optional<std::string> native_of(std::string_view shown) override;
  std::optional<std::string> shown_of(std::string_view native) override;
  std::vector<std::string> tables_below(std::string_view shown) override;
  std::string shown_reference(std::string_view native) override;
  std::string native_reference(std::string_view shown) override;

  void before_updates(bool listening) override;
  void after_update(const TreeUpdate& update) override;
  Diff take_changes(const Diff& native) override;
  void drop_changes() override;
  std::vector<InstanceRow> numbers() const override { return numbers_.all(); }
  std::vector<InstanceRow> take_numbers() override { return numbers_.take_new(); }
  bool has_new_numbers() const override { return numbers_.has_new(); }

  std::vector<NativeWrite> set(std::span<const ShownStep> steps) override;
  NativeWrite add(const ShownStep& step) override;
  NativeWrite remove(std::string_view row) override;
  std::optional<std::string> added_row(std::string_view table, std::string_view native) override;
  void name_row(const std::string& row, const std::string& alias) override;
  void share_numbers(const std::vector<NumberMove>& moves) override;
  void settle_numbers(const std::vector<NumberMove>& moves, bool done) override;
  void row_moved(const std::string& moved, const std::string& native) override;

 private:
  /// How far the projection is behind the device's tree.
  enum class Behind : std::uint8_t { kNot, kValues, kAll };

  Projection& projection();
  void catch_up();
  void lag(Behind how);

  std::shared_ptr<const Mapping> mapping_;
  const Tree& native_;
  PathPool& paths_;
  const ProjectionOptions options_;
  const std::vector<std::string> hidden_;  ///< prefixes
  Numbers numbers_;
  std::unique_ptr<Projection> projection_;  ///< nullptr: nobody has asked
  Behind behind_ = Behind::kNot;
  std::vector<std::string> changed_;  ///< kValues: whose
  bool listening_ = false;
  Diff changes_;
};

}  // namespace bridge::translate
