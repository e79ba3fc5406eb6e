#include "bridge/store/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "bridge/store/restore.h"
#include "bridge/store/sqlite.h"
#include "bridge/store/sqlite_files.h"
#include "bridge/store/sqlite_result.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using sqlite::Connection;

/// What the store must still have for its own commits when the copy is made.
constexpr std::uintmax_t kRoomForTheStore = 64ULL << 20;

Result<void> check_room(const fs::path& state) {
  std::error_code error;
  const fs::space_info space = fs::space(state.parent_path(), error);
  if (error) return fail(ErrorKind::kIo, state.string() + ": " + error.message());
  const std::uintmax_t needed = size_of(state) + size_of(state.string() + "-wal");
  if (space.available >= needed + kRoomForTheStore) return {};
  return fail(ErrorKind::kDiskFull, "a copy of state.db needs " + std::to_string(needed >> 20) +
                                        " MiB and 64 MiB for the store, there are " +
                                        std::to_string(space.available >> 20) + " MiB");
}

/// All pages that are in use, as of the moment this begins.
Result<void> vacuum_into(const fs::path& state, const fs::path& copy,
                         std::function<bool()>& go_on) {
  Result<Connection> db = Connection::open(state.string(), Connection::Mode::kReadWrite);
  if (!db) return tl::unexpected(std::move(db).error());
  if (go_on) db->ask_while_running(go_on);
  // The copy is read once and gone: there is nothing to bring to the disk.
  if (auto off = db->execute("PRAGMA synchronous=OFF"); !off) return off;
  const std::string name = copy.string();
  return sqlite::done(db->run("VACUUM INTO ?", std::string_view(name)));
}

/// Says in the copy when it was made, and looks what it is.
Result<StateFacts> mark(const fs::path& copy, std::int64_t now_ms) {
  Result<Connection> db = Connection::open(copy.string(), Connection::Mode::kReadWrite);
  if (!db) return tl::unexpected(std::move(db).error());
  auto off = db->execute("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF");
  if (!off) return tl::unexpected(off.error());
  const std::string when = std::to_string(now_ms);
  auto put = db->run("INSERT OR REPLACE INTO meta(key, value) VALUES(?,?)",
                     std::string_view(kCopiedKey), sqlite::Blob{when});
  if (!put) return tl::unexpected(put.error());
  return state_facts(*db);
}

Result<std::unique_ptr<StateCopy>> make_copy(StateCopyOptions& options, const fs::path& copy) {
  const fs::path state = options.directory / "state.db";
  if (auto room = check_room(state); !room) return tl::unexpected(room.error());
  if (auto made = create_private(copy); !made) return tl::unexpected(made.error());
  if (auto done = vacuum_into(state, copy, options.go_on); !done) {
    return tl::unexpected(done.error());
  }
  Result<StateFacts> facts = mark(copy, options.now_ms);
  if (!facts) return tl::unexpected(facts.error());
  const int fd = ::open(copy.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(ErrorKind::kIo, copy.string() + ": " + std::strerror(errno));
  return std::make_unique<StateCopy>(fd, static_cast<std::int64_t>(size_of(copy)), *facts);
}

}  // namespace

StateCopy::~StateCopy() { ::close(fd_); }

Result<std::string> StateCopy::read(std::size_t most) {
  std::string bytes(most, '\0');
  ssize_t got = -1;
  do {
    got = ::read(fd_, bytes.data(), bytes.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    return fail(ErrorKind::kIo, std::string("the copy of state.db: ") + std::strerror(errno));
  }
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

Result<std::unique_ptr<StateCopy>> copy_state(StateCopyOptions options) {
  if (options.directory.empty()) return fail(ErrorKind::kInvalid, "the store is in memory");
  const fs::path copy = beside(options.directory / "state.db", kCopyName);
  remove_database(copy);
  auto made = make_copy(options, copy);
  remove_database(copy);
  return made;
}

}  // namespace bridge
