#include "bridge/store/sqlite_mirror.h"

#include <algorithm>

#include "bridge/store/sqlite_result.h"

namespace bridge {
namespace {

using sqlite::Query;

std::int64_t kind_of(const NodeRow& row) { return row.type + 256 * std::int64_t{row.flags}; }

}  // namespace

Result<std::vector<NodeRow>> SqliteMirror::nodes(std::int64_t device_id) {
  auto read = [](Query& query) -> Result<NodeRow> {
    const std::int64_t kind = query.integer(2);
    return NodeRow{query.text(0), query.text(1), static_cast<std::uint8_t>(kind & 255),
                   static_cast<std::uint16_t>(kind / 256), query.integer(3)};
  };
  return db_.all(
      "SELECT path.text, node.value, node.kind, node.updated_ms FROM node"
      " CROSS JOIN path ON path.id=node.path_id WHERE node.device_id=?",
      read, device_id);
}

Result<std::int64_t> SqliteMirror::node_count(std::int64_t device_id) {
  return db_.number("SELECT count(*) FROM node WHERE device_id=?", device_id);
}

Result<std::int64_t> SqliteMirror::last_inform_ms(std::int64_t device_id) {
  return db_.number("SELECT last_inform_ms FROM device_seen WHERE device_id=?", device_id);
}

Result<std::int64_t> SqliteMirror::path_id(std::string_view path, bool insert) {
  if (const auto known = path_ids_.find(path); known != path_ids_.end()) return known->second;
  Result<std::int64_t> id = db_.number("SELECT id FROM path WHERE text=?", path);
  if (!id) return id;
  if (*id == 0) {
    if (!insert) return id;
    if (auto added = db_.run("INSERT INTO path(text) VALUES(?)", path); !added) return added;
    id = db_.last_insert_id();
    uncommitted_.emplace_back(path);
  }
  if (path_ids_.size() >= kMaxCachedPaths) path_ids_.clear();
  path_ids_.emplace(path, *id);
  return id;
}

void SqliteMirror::rolled_back() {
  for (const std::string& path : uncommitted_) {
    path_ids_.erase(path);
  }
  uncommitted_.clear();
}

Result<void> SqliteMirror::put_nodes(std::int64_t device_id, std::span<const NodeRow> rows) {
  std::vector<std::pair<std::int64_t, const NodeRow*>> ordered;
  ordered.reserve(rows.size());
  for (const NodeRow& row : rows) {
    const Result<std::int64_t> id = path_id(row.path, true);
    if (!id) return tl::unexpected(id.error());
    ordered.emplace_back(*id, &row);
  }
  // In the order of the key pages fill up; of equal paths the last one wins.
  std::stable_sort(ordered.begin(), ordered.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });

  Result<Query> query = db_.prepare(
      "INSERT INTO node(device_id, path_id, value, kind, updated_ms) VALUES(?,?,?,?,?)"
      " ON CONFLICT DO UPDATE SET value=excluded.value, kind=excluded.kind,"
      " updated_ms=excluded.updated_ms");
  if (!query) return tl::unexpected(std::move(query).error());
  query->bind(1, device_id);
  for (const auto& [id, row] : ordered) {
    query->bind(2, id);
    query->bind(3, std::string_view(row->value));
    query->bind(4, kind_of(*row));
    query->bind(5, row->updated_ms);
    if (auto stepped = query->step(); !stepped) return tl::unexpected(std::move(stepped).error());
  }
  return {};
}

Result<void> SqliteMirror::erase_nodes(std::int64_t device_id, std::span<const std::string> paths) {
  for (const std::string& path : paths) {
    const Result<std::int64_t> id = path_id(path, false);
    if (!id) return tl::unexpected(id.error());
    if (*id == 0) continue;
    auto erased = db_.run("DELETE FROM node WHERE device_id=? AND path_id=?", device_id, *id);
    if (!erased) return tl::unexpected(std::move(erased).error());
  }
  return {};
}

Result<void> SqliteMirror::erase_device(std::int64_t device_id) {
  if (auto seen = db_.run("DELETE FROM device_seen WHERE device_id=?", device_id); !seen) {
    return tl::unexpected(std::move(seen).error());
  }
  return sqlite::done(db_.run("DELETE FROM node WHERE device_id=?", device_id));
}

Result<void> SqliteMirror::put_last_inform_ms(std::int64_t device_id, std::int64_t time_ms) {
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO device_seen(device_id, last_inform_ms) VALUES(?,?)",
              device_id, time_ms));
}

}  // namespace bridge
