#include "usp/certificate.h"

#include <openssl/err.h>

#include <algorithm>
#include <cctype>
#include <ctime>
#include <utility>

#include "usp/openssl_ptr.h"

namespace usp {
namespace {

constexpr std::string_view kUrn = "urn:bbf:usp:id:";

bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

/// RFC 8141: what comes before the last part of it does not depend on the case.
bool is_urn_of(std::string_view uri, std::string_view endpoint_id) {
  return uri.size() == kUrn.size() + endpoint_id.size() && uri.ends_with(endpoint_id) &&
         same_ignoring_case(uri.substr(0, kUrn.size()), kUrn);
}

/// The instance-id of an Endpoint ID whose scheme is fqdn; empty: it is another.
std::string_view domain_name(std::string_view endpoint_id) {
  constexpr std::string_view kScheme = "fqdn:";
  if (!endpoint_id.starts_with(kScheme)) return {};
  const std::size_t colon = endpoint_id.find(':', kScheme.size());
  return colon == std::string_view::npos ? std::string_view{} : endpoint_id.substr(colon + 1);
}

std::string_view view_of(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string name_text(const X509_NAME* name) {
  const BioPtr bio = bio_in_memory();
  // Not the escaping of what is no ASCII: parameters are UTF-8.
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return text_of(bio);
}

std::int64_t unix_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
  return timegm(&parts);
}

std::string hex(const unsigned char* bytes, std::size_t size, std::string_view between) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0) text += between;
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

const EVP_MD* digest_named(std::string_view name) {
  if (name == "SHA-256") return EVP_sha256();
  if (name == "SHA-384") return EVP_sha384();
  if (name == "SHA-512") return EVP_sha512();
  return nullptr;
}

}  // namespace

std::string endpoint_urn(std::string_view endpoint_id) {
  return std::string(kUrn).append(endpoint_id);
}

Certificate::Certificate(x509_st* raw) : raw_(raw, X509_free) { X509_up_ref(raw); }

tl::expected<std::vector<Certificate>, std::string> Certificate::chain_from_pem(
    std::string_view pem, std::size_t max) {
  std::vector<Certificate> chain;
  const BioPtr bio = bio_over(pem);
  for (;;) {
    const X509Ptr one(PEM_read_bio_X509(bio.get(), nullptr, no_password, nullptr));
    if (!one) break;
    if (chain.size() == max) {
      return tl::unexpected("more than " + std::to_string(max) + " certificates");
    }
    chain.emplace_back(one.get());
  }
  const unsigned long why = ERR_peek_last_error();
  ERR_clear_error();
  // The end of the text is told as a block that does not begin.
  if (ERR_GET_LIB(why) != ERR_LIB_PEM || ERR_GET_REASON(why) != PEM_R_NO_START_LINE) {
    return tl::unexpected(std::string("a certificate that cannot be read"));
  }
  if (chain.empty()) return tl::unexpected(std::string("no PEM certificate"));
  return chain;
}

tl::expected<Certificate, std::string> Certificate::from_pem(std::string_view pem) {
  if (pem.size() > kMaxCertificateBytes) {
    return tl::unexpected("longer than " + std::to_string(kMaxCertificateBytes) + " bytes");
  }
  auto chain = chain_from_pem(pem, 1);
  if (!chain) return tl::unexpected(std::move(chain.error()));
  return std::move(chain->front());
}

std::string Certificate::serial_number() const {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(raw());
  const std::string digits =
      hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)), "");
  return (ASN1_STRING_type(serial) & V_ASN1_NEG) != 0 ? "-" + digits : digits;
}

std::string Certificate::issuer() const { return name_text(X509_get_issuer_name(raw())); }
std::string Certificate::subject() const { return name_text(X509_get_subject_name(raw())); }
std::int64_t Certificate::not_before_s() const { return unix_time(X509_get0_notBefore(raw())); }
std::int64_t Certificate::not_after_s() const { return unix_time(X509_get0_notAfter(raw())); }

std::string Certificate::fingerprint(std::string_view algorithm) const {
  const EVP_MD* digest = digest_named(algorithm);
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (digest == nullptr || X509_digest(raw(), digest, bytes, &size) != 1) return {};
  return hex(bytes, size, ":");
}

std::string Certificate::pem() const {
  const BioPtr bio = bio_in_memory();
  PEM_write_bio_X509(bio.get(), raw());
  return text_of(bio);
}

bool Certificate::names_endpoint(std::string_view endpoint_id) const {
  using Names = std::unique_ptr<GENERAL_NAMES, OpensslFree<GENERAL_NAMES, GENERAL_NAMES_free>>;
  const Names names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(raw(), NID_subject_alt_name, nullptr, nullptr)));
  ERR_clear_error();
  if (!names) return false;
  const std::string_view domain = domain_name(endpoint_id);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const auto* value = static_cast<const ASN1_STRING*>(
        GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type));
    if (type == GEN_URI && is_urn_of(view_of(value), endpoint_id)) return true;
    if (type == GEN_DNS && !domain.empty() && same_ignoring_case(view_of(value), domain)) {
      return true;
    }
  }
  return false;
}

bool Certificate::is_ca() const { return X509_check_ca(raw()) == 1; }

bool Certificate::is_self_issued() const {
  return X509_NAME_cmp(X509_get_issuer_name(raw()), X509_get_subject_name(raw())) == 0;
}

bool Certificate::has_record_key() const {
  const EVP_PKEY* key = X509_get0_pubkey(raw());
  if (key == nullptr || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return false;
  char group[32] = {};
  if (EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1) return false;
  const bool on_curve = std::string_view(group) == SN_X9_62_prime256v1;
  // Without the extension all bits are set.
  return on_curve && (X509_get_key_usage(raw()) & KU_DIGITAL_SIGNATURE) != 0;
}

bool Certificate::operator==(const Certificate& other) const {
  return X509_cmp(raw(), other.raw()) == 0;
}

}  // namespace usp
