#include "usp/notify_retry.h"

#include <gtest/gtest.h>

#include "usp/mtp/connect_retry.h"

namespace usp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const RetryTime kSent{std::chrono::hours(24)};

struct Row {
  std::uint32_t count;
  seconds min;
  seconds max;
};

TEST(NotifyRetry, FollowsTheTableOfTheStandard) {
  const Row rows[] = {
      {1, seconds(5), seconds(10)},       {2, seconds(10), seconds(20)},
      {3, seconds(20), seconds(40)},      {4, seconds(40), seconds(80)},
      {5, seconds(80), seconds(160)},     {6, seconds(160), seconds(320)},
      {7, seconds(320), seconds(640)},    {8, seconds(640), seconds(1280)},
      {9, seconds(1280), seconds(2560)},  {10, seconds(2560), seconds(5120)},
      {11, seconds(2560), seconds(5120)}, {4'000'000'000, seconds(2560), seconds(5120)},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(retry_range({}, row.count), (RetryRange{row.min, row.max})) << row.count;
  }
}

TEST(NotifyRetry, TakesMinimumAndMultiplierOfTheController) {
  EXPECT_EQ(retry_range({seconds(1), 1500}, 3),
            (RetryRange{milliseconds(2250), milliseconds(3375)}));
  EXPECT_EQ(retry_range({seconds(7), 1000}, 9), (RetryRange{seconds(7), seconds(7)}));
}

TEST(NotifyRetry, NeverOverflows) {
  const RetryPolicy largest{seconds(65535), 65535};
  EXPECT_EQ(retry_range(largest, 10), (RetryRange{kMaxRetryWait, kMaxRetryWait}));
  EXPECT_EQ(retry_wait(largest, 10, 0.999), kMaxRetryWait);
}

TEST(NotifyRetry, SpreadsTheWaitEvenlyOverItsRange) {
  EXPECT_EQ(retry_wait({}, 1, 0.0), seconds(5));
  EXPECT_EQ(retry_wait({}, 1, 0.5), milliseconds(7500));
  EXPECT_EQ(retry_wait({}, 2, 0.25), milliseconds(12'500));
  EXPECT_LE(retry_wait({}, 1, 0.9999), seconds(10));
}

TEST(NotifyRetry, CountsFromTheLastAttempt) {
  UnansweredNotify notify{kSent, kSent + seconds(100), 3, seconds(0)};
  EXPECT_EQ(std::get<RetryAt>(next_retry(notify, {}, 0.0)).when, kSent + seconds(120));
}

TEST(NotifyRetry, NeverExpiresWithoutNotifExpiration) {
  UnansweredNotify notify{kSent, kSent + std::chrono::hours(10'000), 5000, seconds(0)};
  EXPECT_TRUE(std::holds_alternative<RetryAt>(next_retry(notify, {}, 0.5)));
}

TEST(NotifyRetry, ExpiresWhenTheNextRetryWouldComeTooLate) {
  UnansweredNotify notify{kSent, kSent, 1, seconds(5)};
  EXPECT_EQ(std::get<ExpireAt>(next_retry(notify, {}, 0.0)).when, kSent + seconds(5));
  notify.expiration = seconds(6);
  EXPECT_EQ(std::get<RetryAt>(next_retry(notify, {}, 0.0)).when, kSent + seconds(5));
  EXPECT_EQ(std::get<ExpireAt>(next_retry(notify, {}, 0.2)).when, kSent + seconds(6));
}

TEST(ConnectRetry, UsesTheSameFormulaUpToItsMaximum) {
  const mtp::ConnectRetry retry{seconds(5), 2000, seconds(100)};
  EXPECT_EQ(mtp::connect_wait(retry, 1, 0.0), seconds(5));
  EXPECT_EQ(mtp::connect_wait(retry, 3, 0.5), seconds(30));
  EXPECT_EQ(mtp::connect_wait(retry, 5, 0.0), seconds(80));
  EXPECT_EQ(mtp::connect_wait(retry, 5, 0.5), seconds(100));
  EXPECT_EQ(mtp::connect_wait(retry, 50, 0.0), seconds(100));
}

}  // namespace
}  // namespace usp
