// Finds the one Device object of a device and keeps it while it is in use.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/result.h"
#include "bridge/store/rows.h"

namespace bridge {

class Device;
struct Runtime;
using DevicePtr = std::shared_ptr<Device>;

/// Thread-safe. There is at most one Device object per device at any time; an idle one goes away
/// after a while (sweep()), so a fleet that sleeps costs nothing here.
class Registry {
 public:
  explicit Registry(Runtime& runtime);
  ~Registry();

  /// nullptr: no such device.
  boost::asio::awaitable<Result<DevicePtr>> by_endpoint_id(std::string endpoint_id);
  boost::asio::awaitable<Result<DevicePtr>> by_id(std::int64_t id);
  boost::asio::awaitable<Result<DevicePtr>> by_identity(DeviceIdentity identity);

  /// Stores a device that was never seen; gives the existing one when another call was faster.
  boost::asio::awaitable<Result<DevicePtr>> create(DeviceRow row);

  /// The object if it is in memory.
  DevicePtr in_memory(std::int64_t id) const;
  std::vector<DevicePtr> all_in_memory() const;

  /// Drops what nobody uses and has not been used since the last sweep but one.
  void sweep();

  /// The device was deleted: forgets its object, which others may still hold.
  void forget(std::int64_t id);

 private:
  struct Entry {
    DevicePtr device;
    int idle_sweeps = 0;
  };

  struct IdentityHash {
    std::size_t operator()(const DeviceIdentity& identity) const;
  };

  DevicePtr adopt(const DeviceRow& row);
  /// Under the mutex. The object of the id that `index` has for `key`, now in use; or nullptr.
  template <class Index, class Key>
  DevicePtr used(const Index& index, const Key& key);
  void forget_indexes(const Device& device);

  Runtime& runtime_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::int64_t, Entry> devices_;
  std::unordered_map<std::string, std::int64_t> by_endpoint_;
  std::unordered_map<DeviceIdentity, std::int64_t, IdentityHash> by_identity_;
};

}  // namespace bridge
