#include "bridge/store/sqlite_mirror.h"

#include <algorithm>

#include "bridge/store/node_block.h"
#include "bridge/store/sqlite_result.h"

namespace bridge {
namespace {

using sqlite::Query;

/// Numbers of blocks a device has: 2^30 paths.
constexpr std::int64_t kBlocks = std::int64_t{1} << 24U;

std::int64_t place_of(std::int64_t path_id) { return path_id % kBlockPaths; }

BlockNode node_of(std::int64_t path_id, const NodeRow& row) {
  return {static_cast<std::uint32_t>(place_of(path_id)), row.type, row.flags, row.updated_ms,
          row.value};
}

}  // namespace

Error SqliteMirror::unreadable() {
  found_damage_ = true;
  return {ErrorKind::kCorrupt, "mirror: a block cannot be read"};
}

std::int64_t block_key(std::int64_t device_id, std::int64_t path_id) {
  return device_id * kBlocks + path_id / kBlockPaths;
}

Result<std::vector<NodeRow>> SqliteMirror::nodes(std::int64_t device_id) {
  Result<Query> query = db_.prepare("SELECT id, nodes FROM block WHERE id>=? AND id<?");
  if (!query) return tl::unexpected(std::move(query).error());
  query->bind(1, device_id * kBlocks);
  query->bind(2, (device_id + 1) * kBlocks);
  std::vector<NodeRow> rows;
  for (;;) {
    Result<bool> more = query->step();
    if (!more) return tl::unexpected(std::move(more).error());
    if (!*more) return rows;
    auto appended = append_nodes(query->integer(0), query->bytes(1), rows);
    if (!appended) return tl::unexpected(std::move(appended).error());
  }
}

Result<void> SqliteMirror::append_nodes(std::int64_t key, std::string_view block,
                                        std::vector<NodeRow>& rows) {
  BlockReader reader(block);
  if (!reader.valid()) return tl::unexpected(unreadable());
  const std::int64_t first = key % kBlocks * kBlockPaths;
  BlockNode node;
  while (reader.next(node)) {
    Result<std::string> path = path_text(first + node.place);
    if (!path) return tl::unexpected(std::move(path).error());
    rows.push_back(
        {*std::move(path), std::string(node.value), node.type, node.flags, node.updated_ms});
  }
  return {};
}

Result<std::int64_t> SqliteMirror::last_inform_ms(std::int64_t device_id) {
  return db_.number("SELECT last_inform_ms FROM device_seen WHERE device_id=?", device_id);
}

Result<std::vector<SeenRow>> SqliteMirror::seen(const SeenRow& after, std::int64_t to_ms,
                                                std::size_t limit) {
  auto read = [](Query& query) -> Result<SeenRow> {
    return SeenRow{query.integer(0), query.integer(1)};
  };
  return db_.all(
      "SELECT last_inform_ms, device_id FROM device_seen"
      " WHERE (last_inform_ms, device_id) > (?,?) AND last_inform_ms<=?"
      " ORDER BY last_inform_ms, device_id LIMIT ?",
      read, after.last_inform_ms, after.device_id, to_ms, limit);
}

Result<std::int64_t> SqliteMirror::newest_inform_ms() {
  return db_.number("SELECT max(last_inform_ms) FROM device_seen");
}

Result<std::int64_t> SqliteMirror::seen_count(std::int64_t after_ms) {
  return db_.number("SELECT count(*) FROM device_seen WHERE last_inform_ms>?", after_ms);
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

Result<std::string> SqliteMirror::path_text(std::int64_t id) {
  if (const auto known = path_texts_.find(id); known != path_texts_.end()) return known->second;
  auto read = [](Query& query) -> Result<std::string> { return query.text(0); };
  Result<std::optional<std::string>> text = db_.one("SELECT text FROM path WHERE id=?", read, id);
  if (!text) return tl::unexpected(std::move(text).error());
  if (!*text) return tl::unexpected(unreadable());
  if (path_texts_.size() >= kMaxCachedPaths) path_texts_.clear();
  return path_texts_.emplace(id, **std::move(text)).first->second;
}

void SqliteMirror::rolled_back() {
  for (const std::string& path : uncommitted_) {
    path_ids_.erase(path);
  }
  if (!uncommitted_.empty()) path_texts_.clear();
  uncommitted_.clear();
}

Result<void> SqliteMirror::put_nodes(std::int64_t device_id, std::span<const NodeRow> rows) {
  Ordered ordered;
  ordered.reserve(rows.size());
  for (const NodeRow& row : rows) {
    const Result<std::int64_t> id = path_id(row.path, true);
    if (!id) return tl::unexpected(id.error());
    ordered.emplace_back(*id, &row);
  }
  return change_blocks(device_id, std::move(ordered));
}

Result<void> SqliteMirror::erase_nodes(std::int64_t device_id, std::span<const std::string> paths) {
  Ordered ordered;
  for (const std::string& path : paths) {
    const Result<std::int64_t> id = path_id(path, false);
    if (!id) return tl::unexpected(id.error());
    if (*id != 0) ordered.emplace_back(*id, nullptr);
  }
  return change_blocks(device_id, std::move(ordered));
}

Result<void> SqliteMirror::change_blocks(std::int64_t device_id, Ordered changes) {
  // Of equal paths the last one wins.
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t begin = 0; begin < changes.size();) {
    const std::int64_t key = block_key(device_id, changes[begin].first);
    std::size_t end = begin + 1;
    while (end < changes.size() && block_key(device_id, changes[end].first) == key) ++end;
    auto changed = change_block(key, std::span(changes).subspan(begin, end - begin));
    if (!changed) return changed;
    begin = end;
  }
  return {};
}

Result<void> SqliteMirror::change_block(std::int64_t key,
                                        std::span<const Ordered::value_type> changes) {
  auto read = [](Query& query) -> Result<std::string> { return query.text(0); };
  Result<std::optional<std::string>> old = db_.one("SELECT nodes FROM block WHERE id=?", read, key);
  if (!old) return tl::unexpected(std::move(old).error());
  BlockReader reader(old->value_or(""));
  if (!reader.valid()) return tl::unexpected(unreadable());
  BlockWriter writer;
  BlockNode node;
  bool more = reader.next(node);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto& [id, row] = changes[i];
    if (i + 1 < changes.size() && changes[i + 1].first == id) continue;
    for (; more && node.place < place_of(id); more = reader.next(node)) writer.add(node);
    if (more && node.place == place_of(id)) more = reader.next(node);
    if (row != nullptr) writer.add(node_of(id, *row));
  }
  for (; more; more = reader.next(node)) writer.add(node);

  if (writer.empty()) return sqlite::done(db_.run("DELETE FROM block WHERE id=?", key));
  const std::string bytes = writer.take();
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO block(id, nodes) VALUES(?,?)", key, sqlite::Blob{bytes}));
}

Result<void> SqliteMirror::erase_device(std::int64_t device_id) {
  if (auto seen = db_.run("DELETE FROM device_seen WHERE device_id=?", device_id); !seen) {
    return tl::unexpected(std::move(seen).error());
  }
  return sqlite::done(db_.run("DELETE FROM block WHERE id>=? AND id<?", device_id * kBlocks,
                              (device_id + 1) * kBlocks));
}

Result<void> SqliteMirror::put_last_inform_ms(std::int64_t device_id, std::int64_t time_ms) {
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO device_seen(device_id, last_inform_ms) VALUES(?,?)",
              device_id, time_ms));
}

}  // namespace bridge
