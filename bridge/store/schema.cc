#include "bridge/store/schema.h"

#include "bridge/store/mirror_migration.h"

namespace bridge {
namespace {

// A migration that was released never changes; what comes later is a new one.
constexpr const char* kState1 = R"sql(
CREATE TABLE device(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  endpoint_id TEXT NOT NULL UNIQUE,
  manufacturer TEXT NOT NULL,
  oui TEXT NOT NULL,
  product_class TEXT NOT NULL,
  serial TEXT NOT NULL,
  root TEXT NOT NULL,
  software_version TEXT NOT NULL,
  hardware_version TEXT NOT NULL,
  connection_request_url TEXT NOT NULL,
  connection_request_username TEXT NOT NULL,
  connection_request_password BLOB NOT NULL,  -- sealed
  auth_username TEXT NOT NULL,
  learned BLOB NOT NULL,
  sync_state INTEGER NOT NULL,
  onboarded INTEGER NOT NULL,
  first_seen_ms INTEGER NOT NULL,
  last_boot_ms INTEGER NOT NULL,
  UNIQUE(oui, product_class, serial)
) STRICT;

CREATE TABLE credential(
  username TEXT PRIMARY KEY,
  password BLOB NOT NULL,  -- sealed
  kind INTEGER NOT NULL,
  device_id INTEGER REFERENCES device(id) ON DELETE CASCADE,
  created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX credential_device ON credential(device_id) WHERE device_id IS NOT NULL;

CREATE TABLE local_value(
  device_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  value BLOB NOT NULL,  -- sealed when secret
  secret INTEGER NOT NULL,
  PRIMARY KEY(device_id, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE operation(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  kind INTEGER NOT NULL,
  state INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  command_key TEXT NOT NULL,
  origin BLOB NOT NULL,
  body BLOB NOT NULL,
  progress BLOB NOT NULL
) STRICT;
CREATE INDEX operation_device ON operation(device_id, id);
CREATE INDEX operation_open ON operation(device_id, id) WHERE finished_ms = 0;
CREATE INDEX operation_due ON operation(deadline_ms) WHERE finished_ms = 0 AND deadline_ms > 0;
CREATE INDEX operation_finished ON operation(finished_ms) WHERE finished_ms > 0;

CREATE TABLE outbox(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  controller TEXT NOT NULL,
  subscription_id TEXT NOT NULL,
  kind INTEGER NOT NULL,
  payload BLOB NOT NULL,
  needs_response INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  next_attempt_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_device ON outbox(device_id, controller, id);
CREATE INDEX outbox_due ON outbox(next_attempt_ms, id);

CREATE TABLE timer(
  device_id INTEGER NOT NULL,  -- 0: of the bridge, so no reference
  kind INTEGER NOT NULL,
  key TEXT NOT NULL,
  due_ms INTEGER NOT NULL,
  payload BLOB NOT NULL,
  PRIMARY KEY(device_id, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX timer_due ON timer(due_ms);

CREATE TABLE instance(
  device_id INTEGER NOT NULL REFERENCES device(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  key TEXT NOT NULL,
  number INTEGER NOT NULL,
  PRIMARY KEY(device_id, name, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// What waited before nobody can confirm by a msg_id it does not have: it is sent once more.
constexpr const char* kState2 = R"sql(
ALTER TABLE outbox ADD COLUMN msg_id TEXT NOT NULL DEFAULT '';
UPDATE outbox SET needs_response = 0;
)sql";

// Connection requests through NAT.
constexpr const char* kState3 = R"sql(
ALTER TABLE device ADD COLUMN udp_connection_request_address TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN stun_username TEXT NOT NULL DEFAULT '';
ALTER TABLE device ADD COLUMN stun_password BLOB NOT NULL DEFAULT x'';  -- sealed
ALTER TABLE device ADD COLUMN reach TEXT NOT NULL DEFAULT '';
)sql";

// A credential belongs to an identity, seen or not yet seen, and not to the row of a device: who is
// forgotten comes back with the credential that it has.
constexpr const char* kState4 = R"sql(
CREATE TABLE credential_4(
  username TEXT PRIMARY KEY,
  password BLOB NOT NULL,  -- sealed
  oui TEXT NOT NULL,
  product_class TEXT NOT NULL,
  serial TEXT NOT NULL,  -- empty: nobody's yet
  source INTEGER NOT NULL,
  state INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  meanwhile TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO credential_4
  SELECT username, password, coalesce(oui, ''), coalesce(product_class, ''), coalesce(serial, ''),
         0, 0, 0, created_ms, ''
  FROM credential LEFT JOIN device ON device.id = credential.device_id;
DROP TABLE credential;
ALTER TABLE credential_4 RENAME TO credential;
CREATE INDEX credential_identity ON credential(serial, oui, product_class) WHERE serial <> '';
)sql";

// What operators say of devices, and the requests that carry an id.
constexpr const char* kState5 = R"sql(
CREATE TABLE device_note(
  device_id INTEGER PRIMARY KEY REFERENCES device(id) ON DELETE CASCADE,
  display_name TEXT NOT NULL,
  tags TEXT NOT NULL  -- separated by spaces
) STRICT;
CREATE TABLE request(
  client TEXT NOT NULL,
  id TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  finished INTEGER NOT NULL,
  response BLOB NOT NULL,
  created_ms INTEGER NOT NULL,
  PRIMARY KEY(client, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX request_created ON request(created_ms);
)sql";

// The same change on many devices. The names are kept, not the devices: what became of one that was
// forgotten since stays known.
constexpr const char* kState6 = R"sql(
CREATE TABLE bulk(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  state INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  cancelled INTEGER NOT NULL,
  requester TEXT NOT NULL,
  body BLOB NOT NULL,
  succeeded INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  not_begun INTEGER NOT NULL
) STRICT;
CREATE INDEX bulk_open ON bulk(id) WHERE finished_ms = 0;
CREATE INDEX bulk_finished ON bulk(finished_ms) WHERE finished_ms > 0;
CREATE TABLE bulk_item(
  bulk_id INTEGER NOT NULL REFERENCES bulk(id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  endpoint_id TEXT NOT NULL,
  state INTEGER NOT NULL,
  code INTEGER NOT NULL,
  operation_id INTEGER NOT NULL,
  started_ms INTEGER NOT NULL,
  finished_ms INTEGER NOT NULL,
  result BLOB NOT NULL,
  PRIMARY KEY(bulk_id, number)
) STRICT, WITHOUT ROWID;
)sql";

// Brakes on writes.
constexpr const char* kState7 = R"sql(
CREATE TABLE freeze(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope INTEGER NOT NULL,
  oui TEXT NOT NULL,
  product_class TEXT NOT NULL,
  software_version TEXT NOT NULL,
  controller TEXT NOT NULL,
  reason TEXT NOT NULL,
  creator TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  UNIQUE(scope, oui, product_class, software_version, controller)
) STRICT;
)sql";

// kind = type + 256 * flags. A million devices of twenty models share the strings of `path`.
constexpr const char* kMirror1 = R"sql(
CREATE TABLE path(
  id INTEGER PRIMARY KEY,
  text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE node(
  device_id INTEGER NOT NULL,
  path_id INTEGER NOT NULL,
  value TEXT NOT NULL,
  kind INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  PRIMARY KEY(device_id, path_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE device_seen(
  device_id INTEGER PRIMARY KEY,
  last_inform_ms INTEGER NOT NULL
) STRICT;
)sql";

// id: of the device times 2^24, plus the number of the block. A table with a rowid keeps a block of
// up to a page in one place; one without would spill what is above a quarter of it.
constexpr const char* kMirror2 = R"sql(
CREATE TABLE block(
  id INTEGER PRIMARY KEY,
  nodes BLOB NOT NULL
) STRICT;
)sql";

constexpr const char* kMirror3 = "DROP TABLE node";

// Who has gone offline is found without looking at every device.
constexpr const char* kMirror4 = "CREATE INDEX device_seen_time ON device_seen(last_inform_ms)";

constexpr std::int32_t kStateApplication = 0x55535053;   // "USPS"
constexpr std::int32_t kMirrorApplication = 0x5553504d;  // "USPM"

}  // namespace

const sqlite::Schema& state_schema() {
  static const sqlite::Schema schema{"state.db",
                                     kStateApplication,
                                     {{1, kState1},
                                      {2, kState2},
                                      {3, kState3},
                                      {4, kState4},
                                      {5, kState5},
                                      {6, kState6},
                                      {7, kState7}}};
  return schema;
}

const sqlite::Schema& mirror_schema() {
  static const sqlite::Schema schema{
      "mirror.db",
      kMirrorApplication,
      {{1, kMirror1}, {2, kMirror2, nodes_to_blocks}, {3, kMirror3}, {4, kMirror4}}};
  return schema;
}

}  // namespace bridge
