#include "cwmp/udp_connection_request.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <charconv>

namespace cwmp {
namespace {

// datagram := "GET http://" address "?" query " HTTP/1.1" CRLF field* CRLF
// query    := name "=" value, joined by "&": ts, id, un, cn, sig in any order; others are skipped
// sig      := HMAC-SHA1, keyed with the password, over the texts of ts, id, un and cn
constexpr std::string_view kHead = "GET http://";
constexpr std::string_view kVersion = " HTTP/1.1\r\n";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::uint16_t kDefaultPort = 80;
constexpr std::size_t kSignatureDigits = 40;

// Unreserved in RFC 3986; whatever else a username holds must not end the query.
bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (std::isalnum(byte) != 0 && byte < 128) || c == '-' || c == '.' || c == '_' || c == '~';
}

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (is_plain(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kHex[byte >> 4U];
    out += kHex[byte & 15U];
  }
  return out;
}

std::optional<std::string> unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    unsigned byte = 0;
    if (text.size() - i < 3) return std::nullopt;
    const char* digits = text.data() + i + 1;
    if (std::from_chars(digits, digits + 2, byte, 16).ptr != digits + 2) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

std::string sign(std::string_view text, std::string_view password) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> hmac{};
  unsigned size = 0;
  const auto* done =
      ::HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), hmac.data(), &size);
  assert(done != nullptr);
  static_cast<void>(done);
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += kHex[hmac[i] >> 4U];
    out += kHex[hmac[i] & 15U];
  }
  return out;
}

std::string signed_text(const UdpConnectionRequest& request) {
  return std::to_string(request.ts) + std::to_string(request.id) + request.username +
         request.cnonce;
}

bool same_signature(std::string_view given, std::string_view wanted) {
  if (given.size() != wanted.size()) return false;
  std::string lower(given);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ::CRYPTO_memcmp(lower.data(), wanted.data(), wanted.size()) == 0;
}

template <class Number>
bool take_number(std::string_view text, Number& into) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc() && stop == end && !text.empty() && text[0] != '-';
}

/// Takes what is in front of `mark` off the text.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

/// False: what it holds cannot be.
bool take_field(UdpConnectionRequest& request, std::string_view name, std::string_view value) {
  const auto plain = unescape(value);
  if (!plain) return false;
  if (name == "ts") return take_number(*plain, request.ts);
  if (name == "id") return take_number(*plain, request.id);
  if (name == "un") request.username = *plain;
  if (name == "cn") request.cnonce = *plain;
  if (name == "sig") request.signature = *plain;
  return true;
}

}  // namespace

std::string compose_udp_connection_request(const UdpConnectionRequest& request,
                                           std::string_view password) {
  std::string out(kHead);
  out += request.address + "?ts=" + std::to_string(request.ts) +
         "&id=" + std::to_string(request.id) + "&un=" + escape(request.username) +
         "&cn=" + escape(request.cnonce) + "&sig=" + sign(signed_text(request), password);
  out += kVersion;
  return out + "Host: " + request.address + "\r\n\r\n";
}

tl::expected<UdpConnectionRequest, std::string> parse_udp_connection_request(
    std::string_view datagram) {
  const auto wrong = [](const char* text) { return tl::unexpected(std::string(text)); };
  if (datagram.size() > kMaxUdpConnectionRequestBytes) return wrong("too long");
  if (!datagram.starts_with(kHead)) return wrong("not a GET of an http URL");
  const std::size_t end = datagram.find("\r\n");
  if (end == std::string_view::npos || !datagram.substr(0, end + 2).ends_with(kVersion)) {
    return wrong("no HTTP/1.1 request line");
  }
  if (datagram.find("\r\n\r\n") == std::string_view::npos) return wrong("no end of the header");
  std::string_view query = datagram.substr(kHead.size(), end + 2 - kVersion.size() - kHead.size());
  if (query.find(' ') != std::string_view::npos) return wrong("a blank in the URL");
  UdpConnectionRequest request;
  request.address = take_until(query, '?');
  // The path is empty; a lone slash comes from URL libraries.
  if (request.address.ends_with('/')) request.address.pop_back();
  bool has_ts = false;
  bool has_id = false;
  while (!query.empty()) {
    std::string_view value = take_until(query, '&');
    const std::string_view name = take_until(value, '=');
    if (!take_field(request, name, value)) return wrong("a value that cannot be");
    has_ts = has_ts || name == "ts";
    has_id = has_id || name == "id";
  }
  if (!has_ts || !has_id || request.cnonce.empty() ||
      request.signature.size() != kSignatureDigits) {
    return wrong("ts, id, cn or sig is missing");
  }
  return request;
}

UdpConnectionRequestCheck::Verdict UdpConnectionRequestCheck::check(std::string_view datagram,
                                                                    std::string_view username,
                                                                    std::string_view password) {
  const auto request = parse_udp_connection_request(datagram);
  if (!request) return Verdict::kMalformed;
  if (request->ts <= last_ts_ || request->id == last_id_) return Verdict::kOld;
  if (username.empty() || request->username != username) return Verdict::kWrongUser;
  if (!same_signature(request->signature, sign(signed_text(*request), password))) {
    return Verdict::kWrongSignature;
  }
  last_ts_ = request->ts;
  last_id_ = request->id;
  return Verdict::kGood;
}

std::optional<StunAddress> parse_udp_address(std::string_view authority) {
  std::string host(authority);
  std::uint16_t port = kDefaultPort;
  const bool bracketed = host.starts_with('[');
  const std::size_t close = bracketed ? host.find(']') : 0;
  if (close == std::string::npos) return std::nullopt;
  const std::size_t colon = host.find(':', close);
  const bool bare_v6 = !bracketed && colon != std::string::npos && colon != host.rfind(':');
  if (!bare_v6 && colon != std::string::npos) {
    if (!take_number(std::string_view(host).substr(colon + 1), port)) return std::nullopt;
    host.resize(colon);
  }
  if (bracketed) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  }
  if (port == 0) return std::nullopt;
  std::array<std::uint8_t, 16> v6{};
  std::array<std::uint8_t, 4> v4{};
  if (!bracketed && ::inet_pton(AF_INET, host.c_str(), v4.data()) == 1) {
    return StunAddress::v4(v4, port);
  }
  if (::inet_pton(AF_INET6, host.c_str(), v6.data()) == 1) return StunAddress::v6(v6, port);
  return std::nullopt;
}

}  // namespace cwmp
