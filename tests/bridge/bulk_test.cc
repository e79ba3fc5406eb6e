#include "bridge/bulk.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

BulkItemRow item(std::int64_t number) {
  BulkItemRow row;
  row.number = number;
  row.endpoint_id = "d" + std::to_string(number);
  return row;
}

/// A bulk operation over devices 1 to `total`, some of which fail.
struct BulkTest : testing::Test {
  void start(std::uint64_t total, Bulk::Limits limits) {
    bulk.emplace(limits, BulkCounts{.pending = total});
    for (std::uint64_t i = 1; i <= total; ++i) stored.push_back(item(static_cast<int>(i)));
  }
  /// Until there is nothing to do: "1" begun, "1 again", "end succeeded".
  std::vector<std::string> run() {
    std::vector<std::string> out;
    for (;;) {
      Bulk::Step step = bulk->next();
      if (auto* begin = std::get_if<Bulk::Begin>(&step)) {
        out.push_back(std::to_string(begin->item.number) + (begin->again ? " again" : ""));
      } else if (auto* load = std::get_if<Bulk::Load>(&step)) {
        bulk->on_loaded(pending_after(load->after_number, load->limit));
      } else if (auto* end = std::get_if<Bulk::End>(&step)) {
        out.push_back(kEnds.at(static_cast<std::size_t>(end->state)));
        return out;
      } else {
        return out;
      }
    }
  }
  std::vector<BulkItemRow> pending_after(std::int64_t number, std::size_t limit) {
    ++loads;
    std::vector<BulkItemRow> out;
    for (const BulkItemRow& row : stored) {
      if (row.number > number && out.size() < limit) out.push_back(row);
    }
    return out;
  }
  std::vector<std::string> done(bool good) {
    bulk->on_done(good);
    return run();
  }

  const std::vector<std::string> kEnds{"end running", "end succeeded", "end failed", "end stopped",
                                       "end cancelled"};
  std::optional<Bulk> bulk;
  std::vector<BulkItemRow> stored;
  int loads = 0;
};

TEST_F(BulkTest, BeginsAsManyAsMayRunAndOneMoreForEachThatEnds) {
  start(4, {.concurrency = 2});
  EXPECT_THAT(run(), ElementsAre("1", "2"));
  EXPECT_EQ(bulk->counts(), (BulkCounts{.running = 2, .pending = 2}));
  EXPECT_THAT(done(true), ElementsAre("3"));
  EXPECT_THAT(done(true), ElementsAre("4"));
  EXPECT_THAT(done(true), IsEmpty());
  EXPECT_THAT(done(true), ElementsAre("end succeeded"));
  EXPECT_EQ(bulk->counts(), (BulkCounts{.succeeded = 4}));
}

TEST_F(BulkTest, StopsAtTheFirstFailureWhereNoneIsAllowed) {
  start(5, {.concurrency = 2, .max_failures = 0});
  run();
  EXPECT_THAT(done(false), IsEmpty());
  EXPECT_THAT(done(true), ElementsAre("end stopped"));
  EXPECT_EQ(bulk->counts(), (BulkCounts{.succeeded = 1, .failed = 1, .not_begun = 3}));
}

TEST_F(BulkTest, GoesOnUpToTheFailuresThatAreAllowedAndNotOneFurther) {
  start(5, {.concurrency = 1, .max_failures = 2});
  EXPECT_THAT(run(), ElementsAre("1"));
  EXPECT_THAT(done(false), ElementsAre("2"));
  EXPECT_THAT(done(false), ElementsAre("3"));
  EXPECT_THAT(done(false), ElementsAre("end stopped"));
}

TEST_F(BulkTest, HasFailedOnSomeWhenItCameToItsEnd) {
  start(3, {.concurrency = 1, .max_failures = 1});
  run();
  done(false);
  done(true);
  EXPECT_THAT(done(true), ElementsAre("end failed"));
  EXPECT_EQ(bulk->counts(), (BulkCounts{.succeeded = 2, .failed = 1}));
}

TEST_F(BulkTest, OneFailureTooManyAtTheVeryEndIsStillTooMany) {
  start(1, {.concurrency = 1, .max_failures = 0});
  run();
  EXPECT_THAT(done(false), ElementsAre("end stopped"));
}

TEST_F(BulkTest, CancelledItLetsThoseUnderWayEnd) {
  start(4, {.concurrency = 2});
  run();
  bulk->cancel();
  EXPECT_THAT(run(), IsEmpty());
  EXPECT_THAT(done(true), IsEmpty());
  EXPECT_THAT(done(false), ElementsAre("end cancelled"));
  EXPECT_EQ(bulk->counts(), (BulkCounts{.succeeded = 1, .failed = 1, .not_begun = 2}));
  EXPECT_EQ(bulk->counts().total(), 4U);
}

TEST_F(BulkTest, CancelledWhileItLoadsItBeginsNothing) {
  start(2, {.concurrency = 1});
  ASSERT_TRUE(std::holds_alternative<Bulk::Load>(bulk->next()));
  bulk->cancel();
  EXPECT_TRUE(std::holds_alternative<Bulk::Wait>(bulk->next()));
  bulk->on_loaded(stored);
  EXPECT_THAT(run(), ElementsAre("end cancelled"));
}

TEST_F(BulkTest, DoesEveryDeviceOfALongListOnceInOrder) {
  const std::uint64_t total = 3 * Bulk::kLoadAtOnce;
  start(total, {.concurrency = 7});
  std::vector<std::string> begun = run();
  while (begun.empty() || begun.back() != "end succeeded") {
    auto more = done(true);
    begun.insert(begun.end(), more.begin(), more.end());
  }
  ASSERT_EQ(begun.size(), total + 1);
  for (std::uint64_t i = 0; i < total; ++i) EXPECT_EQ(begun[i], std::to_string(i + 1));
  EXPECT_EQ(loads, 4);  // the last one says that there is no more
}

TEST_F(BulkTest, AfterARestartItGoesOnWithWhatWasInterrupted) {
  stored = {item(4), item(5)};
  bulk.emplace(Bulk::Limits{.concurrency = 2},
               BulkCounts{.succeeded = 1, .running = 2, .pending = 2},
               std::vector<BulkItemRow>{item(2), item(3)});
  EXPECT_THAT(run(), ElementsAre("2 again", "3 again"));
  EXPECT_THAT(done(true), ElementsAre("4"));
  EXPECT_THAT(done(true), ElementsAre("5"));
  done(true);
  EXPECT_THAT(done(true), ElementsAre("end succeeded"));
}

TEST_F(BulkTest, WhatWasInterruptedEndsEvenWhereItWasCancelledOrStopped) {
  stored = {item(2)};
  bulk.emplace(Bulk::Limits{}, BulkCounts{.running = 1, .pending = 1},
               std::vector<BulkItemRow>{item(1)}, true);
  EXPECT_THAT(run(), ElementsAre("1 again"));
  EXPECT_THAT(done(true), ElementsAre("end cancelled"));
  EXPECT_EQ(bulk->counts(), (BulkCounts{.succeeded = 1, .not_begun = 1}));

  bulk.emplace(Bulk::Limits{}, BulkCounts{.failed = 1, .running = 1, .pending = 1},
               std::vector<BulkItemRow>{item(1)});
  EXPECT_THAT(run(), ElementsAre("1 again"));
  EXPECT_THAT(done(true), ElementsAre("end stopped"));
}

TEST_F(BulkTest, OverNoDeviceItSucceeds) {
  start(0, {});
  EXPECT_THAT(run(), ElementsAre("end succeeded"));
  EXPECT_THAT(run(), ElementsAre("end succeeded"));
}

// Whatever the order of ends: never too many at a time, every device at most once, and once more
// has failed than is allowed nothing begins.
TEST_F(BulkTest, KeepsItsLimitsInAnyOrderOfEnds) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    stored.clear();
    const std::size_t concurrency = 1 + seed % 9;
    const std::uint64_t allowed = seed % 4;
    start(40, {.concurrency = concurrency, .max_failures = allowed});
    std::set<std::string> begun;
    unsigned random = seed;
    for (auto fresh = run(); fresh.empty() || !fresh.back().starts_with("end"); fresh = run()) {
      for (const std::string& each : fresh) EXPECT_TRUE(begun.insert(each).second) << each;
      if (bulk->counts().failed > allowed) {
        EXPECT_THAT(fresh, IsEmpty());
      }
      ASSERT_LE(bulk->counts().running, concurrency);
      ASSERT_GT(bulk->counts().running, 0U);
      random = random * 1103515245U + 12345U;
      bulk->on_done(random >> 16U & 7U);
      EXPECT_EQ(bulk->counts().total(), 40U);
    }
  }
}

}  // namespace
}  // namespace bridge
