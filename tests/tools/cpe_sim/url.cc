#include "tests/tools/cpe_sim/url.h"

#include <algorithm>
#include <cctype>

namespace cpe_sim {

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return name + ":" + port;
}

std::optional<Url> parse_url(std::string_view text) {
  Url url;
  if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else if (text.starts_with("https://")) {
    text.remove_prefix(8);
    url.tls = true;
  } else {
    return std::nullopt;
  }
  text = text.substr(0, text.find('#'));
  auto authority = text.substr(0, text.find_first_of("/?"));
  const auto rest = text.substr(authority.size());
  if (!rest.empty()) url.target = rest.front() == '/' ? std::string(rest) : "/" + std::string(rest);
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (port.starts_with(':')) port.remove_prefix(1);
  const bool digits =
      std::all_of(port.begin(), port.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  if (url.host.empty() || !digits || port.size() > 5) return std::nullopt;
  url.port = port.empty() ? (url.tls ? "443" : "80") : std::string(port);
  return url;
}

std::optional<Url> resolve(const Url& base, std::string_view location) {
  if (!location.starts_with('/')) return parse_url(location);
  Url url = base;
  url.target = location;
  return url;
}

}  // namespace cpe_sim
