// Trees that follow another tree.
#include <algorithm>
#include <utility>

#include "bridge/tree.h"

namespace bridge {

namespace {

bool in_order(std::string_view a, std::string_view b) { return compare_paths(a, b) < 0; }

/// Both were known, and they mean different things.
bool differs(const Node& before, const Node& after) {
  return before.has_value() && after.has_value() &&
         !same_value(before.value(), after.value(), after.type());
}

}  // namespace

Node Tree::make_node(const NodeFacts& facts) const {
  Node node = make_node(facts.path);
  node.value_ = SmallText(facts.value);
  node.type_ = facts.type;
  node.writable_ = facts.writable;
  node.state_ = facts.state;
  node.updated_ms_ = facts.updated_ms;
  return node;
}

void Tree::assign(std::span<const NodeFacts> all) {
  std::vector<Node> nodes;
  nodes.reserve(all.size() + all.size() / 4);
  for (const NodeFacts& facts : all) nodes.push_back(make_node(facts));
  const auto less = [](const Node& a, const Node& b) { return in_order(a.path(), b.path()); };
  std::stable_sort(nodes.begin(), nodes.end(), less);
  const auto same = [](const Node& a, const Node& b) { return a.path() == b.path(); };
  nodes.erase(std::unique(nodes.begin(), nodes.end(), same), nodes.end());

  nodes_.clear();
  erased_.clear();
  dirty_count_ = 0;
  nodes_.reserve(nodes.size() + nodes.size() / 8);
  std::vector<std::string_view> missing;
  for (Node& node : nodes) {
    missing.clear();
    const std::string_view before = nodes_.empty() ? std::string_view() : nodes_.back().path();
    for (std::string_view up = parent_path(node.path()); !up.empty(); up = parent_path(up)) {
      if (before.starts_with(up)) break;  // then all above it is there
      missing.push_back(up);
    }
    for (auto up = missing.rbegin(); up != missing.rend(); ++up) nodes_.push_back(make_node(*up));
    nodes_.push_back(std::move(node));
  }
}

void Tree::add(std::span<const NodeFacts> more) {
  const auto old_size = static_cast<std::ptrdiff_t>(nodes_.size());
  for (const NodeFacts& facts : more) nodes_.push_back(make_node(facts));
  std::inplace_merge(nodes_.begin(), nodes_.begin() + old_size, nodes_.end(),
                     [](const Node& a, const Node& b) { return in_order(a.path(), b.path()); });
}

void Tree::assign(std::size_t index, const NodeFacts& facts, Diff& diff) {
  Node* node = &nodes_[index];
  const bool known = node->has_value();
  const bool readable = facts.state == NodeState::kKnown || facts.state == NodeState::kStale;
  if (known && readable && !same_value(node->value(), facts.value, facts.type)) {
    diff.emplace_back(
        ValueChanged{std::string(node->path()), std::string(facts.value), facts.type});
  }
  if (node->value() != facts.value) node->value_ = SmallText(facts.value);
  node->type_ = facts.type;
  node->writable_ = facts.writable;
  node->state_ = facts.state;
  node->updated_ms_ = facts.updated_ms;
}

Diff Tree::changes_since(const Tree& before) const {
  Diff created;
  Diff changed;
  Diff deleted;
  auto old = before.nodes_.begin();
  auto now = nodes_.begin();
  while (old != before.nodes_.end() || now != nodes_.end()) {
    int order = 0;
    if (old == before.nodes_.end()) {
      order = 1;
    } else if (now == nodes_.end()) {
      order = -1;
    } else {
      order = compare_paths(old->path(), now->path());
    }
    if (order == 0 && differs(*old, *now)) {
      changed.emplace_back(
          ValueChanged{std::string(now->path()), std::string(now->value()), now->type()});
    }
    if (order < 0 && is_instance(old->path())) {
      deleted.emplace_back(ObjectDeleted{std::string(old->path())});
    }
    if (order > 0 && is_instance(now->path())) {
      created.emplace_back(ObjectCreated{std::string(now->path())});
    }
    if (order <= 0) ++old;
    if (order >= 0) ++now;
  }
  for (Diff* part : {&changed, &deleted}) {
    created.insert(created.end(), std::make_move_iterator(part->begin()),
                   std::make_move_iterator(part->end()));
  }
  return created;
}

}  // namespace bridge
