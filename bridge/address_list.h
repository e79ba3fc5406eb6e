// Addresses that an operator allows, for whatever a peer names as the place to call.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "bridge/result.h"

namespace bridge {

/// Addresses in CIDR notation ("10.0.0.0/8", "fd00::/8", "127.0.0.1").
class AddressList {
 public:
  /// kInvalid: one of them is none.
  static Result<AddressList> parse(const std::vector<std::string>& texts);

  /// An IPv4 address inside IPv6 counts as itself.
  bool contains(const boost::asio::ip::address& address) const;

 private:
  struct Network {
    boost::asio::ip::address_v6::bytes_type bytes{};
    unsigned prefix_bits = 0;  ///< of the 128
  };
  std::vector<Network> networks_;
};

}  // namespace bridge
