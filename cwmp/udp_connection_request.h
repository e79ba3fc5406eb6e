// The signed datagram that asks a CPE behind a NAT for a session (TR-069 Annex G.2.2.3), and how a
// CPE checks it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "cwmp/stun.h"

namespace cwmp {

/// The same datagram is sent that often, since UDP loses some; a CPE acts on the first it gets.
inline constexpr int kUdpConnectionRequestCopies = 3;
inline constexpr std::chrono::milliseconds kUdpConnectionRequestGap{500};
/// Longest datagram that is looked at: address and username of 256 bytes each, escaped.
inline constexpr std::size_t kMaxUdpConnectionRequestBytes = 2048;

struct UdpConnectionRequest {
  std::string address;      ///< UDPConnectionRequestAddress: "host:port", or "host" for port 80
  std::int64_t ts = 0;      ///< Unix seconds; larger than in each request before to this CPE
  std::uint32_t id = 0;     ///< another one for each request, the same in its copies
  std::string username;     ///< ConnectionRequestUsername
  std::string cnonce;       ///< random, of letters and digits
  std::string signature{};  ///< 40 hexadecimal digits; made by compose
  bool operator==(const UdpConnectionRequest&) const = default;
};

/// The datagram. `request.signature` is not looked at.
std::string compose_udp_connection_request(const UdpConnectionRequest& request,
                                           std::string_view password);

/// The error says what is wrong with it, without what it held.
tl::expected<UdpConnectionRequest, std::string> parse_udp_connection_request(
    std::string_view datagram);

/// The side of the CPE: remembers what came before. Not thread-safe.
class UdpConnectionRequestCheck {
 public:
  enum class Verdict {
    kGood,
    kMalformed,
    kOld,        ///< a copy, or a ts that is not larger than the last good one's
    kWrongUser,  ///< or the CPE has no ConnectionRequestUsername
    kWrongSignature,
  };

  Verdict check(std::string_view datagram, std::string_view username, std::string_view password);

 private:
  std::int64_t last_ts_ = -1;
  std::optional<std::uint32_t> last_id_;
};

/// UDPConnectionRequestAddress as an address: an IP address with a port (80 when left out), since
/// that is what STUN gives. nullopt: anything else, a host name for one.
std::optional<StunAddress> parse_udp_address(std::string_view authority);

}  // namespace cwmp
