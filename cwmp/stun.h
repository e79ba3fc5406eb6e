// STUN messages as bytes and values: RFC 3489 with the two attributes of TR-069 Annex G, and of
// RFC 5389 what a newer client needs (magic cookie, XOR-MAPPED-ADDRESS, FINGERPRINT). For either
// role: the ACS answers with it, a CPE asks with it.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace cwmp {

inline constexpr std::uint16_t kStunPort = 3478;
inline constexpr std::size_t kStunHeaderBytes = 20;
/// The largest message taken: header, a USERNAME of its longest, and every other attribute twice.
inline constexpr std::size_t kMaxStunBytes = 1024;
/// STUNUsername (TR-181 ManagementServer), with the blanks that fill it up to a multiple of 4.
inline constexpr std::size_t kMaxStunUsernameBytes = 256;

/// An IP address and UDP port. An IPv4 address inside IPv6 is never kept as such (see make()).
struct StunAddress {
  std::array<std::uint8_t, 16> ip{};  ///< network order; IPv4: the first four
  bool is_v6 = false;
  std::uint16_t port = 0;

  static StunAddress v4(const std::array<std::uint8_t, 4>& ip, std::uint16_t port);
  /// ::ffff:a.b.c.d becomes a.b.c.d.
  static StunAddress v6(const std::array<std::uint8_t, 16>& ip, std::uint16_t port);

  bool same_host(const StunAddress& other) const { return is_v6 == other.is_v6 && ip == other.ip; }
  bool operator==(const StunAddress&) const = default;
};

/// "192.0.2.7:5060", "[2001:db8::7]:5060".
std::string to_string(const StunAddress& address);

enum class StunType : std::uint16_t {
  kBindingRequest = 0x0001,
  kBindingResponse = 0x0101,
  kBindingErrorResponse = 0x0111,
  kSharedSecretRequest = 0x0002,
  kSharedSecretErrorResponse = 0x0112,
};

/// RFC 3489 11.2.9, and 401 of Annex G.
enum class StunError : int {
  kBadRequest = 400,
  kUnauthorized = 401,
  kUnknownAttribute = 420,
  kStaleCredentials = 430,
  kIntegrityCheckFailure = 431,
  kMissingUsername = 432,
  kUseTls = 433,
  kServerError = 500,
  kGlobalFailure = 600,
};
std::string_view to_string(StunError code);

/// How the HMAC-SHA1 of MESSAGE-INTEGRITY was made.
enum class StunIntegrity {
  kNone,
  kPadded,  ///< over the text with zeros up to a multiple of 64 bytes (RFC 3489 11.2.8)
  kPlain,   ///< over the text, with its length as if it ended there (RFC 5389 15.4)
};

/// 16 bytes; of RFC 5389 the first four are the magic cookie.
using StunTransactionId = std::array<std::uint8_t, 16>;

/// Which attributes a message has. What is empty is absent.
struct StunMessage {
  StunType type = StunType::kBindingRequest;
  StunTransactionId transaction_id{};

  std::optional<StunAddress> mapped_address;
  std::optional<StunAddress> response_address;
  std::optional<std::uint32_t> change_request;  ///< flags, see kStunChangeIp
  std::optional<StunAddress> source_address;
  std::optional<StunAddress> changed_address;
  std::optional<StunAddress> reflected_from;
  std::optional<StunAddress> xor_mapped_address;
  /// Without the blanks or zeros at its end, with which clients fill it up to a multiple of 4.
  std::optional<std::string> username;
  bool connection_request_binding = false;  ///< 0xC001 with the value of Annex G
  bool binding_change = false;              ///< 0xC002
  std::optional<StunError> error;
  std::vector<std::uint16_t> unknown_attributes;  ///< the content of UNKNOWN-ATTRIBUTES

  // Found by decode(); encode() does not look at them.
  std::vector<std::uint16_t> not_understood;  ///< mandatory attributes, each once, in order
  std::size_t integrity_at = 0;               ///< where MESSAGE-INTEGRITY begins; 0: there is none
  bool fingerprint = false;                   ///< encode() writes one

  /// A client of RFC 5389: the transaction begins with the magic cookie.
  bool has_cookie() const;
};

inline constexpr std::uint32_t kStunChangeIp = 0x4;
inline constexpr std::uint32_t kStunChangePort = 0x2;

/// The cookie of RFC 5389 with twelve random bytes.
StunTransactionId cookie_transaction(const std::array<std::uint8_t, 12>& random);

enum class StunFailure {
  kNotStun,    ///< not to be answered: no STUN header, or its length is not the datagram's
  kBadRequest  ///< a STUN header, but what follows is broken: a request deserves a 400
};

/// Attributes after MESSAGE-INTEGRITY are not looked at but for FINGERPRINT, since nothing
/// protects them; of one that is there twice the first counts (RFC 5389 15). Text that is not
/// filled up to a multiple of 4 is taken with and without padding behind it, as both are seen.
tl::expected<StunMessage, StunFailure> decode_stun(std::string_view bytes);

/// Type and transaction of what decode_stun() called kBadRequest, for the answer.
StunMessage stun_header(std::string_view bytes);

/// With `integrity` other than kNone MESSAGE-INTEGRITY is put at the end, keyed with `password`.
std::string encode_stun(const StunMessage& message, StunIntegrity integrity = StunIntegrity::kNone,
                        std::string_view password = {});

/// How the message (the bytes it was decoded from) was signed with this password; kNone: it was
/// not. Both forms are tried, the one that fits the message first: clients mix them up.
StunIntegrity verify_stun(std::string_view bytes, const StunMessage& message,
                          std::string_view password);

}  // namespace cwmp
