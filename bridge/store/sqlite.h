// A thin layer over SQLite: connections, cached statements, rows, transactions. Inside the store
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace bridge::sqlite {

/// A bound value that is stored as a BLOB, not as TEXT.
struct Blob {
  std::string_view bytes;
};

/// A statement about to run: bind, step, read. Resets itself.
class Query {
 public:
  explicit Query(sqlite3_stmt* statement) : statement_(statement) {}
  Query(Query&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
  Query& operator=(Query&&) = delete;
  ~Query();

  /// What is bound must stay alive until the Query is gone. Positions count from 1.
  void bind(int position, std::int64_t value);
  void bind(int position, int value) { bind(position, static_cast<std::int64_t>(value)); }
  void bind(int position, bool value) { bind(position, static_cast<std::int64_t>(value)); }
  void bind(int position, std::size_t value) { bind(position, static_cast<std::int64_t>(value)); }
  void bind(int position, std::string_view text);
  void bind(int position, Blob blob);
  void bind(int position, const std::optional<std::int64_t>& value);

  /// True: a row can be read. Runs again from the start after false or rewind().
  Result<bool> step();
  void rewind();

  /// Columns count from 0. Views live until the next step().
  std::int64_t integer(int column) const;
  std::string_view bytes(int column) const;
  std::string text(int column) const { return std::string(bytes(column)); }
  bool is_null(int column) const;

 private:
  sqlite3_stmt* statement_;
};

/// What `read(query)` makes of a row: it returns Result<Row>.
template <class Read>
using RowOf = typename std::invoke_result_t<Read&, Query&>::value_type;

/// Every row from here to the end.
template <class Read>
Result<std::vector<RowOf<Read>>> rest(Query& query, Read read) {
  std::vector<RowOf<Read>> rows;
  for (;;) {
    Result<bool> more = query.step();
    if (!more) return tl::unexpected(std::move(more).error());
    if (!*more) return rows;
    auto row = read(query);
    if (!row) return tl::unexpected(std::move(row).error());
    rows.push_back(*std::move(row));
  }
}

/// One connection. Used by one thread at a time.
class Connection {
 public:
  enum class Mode { kReadWrite, kReadOnly, kMemory };

  static Result<Connection> open(const std::string& file, Mode mode);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) = delete;
  ~Connection();

  /// Several statements without parameters, without rows.
  Result<void> execute(const char* sql);

  /// One statement without parameters and rows, kept in the statement cache: for what is said
  /// often, as BEGIN and COMMIT. `sql` as for prepare().
  Result<void> command(std::string_view sql);

  /// `sql` must outlive the connection (a literal): it is the key of the statement cache. A
  /// statement can be in use once at a time.
  Result<Query> prepare(std::string_view sql);

  /// Runs a statement to its end; how many rows it changed (deletes by foreign keys not counted).
  template <class... Args>
  Result<std::int64_t> run(std::string_view sql, const Args&... args) {
    Result<Query> query = prepare_bound(sql, args...);
    if (!query) return tl::unexpected(std::move(query).error());
    if (Result<bool> row = query->step(); !row) return tl::unexpected(std::move(row).error());
    return changes();
  }

  /// `read(query)` makes a Result<Row> of the current row.
  template <class Read, class... Args>
  auto all(std::string_view sql, Read read, const Args&... args)
      -> Result<std::vector<RowOf<Read>>> {
    Result<Query> query = prepare_bound(sql, args...);
    if (!query) return tl::unexpected(std::move(query).error());
    return rest(*query, std::move(read));
  }

  template <class Read, class... Args>
  auto one(std::string_view sql, Read read, const Args&... args)
      -> Result<std::optional<RowOf<Read>>> {
    Result<Query> query = prepare_bound(sql, args...);
    if (!query) return tl::unexpected(std::move(query).error());
    Result<bool> more = query->step();
    if (!more) return tl::unexpected(std::move(more).error());
    if (!*more) return std::optional<RowOf<Read>>();
    auto row = read(*query);
    if (!row) return tl::unexpected(std::move(row).error());
    return std::optional<RowOf<Read>>(*std::move(row));
  }

  /// The first column of the first row; 0 where there is none or it is NULL.
  template <class... Args>
  Result<std::int64_t> number(std::string_view sql, const Args&... args) {
    auto read = [](Query& query) -> Result<std::int64_t> { return query.integer(0); };
    auto row = one(sql, read, args...);
    if (!row) return tl::unexpected(std::move(row).error());
    return row->value_or(0);
  }

  /// Asked again and again while a statement runs; false ends that with kClosed. It outlives the
  /// connection.
  void ask_while_running(std::function<bool()>& go_on);

  std::int64_t changes() const;
  std::int64_t last_insert_id() const;
  bool in_transaction() const;
  /// The last call failed because the file is damaged.
  bool found_damage() const;

 private:
  explicit Connection(sqlite3* handle) : handle_(handle) {}

  template <class... Args>
  Result<Query> prepare_bound(std::string_view sql, const Args&... args) {
    Result<Query> query = prepare(sql);
    if (query) {
      int position = 0;
      (query->bind(++position, args), ...);
    }
    return query;
  }

  sqlite3* handle_;
  std::unordered_map<std::string_view, sqlite3_stmt*> statements_;
};

/// One numbered step of a schema; versions are 1, 2, 3 ...
struct Migration {
  int version;
  const char* sql;
  Result<void> (*convert)(Connection&) = nullptr;  ///< after `sql`: what SQL cannot say
};

struct Schema {
  const char* name;  ///< for error texts
  std::int32_t application_id;
  std::vector<Migration> migrations;
};

/// The version the file has, 0 for an empty one. kTooNew and kCorrupt as migrate().
Result<int> known_version(Connection& connection, const Schema& schema);

/// Brings the file up to the last migration, all of it or nothing. kTooNew: it is beyond that.
/// kCorrupt: another application's file.
Result<void> migrate(Connection& connection, const Schema& schema);

}  // namespace bridge::sqlite
