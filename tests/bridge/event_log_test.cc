#include "bridge/event_log.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace bridge {
namespace {

using control::Happening;
using testing::ElementsAre;
using testing::IsEmpty;
using BadToken = EventLog::BadToken;
using Gap = EventLog::Gap;

const EventLog::TimePoint kStart{std::chrono::hours(1)};

Happening changed(std::string value) {
  Happening happening;
  happening.what = control::ValueChanged{"Device.X", std::move(value)};
  return happening;
}

struct EventLogTest : testing::Test {
  void append(int first, int last) {
    for (int i = first; i <= last; ++i) log.append(changed(std::to_string(i)), now);
  }
  /// From that place to the end; ends with "overtaken" where it is not there any more.
  std::vector<std::string> from(EventLog::Place place) const {
    std::vector<std::string> out;
    for (;; ++place) {
      auto event = log.at(place);
      if (!event && event.error() == Gap::kOvertaken) out.emplace_back("overtaken");
      if (!event) return out;
      EXPECT_EQ((*event)->number, place);
      out.push_back(std::get<control::ValueChanged>((*event)->happening.what).value);
    }
  }

  EventLog log{{.epoch = 0xabc, .history = 5}};
  EventLog::TimePoint now = kStart;
};

TEST_F(EventLogTest, KeepsNothingBeforeSomebodyFollows) {
  append(1, 3);
  log.join(now);
  const EventLog::Place began = log.end();
  append(4, 5);
  EXPECT_THAT(from(began), ElementsAre("4", "5"));
}

TEST_F(EventLogTest, IsResumedAfterWhatATokenSays) {
  log.join(now);
  append(1, 2);
  const std::string token = log.token(log.end());
  append(3, 4);
  const auto place = log.resume(token, now);
  ASSERT_TRUE(place);
  EXPECT_THAT(from(*place), ElementsAre("3", "4"));
}

TEST_F(EventLogTest, IsResumedAtItsEnd) {
  log.join(now);
  const auto place = log.resume(log.token(log.end()), now);
  ASSERT_TRUE(place);
  EXPECT_THAT(from(*place), IsEmpty());
}

TEST_F(EventLogTest, IsResumedOverItsHistoryAndNotOneEventMore) {
  log.join(now);
  const std::string older = log.token(log.end());
  append(1, 1);
  const std::string token = log.token(log.end());
  append(2, 6);
  EXPECT_THAT(from(log.resume(token, now).value()), ElementsAre("2", "3", "4", "5", "6"));
  EXPECT_EQ(log.resume(older, now).error(), BadToken::kGone);
}

TEST_F(EventLogTest, WithoutHistoryNothingIsResumedOver) {
  EventLog none({.epoch = 1, .history = 0});
  none.join(now);
  const std::string token = none.token(none.end());
  EXPECT_TRUE(none.resume(token, now));
  none.append(changed("1"), now);
  EXPECT_EQ(none.resume(token, now).error(), BadToken::kGone);
}

TEST_F(EventLogTest, IsKeptForTenMinutesAfterTheLastFollower) {
  log.join(now);
  log.join(now);
  const std::string token = log.token(log.end());
  log.leave(now);
  now += std::chrono::hours(1);
  append(1, 1);
  log.leave(now);
  now += std::chrono::minutes(10) - std::chrono::milliseconds(1);
  append(2, 2);
  EXPECT_TRUE(log.active(now));
  EXPECT_THAT(from(log.resume(token, now).value()), ElementsAre("1", "2"));
}

TEST_F(EventLogTest, WhatHappenedWhileNobodyCouldComeBackIsNoGap) {
  log.join(now);
  append(1, 1);
  const std::string token = log.token(log.end());
  const EventLog::Place reader = log.end();
  log.leave(now);
  now += std::chrono::minutes(10);
  EXPECT_FALSE(log.active(now));
  append(2, 2);
  EXPECT_EQ(log.resume(token, now).error(), BadToken::kGone);
  log.join(now);
  append(3, 3);
  EXPECT_EQ(log.resume(token, now).error(), BadToken::kGone);
  EXPECT_THAT(from(reader), ElementsAre("overtaken"));
}

TEST_F(EventLogTest, TheTokenOfALogThatLapsedIsGoneEvenIfNothingHappened) {
  log.join(now);
  const std::string token = log.token(log.end());
  log.leave(now);
  now += std::chrono::minutes(10);
  EXPECT_EQ(log.resume(token, now).error(), BadToken::kGone);
  log.join(now);
  EXPECT_EQ(log.resume(token, now).error(), BadToken::kGone);
}

TEST_F(EventLogTest, OvertakesAReaderWhoIsTooFarBehind) {
  log.join(now);
  const EventLog::Place slow = log.end();
  append(1, static_cast<int>(EventLog::kLeastEvents));
  EXPECT_TRUE(log.at(slow));
  append(0, 0);
  EXPECT_EQ(log.at(slow).error(), Gap::kOvertaken);
}

TEST_F(EventLogTest, LongValuesMakeItShorterNotLarger) {
  log.join(now);
  const EventLog::Place slow = log.end();
  const std::string large(EventLog::kBytesPerEvent * EventLog::kLeastEvents / 4, 'x');
  for (int i = 0; i < 3; ++i) log.append(changed(large), now);
  EXPECT_TRUE(log.at(slow));
  log.append(changed(large), now);
  EXPECT_EQ(log.at(slow).error(), Gap::kOvertaken);
}

TEST_F(EventLogTest, KeepsTheNewestHoweverLarge) {
  log.join(now);
  const EventLog::Place place = log.end();
  log.append(changed(std::string(EventLog::kBytesPerEvent * EventLog::kLeastEvents, 'x')), now);
  EXPECT_TRUE(log.at(place));
}

TEST_F(EventLogTest, KnowsTokensOfOtherProcessesFromGarbage) {
  log.join(now);
  append(1, 1);
  const std::string token = log.token(log.end());
  EXPECT_EQ(token, "0000000000000abc0000000000000002");
  const std::string other = EventLog({.epoch = 0xabd}).token(1);
  EXPECT_EQ(log.resume(other, now).error(), BadToken::kGone);
  const std::vector<std::string> malformed{"x",
                                           token.substr(1),
                                           token + "0",
                                           "0000000000000ABC0000000000000002",
                                           "0000000000000abc000000000000000g",
                                           "0000000000000abc0000000000000003",
                                           "0000000000000abcffffffffffffffff",
                                           std::string(32, '\0')};
  for (const std::string& bad : malformed) {
    EXPECT_EQ(log.resume(bad, now).error(), BadToken::kMalformed) << bad;
  }
}

TEST_F(EventLogTest, APlaceBeforeTheFirstEventIsGone) {
  log.join(now);
  append(1, 1);
  EXPECT_EQ(log.resume("0000000000000abc0000000000000000", now).error(), BadToken::kGone);
}

}  // namespace
}  // namespace bridge
