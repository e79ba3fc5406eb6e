// Notices one identity that is used by two devices. Sans-IO.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

namespace bridge {

/// With a credential that many devices share, nothing but the source address tells two devices with
/// one serial number apart (quirk 71). An address that changes is a device that moved, and
/// addresses that never come back are a carrier's NAT; two that take turns are suspicious. IPv4 and
/// IPv6 are looked at each for itself, as one device may use both. Not thread-safe.
class CloneWatch {
 public:
  /// Returns to the address before, one after the other, that make a suspicion.
  static constexpr std::uint8_t kTurns = 4;
  /// A turn later than that begins the count anew.
  static constexpr std::int64_t kWindowMs = 24 * 3'600'000;
  /// Devices in memory, some 60 bytes each. More are not watched.
  static constexpr std::size_t kMaxDevices = 1'000'000;

  /// A session of `device` begins. true: it is suspected now; told once for each kTurns.
  bool on_session(std::int64_t device, std::string_view address, std::int64_t now_ms);

 private:
  struct Source {
    std::size_t current = 0;  ///< hash of the address; 0: none yet
    std::size_t before = 0;
    std::int64_t last_turn_ms = 0;
    std::uint8_t turns = 0;
  };
  std::unordered_map<std::int64_t, std::array<Source, 2>> devices_;
};

}  // namespace bridge
