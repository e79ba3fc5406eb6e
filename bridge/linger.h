// Lingering: a session is held open for the operation that may come next, where waking the device
// is slow or impossible (design: Semantics).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace bridge {

struct LingerConfig {
  enum class Mode {
    kNever,
    kUnreachable,  ///< devices that connection requests do not reach
    kAlways,
  };
  Mode mode = Mode::kUnreachable;
  /// Of one RPC that is held back. CPEs give up 30 s after the last message of the ACS.
  std::chrono::milliseconds hold{20'000};
  /// The same where the device has to tell changes: it cannot while it is in a session.
  std::chrono::milliseconds hold_while_watched{8'000};
  std::chrono::milliseconds active{60'000};  ///< so long after an operation another is expected
  std::chrono::milliseconds total{300'000};  ///< in one session
  std::size_t sessions = 1'000;              ///< held at the same time
  bool operator==(const LingerConfig&) const = default;
};

struct LingerFacts {
  bool reachable = false;                                    ///< a connection request would do
  bool watched = false;                                      ///< it was asked to notify changes
  std::optional<std::chrono::milliseconds> since_operation;  ///< nullopt: there was none
  std::chrono::milliseconds lingered{0};                     ///< in this session so far
};

/// How long to hold the session now; 0: not at all.
std::chrono::milliseconds linger_time(const LingerConfig& config, const LingerFacts& facts);

/// The sessions that are held. Thread-safe.
class LingerRoom {
 public:
  explicit LingerRoom(std::size_t places) : places_(places) {}

  /// False: full, or closed. `release` is called once at most, by close(), on any thread; it must
  /// not block.
  bool enter(std::int64_t device_id, std::function<void()> release);
  void leave(std::int64_t device_id);
  /// Everyone out, and nobody in any more.
  void close();
  std::size_t size() const;

 private:
  const std::size_t places_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::unordered_map<std::int64_t, std::function<void()>> held_;
};

}  // namespace bridge
