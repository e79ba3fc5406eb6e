// The client's end of SASL as XMPP uses it (RFC 6120 6): SCRAM (RFC 5802, RFC 7677) and PLAIN
// (RFC 4616). Randomness comes in. Raw messages: base64 is the stream's business.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace cwmp::xmpp {

enum class Mechanism { kScramSha256, kScramSha1, kPlain };

/// The name as registered: "SCRAM-SHA-256".
std::string_view to_string(Mechanism mechanism);

/// Fewer rounds would let whoever stands between try passwords cheaply (RFC 7677 4).
inline constexpr unsigned kMinScramIterations = 4096;
/// About half a second of work; a server must not keep us busy for longer.
inline constexpr unsigned kMaxScramIterations = 500'000;
/// Longest message of a server.
inline constexpr std::size_t kMaxSaslBytes = 4096;

/// The strongest of those offered; nullopt: none can be used. PLAIN shows the server the password,
/// so it counts only with `plain_allowed`.
std::optional<Mechanism> choose_mechanism(std::span<const std::string> offered, bool plain_allowed);

/// One exchange. Not thread-safe. User name and password are sent as they are: SASLprep changes
/// nothing in printable ASCII, and what is beyond has to come prepared.
class SaslClient {
 public:
  /// `nonce`: fresh for each exchange, printable ASCII without commas (RFC 5802 5.1, "r").
  SaslClient(Mechanism mechanism, std::string username, std::string password, std::string nonce);

  template <class T>
  using Result = tl::expected<T, std::string>;  ///< the error says what the server did wrong

  std::string initial_response() const;
  Result<std::string> on_challenge(std::string_view challenge);
  /// `data`: what came with the success; empty: nothing did. An error: the server did not show that
  /// it knows the password, and is not to be trusted (RFC 5802 5).
  Result<void> on_success(std::string_view data);

 private:
  enum class State { kFirst, kFinal, kVerified, kFailed };

  Result<std::string> on_server_first(std::string_view message);
  Result<void> on_server_final(std::string_view message);

  Mechanism mechanism_;
  std::string username_;
  std::string password_;
  std::string nonce_;
  std::string client_first_bare_;
  std::string server_signature_;  ///< what the server has to send
  State state_ = State::kFirst;
};

}  // namespace cwmp::xmpp
