#include "bridge/request_pace.h"

#include <gtest/gtest.h>

#include "bridge/config.h"

namespace bridge {
namespace {

using namespace std::chrono_literals;

ControllerConfig controller(const std::string& id, double rate, std::uint32_t burst) {
  ControllerConfig config;
  config.endpoint_id = id;
  config.requests_per_second = rate;
  config.request_burst = burst;
  return config;
}

const RequestPace::Time kStart = RequestPace::Time{} + 1000h;

int taken(RequestPace& pace, const std::string& id, RequestPace::Time now, int tries) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += pace.take(id, now) ? 1 : 0;
  return count;
}

TEST(RequestPace, LetsABurstThroughAndThenTheRate) {
  RequestPace pace({controller("self::a", 2, 5)});
  EXPECT_EQ(taken(pace, "self::a", kStart, 100), 5);
  EXPECT_EQ(taken(pace, "self::a", kStart + 499ms, 100), 0);
  EXPECT_EQ(taken(pace, "self::a", kStart + 500ms, 100), 1);
  EXPECT_EQ(taken(pace, "self::a", kStart + 1500ms, 100), 2);
  EXPECT_EQ(taken(pace, "self::a", kStart + 1h, 100), 5) << "no more is saved up";
}

TEST(RequestPace, WithoutABurstThatOfASecondIsOne) {
  RequestPace pace({controller("self::a", 10, 0), controller("self::b", 0.5, 0)});
  EXPECT_EQ(taken(pace, "self::a", kStart, 100), 10);
  EXPECT_EQ(taken(pace, "self::b", kStart, 100), 1);
  EXPECT_EQ(taken(pace, "self::b", kStart + 2s, 100), 1);
}

TEST(RequestPace, OneControllersRequestsAreNotAnothers) {
  RequestPace pace(
      {controller("self::a", 1, 1), controller("self::b", 1, 1), controller("self::free", 0, 0)});
  EXPECT_EQ(taken(pace, "self::a", kStart, 10), 1);
  EXPECT_EQ(taken(pace, "self::b", kStart, 10), 1);
  EXPECT_EQ(taken(pace, "self::free", kStart, 10), 10);
  EXPECT_EQ(taken(pace, "self::unknown", kStart, 10), 10);
}

TEST(RequestPace, ATimeThatGoesBackGivesNothing) {
  RequestPace pace({controller("self::a", 1, 1)});
  EXPECT_EQ(taken(pace, "self::a", kStart, 1), 1);
  EXPECT_EQ(taken(pace, "self::a", kStart - 10s, 1), 0);
  EXPECT_EQ(taken(pace, "self::a", kStart + 999ms, 1), 0);
  EXPECT_EQ(taken(pace, "self::a", kStart + 1s, 1), 1);
}

}  // namespace
}  // namespace bridge
