// What controllers see of a device's own tree, and what their writes are on the device.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bridge/agent/native_write.h"
#include "bridge/store/rows.h"
#include "bridge/tree.h"

namespace bridge {

/// "Shown" names are the agent's (Device:2), "native" ones the device's own. One per device; every
/// call on the device's strand.
class DeviceModel {
 public:
  virtual ~DeviceModel() = default;

  // ---- reading
  /// The device's tree in shown names. Lives until the device's tree changes.
  virtual const Tree& shown() = 0;
  /// Nobody sees it, though shown() may hold it: ManagementServer. (a controller must not take the
  /// device away), and what the bridge keeps itself.
  virtual bool hides(std::string_view shown) const = 0;
  /// Could a row of an empty table have this parameter ("Device.NAT.PortMapping.{i}.Enable")?
  virtual bool may_have(std::string_view shown_supported) const = 0;
  /// Models with the same rules answer that alike.
  virtual const void* rules() const = 0;

  /// Native parameters to be read for a shown one. Empty: nothing of the device, or nothing to
  /// read.
  virtual std::vector<std::string> sources(std::string_view shown) = 0;
  /// The native object or parameter behind a shown one; nullopt: nothing of the device.
  virtual std::optional<std::string> native_of(std::string_view shown) = 0;
  /// The shown node that a native one supplies; nullopt: none.
  virtual std::optional<std::string> shown_of(std::string_view native) = 0;
  /// What the device is to list again to see which rows at or below a shown object (with its final
  /// dot) have come or gone: native objects, none below another.
  virtual std::vector<std::string> tables_below(std::string_view shown) = 0;
  /// References, both without the final dot. What is no path of the device stays as it is.
  virtual std::string shown_reference(std::string_view native) = 0;
  virtual std::string native_reference(std::string_view shown) = 0;

  // ---- changes of the device's tree
  /// Before updates are applied. `listening`: somebody wants to hear what they change.
  virtual void before_updates(bool listening) = 0;
  virtual void after_update(const TreeUpdate& update) = 0;
  /// What has changed in shown names since the last call, where somebody listened. `native`: the
  /// same in native names.
  virtual Diff take_changes(const Diff& native) = 0;
  /// What has changed was no change: the device is being learned.
  virtual void drop_changes() = 0;
  /// Instance numbers handed out since the last call, to be stored with the device; number 0: to be
  /// erased.
  virtual std::vector<InstanceRow> take_numbers() = 0;
  /// All of them, for the model that comes after this one.
  virtual std::vector<InstanceRow> numbers() const = 0;
  virtual bool has_new_numbers() const = 0;

  // ---- writing; what comes back is to be carried out
  /// Steps that stand or fall together.
  virtual std::vector<NativeWrite> set(std::span<const ShownStep> steps) = 0;
  virtual NativeWrite add(const ShownStep& step) = 0;
  virtual NativeWrite remove(std::string_view row) = 0;
  /// The shown row of `table` that a new native row has become; nullopt: it is shown nowhere there.
  virtual std::optional<std::string> added_row(std::string_view table, std::string_view native) = 0;
  /// Rows are about to have other keys: their numbers are for both, until it is known which.
  virtual void share_numbers(const std::vector<NumberMove>& moves) = 0;
  virtual void settle_numbers(const std::vector<NumberMove>& moves, bool done) = 0;
  /// What a controller calls a row, where the device has no Alias for it; empty: nothing any more.
  virtual void name_row(const std::string& row, const std::string& alias) = 0;
  /// A row is moved: the shown row `moved` stands for `native` from now on, and the row that did
  /// for the one that `moved` stood for. Both are there.
  virtual void row_moved(const std::string& moved, const std::string& native) = 0;
};

}  // namespace bridge
