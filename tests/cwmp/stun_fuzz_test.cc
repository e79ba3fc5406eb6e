// Drives the fuzz entry with its corpus and with mutations of it, the same on each run.
#define LLVMFuzzerTestOneInput LLVMFuzzerTestOneStun  // the entry of SOAP is in this binary too
#include "tests/fuzz/stun_fuzz.cc"
#undef LLVMFuzzerTestOneInput

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

namespace {

std::vector<std::string> seeds() {
  std::vector<std::string> out;
  for (const auto& file :
       std::filesystem::directory_iterator(TEST_DATA_DIR "/../fuzz/corpus/stun")) {
    std::ifstream in(file.path(), std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  std::sort(out.begin(), out.end());
  return out;
}

void feed(const std::string& bytes) {
  LLVMFuzzerTestOneStun(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

/// Most mutations must get behind the check of the length.
void mend_length(std::string& bytes) {
  if (bytes.size() < 20) return;
  const std::size_t length = bytes.size() - 20;
  bytes[2] = static_cast<char>(length >> 8U & 0xffU);
  bytes[3] = static_cast<char>(length & 0xffU);
}

TEST(StunFuzz, TakesItsCorpusCutOffAnywhere) {
  for (const std::string& seed : seeds()) {
    for (std::size_t size = 0; size <= seed.size(); ++size) feed(seed.substr(0, size));
  }
}

TEST(StunFuzz, SurvivesMutatedSeeds) {
  const std::vector<std::string> all = seeds();
  ASSERT_FALSE(all.empty());
  std::mt19937 random(20260301);
  for (int round = 0; round < 60'000; ++round) {
    std::string bytes = all[random() % all.size()];
    for (auto edit = 1 + random() % 4; edit > 0 && !bytes.empty(); --edit) {
      const std::size_t at = random() % bytes.size();
      switch (random() % 4) {
        case 0:
          bytes[at] = static_cast<char>(random());
          break;
        case 1:
          bytes.erase(at, 1 + random() % 8);
          break;
        case 2:
          bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 32));
          break;
        default:
          bytes.insert(at, 1 + random() % 4, static_cast<char>(random()));
          break;
      }
    }
    if (random() % 8 != 0) mend_length(bytes);
    feed(bytes);
  }
}

}  // namespace
