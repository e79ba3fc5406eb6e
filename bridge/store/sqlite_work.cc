// Operations, the outbox, timers, instance numbers: work that waits.
#include "bridge/store/sqlite_result.h"
#include "bridge/store/sqlite_state.h"

namespace bridge {
namespace {

using sqlite::Blob;
using sqlite::Query;

#define BRIDGE_OPERATION_COLUMNS                                                                  \
  "id, device_id, kind, state, created_ms, deadline_ms, finished_ms, command_key, origin, body, " \
  "progress"
#define BRIDGE_OUTBOX_COLUMNS                                                             \
  "id, device_id, controller, subscription_id, kind, payload, needs_response, attempts, " \
  "created_ms, next_attempt_ms, expires_ms, msg_id"
#define BRIDGE_TIMER_COLUMNS "device_id, kind, key, due_ms, payload"

Result<OperationRow> read_operation(Query& query) {
  OperationRow row;
  row.id = query.integer(0);
  row.device_id = query.integer(1);
  row.kind = static_cast<int>(query.integer(2));
  row.state = static_cast<int>(query.integer(3));
  row.created_ms = query.integer(4);
  row.deadline_ms = query.integer(5);
  row.finished_ms = query.integer(6);
  row.command_key = query.text(7);
  row.origin = query.text(8);
  row.body = query.text(9);
  row.progress = query.text(10);
  return row;
}

Result<OutboxRow> read_notification(Query& query) {
  OutboxRow row;
  row.id = query.integer(0);
  row.device_id = query.integer(1);
  row.controller = query.text(2);
  row.subscription_id = query.text(3);
  row.kind = static_cast<int>(query.integer(4));
  row.payload = query.text(5);
  row.needs_response = query.integer(6) != 0;
  row.attempts = static_cast<int>(query.integer(7));
  row.created_ms = query.integer(8);
  row.next_attempt_ms = query.integer(9);
  row.expires_ms = query.integer(10);
  row.msg_id = query.text(11);
  return row;
}

Result<TimerRow> read_timer(Query& query) {
  return TimerRow{query.integer(0), static_cast<int>(query.integer(1)), query.text(2),
                  query.integer(3), query.text(4)};
}

Result<std::int64_t> read_number(Query& query) { return query.integer(0); }

}  // namespace

Result<std::optional<OperationRow>> SqliteState::operation(std::int64_t id) {
  return db_.one("SELECT " BRIDGE_OPERATION_COLUMNS " FROM operation WHERE id=?", read_operation,
                 id);
}

Result<std::vector<OperationRow>> SqliteState::open_operations(std::int64_t device_id) {
  return db_.all("SELECT " BRIDGE_OPERATION_COLUMNS
                 " FROM operation WHERE device_id=? AND finished_ms=0 ORDER BY id",
                 read_operation, device_id);
}

Result<std::int64_t> SqliteState::open_operation_count(std::int64_t device_id) {
  return db_.number("SELECT count(*) FROM operation WHERE device_id=? AND finished_ms=0",
                    device_id);
}

Result<std::vector<OperationRow>> SqliteState::due_operations(std::int64_t now_ms,
                                                              std::size_t limit) {
  return db_.all("SELECT " BRIDGE_OPERATION_COLUMNS
                 " FROM operation WHERE finished_ms=0 AND deadline_ms>0 AND deadline_ms<=?"
                 " ORDER BY deadline_ms LIMIT ?",
                 read_operation, now_ms, limit);
}

Result<std::vector<OperationRow>> SqliteState::operations(std::int64_t device_id,
                                                          std::int64_t before_id,
                                                          std::size_t limit) {
  const std::int64_t below = before_id == 0 ? INT64_MAX : before_id;
  if (device_id == 0) {
    return db_.all("SELECT " BRIDGE_OPERATION_COLUMNS
                   " FROM operation WHERE id<? ORDER BY id DESC LIMIT ?",
                   read_operation, below, limit);
  }
  return db_.all("SELECT " BRIDGE_OPERATION_COLUMNS
                 " FROM operation WHERE device_id=? AND id<? ORDER BY id DESC LIMIT ?",
                 read_operation, device_id, below, limit);
}

Result<std::vector<std::int64_t>> SqliteState::devices_with_open_operations(
    std::int64_t after_device_id, std::size_t limit) {
  return db_.all(
      "SELECT DISTINCT device_id FROM operation WHERE finished_ms=0 AND device_id>?"
      " ORDER BY device_id LIMIT ?",
      read_number, after_device_id, limit);
}

Result<std::int64_t> SqliteState::add_operation(const OperationRow& row) {
  const Result<std::int64_t> added = db_.run(
      "INSERT INTO operation(" BRIDGE_OPERATION_COLUMNS ") VALUES(NULL,?,?,?,?,?,?,?,?,?,?)",
      row.device_id, row.kind, row.state, row.created_ms, row.deadline_ms, row.finished_ms,
      std::string_view(row.command_key), Blob{row.origin}, Blob{row.body}, Blob{row.progress});
  if (!added) return added;
  return db_.last_insert_id();
}

Result<bool> SqliteState::update_operation(std::int64_t id, int state, std::string_view progress,
                                           std::int64_t finished_ms) {
  return sqlite::any(db_.run("UPDATE operation SET state=?, progress=?, finished_ms=? WHERE id=?",
                             state, Blob{progress}, finished_ms, id));
}

Result<bool> SqliteState::erase_operation(std::int64_t id) {
  return sqlite::any(db_.run("DELETE FROM operation WHERE id=?", id));
}

Result<std::int64_t> SqliteState::purge_operations(std::int64_t before_ms, std::size_t limit) {
  return db_.run(
      "DELETE FROM operation WHERE id IN (SELECT id FROM operation"
      " WHERE finished_ms>0 AND finished_ms<? ORDER BY finished_ms LIMIT ?)",
      before_ms, limit);
}

Result<std::vector<OutboxRow>> SqliteState::due_notifications(std::int64_t now_ms,
                                                              std::size_t limit) {
  return db_.all("SELECT " BRIDGE_OUTBOX_COLUMNS
                 " FROM outbox WHERE next_attempt_ms<=? ORDER BY next_attempt_ms, id LIMIT ?",
                 read_notification, now_ms, limit);
}

Result<std::optional<std::int64_t>> SqliteState::next_notification_ms(std::int64_t after_ms) {
  return db_.one(
      "SELECT next_attempt_ms FROM outbox WHERE next_attempt_ms>? ORDER BY next_attempt_ms LIMIT 1",
      read_number, after_ms);
}

Result<std::vector<OutboxRow>> SqliteState::notifications(std::int64_t device_id,
                                                          std::string_view controller,
                                                          std::size_t limit) {
  return db_.all("SELECT " BRIDGE_OUTBOX_COLUMNS
                 " FROM outbox WHERE device_id=? AND controller=? ORDER BY id LIMIT ?",
                 read_notification, device_id, controller, limit);
}

Result<std::int64_t> SqliteState::notification_count(std::int64_t device_id,
                                                     std::string_view controller) {
  return db_.number("SELECT count(*) FROM outbox WHERE device_id=? AND controller=?", device_id,
                    controller);
}

Result<std::int64_t> SqliteState::add_notification(const OutboxRow& row) {
  const Result<std::int64_t> added = db_.run(
      "INSERT INTO outbox(" BRIDGE_OUTBOX_COLUMNS ") VALUES(NULL,?,?,?,?,?,?,?,?,?,?,?)",
      row.device_id, std::string_view(row.controller), std::string_view(row.subscription_id),
      row.kind, Blob{row.payload}, row.needs_response, row.attempts, row.created_ms,
      row.next_attempt_ms, row.expires_ms, std::string_view(row.msg_id));
  if (!added) return added;
  return db_.last_insert_id();
}

Result<bool> SqliteState::reschedule_notification(std::int64_t id, int attempts,
                                                  std::int64_t next_attempt_ms) {
  return sqlite::any(db_.run("UPDATE outbox SET attempts=?, next_attempt_ms=? WHERE id=?", attempts,
                             next_attempt_ms, id));
}

Result<bool> SqliteState::erase_notification(std::int64_t id) {
  return sqlite::any(db_.run("DELETE FROM outbox WHERE id=?", id));
}

Result<bool> SqliteState::confirm_notification(std::int64_t device_id, std::string_view controller,
                                               std::string_view msg_id,
                                               std::string_view subscription_id) {
  return sqlite::any(
      db_.run("DELETE FROM outbox WHERE device_id=? AND controller=? AND msg_id=?"
              " AND needs_response<>0 AND (subscription_id=? OR ?='')",
              device_id, controller, msg_id, subscription_id, subscription_id));
}

Result<std::int64_t> SqliteState::restart_retries(std::int64_t device_id, std::int64_t now_ms) {
  return db_.run(
      "UPDATE outbox SET attempts=0, next_attempt_ms=min(next_attempt_ms, ?)"
      " WHERE device_id=? AND needs_response<>0",
      now_ms, device_id);
}

Result<std::int64_t> SqliteState::erase_notifications(std::int64_t device_id,
                                                      std::string_view controller,
                                                      std::string_view subscription_id) {
  return db_.run("DELETE FROM outbox WHERE device_id=? AND controller=? AND subscription_id=?",
                 device_id, controller, subscription_id);
}

Result<std::int64_t> SqliteState::erase_notifications(std::int64_t device_id,
                                                      std::string_view controller) {
  if (controller.empty()) return db_.run("DELETE FROM outbox WHERE device_id=?", device_id);
  return db_.run("DELETE FROM outbox WHERE device_id=? AND controller=?", device_id, controller);
}

Result<std::int64_t> SqliteState::drop_oldest_notifications(std::int64_t device_id,
                                                            std::string_view controller, int kind,
                                                            std::size_t count) {
  return db_.run(
      "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox"
      " WHERE device_id=? AND controller=? AND kind=? ORDER BY id LIMIT ?)",
      device_id, controller, kind, count);
}

Result<std::vector<TimerRow>> SqliteState::due_timers(std::int64_t now_ms, std::size_t limit) {
  return db_.all("SELECT " BRIDGE_TIMER_COLUMNS
                 " FROM timer WHERE due_ms<=? ORDER BY due_ms LIMIT ?",
                 read_timer, now_ms, limit);
}

Result<std::vector<TimerRow>> SqliteState::timers(std::int64_t device_id) {
  return db_.all("SELECT " BRIDGE_TIMER_COLUMNS " FROM timer WHERE device_id=? ORDER BY kind, key",
                 read_timer, device_id);
}

Result<std::optional<std::int64_t>> SqliteState::next_timer_ms() {
  return db_.one("SELECT due_ms FROM timer ORDER BY due_ms LIMIT 1", read_number);
}

Result<void> SqliteState::put_timer(const TimerRow& row) {
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO timer(" BRIDGE_TIMER_COLUMNS ") VALUES(?,?,?,?,?)",
              row.device_id, row.kind, std::string_view(row.key), row.due_ms, Blob{row.payload}));
}

Result<bool> SqliteState::erase_timer(std::int64_t device_id, int kind, std::string_view key) {
  return sqlite::any(
      db_.run("DELETE FROM timer WHERE device_id=? AND kind=? AND key=?", device_id, kind, key));
}

Result<std::vector<InstanceRow>> SqliteState::instances(std::int64_t device_id) {
  auto read = [](Query& query) -> Result<InstanceRow> {
    return InstanceRow{query.text(0), query.text(1), query.integer(2)};
  };
  return db_.all("SELECT name, key, number FROM instance WHERE device_id=? ORDER BY name, key",
                 read, device_id);
}

Result<void> SqliteState::put_instance(std::int64_t device_id, const InstanceRow& row) {
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO instance(device_id, name, key, number) VALUES(?,?,?,?)",
              device_id, std::string_view(row.name), std::string_view(row.key), row.number));
}

Result<bool> SqliteState::erase_instance(std::int64_t device_id, std::string_view name,
                                         std::string_view key) {
  return sqlite::any(
      db_.run("DELETE FROM instance WHERE device_id=? AND name=? AND key=?", device_id, name, key));
}

Result<std::optional<std::string>> SqliteState::meta(std::string_view key) {
  auto read = [](Query& query) -> Result<std::string> { return query.text(0); };
  return db_.one("SELECT value FROM meta WHERE key=?", read, key);
}

Result<void> SqliteState::put_meta(std::string_view key, std::string_view value) {
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)", key, Blob{value}));
}

}  // namespace bridge
