#include "bridge/identity.h"

#include <gtest/gtest.h>

#include <set>

#include "usp/endpoint_id.h"

namespace bridge {
namespace {

cwmp::DeviceId device(std::string product_class, std::string serial) {
  return {"Maker", "00256D", std::move(product_class), std::move(serial)};
}

struct IdRow {
  std::string product_class;
  std::string serial;
  std::string expected;
};

TEST(EndpointIdOfDevice, FollowsTheFormsOfTheStandard) {
  const IdRow rows[] = {
      {"STB", "0123456789", "ops::00256D-STB-0123456789"},
      {"", "0123456789", "os::00256D-0123456789"},
      {"A-B", "C", "ops::00256D-A%2DB-C"},
      {"A", "B-C", "ops::00256D-A-B%2DC"},
      {"Box 7.1", "a_b", "ops::00256D-Box%207%2E1-a_b"},
  };
  for (const IdRow& row : rows) {
    EXPECT_EQ(endpoint_id(device(row.product_class, row.serial)), row.expected);
  }
}

TEST(EndpointIdOfDevice, FallsBackToUuidPastFiftyCharactersAndForSlashes) {
  const std::string fits(50 - std::string("00256D-STB-").size(), '1');
  EXPECT_TRUE(endpoint_id(device("STB", fits))->starts_with("ops::"));
  EXPECT_TRUE(endpoint_id(device("STB", fits + "1"))->starts_with("uuid::"));
  EXPECT_TRUE(endpoint_id(device("A/B", "1"))->starts_with("uuid::"));
}

// quirk 71
TEST(EndpointIdOfDevice, IsDifferentForDifferentIdentitiesAndTheSameForEver) {
  std::set<std::string> ids;
  for (const auto scheme : {EndpointIdRules::Scheme::kStandard, EndpointIdRules::Scheme::kUuid}) {
    for (const std::string prefix : {"", "cwmp_"}) {
      for (const auto& [cls, serial] : {std::pair<std::string, std::string>{"A-B", "C"},
                                        {"A", "B-C"},
                                        {"", "A-B-C"},
                                        {"AB", "C"},
                                        {"A", "BC"}}) {
        EXPECT_TRUE(ids.insert(*endpoint_id(device(cls, serial), {scheme, prefix})).second);
      }
    }
  }
  for (const std::string& id : ids) EXPECT_TRUE(usp::is_endpoint_id(id)) << id;
  EXPECT_EQ(endpoint_id(device("A", "1"), {EndpointIdRules::Scheme::kUuid, ""}),
            endpoint_id(device("A", "1"), {EndpointIdRules::Scheme::kUuid, ""}));
}

TEST(EndpointIdOfDevice, NeedsASerialNumber) {
  EXPECT_FALSE(endpoint_id(device("STB", "")).has_value());
}

TEST(EndpointIdOfDevice, PutsThePrefixBeforeTheSerialNumber) {
  EXPECT_EQ(endpoint_id(device("STB", "1"), {EndpointIdRules::Scheme::kStandard, "cwmp_"}),
            "ops::00256D-STB-cwmp_1");
  EXPECT_EQ(check_prefix("cwmp_"), "");
  EXPECT_EQ(check_prefix(std::string(16, 'a')), "");
  EXPECT_NE(check_prefix(std::string(17, 'a')), "");
  EXPECT_NE(check_prefix("a-b"), "");
}

TEST(NameOfACertificate, IsOuiAndSerialNumberWithOrWithoutProductClass) {
  const cwmp::DeviceId id = device("STB", "S-1/x");
  const std::pair<const char*, bool> rows[] = {{"00256D-S%2D1/x", true},
                                               {"00256D-STB-S%2D1/x", true},
                                               {"00256D-S%2D1%2Fx", true},
                                               {"00256d-STB-S%2d1/x", true},
                                               {"00256D-STB-S-1/x", false},
                                               {"00256D-S-1/x", false},
                                               {"00256E-STB-S%2D1/x", false},
                                               {"00256D-STC-S%2D1/x", false},
                                               {"00256D-STB-S%2D2", false},
                                               {"00256D", false},
                                               {"", false},
                                               {"00256D-STB-S%2D1/x-", false},
                                               {"00256D-STB-S%2", false},
                                               {"00256D-STB-S%zz1/x", false},
                                               {"00256D--S%2D1/x", false}};
  for (const auto& [name, expected] : rows) EXPECT_EQ(names_device(name, id), expected) << name;
}

// A certificate for product class "A" and serial number "B-C" must not be one for "A-B" and "C".
TEST(NameOfACertificate, IsThatOfOneDeviceOnly) {
  EXPECT_FALSE(names_device("00256D-A-B-C", device("A", "B-C")));
  EXPECT_FALSE(names_device("00256D-A-B-C", device("A-B", "C")));
  EXPECT_TRUE(names_device("00256D-A-B%2DC", device("A", "B-C")));
  EXPECT_FALSE(names_device("00256D-A-B%2DC", device("A-B", "C")));
  EXPECT_FALSE(names_device("00256D-", device("", "")));
}

TEST(NameUuid, IsVersionFiveOfTheVariantInTheStandard) {
  const std::string uuid = name_uuid("x");
  ASSERT_EQ(uuid.size(), 36);
  EXPECT_EQ(uuid[14], '5');
  EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
  EXPECT_NE(uuid, name_uuid("y"));
}

}  // namespace
}  // namespace bridge
