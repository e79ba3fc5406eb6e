// http and https URLs, as far as an ACS or a file server needs them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace cpe_sim {

struct Url {
  bool tls = false;
  std::string host;          ///< an IPv6 address without brackets
  std::string port;          ///< filled in: 80 or 443
  std::string target = "/";  ///< path and query
  std::string authority() const;
  bool operator==(const Url&) const = default;
};

/// nullopt: not http or https, no host, or user information in it.
std::optional<Url> parse_url(std::string_view text);

/// A Location header; relative ones start with '/'.
std::optional<Url> resolve(const Url& base, std::string_view location);

}  // namespace cpe_sim
