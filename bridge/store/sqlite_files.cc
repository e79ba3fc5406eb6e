#include "bridge/store/sqlite_files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "bridge/store/schema.h"
#include "bridge/store/sqlite_result.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using sqlite::Connection;

// A whole check reads the whole file; beyond this size only what SQLite checks on its way is.
constexpr std::uintmax_t kMaxCheckedBytes = 256ULL << 20;

constexpr const char* kCommonPragmas =
    "PRAGMA foreign_keys=ON;"
    "PRAGMA temp_store=MEMORY;"
    "PRAGMA journal_size_limit=67108864;";
// Every commit is on the disk. 8 MiB of cache.
constexpr const char* kStatePragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192;";
// Synced at checkpoints only, which come every 4096 pages. 32 MiB of cache.
constexpr const char* kMirrorPragmas =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-32768;"
    "PRAGMA wal_autocheckpoint=4096;";

constexpr const char* kKeyCheck = "key_check";  // row of `meta`
constexpr const char* kKeyCheckText = "usp-bridge";

Error with_file(const fs::path& file, Error error) {
  error.text = file.string() + ": " + error.text;
  return error;
}

Result<void> check(Connection& db, const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  if (error || size > kMaxCheckedBytes) return {};
  auto read = [](sqlite::Query& query) -> Result<std::string> { return query.text(0); };
  auto verdict = db.one("PRAGMA quick_check(1)", read);
  if (!verdict) return tl::unexpected(std::move(verdict).error());
  if (verdict->value_or("") != "ok") {
    return fail(ErrorKind::kCorrupt, verdict->value_or("no answer of quick_check"));
  }
  return {};
}

struct FileKind {
  const char* pragmas;
  const sqlite::Schema& schema;
};

Result<void> set_up(Connection& db, const fs::path& file, bool memory, const FileKind& kind,
                    std::size_t max_pages) {
  if (auto done = db.execute(kCommonPragmas); !done) return done;
  if (auto done = db.execute(kind.pragmas); !done) return done;
  if (!memory) {
    if (auto done = check(db, file); !done) return done;
  }
  if (auto done = sqlite::migrate(db, kind.schema); !done) return done;
  if (max_pages == 0) return {};
  return db.execute(("PRAGMA max_page_count=" + std::to_string(max_pages)).c_str());
}

Result<Connection> open_writer(const fs::path& file, bool memory, const FileKind& kind,
                               std::size_t max_pages) {
  if (!memory) {
    if (auto made = create_private(file); !made) {
      return tl::unexpected(with_file(file, std::move(made).error()));
    }
  }
  using Mode = Connection::Mode;
  Result<Connection> db = memory ? Connection::open(":memory:", Mode::kMemory)
                                 : Connection::open(file.string(), Mode::kReadWrite);
  if (!db) return db;
  if (auto done = set_up(*db, file, memory, kind, max_pages); !done) {
    return tl::unexpected(with_file(file, std::move(done).error()));
  }
  return db;
}

Result<Connection> open_reader(const fs::path& file) {
  Result<Connection> db = Connection::open(file.string(), Connection::Mode::kReadOnly);
  if (!db) return db;
  if (auto done = db->execute("PRAGMA cache_size=-8192"); !done) {
    return tl::unexpected(with_file(file, std::move(done).error()));
  }
  return db;
}

}  // namespace

Result<DirectoryLock> DirectoryLock::take(const fs::path& directory) {
  const fs::path file = directory / "lock";
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorKind::kIo, file.string() + ": " + std::strerror(errno));
  DirectoryLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(ErrorKind::kBusy, directory.string() + ": in use by another process");
  }
  return lock;
}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

// SQLite gives its -wal and -shm the mode of the file.
Result<void> create_private(const fs::path& file) {
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(ErrorKind::kIo, std::strerror(errno));
  }
  ::close(fd);
  return {};
}

fs::path beside(const fs::path& file, std::string_view name) {
  return file.string() + "." + std::string(name);
}

std::uintmax_t size_of(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

void remove_database(const fs::path& file) {
  std::error_code ignored;
  for (const char* part : {"-wal", "-shm", "-journal", ""}) {
    fs::remove(file.string() + part, ignored);
  }
}

void StoreFiles::sweep() const {
  for (const std::string_view name : {kCopyName, kRestoringName}) {
    remove_database(beside(state_file(), name));
  }
}

Result<void> StoreFiles::prepare() const {
  std::error_code error;
  if (fs::create_directories(directory_, error)) {
    fs::permissions(directory_, fs::perms::owner_all, error);
  }
  if (error) return fail(ErrorKind::kIo, directory_.string() + ": " + error.message());
  return {};
}

Result<Connection> StoreFiles::open_state(std::size_t max_pages) const {
  const FileKind kind{kStatePragmas, state_schema()};
  Result<Connection> db = open_writer(state_file(), in_memory(), kind, max_pages);
  if (!db && db.error().kind == ErrorKind::kCorrupt) {
    db.error().text += "; restore a backup (usp-bridge --restore-state), nothing was changed";
  }
  return db;
}

Result<Connection> StoreFiles::open_mirror(
    std::size_t max_pages, const std::function<void(const std::string&)>& set_aside) const {
  const FileKind kind{kMirrorPragmas, mirror_schema()};
  std::error_code error;
  std::string reason;
  if (!in_memory() && fs::exists(mirror_mark(), error)) {
    reason = "found damaged while it was in use";
  } else {
    Result<Connection> db = open_writer(mirror_file(), in_memory(), kind, max_pages);
    if (db || db.error().kind != ErrorKind::kCorrupt || in_memory()) return db;
    reason = db.error().text;
  }
  // One damaged file is kept for inspection, not one per start.
  for (const char* part : {"", "-wal", "-shm"}) {
    const fs::path from = mirror_file().string() + part;
    const fs::path to = mirror_file().string() + ".damaged" + part;
    fs::remove(to, error);
    if (fs::exists(from, error)) fs::rename(from, to, error);
  }
  Result<Connection> fresh = open_writer(mirror_file(), in_memory(), kind, max_pages);
  if (fresh) {
    fs::remove(mirror_mark(), error);
    if (set_aside) set_aside(reason);
  }
  return fresh;
}

Result<Connection> StoreFiles::open_state_reader() const { return open_reader(state_file()); }
Result<Connection> StoreFiles::open_mirror_reader() const { return open_reader(mirror_file()); }

void StoreFiles::mark_mirror_damaged() const {
  if (in_memory()) return;
  const int fd = ::open(mirror_mark().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd >= 0) ::close(fd);
}

Result<Secrets> load_secrets(const StoreOptions& options, Connection& state) {
  auto read = [](sqlite::Query& query) -> Result<std::string> { return query.text(0); };
  const auto stored =
      state.one("SELECT value FROM meta WHERE key=?", read, std::string_view(kKeyCheck));
  if (!stored) return tl::unexpected(stored.error());

  const bool memory = options.directory.empty() && options.key_file.empty();
  const fs::path file =
      options.key_file.empty() ? options.directory / "store.key" : options.key_file;
  // A new key is of no use to a state.db that already has secrets.
  Result<Secrets> secrets =
      memory ? Secrets::ephemeral() : Secrets::load(file, !stored->has_value());
  if (!secrets) return secrets;
  if (stored->has_value()) {
    const Result<std::string> text = secrets->open(**stored, kKeyCheck);
    if (!text || *text != kKeyCheckText) {
      return fail(ErrorKind::kCorrupt, file.string() + ": not the key of this state.db");
    }
    return secrets;
  }
  const Result<std::string> sealed = secrets->seal(kKeyCheckText, kKeyCheck);
  if (!sealed) return tl::unexpected(sealed.error());
  const auto kept = state.run("INSERT INTO meta(key, value) VALUES(?,?)",
                              std::string_view(kKeyCheck), sqlite::Blob{*sealed});
  if (!kept) return tl::unexpected(kept.error());
  return secrets;
}

}  // namespace bridge
