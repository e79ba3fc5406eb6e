#include "cwmp/xmpp/jid.h"

#include <algorithm>

#include "cwmp/charset.h"

namespace cwmp::xmpp {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::string folded(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_clean(std::string_view part, std::string_view excluded) {
  return part.size() <= kMaxJidPartBytes &&
         part.find_first_of(excluded) == std::string_view::npos &&
         std::none_of(part.begin(), part.end(), is_control);
}

}  // namespace

std::string Jid::text() const {
  std::string result;
  if (!local.empty()) result.append(local).append("@");
  result.append(domain);
  if (!resource.empty()) result.append("/").append(resource);
  return result;
}

// The resource begins at the first '/', so it may hold '@' and '/' itself (RFC 7622 3.2).
std::optional<Jid> parse_jid(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view bare = text.substr(0, slash);
  const std::size_t at = bare.find('@');
  const bool has_local = at != std::string_view::npos;
  const std::string_view local = has_local ? bare.substr(0, at) : std::string_view{};
  std::string_view domain = has_local ? bare.substr(at + 1) : bare;
  const bool has_resource = slash != std::string_view::npos;
  const std::string_view resource = has_resource ? text.substr(slash + 1) : std::string_view{};
  if (domain.ends_with('.')) domain.remove_suffix(1);  // RFC 7622 3.2
  if (domain.empty() || (has_local && local.empty()) || (has_resource && resource.empty())) {
    return std::nullopt;
  }
  if (!is_utf8(text) || !is_clean(local, "\"&'/:<>@ ") || !is_clean(domain, "\"&'<>@ ") ||
      !is_clean(resource, "")) {
    return std::nullopt;
  }
  return Jid{folded(local), folded(domain), std::string(resource)};
}

bool allows(const Jid& entry, const Jid& sender) {
  return entry.is_full() ? entry == sender : entry == sender.bare();
}

}  // namespace cwmp::xmpp
