#include "cwmp/server/http_codec.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

namespace cwmp {
namespace {

constexpr std::string_view kPost = "POST ";
constexpr std::string_view kBlanks = " \t";

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  const auto last = text.find_last_not_of(kBlanks);
  return text.substr(first, last - first + 1);
}

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

// "GET /", "PRI *": a method and a target, so this is where a request begins.
bool looks_like_request(std::string_view text) {
  const auto blank = std::find_if_not(text.begin(), text.end(), is_upper);
  if (blank == text.begin() || blank == text.end() || *blank != ' ') return false;
  const auto target = std::next(blank);
  return target != text.end() && (*target == '/' || *target == '*' || *target == 'h');
}

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

void append_date(std::string& out, std::int64_t unix_seconds) {
  thread_local std::int64_t cached_second = -1;
  thread_local std::array<char, 48> cached{};
  if (cached_second != unix_seconds) {
    const auto time = static_cast<std::time_t>(unix_seconds);
    std::tm calendar{};
    gmtime_r(&time, &calendar);
    // Not %a and %b: those follow the locale.
    constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::snprintf(cached.data(), cached.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                  kDays[static_cast<std::size_t>(calendar.tm_wday)], calendar.tm_mday,
                  kMonths[static_cast<std::size_t>(calendar.tm_mon)], calendar.tm_year + 1900,
                  calendar.tm_hour, calendar.tm_min, calendar.tm_sec);
    cached_second = unix_seconds;
  }
  out.append("\r\nDate: ").append(cached.data());
}

}  // namespace

std::optional<std::size_t> find_request_start(std::string_view buffered, bool stray_ok) {
  std::size_t start = 0;
  while (start < buffered.size() && start < kMaxEmptyLineBytes &&
         (buffered[start] == '\r' || buffered[start] == '\n')) {
    ++start;
  }
  const auto rest = buffered.substr(start);
  if (rest.empty()) return std::nullopt;
  if (!stray_ok || looks_like_request(rest)) return start;

  const auto window = rest.substr(0, kMaxStrayBytes + kPost.size());
  const auto post = window.find(kPost);
  if (post != std::string_view::npos) return start + post;
  if (rest.size() < kMaxStrayBytes + kPost.size()) return std::nullopt;
  return start;
}

std::vector<std::string_view> cookie_values(std::string_view header, std::string_view name) {
  std::vector<std::string_view> values;
  while (!header.empty() && values.size() < kMaxCookieCandidates) {
    const auto end = header.find_first_of(";,");
    const auto pair = trim(header.substr(0, end));
    header = end == std::string_view::npos ? std::string_view{} : header.substr(end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || trim(pair.substr(0, equals)) != name) continue;
    values.push_back(unquote(trim(pair.substr(equals + 1))));
  }
  return values;
}

std::string_view path_of(std::string_view target) {
  const auto scheme = target.find("://");
  if (scheme != std::string_view::npos && target.front() != '/') {
    const auto path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  return target.substr(0, target.find('?'));
}

void write_response_head(std::string& out, const ResponseHead& head, std::int64_t unix_seconds) {
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ");
  out.append(reason_phrase(head.status));
  append_date(out, unix_seconds);
  if (head.body_bytes > 0) {
    out.append("\r\nContent-Type: text/xml; charset=\"utf-8\"");
  }
  if (head.status != 204) {
    out.append("\r\nContent-Length: ").append(std::to_string(head.body_bytes));
  }
  if (head.status == 405) out.append("\r\nAllow: POST");
  if (!head.cookie.empty()) {
    out.append("\r\nSet-Cookie: ").append(head.cookie).append("; Path=/");
  }
  if (head.challenges != nullptr) {
    for (const auto& challenge : *head.challenges) {
      out.append("\r\nWWW-Authenticate: ").append(challenge);
    }
  }
  if (head.retry_after) {
    out.append("\r\nRetry-After: ").append(std::to_string(head.retry_after->count()));
  }
  if (head.close) {
    out.append("\r\nConnection: close");
  } else if (head.keep_alive_stated) {
    out.append("\r\nConnection: keep-alive");
  }
  out.append("\r\n\r\n");
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}

}  // namespace cwmp
