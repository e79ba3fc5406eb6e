// The part of SessionContext that sends, and that begins and ends sessions.
#include <algorithm>
#include <utility>

#include "usp/session_context.h"

namespace usp {
namespace {

/// Sessions that were replaced, of which records may still come.
constexpr std::size_t kMaxLeft = 8;
constexpr std::uint64_t kFirstSessionId = 2;  // R-E2E.3
/// What every peer's integers hold, JavaScript's too.
constexpr std::uint64_t kSessionIds = (std::uint64_t{1} << 48) - kFirstSessionId;

/// Even over [0, 1).
double part_of(std::uint64_t random) { return static_cast<double>(random >> 11) * 0x1.0p-53; }

}  // namespace

// ---- out ----------------------------------------------------------------------------------------

SessionEffects SessionContext::send(std::string_view message, Time now, std::uint64_t random) {
  Call call{now, random, {}};
  expire_if_due(call);
  const std::vector<MessageSegment> segments = split_message(message, settings_.max_payload_bytes);
  const std::uint64_t last = settings_.max_sequence_id - kSequenceReserve;
  if (is_open() && next_sequence_ + segments.size() > last) end(SessionEnd::kExhausted, call);
  if (!is_open()) open(call);
  for (const MessageSegment& segment : segments) {
    push(std::string(segment.payload), segment.state, 0, call);
  }
  return std::move(call.effects);
}

SessionRecord SessionContext::make_record(std::uint64_t sequence_id, const std::string& payload,
                                          SarState state) const {
  SessionRecord record;
  record.session_id = session_id_;
  record.sequence_id = sequence_id;
  record.expected_id = expected_;  // R-E2E.17
  record.payload_state = state;
  record.payloadrec_state = state;
  if (!payload.empty()) record.payloads.push_back(payload);
  return record;
}

void SessionContext::push(std::string payload, SarState state, std::uint64_t retransmit_id,
                          Call& call) {
  const std::uint64_t sequence = next_sequence_++;  // R-E2E.14, R-E2E.15
  SessionRecord record = make_record(sequence, payload, state);
  record.retransmit_id = retransmit_id;
  call.effects.records.push_back(std::move(record));
  keep(sequence, std::move(payload), state);
  unacknowledged_ = 0;
  last_activity_ = call.now;
}

void SessionContext::keep(std::uint64_t sequence_id, std::string payload, SarState state) {
  const std::size_t bytes = payload.size() + kRecordOverhead;
  while (!kept_.empty() && kept_bytes_ + bytes > kMaxBytesKept) drop_kept(kept_.begin());
  while (!hold(bytes)) {
    if (kept_.empty()) return;
    drop_kept(kept_.begin());
  }
  kept_bytes_ += bytes;
  kept_.emplace(sequence_id, Kept{std::move(payload), state, 0});
}

void SessionContext::drop_kept(std::map<std::uint64_t, Kept>::iterator at) {
  const std::size_t bytes = at->second.payload.size() + kRecordOverhead;
  kept_bytes_ -= bytes;
  let_go(bytes);
  kept_.erase(at);
}

SessionEnd SessionContext::serve(std::uint64_t sequence_id, Call& call) {
  const auto kept = kept_.find(sequence_id);
  if (kept == kept_.end()) return SessionEnd::kNotKept;
  if (kept->second.tries >= settings_.max_retransmit_tries) return SessionEnd::kRetransmits;
  ++kept->second.tries;
  ++call.effects.served;
  // Without a request of its own: what it asked for then may have come.
  call.effects.records.push_back(
      make_record(sequence_id, kept->second.payload, kept->second.state));
  return SessionEnd::kNone;
}

/// False: it was sent as often as it may be.
bool SessionContext::send_opening_again(Call& call) {
  if (status_ != Status::kNegotiating || kept_.empty()) return false;
  Kept& first = kept_.begin()->second;
  if (first.tries >= settings_.max_retransmit_tries) return false;
  ++first.tries;
  call.effects.records.push_back(make_record(kept_.begin()->first, first.payload, first.state));
  return true;
}

// ---- what is missing ----------------------------------------------------------------------------

/// `advanced`: what was expected has come.
void SessionContext::watch_gap(bool advanced, Call& call) {
  if (ahead_.empty()) {
    gap_due_.reset();
    gap_tries_ = 0;
    return;
  }
  if (advanced && gap_tries_ > 0) {  // one of several: the others are missing, too
    gap_tries_ = 0;
    ask_for_missing(call);
  } else if (advanced || !gap_due_) {
    gap_due_ = after_wait(1, call);
  }
}

void SessionContext::ask_for_missing(Call& call) {
  if (gap_tries_ >= std::max(settings_.max_retransmit_tries, 1U)) {
    fail(SessionEnd::kMissing, call);
    return;
  }
  ++gap_tries_;
  gap_due_ = after_wait(gap_tries_, call);
  ++call.effects.asked;
  push({}, SarState::kNone, expected_, call);
}

void SessionContext::acknowledge_if_many(Call& call) {
  if (!is_open() || unacknowledged_ < kAcknowledgeAfter) return;
  push({}, SarState::kNone, 0, call);
}

// ---- sessions -----------------------------------------------------------------------------------

void SessionContext::open(Call& call) {
  leave();
  session_id_ = kFirstSessionId + call.random % kSessionIds;
  while (was_left(session_id_)) session_id_ = kFirstSessionId + (session_id_ + 1) % kSessionIds;
  status_ = Status::kNegotiating;
  last_activity_ = call.now;
  restart_at_.reset();
  call.effects.opened = true;
}

/// Forgets what belongs to the session that is left, not how often one has failed.
void SessionContext::leave() {
  if (session_id_ != 0) remember_left(session_id_);
  session_id_ = 0;
  next_sequence_ = 1;
  acknowledged_ = 0;
  expected_ = 1;
  release();
}

void SessionContext::remember_left(std::uint64_t session_id) {
  left_.push_back(session_id);
  if (left_.size() > kMaxLeft) left_.pop_front();
}

void SessionContext::release() {
  kept_.clear();
  ahead_.clear();
  reassembler_.clear();
  kept_bytes_ = ahead_bytes_ = assembled_bytes_ = 0;
  let_go(held_);
  unacknowledged_ = 0;
  strays_ = 0;
  gap_due_.reset();
  gap_tries_ = 0;
}

bool SessionContext::was_left(std::uint64_t session_id) const {
  return std::find(left_.begin(), left_.end(), session_id) != left_.end();
}

void SessionContext::end(SessionEnd why, Call& call) {
  call.effects.ended = why;
  leave();
  status_ = Status::kDown;
}

/// R-E2E.21 to R-E2E.24: a new session in its place, now or after the wait of R-E2E.10.
void SessionContext::fail(SessionEnd why, Call& call) {
  // What was to be sent in the old session goes out before.
  end(why, call);
  const std::uint32_t before = failures_++;
  if (before == 0) {
    open(call);
    push({}, SarState::kNone, 0, call);
    return;
  }
  const Time at = after_wait(before, call);
  const auto limit = expiry();
  if (!limit || at < *limit) restart_at_ = at;  // R-E2E.11
}

SessionEffects SessionContext::restart(Time now, std::uint64_t random) {
  Call call{now, random, {}};
  failures_ = 0;
  if (!is_open()) return std::move(call.effects);
  end(SessionEnd::kReset, call);
  open(call);
  push({}, SarState::kNone, 0, call);
  return std::move(call.effects);
}

void SessionContext::close() {
  leave();
  left_.clear();
  restart_at_.reset();
  failures_ = 0;
  status_ = Status::kNone;
}

void SessionContext::give_up() {
  if (!is_open()) return;
  leave();
  status_ = Status::kDown;
}

// ---- time ---------------------------------------------------------------------------------------

SessionEffects SessionContext::on_time(Time now, std::uint64_t random) {
  Call call{now, random, {}};
  expire_if_due(call);
  if (restart_at_ && *restart_at_ <= now) {
    open(call);
    push({}, SarState::kNone, 0, call);
  }
  if (is_open() && gap_due_ && *gap_due_ <= now) ask_for_missing(call);
  return std::move(call.effects);
}

std::optional<SessionContext::Time> SessionContext::expiry() const {
  if (settings_.expiration.count() == 0) return std::nullopt;
  return last_activity_ + settings_.expiration;
}

std::optional<SessionContext::Time> SessionContext::due() const {
  std::optional<Time> due = restart_at_;
  const auto sooner = [&due](const std::optional<Time>& time) {
    if (time && (!due || *time < *due)) due = time;
  };
  if (!is_open()) return due;
  sooner(gap_due_);
  sooner(expiry());
  return due;
}

void SessionContext::expire_if_due(Call& call) {
  const auto at = expiry();
  if (!is_open() || !at || *at > call.now) return;
  call.effects.ended = SessionEnd::kExpired;
  // The ids stay, for continue_expired().
  release();
  status_ = Status::kDown;
}

SessionContext::Time SessionContext::after_wait(std::uint32_t count, const Call& call) const {
  return call.now + retry_wait(settings_.retry, count, part_of(call.random));
}

// ---- memory -------------------------------------------------------------------------------------

bool SessionContext::hold(std::size_t bytes) {
  if (!budget_.take(bytes)) return false;
  held_ += bytes;
  return true;
}

void SessionContext::let_go(std::size_t bytes) {
  budget_.give_back(bytes);
  held_ -= bytes;
}

// ---- names --------------------------------------------------------------------------------------

const char* name_of(SessionDrop drop) {
  switch (drop) {
    case SessionDrop::kNone:
      return "none";
    case SessionDrop::kSecured:
      return "secured";
    case SessionDrop::kInvalidIds:
      return "invalid ids";
    case SessionDrop::kDuplicate:
      return "duplicate";
    case SessionDrop::kLeftSession:
      return "session replaced";
    case SessionDrop::kForgottenSession:
      return "session forgotten";
    case SessionDrop::kConcurrent:
      return "concurrent session";
    case SessionDrop::kNotBuffered:
      return "not buffered";
    case SessionDrop::kSegment:
      return "segment";
  }
  return "unknown";
}

const char* name_of(SessionEnd end) {
  switch (end) {
    case SessionEnd::kNone:
      return "none";
    case SessionEnd::kPeer:
      return "peer";
    case SessionEnd::kSecured:
      return "secured";
    case SessionEnd::kInvalidIds:
      return "invalid ids";
    case SessionEnd::kForgottenSession:
      return "forgotten session";
    case SessionEnd::kNotBuffered:
      return "not buffered";
    case SessionEnd::kSegment:
      return "segment";
    case SessionEnd::kNotDecoded:
      return "not decoded";
    case SessionEnd::kNotKept:
      return "not kept";
    case SessionEnd::kRetransmits:
      return "too many retransmits";
    case SessionEnd::kMissing:
      return "missing record";
    case SessionEnd::kExpired:
      return "expired";
    case SessionEnd::kExhausted:
      return "exhausted";
    case SessionEnd::kReset:
      return "reset";
  }
  return "unknown";
}

}  // namespace usp
