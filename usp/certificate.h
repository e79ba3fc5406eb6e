// X.509 certificates of USP endpoints (TR-369 "Authentication"): what they say, and whether they
// name an endpoint. Values only: nothing here knows whom to trust, see trust.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

struct x509_st;

namespace usp {

/// Longest PEM text that a peer may send: a chain of four with large RSA keys.
inline constexpr std::size_t kMaxChainBytes = 16 * 1024;
/// Certificates in it, the endpoint's own included.
inline constexpr std::size_t kMaxChainLength = 4;
/// Longest PEM text of one certificate.
inline constexpr std::size_t kMaxCertificateBytes = 8 * 1024;

/// One parsed certificate. Immutable and cheap to copy. Thread-safe.
class Certificate {
 public:
  /// Exactly one; the error says what is wrong with the text.
  static tl::expected<Certificate, std::string> from_pem(std::string_view pem);
  /// In order, at least one and at most `max`.
  static tl::expected<std::vector<Certificate>, std::string> chain_from_pem(std::string_view pem,
                                                                            std::size_t max);
  /// Takes a reference of its own.
  explicit Certificate(x509_st* raw);

  std::string serial_number() const;  ///< upper-case hexadecimal digits
  std::string issuer() const;         ///< RFC 2253
  std::string subject() const;
  std::int64_t not_before_s() const;  ///< Unix time
  std::int64_t not_after_s() const;
  /// `algorithm`: "SHA-256", "SHA-384", "SHA-512"; upper-case hexadecimal pairs with colons. Empty:
  /// another algorithm.
  std::string fingerprint(std::string_view algorithm) const;
  /// The text that from_pem() takes, without what stood around it.
  std::string pem() const;

  /// Does subjectAltName hold the URN form of the Endpoint ID or, where that is a domain name, the
  /// name (R-SEC.0a)?
  bool names_endpoint(std::string_view endpoint_id) const;
  bool is_ca() const;
  /// Issued by itself, as far as the names say.
  bool is_self_issued() const;
  /// May its key sign records: of the curve P-256 (R-E2E.31), and not reserved for something else?
  bool has_record_key() const;

  bool operator==(const Certificate& other) const;
  x509_st* raw() const { return raw_.get(); }

 private:
  std::shared_ptr<x509_st> raw_;
};

/// "urn:bbf:usp:id:" and the Endpoint ID (R-ARC.1).
std::string endpoint_urn(std::string_view endpoint_id);

}  // namespace usp
