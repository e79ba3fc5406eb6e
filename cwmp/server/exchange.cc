#include "cwmp/server/exchange.h"

#include <algorithm>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/verb.hpp>
#include <utility>

#include "cwmp/server/http_codec.h"
#include "cwmp/server/inflate.h"
#include "cwmp/soap.h"

namespace cwmp {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;

TimePoint now() { return std::chrono::steady_clock::now(); }

std::chrono::sys_seconds wall_clock() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

std::string join_events(const Inform& inform) {
  std::string out;
  for (const auto& event : inform.events) {
    if (!out.empty()) out.append(", ");
    out.append(event.code);
  }
  return out;
}

// All fields of that name as one list; a client may spread a list over several fields.
std::string joined_field(const HttpRequest& request, std::string_view name) {
  std::string out;
  const auto [first, last] = request.equal_range(name);
  for (auto field = first; field != last; ++field) {
    if (!out.empty()) out.append(", ");
    out.append(field->value());
  }
  return out;
}

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

unsigned empty_status(const Manners& manners) { return manners.empty_is_200 ? 200 : 204; }

AuthScheme scheme_of(const Credentials& credentials) {
  return std::holds_alternative<BasicCredentials>(credentials) ? AuthScheme::kBasic
                                                               : AuthScheme::kDigest;
}

}  // namespace

Exchange::Exchange(ServerCore& core, boost::asio::ip::address peer)
    : core_(core),
      peer_(plain_address(peer)),
      proxied_(core.proxies.trusts(peer_)),
      address_(peer_.to_string()) {}

void Exchange::on_proxy_header(const std::optional<boost::asio::ip::address>& client) {
  if (client) peer_ = plain_address(*client);
  proxied_ = client && core_.proxies.trusts(peer_);
  address_ = peer_.to_string();
}

asio::awaitable<HttpReply> Exchange::handle(HttpRequest& request) {
  if (auto refusal = unpack(request)) co_return std::move(*refusal);
  if (proxied_) address_ = client_address(request);

  const auto session = find_session(request);
  if (!session) {
    HttpReply reply = co_await start(request, std::nullopt);
    co_return reply;
  }
  auto taken = core_.sessions->take(session);
  if (taken.result == SessionTable::Take::kTaken) {
    HttpReply reply = co_await go_on(std::move(taken.turn), request);
    co_return reply;
  }
  // Exit if the old closing handshake goes on after our 204 (quirk 42).
  if (taken.result == SessionTable::Take::kComplete && request.body().empty()) {
    co_return HttpReply(empty_status(session->manners));
  }
  if (taken.result == SessionTable::Take::kBusy) {
    // The CPE gave up waiting for our answer. Only a new Inform makes sense now; whoever serves
    // the old request will hear from the handler that the session was superseded.
    DeviationList deviations;
    auto decoded = decode_body(request, deviations);
    if (!decoded || !std::holds_alternative<Inform>(decoded->body)) {
      co_return refuse(400, "second request of a session before the answer to the first");
    }
    HttpReply reply = co_await start(request, std::move(*decoded));
    co_return reply;
  }
  HttpReply reply = co_await start(request, std::nullopt);
  co_return reply;
}

std::optional<HttpReply> Exchange::check(const HttpRequest& request) const {
  const auto& paths = core_.options.paths;
  const std::string_view target(request.target().data(), request.target().size());
  if (request.method() != http::verb::post) return refuse(405, "method is not POST");
  if (!paths.empty() && std::find(paths.begin(), paths.end(), path_of(target)) == paths.end()) {
    return refuse(404, "unknown path");
  }
  if (!parse_content_coding(request[http::field::content_encoding])) {
    return refuse(415, "unknown Content-Encoding");
  }
  // Where the body ends would be a guess, and another one than a proxy's (RFC 9112 6.1).
  const std::string_view coding = request[http::field::transfer_encoding];
  if (!coding.empty() && !boost::beast::iequals(coding, "chunked")) {
    return refuse(501, "unknown Transfer-Encoding");
  }
  return std::nullopt;
}

std::optional<HttpReply> Exchange::unpack(HttpRequest& request) {
  const auto coding = parse_content_coding(request[http::field::content_encoding]);
  if (!coding || *coding == ContentCoding::kIdentity || request.body().empty()) {
    return std::nullopt;
  }
  InflateLimits limits;
  limits.max_bytes = core_.options.max_body_bytes;
  auto body = inflate_body(request.body(), *coding, limits);
  if (!body && body.error() == InflateError::kTooLarge) {
    return refuse(413, "body too large after decompression");
  }
  if (!body) return refuse(400, "compressed body is damaged");
  request.body() = std::move(*body);
  return std::nullopt;
}

// A valid cookie wins; the connection stands in only when there is none (quirk 31).
std::shared_ptr<LiveSession> Exchange::find_session(const HttpRequest& request) {
  const auto [first, last] = request.equal_range(http::field::cookie);
  for (auto field = first; field != last; ++field) {
    for (const auto value : cookie_values(field->value(), kCookieName)) {
      if (!is_lower_hex(value)) continue;
      if (!bound_ || bound_->id != value) {
        auto session = core_.sessions->find(value);
        if (!session) continue;
        bound_ = std::move(session);
        session_requests_ = 0;
      }
      bound_->cookie_came = true;
      return bound_;
    }
  }
  return proxied_ ? nullptr : bound_;
}

Exchange::Decoded Exchange::decode_body(const HttpRequest& request,
                                        DeviationList& deviations) const {
  const std::string_view type = request[http::field::content_type];
  return decode(request.body(), type, &deviations);
}

asio::awaitable<HttpReply> Exchange::go_on(Turn turn, HttpRequest& request) {
  auto& live = *turn;
  if (++session_requests_ == 1) ++live.report.connections;
  ++live.report.http_requests;
  live.report.bytes_in += request.body().size();
  Action action = SendEmpty{};
  if (request.body().empty()) {
    action = live.protocol.on_empty_post(now());
  } else {
    auto decoded = decode_body(request, live.codec_deviations);
    if (decoded) {
      action = live.protocol.on_envelope(std::move(*decoded), now());
    } else {
      action = live.protocol.on_unreadable(std::move(decoded.error()), now());
    }
  }
  if (auto* restart = std::get_if<Restart>(&action)) {
    const bool quiet = live.protocol.quiet();
    const auto how = quiet ? SessionEnd::kComplete : SessionEnd::kLost;
    turn.end(how, quiet ? "" : "the CPE began a new session");
    HttpReply reply = co_await start(request, std::move(restart->envelope));
    co_return reply;
  }
  HttpReply reply = co_await drive(std::move(turn), std::move(action));
  co_return reply;
}

asio::awaitable<HttpReply> Exchange::start(HttpRequest& request, std::optional<Envelope> inform) {
  const bool empty = request.body().empty();
  if (empty && !proxied_) empty_post_first_ = true;
  if (core_.draining) co_return busy(Rejection::kOverload, "server is stopping");
  if (core_.sessions->open() >= core_.options.max_sessions) {
    co_return busy(Rejection::kOverload, "too many sessions");
  }
  DeviationList deviations;
  const AuthDemand demand = demand_for(request, inform, deviations);
  auto identity = co_await authenticate(request, demand);
  if (!identity) co_return std::move(identity.error());
  if (empty) co_return HttpReply(204);

  SessionOptions options;
  options.idle_limit = core_.options.session_idle;
  options.hold_requests = core_.options.hold_requests;
  options.empty_post_first = empty_post_first_;
  Turn turn = core_.sessions->create(options);
  if (!turn) co_return busy(Rejection::kOverload, "too many sessions");
  turn->report.http_requests = 1;
  turn->report.connections = 1;
  turn->report.bytes_in = request.body().size();
  turn->codec_deviations = std::move(deviations);
  if (identity->uri_differs) turn->codec_deviations.add(DeviationKind::kDigestUri);

  Action action = SendEmpty{};
  if (inform) {
    action = turn->protocol.on_envelope(std::move(*inform), now());
  } else if (auto decoded = decode_body(request, turn->codec_deviations)) {
    action = turn->protocol.on_envelope(std::move(*decoded), now());
  } else {
    action = turn->protocol.on_unreadable(std::move(decoded.error()), now());
  }
  if (auto* begun = std::get_if<Begin>(&action)) {
    Begin accepted = std::move(*begun);
    HttpReply reply = co_await begin(std::move(turn), std::move(accepted), std::move(*identity));
    co_return reply;
  }
  HttpReply reply = to_reply(std::move(turn), std::move(action));
  report(Rejection::kBadSoap, reply.status, reply.turn ? reply.turn->failure : std::string());
  co_return reply;
}

bool Exchange::has_login_certificate() const {
  return tls_ && tls_->has_certificate && core_.options.tls->client_certificate_is_login;
}

// Who the CPE says it is counts only where the handler wants to know it; the Inform that was looked
// at for that is the one that begins the session.
AuthDemand Exchange::demand_for(const HttpRequest& request, std::optional<Envelope>& inform,
                                DeviationList& deviations) {
  if (!core_.options.auth || has_login_certificate()) return AuthDemand::kNone;
  if (const auto demand = core_.handler.auth_demand(address_, nullptr)) return *demand;
  if (!inform && !request.body().empty()) {
    DeviationList seen;
    auto decoded = decode_body(request, seen);
    if (decoded && std::holds_alternative<Inform>(decoded->body)) {
      inform = std::move(*decoded);
      deviations = std::move(seen);
    }
  }
  if (!inform) return AuthDemand::kDefault;
  const DeviceId& claimed = std::get<Inform>(inform->body).device_id;
  return core_.handler.auth_demand(address_, &claimed).value_or(AuthDemand::kDefault);
}

asio::awaitable<tl::expected<Exchange::Identity, HttpReply>> Exchange::authenticate(
    const HttpRequest& request, AuthDemand demand) {
  Identity identity;
  if (has_login_certificate()) {
    identity.scheme = AuthScheme::kCertificate;
    identity.username = tls_->common_name;
    co_return identity;
  }
  if (demand == AuthDemand::kNone) {
    identity.waived = core_.options.auth.has_value();
    co_return identity;
  }

  Authenticator::Inspection inspection;
  {
    const std::lock_guard lock(core_.auth_mutex);
    inspection = core_.authenticator_for(demand).inspect(request[http::field::authorization],
                                                         request.target(), wall_clock());
  }
  if (inspection.verdict != Verdict::kAccepted || !inspection.credentials) {
    report(Rejection::kChallenged, 401, "no usable credentials");
    co_return tl::unexpected(challenge(demand, inspection.verdict == Verdict::kStale));
  }
  identity.username = inspection.username;
  identity.scheme = scheme_of(*inspection.credentials);
  identity.uri_differs = inspection.uri_differs;

  std::vector<std::string> passwords;
  bool failed = false;
  try {
    std::string username = inspection.username;
    passwords = co_await core_.handler.passwords(std::move(username));
  } catch (const std::exception&) {
    failed = true;
  }
  if (failed) co_return tl::unexpected(busy(Rejection::kBusy, "credentials cannot be looked up"));

  Verdict verdict = Verdict::kRejected;
  {
    const std::lock_guard lock(core_.auth_mutex);
    verdict = core_.authenticator_for(demand).verify(
        *inspection.credentials, request.method_string(), passwords, wall_clock());
  }
  if (verdict == Verdict::kAccepted) co_return identity;
  if (verdict != Verdict::kRejected) {
    report(Rejection::kChallenged, 401, "nonce used before");
    co_return tl::unexpected(challenge(demand, verdict == Verdict::kStale));
  }
  auto reply = challenge(demand, false);
  reply.close = ++failed_logins_ >= kMaxFailedLogins;
  report(Rejection::kLoginFailed, 401, "wrong user or password", identity.username);
  co_return tl::unexpected(std::move(reply));
}

HttpReply Exchange::challenge(AuthDemand demand, bool stale) {
  challenged_ = true;
  HttpReply reply(401);
  const std::lock_guard lock(core_.auth_mutex);
  reply.challenges =
      core_.authenticator_for(demand).challenges(wall_clock(), random_number(), stale);
  return reply;
}

asio::awaitable<HttpReply> Exchange::begin(Turn turn, Begin inform, Identity identity) {
  auto& live = *turn;
  live.report.device = inform.inform.device_id;
  live.report.events = join_events(inform.inform);
  live.report.username = identity.username;
  live.report.scheme = identity.scheme;
  live.report.peer_address = address_;
  if (tls_) live.report.tls_version = tls_->version;

  SessionStart start;
  start.inform = std::move(inform.inform);
  start.header = std::move(inform.header);
  start.dialect = std::move(inform.dialect);
  start.scheme = identity.scheme;
  start.waived = identity.waived;
  start.username = identity.username;
  start.peer_address = address_;
  tl::expected<std::shared_ptr<DeviceSession>, Refusal> begun = tl::unexpected(Refusal{});
  bool failed = false;
  try {
    begun = co_await core_.handler.begin(std::move(start));
  } catch (const std::exception&) {
    failed = true;
  }
  if (failed || (begun && *begun == nullptr)) {
    co_return busy(Rejection::kBusy, "the Inform could not be taken in");
  }
  if (!begun) {
    const auto& refusal = begun.error();
    const bool throttled = refusal.kind == Refusal::Kind::kThrottled;
    if (throttled || refusal.kind == Refusal::Kind::kBusy) {
      std::optional<std::chrono::seconds> retry_after;
      if (refusal.retry_after.count() > 0) retry_after = refusal.retry_after;
      const auto kind = throttled ? Rejection::kThrottled : Rejection::kBusy;
      co_return busy(kind, refusal.text, retry_after);
    }
    if (refusal.kind == Refusal::Kind::kForbidden) {
      report(Rejection::kForbidden, 403, refusal.text, identity.username);
      co_return HttpReply(403, true);
    }
    report(Rejection::kRefused, 200, refusal.text, identity.username);
    Fault fault;
    fault.code = FaultCode::kAcsRequestDenied;
    fault.text = refusal.text;
    co_return to_reply(std::move(turn), live.protocol.on_refused(std::move(fault), now()));
  }
  live.device = std::move(*begun);
  live.manners = live.device->manners();
  core_.sessions->publish(turn);
  bound_ = turn.session();
  session_requests_ = 1;
  std::string cookie(kCookieName);
  cookie.append("=").append(live.id);
  Action action = live.protocol.on_begun(now());
  HttpReply reply = co_await drive(std::move(turn), std::move(action));
  reply.cookie = std::move(cookie);
  co_return reply;
}

// Does what the Session says until something goes to the CPE.
asio::awaitable<HttpReply> Exchange::drive(Turn turn, Action action) {
  auto& live = *turn;
  for (;;) {
    bool failed = false;
    std::optional<Action> next;
    try {
      next = co_await serve(live, action);
    } catch (const std::exception& error) {
      // What the device sent may not be kept: better it believes that the session failed.
      live.failure = error.what();
      failed = true;
    }
    if (failed) {
      turn.end(core_.draining ? SessionEnd::kShutdown : SessionEnd::kLost, live.failure);
      co_return HttpReply(500, true);
    }
    if (!next) co_return to_reply(std::move(turn), std::move(action));
    action = std::move(*next);
  }
}

// nullopt: `action` is one that goes to the CPE.
asio::awaitable<std::optional<Action>> Exchange::serve(LiveSession& live, Action& action) {
  if (auto* request = std::get_if<AnswerRequest>(&action)) {
    ++live.report.cpe_requests;
    AcsResponse answer = co_await live.device->on_request(std::move(request->request));
    co_return live.protocol.on_answer(std::move(answer), now());
  }
  if (auto* response = std::get_if<TakeResponse>(&action)) {
    co_await live.device->on_response(std::move(response->response));
    co_return live.protocol.on_taken(now());
  }
  if (std::holds_alternative<AskForWork>(action)) {
    std::optional<AcsRequest> rpc;
    if (core_.draining) {
      live.shut_down = true;
    } else if (now() - live.started < core_.options.session_limit) {
      rpc = co_await live.device->next_rpc();
    }
    if (rpc) ++live.report.rpcs;
    co_return live.protocol.on_work(std::move(rpc), now());
  }
  co_return std::nullopt;
}

HttpReply Exchange::to_reply(Turn turn, Action action) {
  HttpReply reply(empty_status(turn->manners));
  const EncodeOptions how{turn->manners.xml_declaration};
  if (auto* send = std::get_if<Send>(&action)) {
    reply.status = 200;
    reply.body = encode(send->envelope, how);
  } else if (auto* end = std::get_if<End>(&action)) {
    turn->failure = end->why.text;
    reply.status = end->reply ? 200 : 400;
    if (end->reply) reply.body = encode(*end->reply, how);
    reply.close = true;
  }
  turn->report.bytes_out += reply.body.size();
  reply.turn = std::move(turn);
  return reply;
}

HttpReply Exchange::refuse(unsigned status, std::string text) const {
  report(Rejection::kBadHttp, status, std::move(text));
  return HttpReply(status, true);
}

HttpReply Exchange::busy(Rejection kind, std::string text,
                         std::optional<std::chrono::seconds> retry_after) const {
  report(kind, 503, std::move(text));
  HttpReply reply(503, true);
  // Spread, or all that were turned away come back in the same second.
  const auto base = retry_after.value_or(core_.options.retry_after);
  const auto spread = static_cast<std::uint64_t>(std::max<std::int64_t>(base.count(), 1));
  reply.retry_after =
      base + std::chrono::seconds(static_cast<std::int64_t>(random_number() % (spread + 1)));
  return reply;
}

void Exchange::handshake_failed(std::string text) const {
  report(Rejection::kHandshake, 0, std::move(text));
}

void Exchange::on_closed(bool expected) {
  const auto session = std::move(bound_);
  if (!session || proxied_) return;
  // A CPE that opens a connection per request is not gone when it closes one.
  if (expected || session_requests_ < 2) return;
  auto until = now();
  if (session->cookie_came) until += core_.options.reconnect_grace;
  core_.sessions->hurry(session, until);
}

TimePoint Exchange::session_deadline() const {
  if (!bound_) return TimePoint::min();
  const auto deadline = core_.sessions->deadline(bound_);
  return deadline == TimePoint::max() ? TimePoint::min() : deadline;
}

std::string Exchange::client_address(const HttpRequest& request) const {
  const auto forwarded = joined_field(request, "Forwarded");
  const auto x_forwarded_for = joined_field(request, "X-Forwarded-For");
  return core_.proxies.client(peer_, forwarded, x_forwarded_for).to_string();
}

void Exchange::report(Rejection kind, unsigned status, std::string text,
                      std::string username) const {
  if (core_.observer == nullptr) return;
  RejectionReport rejection;
  rejection.kind = kind;
  rejection.http_status = status;
  rejection.peer_address = address_;
  rejection.username = std::move(username);
  rejection.text = std::move(text);
  core_.observer->on_rejected(rejection);
}

}  // namespace cwmp
