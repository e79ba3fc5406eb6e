// What a controller's row says about session contexts with it (TR-181
// Device.LocalAgent.Controller.{i}.E2ESession.).
#pragma once

#include <cstdint>
#include <string>

namespace bridge {

enum class SessionMode : std::uint8_t {
  kAllow = 0,    ///< once the controller has opened one
  kRequire = 1,  ///< for every message, both ways
  kForbid = 2,
};

struct E2eSession {
  SessionMode mode = SessionMode::kAllow;
  std::uint32_t expiration_s = 600;       ///< SessionExpiration; 0: never
  std::uint32_t retry_wait_s = 5;         ///< SessionRetryMinimumWaitInterval
  std::uint32_t retry_multiplier = 2000;  ///< SessionRetryIntervalMultiplier, thousandths
  std::uint32_t max_record_bytes = 0;     ///< MaxUSPRecordSize; 0: what the broker takes
  std::uint32_t max_retransmit_tries = 3;
  bool operator==(const E2eSession&) const = default;
};

/// Of the session context that there is, for E2ESession.Status and CurrentRetryCount.
struct SessionFacts {
  std::string status = "Down";
  std::uint32_t retry_count = 0;
};

}  // namespace bridge
