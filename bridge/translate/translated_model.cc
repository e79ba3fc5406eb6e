#include "bridge/translate/translated_model.h"

#include <algorithm>
#include <utility>

#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

/// With more than that it is cheaper to compute everything.
constexpr std::size_t kMaxChanged = 2000;


}  // namespace

TranslatedModel::TranslatedModel(std::shared_ptr<const Mapping> mapping, const Tree& native,
                                 PathPool& paths, ProjectionOptions options,
                                 const std::vector<InstanceRow>& stored)
    : mapping_(std::move(mapping)), native_(native), paths_(paths), options_(std::move(options)) {
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
  Diff diff =
      behind_ == Behind::kAll ? projection_->update() : projection_->update(changed_);
  behind_ = Behind::kNot;
  changed_.clear();
  if (!listening_) return;
  changes_.insert(changes_.end(), std::make_move_iterator(diff.begin()),
                  std::make_move_iterator(diff.end()));
}

const Tree& TranslatedModel::shown() { return projection().shown(); }

bool TranslatedModel::hides(std::string_view) const { return false; }

bool TranslatedModel::may_have(std::string_view shown_supported) const {
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

std::string TranslatedModel::shown_reference(std::string_view native) {
  return projection().to_shown_reference(native);
}

std::string TranslatedModel::native_reference(std::string_view shown) {
  return projection().to_native_reference(shown).value_or(std::string(shown));
}

// ---- changes

void TranslatedModel::before_updates(bool listening) {
  if (listening && !listening_) {
    listening_ = false;
    projection();  // what has changed so far nobody wanted to hear
  }
  listening_ = listening;
}

void TranslatedModel::lag(Behind how) {
  behind_ = std::max(behind_, how);
  if (changed_.size() > kMaxChanged) behind_ = Behind::kAll;
}

void TranslatedModel::after_update(const TreeUpdate& update) {
  if (!projection_) return;
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

/// The new row has had a number of its own for a moment; it goes unused.
void TranslatedModel::row_moved(const std::string& moved, const std::string& native) {
  const std::vector<Link> links = projection().links(moved);
  const std::optional<std::string> now = added_row(parent_path(moved), native);
  if (links.empty() || links.front().rule == nullptr || !now) return;
  const std::vector<Link> new_links = projection().links(*now);
  if (new_links.empty() || new_links.front().rule == nullptr) return;
  const auto key_of = [this](const Link& link) {
    return projection().allocator_key(link.rule->shown.positions.back(), link.base,
                                      *link.bindings);
  };
  const std::string from = key_of(links.front());
  const std::string to = key_of(new_links.front());
  numbers_.move(parent_path(moved), from, to);
  lag(Behind::kAll);
}

}  // namespace bridge::translate
