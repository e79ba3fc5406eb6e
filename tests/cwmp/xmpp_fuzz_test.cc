// Drives the fuzzer's entry with recorded streams and with mutations of them, the same on each run.
#define LLVMFuzzerTestOneInput LLVMFuzzerTestOneStream  // both entries are in this binary
#include "tests/fuzz/xmpp_fuzz.cc"
#undef LLVMFuzzerTestOneInput

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

namespace {

using Random = std::mt19937;

std::vector<std::string> corpus() {
  std::vector<std::string> texts;
  const std::string folder = std::string(TEST_DATA_DIR) + "/xmpp";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".xml") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(file), {});
    // The stanzas alone, too: for a stream that is bound already.
    const auto header_end = text.find("xml:lang='en'>");
    if (header_end != std::string::npos) texts.push_back(text.substr(header_end + 14));
    texts.push_back(std::move(text));
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

std::size_t below(Random& random, std::size_t limit) { return limit == 0 ? 0 : random() % limit; }

void mutate(std::string& text, const std::vector<std::string>& others, Random& random) {
  constexpr std::string_view kTokens[] = {"<",
                                          ">",
                                          "&",
                                          "&#0;",
                                          "]]>",
                                          "<!--",
                                          "<![CDATA[",
                                          "<!DOCTYPE a>",
                                          "\"",
                                          "'",
                                          "/",
                                          "</a>",
                                          "<?xml?>",
                                          "\x02",
                                          "\xC3\xA9",
                                          "\xE9",
                                          "<a>",
                                          "<a/>",
                                          "iq",
                                          "type='get'",
                                          "</stream:stream>",
                                          " ",
                                          "xmlns=''",
                                          "stream:",
                                          "=",
                                          "&amp;",
                                          "&lt;",
                                          "&#x41;",
                                          "xmlns:x='u'",
                                          "<x:a>"};
  const std::size_t at = below(random, text.size() + 1);
  switch (below(random, 6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(below(random, 256));
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
      const std::string& other = others[below(random, others.size())];
      text.insert(at, other.substr(below(random, other.size()), below(random, 200)));
      break;
    }
    default:
      text.resize(at);
      break;
  }
}

void feed(const std::string& text, std::uint8_t piece) {
  const std::string input = static_cast<char>(piece) + text;
  LLVMFuzzerTestOneStream(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

TEST(XmppFuzz, TakesEveryRecordingInPieces) {
  for (const std::string& text : corpus()) {
    for (const int piece : {0, 1, 2, 3, 5, 8, 64, 255}) {
      feed(text, static_cast<std::uint8_t>(piece));
    }
  }
}

TEST(XmppFuzz, SurvivesMutatedRecordings) {
  const std::vector<std::string> texts = corpus();
  ASSERT_FALSE(texts.empty());
  Random random(20261121);
  for (int round = 0; round < 3'000; ++round) {
    std::string text = texts[below(random, texts.size())];
    for (std::size_t i = 1 + below(random, 4); i > 0; --i) mutate(text, texts, random);
    feed(text, static_cast<std::uint8_t>(below(random, 256)));
  }
}

TEST(XmppRecordings, AreReadToTheirEnds) {
  for (const std::string& text : corpus()) {
    const Reading reading = read_in_pieces(text, text.size());
    if (!text.starts_with("<?xml")) continue;
    EXPECT_GE(reading.headers, 1U);
    EXPECT_EQ(reading.condition, "");
    EXPECT_FALSE(reading.elements.empty());
  }
}

}  // namespace
