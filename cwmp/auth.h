// HTTP authentication, Basic and Digest, of both ends (RFC 7616, RFC 7617; RFC 2069 where a peer
// offers no qop). Pure functions and small values: nonces, randomness and time come in.
//
// Server end:  Authenticator::inspect() -> look the passwords up -> Authenticator::verify().
// Client end:  parse_challenges() -> authorize().
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include "cwmp/fault.h"

namespace cwmp {

enum class HashAlgorithm { kMd5, kSha256 };

/// Longest Authorization or WWW-Authenticate value read.
inline constexpr std::size_t kMaxAuthHeaderBytes = 8192;
/// Fields of one challenge or answer.
inline constexpr std::size_t kMaxAuthFields = 32;

/// Compares without telling by its time where two texts differ.
bool equal_constant_time(std::string_view a, std::string_view b);

// ---- what a client sent ----------------------------------------------------------------------

struct BasicCredentials {
  std::string username;
  std::string password;
};

struct DigestCredentials {
  std::string username;
  std::string realm;
  std::string nonce;
  std::string uri;  ///< as sent: may be absolute or lack the query (quirk 38)
  std::string response;
  std::string cnonce;
  std::string nc;   ///< eight hex digits, as sent
  std::string qop;  ///< "auth" or empty
  HashAlgorithm algorithm = HashAlgorithm::kMd5;
  bool session_variant = false;  ///< MD5-sess, SHA-256-sess
};

using Credentials = std::variant<BasicCredentials, DigestCredentials>;

/// Reads an Authorization value. Errors: 8003 for a scheme that is neither, a field that is missing
/// or too long, an algorithm or qop that is not supported.
[[nodiscard]] Result<Credentials> parse_authorization(std::string_view value);

bool password_matches(const BasicCredentials& credentials, std::string_view password);
/// `method` is that of the HTTP request. Does not look at the nonce.
bool password_matches(const DigestCredentials& credentials, std::string_view method,
                      std::string_view password);

// ---- server end ------------------------------------------------------------------------------

/// Signed nonces with a time in them: nothing is stored until one has been used.
class NonceSource {
 public:
  using Key = std::array<std::uint8_t, 32>;
  enum class State { kValid, kExpired, kForged };

  NonceSource(Key key, std::chrono::seconds validity);

  /// `random` makes two nonces of one second differ.
  std::string make(std::chrono::sys_seconds now, std::uint64_t random) const;
  /// A nonce from the future (clock set back) is expired.
  State check(std::string_view nonce, std::chrono::sys_seconds now) const;
  std::chrono::seconds validity() const { return validity_; }

 private:
  std::string sign(std::string_view text) const;

  Key key_;
  std::chrono::seconds validity_;
};

/// Digest answers that have started a session, for the life of their nonce. An answer counts as
/// seen only when nonce, nc, cnonce and response are all the same, so a repeated nc with a new
/// cnonce passes (quirk 37). Holds at most twice `capacity`; when full the older half is forgotten.
class ReplayCache {
 public:
  ReplayCache(std::chrono::seconds life, std::size_t capacity);

  /// True if `credentials` were not seen before; remembers them.
  bool first_use(const DigestCredentials& credentials, std::chrono::sys_seconds now);
  std::size_t size() const { return recent_.size() + older_.size(); }

 private:
  void rotate(std::chrono::sys_seconds now);

  std::chrono::seconds life_;
  std::size_t capacity_;
  std::chrono::sys_seconds rotated_{};
  std::unordered_set<std::string> recent_;
  std::unordered_set<std::string> older_;
};

struct AuthPolicy {
  std::string realm = "cwmp";
  bool basic = false;  ///< accept and offer Basic; over TLS only, the caller sees to it
  bool digest = true;
  std::vector<HashAlgorithm> algorithms{HashAlgorithm::kMd5};  ///< offered in this order
  std::chrono::seconds nonce_validity{60};
  std::size_t replay_capacity = 200'000;
};

enum class Verdict {
  kAccepted,
  kChallenge,  ///< no or unwanted credentials (quirk 34), old nonce: 401, no failed login
  kStale,      ///< right form, but the nonce is old or used: 401 with stale=true, no failed login
  kRejected,   ///< wrong user or password: 401, a failed login
};

/// Decides for one listener. Call it when a session starts; requests inside a session carry its
/// cookie and are not checked again. Not thread-safe.
class Authenticator {
 public:
  Authenticator(AuthPolicy policy, NonceSource::Key key);

  /// What to do before a password is known. Only with kAccepted go on: look up the passwords of
  /// `username` and call verify() with `credentials`.
  struct Inspection {
    Verdict verdict = Verdict::kChallenge;
    std::string username;
    std::optional<Credentials> credentials;
    bool uri_differs =
        false;  ///< Digest uri is not the request target (quirk 38): worth a log line
  };
  Inspection inspect(std::string_view authorization, std::string_view target,
                     std::chrono::sys_seconds now) const;

  /// Tries each candidate; with none the time taken is that of one. kStale when the password is
  /// right but the answer was used before.
  Verdict verify(const Credentials& credentials, std::string_view method,
                 std::span<const std::string> passwords, std::chrono::sys_seconds now);

  /// Values for WWW-Authenticate, one header field each. `random`: fresh for each call.
  std::vector<std::string> challenges(std::chrono::sys_seconds now, std::uint64_t random,
                                      bool stale = false) const;

  const AuthPolicy& policy() const { return policy_; }

 private:
  AuthPolicy policy_;
  NonceSource nonces_;
  ReplayCache replays_;
};

// ---- client end ------------------------------------------------------------------------------

/// One challenge of a 401. What did not come stays empty.
struct Challenge {
  enum class Scheme { kBasic, kDigest, kOther };
  Scheme scheme = Scheme::kOther;
  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque;
  std::optional<std::string> algorithm;  ///< text as it came
  std::vector<std::string> qop;          ///< lower case
  bool stale = false;
};

/// Reads one WWW-Authenticate value, unfolded; it may hold several challenges. Call it for each
/// such field and join the results. What cannot be read is left out.
std::vector<Challenge> parse_challenges(std::string_view value);

/// A request to be authorised.
struct ClientRequest {
  std::string_view method = "GET";
  std::string_view uri;  ///< path and query
  std::string_view username;
  std::string_view password;
  std::string_view cnonce;  ///< fresh random text, quoted-string safe
  std::uint32_t nc = 1;     ///< counts the uses of the nonce
  bool allow_basic = false;
};

/// The Authorization value for the best challenge: Digest SHA-256, Digest MD5, then Basic. Echoes
/// only what came; without qop the RFC 2069 form, without nc and cnonce (quirk 92). Errors: 9001
/// when none of the challenges can or may be answered.
[[nodiscard]] Result<std::string> authorize(std::span<const Challenge> challenges,
                                            const ClientRequest& request);

}  // namespace cwmp
