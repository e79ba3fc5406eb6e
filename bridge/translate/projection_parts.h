// What a Projection is made of.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "bridge/path_pool.h"
#include "bridge/translate/projection.h"
#include "bridge/translate/radios.h"
#include "bridge/tree.h"

namespace bridge::translate {

/// A native node that a shown one is made from.
struct Entry {
  const Rule* rule = nullptr;
  PathRef native;
  std::uint32_t bindings = 0;  ///< into Parts::bindings

  std::string_view base() const {
    const std::string_view path = native.view();
    return path.ends_with('.') ? path : parent_path(path);
  }
};

/// When a value is computed: each may look at the shown values before it.
enum class Rank : std::uint8_t {
  kPlain,   ///< of one native value alone
  kLooks,   ///< of several native values
  kStatus,  ///< of shown values beside it
  kLower,   ///< of the interface below
  kHigher,  ///< of the interface above
  kCount,   ///< of rows
};

/// Beside each node of the shown tree, in its order.
struct Slot {
  std::uint32_t first = 0;  ///< into Parts::entries
  std::uint16_t count = 0;
  Rank rank = Rank::kPlain;
};

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class T>
using StringMap = std::unordered_map<std::string, T, StringHash, std::equal_to<>>;

struct Projection::Parts {
  explicit Parts(const Tree& native) : native_size(native.size()), radios(native) {}

  std::size_t native_size;  ///< nodes that were laid out
  std::vector<Bindings> bindings;
  std::vector<Entry> entries;
  std::vector<Slot> slots;
  std::vector<std::uint32_t> computed;  ///< slots of other ranks than kPlain, by rank
  /// Native path to the slots that it is an entry of, or is read for; sorted.
  std::vector<std::pair<std::string_view, std::uint32_t>> by_native;
  /// Native object to the shown objects that stand for it, in the order of the rules.
  StringMap<std::vector<std::string>> objects;
  /// Native parameters whose values decide what there is, with those values.
  StringMap<std::string> deciding;
  /// Native parameters that the device refuses to read: not laid out until it does.
  std::unordered_set<std::string, StringHash, std::equal_to<>> refused;
  Radios radios;
  /// LANDevice number to the Layer2Bridging.Bridge that holds it.
  std::map<std::uint32_t, std::uint32_t> bridged_lans;
  Shares shares;

  std::optional<std::uint32_t> slot_of(const Tree& shown, std::string_view path) const {
    const Node* node = shown.find(path);
    if (node == nullptr) return std::nullopt;
    return static_cast<std::uint32_t>(node - shown.all().data());
  }
  std::span<const Entry> entries_of(std::uint32_t slot) const {
    return {entries.data() + slots[slot].first, slots[slot].count};
  }
};

Rank rank_of(const Rule& rule);

/// The table whose numbers a position takes: that of SSIDs for access points, which always have the
/// number of theirs.
inline std::string_view table_of(const Position& position, std::string_view table) {
  return position.allocator == "ap" ? std::string_view("Device.WiFi.SSID.") : table;
}

}  // namespace bridge::translate
