// Wakes devices by HTTP connection request when work waits for them: one request at a time per
// device, backing off from 5 s to 5 min, a limit for the whole fleet, and only to addresses the
// operator allows.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "bridge/agent/agent_facts.h"
#include "bridge/result.h"

namespace bridge {

class Device;
struct Runtime;

/// Addresses in CIDR notation ("10.0.0.0/8", "fd00::/8", "127.0.0.1").
class AddressList {
 public:
  /// kInvalid: one of them is none.
  static Result<AddressList> parse(const std::vector<std::string>& texts);

  /// An IPv4 address inside IPv6 counts as itself.
  bool contains(const boost::asio::ip::address& address) const;

 private:
  struct Network {
    boost::asio::ip::address_v6::bytes_type bytes{};
    unsigned prefix_bits = 0;  ///< of the 128
  };
  std::vector<Network> networks_;
};

/// Waits between attempts to wake one device (sans-IO; field quirk 97).
class WakeBackoff {
 public:
  static constexpr std::chrono::seconds kFirst{5};
  static constexpr std::chrono::seconds kLongest{300};

  /// The wait after one more attempt that brought no session.
  std::chrono::seconds failed();
  void reset() { failures_ = 0; }

 private:
  int failures_ = 0;
};

/// Thread-safe.
class Waker {
 public:
  /// Throws std::runtime_error when the configured addresses cannot be read.
  explicit Waker(Runtime& runtime);

  /// Called on the device's strand. Goes on until the device is in a session or nothing waits for
  /// it.
  void wake(std::shared_ptr<Device> device);

  /// The device is here.
  void on_session(std::int64_t device_id);

  /// Would a connection request bring it, as far as is known? Not where there is no way to it, nor
  /// where the last one was in vain. Called on the device's strand.
  bool seems_reachable(const Device& device) const;

  void fill(std::int64_t device_id, AgentFacts& facts) const;

  void stop() { stopping_ = true; }

 private:
  struct State {
    bool busy = false;  ///< a coroutine is at it
    WakeBackoff backoff;
    std::int64_t last_ms = 0;
    std::string last_result;
    bool reached = false;  ///< the last request led to a session
  };

  boost::asio::awaitable<void> run(std::shared_ptr<Device> device);
  boost::asio::awaitable<void> take_token();
  std::chrono::seconds note_failure(std::int64_t device_id);

  Runtime& runtime_;
  AddressList allowed_;
  bool stopping_ = false;
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, State> states_;
  std::chrono::steady_clock::time_point next_token_{};
};

}  // namespace bridge
