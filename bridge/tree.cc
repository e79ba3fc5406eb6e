#include "bridge/tree.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iterator>
#include <unordered_map>

namespace bridge {

namespace {

// NodeRow::flags. Stale values are stored as values: what is to be read again is no concern of the
// mirror's tables, and a boot must not rewrite every row.
constexpr unsigned kWritableBits = 3;
constexpr unsigned kHasValue = 4;
constexpr unsigned kRefused = 8;

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A segment that has one is no number.
bool is_letter(char c) { return c != '.' && (c < '0' || c > '9'); }

/// Text up to the next '.' or the end.
std::string_view segment_at(std::string_view path, std::size_t begin) {
  return path.substr(begin, path.find('.', begin) - begin);
}

int sign(std::ptrdiff_t number) { return number < 0 ? -1 : (number > 0 ? 1 : 0); }

/// Of two segments that differ. Numbers before names; leading zeros are a difference of last
/// resort.
int compare_segments(std::string_view a, std::string_view b) {
  const bool a_number = is_digits(a);
  const bool b_number = is_digits(b);
  if (a_number != b_number) return a_number ? -1 : 1;
  if (!a_number) return sign(a.compare(b));
  std::string_view a_rest = a.substr(std::min(a.find_first_not_of('0'), a.size()));
  std::string_view b_rest = b.substr(std::min(b.find_first_not_of('0'), b.size()));
  if (a_rest.size() != b_rest.size()) return a_rest.size() < b_rest.size() ? -1 : 1;
  if (const int order = a_rest.compare(b_rest); order != 0) return sign(order);
  return a.size() < b.size() ? -1 : 1;
}

/// How many leading characters are the same. Eight at a time: this is where lookups spend their
/// time.
std::size_t common_prefix(std::string_view a, std::string_view b) {
  const std::size_t shorter = std::min(a.size(), b.size());
  std::size_t at = 0;
  for (; at + sizeof(std::uint64_t) <= shorter; at += sizeof(std::uint64_t)) {
    if (std::memcmp(a.data() + at, b.data() + at, sizeof(std::uint64_t)) != 0) break;
  }
  while (at < shorter && a[at] == b[at]) ++at;
  return at;
}

bool is_valid_path(std::string_view path) {
  if (path.size() > Tree::kMaxPathBytes) return false;
  bool has_dot = false;
  char before = '.';
  for (const char c : path) {
    if (static_cast<unsigned char>(c) <= 0x20 || (c == '.' && before == '.')) return false;
    has_dot = has_dot || c == '.';
    before = c;
  }
  return has_dot;
}

void assign_supported_path(std::string& out, std::string_view path) {
  out.clear();
  for (std::size_t begin = 0; begin < path.size();) {
    const std::string_view segment = segment_at(path, begin);
    out += is_digits(segment) ? std::string_view("{i}") : segment;
    begin += segment.size();
    if (begin < path.size()) out += path[begin++];
  }
}

/// The child of `object` that is, or holds, `path`.
std::string_view child_of(std::string_view object, std::string_view path) {
  const std::size_t dot = path.find('.', object.size());
  return dot == std::string_view::npos ? path : path.substr(0, dot + 1);
}

bool path_less(std::string_view a, std::string_view b) { return compare_paths(a, b) < 0; }

/// Most devices list in our order already.
void sort_paths(std::vector<std::string_view>& paths) {
  if (std::is_sorted(paths.begin(), paths.end(), path_less)) return;
  std::sort(paths.begin(), paths.end(), path_less);
}

}  // namespace

int compare_paths(std::string_view a, std::string_view b) {
  const std::size_t at = common_prefix(a, b);
  if (at == a.size() && at == b.size()) return 0;
  if (at < a.size() && at < b.size() && is_letter(a[at]) && is_letter(b[at])) {
    return static_cast<unsigned char>(a[at]) < static_cast<unsigned char>(b[at]) ? -1 : 1;
  }
  const std::size_t dot = a.substr(0, at).rfind('.');
  const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
  const std::string_view left = segment_at(a, begin);
  const std::string_view right = segment_at(b, begin);
  if (left != right) {
    // An object's own path ends where the names below it begin.
    if (left.empty() || right.empty()) return left.empty() ? -1 : 1;
    return compare_segments(left, right);
  }
  return a.size() < b.size() ? -1 : 1;
}

bool is_instance(std::string_view object) {
  if (!object.ends_with('.')) return false;
  object.remove_suffix(1);
  const std::size_t dot = object.rfind('.');
  return dot != std::string_view::npos && is_digits(object.substr(dot + 1));
}

std::string_view parent_path(std::string_view path) {
  if (path.ends_with('.')) path.remove_suffix(1);
  const std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot + 1);
}

std::string supported_path(std::string_view path) {
  std::string out;
  out.reserve(path.size() + 8);
  assign_supported_path(out, path);
  return out;
}

std::string_view Node::name() const {
  std::string_view path = path_.view();
  path.remove_prefix(parent_path(path).size());
  if (path.ends_with('.')) path.remove_suffix(1);
  return path;
}

// ---- reading -----------------------------------------------------------------------------------

void Tree::load(std::span<const NodeRow> rows) {
  nodes_.clear();
  erased_.clear();
  nodes_.reserve(rows.size());
  for (const NodeRow& row : rows) {
    Node node = make_node(row.path);
    node.value_ = SmallText(row.value);
    node.updated_ms_ = row.updated_ms;
    if (row.type <= static_cast<std::uint8_t>(ValueType::kHexBinary)) {
      node.type_ = static_cast<ValueType>(row.type);
    }
    node.writable_ = static_cast<Writable>(std::min(row.flags & kWritableBits, 2U));
    if (!node.is_object()) {
      node.state_ = (row.flags & kRefused) != 0    ? NodeState::kGone
                    : (row.flags & kHasValue) != 0 ? NodeState::kKnown
                                                   : NodeState::kUnread;
    }
    node.dirty_ = false;
    nodes_.push_back(std::move(node));
  }
  std::sort(nodes_.begin(), nodes_.end(),
            [](const Node& a, const Node& b) { return path_less(a.path(), b.path()); });
  dirty_count_ = 0;
}

std::string_view Tree::root() const {
  if (nodes_.empty()) return {};
  const std::string_view first = nodes_.front().path();
  return first.substr(0, first.find('.') + 1);
}

std::size_t Tree::lower_bound(std::string_view path) const {
  auto at = std::lower_bound(
      nodes_.begin(), nodes_.end(), path,
      [](const Node& node, std::string_view wanted) { return path_less(node.path(), wanted); });
  return static_cast<std::size_t>(at - nodes_.begin());
}

std::size_t Tree::subtree_end(std::size_t begin, std::string_view object) const {
  auto at =
      std::partition_point(nodes_.begin() + static_cast<std::ptrdiff_t>(begin), nodes_.end(),
                           [object](const Node& node) { return node.path().starts_with(object); });
  return static_cast<std::size_t>(at - nodes_.begin());
}

const Node* Tree::find(std::string_view path) const {
  const std::size_t at = lower_bound(path);
  if (at == nodes_.size() || nodes_[at].path() != path) return nullptr;
  return &nodes_[at];
}

Node* Tree::find_mutable(std::string_view path) { return const_cast<Node*>(find(path)); }

Node* Tree::find_after(std::string_view path, std::size_t& hint) {
  constexpr std::size_t kLookahead = 4;  // objects stand between parameters
  const std::size_t end = std::min(nodes_.size(), hint + kLookahead);
  for (std::size_t at = hint; at < end; ++at) {
    if (nodes_[at].path() != path) continue;
    hint = at;
    return &nodes_[at];
  }
  Node* found = find_mutable(path);
  if (found != nullptr) hint = static_cast<std::size_t>(found - nodes_.data());
  return found;
}

bool Tree::has_object(std::string_view path) const {
  return path.ends_with('.') && find(path) != nullptr;
}

std::span<const Node> Tree::subtree(std::string_view object) const {
  if (!object.empty() && !object.ends_with('.')) return {};
  const std::size_t begin = lower_bound(object);
  const std::size_t end = subtree_end(begin, object);
  return {nodes_.data() + begin, end - begin};
}

void Tree::for_each_child(std::string_view object,
                          const std::function<void(const Node&)>& visit) const {
  if (!object.empty() && !object.ends_with('.')) return;
  std::size_t at = lower_bound(object);
  const std::size_t end = subtree_end(at, object);
  if (at < end && nodes_[at].path() == object) ++at;
  while (at < end) {
    const Node& child = nodes_[at];
    visit(child);
    at = child.is_object() ? subtree_end(at, child.path()) : at + 1;
  }
}

std::vector<std::uint32_t> Tree::instances(std::string_view table) const {
  std::vector<std::uint32_t> numbers;
  for_each_child(table, [&](const Node& child) {
    if (!child.is_object()) return;
    const std::string_view name = child.name();
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) numbers.push_back(number);
  });
  return numbers;
}

const Node* Tree::counter_of(std::string_view table) const {
  table.remove_suffix(1);
  const Node* counter = find(std::string(table) + "NumberOfEntries");
  return counter != nullptr && counter->state() != NodeState::kGone ? counter : nullptr;
}

bool Tree::is_table(std::string_view object) const {
  const std::span<const Node> nodes = subtree(object);
  if (nodes.empty() || nodes.front().path() != object) return false;
  if (nodes.size() == 1) {
    return nodes.front().writable() == Writable::kYes && !is_instance(object);
  }
  return is_instance(child_of(object, nodes[1].path()));  // numbers come before names
}

std::vector<Tree::Supported> Tree::supported(std::string_view object) const {
  std::unordered_map<std::string, Supported> kinds;
  std::string kind;
  for (const Node& node : subtree(object)) {
    if (node.state() == NodeState::kGone) continue;
    assign_supported_path(kind, node.path());
    Supported& row = kinds[kind];
    if (row.path.empty()) row.path = kind;
    if (row.type == ValueType::kUnknown) row.type = node.type();
    row.writable = std::max(row.writable, node.writable());
  }
  std::vector<Supported> rows;
  rows.reserve(kinds.size());
  for (auto& [path, row] : kinds) rows.push_back(std::move(row));
  std::sort(rows.begin(), rows.end(),
            [](const Supported& a, const Supported& b) { return path_less(a.path, b.path); });
  return rows;
}

std::vector<std::string> Tree::unread(std::string_view object, std::size_t limit) const {
  std::vector<std::string> names;
  for (const Node& node : subtree(object)) {
    if (names.size() == limit) break;
    if (node.state() == NodeState::kUnread || node.state() == NodeState::kStale) {
      names.emplace_back(node.path());
    }
  }
  return names;
}

std::size_t Tree::unread_count(std::string_view object) const {
  const std::span<const Node> nodes = subtree(object);
  return static_cast<std::size_t>(std::count_if(nodes.begin(), nodes.end(), [](const Node& node) {
    return node.state() == NodeState::kUnread || node.state() == NodeState::kStale;
  }));
}

// ---- changing ----------------------------------------------------------------------------------

Diff Tree::apply(const TreeUpdate& update, std::int64_t now_ms) {
  return std::visit([&](const auto& typed) { return on(typed, now_ms); }, update);
}

Node Tree::make_node(std::string_view path) const {
  Node node;
  node.path_ = pool_->intern(path);
  if (path.ends_with('.')) node.state_ = NodeState::kKnown;
  return node;
}

void Tree::touch(Node& node) {
  if (!node.dirty_) ++dirty_count_;
  node.dirty_ = true;
}

/// Adds what is missing of these paths and of the objects above them.
void Tree::insert(std::vector<std::string_view> paths, Diff& diff) {
  std::vector<std::string_view> missing;
  std::vector<std::string_view> chain;
  for (const std::string_view path : paths) {
    if (!is_valid_path(path)) continue;
    chain.clear();
    for (std::string_view up = path; !up.empty(); up = parent_path(up)) {
      // What stands above the path before this one is queued, or there.
      const bool queued = up.ends_with('.') && !missing.empty() && missing.back().starts_with(up);
      if (queued || find(up) != nullptr) break;
      chain.push_back(up);
    }
    missing.insert(missing.end(), chain.rbegin(), chain.rend());
  }
  if (missing.empty()) return;
  sort_paths(missing);
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  // Cut from the end: what stays keeps the objects above it.
  missing.resize(std::min(missing.size(), kMaxNodes - std::min(kMaxNodes, nodes_.size())));

  const auto old_size = static_cast<std::ptrdiff_t>(nodes_.size());
  nodes_.reserve(nodes_.size() + missing.size());
  for (std::string_view path : missing) {
    if (is_instance(path)) diff.emplace_back(ObjectCreated{std::string(path)});
    nodes_.push_back(make_node(path));
    touch(nodes_.back());
  }
  std::inplace_merge(nodes_.begin(), nodes_.begin() + old_size, nodes_.end(),
                     [](const Node& a, const Node& b) { return path_less(a.path(), b.path()); });
}

void Tree::erase(std::size_t begin, std::size_t end, const std::function<bool(const Node&)>& gone,
                 Diff& diff) {
  auto kept = nodes_.begin() + static_cast<std::ptrdiff_t>(begin);
  const auto last = nodes_.begin() + static_cast<std::ptrdiff_t>(end);
  for (auto node = kept; node != last; ++node) {
    if (!gone(*node)) {
      if (kept != node) *kept = std::move(*node);
      ++kept;
      continue;
    }
    if (is_instance(node->path())) diff.emplace_back(ObjectDeleted{std::string(node->path())});
    erased_.emplace_back(node->path());
    if (node->dirty_) --dirty_count_;
  }
  nodes_.erase(kept, last);
}

void Tree::take_value(Node& node, const cwmp::ParameterValue& value, std::int64_t now_ms,
                      Diff& diff) {
  ValueType type = value_type(value.type);
  // "string" is what sloppy peers call everything (quirk 10): it does not replace a better type.
  const bool known_better = type == ValueType::kString && node.type_ != ValueType::kUnknown;
  if (type == ValueType::kUnknown || known_better) type = node.type_;

  const bool other_text = node.value_.view() != value.value;
  if (node.has_value() && other_text && !same_value(node.value_.view(), value.value, type)) {
    diff.emplace_back(ValueChanged{value.name, value.value, type});
  }
  if (!node.has_value() || other_text || type != node.type_) touch(node);
  if (other_text) node.value_ = SmallText(value.value);
  node.type_ = type;
  node.state_ = NodeState::kKnown;
  node.updated_ms_ = now_ms;
}

Diff Tree::on(const ValuesRead& update, std::int64_t now_ms) {
  Diff diff;
  std::vector<std::string_view> unknown;
  std::size_t hint = 0;
  for (const cwmp::ParameterValue& value : update.values) {
    const bool object = value.name.ends_with('.');  // no value, whatever it carries (quirk 11)
    if (!object && find_after(value.name, hint) == nullptr) unknown.push_back(value.name);
  }
  if (!unknown.empty()) insert(std::move(unknown), diff);
  hint = 0;
  for (const cwmp::ParameterValue& value : update.values) {
    Node* node = find_after(value.name, hint);
    if (node != nullptr && !node->is_object()) take_value(*node, value, now_ms, diff);
  }
  return diff;
}

Diff Tree::on(const NamesListed& update, std::int64_t) {
  Diff diff;
  const std::string_view path = update.path;
  if (!path.ends_with('.')) return diff;
  std::vector<std::string_view> listed;
  for (const cwmp::ParameterInfo& info : update.names) {
    if (info.name.starts_with(path)) listed.push_back(info.name);
  }
  sort_paths(listed);

  const auto is_listed = [&listed](std::string_view name) {
    auto at = std::lower_bound(listed.begin(), listed.end(), name, path_less);
    // An object is there when anything below it is: some devices list parameters only.
    return at != listed.end() && (*at == name || (name.ends_with('.') && at->starts_with(name)));
  };
  const std::size_t begin = lower_bound(path);
  erase(
      begin, subtree_end(begin, path),
      [&](const Node& node) {
        if (node.path() == path) return false;
        return !is_listed(update.next_level ? child_of(path, node.path()) : node.path());
      },
      diff);

  insert(std::move(listed), diff);
  std::size_t hint = begin;
  for (const cwmp::ParameterInfo& info : update.names) {
    Node* node = find_after(info.name, hint);
    if (node == nullptr || !info.name.starts_with(path)) continue;
    const Writable writable = info.writable ? Writable::kYes : Writable::kNo;
    if (node->writable_ == writable) continue;
    node->writable_ = writable;
    touch(*node);
  }
  return diff;
}

Diff Tree::on(const NamesRefused& update, std::int64_t) {
  for (const std::string& name : update.names) {
    Node* node = find_mutable(name);
    if (node == nullptr || node->is_object() || node->state_ == NodeState::kGone) continue;
    node->state_ = NodeState::kGone;
    node->value_ = SmallText();
    touch(*node);
  }
  return {};
}

Diff Tree::on(const InstanceAdded& update, std::int64_t) {
  Diff diff;
  if (is_instance(update.path)) insert({update.path}, diff);
  return diff;
}

Diff Tree::on(const ObjectRemoved& update, std::int64_t) {
  Diff diff;
  if (!update.path.ends_with('.')) return diff;
  const std::size_t begin = lower_bound(update.path);
  erase(
      begin, subtree_end(begin, update.path), [](const Node&) { return true; }, diff);
  return diff;
}

Diff Tree::on(const MarkedStale& update, std::int64_t) {
  std::size_t begin = lower_bound(update.path);
  std::size_t end = subtree_end(begin, update.path);
  const bool one = !update.path.empty() && !update.path.ends_with('.');
  if (one) end = find(update.path) == nullptr ? begin : begin + 1;
  for (; begin < end; ++begin) {
    Node& node = nodes_[begin];
    if (node.is_object()) continue;
    if (node.state_ == NodeState::kKnown) node.state_ = NodeState::kStale;
    if (node.state_ == NodeState::kGone && update.retry_refused) {
      node.state_ = NodeState::kUnread;
      touch(node);
    }
  }
  return {};
}

// ---- storing -----------------------------------------------------------------------------------

DirtyRows Tree::take_dirty() {
  DirtyRows rows;
  if (dirty_count_ > 0) rows.put.reserve(dirty_count_);
  for (std::size_t at = 0; dirty_count_ > 0; ++at) {
    Node& node = nodes_[at];
    if (!node.dirty_) continue;
    node.dirty_ = false;
    --dirty_count_;
    auto flags = static_cast<unsigned>(node.writable_);
    if (!node.is_object() && node.has_value()) flags |= kHasValue;
    if (node.state_ == NodeState::kGone) flags |= kRefused;
    rows.put.push_back({std::string(node.path()), std::string(node.value()),
                        static_cast<std::uint8_t>(node.type_), static_cast<std::uint16_t>(flags),
                        node.updated_ms_});
  }
  for (std::string& path : erased_) {
    if (find(path) == nullptr) rows.erased.push_back(std::move(path));
  }
  erased_.clear();
  return rows;
}

void Tree::mark_all_dirty() {
  for (Node& node : nodes_) touch(node);
}

std::size_t Tree::memory_bytes() const {
  std::size_t bytes = nodes_.capacity() * sizeof(Node);
  for (const Node& node : nodes_) bytes += node.value_.heap_bytes();
  for (const std::string& path : erased_) bytes += sizeof(std::string) + path.capacity();
  return bytes;
}

}  // namespace bridge
