#include "bridge/store/restore.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <system_error>

#include "bridge/store/schema.h"
#include "bridge/store/sqlite.h"
#include "bridge/store/sqlite_files.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using sqlite::Connection;

constexpr const char* kKeptName = "before-restore";
constexpr int kMostKept = 1000;

tl::unexpected<Error> io_failure(const fs::path& file, const std::error_code& error) {
  return fail(ErrorKind::kIo, file.string() + ": " + error.message());
}

tl::unexpected<Error> with_file(const fs::path& file, Error error) {
  error.text = file.string() + ": " + error.text;
  return tl::unexpected(std::move(error));
}

Result<void> sync(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool good = fd >= 0 && ::fsync(fd) == 0;
  const std::error_code error(errno, std::generic_category());
  if (fd >= 0) ::close(fd);
  return good ? Result<void>{} : io_failure(file, error);
}

/// The administrator may restore; the bridge's user has to open the files then.
void give_to_owner_of(const fs::path& directory, const fs::path& file) {
  struct stat owner {};
  if (::geteuid() != 0 || ::stat(directory.c_str(), &owner) != 0) return;
  (void)::chown(file.c_str(), owner.st_uid, owner.st_gid);
}

Result<void> copy_beside(const fs::path& backup, const fs::path& copy) {
  std::error_code error;
  if (!fs::is_regular_file(backup, error)) {
    return fail(ErrorKind::kInvalid, backup.string() + ": not a file");
  }
  if (auto made = create_private(copy); !made) return with_file(copy, made.error());
  fs::copy_file(backup, copy, fs::copy_options::overwrite_existing, error);
  if (error) return io_failure(backup, error);
  // It took over the mode of what was copied.
  fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write, error);
  if (error) return io_failure(copy, error);
  return {};
}

Result<void> look_through(Connection& db) {
  auto read = [](sqlite::Query& query) -> Result<std::string> { return query.text(0); };
  auto verdict = db.one("PRAGMA integrity_check(1)", read);
  if (!verdict) return tl::unexpected(verdict.error());
  if (verdict->value_or("") == "ok") return {};
  return fail(ErrorKind::kCorrupt, "damaged: " + verdict->value_or("no answer"));
}

Result<void> try_key(const RestoreOptions& options, Connection& db) {
  const auto checks = db.number("SELECT count(*) FROM meta WHERE key='key_check'");
  if (!checks) return tl::unexpected(checks.error());
  if (*checks == 0) return fail(ErrorKind::kCorrupt, "says of no key: no bridge has made it");
  StoreOptions store;
  store.directory = options.directory;
  store.key_file = options.key_file;
  Result<Secrets> secrets = load_secrets(store, db);
  if (secrets) return {};
  Error error = secrets.error();
  error.text += error.kind == ErrorKind::kCorrupt
                    ? "; put the key file there that belongs to the backup"
                    : "; the backup is of no use without the key file that belongs to it";
  return tl::unexpected(std::move(error));
}

/// Is the copy good? Afterwards it is a single file.
Result<StateFacts> examine(const RestoreOptions& options, const fs::path& copy) {
  Result<Connection> db = Connection::open(copy.string(), Connection::Mode::kReadWrite);
  if (!db) return tl::unexpected(db.error());
  Result<StateFacts> facts = state_facts(*db);
  if (!facts) return facts;
  if (auto whole = look_through(*db); !whole) return tl::unexpected(whole.error());
  if (auto fits = try_key(options, *db); !fits) return tl::unexpected(fits.error());
  if (auto single = db->execute("PRAGMA journal_mode=DELETE"); !single) {
    return tl::unexpected(single.error());
  }
  return facts;
}

fs::path free_name(const fs::path& state) {
  std::error_code error;
  fs::path name = beside(state, kKeptName);
  for (int i = 2; fs::exists(name, error) && i < kMostKept; ++i) {
    name = beside(state, kKeptName + std::string("-") + std::to_string(i));
  }
  return name;
}

/// What the WAL has comes into the file. A damaged one keeps its WAL beside it, under its new name:
/// left where it is, it would be taken for that of the backup.
Result<void> fold_wal(const fs::path& state, const fs::path& kept) {
  {
    Result<Connection> db = Connection::open(state.string(), Connection::Mode::kReadWrite);
    if (db) (void)db->execute("PRAGMA journal_mode=DELETE");
  }
  std::error_code error;
  for (const char* part : {"-wal", "-shm", "-journal"}) {
    const fs::path from = state.string() + part;
    if (!fs::exists(from, error)) continue;
    fs::rename(from, kept.string() + part, error);
    if (error) return io_failure(from, error);
  }
  return {};
}

/// A second name of the same file, so that state.db is there at every moment.
Result<void> keep(const fs::path& state, const fs::path& kept) {
  std::error_code error;
  fs::create_hard_link(state, kept, error);
  if (!error) return {};
  fs::copy_file(state, kept, error);  // a file system without links
  if (error) return io_failure(kept, error);
  return sync(kept);
}

Result<fs::path> swap(const fs::path& state, const fs::path& copy) {
  std::error_code error;
  fs::path kept;
  if (fs::exists(state, error)) {
    kept = free_name(state);
    if (auto folded = fold_wal(state, kept); !folded) return tl::unexpected(folded.error());
    if (auto done = keep(state, kept); !done) return tl::unexpected(done.error());
  } else {
    remove_database(state);  // a WAL of nothing
  }
  // Before: the old state.db without a mirror is harmless, the new one with the old mirror is not.
  const fs::path mirror = state.parent_path() / "mirror.db";
  remove_database(mirror);
  fs::remove(state.parent_path() / "mirror.damaged", error);
  if (fs::exists(mirror, error)) return fail(ErrorKind::kIo, mirror.string() + ": not removed");
  fs::rename(copy, state, error);
  if (error) return io_failure(state, error);
  if (auto synced = sync(state.parent_path()); !synced) return tl::unexpected(synced.error());
  return kept;
}

}  // namespace

Result<StateFacts> state_facts(Connection& state) {
  Result<int> version = sqlite::known_version(state, state_schema());
  if (!version) return tl::unexpected(version.error());
  if (*version == 0) return fail(ErrorKind::kCorrupt, "empty");
  StateFacts facts;
  facts.schema_version = *version;
  const auto devices = state.number("SELECT count(*) FROM device");
  if (!devices) return tl::unexpected(devices.error());
  facts.devices = *devices;
  auto read = [](sqlite::Query& query) -> Result<std::string> { return query.text(0); };
  const auto copied = state.one("SELECT value FROM meta WHERE key=?", read, kCopiedKey);
  if (!copied) return tl::unexpected(copied.error());
  const std::string text = copied->value_or("");
  std::from_chars(text.data(), text.data() + text.size(), facts.copied_ms);
  return facts;
}

Result<Restored> restore_state(const RestoreOptions& options) {
  const StoreFiles files(options.directory);
  if (files.in_memory()) return fail(ErrorKind::kInvalid, "the store is in memory");
  if (auto ready = files.prepare(); !ready) return tl::unexpected(ready.error());
  const Result<DirectoryLock> lock = DirectoryLock::take(options.directory);
  if (!lock) return tl::unexpected(lock.error());
  give_to_owner_of(options.directory, options.directory / "lock");
  files.sweep();

  const fs::path state = options.directory / "state.db";
  const fs::path copy = beside(state, kRestoringName);
  Result<StateFacts> facts = StateFacts{};
  if (auto copied = copy_beside(options.backup, copy); !copied) {
    facts = tl::unexpected(copied.error());
  } else {
    facts = examine(options, copy);
    if (!facts) facts = with_file(options.backup, facts.error());
  }
  if (auto synced = facts ? sync(copy) : Result<void>{}; !synced) {
    facts = tl::unexpected(synced.error());
  }
  if (!facts) {
    remove_database(copy);
    return tl::unexpected(facts.error());
  }
  give_to_owner_of(options.directory, copy);
  Result<fs::path> kept = swap(state, copy);
  if (!kept) {
    remove_database(copy);
    return tl::unexpected(kept.error());
  }
  return Restored{*facts, *kept};
}

}  // namespace bridge
