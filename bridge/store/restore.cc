#include "bridge/store/restore.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "bridge/store/schema.h"
#include "bridge/store/sqlite.h"
#include "bridge/store/sqlite_files.h"
#include "bridge/store/sqlite_result.h"

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

/// What root does in the store's directory is done as the owner of that: the files are the
/// service's then, and a link that was planted there leads nowhere else than the service may go.
class AsOwner {
 public:
  explicit AsOwner(const fs::path& directory) {
    struct stat owner {};
    if (::geteuid() != 0 || ::stat(directory.c_str(), &owner) != 0 || owner.st_uid == 0) return;
    groups_.resize(static_cast<std::size_t>(::getgroups(0, nullptr)));
    changed_ = ::getgroups(static_cast<int>(groups_.size()), groups_.data()) >= 0 &&
               ::setgroups(0, nullptr) == 0;
    good_ = changed_ && ::setegid(owner.st_gid) == 0 && ::seteuid(owner.st_uid) == 0;
  }
  AsOwner(const AsOwner&) = delete;
  AsOwner& operator=(const AsOwner&) = delete;
  ~AsOwner() {
    if (!changed_) return;
    const bool back =
        ::seteuid(0) == 0 && ::setegid(0) == 0 && ::setgroups(groups_.size(), groups_.data()) == 0;
    if (!back) std::abort();  // nobody would know as whom the process goes on
  }

  bool good() const { return good_; }

 private:
  std::vector<gid_t> groups_;
  bool changed_ = false;
  bool good_ = true;
};

/// A file that is open; root may read what the owner of the store may not.
class Backup {
 public:
  static Result<Backup> open(const fs::path& file) {
    Backup out(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (out.fd_ < 0) {
      return fail(ErrorKind::kInvalid, file.string() + ": " + std::strerror(errno));
    }
    struct stat what {};
    if (::fstat(out.fd_, &what) != 0 || !S_ISREG(what.st_mode)) {
      return fail(ErrorKind::kInvalid, file.string() + ": not a file");
    }
    const fs::path wal = file.string() + "-wal";
    std::error_code error;
    if (const auto size = fs::file_size(wal, error); !error && size > 0) {
      return fail(ErrorKind::kInvalid,
                  file.string() + ": a part of it is in " + wal.string() +
                      "; open it with sqlite3 once, which brings them together");
    }
    return out;
  }
  Backup(Backup&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Backup& operator=(Backup&&) = delete;
  ~Backup() {
    if (fd_ >= 0) ::close(fd_);
  }

  int fd() const { return fd_; }

 private:
  explicit Backup(int fd) : fd_(fd) {}
  int fd_ = -1;
};

Result<void> copy_bytes(int from, int to) {
  std::vector<char> bytes(1 << 20);
  for (;;) {
    const ssize_t got = ::read(from, bytes.data(), bytes.size());
    if (got == 0) return {};
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(to, bytes.data() + done, static_cast<std::size_t>(got - done));
      if (put < 0) return fail(ErrorKind::kIo, std::strerror(errno));
      done += put;
    }
    if (got < 0) return fail(ErrorKind::kIo, std::strerror(errno));
  }
}

/// `copy` is new: what has its name is not it.
Result<void> copy_beside(const Backup& backup, const fs::path& copy) {
  const int fd = ::open(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return io_failure(copy, {errno, std::generic_category()});
  auto copied = copy_bytes(backup.fd(), fd);
  ::close(fd);
  return copied ? copied : with_file(copy, copied.error());
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

/// Without a WAL beside it. kBusy: somebody else has it open.
Result<void> make_single(Connection& db) {
  auto read = [](sqlite::Query& query) -> Result<std::string> { return query.text(0); };
  auto mode = db.one("PRAGMA journal_mode=DELETE", read);
  if (!mode) return tl::unexpected(mode.error());
  if (mode->value_or("") == "delete") return {};
  return fail(ErrorKind::kBusy, "open in another program");
}

/// What they still had to do would be done now, to devices that have gone on since.
Result<void> stop_bulks(Connection& db, const StateFacts& facts) {
  if (facts.open_bulks == 0) return {};
  return sqlite::done(db.run("UPDATE bulk SET cancelled=1 WHERE finished_ms=0"));
}

/// Is the copy good? Afterwards it is a single file.
Result<StateFacts> examine(const RestoreOptions& options, const fs::path& copy) {
  Result<Connection> db = Connection::open(copy.string(), Connection::Mode::kReadWrite);
  if (!db) return tl::unexpected(db.error());
  Result<StateFacts> facts = state_facts(*db);
  if (!facts) return facts;
  if (auto whole = look_through(*db); !whole) return tl::unexpected(whole.error());
  if (auto fits = try_key(options, *db); !fits) return tl::unexpected(fits.error());
  if (auto stopped = stop_bulks(*db, *facts); !stopped) return tl::unexpected(stopped.error());
  if (auto single = make_single(*db); !single) return tl::unexpected(single.error());
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
    auto folded = db ? make_single(*db) : tl::unexpected(db.error());
    if (folded) return {};
    if (folded.error().kind != ErrorKind::kCorrupt) return with_file(state, folded.error());
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
  // All of that is on the disk before the new name is.
  if (auto synced = sync(state.parent_path()); !synced) return tl::unexpected(synced.error());
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
  const auto bulks = state.number("SELECT count(*) FROM sqlite_master WHERE name='bulk'");
  if (!bulks) return tl::unexpected(bulks.error());
  if (*bulks == 0) return facts;  // of a version that had none
  const auto open = state.number("SELECT count(*) FROM bulk WHERE finished_ms=0");
  if (!open) return tl::unexpected(open.error());
  facts.open_bulks = *open;
  return facts;
}

Result<Restored> restore_state(const RestoreOptions& options) {
  const StoreFiles files(options.directory);
  if (files.in_memory()) return fail(ErrorKind::kInvalid, "the store is in memory");
  const Result<Backup> backup = Backup::open(options.backup);
  if (!backup) return tl::unexpected(backup.error());
  if (auto ready = files.prepare(); !ready) return tl::unexpected(ready.error());
  const AsOwner owner(options.directory);
  if (!owner.good()) return fail(ErrorKind::kIo, options.directory.string() + ": not ours");
  const Result<DirectoryLock> lock = DirectoryLock::take(options.directory);
  if (!lock) return tl::unexpected(lock.error());
  files.sweep();

  const fs::path state = options.directory / "state.db";
  const fs::path copy = beside(state, kRestoringName);
  Result<StateFacts> facts = StateFacts{};
  if (auto copied = copy_beside(*backup, copy); !copied) {
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
  Result<fs::path> kept = swap(state, copy);
  if (!kept) {
    remove_database(copy);
    return tl::unexpected(kept.error());
  }
  return Restored{*facts, *kept};
}

}  // namespace bridge
