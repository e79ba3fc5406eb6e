// Secrets that the bridge makes for its devices.
#pragma once

#include <random>
#include <string>
#include <string_view>

namespace bridge {

/// 128 random bits as 26 letters and digits, a text that every CPE can store.
inline std::string random_secret() {
  std::random_device source;
  std::string out;
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  for (int i = 0; i < 26; ++i) out += kAlphabet[source() % kAlphabet.size()];
  return out;
}

}  // namespace bridge
