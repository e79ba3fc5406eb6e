// Reads the head of a CPE's answer to a connection request as leniently as the field needs.
// Sans-IO.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cwmp {

/// Longest head, with whatever stands in front of it.
inline constexpr std::size_t kMaxAnswerHead = 16U << 10;

struct AnswerHead {
  unsigned status = 0;
  std::vector<std::string> challenges;  ///< WWW-Authenticate values, unfolded
  std::optional<std::size_t> content_length;
  bool chunked = false;
  bool close = false;  ///< Connection: close was said
  std::optional<std::chrono::seconds> retry_after;
};

enum class HeadState {
  kNeedMore,
  kDone,  ///< take() the head
  kBad,   ///< no HTTP, or too long
};

/// Takes CRLF and bare LF, fields folded over several lines (quirk 89), a status line without
/// reason, fields without value and lines that are no field. Skips interim answers (1xx).
class AnswerHeadReader {
 public:
  /// `behind_unknown_body`: an answer without Content-Length came before on this connection, so
  /// everything up to a line that begins with "HTTP/" may be its body.
  explicit AnswerHeadReader(bool behind_unknown_body = false) : skip_(behind_unknown_body) {}

  /// Adds what came. After kDone or kBad it is not called again.
  HeadState feed(std::string_view bytes);
  /// The connection was closed: a head whose empty last line is missing is taken as complete.
  HeadState finish();

  AnswerHead take() { return std::move(head_); }
  /// Bytes behind the head: the begin of the body.
  std::string_view rest() const { return std::string_view(buffer_).substr(end_); }
  bool empty() const { return buffer_.empty(); }

 private:
  HeadState read(bool closed);
  bool read_head(std::string_view text);

  std::string buffer_;
  std::size_t end_ = 0;
  bool skip_;
  AnswerHead head_;
};

/// The parts of a ConnectionRequestURL.
struct HttpUrl {
  std::string host;  ///< without the brackets of an IPv6 address
  std::string port;
  std::string target;       ///< path and query
  std::string host_header;  ///< host and port as they stand in the URL
};

/// nullopt: not http, no host, user information, port 0 or above 65535, or characters that have no
/// place in a request line.
std::optional<HttpUrl> parse_http_url(std::string_view url);

}  // namespace cwmp
