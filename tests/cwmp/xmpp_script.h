// An XMPP server by script, for tests of the client's stream.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "cwmp/xmpp/stream.h"

namespace cwmp::xmpp {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline const std::string kHeader =
    "<?xml version='1.0'?><stream:stream from='example.net' id='s1' version='1.0' xml:lang='en' "
    "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
inline const std::string kOfferTls =
    "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>"
    "</stream:features>";
inline const std::string kProceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
inline const std::string kSuccess = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
inline const std::string kOfferBind =
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>"
    "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session></stream:features>";

inline std::string offer_login(const std::string& mechanisms) {
  std::string list;
  for (std::size_t at = 0; at < mechanisms.size();) {
    const auto end = std::min(mechanisms.find(' ', at), mechanisms.size());
    list += "<mechanism>" + mechanisms.substr(at, end - at) + "</mechanism>";
    at = end + 1;
  }
  return "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + list +
         "</mechanisms></stream:features>";
}

inline std::string bound_as(const std::string& id, const std::string& jid) {
  return "<iq type='result' id='" + id + "'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" +
         jid + "</jid></bind></iq>";
}

inline StreamOptions options_of_acs() {
  StreamOptions options;
  options.account = {"acs", "example.net", "bridge"};
  options.password = "secret";
  return options;
}
inline StreamOptions options_of_cpe() {
  StreamOptions options;
  options.account = {"cpe", "example.net", "tr069"};
  options.password = "secret";
  options.takes_requests = true;
  return options;
}

/// A stream and what it did. Time stands still until it is moved.
class Peer {
 public:
  explicit Peer(StreamOptions options)
      : stream(std::move(options), {"fyko+d2lbbFgONRv9qkxdawL", "q"}) {}

  ClientStream stream;
  TimePoint now{std::chrono::hours(1)};

  /// All that was sent since the last call.
  std::string sent() { return std::exchange(sent_, {}); }
  std::vector<Answered> answered;
  std::vector<Asked> asked;
  std::vector<Bound> bound;
  std::vector<Failure> closed;
  int tls = 0;

  void take(Actions actions) {
    for (Action& action : actions) {
      EXPECT_TRUE(closed.empty()) << "something comes after Close";
      if (auto* send = std::get_if<Send>(&action)) sent_ += send->bytes;
      if (std::holds_alternative<StartTls>(action)) ++tls;
      if (auto* each = std::get_if<Bound>(&action)) bound.push_back(*each);
      if (auto* each = std::get_if<Answered>(&action)) answered.push_back(*each);
      if (auto* each = std::get_if<Asked>(&action)) asked.push_back(*each);
      if (auto* each = std::get_if<Close>(&action)) closed.push_back(each->why);
    }
  }
  void connect() { take(stream.on_connected(now)); }
  void receive(const std::string& bytes) { take(stream.on_bytes(bytes, now)); }
  void tls_done() { take(stream.on_tls(now)); }
  void wait(milliseconds time) {
    now += time;
    take(stream.on_time(now));
  }
  /// The id; empty: not sent.
  std::string ask(const std::string& jid, milliseconds limit = seconds(10)) {
    auto sent_request = stream.request(*parse_jid(jid), {"user", "pass"}, now, limit);
    if (!sent_request) return {};
    take(std::move(sent_request->actions));
    return sent_request->id;
  }

  /// To the point where a login is offered over TLS.
  void to_login(const std::string& mechanisms) {
    connect();
    receive(kHeader + kOfferTls);
    receive(kProceed);
    tls_done();
    receive(kHeader + offer_login(mechanisms));
  }
  void to_bind() {
    to_login("PLAIN");
    receive(kSuccess);
    receive(kHeader + kOfferBind);
  }
  void to_bound() {
    to_bind();
    receive(bound_as("q1", stream_jid()));
    sent();
  }
  static std::string stream_jid() { return "me@example.net/given"; }

 private:
  std::string sent_;
};

/// Why it ended; it has, once.
inline Failure::Kind end_of(const Peer& peer) {
  if (peer.closed.size() == 1) return peer.closed.front().kind;
  ADD_FAILURE() << "closed " << peer.closed.size() << " times";
  return Failure::Kind::kUnreachable;
}

}  // namespace cwmp::xmpp
