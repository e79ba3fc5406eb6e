// Copies of state.db made while the store works, and what restoring takes and refuses.
#include "bridge/store/backup.h"

#include <gmock/gmock.h>

#include <fstream>
#include <map>

#include "bridge/store/restore.h"
#include "bridge/store/schema.h"
#include "bridge/store/sqlite.h"
#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using sqlite::Connection;
using testing::AllOf;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Lt;

constexpr std::int64_t kThen = 1'700'000'000'000;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
}

void execute(const fs::path& file, const char* sql) {
  Result<Connection> db = Connection::open(file.string(), Connection::Mode::kReadWrite);
  ASSERT_TRUE(db);
  const Result<void> done = db->execute(sql);
  ASSERT_TRUE(done) << done.error().text;
}

/// Every file and what is in it.
std::map<std::string, std::string> everything(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const fs::directory_entry& each : fs::directory_iterator(directory)) {
    files[each.path().filename().string()] = content(each.path());
  }
  return files;
}

void add_devices(Store& store, int count) {
  in_state(store, [count](StateWriter& state) -> Result<void> {
    for (int i = 0; i < count; ++i) {
      if (auto put = state.put_device(device_row(std::to_string(i))); !put) {
        return tl::unexpected(put.error());
      }
    }
    return {};
  });
}

std::vector<std::string> serials(Store& store) {
  auto load = [](StateReader& state, MirrorReader&) { return state.devices(0, 1000); };
  std::vector<std::string> out;
  const auto rows = store.read_now(load).value();
  for (const DeviceRow& row : rows) out.push_back(row.identity.serial);
  return out;
}

class Backup : public testing::Test {
 protected:
  Result<std::unique_ptr<StateCopy>> copy(std::function<bool()> go_on = {}) {
    StateCopyOptions options;
    options.directory = directory_.path();
    options.now_ms = kThen;
    options.go_on = std::move(go_on);
    return copy_state(std::move(options));
  }
  /// A store with one device, and what was copied of it while it was open.
  fs::path back_up() {
    auto store = open_or_die(in_directory(directory_));
    add_device(*store, "1");
    return back_up_open();
  }
  fs::path back_up_open() {
    const auto made = copy();
    EXPECT_TRUE(made) << (made ? "" : made.error().text);
    std::string bytes;
    for (std::string piece; !(piece = (*made)->read(1000).value()).empty();) bytes += piece;
    EXPECT_EQ(bytes.size(), static_cast<std::size_t>((*made)->size_bytes()));
    const fs::path file = elsewhere_.path() / "backup.db";
    write(file, bytes);
    return file;
  }
  Result<Restored> restore(const fs::path& backup) {
    return restore_state({directory_.path(), "", backup});
  }
  Error refused(const fs::path& backup) {
    const auto before = everything(directory_.path());
    const auto restored = restore(backup);
    EXPECT_FALSE(restored);
    EXPECT_EQ(everything(directory_.path()), before) << "something was changed";
    return restored ? Error{} : restored.error();
  }
  fs::path file(const char* name) { return directory_.path() / name; }

  TemporaryDirectory directory_;
  TemporaryDirectory elsewhere_;
};

TEST_F(Backup, HasEverythingAsOfOneMoment) {
  const fs::path backup = back_up();
  {
    auto store = open_or_die(in_directory(directory_));
    add_device(*store, "2");
  }

  const auto restored = restore(backup);

  ASSERT_TRUE(restored) << restored.error().text;
  EXPECT_EQ(restored->facts.devices, 1);
  EXPECT_EQ(restored->facts.copied_ms, kThen);
  EXPECT_EQ(restored->facts.schema_version, state_schema().migrations.back().version);
  auto store = open_or_die(in_directory(directory_));
  EXPECT_EQ(serials(*store), std::vector<std::string>{"1"});
  auto load = [](StateReader& state, MirrorReader&) { return state.device(1); };
  EXPECT_EQ(store->read_now(load).value()->connection_request_password, "cr-secret");
}

TEST_F(Backup, HoldsUpNoWrites) {
  auto store = open_or_die(in_directory(directory_));
  add_devices(*store, 200);
  int written = 0;

  // Each returns when it is committed.
  const auto made = copy([&] {
    if (written < 10) add_device(*store, "new" + std::to_string(written++));
    return true;
  });

  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(written, 10);
  EXPECT_EQ(serials(*store).size(), 210U);
  EXPECT_THAT((*made)->facts().devices, AllOf(Ge(200), Lt(210))) << "as of one moment";
}

TEST_F(Backup, LeavesNoFileBehindAndShowsNobodyWhatItHas) {
  auto store = open_or_die(in_directory(directory_));
  add_devices(*store, 200);
  fs::perms seen = fs::perms::none;

  const auto made = copy([&] {
    seen = fs::status(file("state.db.copy-in-progress")).permissions();
    return true;
  });

  ASSERT_TRUE(made) << made.error().text;
  EXPECT_EQ(seen, fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(fs::exists(file("state.db.copy-in-progress")));
}

TEST_F(Backup, EndsWhenNobodyWantsItAnyMore) {
  auto store = open_or_die(in_directory(directory_));
  add_devices(*store, 200);

  const auto made = copy([] { return false; });

  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kClosed);
  EXPECT_FALSE(fs::exists(file("state.db.copy-in-progress")));
}

TEST_F(Backup, OfAKilledProcessIsSweptAtTheNextStart) {
  back_up();
  write(file("state.db.copy-in-progress"), "half");
  write(file("state.db.copy-in-progress-journal"), "half");
  write(file("state.db.restore-in-progress"), "half");

  auto store = open_or_die(in_directory(directory_));

  for (const char* name : {"state.db.copy-in-progress", "state.db.copy-in-progress-journal",
                           "state.db.restore-in-progress"}) {
    EXPECT_FALSE(fs::exists(file(name))) << name;
  }
}

TEST_F(Backup, IsNotTakenBackWhileAProcessUsesTheStore) {
  const fs::path backup = back_up();
  auto store = open_or_die(in_directory(directory_));
  add_device(*store, "2");

  const auto restored = restore(backup);

  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, ErrorKind::kBusy);
  EXPECT_EQ(serials(*store).size(), 2U);
}

TEST_F(Backup, IsNotTakenBackWhenItIsNone) {
  const fs::path backup = back_up();
  const fs::path bad = elsewhere_.path() / "bad.db";
  const std::string good = content(backup);

  write(bad, "garbage, and not a little of it");
  EXPECT_EQ(refused(bad).kind, ErrorKind::kCorrupt);
  write(bad, "");
  EXPECT_EQ(refused(bad).kind, ErrorKind::kCorrupt);
  write(bad, good.substr(0, good.size() / 2));
  EXPECT_EQ(refused(bad).kind, ErrorKind::kCorrupt);
  EXPECT_EQ(refused(elsewhere_.path() / "nothing.db").kind, ErrorKind::kInvalid);
  EXPECT_EQ(refused(elsewhere_.path()).kind, ErrorKind::kInvalid);
  EXPECT_THAT(refused(file("mirror.db")).text, HasSubstr("not a state.db file of usp-bridge"));
}

TEST_F(Backup, IsNotTakenBackWhenAPageIsDamaged) {
  const fs::path backup = back_up();
  std::string bytes = content(backup);
  // The page after the first three is some table's or index's.
  bytes.replace(3 * 4096, 64, std::string(64, 'x'));
  write(backup, bytes);

  EXPECT_EQ(refused(backup).kind, ErrorKind::kCorrupt);
}

TEST_F(Backup, OfANewerProgramIsRefused) {
  const fs::path backup = back_up();
  execute(backup, "UPDATE schema_version SET version=1000");

  const Error error = refused(backup);

  EXPECT_EQ(error.kind, ErrorKind::kTooNew);
  EXPECT_THAT(error.text, AllOf(HasSubstr("version 1000"), HasSubstr("use the newer program")));
}

TEST_F(Backup, SealedWithAnotherKeyIsRefused) {
  const fs::path backup = back_up();
  write(file("store.key"), std::string(64, 'a') + "\n");
  EXPECT_THAT(refused(backup).text, AllOf(HasSubstr("not the key of this state.db"),
                                          HasSubstr("that belongs to the backup")));
  fs::remove(file("store.key"));
  EXPECT_THAT(refused(backup).text, HasSubstr("of no use without the key"));
  EXPECT_FALSE(fs::exists(file("store.key"))) << "a new key is of no use";
}

TEST_F(Backup, OfAnOlderProgramIsTakenBackAndBroughtUpToDate) {
  const fs::path backup = back_up();
  execute(backup, "DROP TABLE freeze; UPDATE schema_version SET version=6");

  const auto restored = restore(backup);

  ASSERT_TRUE(restored) << restored.error().text;
  EXPECT_EQ(restored->facts.schema_version, 6);
  auto store = open_or_die(in_directory(directory_));
  EXPECT_EQ(serials(*store), std::vector<std::string>{"1"});
  auto freezes = [](StateReader& state, MirrorReader&) { return state.freezes(); };
  EXPECT_THAT(store->read_now(freezes).value(), IsEmpty());
}

TEST_F(Backup, GoesIntoAnEmptyDirectoryWithItsKey) {
  const fs::path backup = back_up();
  TemporaryDirectory fresh;
  fs::copy_file(file("store.key"), fresh.path() / "store.key");

  const auto restored = restore_state({fresh.path(), "", backup});

  ASSERT_TRUE(restored) << restored.error().text;
  EXPECT_TRUE(restored->kept.empty());
  auto store = open_or_die(in_directory(fresh));
  EXPECT_EQ(serials(*store), std::vector<std::string>{"1"});
  EXPECT_EQ(fs::status(fresh.path() / "state.db").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Backup, TakesThePlaceOfAStateWhoseLastWritesWereInTheWal) {
  const fs::path backup = back_up();
  TemporaryDirectory killed;
  {
    // What a killed process leaves: the files as they are in use.
    auto store = open_or_die(in_directory(directory_));
    add_device(*store, "2");
    for (const char* name : {"state.db", "state.db-wal", "store.key"}) {
      fs::copy_file(file(name), killed.path() / name);
    }
  }
  ASSERT_GT(fs::file_size(killed.path() / "state.db-wal"), 0U);

  const auto restored = restore_state({killed.path(), "", backup});

  ASSERT_TRUE(restored) << restored.error().text;
  EXPECT_FALSE(fs::exists(killed.path() / "state.db-wal"));
  {
    auto store = open_or_die(in_directory(killed));
    EXPECT_EQ(serials(*store), std::vector<std::string>{"1"});
  }
  TemporaryDirectory kept;
  fs::copy_file(restored->kept, kept.path() / "state.db");
  fs::copy_file(file("store.key"), kept.path() / "store.key");
  auto store = open_or_die(in_directory(kept));
  EXPECT_EQ(serials(*store), (std::vector<std::string>{"1", "2"}));
}

TEST_F(Backup, TakesThePlaceOfADamagedState) {
  const fs::path backup = back_up();
  write(file("state.db"), std::string(8192, 'x'));
  write(file("state.db-wal"), std::string(8192, 'y'));

  const auto restored = restore(backup);

  ASSERT_TRUE(restored) << restored.error().text;
  EXPECT_EQ(content(file("state.db.before-restore")), std::string(8192, 'x'));
  EXPECT_FALSE(fs::exists(file("state.db-wal")));
  auto store = open_or_die(in_directory(directory_));
  EXPECT_EQ(serials(*store), std::vector<std::string>{"1"});
}

TEST_F(Backup, KeepsWhatItTakesThePlaceOfEveryTime) {
  const fs::path backup = back_up();

  const auto first = restore(backup);
  const auto second = restore(backup);

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->kept, file("state.db.before-restore"));
  EXPECT_EQ(second->kept, file("state.db.before-restore-2"));
}

// A device that came after the backup may have had the id of one that comes now.
TEST_F(Backup, TakesNoMirrorOver) {
  const fs::path backup = back_up();
  {
    auto store = open_or_die(in_directory(directory_));
    const std::int64_t id = add_device(*store, "2");
    const std::vector<NodeRow> rows{{"Device.X", "of device 2", 1, 2, kThen}};
    auto put = [&](MirrorWriter& mirror) { return mirror.put_nodes(id, rows); };
    ASSERT_TRUE(store->write_mirror_now(put));
  }

  ASSERT_TRUE(restore(backup));

  auto store = open_or_die(in_directory(directory_));
  EXPECT_THAT(nodes_of(*store, add_device(*store, "3")), IsEmpty());
}

// What they still had to do is not done to devices that have gone on since.
TEST_F(Backup, CancelsBulkOperationsThatWereUnderWay) {
  {
    auto store = open_or_die(in_directory(directory_));
    BulkRow row;
    row.created_ms = kThen;
    const std::vector<std::string> devices{"ops::1"};
    auto add = [&](StateWriter& state) -> Result<void> {
      auto added = state.add_bulk(row, devices);
      return added ? Result<void>{} : tl::unexpected(added.error());
    };
    ASSERT_TRUE(store->write_now(add, {}));
  }
  const auto restored = restore(back_up());
  ASSERT_TRUE(restored) << restored.error().text;
  EXPECT_EQ(restored->facts.open_bulks, 1);
  auto store = open_or_die(in_directory(directory_));
  auto load = [](StateReader& state, MirrorReader&) { return state.bulk(1); };
  EXPECT_TRUE(store->read_now(load).value().value().cancelled);
}

TEST_F(Backup, WithAPartInAWalIsRefused) {
  const fs::path backup = back_up();
  write(backup.string() + "-wal", "pages");
  EXPECT_EQ(refused(backup).kind, ErrorKind::kInvalid);
}

// The directory is the service's; who restores may be root.
TEST_F(Backup, FollowsNoLinkThatWasPlantedInTheStore) {
  const fs::path backup = back_up();
  const fs::path victim = elsewhere_.path() / "victim";
  write(victim, "secret");
  fs::remove(file("lock"));
  fs::create_symlink(victim, file("lock"));
  EXPECT_EQ(refused(backup).kind, ErrorKind::kIo);
  fs::remove(file("lock"));
  fs::create_symlink(victim, file("state.db.restore-in-progress"));
  EXPECT_TRUE(restore(backup));
  EXPECT_EQ(content(victim), "secret");
}

TEST_F(Backup, LeavesAStateAloneThatIsOpenElsewhere) {
  const fs::path backup = back_up();
  auto other =
      sqlite::Connection::open(file("state.db").string(), sqlite::Connection::Mode::kReadWrite);
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->execute("BEGIN; SELECT * FROM device"));
  const auto restored = restore(backup);
  ASSERT_FALSE(restored);
  EXPECT_EQ(restored.error().kind, ErrorKind::kBusy);
  EXPECT_FALSE(fs::exists(file("state.db.before-restore")));
}

}  // namespace
}  // namespace bridge
