// quirk 47: a device that calls and calls is told to wait.
#include "bridge/session_pace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Eq;
using testing::Optional;

constexpr std::int64_t kSecond = 1000;

SessionPace::Costs costs() { return {milliseconds(10), seconds(30), seconds(300)}; }

TEST(SessionPace, LetsADeviceRetryAsTheStandardWantsIt) {
  SessionPace pace(costs());
  std::int64_t now = 1;
  // TR-069 3.2.1.1, the shortest waits there are: 5 s, doubled up to the tenth retry.
  for (int retry = 1; retry <= 20; ++retry) {
    now += (5 << std::min(retry - 1, 9)) * kSecond;
    EXPECT_EQ(pace.begin(1, true, now), std::nullopt) << retry;
  }
}

TEST(SessionPace, LetsAStormInOnceForEachRetryInterval) {
  SessionPace pace(costs());
  int let_in = 0;
  std::int64_t now = 0;
  for (; now < 3600 * kSecond; now += 5 * kSecond) {
    if (!pace.begin(1, true, now)) ++let_in;
  }
  EXPECT_GE(let_in, 120);
  EXPECT_LE(let_in, 120 + 11) << "and the burst";
}

TEST(SessionPace, SaysHowLongToWait) {
  SessionPace pace(costs());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(pace.begin(1, true, 0), std::nullopt);
  const auto wait = pace.begin(1, true, 0);
  EXPECT_THAT(wait, Optional(Eq(seconds(30))));
  EXPECT_NE(pace.begin(1, true, 29'999), std::nullopt);
  EXPECT_EQ(pace.begin(1, true, 30'000), std::nullopt);
}

TEST(SessionPace, CountsEachDeviceForItself) {
  SessionPace pace(costs());
  while (!pace.begin(1, true, 0)) {
  }
  EXPECT_EQ(pace.begin(2, true, 0), std::nullopt);
}

TEST(SessionPace, HardlyNoticesSessionsThatAreNoRetries) {
  SessionPace pace(costs());
  for (std::int64_t now = 0; now < 3600 * kSecond; now += 100) {
    ASSERT_EQ(pace.begin(1, false, now), std::nullopt) << "ten a second";
  }
}

TEST(SessionPace, LimitsNothingAtNoCost) {
  SessionPace pace({milliseconds(0), milliseconds(0), seconds(1)});
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(pace.begin(1, i % 2 == 0, 0), std::nullopt);
  EXPECT_EQ(pace.size(), 0U);
}

TEST(SessionPace, LetsInWhoHasNoDebtThoughTheCostIsAboveTheBurst) {
  SessionPace pace({milliseconds(10), seconds(60), seconds(1)});
  EXPECT_EQ(pace.begin(1, true, 0), std::nullopt);
  EXPECT_THAT(pace.begin(1, true, 0), Optional(Eq(seconds(60))));
}

TEST(SessionPace, ForgetsWhoHasPaidAndHoldsABoundedNumber) {
  SessionPace pace(costs());
  for (std::int64_t device = 0; device < 10'000; ++device) pace.begin(device, false, device * 100);
  EXPECT_LE(pace.size(), 1024U);
  const auto most = static_cast<std::int64_t>(SessionPace::kMaxDevices);
  for (std::int64_t device = 0; device <= most; ++device) {
    EXPECT_EQ(pace.begin(device, true, 2'000'000), std::nullopt);
  }
  EXPECT_LE(pace.size(), SessionPace::kMaxDevices);
}

}  // namespace
}  // namespace bridge
