#include "bridge/first_contact_budget.h"

#include <gmock/gmock.h>

#include <string>

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FirstContactBudgetTest : public testing::Test {
 protected:
  FirstContactBudget::Turn call(std::string name) {
    return [this, name] { called_.push_back(name); };
  }
  std::vector<std::string> called_;
};

TEST_F(FirstContactBudgetTest, GivesAsManyPlacesAsThereAreAndNotOneMore) {
  FirstContactBudget budget(2);
  EXPECT_TRUE(budget.take());
  EXPECT_TRUE(budget.take());
  EXPECT_EQ(budget.used(), 2U);
  EXPECT_FALSE(budget.take());
  EXPECT_EQ(budget.used(), 2U);
  budget.give_back();
  EXPECT_EQ(budget.used(), 1U);
  EXPECT_TRUE(budget.take());
}

TEST_F(FirstContactBudgetTest, GivesNoneWhenThereIsNone) {
  FirstContactBudget budget(0);
  EXPECT_FALSE(budget.take());
  budget.wait_here(call("here"));
  budget.pass_on();
  EXPECT_THAT(called_, IsEmpty());
}

TEST_F(FirstContactBudgetTest, CallsNobodyBeforeAPlaceIsFree) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  budget.wait_here(call("here"));
  budget.wait_away(call("away"));
  budget.pass_on();
  EXPECT_THAT(called_, IsEmpty());
  EXPECT_EQ(budget.waiting(), 2U);
}

TEST_F(FirstContactBudgetTest, CallsWhoIsHereBeforeWhoIsAwayEachInOrder) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  budget.wait_away(call("away"));
  budget.wait_here(call("here 1"));
  budget.wait_here(call("here 2"));
  budget.give_back();
  EXPECT_THAT(called_, ElementsAre("here 1"));
  ASSERT_TRUE(budget.take());
  budget.give_back();
  EXPECT_THAT(called_, ElementsAre("here 1", "here 2"));
  ASSERT_TRUE(budget.take());
  budget.give_back();
  EXPECT_THAT(called_, ElementsAre("here 1", "here 2", "away"));
  EXPECT_EQ(budget.waiting(), 0U);
}

TEST_F(FirstContactBudgetTest, CallsMoreOfThoseAwayThanThereArePlaces) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  for (std::size_t i = 0; i <= FirstContactBudget::kCallsPerPlace; ++i) {
    budget.wait_away(call(std::to_string(i)));
  }
  budget.give_back();
  EXPECT_THAT(called_, ElementsAre("0", "1", "2", "3"));
  EXPECT_EQ(budget.waiting(), 1U);
}

TEST_F(FirstContactBudgetTest, CallsAgainOnATimerSinceNoneOfThoseCalledMayHaveCome) {
  FirstContactBudget budget(1);
  for (int i = 0; i < 6; ++i) budget.wait_away(call(std::to_string(i)));
  budget.pass_on();
  EXPECT_EQ(called_.size(), 4U);
  budget.pass_on();
  EXPECT_EQ(called_.size(), 6U);
  budget.pass_on();
  EXPECT_EQ(called_.size(), 6U);
}

TEST_F(FirstContactBudgetTest, PassesOnAsManyTurnsAsThereAreFreePlaces) {
  FirstContactBudget budget(3);
  ASSERT_TRUE(budget.take());
  for (const char* name : {"a", "b", "c"}) budget.wait_here(call(name));
  budget.pass_on();
  EXPECT_THAT(called_, ElementsAre("a", "b"));
}

TEST_F(FirstContactBudgetTest, LetsATurnTakeItsPlaceAtOnce) {
  FirstContactBudget budget(1);
  ASSERT_TRUE(budget.take());
  bool got = false;
  budget.wait_here([&] { got = budget.take(); });
  budget.give_back();
  EXPECT_TRUE(got);
  EXPECT_EQ(budget.used(), 1U);
}

TEST_F(FirstContactBudgetTest, LetsATurnWaitAgain) {
  FirstContactBudget budget(1);
  budget.wait_here([&] { budget.wait_here(call("again")); });
  budget.pass_on();
  EXPECT_EQ(budget.waiting(), 1U);
  budget.pass_on();
  EXPECT_THAT(called_, ElementsAre("again"));
}

}  // namespace
}  // namespace bridge
