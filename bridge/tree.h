// The parameter tree of one device as last known, in the device's own names, and what changes in
// it.
//
// A sorted vector of forty-byte nodes. The order is segment by segment with instance numbers as
// numbers, so an object is followed by all that is below it, and instances come ascending. Every
// object above a node is a node too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bridge/path_pool.h"
#include "bridge/small_text.h"
#include "bridge/store/rows.h"
#include "bridge/value_type.h"
#include "cwmp/message.h"

namespace bridge {

enum class Writable : std::uint8_t { kUnknown = 0, kNo = 1, kYes = 2 };

/// What is known of a parameter's value. Objects are always kKnown.
enum class NodeState : std::uint8_t {
  kUnread = 0,  ///< the name is known, the value was never read
  kStale = 1,   ///< there is a value, but it is to be read again
  kKnown = 2,
  kGone = 3,  ///< listed by the device, but refuses to be read (quirks 57, 58): treat as absent
};

class Node {
 public:
  std::string_view path() const { return path_.view(); }
  /// Keeps the path's text when the node is gone.
  const PathRef& path_ref() const { return path_; }
  /// Last name without dots: "SSID" of "Device.WiFi.SSID.1.SSID", "1" of "Device.WiFi.SSID.1.".
  std::string_view name() const;
  bool is_object() const { return path().ends_with('.'); }
  /// The text as the device sent it. Empty while unread. Passwords read as empty.
  std::string_view value() const { return value_.view(); }
  ValueType type() const { return type_; }
  /// As the device listed it; a hint (quirk 63). A table: instances may be added; an instance: may
  /// be deleted.
  Writable writable() const { return writable_; }
  NodeState state() const { return state_; }
  bool has_value() const { return state_ == NodeState::kKnown || state_ == NodeState::kStale; }
  /// When the value was last heard from the device, Unix ms; 0: never. Written to the store only
  /// along with another change.
  std::int64_t updated_ms() const { return updated_ms_; }

 private:
  friend class Tree;
  PathRef path_;
  SmallText value_;
  std::int64_t updated_ms_ = 0;
  ValueType type_ = ValueType::kUnknown;
  Writable writable_ = Writable::kUnknown;
  NodeState state_ = NodeState::kUnread;
  bool dirty_ = false;
};
static_assert(sizeof(Node) <= 40);

// ---- changes -----------------------------------------------------------------------------------

/// A value that was known is another now. The first reading of a parameter is none.
struct ValueChanged {
  std::string path;
  std::string value;
  ValueType type = ValueType::kUnknown;
  bool operator==(const ValueChanged&) const = default;
};
/// An instance ("Device.Hosts.Host.3.") that was not there. Its values may not be read yet.
struct ObjectCreated {
  std::string path;
  bool operator==(const ObjectCreated&) const = default;
};
/// Instances inside a deleted instance have their own, after it.
struct ObjectDeleted {
  std::string path;
  bool operator==(const ObjectDeleted&) const = default;
};
using Change = std::variant<ValueChanged, ObjectCreated, ObjectDeleted>;

/// The caller drops it while the device is being learned.
using Diff = std::vector<Change>;

// ---- updates -----------------------------------------------------------------------------------

/// Values as read or as informed. Names that are not in the tree are added (quirk 62).
struct ValuesRead {
  std::vector<cwmp::ParameterValue> values;
  bool operator==(const ValuesRead&) const = default;
};
/// A complete answer to GetParameterNames(path, next_level): what is missing in it is deleted
/// ("objects that appear and vanish", quirk 64). An empty answer empties the object.
struct NamesListed {
  std::string path;  ///< ends in '.'
  bool next_level = false;
  std::vector<cwmp::ParameterInfo> names;
  bool operator==(const NamesListed&) const = default;
};
/// Parameters that the device refuses to read; kGone from now on.
struct NamesRefused {
  std::vector<std::string> names;
  bool operator==(const NamesRefused&) const = default;
};
struct InstanceAdded {
  std::string path;  ///< "Device.WiFi.SSID.3."
  bool operator==(const InstanceAdded&) const = default;
};
/// An object with all below it. Unknown: nothing happens.
struct ObjectRemoved {
  std::string path;
  bool operator==(const ObjectRemoved&) const = default;
};
/// Values are to be read again: of a subtree, of one parameter (no final '.'), of all (empty path).
struct MarkedStale {
  std::string path;
  bool retry_refused = false;  ///< ask for kGone ones again too: the firmware has changed
  bool operator==(const MarkedStale&) const = default;
};
using TreeUpdate =
    std::variant<ValuesRead, NamesListed, NamesRefused, InstanceAdded, ObjectRemoved, MarkedStale>;

/// One parameter or object as another tree's node is made from it.
struct NodeFacts {
  std::string_view path;
  std::string_view value = {};
  ValueType type = ValueType::kUnknown;
  Writable writable = Writable::kUnknown;
  NodeState state = NodeState::kKnown;
  std::int64_t updated_ms = 0;
};

/// What the mirror's tables must take over.
struct DirtyRows {
  std::vector<NodeRow> put;
  std::vector<std::string> erased;  ///< exact paths
  bool empty() const { return put.empty() && erased.empty(); }
};

// ---- the tree ----------------------------------------------------------------------------------

/// Not thread-safe; belongs to its device's strand. Pointers and spans live until the next call
/// that changes the tree. Hostile names (no root, empty segment, longer than kMaxPathBytes) are
/// left out, and so is what would go beyond kMaxNodes.
class Tree {
 public:
  /// TR-069 allows 256 characters; a margin for vendors that do not.
  static constexpr std::size_t kMaxPathBytes = 512;
  /// Real trees have up to some 30,000 nodes; a device must not fill our memory.
  static constexpr std::size_t kMaxNodes = 100'000;

  /// `pool` outlives the tree.
  explicit Tree(PathPool& pool) : pool_(&pool) {}

  /// Replaces all by what the mirror holds, in any order. Values count as known; nothing is dirty.
  void load(std::span<const NodeRow> rows);

  bool empty() const { return nodes_.empty(); }
  std::size_t size() const { return nodes_.size(); }
  /// "Device." or "InternetGatewayDevice."; empty while the tree is.
  std::string_view root() const;

  /// Exact path; an object with its final '.'. nullptr: none. O(log n), allocates nothing.
  const Node* find(std::string_view path) const;
  /// Is this object there ("Device.WiFi.", "Device.WiFi.SSID.", "Device.WiFi.SSID.3.")?
  bool has_object(std::string_view path) const;

  std::span<const Node> all() const { return nodes_; }
  /// The object and all below it, in order. An empty path gives everything.
  std::span<const Node> subtree(std::string_view object) const;

  /// Direct children of an object, parameters and objects mixed, in order; whole subtrees are
  /// skipped, not walked.
  void for_each_child(std::string_view object, const std::function<void(const Node&)>& visit) const;
  /// Instance numbers of a table, ascending; empty for anything else.
  std::vector<std::uint32_t> instances(std::string_view table) const;
  /// The parameter that counts the rows of `table` (ends in '.'), TR-106 3.2: XNumberOfEntries.
  /// nullptr: the device has none.
  const Node* counter_of(std::string_view table) const;
  /// Best guess: it has instances, or it is childless and the device says that instances can be
  /// added. An empty table that only the device fills looks like an object.
  bool is_table(std::string_view object) const;

  /// One kind of object or parameter: numbers written "{i}".
  struct Supported {
    std::string path;                      ///< "Device.WiFi.SSID.{i}.SSID", "Device.WiFi.SSID.{i}."
    ValueType type = ValueType::kUnknown;  ///< of the first instance that has one
    Writable writable = Writable::kUnknown;  ///< kYes when any instance says so
    bool operator==(const Supported&) const = default;
  };
  /// One row per kind below `object`, refused parameters left out; objects before what is below.
  std::vector<Supported> supported(std::string_view object = {}) const;

  /// Parameters whose value is to be read (kUnread, kStale) below `object` (empty: everywhere): up
  /// to `limit`, in order.
  std::vector<std::string> unread(std::string_view object, std::size_t limit) const;
  std::size_t unread_count(std::string_view object = {}) const;

  Diff apply(const TreeUpdate& update, std::int64_t now_ms);

  // ---- a tree that follows another (tree_copy.cc); nothing in it is ever dirty
  /// Replaces all, in any order; the objects above are added. A path given twice: the first counts.
  void assign(std::span<const NodeFacts> all);
  /// Nodes that are not there yet, with all objects above them but those that are; in order.
  void add(std::span<const NodeFacts> more);
  /// The parameter at this index of all(); its path stays. A value that was known and is another
  /// now goes into the diff.
  void assign(std::size_t index, const NodeFacts& facts, Diff& diff);
  /// What turns `before` into this tree. The first reading of a parameter is no change.
  Diff changes_since(const Tree& before) const;

  bool dirty() const { return dirty_count_ > 0 || !erased_.empty(); }
  /// Rows changed since the last call, to be written to the mirror. After a write that failed:
  /// mark_all_dirty(), and erase the device's rows first.
  DirtyRows take_dirty();
  void mark_all_dirty();

  /// Bytes of this tree, pooled paths left out.
  std::size_t memory_bytes() const;

 private:
  Diff on(const ValuesRead& update, std::int64_t now_ms);
  Diff on(const NamesListed& update, std::int64_t now_ms);
  Diff on(const NamesRefused& update, std::int64_t now_ms);
  Diff on(const InstanceAdded& update, std::int64_t now_ms);
  Diff on(const ObjectRemoved& update, std::int64_t now_ms);
  Diff on(const MarkedStale& update, std::int64_t now_ms);

  Node* find_mutable(std::string_view path);
  /// The same; `hint` is where the last one was found. Answers come in the order of the tree.
  Node* find_after(std::string_view path, std::size_t& hint);
  std::size_t lower_bound(std::string_view path) const;
  std::size_t subtree_end(std::size_t begin, std::string_view object) const;
  void touch(Node& node);
  Node make_node(std::string_view path) const;
  Node make_node(const NodeFacts& facts) const;
  void take_value(Node& node, const cwmp::ParameterValue& value, std::int64_t now_ms, Diff& diff);
  void insert(std::vector<std::string_view> paths, Diff& diff);
  void erase(std::size_t begin, std::size_t end, const std::function<bool(const Node&)>& gone,
             Diff& diff);

  PathPool* pool_;
  std::vector<Node> nodes_;
  std::size_t dirty_count_ = 0;
  std::vector<std::string> erased_;
};

/// Order of the tree: negative, zero, positive. Numbers as numbers and before names; an object
/// right before what is below it.
int compare_paths(std::string_view a, std::string_view b);

/// Is the last name of this object a number? ("Device.WiFi.SSID.3.")
bool is_instance(std::string_view object);

/// "Device.WiFi.SSID.3.SSID" -> "Device.WiFi.SSID.3." -> "Device.WiFi.SSID."; "Device." -> "".
std::string_view parent_path(std::string_view path);

/// Numbers written as "{i}".
std::string supported_path(std::string_view path);

}  // namespace bridge
