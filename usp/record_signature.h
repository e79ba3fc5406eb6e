// Signatures over the non-payload fields of USP Records (TR-369 "Validating the Integrity of the
// USP Record", R-E2E.29 to 32.1), as ECDSA_P256_SHA256_ASN1.
//
// What is signed: version, to_id, from_id, payload_security and sender_cert, then, in a session
// context, its ids and states. The payload is not: the standard leaves that to a secured session,
// so a signature says who sends to whom, not what. Time is passed in; nothing is fetched; OpenSSL
// draws the nonces of signatures itself.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "usp/certificate.h"

struct x509_store_st;
struct evp_pkey_st;

namespace usp {

/// What is wrong with the signature of a record.
enum class SignatureFault {
  kNone,           ///< it is good
  kUnsigned,       ///< there is none
  kTooLarge,       ///< sender_cert or mac_signature: longer than any of use
  kNoCertificate,  ///< sender_cert is missing or cannot be read
  kChainTooLong,   ///< more than kMaxChainLength
  kWrongKey,       ///< not of P-256, or not for signatures (R-E2E.31)
  kBadSignature,   ///< of other fields, with another key or another hash
  kWrongEndpoint,  ///< the certificate does not name from_id (R-SEC.0a)
  kExpired,        ///< one of the chain (R-SEC.20)
  kNotYetValid,    ///< one of the chain
  kUntrusted,      ///< no chain to a trusted certificate
};
const char* name_of(SignatureFault fault);

/// Whom to believe. Immutable once it is shared; then thread-safe.
class TrustedCertificates {
 public:
  TrustedCertificates();

  /// It and what it has signed. Not only roots: any certificate may be trusted by itself (R-SEC.2).
  void add(const Certificate& certificate);
  /// This very certificate stands for the sender, whether or not it names it (R-SEC.4).
  void pin(const Certificate& certificate);
  bool empty() const { return count_ == 0 && pinned_.empty(); }
  std::size_t size() const { return count_ + pinned_.size(); }

 private:
  friend SignatureFault check_signature(std::string_view, const TrustedCertificates&, std::int64_t);

  std::shared_ptr<x509_store_st> store_;
  std::size_t count_ = 0;
  std::vector<Certificate> pinned_;
};

/// `now_s`: Unix time. Chains have keys and hashes of at least 112 bits of security, ECDSA or RSA.
/// kUntrusted is said only of a record that has nothing else wrong.
[[nodiscard]] SignatureFault check_signature(std::string_view record,
                                             const TrustedCertificates& trusted,
                                             std::int64_t now_s);

/// A certificate of an endpoint with its key. Immutable, cheap to copy. Thread-safe.
class SigningIdentity {
 public:
  /// PEM texts: the endpoint's certificate and those that lead to the trusted one; its key, P-256.
  static tl::expected<SigningIdentity, std::string> from_pem(std::string_view chain,
                                                             std::string_view key);
  SigningIdentity(std::string chain, std::shared_ptr<evp_pkey_st> key)
      : chain_(std::move(chain)), key_(std::move(key)) {}

  /// The same record with sender_cert and mac_signature. Empty: those bytes are no record.
  std::string sign(std::string_view record) const;
  /// What that adds to a record at most.
  std::size_t overhead_bytes() const { return overhead_of(chain_.size()); }
  static std::size_t overhead_of(std::size_t chain_bytes);
  const std::string& chain() const { return chain_; }

 private:
  std::string chain_;
  std::shared_ptr<evp_pkey_st> key_;
};

}  // namespace usp
