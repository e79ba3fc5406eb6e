// From what is known of a device to what is wrong with it, and what to do (ExplainDevice). Sans-IO.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bridge/control/explanation.h"

namespace bridge {

/// What the findings follow from. Times are Unix milliseconds; 0: never.
struct ExplainFacts {
  std::int64_t now_ms = 0;
  std::int64_t last_inform_ms = 0;
  bool online = false;
  bool onboarded = false;
  bool in_session = false;
  bool learning = false;  ///< its tree is being walked, or is to be

  std::string connection_request_url;
  /// The URL names an address (no host name) that cwmp.connection_request.allow does not have.
  bool address_refused = false;
  bool behind_nat = false;
  std::vector<control::WakeWayInfo> ways;
  DeviceRecords records;  ///< that of the running session too, as the first

  std::vector<std::string> frozen_by;
  std::size_t open_operations = 0;
  std::int64_t oldest_operation_ms = 0;  ///< when it was asked for
  std::size_t held_operations = 0;       ///< by a freeze
  /// How far the device's clock is ahead of ours; nullopt: it does not tell.
  std::optional<std::int64_t> clock_ahead_ms;
};

/// Most severe first.
std::vector<control::Finding> find_out(const ExplainFacts& facts);

}  // namespace bridge
