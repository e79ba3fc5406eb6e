#include "cwmp/auth_fields.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace cwmp::auth {
namespace {

constexpr std::string_view kSeparators = " \t\r\n,";

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  std::vector<SchemeFields> run() {
    std::vector<SchemeFields> result;
    for (std::size_t count = 0; count < kMaxAuthFields && skip(kSeparators); ++count) {
      std::string name = lowered(token());
      skip(" \t");
      // A word without '=' starts the next scheme.
      if (rest_.empty() || rest_.front() != '=') {
        result.push_back({std::move(name), {}});
        continue;
      }
      rest_.remove_prefix(1);
      std::string field_value = value();
      if (!result.empty() && !name.empty()) {
        result.back().fields.emplace(std::move(name), std::move(field_value));
      }
    }
    return result;
  }

 private:
  bool skip(std::string_view blanks) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size()));
    return !rest_.empty();
  }

  std::string_view token() {
    const std::size_t end = std::min(rest_.find_first_of(" \t\r\n,="), rest_.size());
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return text;
  }

  std::string value() {
    skip(" \t");
    if (rest_.empty() || rest_.front() != '"') {
      const std::size_t end = std::min(rest_.find_first_of(kSeparators), rest_.size());
      std::string text(rest_.substr(0, end));
      rest_.remove_prefix(end);
      return text;
    }
    std::string text;
    std::size_t at = 1;
    for (; at < rest_.size() && rest_[at] != '"'; ++at) {
      if (rest_[at] == '\\' && at + 1 < rest_.size()) {
        ++at;
      }
      text.push_back(rest_[at]);
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return text;
  }

  std::string_view rest_;
};

}  // namespace

std::optional<std::string> SchemeFields::find(std::string_view name) const {
  const auto found = fields.find(name);
  return found == fields.end() ? std::nullopt : std::optional(found->second);
}

std::vector<SchemeFields> parse_fields(std::string_view value) {
  if (value.size() > kMaxAuthHeaderBytes) {
    return {};
  }
  return FieldReader(value).run();
}

std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      continue;
    }
    if (c == '"' || c == '\\') {
      result.push_back('\\');
    }
    result.push_back(c);
  }
  result.push_back('"');
  return result;
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  text = text.substr(0, text.find_last_not_of('=') + 1);
  std::string result;
  unsigned buffer = 0;
  int bits = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    buffer = ((buffer << 6U) | static_cast<unsigned>(digit)) & 0xFFFFU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      result.push_back(static_cast<char>((buffer >> static_cast<unsigned>(bits)) & 0xFFU));
    }
  }
  // One left-over digit encodes nothing.
  return bits == 6 ? std::nullopt : std::optional(std::move(result));
}

std::string encode_base64(std::string_view bytes) {
  std::string result(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  result.resize(static_cast<std::size_t>(length));
  return result;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  result.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    result.push_back(kDigits[byte >> 4U]);
    result.push_back(kDigits[byte & 0xFU]);
  }
  return result;
}

std::string hash(HashAlgorithm algorithm, std::string_view bytes) {
  const EVP_MD* const type = algorithm == HashAlgorithm::kMd5 ? EVP_md5() : EVP_sha256();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  // Fails only where the provider lacks MD5 (FIPS mode); an empty hash then matches nothing.
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, type, nullptr) != 1) {
    return {};
  }
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::optional<AlgorithmName> parse_algorithm(std::string_view text) {
  const std::string name = lowered(text);
  if (name == "md5" || name == "md5-sess") {
    return AlgorithmName{HashAlgorithm::kMd5, name.size() > 3};
  }
  if (name == "sha-256" || name == "sha-256-sess") {
    return AlgorithmName{HashAlgorithm::kSha256, name.size() > 7};
  }
  return std::nullopt;
}

std::string digest_response(const DigestInput& input) {
  const auto hex = [&input](std::initializer_list<std::string_view> parts) {
    std::string text;
    for (const std::string_view part : parts) {
      text.append(part).push_back(':');
    }
    text.pop_back();
    return to_hex(hash(input.algorithm.algorithm, text));
  };
  std::string ha1 = hex({input.username, input.realm, input.password});
  if (input.algorithm.session_variant) {
    ha1 = hex({ha1, input.nonce, input.cnonce});
  }
  const std::string ha2 = hex({input.method, input.uri});
  if (input.qop.empty()) {
    return hex({ha1, input.nonce, ha2});
  }
  return hex({ha1, input.nonce, input.nc, input.cnonce, input.qop, ha2});
}

}  // namespace cwmp::auth
