// How long to wait before the broker is tried again (R-MQTT.10; Device.MQTT.Client.{i}.
// ConnectRetryTime, ConnectRetryIntervalMultiplier, ConnectRetryMaxInterval).
#pragma once

#include <chrono>
#include <cstdint>

namespace usp::mtp {

struct ConnectRetry {
  std::chrono::milliseconds time{5'000};
  std::uint32_t interval_multiplier = 2000;  ///< thousandths
  std::chrono::milliseconds max_interval{30'720'000};
  bool operator==(const ConnectRetry&) const = default;
};

/// Wait before retry #`count`, from 1: evenly between time*k^(n-1) and time*k^n with n at most 10,
/// never above max_interval. `random` is even over [0, 1).
std::chrono::milliseconds connect_wait(const ConnectRetry& retry, std::uint32_t count,
                                       double random);

}  // namespace usp::mtp
