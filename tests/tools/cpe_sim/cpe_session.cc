// The order of messages in a session (TR-069 3.7.1) and what becomes of a failed one (3.2.1.1).
#include <algorithm>
#include <cmath>

#include "cwmp/value.h"
#include "tests/tools/cpe_sim/cpe.h"

namespace cpe_sim {

cwmp::Envelope Cpe::make_request(cwmp::Message body) {
  cwmp::Envelope envelope;
  envelope.dialect.cwmp_namespace = options_.cwmp_namespace;
  if (!quirks.no_id) envelope.header.id = std::to_string(++message_id_);
  envelope.body = std::move(body);
  return envelope;
}

Send Cpe::reply(cwmp::Message body, const cwmp::Header& header) const {
  Send send;
  send.delay = quirks.slow;
  send.envelope.emplace();
  send.envelope->dialect.cwmp_namespace = options_.cwmp_namespace;
  if (!quirks.no_id) send.envelope->header.id = header.id;
  send.envelope->body = std::move(body);
  return send;
}

// kIdle -> kAwaitInformResponse
Action Cpe::begin_session(TimePoint now) {
  session_due_ = false;
  retry_at_.reset();
  hold_requests_ = false;
  held_ = false;
  events_.start();
  return send_inform(now);
}

Action Cpe::send_inform(TimePoint now) {
  state_ = State::kAwaitInformResponse;
  open_request_ = make_request(make_inform(now));
  Send send;
  send.delay = quirks.slow;
  if (const auto rule = faults.take("Inform", false)) {
    if (rule->kind == FaultRule::Kind::kDrop) return Drop{};
    send.drop_after = rule->kind == FaultRule::Kind::kDropAfter;
    send.delay += rule->delay;
  }
  send.envelope = *open_request_;
  return send;
}

Action Cpe::on_answer(std::optional<cwmp::Envelope> envelope, TimePoint now) {
  hold_requests_ = envelope && envelope->header.hold_requests;
  held_ = held_ || hold_requests_;
  switch (state_) {
    case State::kIdle:
      return Broken{"an answer outside a session"};
    case State::kAwaitInformResponse:
      if (!envelope) return Broken{"empty answer to Inform"};
      return on_inform_response(*std::move(envelope), now);
    case State::kAwaitAcsResponse:
      if (!envelope) return Broken{"empty answer to a request"};
      return on_own_response(*std::move(envelope));
    case State::kAwaitAcs:
      if (envelope) return on_rpc(*std::move(envelope), now);
      // Requests that HoldRequests kept back come now (TR-069 3.7.1.3).
      if (held_ && !own_requests_.empty()) return send_own_or_empty();
      end_session(now);
      return End{};
  }
  return Broken{"no such state"};
}

// kAwaitInformResponse -> kAwaitAcsResponse or kAwaitAcs   on InformResponse
//                      -> the same                         on fault 8005
Action Cpe::on_inform_response(cwmp::Envelope envelope, TimePoint now) {
  if (const auto* fault = std::get_if<cwmp::Fault>(&envelope.body)) {
    if (fault->code != cwmp::FaultCode::kAcsRetryRequest) {
      return Broken{"Inform refused: " + std::to_string(static_cast<std::uint32_t>(fault->code))};
    }
    return send_inform(now);
  }
  if (!std::holds_alternative<cwmp::InformResponse>(envelope.body)) {
    return Broken{"no InformResponse"};
  }
  events_.delivered();
  return send_own_or_empty();
}

// -> kAwaitAcsResponse with a request of its own, else kAwaitAcs with an empty POST
Action Cpe::send_own_or_empty() {
  Send send;
  send.delay = quirks.slow;
  if (own_requests_.empty() || hold_requests_) {
    state_ = State::kAwaitAcs;
    open_request_.reset();
    return send;
  }
  state_ = State::kAwaitAcsResponse;
  open_request_ = make_request(cwmp::to_message(own_requests_.front()));
  if (const auto rule = faults.take(cwmp::method_name(own_requests_.front()), false)) {
    if (rule->kind == FaultRule::Kind::kDrop) return Drop{};
    send.drop_after = rule->kind == FaultRule::Kind::kDropAfter;
    send.delay += rule->delay;
  }
  send.envelope = *open_request_;
  return send;
}

Action Cpe::on_own_response(cwmp::Envelope envelope) {
  auto response = cwmp::to_acs_response(std::move(envelope.body));
  if (!response || own_requests_.empty() || !cwmp::answers(*response, own_requests_.front())) {
    return Broken{"the answer does not fit the request"};
  }
  const auto* fault = std::get_if<cwmp::Fault>(&*response);
  if (fault != nullptr && fault->code == cwmp::FaultCode::kAcsRetryRequest) {
    Send again;
    again.envelope = open_request_;
    return again;
  }
  // The transfer is off the queue once the ACS knows of it.
  if (const auto* complete = std::get_if<cwmp::TransferComplete>(&own_requests_.front())) {
    const auto known = std::find_if(transfers_.begin(), transfers_.end(), [&](const Transfer& t) {
      return t.state == 3 && t.command_key == complete->command_key;
    });
    if (known != transfers_.end()) transfers_.erase(known);
  }
  own_requests_.pop_front();
  return send_own_or_empty();
}

// kAwaitAcs -> kAwaitAcs   an RPC and its answer
Action Cpe::on_rpc(cwmp::Envelope envelope, TimePoint now) {
  const cwmp::Header header = envelope.header;
  if (const auto* unknown = std::get_if<cwmp::UnknownRequest>(&envelope.body)) {
    return reply(cwmp::Fault{cwmp::FaultCode::kMethodNotSupported, unknown->method, {}}, header);
  }
  const auto request = cwmp::to_acs_request(std::move(envelope.body));
  if (!request) return Broken{"neither an RPC nor an end"};
  if (const auto rule = faults.take(cwmp::method_name(*request))) {
    return misbehave(*rule, *request, header, now);
  }
  return reply(cwmp::to_message(handle(*request, now)), header);
}

Action Cpe::misbehave(const FaultRule& rule, const cwmp::AcsRequest& request,
                      const cwmp::Header& header, TimePoint now) {
  switch (rule.kind) {
    case FaultRule::Kind::kFault:
      return reply(cwmp::Fault{rule.code, "as told", {}}, header);
    case FaultRule::Kind::kDrop:
      return Drop{};
    case FaultRule::Kind::kDropAfter:
      handle(request, now);
      return Drop{};
    case FaultRule::Kind::kEmpty:
      return Send{};
    case FaultRule::Kind::kHang:
      return Drop{.hang = true};
    case FaultRule::Kind::kDelay:
      break;
  }
  Send late = reply(cwmp::to_message(handle(request, now)), header);
  late.delay += rule.delay;
  return late;
}

// -> kIdle; what the RPCs of the session asked for begins
void Cpe::end_session(TimePoint now) {
  state_ = State::kIdle;
  retry_count_ = 0;
  open_request_.reset();
  const auto done = now + scaled(options_.diagnostics_time);
  for (std::string& object : std::exchange(diagnostics_wanted_, {})) {
    diagnostics_.emplace(done, std::move(object));
  }
  if (std::exchange(reset_wanted_, false)) {
    tree_.reset();
    apply_own_values();
    events_.clear();
    own_requests_.clear();
    transfers_.clear();
    scheduled_.clear();
    pending_values_.clear();
    access_lists_.clear();
    bootstrapped_ = false;
    start_reboot(now);
  }
  if (std::exchange(reboot_wanted_, false)) start_reboot(now);
  // A new ACS URL: the session after this one is a first contact.
  if (!bootstrapped_ && !boot_at_) {
    bootstrapped_ = true;
    raise(kBootstrap);
  }
}

void Cpe::on_lost(TimePoint now, std::optional<seconds> retry_after) {
  const bool delivered = state_ != State::kAwaitInformResponse;
  const auto count = retry_count_;
  events_.failed();
  end_session(now);
  if (boot_at_) return;
  retry_count_ = count + 1;
  session_due_ = true;
  retry_at_ = now + (retry_after ? scaled(*retry_after) : retry_wait());
  // The ACS knows the events, yet the session is repeated so that it can finish its work. Requests
  // that were not answered are announced again; else there is no cause but the retry itself.
  for (const Transfer& transfer : transfers_) {
    if (!delivered || transfer.state != 3) continue;
    events_.raise(kTransferComplete);
    events_.raise(transfer.is_download ? "M Download" : "M Upload", transfer.command_key);
  }
  if (events_.empty()) events_.raise(kPeriodic);
}

// Between m * (k/1000)^(n-1) and m * (k/1000)^n seconds, n at most 10 (TR-069 3.2.1.1).
milliseconds Cpe::retry_wait() {
  const double least = cwmp::parse_unsigned(management("CWMPRetryMinimumWaitInterval")).value_or(5);
  const double factor =
      cwmp::parse_unsigned(management("CWMPRetryIntervalMultiplier")).value_or(2000) / 1000.0;
  const auto turn = static_cast<double>(std::clamp(retry_count_, 1U, 10U));
  const double low = least * std::pow(factor, turn - 1);
  const double high = least * std::pow(factor, turn);
  const double share = std::uniform_real_distribution<double>(0, 1)(random_);
  return scaled(milliseconds(static_cast<std::int64_t>(1000 * (low + share * (high - low)))));
}

}  // namespace cpe_sim
