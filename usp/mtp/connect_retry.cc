#include "usp/mtp/connect_retry.h"

#include <algorithm>

#include "usp/notify_retry.h"

namespace usp::mtp {

std::chrono::milliseconds connect_wait(const ConnectRetry& retry, std::uint32_t count,
                                       double random) {
  // Device:2 gives ConnectRetryTime the formula that R-NOT.1 has.
  return std::min(retry_wait({retry.time, retry.interval_multiplier}, count, random),
                  retry.max_interval);
}

}  // namespace usp::mtp
