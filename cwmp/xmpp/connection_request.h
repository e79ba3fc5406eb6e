// The connection request of TR-069 Annex K: the stanza, its answers, and those that are open.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "cwmp/xmpp/element.h"
#include "cwmp/xmpp/jid.h"

namespace cwmp::xmpp {

using TimePoint = std::chrono::steady_clock::time_point;

/// ConnectionRequestUsername and -Password of the CPE, 256 characters each in TR-181; more than any
/// escaping makes of that.
inline constexpr std::size_t kMaxCredentialBytes = 2048;
/// Longest iq id that is echoed to a peer.
inline constexpr std::size_t kMaxIqIdBytes = 1023;

struct ConnectionRequest {
  std::string username;
  std::string password;
  bool operator==(const ConnectionRequest&) const = default;
};

/// The peer says no, or the server says it for it (RFC 6120 8.3).
struct Refused {
  std::string condition;  ///< "not-authorized", "service-unavailable" ...; safe to log
  bool operator==(const Refused&) const = default;
};
struct Accepted {
  bool operator==(const Accepted&) const = default;
};
struct TimedOut {
  bool operator==(const TimedOut&) const = default;
};
/// The stream ended first. The request may have come through.
struct Lost {
  bool operator==(const Lost&) const = default;
};
using RequestResult = std::variant<Accepted, Refused, TimedOut, Lost>;

/// What a CPE thinks of a request (TR-069 Annex K).
enum class Verdict {
  kAccept,
  kNotAuthorized,  ///< user name or password are not its own
  kUnavailable,    ///< it is busy, was asked too often, or the sender is not allowed
};

/// The stanza of a request. `id` and `to` are escaped here.
std::string encode_request(const std::string& id, const Jid& to, const ConnectionRequest& request);
/// What a CPE answers; an error repeats the request (Annex K, RFC 6120 8.3.1).
std::string encode_verdict(const std::string& id, const std::string& to,
                           const ConnectionRequest& request, Verdict verdict);

/// Reads an iq of type get. nullopt: it does not have exactly one user name and one password, or
/// they are too long.
std::optional<ConnectionRequest> decode_request(const Element& connection_request);

/// The condition of an iq or a stream that is an error. Forgives what is seen in the field: a
/// condition that is misspelt ("not-autorized") or left out, with the numbers from before
/// conditions (XEP-0086). "undefined-condition" where nothing can be made of it.
std::string condition_of(const Element& error);

/// Requests that wait for their answer, found by id and sender (RFC 6120 8.1.2.1, 8.2.3).
class OpenRequests {
 public:
  explicit OpenRequests(std::size_t limit) : limit_(limit) {}

  std::size_t size() const { return open_.size(); }
  bool full() const { return open_.size() >= limit_; }
  void add(const std::string& id, const Jid& to, TimePoint deadline);
  /// False: no such request, or another was asked. Then it stays open.
  bool take(const std::string& id, const Jid& from);
  /// Ids whose time is over; they are open no longer.
  std::vector<std::string> take_expired(TimePoint now);
  std::vector<std::string> take_all();
  bool forget(const std::string& id);
  std::optional<TimePoint> deadline() const;

 private:
  struct Open {
    Jid to;
    TimePoint deadline;
  };
  std::size_t limit_;
  std::unordered_map<std::string, Open> open_;
  std::set<std::pair<TimePoint, std::string>> by_deadline_;
};

}  // namespace cwmp::xmpp
