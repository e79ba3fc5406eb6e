// The PROXY protocol of load balancers that pass TCP on: version 1 (a line) and 2 (binary).
// Sans-IO.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tl/expected.hpp>

namespace cwmp {

struct ProxyHeader {
  std::size_t bytes = 0;  ///< of the header; what follows is the client's
  /// nullopt: the proxy speaks for itself (LOCAL, UNKNOWN).
  std::optional<boost::asio::ip::address> client;
};

enum class ProxyHeaderError {
  kIncomplete,  ///< could still become one
  kBad,
};

/// No header is longer: 16 bytes, two addresses and what extensions may take.
inline constexpr std::size_t kMaxProxyHeaderBytes = 2048;

tl::expected<ProxyHeader, ProxyHeaderError> parse_proxy_header(std::string_view data);

}  // namespace cwmp
