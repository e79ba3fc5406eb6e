// The parameters of one device: the shared model and what is different.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/tools/cpe_sim/model.h"

namespace cpe_sim {

/// Keeps only what differs from the model. Not thread-safe.
class DeviceTree {
 public:
  explicit DeviceTree(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

  const Model& model() const { return *model_; }
  const std::string& root() const { return model_->root(); }

  /// nullptr: there is none. Valid until the tree changes.
  const Param* find(std::string_view path) const;
  /// Empty: there is none.
  std::string_view value(std::string_view path) const;

  /// Nothing happens when there is no such parameter; the value is not checked.
  void set_value(const std::string& path, std::string value);
  void set_notification(const std::string& path, std::uint8_t notification);

  /// All objects and parameters whose path begins with `prefix`, sorted by bytes, until the visitor
  /// returns false.
  using Visitor = std::function<bool(const std::string& path, const Param& param)>;
  void visit(std::string_view prefix, const Visitor& visitor) const;
  std::size_t count_rows(const std::string& table) const;

  /// A new row from the template, with the table's NumberOfEntries; its number is never one that
  /// was there before. 0: there is no such table or no template for it.
  std::uint32_t add_row(const std::string& table);
  /// False: there is no such row.
  bool delete_row(const std::string& row);

  /// Back to the model.
  void reset();
  std::size_t differences() const { return own_.size(); }

 private:
  Param* own(const std::string& path);
  void update_count(const std::string& table);

  std::shared_ptr<const Model> model_;
  std::map<std::string, std::optional<Param>, std::less<>> own_;  ///< nullopt: deleted
  std::map<std::string, std::uint32_t, std::less<>> last_row_;
};

}  // namespace cpe_sim
