#include "bridge/store/sqlite.h"

#include <sqlite3.h>

namespace bridge::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr int kProgressSteps = 100;  ///< of SQLite's machine: some dozen rows

ErrorKind kind_of(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return ErrorKind::kDiskFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorKind::kCorrupt;
    case SQLITE_CONSTRAINT:
      return ErrorKind::kConflict;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::kBusy;
    case SQLITE_INTERRUPT:
      return ErrorKind::kClosed;
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
      return ErrorKind::kInternal;
    default:
      return ErrorKind::kIo;
  }
}

tl::unexpected<Error> failure(sqlite3* handle) {
  return fail(kind_of(sqlite3_extended_errcode(handle)), sqlite3_errmsg(handle));
}

}  // namespace

Query::~Query() {
  if (statement_ != nullptr) {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);  // nothing dangles in the cache
  }
}

void Query::bind(int position, std::int64_t value) {
  sqlite3_bind_int64(statement_, position, value);
}

void Query::bind(int position, std::string_view text) {
  // A null pointer would bind NULL.
  sqlite3_bind_text64(statement_, position, text.data() == nullptr ? "" : text.data(), text.size(),
                      SQLITE_STATIC, SQLITE_UTF8);
}

void Query::bind(int position, Blob blob) {
  sqlite3_bind_blob64(statement_, position, blob.bytes.data() == nullptr ? "" : blob.bytes.data(),
                      blob.bytes.size(), SQLITE_STATIC);
}

void Query::bind(int position, const std::optional<std::int64_t>& value) {
  if (value) {
    bind(position, *value);
  } else {
    sqlite3_bind_null(statement_, position);
  }
}

Result<bool> Query::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) {
    sqlite3_reset(statement_);
    return false;
  }
  auto error = failure(sqlite3_db_handle(statement_));
  sqlite3_reset(statement_);
  return error;
}

void Query::rewind() { sqlite3_reset(statement_); }

std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Query::bytes(int column) const {
  // The blob call does not convert: TEXT comes as its bytes. It must come before the length.
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  if (data == nullptr) return {};
  return {static_cast<const char*>(data), size};
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

Result<Connection> Connection::open(const std::string& file, Mode mode) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE;
  if (mode == Mode::kMemory) flags |= SQLITE_OPEN_MEMORY | SQLITE_OPEN_CREATE;
  if (mode == Mode::kReadWrite) flags |= SQLITE_OPEN_CREATE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags, nullptr);
  Connection connection(handle);  // also after an error there is a handle to close
  if (code != SQLITE_OK) {
    return fail(kind_of(code), file + ": " + sqlite3_errstr(code));
  }
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  if (mode == Mode::kReadOnly) {
    // Not SQLITE_OPEN_READONLY, which cannot always use the shared memory of the WAL.
    if (auto done = connection.execute("PRAGMA query_only=ON"); !done) {
      return tl::unexpected(std::move(done).error());
    }
  }
  return connection;
}

Connection::Connection(Connection&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), statements_(std::move(other.statements_)) {
  other.statements_.clear();
}

Connection::~Connection() {
  for (auto& [sql, statement] : statements_) {
    sqlite3_finalize(statement);
  }
  sqlite3_close(handle_);
}

Result<void> Connection::execute(const char* sql) {
  if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(handle_);
  }
  return {};
}

Result<void> Connection::command(std::string_view sql) {
  Result<Query> query = prepare(sql);
  if (!query) return tl::unexpected(std::move(query).error());
  Result<bool> row = query->step();
  if (!row) return tl::unexpected(std::move(row).error());
  return {};
}

Result<Query> Connection::prepare(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      return failure(handle_);
    }
    found = statements_.emplace(sql, statement).first;
  }
  return Query(found->second);
}

void Connection::ask_while_running(std::function<bool()>& go_on) {
  auto ask = [](void* asked) { return (*static_cast<std::function<bool()>*>(asked))() ? 0 : 1; };
  sqlite3_progress_handler(handle_, kProgressSteps, ask, &go_on);
}

std::int64_t Connection::changes() const { return sqlite3_changes64(handle_); }
std::int64_t Connection::last_insert_id() const { return sqlite3_last_insert_rowid(handle_); }
bool Connection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
bool Connection::found_damage() const {
  return kind_of(sqlite3_extended_errcode(handle_)) == ErrorKind::kCorrupt;
}

namespace {

/// The version the file has, 0 for an empty file.
Result<int> current_version(Connection& connection, const Schema& schema) {
  const Result<std::int64_t> tables = connection.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tl::unexpected(tables.error());
  const Result<std::int64_t> application = connection.number("PRAGMA application_id");
  if (!application) return tl::unexpected(application.error());
  if (*tables == 0 && *application == 0) return 0;
  if (*application != schema.application_id) {
    return fail(ErrorKind::kCorrupt, std::string("not a ") + schema.name +
                                         " file of usp-bridge (application_id " +
                                         std::to_string(*application) + ")");
  }
  const Result<std::int64_t> version = connection.number("SELECT version FROM schema_version");
  if (!version) {
    return fail(ErrorKind::kCorrupt, "the schema version cannot be read: " + version.error().text);
  }
  return static_cast<int>(*version);
}

Result<void> apply(Connection& connection, const Schema& schema, int from) {
  if (from == 0) {
    const std::string begin = "PRAGMA application_id=" + std::to_string(schema.application_id) +
                              "; CREATE TABLE schema_version(version INTEGER NOT NULL) STRICT;"
                              "INSERT INTO schema_version VALUES(0)";
    if (auto done = connection.execute(begin.c_str()); !done) return done;
  }
  for (const Migration& migration : schema.migrations) {
    if (migration.version <= from) continue;
    Result<void> done = connection.execute(migration.sql);
    if (done && migration.convert != nullptr) done = migration.convert(connection);
    if (!done) {
      return fail(done.error().kind, std::string(schema.name) + ": migration " +
                                         std::to_string(migration.version) + ": " +
                                         done.error().text);
    }
  }
  const std::string set =
      "UPDATE schema_version SET version=" + std::to_string(schema.migrations.back().version);
  return connection.execute(set.c_str());
}

}  // namespace

Result<int> known_version(Connection& connection, const Schema& schema) {
  const Result<int> version = current_version(connection, schema);
  if (!version) return version;
  const int newest = schema.migrations.back().version;
  if (*version > newest) {
    return fail(ErrorKind::kTooNew, std::string(schema.name) + " has schema version " +
                                        std::to_string(*version) + ", this program knows up to " +
                                        std::to_string(newest) +
                                        ": use the newer program or restore a backup");
  }
  return version;
}

Result<void> migrate(Connection& connection, const Schema& schema) {
  const Result<int> version = known_version(connection, schema);
  if (!version) return tl::unexpected(version.error());
  if (*version == schema.migrations.back().version) return {};
  if (auto begun = connection.execute("BEGIN IMMEDIATE"); !begun) return begun;
  Result<void> done = apply(connection, schema, *version);
  if (done) done = connection.execute("COMMIT");
  if (!done && connection.in_transaction()) {
    if (auto undone = connection.execute("ROLLBACK"); !undone) return undone;
  }
  return done;
}

}  // namespace bridge::sqlite
