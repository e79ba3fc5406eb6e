#include "tests/support/test_ca.h"

#include <atomic>
#include <stdexcept>
#include <utility>

#include "usp/openssl_ptr.h"

namespace support {
namespace {

using usp::BioPtr;
using usp::KeyPtr;
using usp::X509Ptr;

KeyPtr make_key(TestCa::Key kind) {
  switch (kind) {
    case TestCa::Key::kP256:
      return KeyPtr(EVP_EC_gen("P-256"));
    case TestCa::Key::kP384:
      return KeyPtr(EVP_EC_gen("P-384"));
    case TestCa::Key::kRsa:
      return KeyPtr(EVP_RSA_gen(2048U));
    case TestCa::Key::kWeakRsa:
      return KeyPtr(EVP_RSA_gen(1024U));
  }
  throw std::logic_error("key");
}

void add(X509* certificate, X509* issuer, int id, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (made == nullptr) throw std::runtime_error("extension " + value);
  X509_add_ext(certificate, made, -1);
  X509_EXTENSION_free(made);
}

X509Ptr read_certificate(const std::string& pem) {
  const BioPtr bio = usp::bio_over(pem);
  return X509Ptr(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
}

KeyPtr read_key(const std::string& pem) {
  const BioPtr bio = usp::bio_over(pem);
  return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

/// `issuer` empty: it signs itself.
Issued make(const TestCa::Wanted& wanted, const Issued& issuer) {
  static std::atomic<std::uint64_t> serial{1};
  const KeyPtr key = make_key(wanted.key);
  const X509Ptr made(X509_new());
  X509* raw = made.get();
  X509_set_version(raw, 2);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(raw), static_cast<std::time_t>(wanted.not_before_s));
  ASN1_TIME_set(X509_getm_notAfter(raw), static_cast<std::time_t>(wanted.not_after_s));
  X509_set_pubkey(raw, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(wanted.common_name.c_str()), -1,
                             -1, 0);
  const X509Ptr signer =
      issuer.certificate.empty() ? X509Ptr() : read_certificate(issuer.certificate);
  const KeyPtr signing = issuer.key.empty() ? KeyPtr() : read_key(issuer.key);
  X509* by = signer ? signer.get() : raw;
  X509_set_issuer_name(raw, X509_get_subject_name(by));
  add(raw, by, NID_basic_constraints, wanted.ca ? "critical,CA:TRUE" : "CA:FALSE");
  add(raw, by, NID_subject_key_identifier, "hash");
  const std::string usage = wanted.ca ? "critical,keyCertSign" : wanted.key_usage;
  if (!usage.empty()) add(raw, by, NID_key_usage, usage);
  std::string names;
  if (!wanted.uri.empty()) names += "URI:" + wanted.uri;
  if (!wanted.dns.empty()) names += (names.empty() ? "DNS:" : ",DNS:") + wanted.dns;
  if (!names.empty()) add(raw, by, NID_subject_alt_name, names);
  X509_sign(raw, signing ? signing.get() : key.get(), wanted.sha1 ? EVP_sha1() : EVP_sha256());
  const BioPtr certificate = usp::bio_in_memory();
  PEM_write_bio_X509(certificate.get(), raw);
  const BioPtr private_key = usp::bio_in_memory();
  PEM_write_bio_PrivateKey(private_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {usp::text_of(certificate), usp::text_of(private_key)};
}

TestCa::Wanted ca_named(const std::string& common_name) {
  TestCa::Wanted wanted;
  wanted.common_name = common_name;
  wanted.ca = true;
  wanted.not_before_s -= 86'400;
  wanted.not_after_s += 86'400;
  return wanted;
}

TestCa::Wanted with_key(TestCa::Wanted wanted, TestCa::Key key) {
  wanted.key = key;
  return wanted;
}

}  // namespace

TestCa::TestCa(const std::string& common_name, Key key)
    : self_(make(with_key(ca_named(common_name), key), {})) {}

Issued TestCa::issue(const Wanted& wanted) const { return make(wanted, self_); }

Issued TestCa::issue_for(const std::string& endpoint_id) const {
  Wanted wanted;
  wanted.common_name = endpoint_id.substr(0, 64);
  wanted.uri = "urn:bbf:usp:id:" + endpoint_id;
  return issue(wanted);
}

TestCa TestCa::intermediate(const std::string& common_name) const {
  return TestCa(make(ca_named(common_name), self_));
}

TestCa TestCa::intermediate(const Wanted& wanted) const { return TestCa(make(wanted, self_)); }

}  // namespace support
