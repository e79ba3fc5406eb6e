// Drives the fuzzer's entry with the recordings and with mutations of them, the same on each run.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/recording.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Random = std::mt19937;

std::vector<std::string> corpus() {
  std::vector<std::string> bodies;
  for (const support::Recording& recording : support::all_recordings()) {
    if (!recording.cpe.body.empty() && recording.cpe.body.size() < 6000) {
      bodies.push_back(recording.cpe.body);
    }
  }
  return bodies;
}

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

void mutate(std::string& text, const std::vector<std::string>& bodies, Random& random) {
  constexpr std::string_view kTokens[] = {
      "<",    ">",    "&",         "&#x2;",        "&#0;",     "]]>",
      "<!--", "-->",  "<![CDATA[", "<!DOCTYPE a>", "\"",       "xmlns:cwmp=\"\"",
      "/",    "</a>", "<?x?>",     "\x02",         "\xC3\xA9", "\xE9"};
  const std::size_t at = below(random, text.size() + 1);
  switch (below(random, 6)) {
    case 0:
      if (at < text.size()) {
        text[at] = static_cast<char>(below(random, 256));
      }
      break;
    case 1:
      text.insert(at, kTokens[below(random, std::size(kTokens))]);
      break;
    case 2:
      text.erase(at, below(random, 64));
      break;
    case 3:
      text.insert(at, text.substr(below(random, text.size()), below(random, 200)));
      break;
    case 4: {
      const std::string& other = bodies[below(random, bodies.size())];
      text.insert(at, other.substr(below(random, other.size()), below(random, 200)));
      break;
    }
    default:
      text.resize(at);
      break;
  }
}

void feed(const std::string& text, char label) {
  const std::string input = label + text;
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

TEST(CwmpSoapFuzz, TakesEveryRecordingWithEveryLabel) {
  for (const std::string& body : corpus()) {
    for (const char label : {'\0', '\1', '\2', '\3'}) {
      feed(body, label);
    }
  }
}

TEST(CwmpSoapFuzz, SurvivesMutatedRecordings) {
  const std::vector<std::string> bodies = corpus();
  ASSERT_FALSE(bodies.empty());
  Random random(20261121);
  for (int round = 0; round < 12'000; ++round) {
    std::string text = bodies[below(random, bodies.size())];
    for (std::size_t i = 1 + below(random, 4); i > 0; --i) {
      mutate(text, bodies, random);
    }
    feed(text, static_cast<char>(below(random, 4)));
  }
}

}  // namespace
