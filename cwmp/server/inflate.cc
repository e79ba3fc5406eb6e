#include "cwmp/server/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

namespace cwmp {
namespace {

constexpr int kWindowBits = 15;
constexpr int kGzipHeader = 16;
constexpr std::size_t kFirstOutput = 4096;

class Inflater {
 public:
  explicit Inflater(int window_bits) { ready_ = inflateInit2(&stream_, window_bits) == Z_OK; }
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  tl::expected<std::string, InflateError> run(std::string_view body, std::size_t max_bytes);

 private:
  z_stream stream_{};
  bool ready_ = false;
};

tl::expected<std::string, InflateError> Inflater::run(std::string_view body,
                                                      std::size_t max_bytes) {
  if (!ready_ || body.size() > std::numeric_limits<uInt>::max()) {
    return tl::unexpected(InflateError::kCorrupt);
  }
  std::string out;
  std::size_t size = 0;
  // zlib does not write to its input; the field lacks const for old compilers.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream_.avail_in = static_cast<uInt>(body.size());
  for (;;) {
    if (size == out.size()) {
      // One byte more than allowed, to tell "just fits" from "too large".
      out.resize(std::min(std::max(kFirstOutput, size * 2), max_bytes + 1));
    }
    const std::size_t room = out.size() - size;
    stream_.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream_.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream_, Z_NO_FLUSH);
    size += room - stream_.avail_out;
    if (size > max_bytes) return tl::unexpected(InflateError::kTooLarge);
    if (status == Z_STREAM_END) break;
    // Exit if the input is used up before the end of the stream, or is none.
    if (status != Z_OK) return tl::unexpected(InflateError::kCorrupt);
  }
  out.resize(size);
  return out;
}

bool has_zlib_header(std::string_view body) {
  if (body.size() < 2) return false;
  const auto first = static_cast<unsigned char>(body[0]);
  const auto second = static_cast<unsigned char>(body[1]);
  return (first & 0x0FU) == Z_DEFLATED && (first * 256U + second) % 31U == 0;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

std::optional<ContentCoding> parse_content_coding(std::string_view value) {
  const auto first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return ContentCoding::kIdentity;
  const auto last = value.find_last_not_of(" \t");
  const auto name = lower(value.substr(first, last - first + 1));
  if (name == "identity") return ContentCoding::kIdentity;
  if (name == "gzip" || name == "x-gzip") return ContentCoding::kGzip;
  if (name == "deflate") return ContentCoding::kDeflate;
  return std::nullopt;
}

tl::expected<std::string, InflateError> inflate_body(std::string_view body, ContentCoding coding,
                                                     const InflateLimits& limits) {
  // Small bodies are not worth a ratio: any result up to this is harmless.
  constexpr std::size_t kFreeBytes = 64U << 10;
  const std::size_t max_bytes =
      std::min(limits.max_bytes, std::max(kFreeBytes, body.size() * limits.max_ratio));

  int window_bits = kWindowBits + kGzipHeader;
  if (coding == ContentCoding::kDeflate) {
    window_bits = has_zlib_header(body) ? kWindowBits : -kWindowBits;
  }
  return Inflater(window_bits).run(body, max_bytes);
}

}  // namespace cwmp
