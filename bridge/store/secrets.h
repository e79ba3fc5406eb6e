// Secrets at rest: AES-256-GCM with a key from a file.
//
//   sealed = version (1 byte, 1) nonce (12 bytes) ciphertext tag (16 bytes)
//
// The nonce is random; with one key 2^32 seals keep the risk of a repeat below 2^-32
// (NIST SP 800-38D, 8.3). The context is authenticated with the secret, so that a sealed value
// cannot be moved to another row.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "bridge/result.h"

namespace bridge {

/// Thread-safe.
class Secrets {
 public:
  static constexpr std::size_t kKeyBytes = 32;

  /// Reads the key (64 hexadecimal digits); makes a new one, mode 0600, when the file is absent and
  /// `create` is set. kInvalid: not a key, or others may read it; kIo.
  static Result<Secrets> load(const std::filesystem::path& key_file, bool create);

  /// A key that is gone with the process.
  static Result<Secrets> ephemeral();

  Secrets(const Secrets&) = default;
  ~Secrets();

  /// An empty secret is sealed as nothing.
  Result<std::string> seal(std::string_view secret, std::string_view context) const;
  /// kCorrupt: not sealed with this key and context.
  Result<std::string> open(std::string_view sealed, std::string_view context) const;

 private:
  Secrets() = default;
  std::array<unsigned char, kKeyBytes> key_{};
};

}  // namespace bridge
