// The STUN server of an ACS, without IO: what each datagram is answered with (RFC 3489 8.1, TR-069
// Annex G) and which NAT binding it tells of.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>

#include "cwmp/stun.h"

namespace cwmp {

/// One token bucket per source: an IPv4 address, or the first 64 bits of an IPv6 one. Bounded:
/// sources beyond kMaxSources share one bucket. Not thread-safe.
class StunRateLimit {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// About 3 MB; a spoofed flood may fill it, so that others have to share.
  static constexpr std::size_t kMaxSources = 65'536;
  /// A second's worth may come at once.
  StunRateLimit(double per_second, std::uint64_t seed);

  bool allow(const StunAddress& source, Time now);
  std::size_t sources() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    Time filled{};
  };
  struct Mixed {
    std::uint64_t seed = 0;  ///< senders must not choose where they fall
    std::size_t operator()(std::uint64_t key) const;
  };
  bool take(Bucket& bucket, double per_second, Time now) const;
  void forget_idle(Time now);

  double per_second_;
  std::unordered_map<std::uint64_t, Bucket, Mixed> buckets_;
  Bucket shared_;
  Time cleaned_{};
};

/// Where a CPE listens for UDP connection requests, as seen from here.
struct StunBinding {
  std::string username;  ///< STUNUsername; empty: the request named none
  StunAddress address;
  bool changed = false;        ///< with BINDING-CHANGE
  bool authenticated = false;  ///< with a MESSAGE-INTEGRITY that was right
  bool operator==(const StunBinding&) const = default;
};

struct StunAnswer {
  StunAddress to;
  std::string bytes;
  std::optional<StunError> error;      ///< empty: a Binding Response
  std::optional<StunBinding> binding;  ///< only of requests with CONNECTION-REQUEST-BINDING
};

/// Nothing is answered.
enum class StunIgnored {
  kNotStun,      ///< no STUN, or a port that nobody can have
  kNotRequest,   ///< a response or an indication
  kRateLimited,  ///< too many of that source
};
std::string_view to_string(StunIgnored why);

/// A request with MESSAGE-INTEGRITY: find the password of username(), then call finish().
struct StunPending {
  std::string bytes;
  StunMessage message;
  StunAddress from;
  std::optional<StunAddress> local;
  const std::string& username() const { return *message.username; }
};

struct StunResponderOptions {
  /// Every request with CONNECTION-REQUEST-BINDING needs MESSAGE-INTEGRITY, not only one with
  /// BINDING-CHANGE: keep-alives then cost twice the packets (Annex G lets the ACS choose).
  bool always_authenticate = false;
  double rate_per_source = 100;  ///< requests a second
  std::uint64_t seed = 0;        ///< random
  /// Of this server as CPEs see it; empty: the address that the request came to.
  std::optional<StunAddress> advertised;
};

/// Not thread-safe.
class StunResponder {
 public:
  using Received = std::variant<StunIgnored, StunAnswer, StunPending>;

  explicit StunResponder(const StunResponderOptions& options);

  /// `local`: the address that the datagram came to, where it is known.
  Received receive(std::string_view bytes, const StunAddress& from,
                   const std::optional<StunAddress>& local, StunRateLimit::Time now);

  /// `password`: empty when there is no such user.
  StunAnswer finish(const StunPending& pending, const std::optional<std::string>& password) const;

 private:
  StunAnswer serve(const StunPending& request, StunIntegrity form, std::string_view password) const;
  bool needs_integrity(const StunMessage& message) const;

  StunResponderOptions options_;
  StunRateLimit limit_;
};

}  // namespace cwmp
