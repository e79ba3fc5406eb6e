#include "bridge/address_list.h"

#include <algorithm>
#include <charconv>

namespace bridge {

namespace asio = boost::asio;

namespace {

asio::ip::address_v6 to_v6(const asio::ip::address& address) {
  if (address.is_v6()) return address.to_v6();
  return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4());
}

}  // namespace

Result<AddressList> AddressList::parse(const std::vector<std::string>& texts) {
  AddressList out;
  for (const std::string& text : texts) {
    std::size_t slash = text.find('/');
    boost::system::error_code error;
    auto address = asio::ip::make_address(text.substr(0, slash), error);
    unsigned bits = address.is_v4() ? 32 : 128;
    unsigned prefix = bits;
    if (!error && slash != std::string::npos) {
      const char* end = text.data() + text.size();
      auto [stop, bad] = std::from_chars(text.data() + slash + 1, end, prefix);
      if (bad != std::errc{} || stop != end || prefix > bits) error = asio::error::invalid_argument;
    }
    if (error) return fail(ErrorKind::kInvalid, "not an address or CIDR block: " + text);
    out.networks_.push_back({to_v6(address).to_bytes(), prefix + (128 - bits)});
  }
  return out;
}

bool AddressList::contains(const asio::ip::address& address) const {
  auto bytes = to_v6(address).to_bytes();
  return std::any_of(networks_.begin(), networks_.end(), [&bytes](const Network& network) {
    unsigned whole = network.prefix_bits / 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, network.bytes.begin())) return false;
    unsigned rest = network.prefix_bits % 8;
    if (rest == 0) return true;
    unsigned shift = 8 - rest;
    return (bytes[whole] >> shift) == (network.bytes[whole] >> shift);
  });
}

}  // namespace bridge
