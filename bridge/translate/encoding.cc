#include "bridge/translate/encoding.h"

#include <array>
#include <boost/algorithm/hex.hpp>
#include <charconv>
#include <iterator>
#include <utility>

#include "bridge/translate/text.h"
#include "cwmp/auth_fields.h"

namespace bridge::translate {

namespace {

template <class Number>
Number number_in(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? number : 0;
}

}  // namespace

std::uint32_t to_number(std::string_view text) { return number_in<std::uint32_t>(text); }
std::uint64_t to_number64(std::string_view text) { return number_in<std::uint64_t>(text); }

std::vector<std::uint32_t> numbers_in(std::string_view path) {
  std::vector<std::uint32_t> numbers;
  for (const std::string_view segment : split(path, '.')) {
    if (const std::uint32_t number = to_number(segment); number != 0) numbers.push_back(number);
  }
  return numbers;
}

bool is_hex(std::string_view text) {
  return text.size() % 2 == 0 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string to_hex(std::string_view octets) {
  std::string out;
  boost::algorithm::hex(octets, std::back_inserter(out));
  return out;
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (!is_hex(hex)) return std::nullopt;
  std::string out;
  boost::algorithm::unhex(hex, std::back_inserter(out));
  return out;
}

std::optional<std::string> base64_to_hex(std::string_view base64) {
  const auto octets = cwmp::auth::decode_base64(base64);
  if (!octets) return std::nullopt;
  return to_hex(*octets);
}

std::optional<std::string> hex_to_base64(std::string_view hex) {
  const auto octets = from_hex(hex);
  if (!octets) return std::nullopt;
  return cwmp::auth::encode_base64(*octets);
}

KeyReference::KeyReference(std::string_view argument) {
  const std::size_t last = argument.rfind(',');
  const std::size_t middle = argument.rfind(',', last - 1);
  path = argument.substr(0, middle);
  param = argument.substr(middle + 1, last - middle - 1);
  none = argument.substr(last + 1);
}

std::string KeyReference::path_of(std::string_view number) const {
  return path.substr(0, path.find('{')) + std::string(number);
}

}  // namespace bridge::translate
