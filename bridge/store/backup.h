// A copy of state.db made while the store works.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "bridge/result.h"

namespace bridge {

/// What a state.db says of itself.
struct StateFacts {
  int schema_version = 0;
  std::int64_t devices = 0;
  std::int64_t copied_ms = 0;   ///< when the copy was made; 0: it is none
  std::int64_t open_bulks = 0;  ///< bulk operations that are under way
};

/// In a file without a name, which is gone with this. Used by one thread at a time.
class StateCopy {
 public:
  StateCopy(int fd, std::int64_t size_bytes, StateFacts facts)
      : fd_(fd), size_bytes_(size_bytes), facts_(facts) {}
  ~StateCopy();
  StateCopy(const StateCopy&) = delete;
  StateCopy& operator=(const StateCopy&) = delete;

  std::int64_t size_bytes() const { return size_bytes_; }
  const StateFacts& facts() const { return facts_; }

  /// Up to `most` bytes from where the last read ended; empty: that was all. Blocks.
  Result<std::string> read(std::size_t most);

 private:
  const int fd_;
  const std::int64_t size_bytes_;
  const StateFacts facts_;
};

struct StateCopyOptions {
  std::filesystem::path directory;  ///< of the store
  std::int64_t now_ms = 0;
  std::function<bool()> go_on;  ///< asked again and again meanwhile; false ends it with kClosed
};

/// state.db as of one moment, as a single file that is as small as it can be. Blocks as long as it
/// takes to read all of it; the store's writer and readers are not held up, only the WAL grows.
/// Needs as much room as state.db has: kDiskFull where that would leave too little to the store.
Result<std::unique_ptr<StateCopy>> copy_state(StateCopyOptions options);

}  // namespace bridge
