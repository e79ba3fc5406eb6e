#include "cwmp/auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <utility>

#include "cwmp/auth_fields.h"

namespace cwmp {
namespace {

// A nonce: 12 hex digits of Unix time, 16 of randomness, 32 of signature.
constexpr std::size_t kTimeDigits = 12;
constexpr std::size_t kRandomDigits = 16;
constexpr std::size_t kSignatureDigits = 32;

std::string hex_number(std::uint64_t value, std::size_t digits) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(value));
  return {text.data() + (16 - digits), digits};
}

tl::unexpected<Fault> malformed(const char* why) {
  return fail(FaultCode::kAcsInvalidArguments, why);
}

bool is_nonce_count(std::string_view text) {
  return !text.empty() && text.size() <= 8 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

Result<Credentials> read_basic(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  const std::size_t last = text.find_last_not_of(" \t");
  const std::optional<std::string> decoded =
      first == std::string_view::npos ? std::nullopt
                                      : auth::decode_base64(text.substr(first, last - first + 1));
  const std::size_t colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    return malformed("Basic credentials cannot be read");
  }
  return BasicCredentials{decoded->substr(0, colon), decoded->substr(colon + 1)};
}

Result<Credentials> read_digest(const auth::SchemeFields& fields) {
  const auto username = fields.find("username");
  const auto realm = fields.find("realm");
  const auto nonce = fields.find("nonce");
  const auto uri = fields.find("uri");
  const auto response = fields.find("response");
  if (!username || !realm || !nonce || !uri || !response) {
    return malformed("Digest credentials lack a field");
  }
  const auto algorithm = auth::parse_algorithm(fields.find("algorithm").value_or("MD5"));
  if (!algorithm) {
    return malformed("Digest algorithm is not supported");
  }
  DigestCredentials digest{*username, *realm, *nonce, *uri, auth::lowered(*response), {}, {}, {}};
  digest.algorithm = algorithm->algorithm;
  digest.session_variant = algorithm->session_variant;
  digest.qop = auth::lowered(fields.find("qop").value_or(""));
  digest.nc = fields.find("nc").value_or("");
  digest.cnonce = fields.find("cnonce").value_or("");
  if (!digest.qop.empty() && digest.qop != "auth") {
    return malformed("Digest qop is not supported");
  }
  if (!digest.qop.empty() && (!is_nonce_count(digest.nc) || digest.cnonce.empty())) {
    return malformed("Digest credentials lack nc or cnonce");
  }
  return digest;
}

/// Path and query of a request target or absolute URL.
std::string_view path_of(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  if (scheme == std::string_view::npos) {
    return uri;
  }
  const std::size_t path = uri.find('/', scheme + 3);
  return path == std::string_view::npos ? std::string_view("/") : uri.substr(path);
}

}  // namespace

bool equal_constant_time(std::string_view a, std::string_view b) {
  // Hashing first hides the length, too.
  const std::string left = auth::hash(HashAlgorithm::kSha256, a);
  const std::string right = auth::hash(HashAlgorithm::kSha256, b);
  return !left.empty() && left.size() == right.size() &&
         CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

// ---- what a client sent -------------------------------------------------------------------------

Result<Credentials> parse_authorization(std::string_view value) {
  if (value.size() > kMaxAuthHeaderBytes) {
    return malformed("Authorization is too long");
  }
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  const std::size_t end = std::min(value.find_first_of(" \t"), value.size());
  const std::string scheme = auth::lowered(value.substr(0, end));
  if (scheme == "basic") {
    return read_basic(value.substr(end));
  }
  if (scheme != "digest") {
    return malformed("Authorization scheme is not supported");
  }
  const std::vector<auth::SchemeFields> schemes = auth::parse_fields(value);
  if (schemes.empty()) {
    return malformed("Digest credentials cannot be read");
  }
  return read_digest(schemes.front());
}

bool password_matches(const BasicCredentials& credentials, std::string_view password) {
  return equal_constant_time(credentials.password, password);
}

bool password_matches(const DigestCredentials& credentials, std::string_view method,
                      std::string_view password) {
  auth::DigestInput input;
  input.algorithm = {credentials.algorithm, credentials.session_variant};
  input.username = credentials.username;
  input.realm = credentials.realm;
  input.password = password;
  input.method = method;
  input.uri = credentials.uri;
  input.nonce = credentials.nonce;
  input.nc = credentials.nc;
  input.cnonce = credentials.cnonce;
  input.qop = credentials.qop;
  const std::string wanted = auth::digest_response(input);
  return !wanted.empty() && equal_constant_time(wanted, credentials.response);
}

// ---- nonces -------------------------------------------------------------------------------------

NonceSource::NonceSource(Key key, std::chrono::seconds validity) : key_(key), validity_(validity) {}

std::string NonceSource::sign(std::string_view text) const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), &length);
  return auth::to_hex({reinterpret_cast<const char*>(digest.data()), length})
      .substr(0, kSignatureDigits);
}

std::string NonceSource::make(std::chrono::sys_seconds now, std::uint64_t random) const {
  const auto seconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  std::string nonce = hex_number(seconds, kTimeDigits) + hex_number(random, kRandomDigits);
  nonce += sign(nonce);
  return nonce;
}

NonceSource::State NonceSource::check(std::string_view nonce, std::chrono::sys_seconds now) const {
  constexpr std::size_t kSignedDigits = kTimeDigits + kRandomDigits;
  if (nonce.size() != kSignedDigits + kSignatureDigits ||
      !equal_constant_time(sign(nonce.substr(0, kSignedDigits)), nonce.substr(kSignedDigits))) {
    return State::kForged;
  }
  std::uint64_t made = 0;
  std::from_chars(nonce.data(), nonce.data() + kTimeDigits, made, 16);
  const auto age =
      now - std::chrono::sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(made)));
  return age < std::chrono::seconds(0) || age > validity_ ? State::kExpired : State::kValid;
}

ReplayCache::ReplayCache(std::chrono::seconds life, std::size_t capacity)
    : life_(life), capacity_(std::max<std::size_t>(capacity, 1)) {}

bool ReplayCache::first_use(const DigestCredentials& credentials, std::chrono::sys_seconds now) {
  rotate(now);
  std::string key;
  for (const std::string* part :
       {&credentials.nonce, &credentials.nc, &credentials.cnonce, &credentials.response}) {
    key.append(*part).push_back('\n');
  }
  // A fixed size, whatever the client chose to send.
  key = auth::hash(HashAlgorithm::kSha256, key).substr(0, 16);
  if (older_.contains(key)) {
    return false;
  }
  return recent_.insert(std::move(key)).second;
}

// An entry lives at least `life_` in one of the two halves, unless too many come.
void ReplayCache::rotate(std::chrono::sys_seconds now) {
  if (now - rotated_ <= life_ && recent_.size() < capacity_) {
    return;
  }
  older_ = std::move(recent_);
  recent_.clear();
  rotated_ = now;
}

// ---- server end ---------------------------------------------------------------------------------

Authenticator::Authenticator(AuthPolicy policy, NonceSource::Key key)
    : policy_(std::move(policy)),
      nonces_(key, policy_.nonce_validity),
      replays_(policy_.nonce_validity, policy_.replay_capacity) {}

Authenticator::Inspection Authenticator::inspect(std::string_view authorization,
                                                 std::string_view target,
                                                 std::chrono::sys_seconds now) const {
  Inspection result;
  Result<Credentials> credentials = parse_authorization(authorization);
  if (!credentials) {
    return result;
  }
  if (const auto* basic = std::get_if<BasicCredentials>(&*credentials)) {
    result.verdict = policy_.basic ? Verdict::kAccepted : Verdict::kChallenge;
    result.username = basic->username;
  } else {
    const auto& digest = std::get<DigestCredentials>(*credentials);
    const bool offered =
        policy_.digest && digest.realm == policy_.realm && !digest.session_variant &&
        std::find(policy_.algorithms.begin(), policy_.algorithms.end(), digest.algorithm) !=
            policy_.algorithms.end();
    const bool fresh = nonces_.check(digest.nonce, now) == NonceSource::State::kValid;
    const Verdict of_nonce = fresh ? Verdict::kAccepted : Verdict::kStale;
    result.verdict = offered ? of_nonce : Verdict::kChallenge;
    result.username = digest.username;
    result.uri_differs = path_of(digest.uri) != path_of(target);
  }
  result.credentials = *std::move(credentials);
  return result;
}

Verdict Authenticator::verify(const Credentials& credentials, std::string_view method,
                              std::span<const std::string> passwords,
                              std::chrono::sys_seconds now) {
  const auto matches = [&](std::string_view password) {
    if (const auto* digest = std::get_if<DigestCredentials>(&credentials)) {
      return password_matches(*digest, method, password);
    }
    return password_matches(std::get<BasicCredentials>(credentials), password);
  };
  if (passwords.empty()) {
    // An unknown user must take as long as a wrong password; the result does not count.
    static_cast<void>(matches(policy_.realm));
    return Verdict::kRejected;
  }
  bool found = false;
  for (const std::string& password : passwords) {
    found = matches(password) || found;
  }
  if (!found) {
    return Verdict::kRejected;
  }
  const auto* digest = std::get_if<DigestCredentials>(&credentials);
  if (digest != nullptr && !replays_.first_use(*digest, now)) {
    return Verdict::kStale;
  }
  return Verdict::kAccepted;
}

std::vector<std::string> Authenticator::challenges(std::chrono::sys_seconds now,
                                                   std::uint64_t random, bool stale) const {
  std::vector<std::string> result;
  const std::string realm = auth::quoted(policy_.realm);
  if (policy_.digest) {
    const std::string nonce = nonces_.make(now, random);
    // Some clients want an opaque; it tells nothing and is not checked.
    const std::string opaque =
        auth::to_hex(auth::hash(HashAlgorithm::kSha256, policy_.realm)).substr(0, 16);
    for (const HashAlgorithm algorithm : policy_.algorithms) {
      std::string value = "Digest realm=" + realm + ", qop=\"auth\", algorithm=";
      value += algorithm == HashAlgorithm::kMd5 ? "MD5" : "SHA-256";
      value += ", nonce=\"" + nonce + "\", opaque=\"" + opaque + "\"";
      result.push_back(value + (stale ? ", stale=true" : ""));
    }
  }
  if (policy_.basic) {
    result.push_back("Basic realm=" + realm);
  }
  return result;
}

}  // namespace cwmp
