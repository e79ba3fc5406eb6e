#include "bridge/translate/projection.h"

#include <algorithm>
#include <utility>

#include "bridge/translate/encoding.h"
#include "bridge/translate/layout.h"
#include "bridge/translate/projection_parts.h"
#include "bridge/translate/text.h"
#include "bridge/translate/values.h"

namespace bridge::translate {

namespace {

constexpr std::string_view kStack = "Device.InterfaceStack.";
constexpr std::string_view kLowerLayers = ".LowerLayers";

/// For the values of one change; no real device comes near it.
constexpr std::size_t kMaxReads = 1'000'000;

/// Parameters that tell a WLANConfiguration's band.
bool tells_band(std::string_view name) {
  for (const std::string_view each :
       {".Channel", ".PossibleChannels", ".ChannelsInUse", ".Standard"}) {
    if (name.ends_with(each)) return true;
  }
  return false;
}

}  // namespace

std::uint32_t Bindings::number(char letter) const {
  for (const Letter& each : letters) {
    if (each.letter == letter) return each.number;
  }
  return 0;
}

void Bindings::bind(char letter, std::uint32_t number) { letters.push_back({letter, number}); }

/// Computes values into the shown tree.
class Evaluation {
 public:
  Evaluation(const Projection& projection, Projection::Parts& parts, const Tree& native,
             Tree& shown)
      : projection_(projection), parts_(parts), native_(native), shown_(shown) {}

  void evaluate(std::uint32_t slot, Diff& diff) {
    const Node& node = shown_.all()[slot];
    const std::span<const Entry> entries = parts_.entries_of(slot);
    if (node.is_object() || entries.empty()) return;
    if (entries.front().rule == nullptr) return copy(slot, entries.front(), diff);
    Reader reader(native_);
    const Source source{projection_, parts_, shown_, reader, node.path(), entries};
    if (reads_ > kMaxReads) return;
    const std::string text = value_of(source);
    reads_ += reader.read().size();
    if (parts_.slots[slot].rank != Rank::kPlain) note(slot, reader);
    const bool known = reader.state() != NodeState::kUnread;
    shown_.assign(slot,
                  {.path = node.path(),
                   .value = known ? std::string_view(text) : std::string_view(),
                   .type = node.type(),
                   .writable = node.writable(),
                   .state = reader.state(),
                   .updated_ms = reader.updated_ms()},
                  diff);
  }

  /// Everything, and what depends on what is noted.
  void evaluate_all(Diff& diff) {
    for (std::uint32_t slot = 0; slot < parts_.slots.size(); ++slot) {
      if (parts_.slots[slot].rank == Rank::kPlain) evaluate(slot, diff);
    }
    for (const std::uint32_t slot : parts_.computed) {
      if (parts_.slots[slot].rank != Rank::kCount) evaluate(slot, diff);
    }
  }

  void evaluate_counts(Diff& diff) {
    for (const std::uint32_t slot : parts_.computed) {
      if (parts_.slots[slot].rank == Rank::kCount) evaluate(slot, diff);
    }
  }

  /// What was read for what is found from now on.
  void keep_notes() {
    if (notes_.empty()) return;
    auto& all = parts_.by_native;
    all.insert(all.end(), notes_.begin(), notes_.end());
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    notes_.clear();
  }

  /// What these native parameters are read for, and what follows from shown values.
  void evaluate_those_of(std::span<const std::string> names, Diff& diff) {
    std::vector<std::uint32_t> slots;
    for (const std::string& name : names) {
      auto at = std::ranges::lower_bound(parts_.by_native, std::string_view(name), {},
                                         [](const auto& each) { return each.first; });
      for (; at != parts_.by_native.end() && at->first == name; ++at) slots.push_back(at->second);
    }
    for (const std::uint32_t slot : parts_.computed) {
      const Rank rank = parts_.slots[slot].rank;
      if (rank > Rank::kLooks && rank < Rank::kCount) slots.push_back(slot);
    }
    std::ranges::sort(
        slots, {}, [this](std::uint32_t slot) { return std::pair(parts_.slots[slot].rank, slot); });
    slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
    for (const std::uint32_t slot : slots) evaluate(slot, diff);
    keep_notes();
  }

 private:
  void note(std::uint32_t slot, const Reader& reader) {
    for (const std::string_view name : reader.read()) {
      const std::pair<std::string_view, std::uint32_t> note{name, slot};
      if (!std::ranges::binary_search(parts_.by_native, note)) notes_.push_back(note);
    }
  }

  /// Below the vendor object, and in copied subtrees: references there are paths of the device.
  void copy(std::uint32_t slot, const Entry& entry, Diff& diff) {
    const Node& node = shown_.all()[slot];
    const Node* from = native_.find(entry.native.view());
    if (from == nullptr) return;
    std::string translated;
    std::string_view text = from->value();
    const bool vendor = node.path().starts_with(projection_.options().vendor_root);
    if (!vendor && text.starts_with(kNativeRoot)) {
      translated = each_element(
          text, [&](std::string_view path) { return projection_.to_shown_reference(path); });
      text = translated;
    }
    shown_.assign(slot,
                  {.path = node.path(),
                   .value = text,
                   .type = from->type(),
                   .writable = node.writable(),
                   .state = from->state(),
                   .updated_ms = from->updated_ms()},
                  diff);
  }

  const Projection& projection_;
  Projection::Parts& parts_;
  const Tree& native_;
  Tree& shown_;
  std::vector<std::pair<std::string_view, std::uint32_t>> notes_;
  std::size_t reads_ = 0;
};

Projection::Projection(const Mapping& mapping, const Tree& native, Numbers& numbers, PathPool& pool,
                       ProjectionOptions options)
    : mapping_(mapping),
      native_(native),
      numbers_(numbers),
      pool_(pool),
      options_(std::move(options)),
      shown_(pool),
      parts_(std::make_unique<Parts>(native)) {
  update();
}

Projection::~Projection() = default;

Diff Projection::update() {
  Tree before = std::exchange(shown_, Tree(pool_));
  parts_ = std::make_unique<Parts>(native_);
  if (native_.empty()) return {};
  numbers_.begin_layout();
  Layout(*this, *parts_, shown_).run();
  Evaluation evaluation(*this, *parts_, native_, shown_);
  Diff no_changes;
  evaluation.evaluate_all(no_changes);
  evaluation.keep_notes();
  stack_interfaces();
  evaluation.evaluate_counts(no_changes);
  evaluation.keep_notes();
  numbers_.end_layout();
  return shown_.changes_since(before);
}

Diff Projection::update(std::span<const std::string> names) {
  if (parts_->native_size != native_.size()) return update();
  bool bands = false;
  for (const std::string& name : names) {
    if (!parts_->refused.empty() && is_readable_again(name)) return update();
    bands = bands || tells_band(name);
    const auto deciding = parts_->deciding.find(name);
    if (deciding != parts_->deciding.end() && text(name) != deciding->second) return update();
  }
  if (bands && parts_->radios.update()) return update();
  Diff diff;
  Evaluation(*this, *parts_, native_, shown_).evaluate_those_of(names, diff);
  for (const Change& change : diff) {
    const auto* value = std::get_if<ValueChanged>(&change);
    if (value == nullptr || !value->path.ends_with(kLowerLayers)) continue;
    Diff rest = update();  // other interfaces are stacked now
    diff.insert(diff.end(), rest.begin(), rest.end());
    break;
  }
  return diff;
}

bool Projection::is_readable_again(std::string_view native) const {
  const Node* node = native_.find(native);
  return node != nullptr && node->state() != NodeState::kGone && parts_->refused.contains(native);
}

/// One row for each interface and each of its lower layers (TR-181, Device.InterfaceStack.).
void Projection::stack_interfaces() {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const Node& node : shown_.all()) {
    if (!node.path().ends_with(kLowerLayers) || node.value().empty()) continue;
    if (node.path().starts_with(options_.vendor_root)) continue;
    const std::string higher(without_dot(parent_path(node.path())));
    for (std::string_view lower : split(node.value(), ',')) {
      if (shown_.has_object(std::string(lower) + '.')) pairs.emplace_back(higher, lower);
    }
  }
  std::map<std::uint32_t, const std::pair<std::string, std::string>*> rows;
  for (const auto& pair : pairs) {
    rows[numbers_.give(kStack, "stk(" + pair.first + "," + pair.second + ")")] = &pair;
  }
  std::vector<std::string> paths;
  for (const auto& [number, pair] : rows) {
    const std::string row = std::string(kStack) + std::to_string(number) + '.';
    paths.insert(paths.end(), {row, row + "HigherLayer", row + "LowerLayer"});
  }
  std::vector<NodeFacts> facts;
  auto pair = rows.begin();
  for (std::size_t i = 0; i + 2 < paths.size(); i += 3, ++pair) {
    facts.push_back({.path = paths[i], .writable = Writable::kNo});
    for (const bool high : {true, false}) {
      facts.push_back({.path = paths[i + (high ? 1 : 2)],
                       .value = high ? pair->second->first : pair->second->second,
                       .type = ValueType::kString,
                       .writable = Writable::kNo,
                       .updated_ms = std::numeric_limits<std::int64_t>::max()});
    }
  }
  insert_rows(facts);
}

/// Beside nodes that stand together, so their slots do too.
void Projection::insert_rows(std::span<const NodeFacts> facts) {
  if (facts.empty()) return;
  shown_.add(facts);
  const auto at = *parts_->slot_of(shown_, facts.front().path);
  const auto count = static_cast<std::uint32_t>(facts.size());
  parts_->slots.insert(parts_->slots.begin() + at, count, Slot{});
  for (std::uint32_t& slot : parts_->computed) slot += slot >= at ? count : 0;
  for (auto& [native, slot] : parts_->by_native) slot += slot >= at ? count : 0;
}

// ---- where things come from

std::vector<Link> Projection::links(std::string_view shown) const {
  std::vector<Link> out;
  const auto slot = parts_->slot_of(shown_, shown);
  if (!slot) return out;
  for (const Entry& entry : parts_->entries_of(*slot)) {
    out.push_back(
        {entry.rule, entry.native.view(), entry.base(), &parts_->bindings[entry.bindings]});
  }
  return out;
}

std::vector<std::string> Projection::sources(std::string_view shown) const {
  std::vector<std::string> out;
  const auto slot = parts_->slot_of(shown_, shown);
  if (!slot || shown.ends_with('.') || parts_->slots[*slot].count == 0) return out;
  const std::span<const Entry> entries = parts_->entries_of(*slot);
  if (entries.front().rule == nullptr) return {std::string(entries.front().native.view())};
  Reader reader(native_);
  value_of({*this, *parts_, shown_, reader, shown, entries});
  for (const std::string_view name : reader.read()) {
    if (std::ranges::find(out, name) == out.end()) out.emplace_back(name);
  }
  return out;
}

std::optional<std::string> Projection::native_object(std::string_view shown) const {
  const std::vector<Link> own = links(shown);
  if (!own.empty()) return std::string(own.front().native);
  const Node* object = shown_.find(shown);
  if (object == nullptr) return std::nullopt;
  // No rule is about the object itself: the parameters in it tell.
  std::optional<std::string> found;
  shown_.for_each_child(shown, [&](const Node& child) {
    if (found || child.is_object()) return;
    for (const Link& link : links(child.path())) {
      if (!link.native.ends_with('.') && !found) found = std::string(parent_path(link.native));
    }
  });
  return found;
}

std::optional<std::string> Projection::shown_of(std::string_view native) const {
  if (const auto rows = parts_->objects.find(native); rows != parts_->objects.end()) {
    return rows->second.front();
  }
  auto at = std::ranges::lower_bound(parts_->by_native, native, {},
                                     [](const auto& each) { return each.first; });
  for (; at != parts_->by_native.end() && at->first == native; ++at) {
    for (const Entry& entry : parts_->entries_of(at->second)) {
      if (entry.native.view() == native) return std::string(shown_.all()[at->second].path());
    }
  }
  return std::nullopt;
}

std::vector<std::string> Projection::shown_objects(std::string_view native) const {
  const auto at = parts_->objects.find(native);
  return at == parts_->objects.end() ? std::vector<std::string>() : at->second;
}

std::optional<std::string> Projection::resolve(const ShownPath& shown, std::string_view base,
                                               const Bindings& bindings) const {
  std::string path = shown.text.front();
  for (std::size_t i = 0; i < shown.positions.size(); ++i) {
    const Position& position = shown.positions[i];
    std::uint32_t number = bindings.number(position.letter);
    if (position.letter == 0) {
      number = numbers_.find(table_of(position, path), allocator_key(position, base, bindings));
    }
    if (number == 0) return std::nullopt;
    path += std::to_string(number);
    path += shown.text[i + 1];
  }
  return path;
}

// ---- looking around in the native tree

const Node* Projection::look_up(std::string_view base, std::string_view name) const {
  for (; !base.empty(); base = parent_path(base)) {
    const std::string beside = std::string(base) + std::string(name);
    if (const Node* node = native_.find(beside)) {
      if (node->state() != NodeState::kGone) return node;
    }
  }
  return nullptr;
}

std::string_view Projection::text(std::string_view native_path) const {
  const Node* node = native_.find(native_path);
  return node != nullptr && node->has_value() ? node->value() : std::string_view();
}

std::string_view Projection::text(std::string_view base, std::string_view name) const {
  return text(std::string(base) + std::string(name));
}

std::vector<std::string> Projection::radio_members(std::string_view wlan) const {
  const Radios::Group* group = parts_->radios.of(wlan);
  return group == nullptr ? std::vector<std::string>() : group->members;
}

std::string Projection::radio_representative(std::string_view wlan) const {
  const std::vector<std::string> members = radio_members(wlan);
  for (const std::string& member : members) {
    if (is_true(text(member, "Enable"))) return member;
  }
  return members.empty() ? std::string(wlan) : members.front();
}

std::string_view Projection::radio_band(std::string_view wlan) const {
  const Radios::Group* group = parts_->radios.of(wlan);
  return group == nullptr ? std::string_view("2.4GHz") : std::string_view(group->band);
}

std::uint32_t Projection::row_with_key(std::string_view table, std::uint32_t key) const {
  const std::string rows = std::string(kNativeRoot) + std::string(table) + '.';
  const std::string_view name = table.substr(table.rfind('.') + 1);
  for (const std::uint32_t number : native_.instances(rows)) {
    const std::string param = rows + std::to_string(number) + '.' + std::string(name) + "Key";
    const Node* node = native_.find(param);
    const std::uint32_t its = node == nullptr ? number : to_number(node->value());
    if (its == key) return number;
  }
  return 0;
}

std::string Projection::allocator_key(const Position& position, std::string_view base,
                                      const Bindings& bindings) const {
  using enum KeyPart::Kind;
  std::string key = position.allocator == "ap" ? "ssid" : position.allocator;
  const std::uint32_t lan = bindings.number('l');
  const bool lan_bridge =
      position.allocator == "br" && !position.key.empty() && position.key.front().text == "lan";
  if (const auto bridge = parts_->bridged_lans.find(lan);
      lan_bridge && bridge != parts_->bridged_lans.end()) {
    return "br(l2," + std::to_string(bridge->second) + ")";
  }
  key += '(';
  for (const KeyPart& part : position.key) {
    if (!key.ends_with('(')) key += ',';
    if (part.kind == kLetter) key += std::to_string(bindings.number(part.text.front()));
    if (part.kind == kItem) key += bindings.element;
    if (part.kind == kWord) key += part.text;
    if (part.kind == kGroup) {
      const Radios::Group* group = parts_->radios.of(base);
      key += group == nullptr ? std::string(base) : group->key;
    }
    if (part.kind == kParam) {
      std::string_view value = text(base, part.text);
      // Some devices list hosts without their address.
      if (value.empty() && part.text == "MACAddress") value = text(base, "IPAddress");
      key += in_upper_case(value);
    }
  }
  return key + ')';
}

Projection::Shares Projection::shares() const { return parts_->shares; }

std::size_t Projection::memory_bytes() const {
  std::size_t bytes = shown_.memory_bytes() + sizeof(Parts);
  bytes += parts_->entries.capacity() * sizeof(Entry) + parts_->slots.capacity() * sizeof(Slot);
  bytes += parts_->bindings.capacity() * sizeof(Bindings);
  bytes += parts_->by_native.capacity() * sizeof(parts_->by_native.front());
  return bytes;
}

}  // namespace bridge::translate
