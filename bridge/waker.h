// Wakes devices when work waits for them: by whatever way reaches each (reach.h), one request at a
// time per device, backing off from 5 s to 5 min, with a limit for the whole fleet, and only at
// addresses the operator allows.
#pragma once

#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/address_list.h"
#include "bridge/agent/agent_facts.h"
#include "bridge/control/explanation.h"
#include "bridge/reach.h"
#include "bridge/replaceable.h"
#include "bridge/wake_way.h"

namespace bridge {

class Device;
struct Runtime;

/// Thread-safe.
class Waker {
 public:
  /// Throws std::runtime_error when the configured addresses cannot be read. Knows HTTP.
  explicit Waker(Runtime& runtime);
  ~Waker();

  /// One more way. Before the first wake() only.
  void add(std::unique_ptr<WakeWay> way);
  /// For ways to come: cwmp.connection_request.allow.
  const Replaceable<AddressList>& allowed() const { return allowed_; }
  void allow(AddressList list) { allowed_.replace(std::move(list)); }

  /// Called on the device's strand. Goes on until the device is in a session, nothing waits for
  /// it, or there is no way to it: then its next Inform is waited for.
  void wake(std::shared_ptr<Device> device);

  /// The device is here; `asked`: its Inform says that it was called (6 CONNECTION REQUEST). The
  /// way that has brought it, if one did.
  std::optional<Way> on_session(std::int64_t device_id, bool asked);

  /// Would a connection request bring it, as far as is known? Not where there is no way to it, nor
  /// where the last one was in vain. Called on the device's strand.
  bool seems_reachable(const Device& device) const;

  void fill(std::int64_t device_id, AgentFacts& facts) const;

  /// Every way that is configured. Called on the device's strand.
  std::vector<control::WakeWayInfo> ways(const Device& device) const;

  void stop() { stopping_ = true; }

 private:
  using Clock = std::chrono::steady_clock;

  struct LastTry {
    std::int64_t at_ms = 0;
    std::string result;
  };

  struct State {
    std::array<LastTry, kAllWays.size()> tries{};  ///< by Way
    bool busy = false;                             ///< a coroutine is at it
    WakeRounds rounds;
    std::optional<Way> open;  ///< tried last, and no session since
    Clock::time_point tried_at{};
    std::uint64_t sessions = 0;  ///< that have begun
    std::int64_t last_ms = 0;
    std::string last_result;
    bool reached = false;  ///< the last request led to a session
  };

  boost::asio::awaitable<void> run(std::shared_ptr<Device> device);
  boost::asio::awaitable<bool> attempt(std::shared_ptr<Device> device);
  boost::asio::awaitable<void> take_token();
  WakeWay* choose(const Device& device);
  std::chrono::seconds note_attempt(const Device& device, Way way, const WakeAttempt& attempt);
  std::uint64_t sessions_of(std::int64_t device_id);

  Runtime& runtime_;
  Replaceable<AddressList> allowed_;
  std::vector<std::unique_ptr<WakeWay>> ways_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, State> states_;
  Clock::time_point next_token_{};
};

}  // namespace bridge
