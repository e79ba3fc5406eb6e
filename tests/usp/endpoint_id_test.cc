#include "usp/endpoint_id.h"

#include <gtest/gtest.h>

namespace usp {
namespace {

TEST(UspEndpointId, FollowsTheIdentity) {
  EXPECT_EQ(make_endpoint_id({"00D09E", "Router", "S1"}), "ops::00D09E-Router-S1");
  EXPECT_EQ(make_endpoint_id({"00D09E", "", "S1"}), "os::00D09E-S1");
}

TEST(UspEndpointId, KeepsIdentitiesApart) {
  EXPECT_EQ(make_endpoint_id({"00D09E", "A-B", "C"}), "ops::00D09E-A%2DB-C");
  EXPECT_EQ(make_endpoint_id({"00D09E", "A", "B-C"}), "ops::00D09E-A-B%2DC");
  EXPECT_EQ(make_endpoint_id({"00D09E", "\xc3\xa9 %", "1"}), "ops::00D09E-%C3%A9%20%25-1");
}

TEST(UspEndpointId, PutsThePrefixBeforeTheSerialNumber) {
  EXPECT_EQ(make_endpoint_id({"00D09E", "R", "1"}, "br_"), "ops::00D09E-R-br_1");
}

TEST(UspEndpointId, FallsBackToAUuid) {  // R-ARC.6, R-MQTT.25
  const std::string fits(50 - 7, 'x');
  EXPECT_EQ(make_endpoint_id({"00D09E", "", fits}), "os::00D09E-" + fits);
  const std::string longer = make_endpoint_id({"00D09E", "", fits + "x"});
  EXPECT_EQ(longer.size(), 6U + 36U);
  EXPECT_EQ(longer.substr(0, 6), "uuid::");
  EXPECT_EQ(longer[6 + 14], '5');
  EXPECT_EQ(longer, make_endpoint_id({"00D09E", "", fits + "x"}));
  EXPECT_NE(longer, make_endpoint_id({"00D09E", "", fits + "y"}));
  EXPECT_EQ(make_endpoint_id({"00D09E", "a/b", "1"}).substr(0, 6), "uuid::");
}

TEST(UspEndpointId, KnowsOnesThatCanBe) {
  for (const char* id : {"os::012345-A1", "oui:00256D:my-unique-bbf-id-42", "self::c", "self:1:c",
                         "ops::00D09E-A%2DB-C", "proto::x.y_z", "uuid::f81d4fae-7dec-11d0"}) {
    EXPECT_TRUE(is_endpoint_id(id)) << id;
    EXPECT_TRUE(is_endpoint_id(make_endpoint_id({"00D09E", id, "1"})));
  }
  for (const char* id : {"", "os", "os:", "os::", "os::a/b", "os::a+b", "os::a b", "o s::a"}) {
    EXPECT_FALSE(is_endpoint_id(id)) << id;
  }
  EXPECT_TRUE(is_endpoint_id("os::" + std::string(kMaxEndpointIdBytes - 4, 'a')));
  EXPECT_FALSE(is_endpoint_id("os::" + std::string(kMaxEndpointIdBytes - 3, 'a')));
}

}  // namespace
}  // namespace usp
