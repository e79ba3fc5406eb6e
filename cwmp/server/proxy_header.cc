#include "cwmp/server/proxy_header.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace cwmp {
namespace {

namespace ip = boost::asio::ip;
using Result = tl::expected<ProxyHeader, ProxyHeaderError>;

constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::size_t kMaxLine = 107;  // with CR LF, says the protocol
constexpr std::size_t kFixed2 = 16;

Result bad() { return tl::unexpected(ProxyHeaderError::kBad); }
Result incomplete() { return tl::unexpected(ProxyHeaderError::kIncomplete); }

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const auto end = std::min(line.find(' '), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

// PROXY TCP4 198.51.100.7 192.0.2.1 51234 7547
Result parse_line(std::string_view data) {
  const auto end = data.substr(0, kMaxLine).find("\r\n");
  if (end == std::string_view::npos) return data.size() < kMaxLine ? incomplete() : bad();
  const auto words = split(data.substr(0, end));
  ProxyHeader header;
  header.bytes = end + 2;
  if (words.size() >= 2 && words[1] == "UNKNOWN") return header;
  if (words.size() != 6 || (words[1] != "TCP4" && words[1] != "TCP6")) return bad();
  boost::system::error_code error;
  const auto client = ip::make_address(words[2], error);
  if (error || client.is_v4() != (words[1] == "TCP4")) return bad();
  header.client = client;
  return header;
}

template <class Bytes>
Bytes bytes_at(std::string_view data, std::size_t offset) {
  Bytes bytes{};
  std::memcpy(bytes.data(), data.data() + offset, bytes.size());
  return bytes;
}

Result parse_binary(std::string_view data) {
  if (data.size() < kFixed2) return incomplete();
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(data[at]); };
  const unsigned version = byte(12) >> 4;
  const unsigned command = byte(12) & 15;
  const unsigned family = byte(13) >> 4;
  const std::size_t length = static_cast<std::size_t>(byte(14)) << 8 | byte(15);
  if (version != 2 || command > 1 || kFixed2 + length > kMaxProxyHeaderBytes) return bad();
  if (data.size() < kFixed2 + length) return incomplete();
  ProxyHeader header;
  header.bytes = kFixed2 + length;
  if (command == 0) return header;
  if (family == 1) {
    if (length < 12) return bad();
    header.client = ip::address_v4(bytes_at<ip::address_v4::bytes_type>(data, kFixed2));
  } else if (family == 2) {
    if (length < 36) return bad();
    header.client = ip::address_v6(bytes_at<ip::address_v6::bytes_type>(data, kFixed2));
  }
  return header;
}

bool could_be(std::string_view data, std::string_view signature) {
  const auto common = std::min(data.size(), signature.size());
  return data.substr(0, common) == signature.substr(0, common);
}

}  // namespace

Result parse_proxy_header(std::string_view data) {
  if (could_be(data, kSignature2)) {
    return data.size() < kSignature2.size() ? incomplete() : parse_binary(data);
  }
  if (could_be(data, kSignature1)) return parse_line(data);
  return bad();
}

}  // namespace cwmp
