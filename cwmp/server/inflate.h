// Compressed request bodies (quirk 45). Pure function.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace cwmp {

enum class ContentCoding { kIdentity, kGzip, kDeflate };

/// nullopt: a coding, or a list of codings, that is not supported.
std::optional<ContentCoding> parse_content_coding(std::string_view value);

enum class InflateError { kCorrupt, kTooLarge };

struct InflateLimits {
  std::size_t max_bytes = 8U << 20;
  /// Output per input byte. Repetitive envelopes reach about 50; a bomb has 1,000.
  std::size_t max_ratio = 200;
};

/// `coding` is not kIdentity. kDeflate takes the zlib form and the raw one, which clients mix up
/// (RFC 9110 8.4.1.2). Bytes behind the end of the stream are ignored.
[[nodiscard]] tl::expected<std::string, InflateError> inflate_body(std::string_view body,
                                                                   ContentCoding coding,
                                                                   const InflateLimits& limits);

}  // namespace cwmp
