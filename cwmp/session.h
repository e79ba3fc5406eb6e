// One CWMP session, seen from the ACS (TR-069 3.7). Sans-IO.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>

#include "cwmp/deviation.h"
#include "cwmp/message.h"

namespace cwmp {

using TimePoint = std::chrono::steady_clock::time_point;

/// How long a CPE may be silent: TR-069 3.7.2.4 gives 30 s, SessionTimeout (A.4.1.1) can raise it.
inline constexpr std::chrono::seconds kDefaultIdleLimit{30};
inline constexpr std::chrono::seconds kMaxIdleLimit{300};
/// Times the open RPC is sent again to a client with quirk 28, or after a repeated answer.
inline constexpr int kMaxResends = 2;
/// CPE requests in one session. A CPE reports some dozen transfers, a broken one repeats for ever.
inline constexpr std::size_t kMaxCpeRequests = 1000;
/// How long a connection that may still bring a request is kept after the 204 (State::kAwaitClose).
inline constexpr std::chrono::seconds kCloseLimit{10};
/// Bodies in one session that are no envelope.
inline constexpr std::size_t kMaxUnreadable = 16;

// What the driver does next. The first five go to the CPE, the others ask the driver's side and are
// followed by the call named.

/// Reply 200 with this envelope.
struct Send {
  Envelope envelope;
};
/// Reply 204 and keep the connection. When finished() is true now, the session ended well.
struct SendEmpty {};
/// Reply with the envelope (400 when there is none), then close the connection. The session failed.
struct End {
  Fault why;
  std::optional<Envelope> reply;
};
/// A new Inform came in a running or finished session (quirk 39). End this one: as complete when
/// quiet(), else as lost. Then feed the envelope to a new Session.
struct Restart {
  Envelope envelope;
};
/// Commit the Inform, then call on_begun() or on_refused(). To refuse by HTTP status (403, 503)
/// reply so and drop the session.
struct Begin {
  Inform inform;
  Header header;
  Dialect dialect;
};
/// Answer a request of the CPE, then call on_answer(). GetRPCMethods and unknown methods are
/// answered by the session itself.
struct AnswerRequest {
  CpeRequest request;
};
/// Take what came back for the last RPC, then call on_taken().
struct TakeResponse {
  CpeResponse response;
};
/// Fetch the next RPC, then call on_work().
struct AskForWork {};

using Action =
    std::variant<Send, SendEmpty, End, Restart, Begin, AnswerRequest, TakeResponse, AskForWork>;

struct SessionOptions {
  std::chrono::seconds idle_limit = kDefaultIdleLimit;
  /// Hold back the CPE's own requests until the ACS has no more work (HoldRequests, TR-069 A.4.1.1;
  /// deprecated). The hold is released by a GetRPCMethods whose answer stays in the session.
  bool hold_requests = false;
  /// The client sent an empty POST before its Inform (quirk 28).
  bool empty_post_first = false;
};

/// Knows the order of messages and nothing else. Feed it what the CPE sent; do what the Action says
/// before the next call. Not thread-safe; use it from one strand.
///
/// `now` must not go backwards. After End every call but a new Inform returns End again; so does a
/// message that is fed while an Action of the driver is pending.
class Session {
 public:
  enum class State {
    kAwaitInform,
    kBeginning,         ///< driver commits the Inform
    kAwaitRequest,      ///< CPE may send requests, or an empty POST
    kAnswering,         ///< driver answers a CPE request
    kAwaitWork,         ///< driver fetches the next RPC
    kAwaitRpcResponse,  ///< one RPC is open
    kTaking,            ///< driver takes the response
    kAwaitClose,        ///< 204 sent, but the CPE may still have requests (held, or quirk 28)
    kFinished,          ///< 204 sent; further empty POSTs are answered 204 (quirk 42)
    kFailed,
  };

  explicit Session(SessionOptions options = {});

  // ---- from the CPE
  Action on_envelope(Envelope envelope, TimePoint now);
  Action on_empty_post(TimePoint now);
  /// A body that decode() refused with `why`.
  Action on_unreadable(Fault why, TimePoint now);

  // ---- answers of the driver's side
  Action on_begun(TimePoint now);
  /// Fault 8005 leaves the session waiting for the Inform once more, every other one ends it.
  Action on_refused(Fault fault, TimePoint now);
  /// An answer that does not fit the request goes out as 8002.
  Action on_answer(AcsResponse response, TimePoint now);
  Action on_taken(TimePoint now);
  /// nullopt: the ACS has nothing more to ask.
  Action on_work(std::optional<AcsRequest> rpc, TimePoint now);

  /// When the session is lost (or, when quiet(), over) unless the CPE speaks; nullopt while it is
  /// the driver's turn, and after the end. Counts from the last call with a `now`.
  std::optional<TimePoint> deadline() const;
  std::chrono::seconds idle_limit() const { return idle_limit_; }

  State state() const { return state_; }
  /// An RPC was handed out to be sent and no answer to it has come. False for the session's own
  /// RPC.
  bool rpc_open() const;
  /// 204 went out and the CPE is not expected to say anything more.
  bool finished() const { return state_ == State::kFinished; }
  /// A lost connection or a time-out now is a good end: everything was said.
  bool quiet() const { return state_ == State::kAwaitClose || state_ == State::kFinished; }
  /// Prefixes and namespace that the session writes.
  const Dialect& dialect() const { return dialect_; }
  const DeviationList& deviations() const { return deviations_; }

 private:
  Action on_inform(Envelope envelope);
  Action on_first_inform(Envelope envelope);
  Action on_cpe_request(CpeRequest request, const Header& header);
  Action on_cpe_response(CpeResponse response, const Header& header);
  Action on_rpc_response(CpeResponse response, const Header& header);
  Action on_empty_answer();
  Action ask_for_work();
  Action take(CpeResponse response);
  Action respond(AcsResponse response);
  Action open_rpc(AcsRequest rpc);
  Action send_rpc();
  Action send_inform_response();
  Action finish();
  Action refuse(Fault why, std::optional<std::string> id);
  Action out_of_turn();
  Action fail_with(Fault why, std::optional<Envelope> reply);
  Envelope envelope_of(Message body, std::optional<std::string> id) const;

  SessionOptions options_;
  State state_ = State::kAwaitInform;
  State before_request_ = State::kAwaitRequest;  ///< where kAnswering returns to
  TimePoint last_active_{};
  std::chrono::seconds idle_limit_;
  Dialect dialect_;
  std::optional<std::string> request_id_;  ///< ID of the CPE request to be answered
  std::optional<Inform> inform_;           ///< kept until something follows it
  std::string use_cwmp_version_;
  std::optional<CpeRequest> cpe_request_;
  std::optional<AcsRequest> rpc_;  ///< the open RPC
  std::string rpc_id_;
  std::string previous_rpc_id_;
  unsigned rpc_count_ = 0;
  int resends_ = 0;
  bool holding_ = false;    ///< the CPE was told to hold its requests
  bool may_go_on_ = false;  ///< after the next 204 the CPE may still have something to say
  bool releasing_ = false;  ///< rpc_ is our own GetRPCMethods that ends the hold
  std::size_t cpe_requests_ = 0;
  std::size_t unreadable_ = 0;
  Fault failure_;
  DeviationList deviations_;
};

}  // namespace cwmp
