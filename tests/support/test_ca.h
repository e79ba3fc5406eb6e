// A certificate authority for tests: what it signs is as right or as wrong as a test wants it.
#pragma once

#include <cstdint>
#include <ctime>
#include <memory>
#include <optional>
#include <string>

struct evp_pkey_st;

namespace support {

/// PEM texts.
struct Issued {
  std::string certificate;
  std::string key;
};

class TestCa {
 public:
  enum class Key { kP256, kP384, kRsa, kWeakRsa };

  struct Wanted {
    std::string common_name = "test";
    std::string uri = {};  ///< of subjectAltName, whole: "urn:bbf:usp:id:self::ctl"
    std::string dns = {};
    std::int64_t not_before_s = std::time(nullptr) - 3600;
    std::int64_t not_after_s = std::time(nullptr) + 86'400;
    Key key = Key::kP256;
    bool ca = false;
    std::string key_usage = "digitalSignature";  ///< empty: no such extension
    bool sha1 = false;                           ///< how this CA signs it
  };

  /// A root.
  explicit TestCa(const std::string& common_name, Key key = Key::kP256);

  Issued issue(const Wanted& wanted) const;
  /// For this endpoint, otherwise good.
  Issued issue_for(const std::string& endpoint_id) const;
  /// A CA below this one.
  TestCa intermediate(const std::string& common_name) const;
  /// One that says so already.
  TestCa intermediate(const Wanted& wanted) const;

  const std::string& certificate() const { return self_.certificate; }
  const std::string& key() const { return self_.key; }

 private:
  explicit TestCa(Issued self) : self_(std::move(self)) {}
  Issued self_;
};

}  // namespace support
