// Parameter paths held once, however many trees name them.
//
// The devices of one model share nearly all of their paths; a tree keeps a pointer where it would
// keep some forty characters.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace bridge {

class PathPool;

/// A path that lives in a PathPool. Copies count references; the last one gone frees the text.
class PathRef {
 public:
  PathRef() = default;
  PathRef(const PathRef& other);
  PathRef(PathRef&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
  PathRef& operator=(PathRef other) noexcept {
    std::swap(entry_, other.entry_);
    return *this;
  }
  ~PathRef();

  std::string_view view() const;

 private:
  friend class PathPool;
  struct Entry;
  explicit PathRef(Entry* entry) : entry_(entry) {}

  Entry* entry_ = nullptr;
};

/// Thread-safe: trees on different strands share one pool. Outlives every PathRef it gave out.
/// Locks are taken to intern and to free, never to read.
class PathPool {
 public:
  PathPool() = default;
  PathPool(const PathPool&) = delete;
  PathPool& operator=(const PathPool&) = delete;
  ~PathPool();

  PathRef intern(std::string_view path);

  /// Distinct paths held now.
  std::size_t size() const;

 private:
  friend class PathRef;
  using Entry = PathRef::Entry;

  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const;
    std::size_t operator()(const Entry* entry) const;
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(std::string_view a, const Entry* b) const;
    bool operator()(const Entry* a, std::string_view b) const;
    bool operator()(const Entry* a, const Entry* b) const { return a == b; }
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_set<Entry*, Hash, Equal> entries;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard_of(std::string_view path);
  void release(Entry* entry);

  std::array<Shard, kShards> shards_;
};

}  // namespace bridge
