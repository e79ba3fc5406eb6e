// Freezes: few, and read whole.
#include "bridge/store/sqlite_result.h"
#include "bridge/store/sqlite_state.h"

namespace bridge {
namespace {

using sqlite::Query;

#define BRIDGE_FREEZE_COLUMNS \
  "scope, oui, product_class, software_version, controller, reason, creator, created_ms"

Result<FreezeRow> read_freeze(Query& query) {
  FreezeRow row;
  row.id = query.integer(0);
  row.scope = static_cast<int>(query.integer(1));
  row.oui = query.text(2);
  row.product_class = query.text(3);
  row.software_version = query.text(4);
  row.controller = query.text(5);
  row.reason = query.text(6);
  row.creator = query.text(7);
  row.created_ms = query.integer(8);
  return row;
}

}  // namespace

Result<std::vector<FreezeRow>> SqliteState::freezes() {
  return db_.all("SELECT id, " BRIDGE_FREEZE_COLUMNS " FROM freeze ORDER BY id", read_freeze);
}

Result<std::int64_t> SqliteState::add_freeze(const FreezeRow& row) {
  auto added = db_.run("INSERT INTO freeze(" BRIDGE_FREEZE_COLUMNS ") VALUES(?,?,?,?,?,?,?,?)",
                       row.scope, std::string_view(row.oui), std::string_view(row.product_class),
                       std::string_view(row.software_version), std::string_view(row.controller),
                       std::string_view(row.reason), std::string_view(row.creator), row.created_ms);
  if (!added) return tl::unexpected(added.error());
  return db_.last_insert_id();
}

Result<bool> SqliteState::erase_freeze(std::int64_t id) {
  return sqlite::any(db_.run("DELETE FROM freeze WHERE id=?", id));
}

}  // namespace bridge
