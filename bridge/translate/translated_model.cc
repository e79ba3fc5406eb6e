#include "bridge/translate/translated_model.h"

#include <algorithm>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

/// With more than that it is cheaper to compute everything.
constexpr std::size_t kMaxChanged = 2000;

}  // namespace

TranslatedModel::TranslatedModel(std::shared_ptr<const Mapping> mapping, const Tree& native,
                                 PathPool& paths, ProjectionOptions options,
                                 std::vector<std::string> bridge_owned,
                                 const std::vector<InstanceRow>& stored)
    : mapping_(std::move(mapping)),
      native_(native),
      paths_(paths),
      options_(std::move(options)),
      hidden_(std::move(bridge_owned)) {
  numbers_.restore(stored);
}

Projection& TranslatedModel::projection() {
  if (!projection_) {
    projection_ = std::make_unique<Projection>(*mapping_, native_, numbers_, paths_, options_);
    behind_ = Behind::kNot;
    changed_.clear();
  }
  catch_up();
  return *projection_;
}

void TranslatedModel::catch_up() {
  if (behind_ == Behind::kNot) return;
  Diff diff = behind_ == Behind::kAll ? projection_->update() : projection_->update(changed_);
  behind_ = Behind::kNot;
  changed_.clear();
  if (!listening_) return;
  changes_.insert(changes_.end(), std::make_move_iterator(diff.begin()),
                  std::make_move_iterator(diff.end()));
}

const Tree& TranslatedModel::shown() { return projection().shown(); }

bool TranslatedModel::hides(std::string_view shown) const {
  return std::ranges::any_of(hidden_,
                             [&](const std::string& prefix) { return shown.starts_with(prefix); });
}

bool TranslatedModel::may_have(std::string_view shown_supported) const {
  if (shown_supported.starts_with(options_.vendor_root)) return true;
  return !mapping_->of_shown(shown_supported).empty();
}

std::vector<std::string> TranslatedModel::sources(std::string_view shown) {
  return projection().sources(shown);
}

std::optional<std::string> TranslatedModel::native_of(std::string_view shown) {
  if (shown.ends_with('.')) return projection().native_object(shown);
  const std::vector<Link> links = projection().links(shown);
  if (links.empty()) return std::nullopt;
  return std::string(links.front().native);
}

std::optional<std::string> TranslatedModel::shown_of(std::string_view native) {
  return projection().shown_of(native);
}

std::vector<std::string> TranslatedModel::tables_below(std::string_view shown) {
  return projection().tables_below(shown);
}

std::string TranslatedModel::shown_reference(std::string_view native) {
  return projection().to_shown_reference(native);
}

std::string TranslatedModel::native_reference(std::string_view shown) {
  return projection().to_native_reference(shown).value_or(std::string(shown));
}

// ---- changes

void TranslatedModel::before_updates(bool listening) {
  if (listening && !listening_) {
    projection();  // what has changed so far nobody wanted to hear
  }
  listening_ = listening;
}

void TranslatedModel::lag(Behind how) {
  behind_ = std::max(behind_, how);
  if (changed_.size() > kMaxChanged) behind_ = Behind::kAll;
  if (behind_ == Behind::kAll) changed_ = {};
}

void TranslatedModel::after_update(const TreeUpdate& update) {
  if (!projection_ || behind_ == Behind::kAll) return;
  const auto* values = std::get_if<ValuesRead>(&update);
  if (values == nullptr) return lag(Behind::kAll);
  for (const cwmp::ParameterValue& value : values->values) changed_.push_back(value.name);
  lag(Behind::kValues);
}

Diff TranslatedModel::take_changes(const Diff&) {
  if (projection_ && listening_) catch_up();
  return std::exchange(changes_, {});
}

void TranslatedModel::drop_changes() {
  listening_ = false;
  changes_.clear();
}

// ---- writing

std::vector<NativeWrite> TranslatedModel::set(std::span<const ShownStep> steps) {
  return NativeWrites(projection()).set(steps);
}

NativeWrite TranslatedModel::add(const ShownStep& step) {
  return NativeWrites(projection()).add(step);
}

NativeWrite TranslatedModel::remove(std::string_view row) {
  return NativeWrites(projection()).remove(row);
}

std::optional<std::string> TranslatedModel::added_row(std::string_view table,
                                                      std::string_view native) {
  for (const std::string& row : projection().shown_objects(native)) {
    if (parent_path(row) == table) return row;
  }
  return std::nullopt;
}

void TranslatedModel::name_row(const std::string& row, const std::string& alias) {
  if (alias.empty()) return numbers_.set_alias(row, alias);
  const std::vector<Link> links = projection().links(row + "Alias");
  const bool own = !links.empty() && !links.front().native.ends_with('.');
  if (links.empty() || own) return;  // the device was told
  numbers_.set_alias(row, alias);
  lag(Behind::kAll);
}

void TranslatedModel::share_numbers(const std::vector<NumberMove>& moves) {
  for (const NumberMove& move : moves) numbers_.share(move.table, move.from, move.to);
}

void TranslatedModel::settle_numbers(const std::vector<NumberMove>& moves, bool done) {
  for (const NumberMove& move : moves) numbers_.forget(move.table, done ? move.from : move.to);
}

/// The two rows change numbers, while both are there.
void TranslatedModel::row_moved(const std::string& moved, const std::string& native) {
  const std::string table(parent_path(moved));
  const std::optional<std::string> now = added_row(table, native);
  if (!now || *now == moved) return;
  const auto number_of = [&](std::string_view row) {
    return to_number(without_dot(row).substr(table.size()));
  };
  numbers_.swap(table, number_of(moved), number_of(*now));
  lag(Behind::kAll);
}

}  // namespace bridge::translate
