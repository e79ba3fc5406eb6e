#include "bridge/stun_handler.h"

#include <gtest/gtest.h>

#include "bridge/random_text.h"

namespace bridge {
namespace {

// RFC 3489 11.2.6: so no client has to fill it up.
TEST(StunUsername, IsAMultipleOfFourAndLeadsBackToItsDevice) {
  for (std::int64_t id = 1; id < 5'000'000'000'000; id = id * 7 + 1) {
    const std::string name = make_stun_username(id, random_secret());
    EXPECT_EQ(name.size() % 4, 0U) << name;
    EXPECT_GE(name.size() - name.find('-'), 7U) << name;
    EXPECT_EQ(device_of_stun_username(name), id) << name;
  }
}

TEST(StunUsername, AnyOtherIsNobodys) {
  for (const char* name :
       {"", "d", "d-abcdef", "7-abcdef", "d7", "d7abcdef", "d-7-abc", "d0-abcdef", "dx-abcdef",
        "d99999999999999999999-abc", "D7-abcdef", " d7-abcdef"}) {
    EXPECT_EQ(device_of_stun_username(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace bridge
