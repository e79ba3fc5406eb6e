#include "bridge/in_flight.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

TEST(InFlight, TakesARowOnceUntilItIsDone) {
  InFlight rows;
  rows.begin_read();
  EXPECT_TRUE(rows.take(1));
  EXPECT_FALSE(rows.take(1));
  EXPECT_EQ(rows.size(), 1u);
  rows.done(1);
  rows.begin_read();
  EXPECT_TRUE(rows.take(1));
}

TEST(InFlight, LeavesARowThatArrivedWhileRowsWereRead) {
  InFlight rows;
  rows.begin_read();
  EXPECT_TRUE(rows.take(1));

  rows.begin_read();
  rows.done(1);
  EXPECT_FALSE(rows.take(1)) << "as the read has found it, it is due; as it is now, it is not";
  EXPECT_TRUE(rows.take(2));
}

}  // namespace
}  // namespace bridge
