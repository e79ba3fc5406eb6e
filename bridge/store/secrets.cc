#include "bridge/store/secrets.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace bridge {
namespace {

constexpr unsigned char kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kOverhead = 1 + kNonceBytes + kTagBytes;
constexpr std::size_t kMaxSecretBytes = 1 << 20;  // EVP counts in int; no secret is that long

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

tl::unexpected<Error> system_failure(const std::filesystem::path& file) {
  const int error = errno;
  return fail(ErrorKind::kIo, file.string() + ": " + std::strerror(error));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string to_hex(const std::array<unsigned char, Secrets::kKeyBytes>& key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : key) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

/// Written beside and renamed, so that a crash leaves no half key.
Result<void> write_key_file(const std::filesystem::path& file, std::string_view text) {
  const std::filesystem::path beside = file.string() + ".new";
  ::unlink(beside.c_str());
  const Descriptor fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0) return system_failure(beside);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::fsync(fd.get()) != 0 || ::rename(beside.c_str(), file.c_str()) != 0) {
    return system_failure(beside);
  }
  const Descriptor folder(::open(file.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
  return {};
}

}  // namespace

Secrets::~Secrets() { OPENSSL_cleanse(key_.data(), key_.size()); }

Result<Secrets> Secrets::ephemeral() {
  Secrets secrets;
  if (RAND_bytes(secrets.key_.data(), static_cast<int>(secrets.key_.size())) != 1) {
    return fail(ErrorKind::kInternal, "no random numbers");
  }
  return secrets;
}

Result<Secrets> Secrets::load(const std::filesystem::path& key_file, bool create) {
  const Descriptor fd(::open(key_file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 && errno == ENOENT && create) {
    Result<Secrets> made = ephemeral();
    if (!made) return made;
    if (auto written = write_key_file(key_file, to_hex(made->key_) + "\n"); !written) {
      return tl::unexpected(std::move(written).error());
    }
    return made;
  }
  if (fd.get() < 0) return system_failure(key_file);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return system_failure(key_file);
  if ((status.st_mode & S_IRWXO) != 0) {
    return fail(ErrorKind::kInvalid,
                key_file.string() + ": others may read the key; use mode 0600");
  }
  std::array<char, 2 * kKeyBytes + 2> text{};
  const ssize_t got = ::read(fd.get(), text.data(), text.size());
  if (got < 0) return system_failure(key_file);
  std::string_view digits(text.data(), static_cast<std::size_t>(got));
  while (!digits.empty() && (digits.back() == '\n' || digits.back() == '\r')) {
    digits.remove_suffix(1);
  }
  Secrets secrets;
  bool valid = digits.size() == 2 * kKeyBytes;
  for (std::size_t i = 0; valid && i < kKeyBytes; ++i) {
    const int high = hex_digit(digits[2 * i]);
    const int low = hex_digit(digits[2 * i + 1]);
    valid = high >= 0 && low >= 0;
    if (valid) secrets.key_[i] = static_cast<unsigned char>(high * 16 + low);
  }
  OPENSSL_cleanse(text.data(), text.size());
  if (!valid) {
    return fail(ErrorKind::kInvalid, key_file.string() + ": not a key of 64 hexadecimal digits");
  }
  return secrets;
}

Result<std::string> Secrets::seal(std::string_view secret, std::string_view context) const {
  if (secret.empty()) return std::string();
  if (secret.size() > kMaxSecretBytes) return fail(ErrorKind::kInvalid, "secret too long");
  std::string sealed(kOverhead + secret.size(), '\0');
  unsigned char* out = bytes_of(sealed);
  out[0] = kVersion;
  unsigned char* nonce = out + 1;
  unsigned char* text = nonce + kNonceBytes;
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const bool done =
      cipher != nullptr && RAND_bytes(nonce, kNonceBytes) == 1 &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), text, &length, bytes_of(secret),
                        static_cast<int>(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), text + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, text + secret.size()) == 1;
  if (!done) return fail(ErrorKind::kInternal, "encryption failed");
  return sealed;
}

Result<std::string> Secrets::open(std::string_view sealed, std::string_view context) const {
  if (sealed.empty()) return std::string();
  const auto refused = fail(ErrorKind::kCorrupt, "a stored secret does not fit the key");
  if (sealed.size() <= kOverhead || sealed.size() > kOverhead + kMaxSecretBytes ||
      bytes_of(sealed)[0] != kVersion) {
    return refused;
  }
  const unsigned char* nonce = bytes_of(sealed) + 1;
  const unsigned char* text = nonce + kNonceBytes;
  const std::size_t size = sealed.size() - kOverhead;
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string secret(size, '\0');
  int length = 0;
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const bool done =
      cipher != nullptr &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key_.data(), nonce) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(context),
                        static_cast<int>(context.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes_of(secret), &length, text, static_cast<int>(size)) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes_of(secret) + length, &length) == 1;
  if (!done) return refused;
  return secret;
}

}  // namespace bridge
