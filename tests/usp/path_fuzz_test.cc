// Drives the fuzz entry with a fixed set of mutations, so that every build runs it.
#include "tests/fuzz/path_fuzz.cc"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace {

TEST(UspFuzz, PathsSurviveMutation) {
  const std::vector<std::string> seeds = {
      "Device.IP.Interface.[Name==\"e%22%25\"&&Stats.ErrorsSent>=010].IPv4Address.*.Status",
      "Device.WiFi.SSID.1.LowerLayers#*+.Name",
      "Device.A.[B#2+.C~=\"x\"&&D<2021-06-06T08:00:00Z].E()",
      "Device.T.{i}.U.{i}.Boot!",
      "2024-02-29T23:59:59.5+02:00",
      "-00012.500",
      "YWJj=="};
  std::mt19937 random(7);
  const std::string alphabet = ".*[]\"%25=!<>~&#+(){i}09aZ_- T:Z";
  for (int round = 0; round < 60000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (auto edit = random() % 6; edit > 0 && !text.empty(); --edit) {
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = alphabet[random() % alphabet.size()];
          break;
        case 1:
          text.erase(at, 1 + random() % 4);
          break;
        default:
          text.insert(at, 1, alphabet[random() % alphabet.size()]);
          break;
      }
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  }
}

}  // namespace
