// What the control API keeps: notes on devices, requests that carry an id.
#include <sstream>

#include "bridge/store/sqlite_result.h"
#include "bridge/store/sqlite_state.h"

namespace bridge {
namespace {

using sqlite::Blob;
using sqlite::Query;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    out += word;
  }
  return out;
}

Result<DeviceNote> read_note(Query& query) {
  DeviceNote note;
  note.display_name = query.text(0);
  std::istringstream tags(query.text(1));
  for (std::string tag; tags >> tag;) note.tags.push_back(tag);
  return note;
}

Result<RequestRow> read_request(Query& query) {
  RequestRow row;
  row.key = {query.text(0), query.text(1)};
  row.fingerprint = query.bytes(2);
  row.finished = query.integer(3) != 0;
  row.response = query.bytes(4);
  row.created_ms = query.integer(5);
  return row;
}

}  // namespace

Result<DeviceNote> SqliteState::device_note(std::int64_t device_id) {
  auto note =
      db_.one("SELECT display_name, tags FROM device_note WHERE device_id=?", read_note, device_id);
  if (!note) return tl::unexpected(std::move(note).error());
  return *note ? **std::move(note) : DeviceNote{};
}

Result<void> SqliteState::put_device_note(std::int64_t device_id, const DeviceNote& note) {
  if (note == DeviceNote{}) {
    return sqlite::done(db_.run("DELETE FROM device_note WHERE device_id=?", device_id));
  }
  const std::string tags = joined(note.tags);
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO device_note(device_id, display_name, tags) VALUES(?,?,?)",
              device_id, std::string_view(note.display_name), std::string_view(tags)));
}

Result<std::optional<RequestRow>> SqliteState::request(const RequestKey& key) {
  return db_.one(
      "SELECT client, id, fingerprint, finished, response, created_ms FROM request"
      " WHERE client=? AND id=?",
      read_request, std::string_view(key.client), std::string_view(key.id));
}

Result<void> SqliteState::put_request(const RequestRow& row) {
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO request(client, id, fingerprint, finished, response,"
              " created_ms) VALUES(?,?,?,?,?,?)",
              std::string_view(row.key.client), std::string_view(row.key.id), Blob{row.fingerprint},
              row.finished ? 1 : 0, Blob{row.response}, row.created_ms));
}

Result<bool> SqliteState::erase_request(const RequestKey& key) {
  return sqlite::any(db_.run("DELETE FROM request WHERE client=? AND id=?",
                             std::string_view(key.client), std::string_view(key.id)));
}

Result<std::int64_t> SqliteState::purge_requests(std::int64_t before_ms, std::size_t limit) {
  return db_.run(
      "DELETE FROM request WHERE (client, id) IN (SELECT client, id FROM request"
      " WHERE created_ms<? ORDER BY created_ms LIMIT ?)",
      before_ms, limit);
}

}  // namespace bridge
