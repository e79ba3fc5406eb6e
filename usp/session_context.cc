#include "usp/session_context.h"

#include <algorithm>
#include <utility>

namespace usp {
namespace {

constexpr std::uint64_t kFirstSessionId = 2;  // R-E2E.3
/// Records of sessions that were left, in a row, after which the peer is taken to be in one of them
/// still.
constexpr std::uint32_t kMaxStrays = 3;

std::size_t payload_bytes(const SessionRecord& record) {
  std::size_t bytes = 0;
  for (const std::string& payload : record.payloads) bytes += payload.size();
  return bytes;
}

}  // namespace

SessionContext::~SessionContext() { release(); }

// ---- in -----------------------------------------------------------------------------------------

SessionEffects SessionContext::on_record(SessionRecord record, Time now, std::uint64_t random) {
  Call call{now, random, {}};
  expire_if_due(call);
  if (record.secured) {  // R-E2E.19
    call.effects.dropped = SessionDrop::kSecured;
    if (is_open()) fail(SessionEnd::kSecured, call);
    return std::move(call.effects);
  }
  if (record.session_id < kFirstSessionId || record.sequence_id == 0) {
    call.effects.dropped = SessionDrop::kInvalidIds;
    if (is_open()) fail(SessionEnd::kInvalidIds, call);
    return std::move(call.effects);
  }
  if (record.session_id != session_id_ && !enter(record, call)) return std::move(call.effects);
  if (status_ == Status::kDown) {
    continue_expired(std::move(record), call);
    return std::move(call.effects);
  }
  status_ = Status::kUp;
  strays_ = 0;
  acknowledge(record);
  if (record.sequence_id < expected_ || ahead_.count(record.sequence_id) > 0) {
    call.effects.dropped = SessionDrop::kDuplicate;
    return std::move(call.effects);
  }
  last_activity_ = now;
  if (record.sequence_id > expected_) {
    store_ahead(std::move(record), call);
  } else {
    consume(std::move(record), call);
  }
  acknowledge_if_many(call);
  return std::move(call.effects);
}

/// A record of another session than ours: is it the beginning of a new one?
bool SessionContext::enter(const SessionRecord& record, Call& call) {
  const auto drop = [&](SessionDrop why) {
    call.effects.dropped = why;
    return false;
  };
  if (was_left(record.session_id)) {
    // It may be late, or the peer has not got the record that opens the session that we are in.
    if (!send_opening_again(call) && is_open() && ++strays_ >= kMaxStrays) {
      fail(SessionEnd::kForgottenSession, call);
    }
    return drop(SessionDrop::kLeftSession);
  }
  if (role_ == Role::kController && send_opening_again(call)) {
    return drop(SessionDrop::kConcurrent);
  }
  const bool goes_on =
      record.expected_id > 1 && (record.sequence_id > 1 || status_ == Status::kNone);
  if (!goes_on) {
    adopt(record.session_id, call);
    return true;
  }
  if (!send_opening_again(call) && !restart_at_) {
    fail(SessionEnd::kForgottenSession, call);
  }
  remember_left(record.session_id);
  return drop(SessionDrop::kForgottenSession);
}

/// R-E2E.4, R-E2E.6
void SessionContext::adopt(std::uint64_t session_id, Call& call) {
  std::vector<Kept> again;
  if (status_ == Status::kNegotiating) {
    for (auto& [sequence, kept] : kept_) {
      const bool first = kept.state == SarState::kNone || kept.state == SarState::kBegin;
      if (kept.payload.empty() || (again.empty() && !first)) continue;
      again.push_back(kept);
    }
  } else if (status_ == Status::kUp) {
    call.effects.ended = SessionEnd::kPeer;
  }
  leave();
  session_id_ = session_id;
  status_ = Status::kUp;
  last_activity_ = call.now;
  restart_at_.reset();
  for (Kept& each : again) push(std::move(each.payload), each.state, 0, call);
}

/// The peer cannot know that the session has expired here. What goes on where it stood is taken;
/// nothing can be kept or asked for any more.
void SessionContext::continue_expired(SessionRecord record, Call& call) {
  if (record.sequence_id < expected_) {
    call.effects.dropped = SessionDrop::kDuplicate;
    return;
  }
  const bool whole = record.payload_state == SarState::kNone && record.retransmit_id == 0;
  if (record.sequence_id != expected_ || !whole) {
    call.effects.dropped = SessionDrop::kLeftSession;
    fail(SessionEnd::kExpired, call);
    return;
  }
  ++expected_;
  take_payload(record, call);
}

/// What the peer expects next it has all before of. It also asks for a record while it says that it
/// has it: test controllers do, so such a one stays.
void SessionContext::acknowledge(const SessionRecord& record) {
  std::uint64_t until = record.expected_id;
  if (record.retransmit_id != 0) until = std::min(until, record.retransmit_id);
  acknowledged_ = std::max(acknowledged_, until);
  while (!kept_.empty() && kept_.begin()->first < until) drop_kept(kept_.begin());
}

void SessionContext::store_ahead(SessionRecord record, Call& call) {
  // Served at once: two ends that both miss a record would wait for each other's.
  const auto asked = kept_.find(record.retransmit_id);
  if (asked != kept_.end() && asked->second.tries < settings_.max_retransmit_tries) {
    serve(record.retransmit_id, call);
    record.retransmit_id = 0;
  }
  const std::size_t bytes = payload_bytes(record) + kRecordOverhead;
  if (record.sequence_id - expected_ > kMaxRecordsAhead || ahead_bytes_ + bytes > kMaxBytesAhead ||
      !hold(bytes)) {
    call.effects.dropped = SessionDrop::kNotBuffered;
    fail(SessionEnd::kNotBuffered, call);
    return;
  }
  ahead_bytes_ += bytes;
  const std::uint64_t sequence = record.sequence_id;
  ahead_.emplace(sequence, std::move(record));
  watch_gap(false, call);
}

void SessionContext::consume(SessionRecord record, Call& call) {
  for (;;) {
    const bool near_the_end = record.sequence_id > settings_.max_sequence_id - kSequenceReserve;
    ++expected_;
    if (!take(record, call)) return;
    failures_ = 0;       // R-E2E.12
    if (near_the_end) {  // R-E2E.8
      end(SessionEnd::kExhausted, call);
      open(call);
      push({}, SarState::kNone, 0, call);
      return;
    }
    const auto next = ahead_.find(expected_);
    if (next == ahead_.end()) break;
    record = std::move(next->second);
    const std::size_t bytes = payload_bytes(record) + kRecordOverhead;
    ahead_bytes_ -= bytes;
    let_go(bytes);
    ahead_.erase(next);
  }
  watch_gap(true, call);
}

/// False: it failed, and with it the session.
bool SessionContext::take(SessionRecord& record, Call& call) {
  std::uint64_t asked = record.retransmit_id;
  // Overtaken by a record which says that it has come meanwhile.
  if (asked < acknowledged_ && record.expected_id <= asked) asked = 0;
  SessionEnd failure = take_payload(record, call);
  if (failure == SessionEnd::kNone && asked != 0) failure = serve(asked, call);
  if (failure == SessionEnd::kNone) return true;
  fail(failure, call);
  return false;
}

/// kNone: it is well.
SessionEnd SessionContext::take_payload(SessionRecord& record, Call& call) {
  const std::size_t bytes = payload_bytes(record);
  const bool more_to_come = record.payload_state != SarState::kNone;
  if (bytes > 0) ++unacknowledged_;
  if (more_to_come && !hold(bytes)) {
    call.effects.dropped = SessionDrop::kNotBuffered;
    return SessionEnd::kNotBuffered;
  }
  if (more_to_come) assembled_bytes_ += bytes;
  auto message =
      reassembler_.add(std::move(record.payloads), record.payload_state, record.payloadrec_state);
  if (reassembler_.empty()) let_go(std::exchange(assembled_bytes_, 0));
  if (!message) {
    call.effects.dropped = SessionDrop::kSegment;
    call.effects.segment = message.error();
    return SessionEnd::kSegment;
  }
  if (*message) call.effects.messages.push_back(std::move(**message));
  return SessionEnd::kNone;
}

SessionEffects SessionContext::on_undecodable(Time now, std::uint64_t random) {
  Call call{now, random, {}};
  if (is_open()) fail(SessionEnd::kNotDecoded, call);
  return std::move(call.effects);
}

}  // namespace usp
