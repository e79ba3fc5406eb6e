// A certificate for a listener under test.
#pragma once

#include <filesystem>
#include <string>

namespace support {

/// A fresh key and a certificate of it, as PEM files that live as long as this.
class SelfSigned {
 public:
  enum class KeyType { kEcdsa, kRsa, kWeakRsa };  ///< kWeakRsa: 1024 bits, signed with SHA-1
  explicit SelfSigned(const std::string& common_name = "localhost", KeyType type = KeyType::kEcdsa);
  ~SelfSigned();
  SelfSigned(const SelfSigned&) = delete;
  SelfSigned& operator=(const SelfSigned&) = delete;

  std::string certificate() const { return (folder_ / "certificate.pem").string(); }
  std::string key() const { return (folder_ / "key.pem").string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace support
