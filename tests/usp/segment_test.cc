#include "usp/segment.h"

#include <gtest/gtest.h>

namespace usp {
namespace {

using enum SarState;

std::vector<SarState> states_of(const std::vector<MessageSegment>& segments) {
  std::vector<SarState> states;
  for (const MessageSegment& segment : segments) states.push_back(segment.state);
  return states;
}

TEST(UspSegment, WhatFitsIsOnePiece) {  // case 1
  for (std::size_t max : {std::size_t{0}, std::size_t{5}, std::size_t{6}}) {
    const auto segments = split_message("12345", max);
    ASSERT_EQ(segments.size(), 1U) << max;
    EXPECT_EQ(segments[0].state, kNone);
    EXPECT_EQ(segments[0].payload, "12345");
  }
  EXPECT_EQ(split_message("", 4).size(), 1U);
}

TEST(UspSegment, WhatDoesNotFitHasABeginAndAnEnd) {  // case 2
  EXPECT_EQ(states_of(split_message("12345", 4)), (std::vector{kBegin, kComplete}));
  EXPECT_EQ(states_of(split_message("12345678", 4)), (std::vector{kBegin, kComplete}));
  EXPECT_EQ(states_of(split_message("123456789", 4)), (std::vector{kBegin, kInProcess, kComplete}));
}

struct Piece {
  SarState state;
  std::vector<std::string> payloads;
  SarState rec_state;
  Piece(SarState both, std::string payload) : state(both), payloads{payload}, rec_state(both) {}
  Piece(SarState one, SarState other, std::vector<std::string> what)
      : state(one), payloads(std::move(what)), rec_state(other) {}
};

TEST(UspSegment, PutsTogetherWhatWasTakenApart) {
  std::string message;
  for (int i = 0; i < 1000; ++i) message += static_cast<char>(i);
  for (std::size_t max : {1U, 2U, 7U, 333U, 999U, 1000U}) {
    Reassembler reassembler;
    std::optional<std::string> whole;
    for (const MessageSegment& segment : split_message(message, max)) {
      ASSERT_FALSE(whole);
      auto added = reassembler.add({std::string(segment.payload)}, segment.state, segment.state);
      ASSERT_TRUE(added);
      whole = *added;
    }
    EXPECT_EQ(whole, message) << max;
    EXPECT_TRUE(reassembler.empty());
  }
}

TEST(UspSegment, TakesRecordsWithoutPayloadBetweenPieces) {
  Reassembler reassembler;
  ASSERT_TRUE(reassembler.add({"a"}, kBegin, kBegin));
  EXPECT_EQ(*reassembler.add({}, kNone, kNone), std::nullopt);
  EXPECT_EQ(*reassembler.add({""}, kNone, kNone), std::nullopt);
  EXPECT_EQ(*reassembler.add({"b"}, kComplete, kComplete), "ab");
}

struct Malformed {
  const char* name;
  std::vector<Piece> pieces;  ///< the last one is refused
  SegmentError error;
};

constexpr auto kOther = static_cast<SarState>(4);

class MalformedSegments : public testing::TestWithParam<Malformed> {};

TEST_P(MalformedSegments, AreRefusedAndForgotten) {
  Reassembler reassembler;
  const std::vector<Piece>& pieces = GetParam().pieces;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    auto added = reassembler.add(pieces[i].payloads, pieces[i].state, pieces[i].rec_state);
    if (i + 1 < pieces.size()) {
      EXPECT_TRUE(added) << i;
    } else {
      ASSERT_FALSE(added);
      EXPECT_EQ(added.error(), GetParam().error) << name_of(added.error());
    }
  }
  EXPECT_TRUE(reassembler.empty());
  EXPECT_EQ(reassembler.bytes(), 0U);
  EXPECT_EQ(*reassembler.add({"next"}, kNone, kNone), "next");
}

INSTANTIATE_TEST_SUITE_P(
    , MalformedSegments,
    testing::Values(
        Malformed{"InProcessWithoutBegin", {{kInProcess, "a"}}, SegmentError::kNotBegun},
        Malformed{"CompleteWithoutBegin", {{kComplete, "a"}}, SegmentError::kNotBegun},
        Malformed{"CompleteAfterComplete",
                  {{kBegin, "a"}, {kComplete, "b"}, {kComplete, "c"}},
                  SegmentError::kNotBegun},
        Malformed{"BeginInsideBegin", {{kBegin, "a"}, {kBegin, "b"}}, SegmentError::kNotCompleted},
        Malformed{"WholeInsideBegin", {{kBegin, "a"}, {kNone, "b"}}, SegmentError::kNotCompleted},
        Malformed{"BeginInsideInProcess",
                  {{kBegin, "a"}, {kInProcess, "b"}, {kBegin, "c"}},
                  SegmentError::kNotCompleted},
        Malformed{"EmptyBegin", {{kBegin, ""}}, SegmentError::kEmpty},
        Malformed{"EmptyInProcess", {{kBegin, "a"}, {kInProcess, ""}}, SegmentError::kEmpty},
        Malformed{"EmptyComplete", {{kBegin, "a"}, {kComplete, ""}}, SegmentError::kEmpty},
        Malformed{"NoPayloadBegin", {{kBegin, kBegin, {}}}, SegmentError::kEmpty},
        Malformed{"SeveralPayloads", {{kNone, kNone, {"a", "b"}}}, SegmentError::kSeveral},
        Malformed{"StatesOfSecuredPayloads", {{kBegin, kNone, {"a"}}}, SegmentError::kStatesDiffer},
        Malformed{"StatesDiffer",
                  {{kBegin, "a"}, {kInProcess, kComplete, {"b"}}},
                  SegmentError::kStatesDiffer},
        Malformed{"PayloadrecStateAlone", {{kNone, kBegin, {"a"}}}, SegmentError::kStatesDiffer},
        Malformed{"UnknownState", {{kOther, "a"}}, SegmentError::kUnknownState},
        Malformed{"UnknownPayloadrecState", {{kNone, kOther, {"a"}}}, SegmentError::kUnknownState},
        Malformed{"OneByteTooLong",
                  {{kBegin, std::string(kMaxSegmentedMessageBytes, 'x')}, {kComplete, "y"}},
                  SegmentError::kMessageTooLong}),
    [](const auto& each) { return std::string(each.param.name); });

TEST(UspSegment, TakesTheLongestMessage) {
  Reassembler reassembler;
  ASSERT_TRUE(reassembler.add({std::string(kMaxSegmentedMessageBytes - 1, 'x')}, kBegin, kBegin));
  const auto whole = reassembler.add({"y"}, kComplete, kComplete);
  ASSERT_TRUE(whole);
  EXPECT_EQ((*whole)->size(), kMaxSegmentedMessageBytes);
}

}  // namespace
}  // namespace usp
