#include "bridge/control/names.h"

#include <gmock/gmock.h>

namespace bridge::control {
namespace {

TEST(ResourceNames, EncodeEverythingButTheCharactersOfANameSegment) {
  const std::pair<std::string, std::string> names[] = {
      {"ops::00D09E-Gateway-0001", "devices/ops::00D09E-Gateway-0001"},
      {"os::00D09E-a.b_c~d", "devices/os::00D09E-a.b_c~d"},
      {"a/b", "devices/a%2Fb"},
      {"50%25", "devices/50%2525"},
      {"a b+c", "devices/a%20b%2Bc"},
      {"\xc3\xa9", "devices/%C3%A9"},
      {std::string("\0\x7f", 2), "devices/%00%7F"},
  };
  for (const auto& [id, name] : names) {
    EXPECT_EQ(device_name(id), name);
    EXPECT_EQ(parse_device_name(name), id);
  }
}

TEST(ResourceNames, ComeBackForEveryByte) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string id = "x" + std::string(1, static_cast<char>(byte));
    EXPECT_EQ(parse_device_name(device_name(id)), id) << byte;
    auto operation = parse_operation_name(operation_name(id, 5));
    ASSERT_TRUE(operation) << byte;
    EXPECT_EQ(operation->endpoint_id, id);
  }
}

TEST(ResourceNames, OfCredentialsComeBackForEveryByte) {
  EXPECT_EQ(credential_name("00D09E-A%2DB-1"), "credentials/00D09E-A%252DB-1");
  for (int byte = 0; byte < 256; ++byte) {
    const std::string username(1, static_cast<char>(byte));
    EXPECT_EQ(parse_credential_name(credential_name(username)), username) << byte;
  }
  for (const char* name : {"", "credentials/", "credentials/a/b", "devices/a", "credentials/%4"}) {
    EXPECT_EQ(parse_credential_name(name), std::nullopt) << name;
  }
}

TEST(ResourceNames, TakeHexDigitsOfEitherCase) {
  EXPECT_EQ(parse_device_name("devices/%c3%A9"), "\xc3\xa9");
}

TEST(ResourceNames, OfDevicesAreRefusedInAnyOtherForm) {
  for (const char* name : {"",
                           "devices",
                           "devices/",
                           "device/x",
                           "Devices/x",
                           "/devices/x",
                           " devices/x",
                           "x",
                           "devices//x",
                           "devices/x/",
                           "devices/x/operations/1",
                           "devices/a/b",
                           "devices/%",
                           "devices/%4",
                           "devices/%4x",
                           "devices/%x4",
                           "devices/%-1",
                           "devices/%+1",
                           "devices/% 1",
                           "devices/ab%2"}) {
    EXPECT_EQ(parse_device_name(name), std::nullopt) << name;
  }
}

TEST(ResourceNames, OfOperationsHoldTheDeviceAndAPositiveNumber) {
  EXPECT_EQ(operation_name("os::1/2", 42), "devices/os::1%2F2/operations/42");
  auto parsed = parse_operation_name("devices/os::1%2F2/operations/42");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->endpoint_id, "os::1/2");
  EXPECT_EQ(parsed->id, 42);
  parsed = parse_operation_name("devices/x/operations/1");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, 1);
  parsed = parse_operation_name("devices/x/operations/9223372036854775807");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->id, INT64_MAX);
}

TEST(ResourceNames, OfOperationsAreRefusedInAnyOtherForm) {
  for (const char* name : {"",
                           "devices/x",
                           "devices/x/operations",
                           "devices/x/operations/",
                           "devices/x/operations/0",
                           "devices/x/operations/-1",
                           "devices/x/operations/+1",
                           "devices/x/operations/ 1",
                           "devices/x/operations/1 ",
                           "devices/x/operations/1x",
                           "devices/x/operations/0x1",
                           "devices/x/operations/9223372036854775808",
                           "devices/x/operations/1/",
                           "devices/x/operations/1/operations/2",
                           "devices//operations/1",
                           "devices/operations/1",
                           "operations/1",
                           "/operations/1",
                           "devices/%/operations/1",
                           "devices/a/b/operations/1"}) {
    EXPECT_FALSE(parse_operation_name(name)) << name;
  }
}

TEST(ControlNames, NameFreezesByTheirNumber) {
  EXPECT_EQ(freeze_name(7), "freezes/7");
  EXPECT_EQ(parse_freeze_name("freezes/7"), 7);
  for (const char* name : {"", "freezes", "freezes/", "freezes/0", "freezes/-1", "freezes/7/",
                           "freezes/x", "freezes/9223372036854775808", "devices/7"}) {
    EXPECT_FALSE(parse_freeze_name(name)) << name;
  }
}

}  // namespace
}  // namespace bridge::control
