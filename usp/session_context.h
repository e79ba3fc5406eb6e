// One end of a Session Context: records in, messages and records out (TR-369 "Exchange of USP
// Records within an E2E Session Context").
//
// What the standard leaves open is decided so:
//   who opens   The first message that is sent opens a session where none is open. Else a session
//               is opened by an empty record.
//   both open   An agent takes the controller's session and sends again in it what nobody has
//               acknowledged; a controller keeps its own.
//   unknown     A record of a session that is not ours begins one (R-E2E.4, R-E2E.6), unless its
//               expected_id says that it goes on with one that was forgotten here, by a restart:
//               then a new one is opened (R-E2E.24), as what we sent in the old one would be taken
//               for duplicates.
//   missing     Is asked for after the wait that R-E2E.10 gives for a retry: out of order is not
//               lost. At most MaxRetransmitTries times.
//   restart     At once after the first failure, after the wait of R-E2E.10 when no record has
//               arrived well since then. Messages of the old session are not sent again: whoever
//               needs an answer asks again.
//   expired     The first record that goes on in a session that has expired is still taken; what
//               is sent then opens a new session (R-E2E.7).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "usp/byte_budget.h"
#include "usp/notify_retry.h"
#include "usp/session_record.h"

namespace usp {

/// How far ahead of what is expected a record may be to be kept, and what those may hold together.
inline constexpr std::uint64_t kMaxRecordsAhead = 256;
inline constexpr std::size_t kMaxBytesAhead = kMaxSegmentedMessageBytes;
/// What is kept for being sent again. Above, the oldest go; one that is asked for afterwards ends
/// the session, as R-E2E.16 bounds nothing.
inline constexpr std::size_t kMaxBytesKept = 2 * kMaxSegmentedMessageBytes;
/// Each record that is held counts that much besides its payload.
inline constexpr std::size_t kRecordOverhead = 128;
/// Payloads taken before an empty record tells the peer so, when nothing else does.
inline constexpr std::uint32_t kAcknowledgeAfter = 64;
/// Distance from the highest sequence id at which a session is replaced (R-E2E.8, R-E2E.9).
inline constexpr std::uint64_t kSequenceReserve = 10'000;

/// Of Device.LocalAgent.Controller.{i}.E2ESession.
struct SessionSettings {
  std::chrono::seconds expiration{0};  ///< SessionExpiration; 0: never
  std::size_t max_payload_bytes = 0;   ///< of one record; 0: any
  std::uint32_t max_retransmit_tries = 3;
  RetryPolicy retry{};  ///< SessionRetryMinimumWaitInterval, SessionRetryIntervalMultiplier
  /// The highest there is; tests have a lower one.
  std::uint64_t max_sequence_id = ~std::uint64_t{0};
};

/// Why a record was not used.
enum class SessionDrop {
  kNone,
  kSecured,           ///< R-E2E.19
  kInvalidIds,        ///< session_id below 2 (R-E2E.3), sequence_id 0
  kDuplicate,         ///< R-E2E.20, R-E2E.25
  kLeftSession,       ///< of a session that was replaced since
  kForgottenSession,  ///< of one that began before a restart here
  kConcurrent,        ///< both ends have opened one, and ours stays
  kNotBuffered,       ///< too far ahead, or too much is held
  kSegment,           ///< see SegmentError
};
const char* name_of(SessionDrop drop);

/// Why a session ended.
enum class SessionEnd {
  kNone,
  kPeer,              ///< the peer has opened another one
  kSecured,           ///< R-E2E.19
  kInvalidIds,        ///< R-E2E.24
  kForgottenSession,  ///< R-E2E.24
  kNotBuffered,       ///< R-E2E.21
  kSegment,           ///< R-E2E.21
  kNotDecoded,        ///< R-E2E.21: the caller could not decode the message
  kNotKept,           ///< R-E2E.21: asked for a record that is not kept
  kRetransmits,       ///< asked for the same record more than MaxRetransmitTries times
  kMissing,           ///< what is missing did not come, however often it was asked for
  kExpired,           ///< R-E2E.7
  kExhausted,         ///< R-E2E.8, R-E2E.9
  kReset,             ///< restart() was called
};
const char* name_of(SessionEnd end);

/// What the caller has to do, and may count. Messages and records are in order.
struct SessionEffects {
  std::vector<std::string> messages;   ///< to be decoded and handled
  std::vector<SessionRecord> records;  ///< to be sent
  SessionDrop dropped = SessionDrop::kNone;
  std::optional<SegmentError> segment;  ///< with kSegment
  SessionEnd ended = SessionEnd::kNone;
  bool opened = false;       ///< a session was opened by us
  std::uint32_t asked = 0;   ///< of `records`: requests to send a record again
  std::uint32_t served = 0;  ///< of `records`: sent again because the peer asked
};

/// Not thread-safe. `now` must not go backwards. `random`: 64 even bits, fresh for each call.
class SessionContext {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class Role { kAgent, kController };
  enum class Status {
    kNone,         ///< no session was ever open, or it was closed
    kNegotiating,  ///< opened by us, and nothing has come in it
    kUp,
    kDown,  ///< expired, or given up: the next message opens a new one
  };

  /// `budget` outlives it and is shared with other contexts.
  SessionContext(Role role, ByteBudget& budget) : role_(role), budget_(budget) {}
  ~SessionContext();
  SessionContext(const SessionContext&) = delete;
  SessionContext& operator=(const SessionContext&) = delete;

  void configure(const SessionSettings& settings) { settings_ = settings; }

  SessionEffects on_record(SessionRecord record, Time now, std::uint64_t random);
  /// `message` is not longer than kMaxSegmentedMessageBytes.
  SessionEffects send(std::string_view message, Time now, std::uint64_t random);
  /// A message out of on_record() could not be decoded (R-E2E.21).
  SessionEffects on_undecodable(Time now, std::uint64_t random);
  /// due() has come. Harmless before.
  SessionEffects on_time(Time now, std::uint64_t random);
  /// Replaces the session that is open (the command Reset()); nothing where none is.
  SessionEffects restart(Time now, std::uint64_t random);
  /// Forgets it, as after a Disconnect record (R-MTP.7).
  void close();
  /// A record from send() did not get out: the peer will miss it, so the next message opens a new
  /// session.
  void give_up();

  std::optional<Time> due() const;
  Status status() const { return status_; }
  bool is_open() const { return status_ == Status::kNegotiating || status_ == Status::kUp; }
  std::uint64_t session_id() const { return session_id_; }
  /// Failures since a record arrived well: CurrentRetryCount.
  std::uint32_t retry_count() const { return failures_; }
  std::size_t held_bytes() const { return held_; }

 private:
  struct Call {
    Time now;
    std::uint64_t random;
    SessionEffects effects;
  };
  struct Kept {
    std::string payload;
    SarState state = SarState::kNone;
    std::uint32_t tries = 0;  ///< sent again so often
  };

  bool enter(const SessionRecord& record, Call& call);
  void adopt(std::uint64_t session_id, Call& call);
  void continue_expired(SessionRecord record, Call& call);
  void acknowledge(const SessionRecord& record);
  void store_ahead(SessionRecord record, Call& call);
  void consume(SessionRecord record, Call& call);
  bool take(SessionRecord& record, Call& call);
  SessionEnd take_payload(SessionRecord& record, Call& call);
  SessionEnd serve(std::uint64_t sequence_id, Call& call);
  bool send_opening_again(Call& call);
  void watch_gap(bool advanced, Call& call);
  void ask_for_missing(Call& call);
  void acknowledge_if_many(Call& call);

  void end(SessionEnd why, Call& call);
  void fail(SessionEnd why, Call& call);
  void open(Call& call);
  void expire_if_due(Call& call);
  void release();
  void leave();
  void remember_left(std::uint64_t session_id);
  bool was_left(std::uint64_t session_id) const;
  void push(std::string payload, SarState state, std::uint64_t retransmit_id, Call& call);
  void keep(std::uint64_t sequence_id, std::string payload, SarState state);
  void drop_kept(std::map<std::uint64_t, Kept>::iterator at);
  SessionRecord make_record(std::uint64_t sequence_id, const std::string& payload,
                            SarState state) const;
  Time after_wait(std::uint32_t count, const Call& call) const;
  std::optional<Time> expiry() const;
  bool hold(std::size_t bytes);
  void let_go(std::size_t bytes);

  const Role role_;
  ByteBudget& budget_;
  SessionSettings settings_;
  Status status_ = Status::kNone;
  std::uint64_t session_id_ = 0;  ///< in kDown: of what has expired; 0: none
  std::deque<std::uint64_t> left_;
  std::uint32_t strays_ = 0;  ///< records of left_ since one of the session came
  Time last_activity_{};

  std::uint64_t next_sequence_ = 1;
  std::uint64_t acknowledged_ = 0;      ///< the peer has all before
  std::map<std::uint64_t, Kept> kept_;  ///< sent, not acknowledged (R-E2E.16)
  std::size_t kept_bytes_ = 0;

  std::uint64_t expected_ = 1;
  std::map<std::uint64_t, SessionRecord> ahead_;
  std::size_t ahead_bytes_ = 0;
  Reassembler reassembler_;
  std::size_t assembled_bytes_ = 0;
  std::uint32_t unacknowledged_ = 0;  ///< payloads since we last sent a record

  std::optional<Time> gap_due_;  ///< when what is missing is asked for
  std::uint32_t gap_tries_ = 0;
  std::optional<Time> restart_at_;
  std::uint32_t failures_ = 0;
  std::size_t held_ = 0;  ///< of budget_
};

}  // namespace usp
