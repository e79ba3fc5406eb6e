#include "bridge/linger.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Mode = LingerConfig::Mode;

LingerFacts after(milliseconds since) {
  LingerFacts facts;
  facts.since_operation = since;
  return facts;
}

TEST(Linger, IsForDevicesThatCannotBeCalledUnlessConfiguredOtherwise) {
  LingerConfig config;
  LingerFacts facts = after(seconds(0));
  const std::tuple<Mode, bool, bool> rows[] = {
      {Mode::kNever, false, false},      {Mode::kNever, true, false},
      {Mode::kUnreachable, false, true}, {Mode::kUnreachable, true, false},
      {Mode::kAlways, false, true},      {Mode::kAlways, true, true}};
  for (const auto& [mode, reachable, expected] : rows) {
    config.mode = mode;
    facts.reachable = reachable;
    EXPECT_EQ(linger_time(config, facts) > seconds(0), expected);
  }
}

TEST(Linger, FollowsAnOperationOnly) {
  const LingerConfig config;
  EXPECT_EQ(linger_time(config, LingerFacts{}), seconds(0));
  EXPECT_EQ(linger_time(config, after(seconds(0))), config.hold);
  EXPECT_EQ(linger_time(config, after(seconds(59))), seconds(1));
  EXPECT_EQ(linger_time(config, after(seconds(60))), seconds(0));
  EXPECT_EQ(linger_time(config, after(seconds(61))), seconds(0));
}

TEST(Linger, IsShorterWhereTheDeviceHasToTellChanges) {
  const LingerConfig config;
  LingerFacts facts = after(seconds(0));
  facts.watched = true;
  EXPECT_EQ(linger_time(config, facts), config.hold_while_watched);
  EXPECT_LT(config.hold_while_watched, config.hold);
}

TEST(Linger, EndsWithItsTotal) {
  const LingerConfig config;
  LingerFacts facts = after(seconds(0));
  facts.lingered = config.total - seconds(1);
  EXPECT_EQ(linger_time(config, facts), seconds(1));
  facts.lingered = config.total + seconds(1);
  EXPECT_EQ(linger_time(config, facts), seconds(0));
}

TEST(LingerRoom, TakesAsManyAsItHasPlaces) {
  LingerRoom room(2);
  EXPECT_TRUE(room.enter(1, [] {}));
  EXPECT_TRUE(room.enter(2, [] {}));
  EXPECT_FALSE(room.enter(3, [] {}));
  room.leave(1);
  EXPECT_TRUE(room.enter(3, [] {}));
  EXPECT_EQ(room.size(), 2U);
}

TEST(LingerRoom, SendsEveryoneAwayWhenItCloses) {
  LingerRoom room(4);
  int released = 0;
  room.enter(1, [&] { ++released; });
  room.enter(2, [&] { ++released; });
  room.leave(2);
  room.close();
  EXPECT_EQ(released, 1);
  EXPECT_FALSE(room.enter(3, [] {}));
}

}  // namespace
}  // namespace bridge
