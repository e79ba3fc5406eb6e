// XML elements of an XMPP stream as values, and the text of those we write.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cwmp::xmpp {

// Namespaces.
inline constexpr std::string_view kClientNs = "jabber:client";
inline constexpr std::string_view kStreamNs = "http://etherx.jabber.org/streams";
inline constexpr std::string_view kTlsNs = "urn:ietf:params:xml:ns:xmpp-tls";
inline constexpr std::string_view kSaslNs = "urn:ietf:params:xml:ns:xmpp-sasl";
inline constexpr std::string_view kBindNs = "urn:ietf:params:xml:ns:xmpp-bind";
inline constexpr std::string_view kSessionNs = "urn:ietf:params:xml:ns:xmpp-session";
inline constexpr std::string_view kStanzaErrorNs = "urn:ietf:params:xml:ns:xmpp-stanzas";
inline constexpr std::string_view kStreamErrorNs = "urn:ietf:params:xml:ns:xmpp-streams";
inline constexpr std::string_view kPingNs = "urn:xmpp:ping";
inline constexpr std::string_view kConnectionRequestNs =
    "urn:broadband-forum-org:cwmp:xmppConnReq-1-0";

/// An element with its namespace resolved. Text is that of the element itself, references and CDATA
/// resolved, parts joined.
struct Element {
  std::string ns;
  std::string name;                                             ///< without prefix
  std::vector<std::pair<std::string, std::string>> attributes;  ///< names as written
  std::string text;
  std::vector<Element> children;
  bool operator==(const Element&) const = default;

  bool is(std::string_view ns_wanted, std::string_view name_wanted) const {
    return ns == ns_wanted && name == name_wanted;
  }
  /// Empty: there is none, or it is empty.
  std::string_view attribute(std::string_view name_wanted) const;
  /// The first of them; nullptr: there is none.
  const Element* child(std::string_view ns_wanted, std::string_view name_wanted) const;
};

/// Characters that XML forbids cannot be written at all (XML 1.0 2.2).
bool is_writable(std::string_view text);

/// For text and attribute values in either kind of quotes.
std::string escape(std::string_view text);

}  // namespace cwmp::xmpp
