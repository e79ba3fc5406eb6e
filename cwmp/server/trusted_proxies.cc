#include "cwmp/server/trusted_proxies.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace cwmp {
namespace {

namespace ip = boost::asio::ip;

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\"");
  if (first == std::string_view::npos) return {};
  const auto last = text.find_last_not_of(" \t\"");
  return text.substr(first, last - first + 1);
}

// "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]:80", "2001:db8::1"
std::optional<ip::address> read_node(std::string_view node) {
  node = trim(node);
  if (node.starts_with('[')) {
    node = node.substr(1, node.find(']') - 1);
  } else if (std::count(node.begin(), node.end(), ':') == 1) {
    node = node.substr(0, node.find(':'));
  }
  boost::system::error_code error;
  const auto address = ip::make_address(node, error);
  if (error) return std::nullopt;
  return plain_address(address);
}

// The "for" of one element of Forwarded.
std::optional<ip::address> read_forwarded_element(std::string_view element) {
  while (!element.empty()) {
    const auto end = element.find(';');
    const auto pair = trim(element.substr(0, end));
    element = end == std::string_view::npos ? std::string_view{} : element.substr(end + 1);
    if (pair.size() > 4 && (pair[0] == 'f' || pair[0] == 'F') &&
        (pair[1] == 'o' || pair[1] == 'O') && (pair[2] == 'r' || pair[2] == 'R') &&
        pair[3] == '=') {
      return read_node(pair.substr(4));
    }
  }
  return std::nullopt;
}

}  // namespace

boost::asio::ip::address plain_address(const boost::asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

TrustedProxies::TrustedProxies(std::span<const std::string> networks) {
  for (const auto& text : networks) {
    boost::system::error_code error;
    if (const auto v4 = ip::make_network_v4(text, error); !error) {
      v4_.push_back(v4.canonical());
    } else if (const auto v6 = ip::make_network_v6(text, error); !error) {
      v6_.push_back(v6.canonical());
    } else if (const auto address = ip::make_address(text, error); !error && address.is_v4()) {
      v4_.emplace_back(address.to_v4(), 32);
    } else if (!error) {
      v6_.emplace_back(address.to_v6(), 128);
    } else {
      throw std::invalid_argument("neither an address nor a CIDR block: " + text);
    }
  }
}

bool TrustedProxies::trusts(const boost::asio::ip::address& address) const {
  const auto plain = plain_address(address);
  if (plain.is_v4()) {
    return std::any_of(v4_.begin(), v4_.end(), [&](const ip::network_v4& network) {
      return ip::network_v4(plain.to_v4(), network.prefix_length()).canonical() == network;
    });
  }
  return std::any_of(v6_.begin(), v6_.end(), [&](const ip::network_v6& network) {
    return ip::network_v6(plain.to_v6(), network.prefix_length()).canonical() == network;
  });
}

boost::asio::ip::address TrustedProxies::client(const boost::asio::ip::address& peer,
                                                std::string_view forwarded,
                                                std::string_view x_forwarded_for) const {
  const bool standard = !trim(forwarded).empty();
  std::string_view list = standard ? forwarded : x_forwarded_for;
  auto client = plain_address(peer);
  while (!list.empty()) {
    const auto comma = list.rfind(',');
    const auto element = comma == std::string_view::npos ? list : list.substr(comma + 1);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(0, comma);
    const auto hop = standard ? read_forwarded_element(element) : read_node(element);
    // Exit if a hop hides itself: what stands before it is hearsay.
    if (!hop) break;
    client = *hop;
    if (!trusts(client)) break;
  }
  return client;
}

}  // namespace cwmp
