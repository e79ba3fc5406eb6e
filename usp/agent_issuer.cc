#include "usp/agent_issuer.h"

#include <openssl/ec.h>
#include <openssl/err.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "usp/endpoint_id.h"
#include "usp/openssl_ptr.h"

namespace usp {
namespace {

constexpr std::int64_t kClockSkew_s = 3600;
/// RFC 5280 A.1: ub-common-name.
constexpr std::size_t kMaxCommonName = 64;

void add_extension(X509* certificate, X509* issuer, int id, const char* value) {
  using Extension =
      std::unique_ptr<X509_EXTENSION, OpensslFree<X509_EXTENSION, X509_EXTENSION_free>>;
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension made(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  if (made) X509_add_ext(certificate, made.get(), -1);
}

/// Not as text for add_extension(): an Endpoint ID may hold what that takes for syntax.
void add_endpoint(X509* certificate, std::string_view endpoint_id) {
  using Names = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES, GENERAL_NAMES_free>>;
  const std::string urn = endpoint_urn(endpoint_id);
  ASN1_IA5STRING* text = ASN1_IA5STRING_new();
  ASN1_STRING_set(text, urn.data(), static_cast<int>(urn.size()));
  GENERAL_NAME* name = GENERAL_NAME_new();
  GENERAL_NAME_set0_value(name, GEN_URI, text);
  const Names names(GENERAL_NAMES_new());
  sk_GENERAL_NAME_push(names.get(), name);
  X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), 0, X509V3_ADD_APPEND);
}

void set_subject(X509* certificate, std::string_view endpoint_id) {
  const std::string_view name = endpoint_id.substr(0, kMaxCommonName);
  X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
}

}  // namespace

AgentIssuer::AgentIssuer(Certificate ca, std::string chain, std::shared_ptr<evp_pkey_st> ca_key,
                         std::shared_ptr<evp_pkey_st> agent_key)
    : ca_(std::move(ca)),
      chain_(std::move(chain)),
      ca_key_(std::move(ca_key)),
      agent_key_(std::move(agent_key)) {}

tl::expected<AgentIssuer, std::string> AgentIssuer::from_pem(std::string_view chain,
                                                             std::string_view key) {
  // One place of a peer's chain is the agent's own.
  auto certificates = Certificate::chain_from_pem(chain, kMaxChainLength - 1);
  if (!certificates) return tl::unexpected(std::move(certificates.error()));
  const Certificate& ca = certificates->front();
  if (!ca.is_ca()) return tl::unexpected(std::string("the certificate is not one of a CA"));
  const BioPtr bio = bio_over(key);
  std::shared_ptr<EVP_PKEY> ca_key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr), EVP_PKEY_free);
  const bool fits = ca_key && X509_check_private_key(ca.raw(), ca_key.get()) == 1;
  ERR_clear_error();
  if (!ca_key) return tl::unexpected(std::string("no private key in PEM without a password"));
  if (!fits) return tl::unexpected(std::string("the key is not the certificate's"));
  std::shared_ptr<EVP_PKEY> agent_key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (!agent_key) return tl::unexpected(std::string("no key of P-256 can be made"));
  std::string sent;
  for (const Certificate& each : *certificates) {
    if (!each.is_self_issued()) sent += each.pem();
  }
  AgentIssuer issuer(ca, std::move(sent), std::move(ca_key), std::move(agent_key));
  // Found out now, not with the first answer.
  auto probe = issuer.issue("self::probe", ca.not_before_s(), kClockSkew_s, 1);
  if (!probe) return tl::unexpected(std::move(probe.error()));
  return issuer;
}

tl::expected<SigningIdentity, std::string> AgentIssuer::issue(std::string_view endpoint_id,
                                                              std::int64_t now_s,
                                                              std::int64_t lifetime_s,
                                                              std::uint64_t serial) const {
  if (now_s < ca_.not_before_s() || now_s > ca_.not_after_s()) {
    return tl::unexpected(std::string("the certificate of the agents' CA is not valid now"));
  }
  const X509Ptr made(X509_new());
  X509* raw = made.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), serial);
  const std::int64_t begin = std::max(now_s - kClockSkew_s, ca_.not_before_s());
  const std::int64_t end = std::min(now_s + lifetime_s, ca_.not_after_s());
  ASN1_TIME_set(X509_getm_notBefore(raw), static_cast<std::time_t>(begin));
  ASN1_TIME_set(X509_getm_notAfter(raw), static_cast<std::time_t>(end));
  set_subject(raw, endpoint_id);
  X509_set_issuer_name(raw, X509_get_subject_name(ca_.raw()));
  X509_set_pubkey(raw, agent_key_.get());
  add_extension(raw, ca_.raw(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(raw, ca_.raw(), NID_key_usage, "critical,digitalSignature");
  add_extension(raw, ca_.raw(), NID_authority_key_identifier, "keyid");
  add_endpoint(raw, endpoint_id);
  // Keys of some kinds bring their own hash.
  const int kind = EVP_PKEY_get_base_id(ca_key_.get());
  const bool with_hash = kind == EVP_PKEY_EC || kind == EVP_PKEY_RSA || kind == EVP_PKEY_RSA_PSS;
  const bool signed_by_ca = X509_sign(raw, ca_key_.get(), with_hash ? EVP_sha256() : nullptr) > 0;
  ERR_clear_error();
  if (!signed_by_ca) return tl::unexpected(std::string("the CA's key cannot sign"));
  return SigningIdentity(Certificate(raw).pem() + chain_, agent_key_);
}

std::size_t AgentIssuer::max_overhead_bytes() const {
  const std::string longest(kMaxEndpointIdBytes, 'x');
  const auto made = issue(longest, ca_.not_before_s(), kClockSkew_s, ~std::uint64_t{0});
  return made ? made->overhead_bytes() : 0;
}

}  // namespace usp
