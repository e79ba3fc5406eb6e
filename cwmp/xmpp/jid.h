// Addresses of XMPP (RFC 6120 2.1, RFC 7622).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cwmp::xmpp {

/// Longest part of an address (RFC 7622 3.1).
inline constexpr std::size_t kMaxJidPartBytes = 1023;

/// local@domain/resource. Local part and domain are kept in lower case as far as they are ASCII,
/// because they compare without regard to case (RFC 7622 3.2.2, 3.3.2); other scripts compare as
/// bytes. The resource is kept as it is.
struct Jid {
  std::string local;     ///< may be empty: a server
  std::string domain;    ///< never empty in a parsed one
  std::string resource;  ///< empty: a bare JID
  bool operator==(const Jid&) const = default;

  bool is_full() const { return !resource.empty(); }
  Jid bare() const { return {local, domain, {}}; }
  std::string text() const;
};

/// nullopt: no JID. The characters that RFC 7622 3.3.1 excludes from a local part are refused;
/// Unicode normalisation is not done.
std::optional<Jid> parse_jid(std::string_view text);

/// Does an entry of a list of allowed senders let `sender` in? A bare entry takes every resource, a
/// full one that resource only (TR-181 ManagementServer.ConnReqAllowedJabberIDs).
bool allows(const Jid& entry, const Jid& sender);

}  // namespace cwmp::xmpp
