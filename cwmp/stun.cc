#include "cwmp/stun.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include <algorithm>
#include <cassert>

namespace cwmp {
namespace {

// message   := type(2) length(2) transaction(16) attribute*     length counts what follows it
// attribute := type(2) length(2) value                          value filled up to a multiple of 4
// address   := 0x00 family(1) port(2) ip(4|16)                  family 1 IPv4, 2 IPv6
constexpr std::uint16_t kMappedAddress = 0x0001;
constexpr std::uint16_t kResponseAddress = 0x0002;
constexpr std::uint16_t kChangeRequest = 0x0003;
constexpr std::uint16_t kSourceAddress = 0x0004;
constexpr std::uint16_t kChangedAddress = 0x0005;
constexpr std::uint16_t kUsername = 0x0006;
constexpr std::uint16_t kPassword = 0x0007;
constexpr std::uint16_t kMessageIntegrity = 0x0008;
constexpr std::uint16_t kErrorCode = 0x0009;
constexpr std::uint16_t kUnknownAttributes = 0x000a;
constexpr std::uint16_t kReflectedFrom = 0x000b;
constexpr std::uint16_t kXorMappedAddress = 0x0020;
constexpr std::uint16_t kFirstOptional = 0x8000;
constexpr std::uint16_t kFingerprint = 0x8028;
constexpr std::uint16_t kConnectionRequestBinding = 0xc001;
constexpr std::uint16_t kBindingChange = 0xc002;

constexpr std::array<std::uint8_t, 4> kCookie{0x21, 0x12, 0xa4, 0x42};
constexpr std::string_view kBindingText = "dslforum.org/TR-111 ";
constexpr std::uint32_t kFingerprintXor = 0x5354554e;
constexpr std::size_t kAttributeHeaderBytes = 4;
constexpr std::size_t kHmacBytes = 20;
constexpr std::size_t kHmacBlock = 64;
constexpr std::size_t kAddressV4Bytes = 8;
constexpr std::size_t kAddressV6Bytes = 20;
constexpr std::uint8_t kFamilyV4 = 1;
constexpr std::uint8_t kFamilyV6 = 2;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::uint16_t read16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8U | byte_at(bytes, at + 1));
}

std::uint32_t read32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(read16(bytes, at)) << 16U | read16(bytes, at + 2);
}

void put16(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8U & 0xffU);
  out += static_cast<char>(value & 0xffU);
}

void put32(std::string& out, std::uint32_t value) {
  put16(out, value >> 16U);
  put16(out, value & 0xffffU);
}

void set_length(std::string& message, std::size_t length) {
  message[2] = static_cast<char>(length >> 8U & 0xffU);
  message[3] = static_cast<char>(length & 0xffU);
}

std::size_t filled_up(std::size_t length) { return (length + 3) / 4 * 4; }

std::string_view without_filling(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

std::optional<StunAddress> read_address(std::string_view value) {
  if (value.size() < kAddressV4Bytes) return std::nullopt;
  const std::uint8_t family = byte_at(value, 1);
  const std::uint16_t port = read16(value, 2);
  if (family == kFamilyV4 && value.size() == kAddressV4Bytes) {
    std::array<std::uint8_t, 4> ip{};
    for (std::size_t i = 0; i < ip.size(); ++i) ip[i] = byte_at(value, 4 + i);
    return StunAddress::v4(ip, port);
  }
  if (family == kFamilyV6 && value.size() == kAddressV6Bytes) {
    std::array<std::uint8_t, 16> ip{};
    for (std::size_t i = 0; i < ip.size(); ++i) ip[i] = byte_at(value, 4 + i);
    return StunAddress::v6(ip, port);
  }
  return std::nullopt;
}

/// Up to kAddressV6Bytes, with the cookie, and for IPv6 the transaction behind it, over port and
/// address (RFC 5389 15.2).
std::string crossed(std::string value, const StunTransactionId& transaction) {
  for (std::size_t i = 2; i < value.size(); ++i) {
    const std::uint8_t mask =
        i < 4 ? kCookie[i - 2] : (i < 8 ? kCookie[i - 4] : transaction[i - 4]);
    value[i] = static_cast<char>(static_cast<std::uint8_t>(value[i]) ^ mask);
  }
  return value;
}

std::string address_value(const StunAddress& address) {
  std::string value;
  value += '\0';
  value += static_cast<char>(address.is_v6 ? kFamilyV6 : kFamilyV4);
  put16(value, address.port);
  value.append(reinterpret_cast<const char*>(address.ip.data()), address.is_v6 ? 16U : 4U);
  return value;
}

using Hmac = std::array<unsigned char, kHmacBytes>;

Hmac hmac_sha1(std::string_view key, std::string_view text) {
  Hmac out{};
  unsigned size = 0;
  const auto* result =
      ::HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.data(), &size);
  assert(result != nullptr && size == out.size());
  static_cast<void>(result);
  return out;
}

/// `text`: the message up to MESSAGE-INTEGRITY. Its length counts as if it ended with that, so that
/// a FINGERPRINT behind it does not matter (RFC 5389 15.4; in RFC 3489 nothing may be behind it).
Hmac integrity_of(std::string text, StunIntegrity form, std::string_view password) {
  set_length(text, text.size() - kStunHeaderBytes + kAttributeHeaderBytes + kHmacBytes);
  if (form == StunIntegrity::kPadded) {
    text.resize((text.size() + kHmacBlock - 1) / kHmacBlock * kHmacBlock, '\0');
  }
  return hmac_sha1(password, text);
}

std::uint32_t fingerprint_of(std::string_view text) {
  const auto crc =
      ::crc32(0, reinterpret_cast<const Bytef*>(text.data()), static_cast<uInt>(text.size()));
  return static_cast<std::uint32_t>(crc) ^ kFingerprintXor;
}

// Puts the attributes of one message into a StunMessage, each the first time it comes.
class AttributeReader {
 public:
  AttributeReader(std::string_view bytes, StunMessage& message) : bytes_(bytes), out_(message) {}

  /// False: broken. `padded`: values are filled up to a multiple of 4 that their length leaves out.
  bool read(bool padded);
  /// A FINGERPRINT that does not fit: this is something else than STUN.
  bool foreign() const { return foreign_; }

 private:
  bool take(std::uint16_t type, std::size_t at, std::string_view value);
  bool take_address(std::optional<StunAddress>& into, std::string_view value);
  bool take_text(std::uint16_t type, std::string_view value);
  bool take_error(std::string_view value);
  bool take_unknown(std::string_view value);
  bool take_fingerprint(std::size_t at, std::string_view value);

  std::string_view bytes_;
  StunMessage& out_;
  bool foreign_ = false;
};

bool AttributeReader::read(bool padded) {
  std::size_t at = kStunHeaderBytes;
  while (at < bytes_.size()) {
    if (bytes_.size() - at < kAttributeHeaderBytes || out_.fingerprint) return false;
    const std::uint16_t type = read16(bytes_, at);
    const std::size_t length = read16(bytes_, at + 2);
    const std::size_t room = bytes_.size() - at - kAttributeHeaderBytes;
    const std::size_t taken = padded ? filled_up(length) : length;
    if (taken > room) return false;
    if (!take(type, at, bytes_.substr(at + kAttributeHeaderBytes, length))) return false;
    at += kAttributeHeaderBytes + taken;
  }
  return true;
}

bool AttributeReader::take(std::uint16_t type, std::size_t at, std::string_view value) {
  if (type == kFingerprint) return take_fingerprint(at, value);
  if (out_.integrity_at != 0) return true;
  switch (type) {
    case kMappedAddress:
      return take_address(out_.mapped_address, value);
    case kResponseAddress:
      return take_address(out_.response_address, value);
    case kSourceAddress:
      return take_address(out_.source_address, value);
    case kChangedAddress:
      return take_address(out_.changed_address, value);
    case kReflectedFrom:
      return take_address(out_.reflected_from, value);
    case kXorMappedAddress: {
      if (value.size() > kAddressV6Bytes) return false;
      const std::string plain = crossed(std::string(value), out_.transaction_id);
      return take_address(out_.xor_mapped_address, plain);
    }
    case kChangeRequest:
      if (value.size() != 4) return false;
      if (!out_.change_request) out_.change_request = read32(value, 0);
      return true;
    case kMessageIntegrity:
      if (value.size() != kHmacBytes) return false;
      out_.integrity_at = at;
      return true;
    case kErrorCode:
      return take_error(value);
    case kUnknownAttributes:
      return take_unknown(value);
    default:
      return take_text(type, value);
  }
}

bool AttributeReader::take_address(std::optional<StunAddress>& into, std::string_view value) {
  const auto address = read_address(value);
  if (!address) return false;
  if (!into) into = address;
  return true;
}

bool AttributeReader::take_text(std::uint16_t type, std::string_view value) {
  if (type == kUsername) {
    if (value.size() > kMaxStunUsernameBytes) return false;
    if (!out_.username) out_.username = without_filling(value);
  } else if (type == kConnectionRequestBinding) {
    // The blank at the end is forgotten by some, others send a zero behind it.
    if (without_filling(value) == without_filling(kBindingText)) {
      out_.connection_request_binding = true;
    }
  } else if (type == kBindingChange) {
    out_.binding_change = true;
  } else if (type < kFirstOptional && type != kPassword) {
    auto& list = out_.not_understood;
    if (std::find(list.begin(), list.end(), type) == list.end()) list.push_back(type);
  }
  return true;
}

bool AttributeReader::take_error(std::string_view value) {
  if (value.size() < 4) return false;
  const int code = (byte_at(value, 2) & 7) * 100 + byte_at(value, 3);
  if (code < 300 || code > 699 || byte_at(value, 3) > 99) return false;
  if (!out_.error) out_.error = static_cast<StunError>(code);
  return true;
}

bool AttributeReader::take_unknown(std::string_view value) {
  if (value.size() % 2 != 0) return false;
  if (!out_.unknown_attributes.empty()) return true;
  for (std::size_t i = 0; i < value.size(); i += 2) {
    out_.unknown_attributes.push_back(read16(value, i));
  }
  return true;
}

bool AttributeReader::take_fingerprint(std::size_t at, std::string_view value) {
  if (value.size() != 4) return false;
  foreign_ = read32(value, 0) != fingerprint_of(bytes_.substr(0, at));
  out_.fingerprint = true;
  return !foreign_;
}

/// Every value written is a multiple of 4.
void put_attribute(std::string& out, std::uint16_t type, std::string_view value) {
  assert(value.size() % 4 == 0);
  put16(out, type);
  put16(out, value.size());
  out.append(value);
}

void put_address(std::string& out, std::uint16_t type, const std::optional<StunAddress>& address) {
  if (address) put_attribute(out, type, address_value(*address));
}

void put_error(std::string& out, StunError code) {
  std::string value(2, '\0');
  value += static_cast<char>(static_cast<int>(code) / 100);
  value += static_cast<char>(static_cast<int>(code) % 100);
  value += to_string(code);
  // RFC 3489 11.2.9: the phrase is such that the whole is a multiple of 4.
  value.append(filled_up(value.size()) - value.size(), ' ');
  put_attribute(out, kErrorCode, value);
}

void put_unknown(std::string& out, const std::vector<std::uint16_t>& types) {
  std::string value;
  for (const std::uint16_t type : types) put16(value, type);
  // RFC 3489 11.2.10: one of an odd number is repeated.
  if (types.size() % 2 != 0) put16(value, types.back());
  put_attribute(out, kUnknownAttributes, value);
}

void put_username(std::string& out, std::string_view username) {
  // RFC 3489 11.2.6 wants a multiple of 4.
  std::string value(username);
  value.append(filled_up(value.size()) - value.size(), ' ');
  put_attribute(out, kUsername, value);
}

StunMessage header_of(std::string_view bytes) {
  StunMessage message;
  message.type = static_cast<StunType>(read16(bytes, 0));
  for (std::size_t i = 0; i < message.transaction_id.size(); ++i) {
    message.transaction_id[i] = byte_at(bytes, 4 + i);
  }
  return message;
}

}  // namespace

StunAddress StunAddress::v4(const std::array<std::uint8_t, 4>& ip, std::uint16_t port) {
  StunAddress out;
  std::copy(ip.begin(), ip.end(), out.ip.begin());
  out.port = port;
  return out;
}

StunAddress StunAddress::v6(const std::array<std::uint8_t, 16>& ip, std::uint16_t port) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), ip.begin())) {
    return v4({ip[12], ip[13], ip[14], ip[15]}, port);
  }
  StunAddress out;
  out.ip = ip;
  out.is_v6 = true;
  out.port = port;
  return out;
}

std::string to_string(const StunAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(address.is_v6 ? AF_INET6 : AF_INET, address.ip.data(), text.data(), text.size());
  const std::string port = ":" + std::to_string(address.port);
  if (address.is_v6) return "[" + std::string(text.data()) + "]" + port;
  return text.data() + port;
}

std::string_view to_string(StunError code) {
  switch (code) {
    case StunError::kBadRequest:
      return "Bad Request";
    case StunError::kUnauthorized:
      return "Unauthorized";
    case StunError::kUnknownAttribute:
      return "Unknown Attribute";
    case StunError::kStaleCredentials:
      return "Stale Credentials";
    case StunError::kIntegrityCheckFailure:
      return "Integrity Check Failure";
    case StunError::kMissingUsername:
      return "Missing Username";
    case StunError::kUseTls:
      return "Use TLS";
    case StunError::kServerError:
      return "Server Error";
    case StunError::kGlobalFailure:
      return "Global Failure";
  }
  return "Error";
}

bool StunMessage::has_cookie() const {
  return std::equal(kCookie.begin(), kCookie.end(), transaction_id.begin());
}

StunTransactionId cookie_transaction(const std::array<std::uint8_t, 12>& random) {
  StunTransactionId out{};
  std::copy(kCookie.begin(), kCookie.end(), out.begin());
  std::copy(random.begin(), random.end(), out.begin() + kCookie.size());
  return out;
}

tl::expected<StunMessage, StunFailure> decode_stun(std::string_view bytes) {
  if (bytes.size() < kStunHeaderBytes || bytes.size() > kMaxStunBytes ||
      (byte_at(bytes, 0) & 0xc0U) != 0 || read16(bytes, 2) != bytes.size() - kStunHeaderBytes) {
    return tl::unexpected(StunFailure::kNotStun);
  }
  for (const bool padded : {true, false}) {
    StunMessage message = header_of(bytes);
    AttributeReader reader(bytes, message);
    if (reader.read(padded)) return message;
    if (reader.foreign()) return tl::unexpected(StunFailure::kNotStun);
  }
  return tl::unexpected(StunFailure::kBadRequest);
}

StunMessage stun_header(std::string_view bytes) {
  assert(bytes.size() >= kStunHeaderBytes);
  return header_of(bytes);
}

std::string encode_stun(const StunMessage& message, StunIntegrity integrity,
                        std::string_view password) {
  std::string out;
  put16(out, static_cast<std::uint16_t>(message.type));
  put16(out, 0);
  out.append(reinterpret_cast<const char*>(message.transaction_id.data()),
             message.transaction_id.size());
  put_address(out, kMappedAddress, message.mapped_address);
  put_address(out, kResponseAddress, message.response_address);
  if (message.change_request) {
    put16(out, kChangeRequest);
    put16(out, 4);
    put32(out, *message.change_request);
  }
  put_address(out, kSourceAddress, message.source_address);
  put_address(out, kChangedAddress, message.changed_address);
  if (message.error) put_error(out, *message.error);
  if (!message.unknown_attributes.empty()) put_unknown(out, message.unknown_attributes);
  put_address(out, kReflectedFrom, message.reflected_from);
  if (message.xor_mapped_address) {
    put_attribute(out, kXorMappedAddress,
                  crossed(address_value(*message.xor_mapped_address), message.transaction_id));
  }
  if (message.username) put_username(out, *message.username);
  if (message.connection_request_binding) {
    put_attribute(out, kConnectionRequestBinding, kBindingText);
  }
  if (message.binding_change) put_attribute(out, kBindingChange, {});

  if (integrity != StunIntegrity::kNone) {
    const Hmac hmac = integrity_of(out, integrity, password);
    put_attribute(out, kMessageIntegrity,
                  {reinterpret_cast<const char*>(hmac.data()), hmac.size()});
  }
  set_length(out, out.size() - kStunHeaderBytes);
  if (message.fingerprint) {
    set_length(out, out.size() - kStunHeaderBytes + kAttributeHeaderBytes + 4);
    const std::uint32_t fingerprint = fingerprint_of(out);
    put16(out, kFingerprint);
    put16(out, 4);
    put32(out, fingerprint);
  }
  return out;
}

StunIntegrity verify_stun(std::string_view bytes, const StunMessage& message,
                          std::string_view password) {
  if (message.integrity_at == 0) return StunIntegrity::kNone;
  const std::string text(bytes.substr(0, message.integrity_at));
  const auto* given = bytes.data() + message.integrity_at + kAttributeHeaderBytes;
  std::array forms{StunIntegrity::kPadded, StunIntegrity::kPlain};
  if (message.has_cookie()) std::swap(forms[0], forms[1]);
  for (const StunIntegrity form : forms) {
    const Hmac wanted = integrity_of(text, form, password);
    if (::CRYPTO_memcmp(wanted.data(), given, wanted.size()) == 0) return form;
  }
  return StunIntegrity::kNone;
}

}  // namespace cwmp
