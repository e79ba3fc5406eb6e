// The order of records, what is sent again, and segments.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/usp/session_context_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// ---- who opens, and with which id ---------------------------------------------------------------

TEST_F(UspSessionContext, AnswersInThePeersSessionFromOneOn) {  // R-E2E.4, R-E2E.14, R-E2E.17
  SessionEffects in = take(record(1, "get"));
  EXPECT_THAT(in.messages, ElementsAre("get"));
  EXPECT_THAT(in.records, IsEmpty());
  SessionEffects out = send("response");
  ASSERT_EQ(out.records.size(), 1U);
  EXPECT_FALSE(out.opened);
  EXPECT_EQ(out.records[0].session_id, kPeersSession);
  EXPECT_EQ(out.records[0].sequence_id, 1U);
  EXPECT_EQ(out.records[0].expected_id, 2U);
  EXPECT_EQ(out.records[0].retransmit_id, 0U);
  EXPECT_EQ(out.records[0].payload_state, kNone);
  EXPECT_THAT(out.records[0].payloads, ElementsAre("response"));
}

TEST_F(UspSessionContext, CountsItsRecordsByOne) {  // R-E2E.15
  converse();
  EXPECT_EQ(send("2").records[0].sequence_id, 2U);
  EXPECT_EQ(send("3").records[0].sequence_id, 3U);
}

TEST_F(UspSessionContext, OpensASessionToSend) {  // R-E2E.3
  SessionEffects out = send("notify");
  EXPECT_TRUE(out.opened);
  EXPECT_GT(out.records[0].session_id, 1U);
  EXPECT_EQ(out.records[0].sequence_id, 1U);
  EXPECT_EQ(out.records[0].expected_id, 1U);
  EXPECT_EQ(context_.status(), Status::kNegotiating);
  SessionRecord answer = record(1, "notify response", 2);
  answer.session_id = out.records[0].session_id;
  EXPECT_THAT(take(answer).messages, ElementsAre("notify response"));
  EXPECT_EQ(context_.status(), Status::kUp);
}

TEST_F(UspSessionContext, NeverUsesTheIdsNoughtAndOne) {  // R-E2E.3
  for (std::uint64_t random : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0},
                               (std::uint64_t{1} << 48) - 2, std::uint64_t{1} << 48}) {
    SessionContext context(SessionContext::Role::kAgent, budget_);
    EXPECT_GT(context.send("x", kStart, random).records[0].session_id, 1U);
  }
}

TEST_F(UspSessionContext, DoesNotUseASessionIdAgain) {
  const std::uint64_t first = context_.send("x", now_, 5).records[0].session_id;
  const std::uint64_t second = context_.restart(now_, 5).records[0].session_id;
  EXPECT_NE(first, second);
}

TEST_F(UspSessionContext, TakesAnotherSessionOfThePeer) {  // R-E2E.5, R-E2E.6
  converse();
  SessionRecord other = record(1, "again");
  other.session_id = 78;
  SessionEffects in = take(other);
  EXPECT_THAT(in.messages, ElementsAre("again"));
  EXPECT_EQ(in.ended, SessionEnd::kPeer);
  SessionEffects out = send("answer");
  EXPECT_EQ(out.records[0].session_id, 78U);
  EXPECT_EQ(out.records[0].sequence_id, 1U);
  EXPECT_EQ(out.records[0].expected_id, 2U);
}

TEST_F(UspSessionContext, AnEmptyRecordBeginsASession) {  // note on R-E2E.2
  EXPECT_THAT(take(record(1)).messages, IsEmpty());
  EXPECT_EQ(context_.status(), Status::kUp);
  EXPECT_EQ(send("notify").records[0].session_id, kPeersSession);
}

TEST_F(UspSessionContext, OpensANewOneWhereThePeerGoesOnWithWhatIsForgotten) {  // R-E2E.24
  SessionEffects in = take(record(42, "get", 17));
  EXPECT_THAT(in.messages, IsEmpty());
  EXPECT_EQ(in.dropped, SessionDrop::kForgottenSession);
  ASSERT_EQ(in.records.size(), 1U);
  EXPECT_NE(in.records[0].session_id, kPeersSession);
  EXPECT_EQ(in.records[0].sequence_id, 1U);
  EXPECT_THAT(in.records[0].payloads, IsEmpty());
  // The answer to a session that we had opened before we forgot it.
  SessionContext fresh(SessionContext::Role::kAgent, budget_);
  EXPECT_EQ(fresh.on_record(record(1, "notify response", 2), now_, 9).dropped,
            SessionDrop::kForgottenSession);
}

TEST_F(UspSessionContext, IgnoresLateRecordsOfASessionThatWasReplaced) {
  converse();
  SessionRecord other = record(1, "again");
  other.session_id = 78;
  take(other);
  SessionEffects late = take(record(2, "late", 2));
  EXPECT_EQ(late.dropped, SessionDrop::kLeftSession);
  EXPECT_THAT(late.messages, IsEmpty());
  EXPECT_EQ(context_.session_id(), 78U);
}

TEST_F(UspSessionContext, APeerThatStaysInAnOldSessionIsLedToANewOne) {
  converse();
  SessionRecord other = record(1, "again");
  other.session_id = 78;
  take(other);
  take(record(2, "a", 2));
  take(record(3, "b", 2));
  SessionEffects in = take(record(4, "c", 2));
  EXPECT_TRUE(in.opened);
  EXPECT_EQ(in.ended, SessionEnd::kForgottenSession);
}

TEST_F(UspSessionContext, RepeatsTheOpeningToAPeerThatHasMissedIt) {
  converse();
  const SessionRecord opening = context_.restart(now_, 5).records.at(0);
  for (int tries = 0; tries < 3; ++tries) {
    SessionEffects in = take(record(2, "still here", 2));
    EXPECT_EQ(in.dropped, SessionDrop::kLeftSession);
    EXPECT_THAT(in.records, ElementsAre(opening));
  }
  EXPECT_THAT(take(record(2, "still here", 2)).records, IsEmpty());
}

TEST_F(UspSessionContext, AnAgentGivesInWhenBothOpenASession) {  // R-E2E.5, R-E2E.6
  send("notify");
  SessionEffects in = take(record(1, "get"));
  EXPECT_THAT(in.messages, ElementsAre("get"));
  ASSERT_EQ(in.records.size(), 1U);  // sent again, as nobody has acknowledged it
  EXPECT_EQ(in.records[0].session_id, kPeersSession);
  EXPECT_EQ(in.records[0].sequence_id, 1U);
  EXPECT_THAT(in.records[0].payloads, ElementsAre("notify"));
}

TEST_F(UspSessionContext, AControllerStaysWhenBothOpenASession) {
  SessionContext controller(SessionContext::Role::kController, budget_);
  const SessionRecord opening = controller.send("get", now_, 5).records.at(0);
  SessionEffects in = controller.on_record(record(1, "notify"), now_, 6);
  EXPECT_EQ(in.dropped, SessionDrop::kConcurrent);
  EXPECT_THAT(in.records, ElementsAre(opening));
}

// ---- order --------------------------------------------------------------------------------------

TEST_F(UspSessionContext, ProcessesInTheOrderOfTheSequence) {  // R-E2E.20, 3.11
  EXPECT_THAT(take(record(1, "1")).messages, ElementsAre("1"));
  SessionEffects early = take(record(4, "4", 4));
  EXPECT_THAT(early.messages, IsEmpty());
  EXPECT_THAT(early.records, IsEmpty());  // out of order is not lost
  EXPECT_THAT(take(record(2, "2", 2)).messages, ElementsAre("2"));
  EXPECT_THAT(take(record(3, "3", 3)).messages, ElementsAre("3", "4"));
  EXPECT_EQ(send("x").records[0].expected_id, 5U);
}

TEST_F(UspSessionContext, IgnoresDuplicates) {  // R-E2E.20, R-E2E.25
  take(record(1, "1"));
  SessionEffects again = take(record(1, "1"));
  EXPECT_EQ(again.dropped, SessionDrop::kDuplicate);
  EXPECT_THAT(again.messages, IsEmpty());
  EXPECT_THAT(again.records, IsEmpty());
  take(record(3, "3"));
  EXPECT_EQ(take(record(3, "3")).dropped, SessionDrop::kDuplicate);
  EXPECT_THAT(take(record(2, "2")).messages, ElementsAre("2", "3"));
}

TEST_F(UspSessionContext, TheFirstRecordMayBeTheLate) {
  EXPECT_THAT(take(record(2, "2")).messages, IsEmpty());
  EXPECT_THAT(take(record(1, "1")).messages, ElementsAre("1", "2"));
}

TEST_F(UspSessionContext, KeepsRecordsUpToTheLimitAhead) {  // R-E2E.21
  take(record(1, "1"));
  EXPECT_EQ(take(record(2 + kMaxRecordsAhead, "far")).dropped, SessionDrop::kNone);
  SessionEffects beyond = take(record(3 + kMaxRecordsAhead, "beyond"));
  EXPECT_EQ(beyond.dropped, SessionDrop::kNotBuffered);
  EXPECT_EQ(beyond.ended, SessionEnd::kNotBuffered);
  EXPECT_TRUE(beyond.opened);
}

TEST_F(UspSessionContext, KeepsBytesUpToTheLimitAhead) {
  take(record(1, "1"));
  const std::string half(kMaxBytesAhead / 2 - kRecordOverhead, 'x');
  EXPECT_EQ(take(record(3, half)).dropped, SessionDrop::kNone);
  EXPECT_EQ(take(record(4, half)).dropped, SessionDrop::kNone);
  EXPECT_EQ(take(record(5, "x")).dropped, SessionDrop::kNotBuffered);
  EXPECT_LE(budget_.used(), 10 * kRecordOverhead);
}

TEST_F(UspSessionContext, AsksForWhatIsMissing) {  // "USP Record Retransmission", R-E2E.10
  take(record(1, "1"));
  take(record(3, "3"));
  EXPECT_THAT(wait(seconds(4)).records, IsEmpty());
  SessionEffects asked = wait(seconds(6));
  ASSERT_EQ(asked.records.size(), 1U);
  EXPECT_EQ(asked.asked, 1U);
  EXPECT_EQ(asked.records[0].retransmit_id, 2U);
  EXPECT_EQ(asked.records[0].expected_id, 2U);
  EXPECT_EQ(asked.records[0].sequence_id, 1U);
  EXPECT_THAT(asked.records[0].payloads, IsEmpty());
  EXPECT_THAT(take(record(2, "2", 2)).messages, ElementsAre("2", "3"));
  EXPECT_FALSE(wait(seconds(60)).asked);
}

TEST_F(UspSessionContext, AsksForTheNextAtOnceWhereSeveralAreMissing) {
  take(record(1, "1"));
  take(record(5, "5"));
  wait(seconds(10));
  EXPECT_EQ(take(record(2, "2")).records.at(0).retransmit_id, 3U);
  EXPECT_EQ(take(record(3, "3")).records.at(0).retransmit_id, 4U);
  EXPECT_THAT(take(record(4, "4")).messages, ElementsAre("4", "5"));
}

TEST_F(UspSessionContext, GivesUpWhatDoesNotCome) {  // R-E2E.21
  configure({.max_retransmit_tries = 2});
  take(record(1, "1"));
  take(record(3, "3"));
  EXPECT_EQ(wait(seconds(10)).asked, 1U);
  EXPECT_EQ(wait(seconds(20)).asked, 1U);
  SessionEffects last = wait(seconds(40));
  EXPECT_EQ(last.ended, SessionEnd::kMissing);
  EXPECT_TRUE(last.opened);
  EXPECT_THAT(last.messages, IsEmpty());
}

// ---- sending again ------------------------------------------------------------------------------

TEST_F(UspSessionContext, SendsAgainWhatIsAskedFor) {  // R-E2E.16, R-E2E.20, 3.12
  take(record(1, "get"));
  SessionRecord first = send("response").records.at(0);
  SessionEffects again = wait(seconds(60));
  again = take(asking(2, 1, 1));
  EXPECT_EQ(again.served, 1U);
  ASSERT_EQ(again.records.size(), 1U);
  EXPECT_EQ(again.records[0].sequence_id, first.sequence_id);
  EXPECT_EQ(again.records[0].session_id, first.session_id);
  EXPECT_EQ(again.records[0].payloads, first.payloads);
  EXPECT_EQ(again.records[0].expected_id, 3U);
}

TEST_F(UspSessionContext, WhatIsAskedForIsNotAcknowledged) {
  converse();
  EXPECT_EQ(take(asking(2, 1, 2)).served, 1U);
  EXPECT_EQ(take(asking(3, 1, 2)).served, 1U);
}

TEST_F(UspSessionContext, SendsARecordAgainMaxRetransmitTriesTimes) {  // 3.14
  configure({.max_retransmit_tries = 2});
  converse();
  EXPECT_EQ(take(asking(2, 1, 2)).served, 1U);
  EXPECT_EQ(take(asking(3, 1, 2)).served, 1U);
  SessionEffects third = take(asking(4, 1, 2));
  EXPECT_EQ(third.served, 0U);
  EXPECT_EQ(third.ended, SessionEnd::kRetransmits);
  EXPECT_TRUE(third.opened);
  ASSERT_EQ(third.records.size(), 1U);
  EXPECT_NE(third.records[0].session_id, kPeersSession);
  EXPECT_THAT(third.records[0].payloads, IsEmpty());
}

TEST_F(UspSessionContext, NeverSendsAgainWhereTriesAreNought) {
  configure({.max_retransmit_tries = 0});
  converse();
  EXPECT_EQ(take(asking(2, 1, 2)).ended, SessionEnd::kRetransmits);
}

TEST_F(UspSessionContext, WhatWasAcknowledgedIsNotKept) {  // R-E2E.16, R-E2E.21
  converse();
  const std::size_t held = context_.held_bytes();
  take(record(2, "next", 2));
  EXPECT_LT(context_.held_bytes(), held);
  EXPECT_EQ(take(asking(3, 1, 2)).ended, SessionEnd::kNotKept);
}

TEST_F(UspSessionContext, ARequestThatWasOvertakenByItsThanksIsOver) {
  converse();
  take(record(3, "thanks", 2));
  EXPECT_EQ(take(asking(2, 1, 1)).ended, SessionEnd::kNone);
}

TEST_F(UspSessionContext, WhatWasNeverSentEndsTheSession) {  // R-E2E.21
  converse();
  EXPECT_EQ(take(asking(2, 9, 1)).ended, SessionEnd::kNotKept);
}

TEST_F(UspSessionContext, TakesAnAcknowledgementOfWhatItHasNotSent) {
  converse();
  EXPECT_EQ(take(record(2, "a", 99)).ended, SessionEnd::kNone);
  EXPECT_EQ(send("b").records[0].sequence_id, 2U);
}

TEST_F(UspSessionContext, DropsTheOldestAboveTheBytesItKeeps) {
  const std::string large(kMaxBytesKept / 4, 'x');
  take(record(1, "get"));
  for (int i = 0; i < 20; ++i) {
    send(large);
    EXPECT_LE(context_.held_bytes(), kMaxBytesKept);
  }
  EXPECT_EQ(take(asking(2, 20)).served, 1U);
  EXPECT_EQ(take(asking(3, 1)).ended, SessionEnd::kNotKept);
}

TEST_F(UspSessionContext, TwoEndsThatBothMissARecordGetThem) {
  converse();
  send("lost");  // 2
  SessionRecord asked = asking(3, 2, 2);
  SessionEffects in = take(asked);  // while 2 of the peer is missing here
  EXPECT_EQ(in.served, 1U);
  EXPECT_THAT(in.messages, IsEmpty());
  EXPECT_EQ(take(record(2, "late", 2)).served, 0U);
}

TEST_F(UspSessionContext, TellsOfManyRecordsByAnEmptyOne) {
  for (std::uint64_t sequence = 1; sequence < kAcknowledgeAfter; ++sequence) {
    EXPECT_THAT(take(record(sequence, "x")).records, IsEmpty());
  }
  SessionEffects last = take(record(kAcknowledgeAfter, "x"));
  ASSERT_EQ(last.records.size(), 1U);
  EXPECT_EQ(last.records[0].expected_id, kAcknowledgeAfter + 1);
  for (std::uint64_t i = 1; i < 3 * kAcknowledgeAfter; ++i) {  // never an answer to empty ones
    EXPECT_THAT(take(record(kAcknowledgeAfter + i)).records, IsEmpty());
  }
}

// ---- segments -----------------------------------------------------------------------------------

TEST_F(UspSessionContext, SegmentsWhatIsLonger) {  // "Originating USP Endpoint"
  configure({.max_payload_bytes = 4});
  take(record(1, "get"));
  SessionEffects out = send("123456789");
  ASSERT_EQ(out.records.size(), 3U);
  const SarState states[] = {kBegin, kInProcess, kComplete};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(out.records[i].sequence_id, i + 1);
    EXPECT_EQ(out.records[i].payload_state, states[i]);
    EXPECT_EQ(out.records[i].payloadrec_state, states[i]);
  }
}

TEST_F(UspSessionContext, PutsSegmentsTogetherInTheirOrder) {  // "Receiving Endpoint"
  take(segment(1, kBegin, "a"));
  take(segment(3, kComplete, "c"));
  EXPECT_THAT(take(segment(2, kInProcess, "b")).messages, ElementsAre("abc"));
  EXPECT_THAT(take(record(4, "d")).messages, ElementsAre("d"));
}

TEST_F(UspSessionContext, WrongSegmentsEndTheSession) {  // R-E2E.21
  const std::vector<std::vector<SessionRecord>> wrong = {
      {segment(1, kComplete, "a")},
      {segment(1, kBegin, "a"), segment(2, kBegin, "b")},
      {segment(1, kBegin, "a"), segment(2, kNone, "b")},
      {segment(1, kBegin, "a"), segment(2, kComplete, "")},
      {segment(1, static_cast<SarState>(9), "a")},
  };
  for (const auto& records : wrong) {
    SessionContext context(SessionContext::Role::kAgent, budget_);
    SessionEffects last;
    for (const SessionRecord& each : records) last = context.on_record(each, now_, ++random_);
    EXPECT_EQ(last.ended, SessionEnd::kSegment);
    EXPECT_EQ(last.dropped, SessionDrop::kSegment);
    EXPECT_TRUE(last.opened);
    EXPECT_THAT(last.messages, IsEmpty());
    EXPECT_LE(context.held_bytes(), kRecordOverhead);
  }
}

TEST_F(UspSessionContext, WhatCameBeforeAWrongRecordIsProcessed) {  // R-E2E.22
  take(record(2, "2"));
  SessionRecord wrong = segment(3, kComplete, "x");
  take(wrong);
  SessionEffects in = take(record(1, "1"));
  EXPECT_THAT(in.messages, ElementsAre("1", "2"));
  EXPECT_EQ(in.ended, SessionEnd::kSegment);
}

// ---- what is refused ----------------------------------------------------------------------------

TEST_F(UspSessionContext, RefusesAnotherPayloadSecurity) {  // R-E2E.19, R-E2E.21
  SessionRecord secured = record(2, "tls");
  secured.secured = true;
  EXPECT_EQ(take(secured).dropped, SessionDrop::kSecured);
  EXPECT_EQ(context_.status(), Status::kNone);
  converse();
  SessionEffects in = take(secured);
  EXPECT_EQ(in.ended, SessionEnd::kSecured);
  EXPECT_TRUE(in.opened);
}

TEST_F(UspSessionContext, RefusesIdsThatCannotBe) {  // R-E2E.3, R-E2E.24
  for (std::uint64_t id : {0U, 1U}) {
    SessionRecord in = record(1, "x");
    in.session_id = id;
    EXPECT_EQ(take(in).dropped, SessionDrop::kInvalidIds);
    EXPECT_EQ(context_.status(), Status::kNone);
  }
  EXPECT_EQ(take(record(0, "x")).dropped, SessionDrop::kInvalidIds);
  converse();
  EXPECT_EQ(take(record(0, "x")).ended, SessionEnd::kInvalidIds);
}

TEST_F(UspSessionContext, AMessageThatCannotBeDecodedEndsTheSession) {  // R-E2E.21
  converse();
  EXPECT_EQ(context_.on_undecodable(now_, ++random_).ended, SessionEnd::kNotDecoded);
}

}  // namespace
}  // namespace usp
