#include "bridge/translate/layout.h"

#include <algorithm>
#include <map>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/text.h"
#include "bridge/translate/values.h"

namespace bridge::translate {

namespace {

/// One native node may be several shown ones.
constexpr std::size_t kMaxPlaced = 4 * Tree::kMaxNodes;
constexpr std::string_view kManagement = "InternetGatewayDevice.ManagementServer.";
constexpr std::string_view kBridges = "InternetGatewayDevice.Layer2Bridging.Bridge.";
constexpr std::string_view kInterfaces = "InternetGatewayDevice.Layer2Bridging.AvailableInterface.";
/// Rows of this allocator have the numbers of SSIDs.
constexpr std::string_view kAccessPoint = "ap";
/// The management port is number 1.
constexpr std::string_view kBridgePort = "bport";

/// May the row be deleted? What the device says of its own rows counts most.
Writable row_access(const Rule& rule, const Node& row) {
  if (rule.role == ObjectRole::kPrimary) {
    return rule.writable || row.writable() == Writable::kYes ? row.writable() : Writable::kNo;
  }
  const bool satellite = rule.role == ObjectRole::kSatellite && rule.writable;
  return satellite ? Writable::kYes : Writable::kNo;
}

Writable parameter_access(const Rule& rule, const Node& node) {
  if (!rule.writable) return Writable::kNo;
  if (rule.transform == Transform::kSynth) return Writable::kYes;
  // An alias that the device has no parameter for: the bridge keeps it, from Add on.
  if (node.is_object() && rule.transform == Transform::kAlias) return Writable::kUnknown;
  return node.is_object() ? Writable::kNo : node.writable();
}

bool is_lan_bridge(const Position& position) {
  return position.allocator == "br" && !position.key.empty() && position.key.front().text == "lan";
}

}  // namespace

const Rule& count_rule() {
  static const Rule kRule = [] {
    Rule rule;
    rule.transform = Transform::kCount;
    rule.shown_type = ValueType::kUnsignedInt;
    return rule;
  }();
  return kRule;
}

Layout::Layout(Projection& projection, Projection::Parts& parts, Tree& shown)
    : projection_(projection),
      parts_(parts),
      shown_(shown),
      mapping_(projection.mapping()),
      native_(projection.native()),
      conditions_(projection, parts),
      used_(native_.size(), false) {}

void Layout::run() {
  parts_.radios.update();
  find_bridged_lans();
  collect();
  place_objects();
  drop_orphans();
  place_parameters();
  place_tables();
  choose_suppliers();
  place_rest();
  place_counts();
  fill();
}

/// A bridge that has the LANRouterConnection of a LANDevice among its ports is that LANDevice's
/// own: there are not two.
void Layout::find_bridged_lans() {
  std::map<std::string, std::uint32_t, std::less<>> lans;  // by AvailableInterfaceKey
  for (const std::uint32_t row : first_rows(native_, kInterfaces)) {
    const std::string interface = std::string(kInterfaces) + std::to_string(row) + '.';
    if (projection_.text(interface, "InterfaceType") != "LANRouterConnection") continue;
    const auto lan = numbers_in(projection_.text(interface, "InterfaceReference"));
    const std::string key(projection_.text(interface, "AvailableInterfaceKey"));
    if (!lan.empty() && !key.empty()) lans.try_emplace(key, lan.front());
  }
  if (lans.empty()) return;
  for (const std::uint32_t bridge : native_.instances(kBridges)) {
    const std::string ports = std::string(kBridges) + std::to_string(bridge) + ".Port.";
    for (const std::uint32_t port : native_.instances(ports)) {
      const auto lan = lans.find(projection_.text(ports + std::to_string(port), ".PortInterface"));
      if (lan != lans.end()) parts_.bridged_lans.try_emplace(lan->second, bridge);
    }
  }
}

void Layout::collect() {
  for (const Node& node : native_.all()) {
    if (!node.path().starts_with(kManagement)) collect_node(node);
  }
}

void Layout::collect_node(const Node& node) {
  if (node.state() == NodeState::kGone) {
    parts_.refused.insert(std::string(node.path()));
    return;
  }
  const std::string supported = supported_path(node.path());
  const auto& rules = mapping_.of_native(supported);
  if (!rules.empty()) {
    const std::vector<std::uint32_t> numbers = numbers_in(node.path());
    for (const std::uint32_t index : rules) {
      const Rule& rule = mapping_.rules()[index];
      // A device may call an object "{i}".
      if (rule.letters.size() != numbers.size()) continue;
      auto& list = rule.transform == Transform::kObject ? objects_ : parameters_;
      list.push_back({&rule, &node, numbers});
    }
  }
  if (!node.is_object()) return;
  // These have a value even where the device lacks the parameter.
  for (const std::string_view name : {"Alias", "Name"}) {
    const auto& named = mapping_.of_native(supported + std::string(name));
    if (named.empty() || native_.find(std::string(node.path()) + std::string(name)) != nullptr) {
      continue;
    }
    for (const std::uint32_t index : named) {
      const Rule& rule = mapping_.rules()[index];
      if (rule.transform != Transform::kAlias && rule.transform != Transform::kName) continue;
      std::vector<std::uint32_t> numbers = numbers_in(node.path());
      if (rule.letters.size() != numbers.size()) continue;
      parameters_.push_back({&rule, &node, std::move(numbers)});
    }
  }
}

/// Numbers are handed out in the order of the native paths. A row inside another one whose number
/// is not known yet waits for the next round.
void Layout::place_objects() {
  std::vector<Waiting> waiting;
  for (const Candidate& each : objects_) {
    if (each.rule->role == ObjectRole::kSubtree) {
      place_subtree(*each.rule, each.node->path());
      continue;
    }
    for (Bindings& bindings :
         conditions_.expand(*each.rule, each.node->path(), each.node->path(), each.numbers)) {
      if (is_replaced_bridge(*each.rule, bindings)) continue;
      waiting.push_back({each.rule, each.node, std::move(bindings)});
    }
  }
  for (std::size_t before = 0; before != waiting.size();) {
    before = waiting.size();
    std::erase_if(waiting, [this](const Waiting& each) { return place_row(each); });
  }
}

bool Layout::place_row(const Waiting& waiting) {
  const ShownPath& shown = waiting.rule->shown;
  const std::string_view native = waiting.node->path();
  auto path = resolve(shown, shown.positions.size(), native, waiting.bindings, true);
  if (!path) return false;
  const auto order = static_cast<std::uint32_t>(waiting.rule - mapping_.rules().data());
  const bool is_new = rows_.try_emplace(*path, order).second;
  auto& rows = parts_.objects[std::string(native)];
  if (std::ranges::find(rows, *path) == rows.end()) rows.push_back(*path);
  if (!is_new) return true;  // Hosts with one MAC address are one row
  place(*std::move(path), waiting.rule, *waiting.node, waiting.bindings,
        row_access(*waiting.rule, *waiting.node));
  return true;
}

/// Rows inside rows that are not there.
void Layout::drop_orphans() {
  std::erase_if(placed_, [this](const Placed& each) {
    if (each.entry.rule == nullptr || row_is_placed(*each.entry.rule, each.path)) return false;
    rows_.erase(each.path);
    std::erase(parts_.objects.find(each.entry.native.view())->second, each.path);
    return true;
  });
  std::erase_if(parts_.objects, [](const auto& each) { return each.second.empty(); });
  for (auto& [native, rows] : parts_.objects) {
    std::ranges::stable_sort(rows, {}, [this](const std::string& row) {
      const auto at = rows_.find(row);
      return at == rows_.end() ? 0U : at->second;
    });
  }
}

/// Is each row that the path goes through placed, as far as rules place rows of its table?
bool Layout::row_is_placed(const Rule& rule, std::string_view path) const {
  const bool object = path.ends_with('.');
  for (std::string_view up = object ? parent_path(path) : path; !up.empty(); up = parent_path(up)) {
    if (!is_instance(up) || rows_.contains(up)) continue;
    // Positions of the rule only: a literal number needs no row.
    const std::size_t depth = static_cast<std::size_t>(std::ranges::count(up, '.'));
    std::size_t position_depth = 0;
    bool literal = true;
    for (std::size_t i = 0; i < rule.shown.positions.size(); ++i) {
      position_depth += static_cast<std::size_t>(std::ranges::count(rule.shown.text[i], '.'));
      if (position_depth + 1 == depth) literal = false;
    }
    if (literal) continue;
    for (const std::uint32_t index : mapping_.of_shown(supported_path(up))) {
      if (mapping_.rules()[index].transform == Transform::kObject) return false;
    }
  }
  return true;
}

void Layout::place_subtree(const Rule& rule, std::string_view native) {
  for (const Node& node : native_.subtree(native)) {
    std::string path = rule.shown.text.front() + std::string(node.path().substr(native.size()));
    if (node.is_object()) parts_.objects[std::string(node.path())].push_back(path);
    place(std::move(path), nullptr, node, {}, node.writable());
  }
}

void Layout::place_parameters() {
  for (const Candidate& each : parameters_) place_parameter(each);
}

void Layout::place_parameter(const Candidate& candidate) {
  const Rule& rule = *candidate.rule;
  const std::string_view native = candidate.node->path();
  const std::string_view base = native.ends_with('.') ? native : parent_path(native);
  for (const Bindings& bindings : conditions_.expand(rule, native, base, candidate.numbers)) {
    if (is_replaced_bridge(rule, bindings)) continue;
    auto path = resolve(rule.shown, rule.shown.positions.size(), base, bindings, false);
    if (!path || !row_is_placed(rule, *path)) continue;
    place(*std::move(path), &rule, *candidate.node, bindings,
          parameter_access(rule, *candidate.node));
  }
}

bool Layout::is_replaced_bridge(const Rule& rule, const Bindings& bindings) const {
  if (parts_.bridged_lans.empty()) return false;
  for (const Position& position : rule.shown.positions) {
    if (!is_lan_bridge(position)) continue;
    if (parts_.bridged_lans.contains(bindings.number('l'))) return true;
  }
  return false;
}

std::optional<std::string> Layout::resolve(const ShownPath& shown, std::size_t positions,
                                           std::string_view base, const Bindings& bindings,
                                           bool give) {
  std::string path = shown.text.front();
  for (std::size_t i = 0; i < positions; ++i) {
    const Position& position = shown.positions[i];
    std::uint32_t number = bindings.number(position.letter);
    if (position.letter == 0) {
      number = allocated(position, path, base, bindings, give);
      note_keys(position, base);
    }
    if (number == 0) return std::nullopt;
    path += std::to_string(number);
    path += shown.text[i + 1];
  }
  return path;
}

std::uint32_t Layout::allocated(const Position& position, std::string_view table,
                                std::string_view base, const Bindings& bindings, bool give) {
  const std::string key = projection_.allocator_key(position, base, bindings);
  Numbers& numbers = projection_.numbers();
  if (!give || position.allocator == kAccessPoint) {
    return numbers.find(table_of(position, table), key);
  }
  return numbers.give(table, key, position.allocator == kBridgePort ? 2 : 1);
}

/// A row with another key is another row.
void Layout::note_keys(const Position& position, std::string_view base) {
  for (const KeyPart& part : position.key) {
    if (part.kind != KeyPart::Kind::kParam) continue;
    const std::string param = std::string(base) + part.text;
    const Node* node = native_.find(param);
    if (node != nullptr) parts_.deciding.try_emplace(param, node->value());
  }
}

std::uint32_t Layout::keep(const Bindings& bindings) {
  if (parts_.bindings.empty() || !(parts_.bindings.back() == bindings)) {
    parts_.bindings.push_back(bindings);
  }
  return static_cast<std::uint32_t>(parts_.bindings.size() - 1);
}

void Layout::place(std::string path, const Rule* rule, const Node& native, const Bindings& bindings,
                   Writable writable) {
  Placed placed;
  placed.path = std::move(path);
  placed.order = rule == nullptr ? 0 : static_cast<std::uint32_t>(rule - mapping_.rules().data());
  placed.entry = {rule, native.path_ref(), keep(bindings)};
  placed.node = &native;
  placed.writable = writable;
  placed.type = rule != nullptr ? rule->shown_type : native.type();
  placed_.push_back(std::move(placed));
}

}  // namespace bridge::translate
