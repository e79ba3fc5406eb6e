// The parts of HTTP/1.1 where CPEs differ from what a strict library takes, and the response head.
// Sans-IO.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cwmp {

/// Bytes of an earlier body that may stand before a request line (quirk 29).
inline constexpr std::size_t kMaxStrayBytes = 16;
/// Empty lines in front of a request line that are skipped (RFC 9112 2.2 asks for one).
inline constexpr std::size_t kMaxEmptyLineBytes = 16;
/// Cookies of one name that are looked at.
inline constexpr std::size_t kMaxCookieCandidates = 8;

/// Where the next request line begins in `buffered`, skipping empty lines and, with `stray_ok`,
/// the rest of a body whose Content-Length was too small. nullopt: cannot be told yet, read more.
/// With neither, 0: let the parser refuse it.
std::optional<std::size_t> find_request_start(std::string_view buffered, bool stray_ok);

/// Values of all cookies called `name`: separated by ';' or ',', in quotes or not, among attributes
/// that a client wrongly sent back (quirk 30). Views into `header`.
std::vector<std::string_view> cookie_values(std::string_view header, std::string_view name);

/// The path of a request target, which may be absolute ("http://host/path?query").
std::string_view path_of(std::string_view target);

/// Everything of a response but its body.
struct ResponseHead {
  unsigned status = 204;
  std::size_t body_bytes = 0;
  bool close = false;
  bool keep_alive_stated = false;  ///< tell an HTTP/1.0 client that the connection stays
  std::string_view cookie;         ///< "name=value", goes out with Path=/ (quirk 32)
  const std::vector<std::string>* challenges = nullptr;  ///< WWW-Authenticate, one field each
  std::optional<std::chrono::seconds> retry_after;
};

/// Appends the head to `out`. A 204 has no Content-Length (RFC 9110 8.6; quirk 43).
void write_response_head(std::string& out, const ResponseHead& head, std::int64_t unix_seconds);

/// Reason phrase of the statuses that the server uses.
std::string_view reason_phrase(unsigned status);

}  // namespace cwmp
