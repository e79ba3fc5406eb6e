#include "cwmp/connection_request/response_head.h"

#include <algorithm>
#include <charconv>

namespace cwmp {
namespace {

/// Fields of one head.
constexpr std::size_t kMaxFields = 100;
constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::string_view kProtocol = "HTTP/";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

template <class Number>
std::optional<Number> read_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The line at the front of `text`, which is moved behind it; without its end.
std::string_view next_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// Where the head that begins at `start` ends, behind its empty line.
std::size_t find_end(std::string_view text, std::size_t start) {
  for (auto line = text.find('\n', start); line != std::string_view::npos;
       line = text.find('\n', line + 1)) {
    if (text.substr(line + 1).starts_with('\n')) return line + 2;
    if (text.substr(line + 1).starts_with("\r\n")) return line + 3;
  }
  return std::string_view::npos;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    if (same(trim(list.substr(0, comma)), token)) return true;
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return false;
}

std::optional<unsigned> read_status_line(std::string_view line) {
  if (!line.starts_with(kProtocol)) return std::nullopt;
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto code = trim(line.substr(blank)).substr(0, 3);
  const auto status = read_number<unsigned>(code);
  if (!status || *status < 100 || *status > 599) return std::nullopt;
  return status;
}

// The first status line at or behind `start`, at the begin of a line or not: a body need not end in
// one. The last line may still be incomplete. npos: none.
std::size_t find_status_line(std::string_view text, std::size_t start) {
  for (auto at = text.find(kProtocol, start); at != std::string_view::npos;
       at = text.find(kProtocol, at + 1)) {
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos || read_status_line(text.substr(at, end - at))) return at;
  }
  return std::string_view::npos;
}

void take_field(AnswerHead& head, std::string_view name, std::string_view value) {
  if (same(name, "WWW-Authenticate")) {
    head.challenges.emplace_back(value);
  } else if (same(name, "Content-Length")) {
    head.content_length = read_number<std::size_t>(value);
  } else if (same(name, "Transfer-Encoding")) {
    head.chunked = has_token(value, "chunked");
  } else if (same(name, "Connection")) {
    head.close = head.close || has_token(value, "close");
  } else if (same(name, "Retry-After")) {
    // The other form, a date, is not worth a clock.
    constexpr std::uint32_t kMaxRetryAfter = 24 * 3600;
    if (const auto seconds = read_number<std::uint32_t>(value)) {
      head.retry_after = std::chrono::seconds(std::min(*seconds, kMaxRetryAfter));
    }
  }
}

}  // namespace

HeadState AnswerHeadReader::feed(std::string_view bytes) {
  buffer_.append(bytes);
  return read(false);
}

HeadState AnswerHeadReader::finish() {
  if (buffer_.empty()) return HeadState::kNeedMore;
  return read(true);
}

HeadState AnswerHeadReader::read(bool closed) {
  for (;;) {
    std::size_t start = buffer_.find_first_not_of("\r\n");
    if (start == std::string::npos) start = buffer_.size();
    if (skip_) start = find_status_line(buffer_, start);
    const auto text = std::string_view(buffer_);
    const bool started = start != std::string::npos;
    if (started && !skip_) {
      const auto front = text.substr(start, kProtocol.size());
      if (front != kProtocol.substr(0, front.size())) return HeadState::kBad;
    }
    auto end = started ? find_end(text, start) : std::string::npos;
    if (end == std::string::npos && closed && started) end = text.size();
    if (end == std::string::npos) {
      if (closed || buffer_.size() > kMaxAnswerHead) return HeadState::kBad;
      return HeadState::kNeedMore;
    }
    if (end - start > kMaxAnswerHead) return HeadState::kBad;
    if (!read_head(text.substr(start, end - start))) return HeadState::kBad;
    if (head_.status >= 200) {
      end_ = end;
      return HeadState::kDone;
    }
    buffer_.erase(0, end);
    skip_ = false;
    closed = closed && !buffer_.empty();
  }
}

bool AnswerHeadReader::read_head(std::string_view text) {
  head_ = AnswerHead{};
  const auto status = read_status_line(next_line(text));
  if (!status) return false;
  head_.status = *status;

  std::size_t fields = 0;
  while (!text.empty()) {
    const auto line = next_line(text);
    if (line.empty()) break;
    if (++fields > kMaxFields) return false;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string value(trim(line.substr(colon + 1)));
    while (text.starts_with(' ') || text.starts_with('\t')) {
      const auto more = trim(next_line(text));
      if (!value.empty() && !more.empty()) value.push_back(' ');
      value.append(more);
    }
    take_field(head_, trim(line.substr(0, colon)), value);
  }
  return true;
}

std::optional<HttpUrl> parse_http_url(std::string_view url) {
  constexpr std::string_view kScheme = "http://";
  url = trim(url);
  if (url.size() > kMaxUrlBytes || !same(url.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  const bool clean = std::all_of(url.begin(), url.end(), [](char c) { return c > ' ' && c < 127; });
  if (!clean) return std::nullopt;
  url.remove_prefix(kScheme.size());
  url = url.substr(0, url.find('#'));

  HttpUrl out;
  const auto target = url.find_first_of("/?");
  auto authority = url.substr(0, target);
  if (target != std::string_view::npos) out.target = url.substr(target);
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return std::nullopt;
  out.host_header = authority;

  auto colon = authority.rfind(':');
  if (authority.starts_with('[')) {
    const auto bracket = authority.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    out.host = authority.substr(1, bracket - 1);
    if (colon < bracket) colon = std::string_view::npos;
    if (colon != std::string_view::npos && colon != bracket + 1) return std::nullopt;
  } else {
    out.host = authority.substr(0, colon);
    if (out.host.find_first_of(":]\\") != std::string::npos) return std::nullopt;
  }
  if (out.host.empty()) return std::nullopt;
  out.port = colon == std::string_view::npos ? "80" : authority.substr(colon + 1);
  const auto port = read_number<unsigned>(out.port);
  if (!port || *port == 0 || *port > 65535) return std::nullopt;
  return out;
}

}  // namespace cwmp
