// The second half of a layout: which rule supplies a value, tables, counts, and what no rule names.
#include <algorithm>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/layout.h"
#include "bridge/translate/text.h"

namespace bridge::translate {

namespace {

constexpr std::string_view kManagement = "InternetGatewayDevice.ManagementServer.";
constexpr std::string_view kCounter = "NumberOfEntries";

/// Values that all rules together make.
bool takes_all(const Rule& first, const Rule& other) {
  using enum Transform;
  if (first.shown.supported.ends_with(kCounter)) return true;
  switch (first.transform) {
    case kSum:
    case kAny:
    case kCount:
    case kGroup:
      return other.transform == first.transform;
    case kItem:
      return other.transform == kItem && first.argument != "n";
    case kFunction:
      return other.transform == kFunction && other.argument == first.argument;
    default:
      return false;
  }
}

/// All members of a radio group have the radio's parameters; the radio shows those of one.
bool is_of_radio(const Rule& rule) {
  return std::ranges::any_of(
      rule.shown.positions, [](const Position& position) { return position.allocator == "radio"; });
}

}  // namespace

void Layout::place_tables() {
  for (const Node& node : native_.all()) {
    if (!node.is_object() || is_instance(node.path()) || node.path().starts_with(kManagement)) {
      continue;
    }
    for (const std::uint32_t index : mapping_.of_native(supported_path(node.path()) + "{i}.")) {
      const Rule& rule = mapping_.rules()[index];
      if (rule.transform == Transform::kObject) place_table(node, rule);
    }
  }
}

/// The table that the rows below a native table would be in, also while there are none.
void Layout::place_table(const Node& node, const Rule& rule) {
  if (rule.shown.positions.empty() || rule.letters.empty()) return;
  const std::vector<std::uint32_t> numbers = numbers_in(node.path());
  if (numbers.size() + 1 != rule.letters.size()) return;
  Bindings bindings;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (rule.letters[i] != 0) bindings.bind(rule.letters[i], numbers[i]);
  }
  const std::size_t positions = rule.shown.positions.size() - 1;
  auto table = resolve(rule.shown, positions, parent_path(node.path()), bindings, false);
  if (!table || !rule.shown.text.back().starts_with('.') || !table->ends_with('.')) return;
  if (!row_is_placed(rule, *table)) return;
  Writable access = Writable::kNo;
  if (rule.role == ObjectRole::kPrimary) {
    access = rule.writable || node.writable() == Writable::kYes ? node.writable() : Writable::kNo;
  } else if (rule.role == ObjectRole::kSatellite && rule.writable) {
    access = Writable::kYes;
  }
  Writable& known = tables_.try_emplace(*std::move(table), access).first->second;
  if (access == Writable::kYes || known == Writable::kNo) known = access;
}

void Layout::choose_suppliers() {
  std::ranges::stable_sort(placed_, [](const Placed& a, const Placed& b) {
    if (const int order = compare_paths(a.path, b.path); order != 0) return order < 0;
    return a.order < b.order;
  });
  for (std::size_t begin = 0; begin < placed_.size();) {
    std::size_t end = begin + 1;
    while (end < placed_.size() && placed_[end].path == placed_[begin].path) ++end;
    choose_among(begin, end);
    begin = end;
  }
  std::erase_if(placed_, [](const Placed& each) { return !each.used; });
}

void Layout::choose_among(std::size_t begin, std::size_t end) {
  const Rule* first = placed_[begin].entry.rule;
  for (std::size_t i = begin; i < end; ++i) {
    Placed& each = placed_[i];
    each.used = i == begin || (first != nullptr && each.entry.rule != nullptr &&
                               takes_all(*first, *each.entry.rule));
    const bool stands_for = each.used || (first != nullptr && is_of_radio(*first));
    if (stands_for && !each.node->is_object()) {
      used_[static_cast<std::size_t>(each.node - native_.all().data())] = true;
    }
  }
}

/// Is this object, or one below it, what a rule is about?
bool Layout::is_named(const Node& node) const {
  const std::string supported = supported_path(node.path());
  return mapping_.names_object(supported) || parts_.objects.contains(node.path());
}

/// Nothing is hidden: what supplies nothing is below the vendor object, under its own name.
void Layout::place_rest() {
  const ProjectionOptions& options = projection_.options();
  const std::span<const Node> nodes = native_.all();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    if (node.path().starts_with(kManagement) || node.state() == NodeState::kGone) continue;
    const bool shown = node.is_object() ? is_named(node) : used_[i];
    if (!node.is_object() && shown) ++parts_.shares.standard;
    if (shown && !(options.show_mapped && !node.is_object())) continue;
    const std::size_t before = placed_.size();
    std::string path = options.vendor_root + std::string(node.path().substr(kNativeRoot.size()));
    place(std::move(path), nullptr, node, {}, shown ? Writable::kNo : node.writable());
    if (node.is_object() || shown) continue;
    ++(placed_.size() > before ? parts_.shares.vendor : parts_.shares.hidden);
  }
}

/// Every table of Device:2 has a count beside it (TR-106 3.2).
void Layout::place_counts() {
  StringMap<bool> counted;
  StringMap<bool> tables;
  for (const auto& [table, access] : tables_) tables.try_emplace(table);
  for (const Placed& each : placed_) {
    if (each.path.ends_with(kCounter)) counted.try_emplace(each.path);
    const bool vendor = each.path.starts_with(projection_.options().vendor_root);
    if (!vendor && each.entry.rule != nullptr && is_instance(each.path)) {
      tables.try_emplace(std::string(parent_path(each.path)));
    }
  }
  tables_.try_emplace("Device.InterfaceStack.", Writable::kNo);
  tables.try_emplace("Device.InterfaceStack.");
  const PathRef& root = native_.all().front().path_ref();
  for (const auto& [table, unused] : tables) {
    std::string path = table.substr(0, table.size() - 1) + std::string(kCounter);
    if (counted.contains(path)) continue;
    Placed placed;
    placed.path = std::move(path);
    placed.entry = {&count_rule(), root, keep({})};
    placed.writable = Writable::kNo;
    placed.type = ValueType::kUnsignedInt;
    placed_.push_back(std::move(placed));
  }
  const auto less = [](const Placed& a, const Placed& b) {
    return compare_paths(a.path, b.path) < 0;
  };
  std::ranges::stable_sort(placed_, less);
}

void Layout::fill() {
  std::vector<NodeFacts> facts;
  facts.reserve(placed_.size() + tables_.size());
  for (const Placed& each : placed_) {
    const bool object = each.path.ends_with('.');
    facts.push_back({.path = each.path,
                     .type = object ? ValueType::kUnknown : each.type,
                     .writable = each.writable,
                     .state = object ? NodeState::kKnown : NodeState::kUnread});
  }
  for (const auto& [table, access] : tables_) {
    facts.push_back({.path = table, .writable = access});
  }
  shown_.assign(facts);

  parts_.slots.resize(shown_.size());
  parts_.entries.reserve(placed_.size());
  std::size_t next = 0;
  for (std::size_t slot = 0; slot < shown_.size(); ++slot) {
    const std::string_view path = shown_.all()[slot].path();
    Slot& to = parts_.slots[slot];
    to.first = static_cast<std::uint32_t>(parts_.entries.size());
    for (; next < placed_.size() && placed_[next].path == path; ++next) {
      const Entry& entry = placed_[next].entry;
      parts_.by_native.emplace_back(entry.native.view(), static_cast<std::uint32_t>(slot));
      parts_.entries.push_back(entry);
      ++to.count;
    }
    if (to.count == 0 || path.ends_with('.')) continue;
    const Rule* rule = parts_.entries[to.first].rule;
    if (rule != nullptr) to.rank = rank_of(*rule);
    if (to.rank != Rank::kPlain) parts_.computed.push_back(static_cast<std::uint32_t>(slot));
  }
  std::ranges::sort(parts_.by_native);
  std::ranges::stable_sort(parts_.computed, {},
                           [this](std::uint32_t slot) { return parts_.slots[slot].rank; });
}

}  // namespace bridge::translate
