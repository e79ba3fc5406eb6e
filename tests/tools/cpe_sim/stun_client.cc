#include "tests/tools/cpe_sim/stun_client.h"

#include <algorithm>

namespace cpe_sim {

void StunClient::configure(const StunSettings& settings, Time now) {
  if (settings == settings_) return;
  settings_ = settings;
  mapped_.reset();
  open_.reset();
  keep_alive_at_.reset();
  if (settings_.enabled) ask(false, false, now);
}

void StunClient::ask(bool change, bool with_integrity, Time now) {
  cwmp::StunMessage request;
  for (auto& byte : request.transaction_id) byte = static_cast<std::uint8_t>(random_());
  request.connection_request_binding = true;
  request.binding_change = change;
  if (!settings_.username.empty()) request.username = settings_.username;
  Exchange exchange;
  exchange.id = request.transaction_id;
  exchange.change = change;
  exchange.with_integrity = with_integrity;
  exchange.due = now;
  exchange.bytes =
      with_integrity ? cwmp::encode_stun(request, cwmp::StunIntegrity::kPadded, settings_.password)
                     : cwmp::encode_stun(request);
  open_ = std::move(exchange);
  keep_alive_at_.reset();
}

void StunClient::rest(Time now) {
  open_.reset();
  keep_alive_at_ = now + settings_.period;
}

std::optional<std::string> StunClient::next_datagram(Time now) {
  if (keep_alive_at_ && *keep_alive_at_ <= now) ask(false, false, now);
  if (!open_ || open_->due > now) return std::nullopt;
  if (open_->sent == kMaxSent) {
    rest(now);
    return std::nullopt;
  }
  open_->due = now + std::min(kFirstWait * (1 << std::min(open_->sent, 4)), kLongestWait);
  ++open_->sent;
  return open_->bytes;
}

std::optional<StunClient::Time> StunClient::next_wake() const {
  if (open_) return open_->due;
  return keep_alive_at_;
}

bool StunClient::on_datagram(std::string_view bytes, Time now) {
  const auto message = cwmp::decode_stun(bytes);
  if (!message) return false;
  if (!open_ || message->transaction_id != open_->id) return true;
  if (message->type == cwmp::StunType::kBindingResponse) {
    const bool forged =
        open_->with_integrity &&
        cwmp::verify_stun(bytes, *message, settings_.password) == cwmp::StunIntegrity::kNone;
    if (!forged) on_response(*message, now);
  } else if (message->type == cwmp::StunType::kBindingErrorResponse) {
    const bool again = message->error == cwmp::StunError::kUnauthorized && !open_->with_integrity &&
                       !settings_.username.empty();
    if (again) {
      ask(open_->change, true, now);
    } else {
      rest(now);
    }
  }
  return true;
}

// Annex G: a change is told at once, also the first one.
void StunClient::on_response(const cwmp::StunMessage& response, Time now) {
  if (!response.mapped_address) return rest(now);
  const bool changed = response.mapped_address != mapped_;
  mapped_ = response.mapped_address;
  if (changed) return ask(true, false, now);
  rest(now);
}

}  // namespace cpe_sim
