#include "bridge/store/node_block.h"

namespace bridge {

namespace {

// Wraps, whatever the store holds.
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::uint32_t to_kind(std::uint8_t type, std::uint16_t flags) {
  return (type & 15U) | std::uint32_t{flags} << 4U | (std::uint32_t{type} >> 4U) << 20U;
}

}  // namespace

void BlockWriter::add(const BlockNode& node) {
  block_.add_gap(node.place - place_);
  block_.add_kind(to_kind(node.type, node.flags));
  block_.add_updated_gap_ms(minus(node.updated_ms, updated_ms_));
  block_.add_value_bytes(static_cast<std::uint32_t>(node.value.size()));
  block_.mutable_values()->append(node.value);
  place_ = node.place;
  updated_ms_ = node.updated_ms;
}

std::string BlockWriter::take() {
  std::string bytes = block_.SerializeAsString();
  *this = BlockWriter();
  return bytes;
}

BlockReader::BlockReader(std::string_view bytes) {
  valid_ = block_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && check();
}

bool BlockReader::check() const {
  const int count = block_.gap_size();
  if (block_.kind_size() != count || block_.updated_gap_ms_size() != count ||
      block_.value_bytes_size() != count) {
    return false;
  }
  std::uint64_t place = 0;
  std::uint64_t bytes = 0;
  for (int i = 0; i < count; ++i) {
    if (i > 0 && block_.gap(i) == 0) return false;
    place += block_.gap(i);
    bytes += block_.value_bytes(i);
    if (place >= kBlockPaths) return false;
  }
  return bytes == block_.values().size();
}

bool BlockReader::next(BlockNode& node) {
  if (!valid_ || index_ >= block_.gap_size()) return false;
  const std::uint32_t kind = block_.kind(index_);
  const std::size_t bytes = block_.value_bytes(index_);
  place_ += block_.gap(index_);
  updated_ms_ = minus(updated_ms_, minus(0, block_.updated_gap_ms(index_)));
  node.place = place_;
  node.type = static_cast<std::uint8_t>((kind & 15U) | (kind >> 20U) << 4U);
  node.flags = static_cast<std::uint16_t>(kind >> 4U);
  node.updated_ms = updated_ms_;
  node.value = std::string_view(block_.values()).substr(offset_, bytes);
  offset_ += bytes;
  ++index_;
  return true;
}

}  // namespace bridge
