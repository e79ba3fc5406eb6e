// How sessions are restarted, expire and end, and what they hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/usp/session_context_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// ---- restarts -----------------------------------------------------------------------------------

/// Fails the session that is open.
SessionEffects break_it(SessionContext& context, SessionContext::Time now, std::uint64_t random) {
  SessionRecord in = record(0);
  in.session_id = context.session_id();
  return context.on_record(in, now, random);
}

TEST_F(UspSessionContext, WaitsLongerBeforeEachRestart) {  // R-E2E.10, R-E2E.12
  converse();
  EXPECT_TRUE(break_it(context_, now_, ++random_).opened);
  for (std::uint32_t count = 1; count <= 3; ++count) {
    SessionEffects broken = break_it(context_, now_, ++random_);
    EXPECT_FALSE(broken.opened);
    EXPECT_EQ(context_.status(), Status::kDown);
    ASSERT_TRUE(context_.due());
    const RetryRange range = retry_range({}, count);
    EXPECT_GE(*context_.due() - now_, range.min);
    EXPECT_LE(*context_.due() - now_, range.max);
    now_ = *context_.due();
    EXPECT_TRUE(context_.on_time(now_, ++random_).opened);
  }
  SessionRecord good = record(1, "good");
  good.session_id = context_.session_id();
  take(good);
  EXPECT_EQ(context_.retry_count(), 0U);
  EXPECT_TRUE(break_it(context_, now_, ++random_).opened);
}

TEST_F(UspSessionContext, ARecordThatFailsIsNoGoodOne) {  // the cycle that R-E2E.10 is against
  for (int round = 0; round < 20; ++round) {
    SessionRecord in = asking(1, 99);
    in.session_id = 100 + static_cast<std::uint64_t>(round);
    SessionEffects effects = take(in);
    EXPECT_EQ(effects.opened, round == 0);
  }
}

TEST_F(UspSessionContext, DoesNotRestartAfterTheExpiration) {  // R-E2E.11
  configure({.expiration = seconds(3)});
  converse();
  break_it(context_, now_, ++random_);
  break_it(context_, now_, ++random_);
  EXPECT_EQ(context_.status(), Status::kDown);
  EXPECT_FALSE(context_.due());
}

TEST_F(UspSessionContext, SendsWithoutWaitingForARestart) {
  converse();
  break_it(context_, now_, ++random_);
  break_it(context_, now_, ++random_);
  EXPECT_TRUE(send("notify").opened);
  EXPECT_FALSE(wait(seconds(20)).opened);
}

TEST_F(UspSessionContext, ExpiresWithoutActivity) {  // R-E2E.7, 3.10
  configure({.expiration = seconds(60)});
  converse();
  wait(seconds(59));
  EXPECT_EQ(send("a").records[0].session_id, kPeersSession);
  EXPECT_EQ(wait(seconds(60)).ended, SessionEnd::kExpired);
  EXPECT_EQ(context_.held_bytes(), 0U);
  EXPECT_FALSE(context_.due());
  SessionEffects out = send("b");
  EXPECT_TRUE(out.opened);
  EXPECT_NE(out.records[0].session_id, kPeersSession);
  EXPECT_EQ(out.records[0].sequence_id, 1U);
}

TEST_F(UspSessionContext, ExpiresAlsoWhereNobodyCalledAtThatTime) {
  configure({.expiration = seconds(60)});
  converse();
  now_ += seconds(61);
  EXPECT_TRUE(send("b").opened);
}

TEST_F(UspSessionContext, NeverExpiresWhereExpirationIsNought) {
  SessionContext context(SessionContext::Role::kAgent, budget_);
  context.on_record(record(1, "x"), now_, 1);
  EXPECT_FALSE(context.due());
  EXPECT_FALSE(context.send("y", now_ + std::chrono::hours(10'000), 2).opened);
}

TEST_F(UspSessionContext, TakesWhatGoesOnInAnExpiredSessionAndAnswersInANewOne) {  // R-E2E.7
  converse();
  wait(seconds(600));
  EXPECT_THAT(take(record(2, "late", 2)).messages, ElementsAre("late"));
  EXPECT_TRUE(send("answer").opened);
}

TEST_F(UspSessionContext, WhatDoesNotGoOnInAnExpiredSessionOpensANewOne) {  // R-E2E.7
  converse();
  wait(seconds(600));
  SessionEffects in = take(record(5, "late", 2));
  EXPECT_THAT(in.messages, IsEmpty());
  EXPECT_TRUE(in.opened);
}

TEST_F(UspSessionContext, ReplacesASessionNearTheEndOfItsNumbers) {  // R-E2E.8, R-E2E.9
  configure({.max_sequence_id = kSequenceReserve + 3});
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    EXPECT_FALSE(take(record(sequence, "x")).opened) << sequence;
  }
  SessionEffects in = take(record(4, "last"));
  EXPECT_THAT(in.messages, ElementsAre("last"));
  EXPECT_EQ(in.ended, SessionEnd::kExhausted);
  EXPECT_TRUE(in.opened);
  send("2");
  SessionEffects out = send("3");
  EXPECT_EQ(out.ended, SessionEnd::kExhausted);
  EXPECT_EQ(out.records.at(0).sequence_id, 1U);
}

TEST_F(UspSessionContext, CannotBeTakenToTheEndOfTheNumbers) {  // R-E2E.8
  converse();
  EXPECT_TRUE(take(record(~std::uint64_t{0}, "x")).opened);
}

TEST_F(UspSessionContext, AReplacedSessionBeginsFromOne) {
  converse();
  SessionEffects out = context_.restart(now_, ++random_);
  EXPECT_EQ(out.ended, SessionEnd::kReset);
  ASSERT_EQ(out.records.size(), 1U);
  EXPECT_EQ(out.records[0].sequence_id, 1U);
  EXPECT_EQ(out.records[0].expected_id, 1U);
  EXPECT_EQ(send("next").records[0].sequence_id, 2U);
}

TEST_F(UspSessionContext, NothingIsReplacedWhereNoneIsOpen) {
  EXPECT_THAT(context_.restart(now_, ++random_).records, IsEmpty());
}

TEST_F(UspSessionContext, ClosedIsAsNeverOpened) {  // R-MTP.7
  converse();
  context_.close();
  EXPECT_EQ(context_.status(), Status::kNone);
  EXPECT_EQ(budget_.used(), 0U);
  EXPECT_THAT(take(record(1, "again")).messages, ElementsAre("again"));
}

TEST_F(UspSessionContext, WhatDidNotGetOutLeavesNoHole) {
  converse();
  context_.give_up();
  SessionEffects out = send("again");
  EXPECT_TRUE(out.opened);
  EXPECT_EQ(out.records[0].sequence_id, 1U);
}

// ---- memory -------------------------------------------------------------------------------------

TEST_F(UspSessionContext, GivesBackWhatItHolds) {
  {
    SessionContext context(SessionContext::Role::kAgent, budget_);
    context.on_record(segment(1, kBegin, std::string(1000, 'x')), now_, 1);
    context.on_record(record(3, std::string(1000, 'x')), now_, 2);
    context.send(std::string(1000, 'x'), now_, 3);
    EXPECT_GE(budget_.used(), 3000U);
    EXPECT_EQ(budget_.used(), context.held_bytes());
  }
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(UspSessionContext, FailsWhereTheSharedMemoryIsGone) {  // R-E2E.21
  ByteBudget small(1000);
  SessionContext context(SessionContext::Role::kAgent, small);
  context.on_record(record(1, "x"), now_, 1);
  EXPECT_EQ(context.on_record(record(3, std::string(900, 'x')), now_, 2).ended,
            SessionEnd::kNotBuffered);
  SessionContext other(SessionContext::Role::kAgent, small);
  EXPECT_EQ(other.on_record(segment(1, kBegin, std::string(900, 'x')), now_, 3).ended,
            SessionEnd::kNotBuffered);
  // It still sends, and keeps what there is room for.
  EXPECT_EQ(context.send(std::string(5000, 'x'), now_, 4).records.size(), 1U);
  EXPECT_LE(small.used(), 1000U);
}

TEST_F(UspSessionContext, NoPeerMakesItGrow) {
  std::uint64_t random = 12345;
  for (int round = 0; round < 20'000; ++round) {
    random = random * 6364136223846793005U + 1442695040888963407U;
    SessionRecord in = record(1 + (random >> 20) % 300, std::string((random >> 30) % 5000, 'x'));
    in.session_id = (random >> 45) % 4 == 0 ? (random >> 50) : context_.session_id();
    in.payload_state = in.payloadrec_state = static_cast<SarState>((random >> 40) % 5);
    in.retransmit_id = (random >> 55) % 3;
    take(in);
    if (round % 3 == 0) send(std::string(3000, 'y'));
    if (round % 10 == 0) wait(seconds(7));
    ASSERT_EQ(budget_.used(), context_.held_bytes());
    ASSERT_LE(context_.held_bytes(), kMaxBytesKept + kMaxBytesAhead + kMaxSegmentedMessageBytes);
  }
}

}  // namespace
}  // namespace usp
