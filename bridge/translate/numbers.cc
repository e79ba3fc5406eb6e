#include "bridge/translate/numbers.h"

#include <algorithm>
#include <utility>

namespace bridge::translate {

namespace {

/// Between table and key in InstanceRow::key; in neither of them.
constexpr char kSeparator = ' ';

InstanceRow row_of(std::string_view table, std::string_view key, std::uint32_t number) {
  return {Numbers::kRowName, std::string(table) + kSeparator + std::string(key), number};
}

}  // namespace

std::uint32_t Numbers::find(std::string_view table, std::string_view key) const {
  const auto at = tables_.find(table);
  if (at == tables_.end()) return 0;
  const auto given = at->second.given.find(key);
  if (given == at->second.given.end()) return 0;
  given->second.layout = layout_;
  return given->second.number;
}

std::string Numbers::key_of(std::string_view table, std::uint32_t number) const {
  const auto at = tables_.find(table);
  if (at == tables_.end()) return {};
  for (const auto& [key, given] : at->second.given) {
    if (given.number == number) return key;
  }
  return {};
}

std::uint32_t Numbers::give(std::string_view table, std::string_view key, std::uint32_t least) {
  auto at = tables_.find(table);
  if (at == tables_.end()) at = tables_.emplace(table, Table{}).first;
  Table& place = at->second;
  if (const auto given = place.given.find(key); given != place.given.end()) {
    given->second.layout = layout_;
    return given->second.number;
  }
  place.highest = std::max(place.highest + 1, least);
  place.given.emplace(key, Given{place.highest, layout_});
  new_.push_back(row_of(table, key, place.highest));
  return place.highest;
}

void Numbers::end_layout() {
  for (auto& [name, table] : tables_) {
    if (table.given.size() > kMaxKeys) forget_gone(name, table);
  }
}

/// The highest number stays, so that none is given twice.
void Numbers::forget_gone(const std::string& name, Table& table) {
  std::vector<std::pair<std::uint32_t, std::string>> gone;
  for (const auto& [key, given] : table.given) {
    if (given.layout != layout_ && given.number != table.highest) {
      gone.emplace_back(given.number, key);
    }
  }
  std::ranges::sort(gone);
  gone.resize(std::min(gone.size(), table.given.size() - kMaxKeys));
  for (const auto& [number, key] : gone) {
    table.given.erase(key);
    new_.push_back(row_of(name, key, 0));
  }
}

void Numbers::share(std::string_view table, std::string_view key, std::string_view other) {
  const std::uint32_t number = find(table, key);
  if (number != 0) put(table, other, number);
}

void Numbers::put(std::string_view table, std::string_view key, std::uint32_t number) {
  tables_.find(table)->second.given.insert_or_assign(std::string(key), Given{number, layout_});
  new_.push_back(row_of(table, key, number));
}

void Numbers::forget(std::string_view table, std::string_view key) {
  const auto at = tables_.find(table);
  if (at == tables_.end()) return;
  const auto given = at->second.given.find(key);
  if (given == at->second.given.end()) return;
  at->second.given.erase(given);
  new_.push_back(row_of(table, key, 0));
}

void Numbers::swap(std::string_view table, std::uint32_t one, std::uint32_t other) {
  const std::string first = key_of(table, one);
  const std::string second = key_of(table, other);
  if (first.empty() || second.empty()) return;
  put(table, first, other);
  put(table, second, one);
}

std::string_view Numbers::alias(std::string_view row) const {
  const auto at = aliases_.find(row);
  return at == aliases_.end() ? std::string_view() : std::string_view(at->second);
}

void Numbers::set_alias(const std::string& row, const std::string& alias) {
  if (const auto old = aliases_.find(row); old != aliases_.end()) {
    new_.push_back({kAliasRowName, row + kSeparator + old->second, 0});
    aliases_.erase(old);
  }
  if (alias.empty()) return;
  aliases_.emplace(row, alias);
  new_.push_back({kAliasRowName, row + kSeparator + alias, 1});
}

bool Numbers::is_row(const InstanceRow& row) {
  return row.name == kRowName || row.name == kAliasRowName;
}

std::vector<InstanceRow> Numbers::all() const {
  std::vector<InstanceRow> rows;
  for (const auto& [name, table] : tables_) {
    for (const auto& [key, given] : table.given) rows.push_back(row_of(name, key, given.number));
  }
  for (const auto& [row, alias] : aliases_) {
    rows.push_back({kAliasRowName, row + kSeparator + alias, 1});
  }
  return rows;
}

void Numbers::restore(const std::vector<InstanceRow>& rows) {
  for (const InstanceRow& row : rows) {
    const std::size_t separator = row.key.find(kSeparator);
    if (separator == std::string::npos || row.number <= 0) continue;
    const std::string first = row.key.substr(0, separator);
    const std::string rest = row.key.substr(separator + 1);
    if (row.name == kAliasRowName) aliases_.insert_or_assign(first, rest);
    if (row.name != kRowName) continue;
    Table& table = tables_[first];
    const auto number = static_cast<std::uint32_t>(row.number);
    table.given.insert_or_assign(rest, Given{number, layout_});
    table.highest = std::max(table.highest, number);
  }
}

std::vector<InstanceRow> Numbers::take_new() { return std::exchange(new_, {}); }

}  // namespace bridge::translate
