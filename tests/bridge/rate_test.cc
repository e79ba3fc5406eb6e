#include "bridge/rate.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

using namespace std::chrono_literals;

const std::chrono::steady_clock::time_point kStart{std::chrono::hours(1)};

TEST(Rate, LetsAsManyThroughAsHaveComeTogether) {
  Rate rate(2, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.take(kStart));
  EXPECT_FALSE(rate.take(kStart));
  EXPECT_FALSE(rate.take(kStart + 499ms));
  EXPECT_TRUE(rate.take(kStart + 500ms));
  EXPECT_FALSE(rate.take(kStart + 500ms));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rate.take(kStart + 1h));
  EXPECT_FALSE(rate.take(kStart + 1h));
}

TEST(Rate, SaysOnceHowManyWereRefused) {
  Rate rate(1, 1);
  rate.take(kStart);
  rate.take(kStart);
  rate.take(kStart);
  EXPECT_EQ(rate.take_refused(), 2U);
  EXPECT_EQ(rate.take_refused(), 0U);
}

}  // namespace
}  // namespace bridge
