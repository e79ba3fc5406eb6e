#include "bridge/credential/rotation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "bridge/credential/entry.h"

namespace bridge {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

std::string named(const DeviceIdentity& identity, int attempt = 1) {
  return rotated_username(kDefaultRotatedUsername, identity, attempt);
}

TEST(RotatedUsername, IsTheIdentity) {
  EXPECT_EQ(named({"00D09E", "Gateway", "0001"}), "00D09E-Gateway-0001");
  EXPECT_EQ(named({"00D09E", "", "0001"}), "00D09E--0001");
  EXPECT_EQ(rotated_username("cpe.{serial_number}@{oui}", {"00D09E", "Gateway", "1"}, 1),
            "cpe.1@00D09E");
}

TEST(RotatedUsername, EncodesWhatWouldMakeTwoDevicesOne) {
  EXPECT_EQ(named({"00D09E", "A-B", "C"}), "00D09E-A%2DB-C");
  EXPECT_EQ(named({"00D09E", "A", "B-C"}), "00D09E-A-B%2DC");
  EXPECT_EQ(named({"00D09E", "a:\"\xc3\xa9", "{oui}"}), "00D09E-a%3A%22%C3%A9-%7Boui%7D");
}

TEST(RotatedUsername, IsNumberedWhenItIsTaken) {
  EXPECT_EQ(named({"00D09E", "Gateway", "1"}, 2), "00D09E-Gateway-1-2");
  EXPECT_EQ(named({"00D09E", "Gateway", "1"}, 3), "00D09E-Gateway-1-3");
}

TEST(RotatedUsername, IsAUuidWhereADeviceCouldNotStoreIt) {
  const DeviceIdentity longest{"00D09E", std::string(64, '/'), std::string(64, '/')};
  const std::string name = named(longest, 2);
  EXPECT_THAT(name, MatchesRegex("[0-9a-f]+-[0-9a-f]+-5[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-2"));
  EXPECT_NE(name, named({"00D09E", longest.product_class, std::string(63, '/')}, 2));
  EXPECT_EQ(named({"00D09E", std::string(56, 'x'), std::string(64, '/')}).size(), 256U);
  EXPECT_EQ(named({"00D09E", std::string(57, 'x'), std::string(64, '/')}).size(), 36U);
}

TEST(RotatedUsername, HasATemplateThatTellsDevicesApart) {
  EXPECT_EQ(check_username_template(kDefaultRotatedUsername), "");
  EXPECT_EQ(check_username_template("{serial_number}"), "");
  EXPECT_THAT(check_username_template("{oui}-{product_class}"), HasSubstr("{serial_number}"));
  for (const char* wrong : {"{serial_number}:x", "a b{serial_number}", "{serial_number}{model}",
                            "{serial_number}\"", "{serial_number}%41", "{serial_number}\xc3\xa9"}) {
    EXPECT_THAT(check_username_template(wrong), HasSubstr("may hold")) << wrong;
  }
  EXPECT_THAT(check_username_template("{serial_number}" + std::string(65, 'x')),
              HasSubstr("at most 64"));
}

TEST(RotatedPassword, IsOf32CharactersThatEveryDeviceTakes) {
  std::vector<std::uint8_t> random(kRotatedPasswordBytes);
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::uint8_t>(i * 37);
  const std::string password = random_password(random);
  EXPECT_THAT(password, MatchesRegex("[A-Za-z0-9]+"));
  EXPECT_EQ(password.size(), 32U);
  EXPECT_EQ(check_credential({"u", password, "", "", ""}), "");
}

TEST(RotatedPassword, HasEachCharacterAsOftenAsAnother) {
  std::vector<int> counts(256, 0);
  for (int byte = 0; byte < 256; ++byte) {
    const std::vector<std::uint8_t> random(kRotatedPasswordChars, static_cast<std::uint8_t>(byte));
    const std::string password = random_password(random);
    if (!password.empty()) ++counts[static_cast<unsigned char>(password[0])];
  }
  for (char c : std::string("AZaz09m")) EXPECT_EQ(counts[static_cast<unsigned char>(c)], 4) << c;
}

TEST(RotatedPassword, IsNoneWithTooLittleRandomness) {
  const std::vector<std::uint8_t> little(kRotatedPasswordChars - 1, 1);
  EXPECT_EQ(random_password(little), "");
  const std::vector<std::uint8_t> unusable(kRotatedPasswordBytes, 255);
  EXPECT_EQ(random_password(unusable), "");
}

}  // namespace
}  // namespace bridge
