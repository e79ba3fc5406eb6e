// What became of the last sessions of each device, and how long its answers took: for explain.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace bridge {

struct SessionRecord {
  std::int64_t start_ms = 0;  ///< Unix time
  std::chrono::milliseconds duration{0};
  std::vector<std::string> event_codes;
  std::string outcome;  ///< "complete", "lost", "shutdown"; "running": it goes on
  std::uint32_t rpcs = 0;
  std::string peer;
  bool operator==(const SessionRecord&) const = default;
};

/// Of all RPCs of one method.
struct RpcTimes {
  std::uint32_t count = 0;
  std::uint32_t faults = 0;
  std::chrono::microseconds total{0};
  std::chrono::microseconds longest{0};

  void add(std::chrono::microseconds took, bool fault);
  void add(const RpcTimes& other);
  bool operator==(const RpcTimes&) const = default;
};

struct DeviceRecords {
  static constexpr std::size_t kMaxSessions = 10;
  static constexpr std::size_t kMaxEvents = 16;  ///< of one session

  std::deque<SessionRecord> sessions;    ///< newest first
  std::map<std::string, RpcTimes> rpcs;  ///< by method, a closed set; since the bridge started
  bool operator==(const DeviceRecords&) const = default;
};

/// Thread-safe. In memory only. Keeps the kMaxDevices devices that had a session last, whether they
/// are in memory or asleep, with some 3 KiB each.
class SessionLog {
 public:
  static constexpr std::size_t kMaxDevices = 10'000;

  explicit SessionLog(std::size_t max_devices = kMaxDevices) : max_devices_(max_devices) {}

  /// A session has ended.
  void add(std::int64_t device, SessionRecord session, const std::map<std::string, RpcTimes>& rpcs);
  /// Empty where nothing is known.
  DeviceRecords of(std::int64_t device) const;
  void forget(std::int64_t device);

 private:
  struct Entry {
    DeviceRecords records;
    std::list<std::int64_t>::iterator age;
  };

  const std::size_t max_devices_;
  mutable std::mutex mutex_;
  std::list<std::int64_t> ages_;  ///< the last to have a session comes first
  std::unordered_map<std::int64_t, Entry> devices_;
};

}  // namespace bridge
