// A row of the mirror: up to 64 nodes of one device. A row for each node would cost three times the
// space and most of the time of a first contact.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/bridge/internal/stored.pb.h"

namespace bridge {

/// Ids in one block. With values as they are in the field a block has less than 1 KiB: several fill
/// a page of SQLite's.
inline constexpr std::uint32_t kBlockPaths = 64;

struct BlockNode {
  std::uint32_t place = 0;  ///< id of the path, from the first one of the block: below kBlockPaths
  std::uint8_t type = 0;
  std::uint16_t flags = 0;
  std::int64_t updated_ms = 0;
  std::string_view value;
};

class BlockWriter {
 public:
  /// By ascending place.
  void add(const BlockNode& node);
  bool empty() const { return block_.gap().empty(); }
  std::string take();

 private:
  internal::NodeBlock block_;
  std::uint32_t place_ = 0;
  std::int64_t updated_ms_ = 0;
};

class BlockReader {
 public:
  explicit BlockReader(std::string_view bytes);
  BlockReader(const BlockReader&) = delete;
  BlockReader& operator=(const BlockReader&) = delete;

  /// false: this is no block, and next() gives nothing.
  bool valid() const { return valid_; }
  /// The next one, whose value lives as long as the reader; false: there is none.
  bool next(BlockNode& node);

 private:
  bool check() const;

  internal::NodeBlock block_;
  bool valid_ = false;
  int index_ = 0;
  std::uint32_t place_ = 0;
  std::int64_t updated_ms_ = 0;
  std::size_t offset_ = 0;
};

}  // namespace bridge
