// What the tests of session contexts share: records of a peer, and one context under test.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "usp/session_context.h"

namespace usp {

using std::chrono::seconds;
using Status = SessionContext::Status;
using enum SarState;

inline constexpr SessionContext::Time kStart{};
inline constexpr std::uint64_t kPeersSession = 77;

inline SessionRecord record(std::uint64_t sequence, std::string payload = {},
                            std::uint64_t expected = 1) {
  SessionRecord out;
  out.session_id = kPeersSession;
  out.sequence_id = sequence;
  out.expected_id = expected;
  if (!payload.empty()) out.payloads = {std::move(payload)};
  return out;
}

inline SessionRecord asking(std::uint64_t sequence, std::uint64_t retransmit_id,
                            std::uint64_t expected = 1) {
  SessionRecord out = record(sequence, {}, expected);
  out.retransmit_id = retransmit_id;
  return out;
}

inline SessionRecord segment(std::uint64_t sequence, SarState state, std::string payload) {
  SessionRecord out = record(sequence, std::move(payload));
  out.payload_state = out.payloadrec_state = state;
  return out;
}

class UspSessionContext : public testing::Test {
 protected:
  UspSessionContext() { configure({}); }

  void configure(SessionSettings settings) {
    settings.expiration = settings.expiration.count() == 0 ? seconds(600) : settings.expiration;
    context_.configure(settings);
  }
  SessionEffects take(SessionRecord in) {
    return context_.on_record(std::move(in), now_, ++random_);
  }
  SessionEffects send(std::string_view message) { return context_.send(message, now_, ++random_); }
  SessionEffects wait(seconds time) {
    now_ += time;
    return context_.on_time(now_, ++random_);
  }
  /// A session of the peer with one message and its answer.
  void converse() {
    take(record(1, "request"));
    send("answer");
  }

  SessionContext::Time now_ = kStart;
  std::uint64_t random_ = 1000;
  ByteBudget budget_{64 * 1024 * 1024};
  SessionContext context_{SessionContext::Role::kAgent, budget_};
};

}  // namespace usp
