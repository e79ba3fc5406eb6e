// The STUN client of a simulated CPE, without IO (TR-069 Annex G): learns where its NAT has put
// it, tells the server when that changes, and keeps the NAT open.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "cwmp/stun.h"

namespace cpe_sim {

/// Of ManagementServer.
struct StunSettings {
  bool enabled = false;
  std::string host;
  std::uint16_t port = cwmp::kStunPort;
  std::string username;
  std::string password;
  std::chrono::milliseconds period{30'000};  ///< between keep-alives
  bool operator==(const StunSettings&) const = default;
};

/// Not thread-safe.
class StunClient {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// RFC 3489 9.3: 100 ms, doubled up to 1.6 s; nine in all, then silence until the next
  /// keep-alive.
  static constexpr std::chrono::milliseconds kFirstWait{100};
  static constexpr std::chrono::milliseconds kLongestWait{1600};
  static constexpr int kMaxSent = 9;

  explicit StunClient(std::uint64_t seed) : random_(seed) {}

  /// Other settings than before start it anew.
  void configure(const StunSettings& settings, Time now);
  const StunSettings& settings() const { return settings_; }

  /// What is to be sent to the server now; ask again until there is nothing.
  std::optional<std::string> next_datagram(Time now);
  std::optional<Time> next_wake() const;

  /// True: it was STUN, good or not.
  bool on_datagram(std::string_view bytes, Time now);

  /// Where the NAT has put us, as last heard.
  const std::optional<cwmp::StunAddress>& mapped() const { return mapped_; }

 private:
  struct Exchange {
    std::string bytes;
    cwmp::StunTransactionId id{};
    bool change = false;
    bool with_integrity = false;
    int sent = 0;
    Time due{};
  };

  void ask(bool change, bool with_integrity, Time now);
  void on_response(const cwmp::StunMessage& response, Time now);
  void rest(Time now);

  std::mt19937_64 random_;
  StunSettings settings_;
  std::optional<cwmp::StunAddress> mapped_;
  std::optional<Exchange> open_;
  std::optional<Time> keep_alive_at_;
};

}  // namespace cpe_sim
