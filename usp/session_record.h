// The fields of a Record in a Session Context (TR-369 "SessionContextRecord fields").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "usp/segment.h"

namespace usp {

/// As received, so every value may be wrong; or as it is to be sent.
struct SessionRecord {
  std::uint64_t session_id = 0;
  std::uint64_t sequence_id = 0;
  std::uint64_t expected_id = 0;
  std::uint64_t retransmit_id = 0;  ///< 0: nothing is asked for
  SarState payload_state = SarState::kNone;
  SarState payloadrec_state = SarState::kNone;
  std::vector<std::string> payloads;  ///< ours: none or one
  bool secured = false;               ///< payload_security is not PLAINTEXT

  bool operator==(const SessionRecord&) const = default;
};

}  // namespace usp
