#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bridge/first_contact_budget.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FirstContactTurns : public testing::Test {
 protected:
  FirstContactBudget::Turn turn(const std::string& name) {
    return [this, name] { called_.push_back(name); };
  }

  std::vector<std::string> called_;
};

TEST_F(FirstContactTurns, AFreedPlaceCallsTheOneThatWaitsLongest) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  ASSERT_FALSE(budget.take());
  budget.wait_here(turn("first"));
  budget.wait_here(turn("second"));
  EXPECT_THAT(called_, IsEmpty());

  budget.give_back();

  EXPECT_THAT(called_, ElementsAre("first"));
  EXPECT_TRUE(budget.take());
}

TEST_F(FirstContactTurns, ThoseInASessionGoBeforeThoseThatMustBeWoken) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  budget.wait_away(turn("away"));
  budget.wait_here(turn("here"));

  budget.give_back();
  EXPECT_THAT(called_, ElementsAre("here"));
}

TEST_F(FirstContactTurns, MoreAreWokenThanThereArePlaces) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  for (std::size_t i = 0; i <= FirstContactBudget::kCallsPerPlace; ++i) {
    budget.wait_away(turn(std::to_string(i)));
  }

  budget.give_back();

  EXPECT_THAT(called_, ElementsAre("0", "1", "2", "3"));
  EXPECT_EQ(budget.waiting(), 1U);
}

TEST_F(FirstContactTurns, WhoNoLongerWantsItsTurnPassesItOn) {
  FirstContactBudget budget(2);
  budget.wait_here([&] {
    called_.push_back("no longer");
    budget.pass_on();
  });
  budget.wait_here(turn("next"));
  ASSERT_TRUE(budget.take());

  budget.pass_on();

  EXPECT_THAT(called_, ElementsAre("no longer", "next"));
  EXPECT_EQ(budget.waiting(), 0U);
}

TEST_F(FirstContactTurns, NobodyIsCalledWhileThereIsNoPlace) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  budget.wait_here(turn("here"));

  budget.pass_on();

  EXPECT_THAT(called_, IsEmpty());
  EXPECT_EQ(budget.used(), 1U);
}

}  // namespace
}  // namespace bridge
