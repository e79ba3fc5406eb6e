// How a simulated CPE deviates from the standard: lasting quirks, and faults at single RPCs.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "cwmp/fault.h"

namespace cpe_sim {

/// What a device always does. Set by name, see quirk_help().
struct Quirks {
  enum class Normalise { kNone, kTrim, kUpper, kLower };

  // on the wire
  bool no_cookie = false;
  bool new_connection = false;
  bool gzip = false;
  bool wrong_count = false;
  bool no_id = false;
  bool basic_unasked = false;
  bool empty_post_first = false;
  bool basic_requests = false;
  std::chrono::milliseconds slow{0};

  // in RPCs
  bool status_one = false;
  bool no_full_walk = false;
  bool no_partial_path = false;
  bool leave_unknown_out = false;
  bool no_culprits = false;
  bool numeric_booleans = false;
  bool any_type = false;
  bool no_active = false;
  bool no_parameter_key = false;
  bool silent_binding = false;
  bool read_only_flags = false;
  std::chrono::milliseconds transfer_delay{0};
  std::size_t max_names = 0;  ///< 0: no limit
  std::size_t max_rows = 0;   ///< 0: no limit
  Normalise normalise = Normalise::kNone;
};

/// Reads "gzip", "slow=200", "normalise=trim", "gzip=off". The error is a sentence.
tl::expected<void, std::string> set_quirk(Quirks& quirks, std::string_view text);
/// Names and meanings, one a line.
std::string quirk_help();

/// What happens at one method instead of, or after, doing it.
struct FaultRule {
  enum class Kind {
    kFault,      ///< answer `code`, nothing done
    kDrop,       ///< close the connection, nothing done; Inform: before it is sent
    kDropAfter,  ///< do it, then close the connection; Inform: after it is sent
    kEmpty,      ///< an empty POST in the place of the answer, nothing done
    kHang,       ///< keep the connection and never answer, nothing done
    kDelay,      ///< answer late
  };
  std::string method;  ///< of the ACS, or Inform, TransferComplete, ...; "*": any RPC of the ACS
  Kind kind = Kind::kFault;
  cwmp::FaultCode code = cwmp::FaultCode::kInternalError;
  std::chrono::milliseconds delay{0};
  std::optional<unsigned> left;  ///< how many times; nullopt: always
};

/// Reads `METHOD=ACTION[*TIMES]`; ACTION is a fault code, drop, drop-after, empty, hang or
/// delay:MILLISECONDS.
tl::expected<FaultRule, std::string> parse_fault_rule(std::string_view text);

/// The rules of one device; the first that fits counts.
class FaultPlan {
 public:
  void add(FaultRule rule) { rules_.push_back(std::move(rule)); }
  void clear() { rules_.clear(); }
  /// Uses up one time of the rule.
  std::optional<FaultRule> take(std::string_view method, bool of_acs = true);

 private:
  std::vector<FaultRule> rules_;
};

}  // namespace cpe_sim
