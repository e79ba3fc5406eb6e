// The client's end of one XMPP stream (RFC 6120): it negotiates TLS, logs in, binds a resource,
// keeps the connection alive, and sends and takes connection requests (TR-069 Annex K).
//
// Sans-IO: feed it what happened, do what the Actions say, in their order. An ACS asks with
// request(); a CPE takes Asked and answers with answer().
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "cwmp/xmpp/connection_request.h"
#include "cwmp/xmpp/element.h"
#include "cwmp/xmpp/jid.h"
#include "cwmp/xmpp/sasl.h"
#include "cwmp/xmpp/stanza_reader.h"

namespace cwmp::xmpp {

struct StreamOptions {
  enum class Tls {
    kDirect,       ///< the connection begins with TLS (XEP-0368)
    kRequired,     ///< STARTTLS, or nothing
    kWhenOffered,  ///< STARTTLS where the server has it. Passwords may go in the clear.
    kIfDemanded,   ///< STARTTLS only where the server insists (TR-181 XMPP.Connection.{i}.UseTLS)
  };
  Jid account;           ///< the resource is a proposal; empty: the server makes one up
  std::string username;  ///< for SASL; empty: the local part of `account`
  std::string password;
  Tls tls = Tls::kRequired;
  /// PLAIN shows the password to the server. Never used without TLS.
  bool allow_plain = true;
  /// Takes connection requests, as a CPE does; else they are refused like anything unknown.
  bool takes_requests = false;
  std::size_t max_open_requests = 1000;
  std::chrono::milliseconds negotiation_limit{30'000};  ///< from on_connected() to Bound
  /// White space after so long a silence of ours keeps NAT bindings (RFC 6120 4.6.1); zero: never.
  std::chrono::milliseconds keep_alive{60'000};
  /// A ping to the server after so long a silence of its own (XEP-0199); zero: never. RFC 6120
  /// 4.6.4 recommends not to check more often than every 5 minutes.
  std::chrono::milliseconds ping_after{300'000};
  std::chrono::milliseconds ping_limit{20'000};  ///< for the server's answer
};

/// Randomness of one stream.
struct StreamSecrets {
  std::string sasl_nonce;  ///< see SaslClient
  std::string id_prefix;   ///< of iq ids, so that nobody can guess them; a few letters and digits
};

/// Why a stream ended.
struct Failure {
  enum class Kind {
    kStopped,         ///< stop() was called
    kClosedByServer,  ///< it ended the stream, or the connection was lost
    kStreamError,     ///< it said why
    kBadXml,          ///< what it sent cannot be read
    kProtocol,        ///< it did something that RFC 6120 does not let it do here
    kNoTls,           ///< TLS is wanted and not to be had
    kNoMechanism,     ///< no way to log in that is allowed
    kNotAuthorized,   ///< user name or password are refused, or the server's own proof is wrong
    kNotBound,        ///< no resource
    kSilent,          ///< no answer in time
    kUnreachable,     ///< no connection (only from the rim)
    kTlsFailed,       ///< certificate or handshake (only from the rim)
  };
  Kind kind = Kind::kClosedByServer;
  std::string text;  ///< safe to log
};

/// Stable name for logs and metrics: "not-authorized".
std::string_view to_string(Failure::Kind kind);

struct Send {
  std::string bytes;
};
/// Do the TLS handshake, with the account's domain as the server's name, then on_tls().
struct StartTls {};
/// Logged in; request() works from now on.
struct Bound {
  Jid jid;  ///< as the server gave it (RFC 6120 7.6.1), always full
};
/// What came of a request().
struct Answered {
  std::string id;
  RequestResult result;
};
/// A peer asks this CPE for a connection.
struct Asked {
  Jid from;
  std::string from_text;  ///< as sent, for answer()
  std::string id;
  ConnectionRequest request;
};
/// Close the connection once what was to be sent is sent. Nothing comes after it.
struct Close {
  Failure why;
};
using Action = std::variant<Send, StartTls, Bound, Answered, Asked, Close>;
using Actions = std::vector<Action>;

/// Why a request was not sent.
enum class NotSent {
  kNotConnected,
  kTooMany,     ///< as many as allowed are open
  kNoFullJid,   ///< only a connected resource can be asked (RFC 6121 8.5.3)
  kUnwritable,  ///< too long, or a character that XML has no form for
};

/// One stream, from the first byte on a fresh connection to the last. Not thread-safe. `now` must
/// not go backwards.
class ClientStream {
 public:
  enum class State {
    kIdle,
    kAwaitHeader,
    kAwaitFeatures,
    kAwaitProceed,  ///< STARTTLS
    kAwaitTls,      ///< the handshake is under way
    kAwaitSasl,
    kAwaitBind,
    kAwaitSession,  ///< RFC 3921 3, for servers that insist
    kBound,
    kClosed,
  };

  ClientStream(StreamOptions options, StreamSecrets secrets);

  /// With Tls::kDirect the handshake is already done.
  Actions on_connected(TimePoint now);
  Actions on_tls(TimePoint now);
  Actions on_bytes(std::string_view bytes, TimePoint now);
  /// The connection is gone.
  Actions on_lost();
  /// Call it at deadline() or later.
  Actions on_time(TimePoint now);
  /// nullopt: nothing to wait for.
  std::optional<TimePoint> deadline() const;

  struct Sent {
    std::string id;
    Actions actions;
  };
  tl::expected<Sent, NotSent> request(const Jid& to, const ConnectionRequest& request,
                                      TimePoint now, std::chrono::milliseconds limit);
  /// Nobody waits for it any more; no Answered comes.
  void forget(const std::string& id) { open_.forget(id); }
  Actions answer(const Asked& asked, Verdict verdict, TimePoint now);

  /// Ends the stream.
  Actions stop();

  State state() const { return state_; }
  bool over_tls() const { return over_tls_; }
  std::size_t open_requests() const { return open_.size(); }

 private:
  void send(std::string bytes);
  void open_stream();
  void fail(Failure::Kind kind, std::string text, std::string_view condition = {});
  void end(Failure why);

  void on_item(StanzaReader::Item item);
  void on_header(const Element& header);
  void on_element(const Element& element);
  void on_features(const Element& features);
  void choose_login(const Element& features);
  void on_proceed(const Element& element);
  void on_sasl(const Element& element);
  void bind(const Element& features);
  void send_bind();
  void on_bind_answer(const Element& element);
  void on_session_answer(const Element& element);
  void become_bound();
  void on_stanza(const Element& element);
  void on_question(const Element& iq);
  void on_reply(const Element& iq);
  void refuse(const Element& iq, std::string_view type, std::string_view condition);
  void ping();
  std::string next_id();

  StreamOptions options_;
  StreamSecrets secrets_;
  StanzaReader reader_;
  State state_ = State::kIdle;
  bool over_tls_ = false;
  bool logged_in_ = false;
  bool needs_session_ = false;
  bool proposes_resource_ = true;
  std::optional<SaslClient> sasl_;
  Jid jid_;
  OpenRequests open_;
  std::uint64_t last_id_ = 0;
  std::string awaited_id_;  ///< of bind and session
  std::string ping_id_;     ///< empty: no ping is open
  TimePoint now_{};
  TimePoint begun_{};
  TimePoint last_sent_{};
  TimePoint last_received_{};
  TimePoint pinged_{};
  Actions actions_;
};

}  // namespace cwmp::xmpp
