#include "bridge/reach.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Optional;

const std::vector<Way> kAll(kAllWays.begin(), kAllWays.end());
const std::vector<Way> kTwo{Way::kHttp, Way::kUdp};

TEST(Reach, TriesHttpFirstAndLastBehindANat) {
  EXPECT_THAT(Reach().order(kAll, false), ElementsAre(Way::kHttp, Way::kUdp, Way::kXmpp));
  EXPECT_THAT(Reach().order(kAll, true), ElementsAre(Way::kUdp, Way::kXmpp, Way::kHttp));
}

TEST(Reach, WhatWorkedComesFirstWhateverIsSaidOfTheNat) {
  Reach reach;
  reach.on_session(Way::kXmpp);
  EXPECT_THAT(reach.order(kAll, false), ElementsAre(Way::kXmpp, Way::kHttp, Way::kUdp));
  Reach other;
  other.on_session(Way::kHttp);
  EXPECT_THAT(other.order(kTwo, true), ElementsAre(Way::kHttp, Way::kUdp));
}

TEST(Reach, WhatFailedComesAfterWhatWasNeverTried) {
  Reach reach;
  reach.on_session(Way::kHttp);
  reach.on_silence(Way::kHttp);
  EXPECT_THAT(reach.order(kTwo, false), ElementsAre(Way::kUdp, Way::kHttp));
}

TEST(Reach, ADeviceThatIsOffChangesNoOrder) {
  Reach reach;
  reach.on_session(Way::kUdp);
  for (int i = 0; i < 50; ++i) {
    for (const Way way : kTwo) reach.on_silence(way);
  }
  EXPECT_THAT(reach.order(kTwo, false), ElementsAre(Way::kUdp, Way::kHttp));
}

TEST(Reach, ASessionForgivesFailures) {
  Reach reach;
  for (int i = 0; i < 5; ++i) reach.on_silence(Way::kHttp);
  reach.on_session(Way::kUdp);
  reach.on_session(Way::kHttp);
  EXPECT_THAT(reach.order(kTwo, false), ElementsAre(Way::kHttp, Way::kUdp));
}

TEST(Reach, ANewAddressIsANewChanceButNoProof) {
  Reach reach;
  reach.on_silence(Way::kHttp);
  reach.on_session(Way::kUdp);
  reach.on_new_address(Way::kHttp);
  EXPECT_THAT(reach.order(kTwo, false), ElementsAre(Way::kUdp, Way::kHttp));
  reach.on_silence(Way::kUdp);
  EXPECT_THAT(reach.order(kTwo, false), ElementsAre(Way::kHttp, Way::kUdp));
}

TEST(Reach, OnlyWaysThatCanBeUsedAreGiven) {
  EXPECT_THAT(Reach().order({Way::kUdp}, false), ElementsAre(Way::kUdp));
  EXPECT_THAT(Reach().order({}, true), ElementsAre());
}

TEST(Reach, SurvivesTheStore) {
  Reach reach;
  EXPECT_EQ(reach.encode(), "");
  reach.on_session(Way::kUdp);
  for (int i = 0; i < 9; ++i) reach.on_silence(Way::kHttp);
  EXPECT_EQ(reach.encode(), "1 http:-3 udp:+0");
  EXPECT_EQ(Reach::decode(reach.encode()), reach);
  EXPECT_EQ(Reach::decode(""), Reach());
}

TEST(Reach, WhatANewerVersionAddsIsSkipped) {
  Reach reach;
  reach.on_session(Way::kUdp);
  EXPECT_EQ(Reach::decode("1 pigeon:+2 udp:+0"), reach);
}

TEST(Reach, DamagedTextIsADeviceOfWhichNothingIsKnown) {
  for (const char* text : {"2 udp:+0", "1 udp", "1 udp:", "1 udp:+", "1 udp:*0", "1 udp:+x",
                           "1udp:+0", "1 udp:+00", "1  udp:+0", "x"}) {
    EXPECT_EQ(Reach::decode(text), Reach()) << text;
  }
}

TEST(WakeBackoff, DoublesFromFiveSecondsToFiveMinutes) {
  WakeBackoff backoff;
  std::vector<long> waits;
  for (int i = 0; i < 9; ++i) waits.push_back(static_cast<long>(backoff.failed().count()));
  EXPECT_THAT(waits, ElementsAre(5, 10, 20, 40, 80, 160, 300, 300, 300));
}

TEST(WakeBackoff, StaysAtTheLongestHoweverLongADeviceIsAway) {
  WakeBackoff backoff;
  for (int i = 0; i < 100'000; ++i) backoff.failed();
  EXPECT_EQ(backoff.failed(), WakeBackoff::kLongest);
}

TEST(WakeBackoff, BeginsAgainAfterASession) {
  WakeBackoff backoff;
  for (int i = 0; i < 20; ++i) backoff.failed();
  backoff.reset();
  EXPECT_EQ(backoff.failed(), WakeBackoff::kFirst);
  EXPECT_EQ(backoff.failed(), 10s);
}

TEST(WakeRounds, GoesThroughTheWaysAndBeginsAgain) {
  WakeRounds rounds;
  EXPECT_THAT(rounds.next(kTwo), Optional(Way::kHttp));
  EXPECT_THAT(rounds.next(kTwo), Optional(Way::kUdp));
  EXPECT_THAT(rounds.next(kTwo), Optional(Way::kHttp));
  EXPECT_EQ(rounds.next({}), std::nullopt);
}

TEST(WakeRounds, AnotherOrderMeanwhileRepeatsNoWay) {
  WakeRounds rounds;
  rounds.next(kTwo);
  EXPECT_THAT(rounds.next({Way::kXmpp, Way::kUdp, Way::kHttp}), Optional(Way::kXmpp));
  EXPECT_THAT(rounds.next({Way::kUdp, Way::kHttp}), Optional(Way::kUdp));
}

TEST(WakeRounds, TheNextWayComesAtOnceWhenOneFails) {
  WakeRounds rounds;
  rounds.next(kTwo);
  EXPECT_EQ(rounds.pause(WakeOutcome::kFailed), 0s);
  EXPECT_EQ(rounds.pause(WakeOutcome::kNotAsked), 0s);
}

// An operation waits 30 s: every way has to have its turn in that time.
TEST(WakeRounds, TheNextWayDoesNotWaitForTheWholeTimeThatADeviceHas) {
  WakeRounds rounds;
  rounds.next(kAll);
  auto sum = rounds.pause(WakeOutcome::kAccepted);
  rounds.next(kAll);
  sum += rounds.pause(WakeOutcome::kSent);
  EXPECT_LE(sum, 15s);
}

TEST(WakeRounds, TheLastWayOfARoundWaitsForTheSession) {
  WakeRounds rounds;
  rounds.next({Way::kHttp});
  EXPECT_EQ(rounds.pause(WakeOutcome::kAccepted), 30s);
  WakeRounds udp;
  udp.next({Way::kUdp});
  EXPECT_EQ(udp.pause(WakeOutcome::kSent), 10s);
}

TEST(WakeRounds, PausesGrowAndAVisitResetsThem) {
  WakeRounds rounds;
  std::vector<std::chrono::seconds> pauses;
  for (int i = 0; i < 8; ++i) {
    rounds.next({Way::kHttp});
    pauses.push_back(rounds.pause(WakeOutcome::kFailed));
  }
  EXPECT_THAT(pauses, ElementsAre(5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s));
  rounds.reset();
  rounds.next({Way::kHttp});
  EXPECT_EQ(rounds.pause(WakeOutcome::kFailed), 5s);
}

TEST(WakeRounds, OnlyAFairWaitTellsAgainstAWay) {
  EXPECT_TRUE(tells_against(WakeOutcome::kFailed, 0ms));
  EXPECT_FALSE(tells_against(WakeOutcome::kBusy, 300s));
  EXPECT_FALSE(tells_against(WakeOutcome::kNotAsked, 300s)) << "our own login is missing";
  EXPECT_FALSE(tells_against(WakeOutcome::kSent, 1s)) << "the work was withdrawn";
  EXPECT_TRUE(tells_against(WakeOutcome::kSent, WakeRounds::kNextWayWait));
  EXPECT_TRUE(tells_against(WakeOutcome::kAccepted, WakeRounds::kNextWayWait));
}

}  // namespace
}  // namespace bridge
