#include "bridge/registry.h"

#include <boost/container_hash/hash.hpp>

#include "bridge/device.h"
#include "bridge/runtime.h"
#include "bridge/session_log.h"
#include "bridge/store/store.h"

namespace bridge {

namespace asio = boost::asio;

namespace {

/// Sweeps an object must stay unused for before it goes.
constexpr int kIdleSweeps = 2;

}  // namespace

Registry::Registry(Runtime& runtime) : runtime_(runtime) {}
Registry::~Registry() = default;

std::size_t Registry::IdentityHash::operator()(const DeviceIdentity& identity) const {
  std::size_t seed = 0;
  boost::hash_combine(seed, identity.oui);
  boost::hash_combine(seed, identity.product_class);
  boost::hash_combine(seed, identity.serial);
  return seed;
}

template <class Index, class Key>
DevicePtr Registry::used(const Index& index, const Key& key) {
  const auto id = index.find(key);
  if (id == index.end()) return nullptr;
  Entry& entry = devices_.at(id->second);
  entry.idle_sweeps = 0;
  return entry.device;
}

void Registry::forget_indexes(const Device& device) {
  by_endpoint_.erase(device.endpoint_id());
  by_identity_.erase(device.row().identity);
}

DevicePtr Registry::adopt(const DeviceRow& row) {
  std::lock_guard lock(mutex_);
  Entry& entry = devices_[row.id];
  entry.idle_sweeps = 0;
  if (entry.device == nullptr) {
    entry.device = std::make_shared<Device>(runtime_, row);
    by_endpoint_[row.endpoint_id] = row.id;
    by_identity_[row.identity] = row.id;
  }
  return entry.device;
}

DevicePtr Registry::in_memory(std::int64_t id) const {
  std::lock_guard lock(mutex_);
  auto found = devices_.find(id);
  if (found == devices_.end()) return nullptr;
  found->second.idle_sweeps = 0;
  return found->second.device;
}

std::vector<DevicePtr> Registry::all_in_memory() const {
  std::vector<DevicePtr> out;
  std::lock_guard lock(mutex_);
  out.reserve(devices_.size());
  for (const auto& [id, entry] : devices_) out.push_back(entry.device);
  return out;
}

asio::awaitable<Result<DevicePtr>> Registry::by_endpoint_id(std::string endpoint_id) {
  {
    std::lock_guard lock(mutex_);
    if (DevicePtr device = used(by_endpoint_, endpoint_id)) co_return device;
  }
  auto load = [endpoint_id](StateReader& state, MirrorReader&) {
    return state.device_by_endpoint_id(endpoint_id);
  };
  Result<std::optional<DeviceRow>> row = co_await runtime_.store.read(std::move(load));
  if (!row) co_return tl::unexpected(row.error());
  if (!*row) co_return nullptr;
  co_return adopt(**row);
}

asio::awaitable<Result<DevicePtr>> Registry::by_id(std::int64_t id) {
  if (DevicePtr device = in_memory(id)) co_return device;
  auto load = [id](StateReader& state, MirrorReader&) { return state.device(id); };
  Result<std::optional<DeviceRow>> row = co_await runtime_.store.read(std::move(load));
  if (!row) co_return tl::unexpected(row.error());
  if (!*row) co_return nullptr;
  co_return adopt(**row);
}

asio::awaitable<Result<DevicePtr>> Registry::by_identity(DeviceIdentity identity) {
  {
    std::lock_guard lock(mutex_);
    if (DevicePtr device = used(by_identity_, identity)) co_return device;
  }
  auto load = [identity](StateReader& state, MirrorReader&) {
    return state.device_by_identity(identity);
  };
  Result<std::optional<DeviceRow>> row = co_await runtime_.store.read(std::move(load));
  if (!row) co_return tl::unexpected(row.error());
  if (!*row) co_return nullptr;
  co_return adopt(**row);
}

asio::awaitable<Result<DevicePtr>> Registry::create(DeviceRow row) {
  auto insert = [row](StateWriter& state) -> Result<DeviceRow> {
    auto existing = state.device_by_identity(row.identity);
    if (!existing) return tl::unexpected(existing.error());
    if (*existing) return **existing;
    auto id = state.put_device(row);
    if (!id) return tl::unexpected(id.error());
    DeviceRow stored = row;
    stored.id = *id;
    return stored;
  };
  Result<DeviceRow> stored = co_await runtime_.store.write_state(std::move(insert));
  if (!stored) co_return tl::unexpected(stored.error());
  co_return adopt(*stored);
}

void Registry::sweep() {
  std::vector<DevicePtr> gone;  // destroyed outside the lock
  std::lock_guard lock(mutex_);
  for (auto it = devices_.begin(); it != devices_.end();) {
    Entry& entry = it->second;
    // Only the map holds it, and a new holder would have to come through here: nothing runs on it.
    bool unused = entry.device.use_count() == 1 && entry.device->can_be_dropped();
    if (!unused || ++entry.idle_sweeps < kIdleSweeps) {
      ++it;
      continue;
    }
    forget_indexes(*entry.device);
    gone.push_back(std::move(entry.device));
    it = devices_.erase(it);
  }
}

void Registry::forget(std::int64_t id) {
  runtime_.session_log.forget(id);
  std::lock_guard lock(mutex_);
  auto found = devices_.find(id);
  if (found == devices_.end()) return;
  forget_indexes(*found->second.device);
  devices_.erase(found);
}

}  // namespace bridge
