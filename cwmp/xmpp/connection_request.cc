#include "cwmp/xmpp/connection_request.h"

#include <algorithm>
#include <array>

namespace cwmp::xmpp {
namespace {

/// RFC 6120 8.3.3, 4.9.3 and 6.5; whatever else a peer writes is not echoed into logs.
constexpr auto kConditions = std::to_array<std::string_view>({
    "aborted",
    "account-disabled",
    "bad-format",
    "bad-namespace-prefix",
    "bad-request",
    "conflict",
    "connection-timeout",
    "credentials-expired",
    "encryption-required",
    "feature-not-implemented",
    "forbidden",
    "gone",
    "host-gone",
    "host-unknown",
    "improper-addressing",
    "incorrect-encoding",
    "internal-server-error",
    "invalid-authzid",
    "invalid-from",
    "invalid-mechanism",
    "invalid-namespace",
    "invalid-xml",
    "item-not-found",
    "jid-malformed",
    "malformed-request",
    "mechanism-too-weak",
    "not-acceptable",
    "not-allowed",
    "not-authorized",
    "not-well-formed",
    "policy-violation",
    "recipient-unavailable",
    "redirect",
    "registration-required",
    "remote-connection-failed",
    "remote-server-not-found",
    "remote-server-timeout",
    "reset",
    "resource-constraint",
    "restricted-xml",
    "see-other-host",
    "service-unavailable",
    "subscription-required",
    "system-shutdown",
    "temporary-auth-failure",
    "undefined-condition",
    "unexpected-request",
    "unsupported-encoding",
    "unsupported-feature",
    "unsupported-stanza-type",
    "unsupported-version",
});

/// Numbers of the days before conditions (XEP-0086); Annex K has 503 beside its condition.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> kCodes{{
    {"400", "bad-request"},
    {"401", "not-authorized"},
    {"403", "forbidden"},
    {"404", "item-not-found"},
    {"405", "not-allowed"},
    {"407", "registration-required"},
    {"408", "remote-server-timeout"},
    {"500", "internal-server-error"},
    {"503", "service-unavailable"},
}};

std::string request_element(const ConnectionRequest& request) {
  return "<connectionRequest xmlns=\"" + std::string(kConnectionRequestNs) + "\"><username>" +
         escape(request.username) + "</username><password>" + escape(request.password) +
         "</password></connectionRequest>";
}

std::string iq(std::string_view type, const std::string& id, const std::string& to) {
  std::string text = "<iq type=\"" + std::string(type) + "\" id=\"" + escape(id) + "\"";
  if (!to.empty()) text += " to=\"" + escape(to) + "\"";
  return text;
}

}  // namespace

std::string encode_request(const std::string& id, const Jid& to, const ConnectionRequest& request) {
  return iq("get", id, to.text()) + ">" + request_element(request) + "</iq>";
}

std::string encode_verdict(const std::string& id, const std::string& to,
                           const ConnectionRequest& request, Verdict verdict) {
  if (verdict == Verdict::kAccept) return iq("result", id, to) + "/>";
  const bool credentials = verdict == Verdict::kNotAuthorized;
  const std::string attributes =
      credentials ? "code=\"401\" type=\"auth\"" : "code=\"503\" type=\"cancel\"";
  const std::string condition = credentials ? "not-authorized" : "service-unavailable";
  return iq("error", id, to) + ">" + request_element(request) + "<error " + attributes + "><" +
         condition + " xmlns=\"" + std::string(kStanzaErrorNs) + "\"/></error></iq>";
}

std::optional<ConnectionRequest> decode_request(const Element& connection_request) {
  if (connection_request.children.size() != 2) return std::nullopt;
  const Element* username = connection_request.child(kConnectionRequestNs, "username");
  const Element* password = connection_request.child(kConnectionRequestNs, "password");
  if (username == nullptr || password == nullptr || username->text.size() > kMaxCredentialBytes ||
      password->text.size() > kMaxCredentialBytes) {
    return std::nullopt;
  }
  return ConnectionRequest{username->text, password->text};
}

std::string condition_of(const Element& error) {
  for (const Element& child : error.children) {
    if (std::find(kConditions.begin(), kConditions.end(), child.name) != kConditions.end()) {
      return child.name;
    }
    // An agent in wide use writes it like that.
    if (child.name == "not-autorized") return "not-authorized";
  }
  const std::string_view code = error.attribute("code");
  for (const auto& [number, condition] : kCodes) {
    if (number == code) return std::string(condition);
  }
  return "undefined-condition";
}

// ---- open requests -----------------------------------------------------------------------------

void OpenRequests::add(const std::string& id, const Jid& to, TimePoint deadline) {
  open_.insert_or_assign(id, Open{to, deadline});
  by_deadline_.emplace(deadline, id);
}

bool OpenRequests::take(const std::string& id, const Jid& from) {
  const auto found = open_.find(id);
  return found != open_.end() && found->second.to == from && forget(id);
}

bool OpenRequests::forget(const std::string& id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return false;
  by_deadline_.erase({found->second.deadline, id});
  open_.erase(found);
  return true;
}

std::vector<std::string> OpenRequests::take_expired(TimePoint now) {
  std::vector<std::string> expired;
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    expired.push_back(by_deadline_.begin()->second);
    forget(expired.back());
  }
  return expired;
}

std::vector<std::string> OpenRequests::take_all() { return take_expired(TimePoint::max()); }

std::optional<TimePoint> OpenRequests::deadline() const {
  if (by_deadline_.empty()) return std::nullopt;
  return by_deadline_.begin()->first;
}

}  // namespace cwmp::xmpp
