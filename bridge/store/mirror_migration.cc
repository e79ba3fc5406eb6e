#include "bridge/store/mirror_migration.h"

#include "bridge/store/node_block.h"
#include "bridge/store/sqlite_mirror.h"
#include "bridge/store/sqlite_result.h"

namespace bridge {

namespace {

using sqlite::Query;

Result<void> put(sqlite::Connection& db, std::int64_t key, BlockWriter& block) {
  if (block.empty()) return {};
  const std::string bytes = block.take();
  return sqlite::done(db.run("INSERT INTO block(id, nodes) VALUES(?,?)", key, sqlite::Blob{bytes}));
}

BlockNode node_of(Query& query) {
  const std::int64_t kind = query.integer(3);
  BlockNode node;
  node.place = static_cast<std::uint32_t>(query.integer(1) % kBlockPaths);
  node.type = static_cast<std::uint8_t>(kind & 255);
  node.flags = static_cast<std::uint16_t>(kind / 256);
  node.updated_ms = query.integer(4);
  node.value = query.bytes(2);
  return node;
}

}  // namespace

Result<void> nodes_to_blocks(sqlite::Connection& db) {
  Result<Query> query = db.prepare(
      "SELECT device_id, path_id, value, kind, updated_ms FROM node ORDER BY device_id, path_id");
  if (!query) return tl::unexpected(std::move(query).error());
  BlockWriter block;
  std::int64_t key = 0;
  for (;;) {
    Result<bool> more = query->step();
    if (!more) return tl::unexpected(std::move(more).error());
    if (!*more) return put(db, key, block);
    const std::int64_t here = block_key(query->integer(0), query->integer(1));
    if (here != key) {
      if (auto done = put(db, key, block); !done) return done;
      key = here;
    }
    block.add(node_of(*query));
  }
}

}  // namespace bridge
