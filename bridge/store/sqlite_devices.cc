// Devices, credentials and bridge-owned objects: the tables that hold secrets.
#include "bridge/store/sqlite_result.h"
#include "bridge/store/sqlite_state.h"

namespace bridge {
namespace {

using sqlite::Blob;
using sqlite::Query;

// A sealed secret belongs to its row: moved to another one it cannot be opened.
std::string context_of(const DeviceIdentity& identity) {
  std::string context = "device";
  for (const std::string* part : {&identity.oui, &identity.product_class, &identity.serial}) {
    context += '\0';
    context += *part;
  }
  return context;
}

std::string context_of_stun(const DeviceIdentity& identity) {
  return context_of(identity).append(1, '\0').append("stun");
}

std::string context_of_credential(std::string_view username) {
  return std::string("credential").append(1, '\0').append(username);
}

std::string context_of_local(std::int64_t device_id, std::string_view path) {
  return std::string("local")
      .append(1, '\0')
      .append(std::to_string(device_id))
      .append(1, '\0')
      .append(path);
}

#define BRIDGE_DEVICE_COLUMNS                                                                   \
  "id, endpoint_id, manufacturer, oui, product_class, serial, root, software_version, "         \
  "hardware_version, connection_request_url, connection_request_username, "                     \
  "connection_request_password, auth_username, learned, sync_state, onboarded, first_seen_ms, " \
  "last_boot_ms, udp_connection_request_address, stun_username, stun_password, reach"
#define BRIDGE_CREDENTIAL_COLUMNS                                                         \
  "username, password, oui, product_class, serial, source, state, attempts, created_ms, " \
  "meanwhile"

}  // namespace

auto SqliteState::read_device() {
  return [this](Query& query) -> Result<DeviceRow> {
    DeviceRow row;
    row.id = query.integer(0);
    row.endpoint_id = query.text(1);
    row.manufacturer = query.text(2);
    row.identity = {query.text(3), query.text(4), query.text(5)};
    row.root = query.text(6);
    row.software_version = query.text(7);
    row.hardware_version = query.text(8);
    row.connection_request_url = query.text(9);
    row.connection_request_username = query.text(10);
    Result<std::string> password = secrets_.open(query.bytes(11), context_of(row.identity));
    if (!password) return tl::unexpected(std::move(password).error());
    row.connection_request_password = *std::move(password);
    row.auth_username = query.text(12);
    row.learned = query.text(13);
    row.sync_state = static_cast<int>(query.integer(14));
    row.onboarded = query.integer(15) != 0;
    row.first_seen_ms = query.integer(16);
    row.last_boot_ms = query.integer(17);
    row.udp_connection_request_address = query.text(18);
    row.stun_username = query.text(19);
    Result<std::string> stun = secrets_.open(query.bytes(20), context_of_stun(row.identity));
    if (!stun) return tl::unexpected(std::move(stun).error());
    row.stun_password = *std::move(stun);
    row.reach = query.text(21);
    return row;
  };
}

Result<std::optional<DeviceRow>> SqliteState::device(std::int64_t id) {
  return db_.one("SELECT " BRIDGE_DEVICE_COLUMNS " FROM device WHERE id=?", read_device(), id);
}

Result<std::optional<DeviceRow>> SqliteState::device_by_endpoint_id(std::string_view endpoint_id) {
  return db_.one("SELECT " BRIDGE_DEVICE_COLUMNS " FROM device WHERE endpoint_id=?", read_device(),
                 endpoint_id);
}

Result<std::optional<DeviceRow>> SqliteState::device_by_identity(const DeviceIdentity& identity) {
  return db_.one("SELECT " BRIDGE_DEVICE_COLUMNS
                 " FROM device WHERE oui=? AND product_class=? AND serial=?",
                 read_device(), std::string_view(identity.oui),
                 std::string_view(identity.product_class), std::string_view(identity.serial));
}

Result<std::vector<DeviceRow>> SqliteState::devices(std::int64_t after_id, std::size_t limit,
                                                    const DeviceFilter& filter) {
  // One statement per set of members, built once each: at most 128 in the cache.
  struct Condition {
    const char* sql;
    bool set;
  };
  const Condition conditions[] = {
      {" AND manufacturer=?", filter.manufacturer.has_value()},
      {" AND oui=?", filter.oui.has_value()},
      {" AND product_class=?", filter.product_class.has_value()},
      {" AND serial=?", filter.serial.has_value()},
      {" AND software_version=?", filter.software_version.has_value()},
      {" AND sync_state=?", filter.sync_state.has_value()},
      {" AND onboarded=?", filter.onboarded.has_value()},
  };
  unsigned mask = 0;
  std::string sql = "SELECT " BRIDGE_DEVICE_COLUMNS " FROM device WHERE id>?";
  for (unsigned i = 0; i < std::size(conditions); ++i) {
    if (!conditions[i].set) continue;
    mask |= 1U << i;
    sql += conditions[i].sql;
  }
  sql += " ORDER BY id LIMIT ?";
  auto query = db_.prepare(list_sql_.try_emplace(mask, std::move(sql)).first->second);
  if (!query) return tl::unexpected(std::move(query).error());

  int position = 0;
  query->bind(++position, after_id);
  for (const auto* text : {&filter.manufacturer, &filter.oui, &filter.product_class, &filter.serial,
                           &filter.software_version}) {
    if (*text) query->bind(++position, std::string_view(**text));
  }
  if (filter.sync_state) query->bind(++position, *filter.sync_state);
  if (filter.onboarded) query->bind(++position, *filter.onboarded);
  query->bind(++position, limit);
  return sqlite::rest(*query, read_device());
}

Result<std::int64_t> SqliteState::device_count() {
  return db_.number("SELECT count(*) FROM device");
}

Result<std::int64_t> SqliteState::put_device(const DeviceRow& row) {
  const Result<std::string> password =
      secrets_.seal(row.connection_request_password, context_of(row.identity));
  if (!password) return tl::unexpected(password.error());
  const Result<std::string> stun = secrets_.seal(row.stun_password, context_of_stun(row.identity));
  if (!stun) return tl::unexpected(stun.error());
  auto put = [&](std::string_view sql, std::optional<std::int64_t> id) {
    return db_.run(sql, id, std::string_view(row.endpoint_id), std::string_view(row.manufacturer),
                   std::string_view(row.identity.oui), std::string_view(row.identity.product_class),
                   std::string_view(row.identity.serial), std::string_view(row.root),
                   std::string_view(row.software_version), std::string_view(row.hardware_version),
                   std::string_view(row.connection_request_url),
                   std::string_view(row.connection_request_username), Blob{*password},
                   std::string_view(row.auth_username), Blob{row.learned}, row.sync_state,
                   row.onboarded, row.first_seen_ms, row.last_boot_ms,
                   std::string_view(row.udp_connection_request_address),
                   std::string_view(row.stun_username), Blob{*stun}, std::string_view(row.reach));
  };
  if (row.id == 0) {
    const Result<std::int64_t> added = put("INSERT INTO device(" BRIDGE_DEVICE_COLUMNS
                                           ") VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                           std::nullopt);
    if (!added) return added;
    return db_.last_insert_id();
  }
  const Result<std::int64_t> changed =
      put("UPDATE device SET endpoint_id=?2, manufacturer=?3, oui=?4, product_class=?5, serial=?6, "
          "root=?7, software_version=?8, hardware_version=?9, connection_request_url=?10, "
          "connection_request_username=?11, connection_request_password=?12, auth_username=?13, "
          "learned=?14, sync_state=?15, onboarded=?16, first_seen_ms=?17, last_boot_ms=?18, "
          "udp_connection_request_address=?19, stun_username=?20, stun_password=?21, reach=?22 "
          "WHERE id=?1",
          row.id);
  if (!changed) return changed;
  if (*changed == 0) return fail(ErrorKind::kConflict, "no device " + std::to_string(row.id));
  return row.id;
}

Result<bool> SqliteState::erase_device(std::int64_t id) {
  // Timers have no reference to the device: number 0 is the bridge itself.
  if (auto timers = db_.run("DELETE FROM timer WHERE device_id=?", id); !timers) {
    return tl::unexpected(std::move(timers).error());
  }
  return sqlite::any(db_.run("DELETE FROM device WHERE id=?", id));
}

auto SqliteState::read_credential() {
  return [this](Query& query) -> Result<CredentialRow> {
    CredentialRow row;
    row.username = query.text(0);
    Result<std::string> password =
        secrets_.open(query.bytes(1), context_of_credential(row.username));
    if (!password) return tl::unexpected(std::move(password).error());
    row.password = *std::move(password);
    row.identity = {query.text(2), query.text(3), query.text(4)};
    row.source = static_cast<CredentialSource>(query.integer(5));
    row.state = static_cast<CredentialState>(query.integer(6));
    row.attempts = static_cast<int>(query.integer(7));
    row.created_ms = query.integer(8);
    row.meanwhile = query.text(9);
    return row;
  };
}

Result<std::optional<CredentialRow>> SqliteState::credential(std::string_view username) {
  return db_.one("SELECT " BRIDGE_CREDENTIAL_COLUMNS " FROM credential WHERE username=?",
                 read_credential(), username);
}

Result<std::vector<CredentialRow>> SqliteState::credentials(std::string_view after_username,
                                                            std::size_t limit) {
  return db_.all("SELECT " BRIDGE_CREDENTIAL_COLUMNS
                 " FROM credential WHERE username>? ORDER BY username LIMIT ?",
                 read_credential(), after_username, limit);
}

Result<std::vector<CredentialRow>> SqliteState::credentials_of(const DeviceIdentity& identity) {
  // Nobody's credentials are not in the index, and are no device's.
  return db_.all("SELECT " BRIDGE_CREDENTIAL_COLUMNS
                 " FROM credential WHERE serial=? AND oui=? AND product_class=? AND serial<>'' "
                 "ORDER BY username",
                 read_credential(), std::string_view(identity.serial),
                 std::string_view(identity.oui), std::string_view(identity.product_class));
}

Result<void> SqliteState::put_credential(const CredentialRow& row) {
  const Result<std::string> password =
      secrets_.seal(row.password, context_of_credential(row.username));
  if (!password) return tl::unexpected(password.error());
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO credential(" BRIDGE_CREDENTIAL_COLUMNS
              ") VALUES(?,?,?,?,?,?,?,?,?,?)",
              std::string_view(row.username), Blob{*password}, std::string_view(row.identity.oui),
              std::string_view(row.identity.product_class), std::string_view(row.identity.serial),
              static_cast<int>(row.source), static_cast<int>(row.state), row.attempts,
              row.created_ms, std::string_view(row.meanwhile)));
}

Result<bool> SqliteState::erase_credential(std::string_view username) {
  return sqlite::any(db_.run("DELETE FROM credential WHERE username=?", username));
}

Result<std::vector<LocalValue>> SqliteState::local_values(std::int64_t device_id) {
  auto read = [&](Query& query) -> Result<LocalValue> {
    LocalValue row{query.text(0), {}, query.integer(2) != 0};
    if (!row.secret) {
      row.value = query.text(1);
      return row;
    }
    Result<std::string> value =
        secrets_.open(query.bytes(1), context_of_local(device_id, row.path));
    if (!value) return tl::unexpected(std::move(value).error());
    row.value = *std::move(value);
    return row;
  };
  return db_.all("SELECT path, value, secret FROM local_value WHERE device_id=? ORDER BY path",
                 read, device_id);
}

Result<void> SqliteState::put_local_value(std::int64_t device_id, const LocalValue& value) {
  Result<std::string> stored = value.value;
  if (value.secret) stored = secrets_.seal(value.value, context_of_local(device_id, value.path));
  if (!stored) return tl::unexpected(std::move(stored).error());
  return sqlite::done(
      db_.run("INSERT OR REPLACE INTO local_value(device_id, path, value, secret) VALUES(?,?,?,?)",
              device_id, std::string_view(value.path), Blob{*stored}, value.secret));
}

Result<void> SqliteState::erase_local_value(std::int64_t device_id, std::string_view path) {
  return sqlite::done(
      db_.run("DELETE FROM local_value WHERE device_id=? AND path=?", device_id, path));
}

Result<void> SqliteState::erase_local_values(std::int64_t device_id, std::string_view prefix) {
  // No byte of UTF-8 is 0xff, so this is above everything that starts with the prefix.
  const std::string end = std::string(prefix) + '\xff';
  return sqlite::done(db_.run("DELETE FROM local_value WHERE device_id=? AND path>=? AND path<?",
                              device_id, prefix, std::string_view(end)));
}

}  // namespace bridge
