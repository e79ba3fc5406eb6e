// quirk 71: a serial number that two devices use.
#include "bridge/clone_watch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace bridge {
namespace {

constexpr std::int64_t kHour = 3'600'000;

struct CloneWatchTest : testing::Test {
  bool any(const std::vector<std::string>& addresses, std::int64_t step_ms = kHour) {
    bool suspected = false;
    for (const std::string& address : addresses) {
      suspected = watch.on_session(1, address, now += step_ms) || suspected;
    }
    return suspected;
  }
  CloneWatch watch;
  std::int64_t now = 0;
};

TEST_F(CloneWatchTest, SuspectsTwoAddressesThatTakeTurns) {
  EXPECT_FALSE(any({"192.0.2.1", "192.0.2.2", "192.0.2.1", "192.0.2.2", "192.0.2.1"}));
  EXPECT_TRUE(any({"192.0.2.2"}));
  EXPECT_FALSE(any({"192.0.2.1"})) << "told once";
}

TEST_F(CloneWatchTest, TakesADeviceThatMovesForWhatItIs) {
  EXPECT_FALSE(any({"192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2", "192.0.2.1"}));
}

TEST_F(CloneWatchTest, TakesACarriersNatForWhatItIs) {
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(any({"192.0.2." + std::to_string(i)}));
}

TEST_F(CloneWatchTest, LetsADeviceUseBothInternetProtocols) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(any({"192.0.2.1", "2001:db8::1"}));
}

TEST_F(CloneWatchTest, ForgetsTurnsThatAreFarApart) {
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(any({"192.0.2.1", "192.0.2.2"}, 25 * kHour));
}

TEST_F(CloneWatchTest, WatchesEachDeviceForItself) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(watch.on_session(1, "192.0.2.1", 0));
    EXPECT_FALSE(watch.on_session(2, "192.0.2.2", 0));
  }
}

}  // namespace
}  // namespace bridge
