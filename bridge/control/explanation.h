// Why a device is as it is, as the control services ask for it (ExplainDevice).
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/result.h"
#include "bridge/session_log.h"

namespace bridge::control {

struct OperationInfo;

/// Something that is wrong, or worth to know.
struct Finding {
  enum class Severity { kInfo, kWarning, kError };
  Severity severity = Severity::kInfo;
  std::string reason;   ///< for programs: "NEVER_WOKEN"
  std::string summary;  ///< for people
  std::string advice;   ///< may be empty
  bool operator==(const Finding&) const = default;
};

/// A way to call a device into a session.
struct WakeWayInfo {
  std::string name;  ///< "http", "udp", "xmpp"
  bool usable = false;
  std::string why_not;             ///< where it is not
  std::int64_t last_try_ms = 0;    ///< Unix time, since the bridge started; 0: never
  std::string last_outcome;        ///< "accepted", "timeout", ...
  std::uint32_t silent_tries = 0;  ///< after which no session came, since one did; 3: or more
};

struct Explanation {
  std::vector<Finding> findings;     ///< most severe first
  std::vector<OperationInfo> queue;  ///< open operations in order
  std::vector<std::string> frozen_by;
  std::vector<WakeWayInfo> ways;
  DeviceRecords records;
  std::vector<std::string> quirks;    ///< "batch = 8"
  std::vector<std::string> profiles;  ///< entries of cwmp.profiles that fit, by their number from 0
  std::uint32_t mirror_parameters = 0;
  std::int64_t mirror_ms = 0;  ///< of the oldest value that is known; 0: none is
  std::string connection_request_url;
};

/// Part of the Backend; thread-safe.
class Explainer {
 public:
  virtual ~Explainer() = default;

  /// nullopt: no such device.
  virtual boost::asio::awaitable<Result<std::optional<Explanation>>> explain(
      std::string endpoint_id) = 0;
};

}  // namespace bridge::control
