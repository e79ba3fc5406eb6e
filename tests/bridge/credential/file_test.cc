#include "bridge/credential/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<CredentialEntry> entries_of(std::string_view text) {
  std::vector<CredentialEntry> all;
  read_credential_file(text, 2, [&](std::vector<CredentialEntry> batch) {
    EXPECT_LE(batch.size(), 2U);
    all.insert(all.end(), batch.begin(), batch.end());
    return true;
  });
  return all;
}

std::vector<CredentialMistake> mistakes_of(std::string_view text) {
  return check_credential_file(text, {"shared"}).listed;
}

/// The one mistake of a file of one line.
std::string mistake_of(std::string_view line) {
  const auto mistakes = mistakes_of(line);
  if (mistakes.empty()) return "none";
  EXPECT_THAT(mistakes, SizeIs(1));
  EXPECT_EQ(mistakes[0].line, 1U);
  return mistakes[0].text;
}

TEST(CredentialFile, ReadsUserNamePasswordAndIdentity) {
  EXPECT_THAT(entries_of("a,1\n b , 2 ,00D09E,Gateway,S1\nc,3,00D09E,,S2"),
              ElementsAre(CredentialEntry{"a", "1", "", "", ""},
                          CredentialEntry{"b", "2", "00D09E", "Gateway", "S1"},
                          CredentialEntry{"c", "3", "00D09E", "", "S2"}));
}

TEST(CredentialFile, PassesOverCommentsEmptyLinesTheHeadingAndAByteOrderMark) {
  const std::string text =
      "\xef\xbb\xbf# ours\r\n\r\nusername,password,oui,product_class,serial_number\r\n  "
      "\r\na,1\r\n";
  EXPECT_THAT(entries_of(text), ElementsAre(CredentialEntry{"a", "1", "", "", ""}));
  EXPECT_EQ(check_credential_file(text, {}).entries, 1U);
}

TEST(CredentialFile, TakesAHeadingInTheFirstLineOnly) {
  EXPECT_THAT(entries_of("a,1\nusername,password\n"), SizeIs(2));
}

TEST(CredentialFile, KeepsWhatIsQuotedAsItIs) {
  EXPECT_THAT(entries_of(R"("#a", " p,""q"" " ,)"
                         ",,\n\"b\xc3\xa9\",#x"),
              ElementsAre(CredentialEntry{"#a", " p,\"q\" ", "", "", ""},
                          CredentialEntry{"b\xc3\xa9", "#x", "", "", ""}));
}

TEST(CredentialFile, SaysWhatIsWrongWithALine) {
  const std::string long_text(257, 'x');
  const std::vector<std::pair<std::string, std::string>> table = {
      {"a", "expected 2 or 5 fields, not 1"},
      {"a,b,c", "expected 2 or 5 fields, not 3"},
      {"a,b,c,d,e,f", "more than 5 fields"},
      {"\"a,b", "a quote is not closed"},
      {"\"a\"x,b", "text after a closing quote"},
      {"a\"x,b", "a quote inside a field"},
      {",b", "username is empty"},
      {"a,", "password is empty"},
      {"a:b,c", "username holds a colon"},
      {"a,b\x01", "password holds a control character"},
      {"a,b\xff", "password is not UTF-8"},
      {"a\xc0\xaf,b", "username is not UTF-8"},
      {"a\xed\xa0\x80,b", "username is not UTF-8"},
      {"a\xe2\x82,b", "username is not UTF-8"},
      {long_text + ",b", "username is longer than 256 bytes"},
      {"a," + long_text, "password is longer than 256 bytes"},
      {"a,b,00D09E,Gateway,", "an identity needs a serial_number"},
      {"a,b,,Gateway,1", "an identity needs an oui"},
      {"a,b,00D09EF,Gateway,1", "oui is longer than 6 bytes"},
      {"a,b,00D09E," + std::string(65, 'x') + ",1", "product_class is longer than 64 bytes"},
      {"shared,b", "is that of cwmp.auth.shared"},
  };
  for (const auto& [line, text] : table) {
    EXPECT_THAT(mistake_of(line), HasSubstr(text)) << line;
  }
}

TEST(CredentialFile, TakesTextsOfTheLongestLength) {
  const std::string text(256, 'x');
  EXPECT_THAT(
      mistakes_of(text + "," + text + ",00D09E," + text.substr(0, 64) + "," + text.substr(0, 64)),
      IsEmpty());
}

TEST(CredentialFile, ReportsEveryMistakeWithItsLine) {
  const CredentialCheck check = check_credential_file("a,1\nb\n# x\na,2\n,3\n", {});
  EXPECT_EQ(check.mistakes, 3U);
  ASSERT_THAT(check.listed, SizeIs(3));
  EXPECT_EQ(check.listed[0].line, 2U);
  EXPECT_EQ(check.listed[1], (CredentialMistake{4, "username a is there already, in line 1"}));
  EXPECT_EQ(check.listed[2].line, 5U);
}

TEST(CredentialFile, ListsAThousandMistakesAndCountsTheRest) {
  std::string text;
  for (std::size_t i = 0; i < CredentialCheck::kMaxListed + 1; ++i) text += "x\n";
  const CredentialCheck check = check_credential_file(text, {});
  EXPECT_EQ(check.mistakes, CredentialCheck::kMaxListed + 1);
  EXPECT_THAT(check.listed, SizeIs(CredentialCheck::kMaxListed));
}

TEST(CredentialFile, NeverQuotesAPassword) {
  for (const char* line : {"a,needle,b", "a:b,needle", "a,\"needle", "a,needle\x01", ",needle"}) {
    EXPECT_THAT(mistake_of(line), Not(HasSubstr("needle"))) << line;
  }
}

TEST(CredentialFile, StopsWhenItIsTold) {
  int calls = 0;
  read_credential_file("a,1\nb,2\nc,3\n", 1,
                       [&](std::vector<CredentialEntry>) { return ++calls < 2; });
  EXPECT_EQ(calls, 2);
}

TEST(CredentialFile, SaysThatItCannotBeRead) {
  const auto none = load_credential_file(testing::TempDir() + "/no-such-file.csv");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace bridge
