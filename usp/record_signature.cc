#include "usp/record_signature.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "proto/usp/usp_record.pb.h"
#include "usp/openssl_ptr.h"
#include "usp/record.h"

namespace usp {
namespace {

using usp_record::Record;

/// DER of two numbers of 32 bytes, each maybe with a leading zero.
constexpr std::size_t kMaxSignatureBytes = 72;
/// Bits of security below which no certificate of a chain counts: OpenSSL's level 2.
constexpr int kSecurityLevel = 2;

/// Feeds fields to a digest in the order and form of R-E2E.32.
class SignedFields {
 public:
  using Update = int (*)(EVP_MD_CTX*, const void*, std::size_t);
  SignedFields(EVP_MD_CTX* context, Update update) : context_(context), update_(update) {}

  bool feed(const Record& record) {
    text(record.version());
    text(record.to_id());
    text(record.from_id());
    number(static_cast<std::uint32_t>(record.payload_security()));
    text(record.sender_cert());
    if (record.has_session_context()) feed(record.session_context());
    return good_;
  }

 private:
  void feed(const usp_record::SessionContextRecord& session) {
    number(session.session_id());
    number(session.sequence_id());
    number(session.expected_id());
    number(session.retransmit_id());
    number(static_cast<std::uint32_t>(session.payload_sar_state()));
    number(static_cast<std::uint32_t>(session.payloadrec_sar_state()));
  }
  void text(const std::string& value) {
    good_ = good_ && update_(context_, value.data(), value.size()) == 1;
  }
  template <class Unsigned>
  void number(Unsigned value) {
    std::array<unsigned char, sizeof(Unsigned)> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      bytes[i] = static_cast<unsigned char>(value >> (8 * (bytes.size() - 1 - i)));
    }
    good_ = good_ && update_(context_, bytes.data(), bytes.size()) == 1;
  }

  EVP_MD_CTX* context_;
  Update update_;
  bool good_ = true;
};

bool is_signature_good(const Record& record, const Certificate& sender) {
  const DigestPtr context(EVP_MD_CTX_new());
  EVP_PKEY* key = X509_get0_pubkey(sender.raw());
  bool good = EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1;
  good = good && SignedFields(context.get(), EVP_DigestVerifyUpdate).feed(record);
  const std::string& signature = record.mac_signature();
  good = good && EVP_DigestVerifyFinal(context.get(),
                                       reinterpret_cast<const unsigned char*>(signature.data()),
                                       signature.size()) == 1;
  ERR_clear_error();
  return good;
}

bool is_within_time(const Certificate& certificate, std::int64_t now_s, SignatureFault& fault) {
  if (now_s < certificate.not_before_s()) fault = SignatureFault::kNotYetValid;
  if (now_s > certificate.not_after_s()) fault = SignatureFault::kExpired;
  return fault == SignatureFault::kNone;
}

SignatureFault fault_of(int error) {
  switch (error) {
    case X509_V_OK:
      return SignatureFault::kNone;
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return SignatureFault::kExpired;
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return SignatureFault::kNotYetValid;
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return SignatureFault::kChainTooLong;
    default:
      return SignatureFault::kUntrusted;
  }
}

SignatureFault check_chain(const std::vector<Certificate>& chain, X509_STORE* trusted,
                           std::int64_t now_s) {
  using Context = std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX, X509_STORE_CTX_free>>;
  struct StackFree {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
  };
  const std::unique_ptr<STACK_OF(X509), StackFree> between(sk_X509_new_null());
  for (const Certificate& each : chain) sk_X509_push(between.get(), each.raw());
  const Context context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), trusted, chain.front().raw(), between.get()) != 1) {
    return SignatureFault::kUntrusted;
  }
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  X509_VERIFY_PARAM_set_depth(rules, static_cast<int>(kMaxChainLength));
  X509_VERIFY_PARAM_set_auth_level(rules, kSecurityLevel);
  X509_VERIFY_PARAM_set_time(rules, static_cast<std::time_t>(now_s));
  const bool good = X509_verify_cert(context.get()) == 1;
  const int error = X509_STORE_CTX_get_error(context.get());
  ERR_clear_error();
  if (good) return SignatureFault::kNone;
  return error == X509_V_OK ? SignatureFault::kUntrusted : fault_of(error);
}

tl::expected<std::vector<Certificate>, SignatureFault> sender_chain(const Record& record) {
  if (record.sender_cert().size() > kMaxChainBytes ||
      record.mac_signature().size() > kMaxSignatureBytes) {
    return tl::unexpected(SignatureFault::kTooLarge);
  }
  // Their number is bounded by the bytes; so a long chain is told from a bad one.
  auto chain = Certificate::chain_from_pem(record.sender_cert(), kMaxChainBytes);
  if (!chain) return tl::unexpected(SignatureFault::kNoCertificate);
  if (chain->size() > kMaxChainLength) return tl::unexpected(SignatureFault::kChainTooLong);
  return *std::move(chain);
}

}  // namespace

const char* name_of(SignatureFault fault) {
  switch (fault) {
    case SignatureFault::kNone:
      return "good";
    case SignatureFault::kUnsigned:
      return "unsigned";
    case SignatureFault::kTooLarge:
      return "signature too large";
    case SignatureFault::kNoCertificate:
      return "no certificate";
    case SignatureFault::kChainTooLong:
      return "certificate chain too long";
    case SignatureFault::kWrongKey:
      return "certificate key of the wrong kind";
    case SignatureFault::kBadSignature:
      return "bad signature";
    case SignatureFault::kWrongEndpoint:
      return "certificate of another endpoint";
    case SignatureFault::kExpired:
      return "certificate expired";
    case SignatureFault::kNotYetValid:
      return "certificate not yet valid";
    case SignatureFault::kUntrusted:
      return "certificate not trusted";
  }
  return "unknown";
}

// ---- verifying ----------------------------------------------------------------------------------

TrustedCertificates::TrustedCertificates() : store_(X509_STORE_new(), X509_STORE_free) {}

void TrustedCertificates::add(const Certificate& certificate) {
  if (X509_STORE_add_cert(store_.get(), certificate.raw()) == 1) ++count_;
  ERR_clear_error();
}

void TrustedCertificates::pin(const Certificate& certificate) { pinned_.push_back(certificate); }

SignatureFault check_signature(std::string_view bytes, const TrustedCertificates& trusted,
                               std::int64_t now_s) {
  Record record;
  if (bytes.size() > kMaxRecordBytes ||
      !record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      record.mac_signature().empty()) {
    return SignatureFault::kUnsigned;
  }
  const auto chain = sender_chain(record);
  if (!chain) return chain.error();
  const Certificate& sender = chain->front();
  if (!sender.has_record_key()) return SignatureFault::kWrongKey;
  if (!is_signature_good(record, sender)) return SignatureFault::kBadSignature;
  if (std::ranges::find(trusted.pinned_, sender) != trusted.pinned_.end()) {
    SignatureFault fault = SignatureFault::kNone;
    is_within_time(sender, now_s, fault);
    return fault;
  }
  if (!sender.names_endpoint(record.from_id())) return SignatureFault::kWrongEndpoint;
  return check_chain(*chain, trusted.store_.get(), now_s);
}

// ---- signing ------------------------------------------------------------------------------------

tl::expected<SigningIdentity, std::string> SigningIdentity::from_pem(std::string_view chain,
                                                                     std::string_view key) {
  auto certificates = Certificate::chain_from_pem(chain, kMaxChainLength);
  if (!certificates) return tl::unexpected(std::move(certificates.error()));
  if (!certificates->front().has_record_key()) {
    return tl::unexpected(std::string("the certificate's key is not of P-256 for signatures"));
  }
  const BioPtr bio = bio_over(key);
  std::shared_ptr<EVP_PKEY> read(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr),
                                 EVP_PKEY_free);
  const bool fits = read && X509_check_private_key(certificates->front().raw(), read.get()) == 1;
  ERR_clear_error();
  if (!read) return tl::unexpected(std::string("no private key in PEM without a password"));
  if (!fits) return tl::unexpected(std::string("the key is not the certificate's"));
  std::string text;
  for (const Certificate& each : *certificates) text += each.pem();
  return SigningIdentity(std::move(text), std::move(read));
}

std::string SigningIdentity::sign(std::string_view bytes) const {
  Record record;
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  record.set_sender_cert(chain_);
  const DigestPtr context(EVP_MD_CTX_new());
  std::array<unsigned char, 128> signature{};
  std::size_t size = signature.size();
  bool good = EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1;
  good = good && SignedFields(context.get(), EVP_DigestSignUpdate).feed(record);
  good = good && EVP_DigestSignFinal(context.get(), signature.data(), &size) == 1;
  ERR_clear_error();
  if (!good) return {};
  record.set_mac_signature(signature.data(), size);
  return record.SerializeAsString();
}

std::size_t SigningIdentity::overhead_of(std::size_t chain_bytes) {
  constexpr std::size_t kTagsAndLengths = 2 + 4;
  return chain_bytes + kMaxSignatureBytes + kTagsAndLengths;
}

}  // namespace usp
