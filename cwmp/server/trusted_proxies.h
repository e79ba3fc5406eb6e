// Who the CPE is when a proxy stands in front (quirk 50).
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cwmp {

/// ::ffff:192.0.2.1 as 192.0.2.1; others unchanged.
boost::asio::ip::address plain_address(const boost::asio::ip::address& address);

/// Thread-safe after construction.
class TrustedProxies {
 public:
  /// Addresses or CIDR blocks. Throws std::invalid_argument for any other text.
  explicit TrustedProxies(std::span<const std::string> networks);

  bool trusts(const boost::asio::ip::address& address) const;

  /// The client of a trusted proxy: of the addresses in Forwarded (RFC 7239), or where there is
  /// none in X-Forwarded-For, the last that is not itself a trusted proxy. `peer` when neither
  /// names one; whatever stands left of it could have been written by the client.
  boost::asio::ip::address client(const boost::asio::ip::address& peer, std::string_view forwarded,
                                  std::string_view x_forwarded_for) const;

 private:
  std::vector<boost::asio::ip::network_v4> v4_;
  std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace cwmp
