#include "cwmp/xmpp/stream.h"

#include <algorithm>
#include <utility>

#include "cwmp/auth_fields.h"

namespace cwmp::xmpp {
namespace {

using Kind = Failure::Kind;
using Tls = StreamOptions::Tls;

/// Low, so that no message ever comes this way (RFC 6121 4.7.2.3).
constexpr std::string_view kPresence = "<presence><priority>-1</priority></presence>";

std::vector<std::string> mechanisms_of(const Element& features) {
  std::vector<std::string> names;
  if (const Element* list = features.child(kSaslNs, "mechanisms")) {
    for (const Element& each : list->children) {
      if (each.is(kSaslNs, "mechanism")) names.push_back(each.text);
    }
  }
  return names;
}

bool is_iq_reply(const Element& element) {
  return element.is(kClientNs, "iq") &&
         (element.attribute("type") == "result" || element.attribute("type") == "error");
}

/// In SASL "=" stands for a message that is empty (RFC 6120 6.4.2).
std::optional<std::string> decode_sasl(const std::string& text) {
  if (text.size() > 2 * kMaxSaslBytes) return std::nullopt;
  if (text == "=") return std::string();
  return auth::decode_base64(text);
}

std::string encode_sasl(std::string_view message) {
  return message.empty() ? "=" : auth::encode_base64(message);
}

}  // namespace

std::string_view to_string(Failure::Kind kind) {
  switch (kind) {
    case Kind::kStopped:
      return "stopped";
    case Kind::kClosedByServer:
      return "closed";
    case Kind::kStreamError:
      return "stream-error";
    case Kind::kBadXml:
      return "bad-xml";
    case Kind::kProtocol:
      return "protocol";
    case Kind::kNoTls:
      return "no-tls";
    case Kind::kNoMechanism:
      return "no-mechanism";
    case Kind::kNotAuthorized:
      return "not-authorized";
    case Kind::kNotBound:
      return "not-bound";
    case Kind::kSilent:
      return "silent";
    case Kind::kUnreachable:
      return "unreachable";
    case Kind::kTlsFailed:
      return "tls-failed";
  }
  return "unknown";
}

ClientStream::ClientStream(StreamOptions options, StreamSecrets secrets)
    : options_(std::move(options)),
      secrets_(std::move(secrets)),
      open_(options_.max_open_requests) {
  if (options_.username.empty()) options_.username = options_.account.local;
}

// ---- what comes in -----------------------------------------------------------------------------

Actions ClientStream::on_connected(TimePoint now) {
  now_ = begun_ = last_received_ = now;
  over_tls_ = options_.tls == Tls::kDirect;
  if (state_ == State::kIdle) open_stream();
  return std::exchange(actions_, {});
}

Actions ClientStream::on_tls(TimePoint now) {
  now_ = now;
  if (state_ == State::kAwaitTls) {
    over_tls_ = true;
    open_stream();
  }
  return std::exchange(actions_, {});
}

Actions ClientStream::on_bytes(std::string_view bytes, TimePoint now) {
  now_ = last_received_ = now;
  if (state_ != State::kClosed) reader_.feed(bytes);
  while (state_ != State::kClosed && state_ != State::kAwaitTls) {
    auto item = reader_.next();
    if (!item) {
      fail(Kind::kBadXml, std::string(item.error().text), item.error().condition);
      break;
    }
    if (!*item) break;
    on_item(**std::move(item));
  }
  return std::exchange(actions_, {});
}

Actions ClientStream::on_lost() {
  if (state_ != State::kClosed) end({Kind::kClosedByServer, "the connection is lost"});
  return std::exchange(actions_, {});
}

Actions ClientStream::stop() {
  if (state_ != State::kClosed) {
    if (state_ != State::kIdle && state_ != State::kAwaitTls) send("</stream:stream>");
    end({Kind::kStopped, "stopped"});
  }
  return std::exchange(actions_, {});
}

// ---- time --------------------------------------------------------------------------------------

std::optional<TimePoint> ClientStream::deadline() const {
  if (state_ == State::kIdle || state_ == State::kClosed) return std::nullopt;
  if (state_ != State::kBound) return begun_ + options_.negotiation_limit;
  std::optional<TimePoint> next = open_.deadline();
  const auto consider = [&next](TimePoint time) { next = next ? std::min(*next, time) : time; };
  if (options_.keep_alive.count() > 0) consider(last_sent_ + options_.keep_alive);
  if (!ping_id_.empty()) {
    consider(pinged_ + options_.ping_limit);
  } else if (options_.ping_after.count() > 0) {
    consider(last_received_ + options_.ping_after);
  }
  return next;
}

Actions ClientStream::on_time(TimePoint now) {
  now_ = now;
  const auto due = deadline();
  if (!due || now < *due) return {};
  if (state_ != State::kBound) {
    fail(Kind::kSilent, "no login in time", "connection-timeout");
    return std::exchange(actions_, {});
  }
  for (std::string& id : open_.take_expired(now)) {
    actions_.push_back(Answered{std::move(id), TimedOut{}});
    // The CPE may sleep; or the server is gone and nobody has told us.
    if (ping_id_.empty() && now - last_received_ > options_.ping_limit) ping();
  }
  if (!ping_id_.empty() && last_received_ > pinged_) ping_id_.clear();
  if (!ping_id_.empty() && now >= pinged_ + options_.ping_limit) {
    fail(Kind::kSilent, "the server does not answer a ping", "connection-timeout");
    return std::exchange(actions_, {});
  }
  if (ping_id_.empty() && options_.ping_after.count() > 0 &&
      now >= last_received_ + options_.ping_after) {
    ping();
  }
  if (options_.keep_alive.count() > 0 && now >= last_sent_ + options_.keep_alive) send(" ");
  return std::exchange(actions_, {});
}

// ---- sending and ending ------------------------------------------------------------------------

void ClientStream::send(std::string bytes) {
  last_sent_ = now_;
  actions_.push_back(Send{std::move(bytes)});
}

std::string ClientStream::next_id() { return secrets_.id_prefix + std::to_string(++last_id_); }

// No 'from': the account shall not be seen before TLS (RFC 6120 4.7.1).
void ClientStream::open_stream() {
  reader_.restart();
  state_ = State::kAwaitHeader;
  std::string header = "<?xml version='1.0'?><stream:stream to=\"";
  header.append(escape(options_.account.domain))
      .append("\" version=\"1.0\" xml:lang=\"en\" xmlns=\"");
  header.append(kClientNs).append("\" xmlns:stream=\"").append(kStreamNs).append("\">");
  send(std::move(header));
}

// `condition`: what the server is told (RFC 6120 4.9); empty: nothing.
void ClientStream::fail(Kind kind, std::string text, std::string_view condition) {
  if (state_ != State::kAwaitTls) {
    std::string bytes;
    if (!condition.empty()) {
      bytes.append("<stream:error><").append(condition).append(" xmlns=\"");
      bytes.append(kStreamErrorNs).append("\"/></stream:error>");
    }
    send(bytes + "</stream:stream>");
  }
  end({kind, std::move(text)});
}

void ClientStream::end(Failure why) {
  state_ = State::kClosed;
  for (std::string& id : open_.take_all()) {
    actions_.push_back(Answered{std::move(id), Lost{}});
  }
  actions_.push_back(Close{std::move(why)});
}

// ---- the stream --------------------------------------------------------------------------------

void ClientStream::on_item(StanzaReader::Item item) {
  if (const auto* header = std::get_if<StanzaReader::Header>(&item)) {
    on_header(header->element);
  } else if (const auto* element = std::get_if<Element>(&item)) {
    on_element(*element);
  } else {
    fail(Kind::kClosedByServer, "the server ended the stream");
  }
}

void ClientStream::on_header(const Element& header) {
  if (!header.is(kStreamNs, "stream")) {
    return fail(Kind::kProtocol, "the answer is no XMPP stream", "invalid-namespace");
  }
  // Exit if the server is from before 1.0 (RFC 6120 4.7.5): it has no features to wait for.
  if (!header.attribute("version").starts_with("1.")) {
    return fail(Kind::kProtocol, "the server does not speak XMPP 1.0", "unsupported-version");
  }
  state_ = State::kAwaitFeatures;
}

void ClientStream::on_element(const Element& element) {
  if (element.is(kStreamNs, "error")) {
    const std::string condition = condition_of(element);
    const Kind kind = condition == "not-authorized" ? Kind::kNotAuthorized : Kind::kStreamError;
    return fail(kind, "stream error: " + condition);
  }
  switch (state_) {
    case State::kAwaitFeatures:
      if (!element.is(kStreamNs, "features")) {
        return fail(Kind::kProtocol, "no features where they belong");
      }
      return on_features(element);
    case State::kAwaitProceed:
      return on_proceed(element);
    case State::kAwaitSasl:
      return on_sasl(element);
    case State::kAwaitBind:
      return on_bind_answer(element);
    case State::kAwaitSession:
      return on_session_answer(element);
    case State::kBound:
      return on_stanza(element);
    case State::kIdle:
    case State::kAwaitHeader:
    case State::kAwaitTls:
    case State::kClosed:
      return;
  }
}

// kAwaitFeatures -> kAwaitProceed   TLS is next
//                -> kAwaitSasl      log in
//                -> kAwaitBind      logged in
void ClientStream::on_features(const Element& features) {
  if (logged_in_) return bind(features);
  const Element* starttls = features.child(kTlsNs, "starttls");
  if (!over_tls_) {
    const bool demanded = starttls != nullptr && starttls->child(kTlsNs, "required") != nullptr;
    if (starttls == nullptr && options_.tls == Tls::kRequired) {
      return fail(Kind::kNoTls, "the server offers no TLS");
    }
    if (starttls != nullptr && (demanded || options_.tls != Tls::kIfDemanded)) {
      state_ = State::kAwaitProceed;
      return send("<starttls xmlns=\"" + std::string(kTlsNs) + "\"/>");
    }
  }
  choose_login(features);
}

void ClientStream::choose_login(const Element& features) {
  const auto offered = mechanisms_of(features);
  const auto mechanism = choose_mechanism(offered, over_tls_ && options_.allow_plain);
  if (!mechanism) return fail(Kind::kNoMechanism, "the server offers no login that is allowed");
  state_ = State::kAwaitSasl;
  sasl_.emplace(*mechanism, options_.username, options_.password, secrets_.sasl_nonce);
  send("<auth xmlns=\"" + std::string(kSaslNs) + "\" mechanism=\"" +
       std::string(to_string(*mechanism)) + "\">" + encode_sasl(sasl_->initial_response()) +
       "</auth>");
}

// kAwaitProceed -> kAwaitTls   on proceed
void ClientStream::on_proceed(const Element& element) {
  if (!element.is(kTlsNs, "proceed")) return fail(Kind::kNoTls, "the server refused STARTTLS");
  // What comes in the clear after it would be taken for something that came over TLS.
  if (!reader_.drained()) return fail(Kind::kProtocol, "plain text behind STARTTLS");
  state_ = State::kAwaitTls;
  actions_.push_back(StartTls{});
}

// kAwaitSasl -> kAwaitSasl     on challenge
//            -> kAwaitHeader   on success
void ClientStream::on_sasl(const Element& element) {
  if (element.is(kSaslNs, "failure")) {
    return fail(Kind::kNotAuthorized, "login refused: " + condition_of(element));
  }
  const auto message = decode_sasl(element.text);
  if (!message) return fail(Kind::kProtocol, "SASL message is not base64");
  if (element.is(kSaslNs, "challenge")) {
    const auto response = sasl_->on_challenge(*message);
    if (!response) return fail(Kind::kNotAuthorized, response.error());
    return send("<response xmlns=\"" + std::string(kSaslNs) + "\">" +
                (response->empty() ? "" : encode_sasl(*response)) + "</response>");
  }
  if (!element.is(kSaslNs, "success")) return fail(Kind::kProtocol, "not an answer to a login");
  const auto verified = sasl_->on_success(*message);
  if (!verified) return fail(Kind::kNotAuthorized, verified.error());
  if (!reader_.drained()) return fail(Kind::kProtocol, "a stanza where a stream has to begin");
  sasl_.reset();
  logged_in_ = true;
  open_stream();
}

// ---- resource ----------------------------------------------------------------------------------

void ClientStream::bind(const Element& features) {
  const Element* session = features.child(kSessionNs, "session");
  needs_session_ = session != nullptr && session->child(kSessionNs, "optional") == nullptr;
  if (features.child(kBindNs, "bind") == nullptr) {
    return fail(Kind::kNotBound, "the server binds no resource");
  }
  send_bind();
}

void ClientStream::send_bind() {
  state_ = State::kAwaitBind;
  awaited_id_ = next_id();
  std::string resource;
  if (proposes_resource_ && options_.account.is_full()) {
    resource = "<resource>" + escape(options_.account.resource) + "</resource>";
  }
  send("<iq type=\"set\" id=\"" + awaited_id_ + "\"><bind xmlns=\"" + std::string(kBindNs) + "\">" +
       resource + "</bind></iq>");
}

// kAwaitBind -> kBound          on the result
//            -> kAwaitSession   where the server wants one
//            -> kAwaitBind      when the resource is taken: the server shall make one up
void ClientStream::on_bind_answer(const Element& element) {
  if (!is_iq_reply(element) || element.attribute("id") != awaited_id_) return;
  if (element.attribute("type") == "error") {
    const Element* error = element.child(kClientNs, "error");
    const std::string condition = error == nullptr ? "no reason" : condition_of(*error);
    if (!proposes_resource_ || !options_.account.is_full()) {
      return fail(Kind::kNotBound, "no resource: " + condition);
    }
    proposes_resource_ = false;
    return send_bind();
  }
  const Element* bound = element.child(kBindNs, "bind");
  const Element* jid = bound == nullptr ? nullptr : bound->child(kBindNs, "jid");
  const auto parsed = jid == nullptr ? std::nullopt : parse_jid(jid->text);
  if (!parsed || !parsed->is_full()) return fail(Kind::kNotBound, "the server gave no full JID");
  jid_ = *parsed;
  if (!needs_session_) return become_bound();
  state_ = State::kAwaitSession;
  awaited_id_ = next_id();
  send("<iq type=\"set\" id=\"" + awaited_id_ + "\"><session xmlns=\"" + std::string(kSessionNs) +
       "\"/></iq>");
}

// kAwaitSession -> kBound   on the result
void ClientStream::on_session_answer(const Element& element) {
  if (!is_iq_reply(element) || element.attribute("id") != awaited_id_) return;
  if (element.attribute("type") == "error") return fail(Kind::kNotBound, "no session");
  become_bound();
}

void ClientStream::become_bound() {
  state_ = State::kBound;
  awaited_id_.clear();
  send(std::string(kPresence));
  actions_.push_back(Bound{jid_});
}

// ---- stanzas -----------------------------------------------------------------------------------

// Messages and presence are nothing to us, and may be dropped (RFC 6120 8.4); so is what belongs to
// extensions that we did not ask for.
void ClientStream::on_stanza(const Element& element) {
  if (!element.is(kClientNs, "iq")) return;
  const std::string_view type = element.attribute("type");
  if (type == "get" || type == "set") {
    on_question(element);
  } else if (type == "result" || type == "error") {
    on_reply(element);
  }
}

void ClientStream::on_question(const Element& iq) {
  const std::string_view id = iq.attribute("id");
  // Exit if it cannot be answered (RFC 6120 8.1.3).
  if (id.empty() || id.size() > kMaxIqIdBytes) return;
  if (iq.children.size() != 1) return refuse(iq, "modify", "bad-request");
  const Element& child = iq.children.front();
  const bool get = iq.attribute("type") == "get";
  if (get && child.is(kPingNs, "ping")) {
    const std::string_view from = iq.attribute("from");
    std::string reply = "<iq type=\"result\" id=\"" + escape(id) + "\"";
    if (!from.empty()) reply += " to=\"" + escape(from) + "\"";
    return send(reply + "/>");
  }
  if (!get || !options_.takes_requests || !child.is(kConnectionRequestNs, "connectionRequest")) {
    return refuse(iq, "cancel", "service-unavailable");
  }
  auto request = decode_request(child);
  const auto from = parse_jid(iq.attribute("from"));
  if (!request || !from) return refuse(iq, "modify", "bad-request");
  Asked asked{*from, std::string(iq.attribute("from")), std::string(id), *std::move(request)};
  actions_.push_back(std::move(asked));
}

void ClientStream::refuse(const Element& iq, std::string_view type, std::string_view condition) {
  const std::string_view from = iq.attribute("from");
  std::string reply = "<iq type=\"error\" id=\"" + escape(iq.attribute("id")) + "\"";
  if (!from.empty()) reply += " to=\"" + escape(from) + "\"";
  reply.append("><error type=\"").append(type).append("\"><").append(condition).append(" xmlns=\"");
  reply.append(kStanzaErrorNs).append("\"/></error></iq>");
  send(std::move(reply));
}

void ClientStream::on_reply(const Element& iq) {
  const std::string id(iq.attribute("id"));
  if (id.empty()) return;
  if (id == ping_id_) {  // an error is as good: the server is there
    ping_id_.clear();
    return;
  }
  const auto from = parse_jid(iq.attribute("from"));
  // Exit if it is not the answer of whom we asked: ids may be guessed (RFC 6120 8.1.2.1).
  if (!from || !open_.take(id, *from)) return;
  if (iq.attribute("type") == "result") {
    actions_.push_back(Answered{id, Accepted{}});
    return;
  }
  const Element* error = iq.child(kClientNs, "error");
  const std::string condition = error == nullptr ? "undefined-condition" : condition_of(*error);
  actions_.push_back(Answered{id, Refused{condition}});
}

void ClientStream::ping() {
  ping_id_ = next_id();
  pinged_ = now_;
  send("<iq type=\"get\" id=\"" + ping_id_ + "\" to=\"" + escape(options_.account.domain) +
       "\"><ping xmlns=\"" + std::string(kPingNs) + "\"/></iq>");
}

// ---- connection requests -----------------------------------------------------------------------

tl::expected<ClientStream::Sent, NotSent> ClientStream::request(const Jid& to,
                                                                const ConnectionRequest& request,
                                                                TimePoint now,
                                                                std::chrono::milliseconds limit) {
  if (state_ != State::kBound) return tl::unexpected(NotSent::kNotConnected);
  if (open_.full()) return tl::unexpected(NotSent::kTooMany);
  if (!to.is_full() || to.local.empty()) return tl::unexpected(NotSent::kNoFullJid);
  if (request.username.size() > kMaxCredentialBytes ||
      request.password.size() > kMaxCredentialBytes || !is_writable(request.username) ||
      !is_writable(request.password) || !is_writable(to.text())) {
    return tl::unexpected(NotSent::kUnwritable);
  }
  now_ = now;
  Sent sent{next_id(), {}};
  open_.add(sent.id, to, now + limit);
  send(encode_request(sent.id, to, request));
  sent.actions = std::exchange(actions_, {});
  return sent;
}

Actions ClientStream::answer(const Asked& asked, Verdict verdict, TimePoint now) {
  if (state_ != State::kBound) return {};
  now_ = now;
  send(encode_verdict(asked.id, asked.from_text, asked.request, verdict));
  return std::exchange(actions_, {});
}

}  // namespace cwmp::xmpp
