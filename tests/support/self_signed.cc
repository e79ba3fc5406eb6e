#include "tests/support/self_signed.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

namespace support {
namespace {

template <class T, void (*Free)(T*)>
struct Freer {
  void operator()(T* value) const { Free(value); }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509, X509_free>>;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

Certificate make_certificate(EVP_PKEY* key, const std::string& common_name, const EVP_MD* hash) {
  constexpr long kDay = 24L * 3600;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kDay);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kDay);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key, hash);
  return certificate;
}

}  // namespace

SelfSigned::SelfSigned(const std::string& common_name, KeyType type) {
  std::string folder = (std::filesystem::temp_directory_path() / "self-signed-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  folder_ = folder;
  const bool weak = type == KeyType::kWeakRsa;
  const Key generated(type == KeyType::kEcdsa ? EVP_EC_gen("P-256")
                                              : EVP_RSA_gen(weak ? 1024U : 2048U));
  const auto made =
      make_certificate(generated.get(), common_name, weak ? EVP_sha1() : EVP_sha256());
  const File key_file(std::fopen(key().c_str(), "w"));
  PEM_write_PrivateKey(key_file.get(), generated.get(), nullptr, nullptr, 0, nullptr, nullptr);
  const File certificate_file(std::fopen(certificate().c_str(), "w"));
  PEM_write_X509(certificate_file.get(), made.get());
}

SelfSigned::~SelfSigned() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace support
