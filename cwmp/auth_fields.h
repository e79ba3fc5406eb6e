// Lists of `name=value` as WWW-Authenticate and Authorization carry them, and the hashes of Digest.
// Inner part of cwmp/auth.h.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cwmp/auth.h"

namespace cwmp::auth {

/// A scheme and its fields; names in lower case, values without quotes. A name that comes twice
/// keeps its first value.
struct SchemeFields {
  std::string scheme;  ///< lower case
  std::map<std::string, std::string, std::less<>> fields;

  std::optional<std::string> find(std::string_view name) const;
};

/// Tolerant: commas may be missing or too many, values quoted or not. At most kMaxAuthFields.
std::vector<SchemeFields> parse_fields(std::string_view value);

std::string lowered(std::string_view text);
/// In quotes, with '"' and '\' escaped and control characters left out.
std::string quoted(std::string_view text);
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view bytes);
std::string to_hex(std::string_view bytes);
/// Raw bytes of the hash.
std::string hash(HashAlgorithm algorithm, std::string_view bytes);

struct AlgorithmName {
  HashAlgorithm algorithm;
  bool session_variant;
};
/// "MD5", "SHA-256", each with or without "-sess", any case.
std::optional<AlgorithmName> parse_algorithm(std::string_view text);

/// What both ends feed into the Digest formula (RFC 7616 3.4.1; RFC 2069 2.1.2 when qop is empty).
struct DigestInput {
  AlgorithmName algorithm{HashAlgorithm::kMd5, false};
  std::string_view username;
  std::string_view realm;
  std::string_view password;
  std::string_view method;
  std::string_view uri;
  std::string_view nonce;
  std::string_view nc;
  std::string_view cnonce;
  std::string_view qop;
};
/// Lower-case hex.
std::string digest_response(const DigestInput& input);

}  // namespace cwmp::auth
