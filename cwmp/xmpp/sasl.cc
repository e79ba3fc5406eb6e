#include "cwmp/xmpp/sasl.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>

#include "cwmp/auth.h"
#include "cwmp/auth_fields.h"
#include "cwmp/value.h"

namespace cwmp::xmpp {
namespace {

constexpr std::array kByStrength{Mechanism::kScramSha256, Mechanism::kScramSha1, Mechanism::kPlain};
/// "n,,": no channel binding, no authorisation identity (RFC 5802 7).
constexpr std::string_view kGs2Header = "n,,";

tl::unexpected<std::string> refuse(const char* why) { return tl::unexpected(std::string(why)); }

const EVP_MD* hash_of(Mechanism mechanism) {
  return mechanism == Mechanism::kScramSha256 ? EVP_sha256() : EVP_sha1();
}

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(const EVP_MD* hash, std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(hash, key.data(), static_cast<int>(key.size()), bytes_of(text), text.size(), digest.data(),
       &length);
  return {reinterpret_cast<const char*>(digest.data()), length};
}

std::string digest(const EVP_MD* hash, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> value{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), value.data(), &length, hash, nullptr);
  return {reinterpret_cast<const char*>(value.data()), length};
}

// Hi() of RFC 5802 2.2.
std::string salted(const EVP_MD* hash, std::string_view password, std::string_view salt,
                   unsigned iterations) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> key{};
  const int length = EVP_MD_get_size(hash);
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                    static_cast<int>(salt.size()), static_cast<int>(iterations), hash, length,
                    key.data());
  return {reinterpret_cast<const char*>(key.data()), static_cast<std::size_t>(length)};
}

// saslname of RFC 5802 7.
std::string escaped(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '=') {
      result += "=3D";
    } else if (c == ',') {
      result += "=2C";
    } else {
      result += c;
    }
  }
  return result;
}

/// Takes "x=value" off the front of `message`; nullopt: something else is there.
std::optional<std::string_view> take_attribute(std::string_view& message, char name) {
  if (message.size() < 2 || message[0] != name || message[1] != '=') return std::nullopt;
  const std::size_t end = std::min(message.find(','), message.size());
  const std::string_view value = message.substr(2, end - 2);
  message.remove_prefix(std::min(end + 1, message.size()));
  return value;
}

}  // namespace

std::string_view to_string(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::kScramSha256:
      return "SCRAM-SHA-256";
    case Mechanism::kScramSha1:
      return "SCRAM-SHA-1";
    case Mechanism::kPlain:
      return "PLAIN";
  }
  return "PLAIN";
}

std::optional<Mechanism> choose_mechanism(std::span<const std::string> offered,
                                          bool plain_allowed) {
  for (const Mechanism mechanism : kByStrength) {
    if (mechanism == Mechanism::kPlain && !plain_allowed) continue;
    if (std::find(offered.begin(), offered.end(), to_string(mechanism)) != offered.end()) {
      return mechanism;
    }
  }
  return std::nullopt;
}

SaslClient::SaslClient(Mechanism mechanism, std::string username, std::string password,
                       std::string nonce)
    : mechanism_(mechanism),
      username_(std::move(username)),
      password_(std::move(password)),
      nonce_(std::move(nonce)),
      client_first_bare_("n=" + escaped(username_) + ",r=" + nonce_) {}

std::string SaslClient::initial_response() const {
  if (mechanism_ != Mechanism::kPlain) return std::string(kGs2Header) + client_first_bare_;
  std::string message;
  message.append(1, '\0').append(username_).append(1, '\0').append(password_);
  return message;
}

SaslClient::Result<std::string> SaslClient::on_challenge(std::string_view challenge) {
  const State was = state_;
  state_ = State::kFailed;
  if (challenge.size() > kMaxSaslBytes) return refuse("SASL message is too long");
  if (mechanism_ == Mechanism::kPlain) return refuse("a challenge although PLAIN has none");
  if (was == State::kFirst) return on_server_first(challenge);
  if (was != State::kFinal) return refuse("one SASL challenge too many");
  // The server may send its last message as a challenge, too (RFC 6120 6.4.5).
  const auto verified = on_server_final(challenge);
  if (!verified) return tl::unexpected(verified.error());
  return std::string();
}

SaslClient::Result<std::string> SaslClient::on_server_first(std::string_view message) {
  const std::string server_first(message);
  if (message.starts_with("m=")) return refuse("SCRAM extension that is not known");
  const auto nonce = take_attribute(message, 'r');
  const auto salt_text = take_attribute(message, 's');
  const auto rounds_text = take_attribute(message, 'i');
  if (!nonce || !salt_text || !rounds_text) return refuse("SCRAM challenge is incomplete");
  if (!nonce->starts_with(nonce_) || nonce->size() == nonce_.size()) {
    return refuse("SCRAM nonce is not ours");
  }
  const auto salt = auth::decode_base64(*salt_text);
  const auto rounds = parse_unsigned(*rounds_text);
  if (!salt || salt->empty()) return refuse("SCRAM salt is not base64");
  if (!rounds || *rounds < kMinScramIterations) return refuse("SCRAM with too few iterations");
  if (*rounds > kMaxScramIterations) return refuse("SCRAM with too many iterations");

  const EVP_MD* hash = hash_of(mechanism_);
  const std::string without_proof =
      "c=" + auth::encode_base64(kGs2Header) + ",r=" + std::string(*nonce);
  const std::string all = client_first_bare_ + "," + server_first + "," + without_proof;
  const std::string key = salted(hash, password_, *salt, *rounds);
  std::string proof = hmac(hash, key, "Client Key");
  const std::string signature = hmac(hash, digest(hash, proof), all);
  for (std::size_t i = 0; i < proof.size(); ++i) {
    proof[i] = static_cast<char>(static_cast<unsigned char>(proof[i]) ^
                                 static_cast<unsigned char>(signature[i]));
  }
  server_signature_ = hmac(hash, hmac(hash, key, "Server Key"), all);
  state_ = State::kFinal;
  return without_proof + ",p=" + auth::encode_base64(proof);
}

SaslClient::Result<void> SaslClient::on_server_final(std::string_view message) {
  if (message.size() > kMaxSaslBytes) return refuse("SASL message is too long");
  if (message.starts_with("e=")) return refuse("SCRAM was refused by the server");
  const auto verifier = take_attribute(message, 'v');
  const auto signature = verifier ? auth::decode_base64(*verifier) : std::nullopt;
  if (!signature || !equal_constant_time(*signature, server_signature_)) {
    return refuse("the server does not know the password");
  }
  state_ = State::kVerified;
  return {};
}

SaslClient::Result<void> SaslClient::on_success(std::string_view data) {
  if (mechanism_ == Mechanism::kPlain) return {};
  if (state_ == State::kVerified && data.empty()) return {};
  if (state_ != State::kFinal) return refuse("success before the end of SCRAM");
  state_ = State::kFailed;
  return on_server_final(data);
}

}  // namespace cwmp::xmpp
