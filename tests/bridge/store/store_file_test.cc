// What only files have: reopening, damage, versions, secrets at rest, full disks.
#include <gmock/gmock.h>

#include <fstream>

#include "bridge/store/schema.h"
#include "bridge/store/secrets.h"
#include "bridge/store/sqlite.h"
#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using sqlite::Connection;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void overwrite(const fs::path& file, std::size_t at, const std::string& bytes) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(at));
  out << bytes;
}

void execute(const fs::path& file, const char* sql) {
  Result<Connection> db = Connection::open(file.string(), Connection::Mode::kReadWrite);
  ASSERT_TRUE(db);
  const Result<void> done = db->execute(sql);
  ASSERT_TRUE(done) << done.error().text;
}

std::vector<NodeRow> many_nodes(int count) {
  std::vector<NodeRow> rows;
  for (int i = 0; i < count; ++i) {
    rows.push_back({"Device.Hosts.Host." + std::to_string(i) + ".HostName",
                    "host-" + std::to_string(i), 1, 2, 1'700'000'000'000});
  }
  return rows;
}

class StoreFileTest : public testing::Test {
 protected:
  StoreOptions options() {
    StoreOptions made = in_directory(directory_);
    made.on_event = [this](StoreEvent event, const std::string& text) {
      events_.emplace_back(event, text);
    };
    return made;
  }
  Error open_error() {
    auto store = open_sqlite_store(options());
    EXPECT_FALSE(store);
    return store ? Error{} : store.error();
  }
  fs::path file(const char* name) { return directory_.path() / name; }

  /// A store with one device and its tree, closed again.
  std::int64_t fill() {
    auto store = open_or_die(options());
    const std::int64_t id = add_device(*store, "1");
    const auto rows = many_nodes(2000);
    auto put = [&](MirrorWriter& m) { return m.put_nodes(id, rows); };
    EXPECT_TRUE(store->write_mirror_now(put));
    return id;
  }

  TemporaryDirectory directory_;
  std::vector<std::pair<StoreEvent, std::string>> events_;
};

TEST_F(StoreFileTest, FindsEverythingAfterReopening) {
  const std::int64_t id = fill();
  auto store = open_or_die(options());
  auto load = [&](StateReader& s, MirrorReader&) { return s.device(id); };
  EXPECT_EQ(store->read_now(load).value()->connection_request_password, "cr-secret");
  EXPECT_THAT(nodes_of(*store, id), SizeIs(2000));
  EXPECT_THAT(events_, IsEmpty());
}

// As version 2 has left it: devices that were there get what came with version 3 empty.
TEST_F(StoreFileTest, TakesOverDevicesThatKnowNothingOfStun) {
  const std::int64_t id = fill();
  execute(file("state.db"),
          "ALTER TABLE device DROP COLUMN udp_connection_request_address;"
          "ALTER TABLE device DROP COLUMN stun_username;"
          "ALTER TABLE device DROP COLUMN stun_password;"
          "ALTER TABLE device DROP COLUMN reach;"
          "DROP TABLE credential;"
          "CREATE TABLE credential(username TEXT PRIMARY KEY, password BLOB NOT NULL, "
          "kind INTEGER NOT NULL, device_id INTEGER, created_ms INTEGER NOT NULL) "
          "STRICT, WITHOUT ROWID;"
          "DROP TABLE device_note; DROP TABLE request; DROP TABLE bulk_item; DROP TABLE bulk;"
          "DROP TABLE freeze;"
          "UPDATE schema_version SET version=2");
  auto store = open_or_die(options());
  auto load = [&](StateReader& s, MirrorReader&) { return s.device(id); };
  DeviceRow wanted = device_row("1");
  wanted.id = id;
  wanted.udp_connection_request_address.clear();
  wanted.stun_username.clear();
  wanted.stun_password.clear();
  wanted.reach.clear();
  EXPECT_EQ(store->read_now(load).value(), wanted);
}

TEST_F(StoreFileTest, IsReadableByItsOwnerOnly) {
  fill();
  for (const char* name : {"state.db", "mirror.db", "store.key", "lock"}) {
    EXPECT_EQ(fs::status(file(name)).permissions(), fs::perms::owner_read | fs::perms::owner_write)
        << name;
  }
}

TEST_F(StoreFileTest, IsUsedByOneProcessAtATime) {
  auto store = open_or_die(options());
  const Error error = open_error();
  EXPECT_EQ(error.kind, ErrorKind::kBusy);
  EXPECT_THAT(error.text, HasSubstr("in use by another process"));
}

TEST_F(StoreFileTest, RefusesToStartWithADamagedState) {
  fill();
  const std::string before = content(file("state.db"));
  overwrite(file("state.db"), 0, std::string(100, 'x'));
  const Error error = open_error();
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
  EXPECT_THAT(error.text, AllOf(HasSubstr("state.db"), HasSubstr("backup")));
  EXPECT_EQ(content(file("state.db")).substr(100), before.substr(100));
}

TEST_F(StoreFileTest, RefusesToStartWhenAPageInsideTheStateIsTorn) {
  fill();
  overwrite(file("state.db"), 4096 * 2, std::string(4096, '\x5a'));
  EXPECT_EQ(open_error().kind, ErrorKind::kCorrupt);
}

TEST_F(StoreFileTest, SetsADamagedMirrorAsideAndStarts) {
  struct Damage {
    const char* name;
    std::function<void(const fs::path&)> inflict;
  };
  const Damage damages[] = {
      {"header", [](const fs::path& f) { overwrite(f, 0, std::string(100, 'x')); }},
      {"page", [](const fs::path& f) { overwrite(f, 4096 * 3, std::string(4096, '\x5a')); }},
      {"truncated", [](const fs::path& f) { fs::resize_file(f, fs::file_size(f) / 2); }},
      {"foreign", [](const fs::path& f) { execute(f, "PRAGMA application_id=1"); }},
  };
  for (const Damage& damage : damages) {
    SCOPED_TRACE(damage.name);
    fs::remove_all(directory_.path());
    events_.clear();
    const std::int64_t id = fill();
    damage.inflict(file("mirror.db"));
    auto store = open_or_die(options());
    ASSERT_THAT(events_, SizeIs(1));
    EXPECT_EQ(events_[0].first, StoreEvent::kMirrorSetAside);
    EXPECT_THAT(events_[0].second, HasSubstr("mirror.db"));
    EXPECT_TRUE(fs::exists(file("mirror.db.damaged")));
    EXPECT_THAT(nodes_of(*store, id), IsEmpty());
    auto load = [&](StateReader& s, MirrorReader&) { return s.device(id); };
    EXPECT_TRUE(store->read_now(load).value().has_value());
    auto put = [&](MirrorWriter& m) { return m.put_nodes(id, many_nodes(3)); };
    EXPECT_TRUE(store->write_mirror_now(put));
  }
}

TEST_F(StoreFileTest, SetsAMirrorAsideThatWasFoundDamagedWhileRunning) {
  fill();
  std::ofstream(file("mirror.damaged")).put(' ');
  open_or_die(options());
  EXPECT_THAT(events_, SizeIs(1));
  events_.clear();
  open_or_die(options());
  EXPECT_THAT(events_, IsEmpty());
}

TEST_F(StoreFileTest, StartsWithoutAMirror) {
  const std::int64_t id = fill();
  fs::remove(file("mirror.db"));
  auto store = open_or_die(options());
  EXPECT_THAT(nodes_of(*store, id), IsEmpty());
}

TEST_F(StoreFileTest, RefusesFilesOfANewerProgram) {
  for (const char* name : {"state.db", "mirror.db"}) {
    SCOPED_TRACE(name);
    fs::remove_all(directory_.path());
    fill();
    execute(file(name), "UPDATE schema_version SET version=1000");
    const Error error = open_error();
    EXPECT_EQ(error.kind, ErrorKind::kTooNew);
    EXPECT_THAT(error.text, AllOf(HasSubstr("1000"), HasSubstr(name)));
  }
}

TEST_F(StoreFileTest, KeepsNoSecretInClear) {
  {
    auto store = open_or_die(options());
    in_state(*store, [](StateWriter& s) -> Result<void> {
      DeviceRow row = device_row("1");
      row.connection_request_password = "needle-device";
      row.stun_password = "needle-stun";
      const std::int64_t id = s.put_device(row).value();
      EXPECT_TRUE(s.put_credential({"u", "needle-credential", {}, {}, {}, 0, 0}));
      return s.put_local_value(id, {"Device.MQTT.Client.1.Password", "needle-local", true});
    });
    EXPECT_THAT(content(file("state.db-wal")), Not(HasSubstr("needle")));
  }
  EXPECT_THAT(content(file("state.db")), AllOf(Not(HasSubstr("needle")), HasSubstr("CPE")));
}

TEST_F(StoreFileTest, RefusesAnotherKey) {
  fill();
  fs::remove(file("store.key"));
  EXPECT_EQ(open_error().kind, ErrorKind::kIo);  // no new key for old secrets
  TemporaryDirectory elsewhere;
  ASSERT_TRUE(Secrets::load(elsewhere.path() / "key", true));
  fs::copy_file(elsewhere.path() / "key", file("store.key"));
  const Error error = open_error();
  EXPECT_EQ(error.kind, ErrorKind::kCorrupt);
  EXPECT_THAT(error.text, HasSubstr("not the key of this state.db"));
}

TEST_F(StoreFileTest, NoticesASecretMovedToAnotherRow) {
  {
    auto store = open_or_die(options());
    in_state(*store, [](StateWriter& s) -> Result<void> {
      EXPECT_TRUE(s.put_credential({"a", "pa", {}, {}, {}, 0, 0}));
      return s.put_credential({"b", "pb", {}, {}, {}, 0, 0});
    });
  }
  execute(file("state.db"),
          "UPDATE credential SET password=(SELECT password FROM credential WHERE username='a')");
  auto store = open_or_die(options());
  auto load = [](StateReader& s, MirrorReader&) { return s.credential("b"); };
  EXPECT_EQ(store->read_now(load).error().kind, ErrorKind::kCorrupt);
}

TEST_F(StoreFileTest, StoresNothingHalfWhenTheStateDiskIsFull) {
  StoreOptions small = options();
  small.faults.max_state_pages = 60;
  auto store = open_or_die(small);
  const std::int64_t device = add_device(*store, "1");
  auto fill_up = [&](StateWriter& s) -> Result<void> {
    for (int i = 0; i < 100; ++i) {
      const std::string path = "Device.X" + std::to_string(i);
      auto put = s.put_local_value(device, {path, std::string(4000, 'v'), false});
      if (!put) return put;
    }
    return {};
  };
  const Result<void> done = store->write_state_now(fill_up);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kDiskFull);
  auto load = [&](StateReader& s, MirrorReader&) { return s.local_values(device); };
  EXPECT_THAT(store->read_now(load).value(), IsEmpty());
  in_state(*store, [](StateWriter& s) { return s.put_meta("k", "still works"); });
}

TEST_F(StoreFileTest, KeepsTheStatePartWhenTheMirrorDiskIsFull) {
  StoreOptions small = options();
  small.faults.max_mirror_pages = 20;
  auto store = open_or_die(small);
  auto state_part = [](StateWriter& s) { return s.put_meta("k", "v"); };
  auto mirror_part = [](MirrorWriter& m) { return m.put_nodes(1, many_nodes(5000)); };
  const Result<void> done = store->write_now(state_part, mirror_part);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::kDiskFull);
  auto load = [](StateReader& s, MirrorReader&) { return s.meta("k"); };
  EXPECT_EQ(store->read_now(load).value(), "v");
  EXPECT_THAT(nodes_of(*store, 1), IsEmpty());
  // The ids of the paths that went with it are not used again.
  auto put = [](MirrorWriter& m) { return m.put_nodes(1, many_nodes(3)); };
  ASSERT_TRUE(store->write_mirror_now(put));
  EXPECT_THAT(nodes_of(*store, 1), SizeIs(3));
}

TEST_F(StoreFileTest, FailsEveryJobOfACommitThatFails) {
  bool broken = true;
  StoreOptions faulty = options();
  faulty.faults.before_state_commit = [&]() -> Result<void> {
    if (broken) return fail(ErrorKind::kIo, "fsync");
    return {};
  };
  auto store = open_or_die(faulty);
  auto put = [](StateWriter& s) { return s.put_meta("k", "v"); };
  EXPECT_EQ(store->write_state_now(put).error().text, "fsync");
  auto load = [](StateReader& s, MirrorReader&) { return s.meta("k"); };
  EXPECT_EQ(store->read_now(load).value(), std::nullopt);
  broken = false;
  EXPECT_TRUE(store->write_state_now(put));
}

TEST_F(StoreFileTest, CommitsTheStateBeforeTheMirror) {
  std::vector<std::string> order;
  StoreOptions watched = options();
  watched.faults.before_state_commit = [&]() -> Result<void> {
    order.push_back("state");
    return {};
  };
  watched.faults.before_mirror_commit = [&]() -> Result<void> {
    order.push_back("mirror");
    return {};
  };
  auto store = open_or_die(watched);
  auto state_part = [](StateWriter& s) { return s.put_meta("k", "v"); };
  auto mirror_part = [](MirrorWriter& m) { return m.put_last_inform_ms(1, 2); };
  ASSERT_TRUE(store->write_now(state_part, mirror_part));
  EXPECT_THAT(order, ElementsAre("state", "mirror"));
}

TEST_F(StoreFileTest, NeedsNoStateCommitForAnInformThatChangedNothing) {
  int state_commits = 0;
  StoreOptions watched = options();
  watched.faults.before_state_commit = [&]() -> Result<void> {
    ++state_commits;
    return {};
  };
  auto store = open_or_die(watched);
  ASSERT_TRUE(store->write_mirror_now([](MirrorWriter& m) { return m.put_last_inform_ms(1, 2); }));
  EXPECT_EQ(state_commits, 0);
}

TEST_F(StoreFileTest, IgnoresAWriteThroughAReader) {
  auto store = open_or_die(options());
  auto cheat = [](StateReader& s, MirrorReader&) {
    return dynamic_cast<StateWriter&>(s).put_meta("k", "v");
  };
  EXPECT_FALSE(store->read_now(cheat));
}

// --- migrations ---

const sqlite::Schema kOne{"t.db", 77, {{1, "CREATE TABLE a(x); INSERT INTO a VALUES(1)"}}};
const sqlite::Schema kTwo{"t.db", 77, {kOne.migrations[0], {2, "UPDATE a SET x=x+1"}}};
const sqlite::Schema kBroken{
    "t.db", 77, {kOne.migrations[0], {2, "UPDATE a SET x=9"}, {3, "CREATE TABLE a(y)"}}};

Connection memory() { return Connection::open(":memory:", Connection::Mode::kMemory).value(); }

TEST(StoreMigration, StartsFromNothingAndGoesForward) {
  Connection db = memory();
  ASSERT_TRUE(sqlite::migrate(db, kOne));
  EXPECT_EQ(db.number("SELECT x FROM a").value(), 1);
  EXPECT_EQ(db.number("PRAGMA application_id").value(), 77);
  ASSERT_TRUE(sqlite::migrate(db, kTwo));
  ASSERT_TRUE(sqlite::migrate(db, kTwo));
  EXPECT_EQ(db.number("SELECT x FROM a").value(), 2);
}

TEST(StoreMigration, RefusesToGoBack) {
  Connection db = memory();
  ASSERT_TRUE(sqlite::migrate(db, kTwo));
  const Result<void> back = sqlite::migrate(db, kOne);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().kind, ErrorKind::kTooNew);
  EXPECT_THAT(back.error().text, HasSubstr("schema version 2, this program knows up to 1"));
}

TEST(StoreMigration, UndoesAllOfAMigrationThatFails) {
  Connection db = memory();
  ASSERT_TRUE(sqlite::migrate(db, kOne));
  const Result<void> done = sqlite::migrate(db, kBroken);
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().text, HasSubstr("migration 3"));
  EXPECT_EQ(db.number("SELECT x FROM a").value(), 1);
  EXPECT_EQ(db.number("SELECT version FROM schema_version").value(), 1);
}

TEST(StoreMigration, RefusesAnotherApplicationsFile) {
  Connection db = memory();
  ASSERT_TRUE(db.execute("CREATE TABLE theirs(x)"));
  EXPECT_EQ(sqlite::migrate(db, kOne).error().kind, ErrorKind::kCorrupt);
}

TEST(StoreMigration, KeepsCredentialsWithTheDevicesTheyAreBoundTo) {
  sqlite::Schema before = state_schema();
  before.migrations.resize(2);
  Connection db = memory();
  ASSERT_TRUE(sqlite::migrate(db, before));
  ASSERT_TRUE(db.execute(
      "INSERT INTO device VALUES(7,'e','m','O','P','S','','','','','',x'','a',x'',0,0,0,0);"
      "INSERT INTO credential VALUES('a',x'01',0,7,5),('b',x'02',2,NULL,6)"));
  const Result<void> done = sqlite::migrate(db, state_schema());
  ASSERT_TRUE(done) << done.error().text;
  EXPECT_EQ(db.number("SELECT count(*) FROM credential WHERE username='a' AND password=x'01' AND "
                      "oui='O' AND product_class='P' AND serial='S' AND created_ms=5")
                .value(),
            1);
  EXPECT_EQ(db.number("SELECT count(*) FROM credential WHERE username='b' AND serial=''").value(),
            1);
}

TEST(StoreMigration, NumbersItsOwnOneByOne) {
  for (const sqlite::Schema* schema : {&state_schema(), &mirror_schema()}) {
    int expected = 0;
    for (const sqlite::Migration& migration : schema->migrations) {
      EXPECT_EQ(migration.version, ++expected) << schema->name;
    }
  }
}

TEST(StoreMigration, GoesForwardFromEveryVersionThereWas) {
  for (const sqlite::Schema* schema : {&state_schema(), &mirror_schema()}) {
    Connection fresh = memory();
    ASSERT_TRUE(sqlite::migrate(fresh, *schema));
    for (std::size_t version = 1; version < schema->migrations.size(); ++version) {
      sqlite::Schema before = *schema;
      before.migrations.resize(version);
      Connection db = memory();
      ASSERT_TRUE(sqlite::migrate(db, before));
      ASSERT_TRUE(sqlite::migrate(db, *schema)) << schema->name << " " << version;
      const char* things = "SELECT count(*) FROM sqlite_schema";
      EXPECT_EQ(db.number(things).value(), fresh.number(things).value());
      EXPECT_EQ(sqlite::migrate(db, before).error().kind, ErrorKind::kTooNew);
    }
  }
}

// --- secrets ---

TEST(StoreSecrets, OpensWhatItSealedAndNothingElse) {
  const Secrets secrets = Secrets::ephemeral().value();
  const std::string sealed = secrets.seal("hush", "row 1").value();
  EXPECT_EQ(secrets.open(sealed, "row 1").value(), "hush");
  EXPECT_NE(secrets.seal("hush", "row 1").value(), sealed);
  EXPECT_FALSE(secrets.open(sealed, "row 2"));
  EXPECT_FALSE(Secrets::ephemeral()->open(sealed, "row 1"));
  EXPECT_EQ(secrets.seal("", "row 1").value(), "");
  EXPECT_EQ(secrets.open("", "row 1").value(), "");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string flipped = sealed;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(secrets.open(flipped, "row 1")) << i;
    const std::string cut = sealed.substr(0, sealed.size() - 1 - i);
    EXPECT_NE(secrets.open(cut, "row 1").value_or("refused"), "hush") << i;
  }
}

TEST(StoreSecrets, TakesNoKeyThatOthersMayReadOrThatIsNone) {
  TemporaryDirectory directory;
  const fs::path key = directory.path() / "key";
  EXPECT_EQ(Secrets::load(key, false).error().kind, ErrorKind::kIo);
  ASSERT_TRUE(Secrets::load(key, true));
  EXPECT_TRUE(Secrets::load(key, false));
  fs::permissions(key, fs::perms::others_read, fs::perm_options::add);
  EXPECT_EQ(Secrets::load(key, false).error().kind, ErrorKind::kInvalid);
  fs::permissions(key, fs::perms::others_read, fs::perm_options::remove);
  for (const std::string& text : {std::string(), std::string(63, 'a'), std::string(64, 'g'),
                                  std::string(65, 'a'), std::string(4000, 'a')}) {
    std::ofstream(key, std::ios::trunc) << text;
    EXPECT_EQ(Secrets::load(key, false).error().kind, ErrorKind::kInvalid) << text.size();
  }
}

}  // namespace
}  // namespace bridge
