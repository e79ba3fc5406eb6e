#include "cwmp/stun_responder.h"

#include <algorithm>

namespace cwmp {
namespace {

constexpr std::uint16_t kChangeRequestType = 0x0003;
/// What the sources that found no bucket of their own have together, in times of one's rate.
constexpr double kSharedRates = 10;
constexpr std::chrono::seconds kCleanInterval{1};

std::uint64_t key_of(const StunAddress& source) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < (source.is_v6 ? 8U : 4U); ++i) key = key << 8U | source.ip[i];
  // No IPv6 network in use begins with 0:1.
  return source.is_v6 ? key : key | std::uint64_t{1} << 32U;
}

StunMessage response_to(const StunMessage& request, StunType type) {
  StunMessage response;
  response.type = type;
  response.transaction_id = request.transaction_id;
  response.fingerprint = request.fingerprint;
  return response;
}

StunAnswer refuse(const StunMessage& request, const StunAddress& to, StunError error,
                  std::vector<std::uint16_t> unknown = {},
                  StunIntegrity form = StunIntegrity::kNone, std::string_view password = {}) {
  StunMessage response = response_to(request, request.type == StunType::kSharedSecretRequest
                                                  ? StunType::kSharedSecretErrorResponse
                                                  : StunType::kBindingErrorResponse);
  response.error = error;
  response.unknown_attributes = std::move(unknown);
  // RFC 3489 11.2 has no MESSAGE-INTEGRITY in error responses, RFC 5389 10.1.2 does.
  if (!request.has_cookie()) form = StunIntegrity::kNone;
  StunAnswer answer;
  answer.to = to;
  answer.bytes = encode_stun(response, form, password);
  answer.error = error;
  return answer;
}

/// RFC 5389 10.1.2 has fewer codes.
StunError credentials_error(const StunMessage& request, StunError classic) {
  if (!request.has_cookie()) return classic;
  return classic == StunError::kMissingUsername ? StunError::kBadRequest : StunError::kUnauthorized;
}

}  // namespace

// ---- StunRateLimit

std::size_t StunRateLimit::Mixed::operator()(std::uint64_t key) const {
  key = (key ^ seed) * 0x9e3779b97f4a7c15U;
  key = (key ^ key >> 32U) * 0xd6e8feb86659fd93U;
  return static_cast<std::size_t>(key ^ key >> 32U);
}

StunRateLimit::StunRateLimit(double per_second, std::uint64_t seed)
    : per_second_(per_second), buckets_(16, Mixed{seed}) {}

bool StunRateLimit::take(Bucket& bucket, double per_second, Time now) const {
  const double burst = std::max(per_second, 1.0);
  const double passed = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(burst, bucket.tokens + std::max(passed, 0.0) * per_second);
  bucket.filled = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

bool StunRateLimit::allow(const StunAddress& source, Time now) {
  const std::uint64_t key = key_of(source);
  auto found = buckets_.find(key);
  if (found == buckets_.end()) {
    if (buckets_.size() >= kMaxSources) forget_idle(now);
    if (buckets_.size() >= kMaxSources) return take(shared_, per_second_ * kSharedRates, now);
    found = buckets_.emplace(key, Bucket{std::max(per_second_, 1.0), now}).first;
  }
  return take(found->second, per_second_, now);
}

/// Those whose bucket is full again are like new.
void StunRateLimit::forget_idle(Time now) {
  if (now - cleaned_ < kCleanInterval) return;
  cleaned_ = now;
  const std::chrono::duration<double> full(std::max(per_second_, 1.0) / per_second_);
  std::erase_if(buckets_, [&](const auto& each) { return now - each.second.filled > full; });
}

// ---- StunResponder

std::string_view to_string(StunIgnored why) {
  switch (why) {
    case StunIgnored::kNotStun:
      return "not-stun";
    case StunIgnored::kNotRequest:
      return "not-request";
    case StunIgnored::kRateLimited:
      return "rate-limited";
  }
  return "ignored";
}

StunResponder::StunResponder(const StunResponderOptions& options)
    : options_(options), limit_(options.rate_per_source, options.seed) {}

bool StunResponder::needs_integrity(const StunMessage& message) const {
  if (!message.connection_request_binding) return false;
  return options_.always_authenticate || message.binding_change;
}

StunResponder::Received StunResponder::receive(std::string_view bytes, const StunAddress& from,
                                               const std::optional<StunAddress>& local,
                                               StunRateLimit::Time now) {
  if (from.port == 0) return StunIgnored::kNotStun;
  if (!limit_.allow(from, now)) return StunIgnored::kRateLimited;
  auto message = decode_stun(bytes);
  if (!message && message.error() == StunFailure::kNotStun) return StunIgnored::kNotStun;
  const StunMessage header = message ? *message : stun_header(bytes);
  if (header.type == StunType::kSharedSecretRequest) {
    return refuse(header, from, StunError::kUseTls);  // RFC 3489 8.2
  }
  if (header.type != StunType::kBindingRequest) return StunIgnored::kNotRequest;
  if (!message) return refuse(header, from, StunError::kBadRequest);

  StunPending request{std::string(), *std::move(message), from, local};
  if (request.message.integrity_at != 0) {
    if (!request.message.username || request.message.username->empty()) {
      const StunError error = credentials_error(request.message, StunError::kMissingUsername);
      return refuse(request.message, from, error);
    }
    request.bytes = bytes;
    return request;
  }
  if (needs_integrity(request.message)) {
    return refuse(request.message, from, StunError::kUnauthorized);
  }
  return serve(request, StunIntegrity::kNone, {});
}

StunAnswer StunResponder::finish(const StunPending& pending,
                                 const std::optional<std::string>& password) const {
  const StunMessage& message = pending.message;
  if (!password) {
    const StunError error = credentials_error(message, StunError::kStaleCredentials);
    return refuse(message, pending.from, error);
  }
  const StunIntegrity form = verify_stun(pending.bytes, message, *password);
  if (form == StunIntegrity::kNone) {
    const StunError error = credentials_error(message, StunError::kIntegrityCheckFailure);
    return refuse(message, pending.from, error);
  }
  return serve(pending, form, *password);
}

StunAnswer StunResponder::serve(const StunPending& request, StunIntegrity form,
                                std::string_view password) const {
  const StunMessage& message = request.message;
  if (!message.not_understood.empty()) {
    return refuse(message, request.from, StunError::kUnknownAttribute, message.not_understood, form,
                  password);
  }
  // There is one address and one port. An answer from it would make a client believe in a NAT that
  // filters nothing (RFC 5780 6.1).
  if (message.change_request.value_or(0) & (kStunChangeIp | kStunChangePort)) {
    return refuse(message, request.from, StunError::kUnknownAttribute, {kChangeRequestType}, form,
                  password);
  }
  StunAddress to = request.from;
  if (message.response_address) {
    // Annex G uses it from a second port of the same CPE, to see whether the binding of the
    // first is still there. Anything further would let strangers aim this server at others.
    if (!message.response_address->same_host(request.from) || message.response_address->port == 0) {
      return refuse(message, request.from, StunError::kGlobalFailure, {}, form, password);
    }
    to = *message.response_address;
  }

  StunMessage response = response_to(message, StunType::kBindingResponse);
  if (message.has_cookie()) response.xor_mapped_address = request.from;
  if (!message.has_cookie() || message.connection_request_binding) {
    response.mapped_address = request.from;
  }
  if (!message.has_cookie()) {
    // Clients insist on CHANGED-ADDRESS; there is no other address than this.
    response.source_address = options_.advertised ? options_.advertised : request.local;
    response.changed_address = response.source_address;
    if (message.response_address) response.reflected_from = request.from;
  }
  StunAnswer answer;
  answer.to = to;
  answer.bytes = encode_stun(response, form, password);
  // A request on behalf of another port says nothing about where the CPE listens.
  if (message.connection_request_binding && !message.response_address) {
    answer.binding = StunBinding{message.username.value_or(""), request.from,
                                 message.binding_change, form != StunIntegrity::kNone};
  }
  return answer;
}

}  // namespace cwmp
