#include "bridge/store/health.h"

#include <system_error>
#include <tuple>
#include <utility>

#include "bridge/store/sqlite.h"
#include "bridge/store/sqlite_files.h"

namespace bridge {
namespace {

namespace fs = std::filesystem;
using sqlite::Connection;
using sqlite::Query;

/// Of controllers that do not answer; beyond that the list helps nobody.
constexpr std::size_t kMostUnanswered = 20;

}  // namespace

StorageFacts look_at_storage(const fs::path& directory) {
  StorageFacts facts;
  facts.directory = directory.string();
  facts.state_bytes = size_of(directory / "state.db");
  facts.state_wal_bytes = size_of(directory / "state.db-wal");
  facts.mirror_bytes = size_of(directory / "mirror.db");
  std::error_code error;
  const fs::space_info space = fs::space(directory, error);
  if (error) {
    facts.space_error = facts.directory + ": " + error.message();
  } else {
    facts.free_bytes = space.available;
    facts.total_bytes = space.capacity;
  }
  return facts;
}

Result<OutboxFacts> look_at_outbox(const fs::path& directory) {
  Result<Connection> db =
      Connection::open((directory / "state.db").string(), Connection::Mode::kReadOnly);
  if (!db) return tl::unexpected(std::move(db).error());
  using Totals = std::pair<std::int64_t, std::int64_t>;
  auto totals = [](Query& query) -> Result<Totals> {
    return Totals{query.integer(0), query.integer(1)};
  };
  auto all = db->one("SELECT count(*), min(created_ms) FROM outbox", totals);
  if (!all) return tl::unexpected(std::move(all).error());
  OutboxFacts facts;
  if (*all) std::tie(facts.waiting, facts.oldest_ms) = **all;
  auto read = [](Query& query) -> Result<OutboxFacts::Unanswered> {
    return OutboxFacts::Unanswered{query.text(0), query.integer(1), query.integer(2)};
  };
  auto unanswered = db->all(
      "SELECT controller, count(*), min(created_ms) FROM outbox"
      " WHERE needs_response<>0 AND attempts>0 GROUP BY controller ORDER BY 3 LIMIT ?",
      read, kMostUnanswered);
  if (!unanswered) return tl::unexpected(std::move(unanswered).error());
  facts.unanswered = *std::move(unanswered);
  return facts;
}

}  // namespace bridge
