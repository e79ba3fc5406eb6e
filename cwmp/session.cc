#include "cwmp/session.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "cwmp/value.h"

namespace cwmp {
namespace {

/// What GetRPCMethods of a CPE is answered with.
const std::array<std::string, 8> kAcsMethods{
    "Inform",          "GetRPCMethods", "TransferComplete",      "AutonomousTransferComplete",
    "RequestDownload", "Kicked",        "DUStateChangeComplete", "AutonomousDUStateChangeComplete"};

/// CWMP 1.0 to 1.4 are understood.
constexpr std::uint32_t kMajorVersion = 1;
constexpr std::uint32_t kMaxMinorVersion = 4;

struct VersionChoice {
  bool readable = false;               ///< the list holds at least one version
  std::optional<std::uint32_t> minor;  ///< highest of ours
};

// "1.0,1.1,1.2", with blanks or other separators allowed.
VersionChoice choose_version(std::string_view list) {
  VersionChoice choice;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find_first_of(",; \t\r\n"), list.size());
    const std::string_view version = list.substr(0, end);
    list.remove_prefix(std::min(end + 1, list.size()));
    const std::size_t dot = version.find('.');
    if (dot == std::string_view::npos) {
      continue;
    }
    const auto major = parse_unsigned(version.substr(0, dot));
    const auto minor = parse_unsigned(version.substr(dot + 1));
    choice.readable = choice.readable || (major && minor);
    if (major == kMajorVersion && minor && *minor <= kMaxMinorVersion) {
      choice.minor = std::max(choice.minor.value_or(0), *minor);
    }
  }
  return choice;
}

std::chrono::seconds idle_limit_of(const Header& header, std::chrono::seconds configured) {
  const std::chrono::seconds wanted{header.session_timeout_s.value_or(0)};
  return std::min(std::max(wanted, configured), std::max(configured, kMaxIdleLimit));
}

bool is_response_name(std::string_view method) { return method.ends_with("Response"); }

Fault wrong_response(std::string_view came, std::string_view wanted) {
  return {FaultCode::kInternalError,
          std::string(came) + " came as the answer to " + std::string(wanted),
          {}};
}

}  // namespace

Session::Session(SessionOptions options)
    : options_(options), idle_limit_(options.idle_limit), may_go_on_(options.empty_post_first) {}

// ---- what comes from the CPE -------------------------------------------------------------------

Action Session::on_envelope(Envelope envelope, TimePoint now) {
  last_active_ = now;
  if (std::holds_alternative<Inform>(envelope.body)) {
    return on_inform(std::move(envelope));
  }
  if (state_ == State::kAwaitInform) {
    dialect_ = envelope.dialect;
  }
  const std::string method(method_name(envelope.body));
  if (auto response = to_cpe_response(std::move(envelope.body))) {
    return on_cpe_response(*std::move(response), envelope.header);
  }
  // A response that only an ACS sends, or to an RPC that we do not know: no answer to any of ours.
  if (is_response_name(method)) {
    deviations_.add(DeviationKind::kWrongResponse, method);
    return on_cpe_response(wrong_response(method, "a request"), envelope.header);
  }
  if (auto request = to_cpe_request(std::move(envelope.body))) {
    return on_cpe_request(*std::move(request), envelope.header);
  }
  return on_cpe_request(UnknownRequest{method}, envelope.header);
}

// kAwaitRequest -> kAwaitRequest      on the same Inform again, nothing in between
// kAwaitInform -> see on_first_inform
// any other: a new session (quirk 39)
Action Session::on_inform(Envelope envelope) {
  if (state_ == State::kAwaitInform) {
    return on_first_inform(std::move(envelope));
  }
  if (state_ == State::kAwaitRequest && inform_ == std::get<Inform>(envelope.body)) {
    deviations_.add(DeviationKind::kRepeatedInform);
    request_id_ = std::move(envelope.header.id);
    return send_inform_response();
  }
  if (!quiet() && state_ != State::kFailed) {
    deviations_.add(DeviationKind::kInformInsideSession);
  }
  return Restart{std::move(envelope)};
}

// kAwaitInform -> kBeginning
//              -> kFailed      on a list of versions none of which is ours (8006)
Action Session::on_first_inform(Envelope envelope) {
  Header& header = envelope.header;
  dialect_ = envelope.dialect;
  request_id_ = header.id;
  idle_limit_ = idle_limit_of(header, options_.idle_limit);
  use_cwmp_version_.clear();
  if (!header.supported_cwmp_versions.empty()) {
    const VersionChoice choice = choose_version(header.supported_cwmp_versions);
    if (choice.minor) {
      use_cwmp_version_ = "1." + std::to_string(*choice.minor);
    } else if (choice.readable) {
      return refuse({FaultCode::kAcsVersionMismatch, "CWMP 1.0 to 1.4 are supported", {}},
                    request_id_);
    } else {
      deviations_.add(DeviationKind::kVersionList, header.supported_cwmp_versions);
    }
  }
  inform_ = std::get<Inform>(std::move(envelope.body));
  state_ = State::kBeginning;
  return Begin{*inform_, std::move(header), dialect_};
}

// kAwaitRequest, kAwaitClose, kAwaitRpcResponse (tolerated) -> kAnswering, then back
// kAwaitInform, kFinished                                   -> kFailed
Action Session::on_cpe_request(CpeRequest request, const Header& header) {
  switch (state_) {
    case State::kAwaitInform:
      return refuse({FaultCode::kAcsInvalidArguments, "session does not start with Inform", {}},
                    header.id);
    case State::kFinished:
      return refuse({FaultCode::kAcsRequestDenied, "session is over", {}}, header.id);
    case State::kAwaitRequest:
    case State::kAwaitClose:
      break;
    case State::kAwaitRpcResponse:
      deviations_.add(DeviationKind::kRequestOutOfTurn, method_name(request));
      break;
    case State::kBeginning:
    case State::kAnswering:
    case State::kAwaitWork:
    case State::kTaking:
    case State::kFailed:
      return out_of_turn();
  }
  // Exit if the CPE never stops asking.
  if (++cpe_requests_ > kMaxCpeRequests) {
    return refuse({FaultCode::kAcsResourcesExceeded, "too many requests in one session", {}},
                  header.id);
  }
  if (holding_) {
    deviations_.add(DeviationKind::kRequestWhileHeld, method_name(request));
  }
  inform_.reset();
  request_id_ = header.id;
  if (const auto* unknown = std::get_if<UnknownRequest>(&request)) {
    deviations_.add(DeviationKind::kUnknownMethod, unknown->method);
    return respond(Fault{FaultCode::kAcsMethodNotSupported, "method not supported", {}});
  }
  if (std::holds_alternative<GetRPCMethods>(request)) {
    return respond(GetRPCMethodsResponse{{kAcsMethods.begin(), kAcsMethods.end()}});
  }
  before_request_ = state_;
  state_ = State::kAnswering;
  cpe_request_ = request;
  return AnswerRequest{std::move(request)};
}

// kAwaitRpcResponse -> see on_rpc_response
// kAwaitRequest     -> kAwaitWork            nothing was asked: as good as an empty POST
// kAwaitClose, kFinished unchanged           a late answer (quirk 86)
// kAwaitInform      -> kFailed
Action Session::on_cpe_response(CpeResponse response, const Header& header) {
  switch (state_) {
    case State::kAwaitRpcResponse:
      return on_rpc_response(std::move(response), header);
    case State::kAwaitRequest:
      deviations_.add(DeviationKind::kUnsolicitedResponse, method_name(response));
      return ask_for_work();
    case State::kAwaitClose:
    case State::kFinished:
      deviations_.add(DeviationKind::kUnsolicitedResponse, method_name(response));
      return SendEmpty{};
    case State::kAwaitInform:
      return fail_with({FaultCode::kAcsInvalidArguments, "response without a session", {}}, {});
    case State::kBeginning:
    case State::kAnswering:
    case State::kAwaitWork:
    case State::kTaking:
    case State::kFailed:
      break;
  }
  return out_of_turn();
}

// kAwaitRpcResponse -> kTaking
//                   -> kAwaitRpcResponse   on the answer to the RPC before, once more: the CPE did
//                                          not get the open one
Action Session::on_rpc_response(CpeResponse response, const Header& header) {
  // Faults are known to come with any ID (quirk 6).
  if (header.id && *header.id != rpc_id_ && !std::holds_alternative<Fault>(response)) {
    if (*header.id == previous_rpc_id_ && resends_ < kMaxResends) {
      deviations_.add(DeviationKind::kRepeatedResponse, method_name(response));
      ++resends_;
      return send_rpc();
    }
    deviations_.add(DeviationKind::kIdMismatch, method_name(response));
  }
  if (!answers(response, *rpc_)) {
    deviations_.add(DeviationKind::kWrongResponse, method_name(response));
    response = wrong_response(method_name(response), method_name(*rpc_));
  }
  return take(std::move(response));
}

Action Session::on_empty_post(TimePoint now) {
  last_active_ = now;
  switch (state_) {
    case State::kAwaitInform:
      deviations_.add(DeviationKind::kEmptyPostFirst);
      options_.empty_post_first = true;
      may_go_on_ = true;
      return SendEmpty{};
    case State::kAwaitRequest:
    case State::kAwaitClose:
      return ask_for_work();
    case State::kAwaitRpcResponse:
      return on_empty_answer();
    case State::kFinished:
      return SendEmpty{};
    case State::kBeginning:
    case State::kAnswering:
    case State::kAwaitWork:
    case State::kTaking:
    case State::kFailed:
      break;
  }
  return out_of_turn();
}

// kAwaitRpcResponse -> kAwaitRpcResponse   when the client empties before it posts (quirk 28)
//                   -> kTaking             as fault 9000 (quirk 41)
Action Session::on_empty_answer() {
  if (options_.empty_post_first && resends_ < kMaxResends) {
    ++resends_;
    return send_rpc();
  }
  deviations_.add(DeviationKind::kEmptyAnswer, method_name(*rpc_));
  return take(Fault{FaultCode::kMethodNotSupported,
                    "empty POST instead of an answer to " + std::string(method_name(*rpc_)),
                    {}});
}

Action Session::on_unreadable(Fault why, TimePoint now) {
  last_active_ = now;
  deviations_.add(DeviationKind::kUnreadableMessage, why.text);
  if (++unreadable_ > kMaxUnreadable) {
    return fail_with({FaultCode::kAcsResourcesExceeded, "too many unreadable messages", {}}, {});
  }
  const Fault answer{
      why.code == FaultCode::kAcsResourcesExceeded ? why.code : FaultCode::kAcsInvalidArguments,
      std::move(why.text),
      {}};
  switch (state_) {
    case State::kAwaitInform:
    case State::kFinished:
      return refuse(answer, std::nullopt);
    case State::kAwaitRequest:
    case State::kAwaitClose:
      return Send{envelope_of(answer, std::nullopt)};
    case State::kAwaitRpcResponse:
      return take(Fault{FaultCode::kInternalError, "unreadable answer: " + answer.text, {}});
    case State::kBeginning:
    case State::kAnswering:
    case State::kAwaitWork:
    case State::kTaking:
    case State::kFailed:
      break;
  }
  return out_of_turn();
}

// ---- what comes from the driver ----------------------------------------------------------------

// kBeginning -> kAwaitRequest
Action Session::on_begun(TimePoint now) {
  last_active_ = now;
  if (state_ != State::kBeginning) {
    return out_of_turn();
  }
  holding_ = options_.hold_requests;
  state_ = State::kAwaitRequest;
  return send_inform_response();
}

// kBeginning -> kAwaitInform   on 8005
//            -> kFailed
Action Session::on_refused(Fault fault, TimePoint now) {
  last_active_ = now;
  if (state_ != State::kBeginning) {
    return out_of_turn();
  }
  inform_.reset();
  if (fault.code == FaultCode::kAcsRetryRequest) {
    state_ = State::kAwaitInform;
    return Send{envelope_of(std::move(fault), request_id_)};
  }
  return refuse(std::move(fault), request_id_);
}

// kAnswering -> where the request came
Action Session::on_answer(AcsResponse response, TimePoint now) {
  last_active_ = now;
  if (state_ != State::kAnswering) {
    return out_of_turn();
  }
  state_ = before_request_;
  const auto* fault = std::get_if<Fault>(&response);
  const bool acs_code = fault == nullptr || (fault->code >= FaultCode::kAcsMethodNotSupported &&
                                             fault->code < FaultCode::kMethodNotSupported);
  if (!answers(response, *cpe_request_) || !acs_code) {
    response = Fault{FaultCode::kAcsInternalError, "internal error", {}};
  }
  cpe_request_.reset();
  return respond(std::move(response));
}

// kTaking -> kAwaitWork
Action Session::on_taken(TimePoint now) {
  last_active_ = now;
  if (state_ != State::kTaking) {
    return out_of_turn();
  }
  return ask_for_work();
}

// kAwaitWork -> kAwaitRpcResponse   on an RPC, or to release a hold
//            -> kAwaitClose         on none, where the CPE may go on
//            -> kFinished           on none
Action Session::on_work(std::optional<AcsRequest> rpc, TimePoint now) {
  last_active_ = now;
  if (state_ != State::kAwaitWork) {
    return out_of_turn();
  }
  if (rpc) {
    return open_rpc(*std::move(rpc));
  }
  // A CPE that is told to hold may not end the session (TR-069 A.4.1.1): release it first.
  if (holding_) {
    holding_ = false;
    releasing_ = true;
    may_go_on_ = true;
    return open_rpc(GetRPCMethods{});
  }
  return finish();
}

// ---- what goes out -----------------------------------------------------------------------------

Action Session::ask_for_work() {
  inform_.reset();
  state_ = State::kAwaitWork;
  return AskForWork{};
}

Action Session::take(CpeResponse response) {
  previous_rpc_id_ = rpc_id_;
  rpc_.reset();
  if (std::exchange(releasing_, false)) {
    return ask_for_work();
  }
  state_ = State::kTaking;
  return TakeResponse{std::move(response)};
}

Action Session::respond(AcsResponse response) {
  return Send{envelope_of(to_message(std::move(response)), request_id_)};
}

Action Session::open_rpc(AcsRequest rpc) {
  rpc_ = std::move(rpc);
  // No plain number: CPEs that answer with a constant ID like "1" must not match by chance.
  rpc_id_ = "acs-" + std::to_string(++rpc_count_);
  resends_ = 0;
  state_ = State::kAwaitRpcResponse;
  return send_rpc();
}

Action Session::send_rpc() { return Send{envelope_of(to_message(*rpc_), rpc_id_)}; }

Action Session::send_inform_response() {
  Envelope envelope = envelope_of(InformResponse{}, request_id_);
  envelope.header.use_cwmp_version = use_cwmp_version_;
  return Send{std::move(envelope)};
}

Action Session::finish() {
  state_ = std::exchange(may_go_on_, false) ? State::kAwaitClose : State::kFinished;
  return SendEmpty{};
}

Action Session::refuse(Fault why, std::optional<std::string> id) {
  Envelope reply = envelope_of(why, std::move(id));
  return fail_with(std::move(why), std::move(reply));
}

Action Session::fail_with(Fault why, std::optional<Envelope> reply) {
  state_ = State::kFailed;
  failure_ = why;
  return End{std::move(why), std::move(reply)};
}

Action Session::out_of_turn() {
  if (state_ == State::kFailed) {
    return End{failure_, std::nullopt};
  }
  return fail_with({FaultCode::kAcsInternalError, "message out of turn", {}}, std::nullopt);
}

Envelope Session::envelope_of(Message body, std::optional<std::string> id) const {
  Envelope envelope;
  envelope.header.id = std::move(id);
  envelope.header.hold_requests = holding_;
  envelope.dialect = dialect_;
  envelope.body = std::move(body);
  return envelope;
}

// ---- what the driver may look at ---------------------------------------------------------------

std::optional<TimePoint> Session::deadline() const {
  switch (state_) {
    case State::kAwaitInform:
    case State::kAwaitRequest:
    case State::kAwaitRpcResponse:
      return last_active_ + idle_limit_;
    case State::kAwaitClose:
      return last_active_ + kCloseLimit;
    case State::kBeginning:
    case State::kAnswering:
    case State::kAwaitWork:
    case State::kTaking:
    case State::kFinished:
    case State::kFailed:
      break;
  }
  return std::nullopt;
}

bool Session::rpc_open() const { return rpc_.has_value() && !releasing_; }

}  // namespace cwmp
