// Bulk operations and their items.
#include "bridge/store/sqlite_result.h"
#include "bridge/store/sqlite_state.h"

namespace bridge {
namespace {

using sqlite::Blob;
using sqlite::Query;

#define BRIDGE_BULK_COLUMNS \
  "id, state, created_ms, finished_ms, cancelled, requester, body, succeeded, failed, not_begun"
#define BRIDGE_BULK_ITEM_COLUMNS \
  "number, endpoint_id, state, code, operation_id, started_ms, finished_ms, result"

constexpr unsigned kAllStates = ~0U;

Result<BulkRow> read_bulk(Query& query) {
  BulkRow row;
  row.id = query.integer(0);
  row.state = static_cast<int>(query.integer(1));
  row.created_ms = query.integer(2);
  row.finished_ms = query.integer(3);
  row.cancelled = query.integer(4) != 0;
  row.requester = query.text(5);
  row.body = query.text(6);
  row.succeeded = query.integer(7);
  row.failed = query.integer(8);
  row.not_begun = query.integer(9);
  return row;
}

Result<BulkItemRow> read_item(Query& query) {
  BulkItemRow row;
  row.number = query.integer(0);
  row.endpoint_id = query.text(1);
  row.state = static_cast<int>(query.integer(2));
  row.code = static_cast<int>(query.integer(3));
  row.operation_id = query.integer(4);
  row.started_ms = query.integer(5);
  row.finished_ms = query.integer(6);
  row.result = query.text(7);
  return row;
}

}  // namespace

Result<std::optional<BulkRow>> SqliteState::bulk(std::int64_t id) {
  return db_.one("SELECT " BRIDGE_BULK_COLUMNS " FROM bulk WHERE id=?", read_bulk, id);
}

Result<std::vector<BulkRow>> SqliteState::bulks(std::int64_t before_id, std::size_t limit,
                                                std::string_view requester) {
  const std::int64_t below = before_id == 0 ? INT64_MAX : before_id;
  return db_.all("SELECT " BRIDGE_BULK_COLUMNS
                 " FROM bulk WHERE id<? AND (requester=? OR ?='') ORDER BY id DESC LIMIT ?",
                 read_bulk, below, requester, requester, limit);
}

Result<std::vector<BulkRow>> SqliteState::open_bulks() {
  return db_.all("SELECT " BRIDGE_BULK_COLUMNS " FROM bulk WHERE finished_ms=0 ORDER BY id",
                 read_bulk);
}

Result<std::map<int, std::int64_t>> SqliteState::bulk_counts(std::int64_t id) {
  using Count = std::pair<int, std::int64_t>;
  auto read = [](Query& query) -> Result<Count> {
    return Count{static_cast<int>(query.integer(0)), query.integer(1)};
  };
  auto rows =
      db_.all("SELECT state, count(*) FROM bulk_item WHERE bulk_id=? GROUP BY state", read, id);
  if (!rows) return tl::unexpected(std::move(rows).error());
  return std::map<int, std::int64_t>(rows->begin(), rows->end());
}

Result<std::vector<BulkItemRow>> SqliteState::bulk_items(std::int64_t id, unsigned states,
                                                         std::int64_t after_number,
                                                         std::size_t limit) {
  const std::int64_t wanted = states == 0 ? kAllStates : states;
  return db_.all("SELECT " BRIDGE_BULK_ITEM_COLUMNS
                 " FROM bulk_item WHERE bulk_id=? AND number>? AND ((1 << state) & ?)<>0"
                 " ORDER BY number LIMIT ?",
                 read_item, id, after_number, wanted, limit);
}

Result<std::int64_t> SqliteState::add_bulk(const BulkRow& row,
                                           std::span<const std::string> endpoint_ids) {
  const Result<std::int64_t> added =
      db_.run("INSERT INTO bulk(" BRIDGE_BULK_COLUMNS ") VALUES(NULL,?,?,?,?,?,?,?,?,?)", row.state,
              row.created_ms, row.finished_ms, row.cancelled, std::string_view(row.requester),
              Blob{row.body}, row.succeeded, row.failed, row.not_begun);
  if (!added) return added;
  const std::int64_t id = db_.last_insert_id();
  std::int64_t number = 0;
  for (const std::string& endpoint_id : endpoint_ids) {
    const Result<std::int64_t> item = db_.run(
        "INSERT INTO bulk_item(bulk_id, " BRIDGE_BULK_ITEM_COLUMNS ") VALUES(?,?,?,0,0,0,0,0,x'')",
        id, ++number, std::string_view(endpoint_id));
    if (!item) return item;
  }
  return id;
}

Result<bool> SqliteState::update_bulk(const BulkRow& row) {
  return sqlite::any(db_.run(
      "UPDATE bulk SET state=?, created_ms=?, finished_ms=?, cancelled=?, requester=?,"
      " body=?, succeeded=?, failed=?, not_begun=? WHERE id=?",
      row.state, row.created_ms, row.finished_ms, row.cancelled, std::string_view(row.requester),
      Blob{row.body}, row.succeeded, row.failed, row.not_begun, row.id));
}

Result<bool> SqliteState::update_bulk_item(std::int64_t id, const BulkItemRow& row) {
  return sqlite::any(
      db_.run("UPDATE bulk_item SET state=?, code=?, operation_id=?, started_ms=?, finished_ms=?,"
              " result=? WHERE bulk_id=? AND number=?",
              row.state, row.code, row.operation_id, row.started_ms, row.finished_ms,
              Blob{row.result}, id, row.number));
}

Result<std::int64_t> SqliteState::move_bulk_items(std::int64_t id, int from_state, int to_state) {
  return db_.run("UPDATE bulk_item SET state=? WHERE bulk_id=? AND state=?", to_state, id,
                 from_state);
}

Result<bool> SqliteState::erase_bulk(std::int64_t id) {
  return sqlite::any(db_.run("DELETE FROM bulk WHERE id=?", id));
}

Result<std::int64_t> SqliteState::purge_bulks(std::int64_t before_ms, std::size_t limit) {
  return db_.run(
      "DELETE FROM bulk WHERE id IN (SELECT id FROM bulk"
      " WHERE finished_ms>0 AND finished_ms<? ORDER BY finished_ms LIMIT ?)",
      before_ms, limit);
}

}  // namespace bridge
