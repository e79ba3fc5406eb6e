#include "bridge/path_pool.h"

#include <cassert>
#include <cstring>
#include <functional>
#include <new>

namespace bridge {

/// Header of one allocation; the characters follow it.
struct PathRef::Entry {
  PathPool* pool;
  std::atomic<std::uint32_t> references{1};
  std::uint32_t length;

  char* text() { return reinterpret_cast<char*>(this + 1); }
  std::string_view view() const { return {reinterpret_cast<const char*>(this + 1), length}; }
};

PathRef::PathRef(const PathRef& other) : entry_(other.entry_) {
  if (entry_ != nullptr) entry_->references.fetch_add(1, std::memory_order_relaxed);
}

PathRef::~PathRef() {
  if (entry_ != nullptr) entry_->pool->release(entry_);
}

std::string_view PathRef::view() const {
  return entry_ == nullptr ? std::string_view() : entry_->view();
}

std::size_t PathPool::Hash::operator()(std::string_view path) const {
  return std::hash<std::string_view>{}(path);
}
std::size_t PathPool::Hash::operator()(const Entry* entry) const {
  return std::hash<std::string_view>{}(entry->view());
}
bool PathPool::Equal::operator()(std::string_view a, const Entry* b) const {
  return a == b->view();
}
bool PathPool::Equal::operator()(const Entry* a, std::string_view b) const {
  return a->view() == b;
}

PathPool::~PathPool() { assert(size() == 0 && "a PathRef outlives its pool"); }

PathPool::Shard& PathPool::shard_of(std::string_view path) {
  // The high bits: the low ones choose the bucket inside the shard.
  return shards_[(Hash{}(path) >> 48U) % kShards];
}

PathRef PathPool::intern(std::string_view path) {
  Shard& shard = shard_of(path);
  std::lock_guard lock(shard.mutex);
  if (auto found = shard.entries.find(path); found != shard.entries.end()) {
    (*found)->references.fetch_add(1, std::memory_order_relaxed);
    return PathRef(*found);
  }
  void* memory = ::operator new(sizeof(Entry) + path.size());
  auto* entry = new (memory) Entry{this, 1, static_cast<std::uint32_t>(path.size())};
  std::memcpy(entry->text(), path.data(), path.size());
  shard.entries.insert(entry);
  return PathRef(entry);
}

std::size_t PathPool::size() const {
  std::size_t sum = 0;
  for (const Shard& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    sum += shard.entries.size();
  }
  return sum;
}

void PathPool::release(Entry* entry) {
  // Not the last one: no lock.
  std::uint32_t count = entry->references.load(std::memory_order_relaxed);
  while (count > 1) {
    if (entry->references.compare_exchange_weak(count, count - 1, std::memory_order_acq_rel)) {
      return;
    }
  }
  // Down to zero only under the lock, so that intern() cannot revive what is being freed.
  Shard& shard = shard_of(entry->view());
  std::lock_guard lock(shard.mutex);
  if (entry->references.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  shard.entries.erase(entry);
  entry->~Entry();
  ::operator delete(entry);
}

}  // namespace bridge
