#include "bridge/trace_id.h"

#include <gmock/gmock.h>

namespace bridge {
namespace {

using testing::MatchesRegex;

constexpr const char* kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";

// W3C Trace Context 3.2.2, the standard's own example.
TEST(TraceId, IsThatOfTheClient) {
  EXPECT_EQ(trace_id_of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kTrace);
}

// 4.3: of a later version what is known of it is taken.
TEST(TraceId, IsFoundInVersionsToCome) {
  EXPECT_EQ(trace_id_of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"), kTrace);
  EXPECT_EQ(trace_id_of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"), kTrace);
  EXPECT_EQ(trace_id_of("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.more"), "");
}

TEST(TraceId, IsNotTakenFromWhatIsNoTraceparent) {
  for (const char* text : {
           "",
           "00",
           "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
           "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
           "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
           "00 4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
           "00-4bf92f3577b34da6a3ce929d0e0e473\"-00f067aa0ba902b7-01",
       }) {
    EXPECT_EQ(trace_id_of(text), "") << text;
  }
}

TEST(TraceId, IsNewForEachRequestWithoutOne) {
  const std::string one = make_trace_id();
  EXPECT_THAT(one, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(one, make_trace_id());
  EXPECT_EQ(trace_id_of("00-" + one + "-00f067aa0ba902b7-00"), one);
}

}  // namespace
}  // namespace bridge
