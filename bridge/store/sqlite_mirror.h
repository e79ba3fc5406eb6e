// mirror.db as MirrorReader and MirrorWriter.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bridge/store/access.h"
#include "bridge/store/sqlite.h"

namespace bridge {

/// Key of the block that has this path of this device.
std::int64_t block_key(std::int64_t device_id, std::int64_t path_id);

/// On a read-only connection only the reader's half works. Used by one thread at a time.
class SqliteMirror final : public MirrorWriter {
 public:
  explicit SqliteMirror(sqlite::Connection& db) : db_(db) {}

  Result<std::vector<NodeRow>> nodes(std::int64_t device_id) override;
  Result<std::int64_t> last_inform_ms(std::int64_t device_id) override;
  Result<std::vector<SeenRow>> seen(const SeenRow& after, std::int64_t to_ms,
                                    std::size_t limit) override;
  Result<std::int64_t> newest_inform_ms() override;
  Result<std::int64_t> seen_count(std::int64_t after_ms) override;

  Result<void> put_nodes(std::int64_t device_id, std::span<const NodeRow> rows) override;
  Result<void> erase_nodes(std::int64_t device_id, std::span<const std::string> paths) override;
  Result<void> erase_device(std::int64_t device_id) override;
  Result<void> put_last_inform_ms(std::int64_t device_id, std::int64_t time_ms) override;

  /// Ids learned since the last commit may not exist any more.
  void rolled_back();
  void committed() { uncommitted_.clear(); }

  /// Something could not be read, by SQLite or here.
  bool found_damage() const { return found_damage_ || db_.found_damage(); }

 private:
  /// 64 Ki paths of 60 characters are about 10 MB: the models of a fleet fit.
  static constexpr std::size_t kMaxCachedPaths = 64 << 10;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  /// With the id of its path; by ascending id.
  using Ordered = std::vector<std::pair<std::int64_t, const NodeRow*>>;

  Error unreadable();
  /// 0: not known, and `insert` is false.
  Result<std::int64_t> path_id(std::string_view path, bool insert);
  Result<std::string> path_text(std::int64_t id);
  /// Puts and erases (null) in one block.
  Result<void> change_block(std::int64_t key, std::span<const Ordered::value_type> changes);
  Result<void> change_blocks(std::int64_t device_id, Ordered changes);
  Result<void> append_nodes(std::int64_t key, std::string_view block, std::vector<NodeRow>& rows);

  sqlite::Connection& db_;
  std::unordered_map<std::string, std::int64_t, Hash, std::equal_to<>> path_ids_;
  std::unordered_map<std::int64_t, std::string> path_texts_;
  std::vector<std::string> uncommitted_;
  bool found_damage_ = false;
};

}  // namespace bridge
