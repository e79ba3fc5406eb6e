#include "usp/topic.h"

#include <gtest/gtest.h>

namespace usp {
namespace {

TEST(UspTopic, ExpandsItsTemplate) {
  EXPECT_EQ(expand_topic("usp/v1/agent/{endpoint_id}", "os::1-2"), "usp/v1/agent/os::1-2");
  EXPECT_EQ(expand_topic("fixed", "os::1-2"), "fixed");
}

TEST(UspTopic, FindsTheEndpointAgain) {
  EXPECT_EQ(endpoint_in_topic("a/{endpoint_id}/b", "a/os::1/b"), "os::1");
  EXPECT_FALSE(endpoint_in_topic("a/{endpoint_id}/b", "a//b"));
  EXPECT_FALSE(endpoint_in_topic("a/{endpoint_id}/b", "a/x/y/b"));
  EXPECT_FALSE(endpoint_in_topic("a/{endpoint_id}", "b/x"));
  EXPECT_FALSE(endpoint_in_topic("a", "a"));
}

TEST(UspTopic, KnowsNamesAndFilters) {
  EXPECT_TRUE(is_topic_name("a/b"));
  EXPECT_FALSE(is_topic_name(""));
  EXPECT_FALSE(is_topic_name("a/+"));
  EXPECT_FALSE(is_topic_name("a/#"));
  EXPECT_FALSE(is_topic_name(std::string_view("a\0b", 3)));
  EXPECT_TRUE(is_topic_name(std::string(kMaxTopicBytes, 'a')));
  EXPECT_FALSE(is_topic_name(std::string(kMaxTopicBytes + 1, 'a')));
  for (const char* filter : {"#", "+", "a/+/b", "a/#", "/", "a//b"}) {
    EXPECT_TRUE(is_topic_filter(filter)) << filter;
  }
  for (const char* filter : {"", "a#", "a/b+", "#/a", "a/#/b"}) {
    EXPECT_FALSE(is_topic_filter(filter)) << filter;
  }
}

struct MatchCase {
  const char* filter;
  const char* topic;
  bool match;
};

TEST(UspTopic, MatchesLevelByLevel) {
  for (const MatchCase& test :
       {MatchCase{"a/b", "a/b", true}, MatchCase{"a/+", "a/b", true},
        MatchCase{"a/+", "a/b/c", false}, MatchCase{"a/+", "a", false}, MatchCase{"a/#", "a", true},
        MatchCase{"a/#", "a/b/c", true}, MatchCase{"#", "a/b", true},
        MatchCase{"#", "$SYS/x", false}, MatchCase{"+/x", "$SYS/x", false},
        MatchCase{"+/+", "/x", true}, MatchCase{"a", "a/", false}, MatchCase{"a/b", "a", false},
        MatchCase{"$SYS/#", "$SYS/x", true}}) {
    EXPECT_EQ(topic_matches(test.filter, test.topic), test.match)
        << test.filter << " " << test.topic;
  }
}

TEST(UspTopic, ComparesPrefixesByLevel) {
  EXPECT_TRUE(is_at_or_below("a/b", "a/b"));
  EXPECT_TRUE(is_at_or_below("a/b", "a/b/c"));
  EXPECT_TRUE(is_at_or_below("a/b/", "a/b/c"));
  EXPECT_FALSE(is_at_or_below("a/b", "a/bc"));
  EXPECT_FALSE(is_at_or_below("a/b", "a"));
}

TEST(UspTopic, CarriesReplyToInTheTopic) {  // R-MQTT.24, R-MQTT.25
  EXPECT_EQ(add_reply_to("a/b", "c/d/e"), "a/b/reply-to=c%2Fd%2Fe");
  const TopicWithReply split = split_reply_to("a/reply-to=x/reply-to=c%2Fd%2Fe");
  EXPECT_EQ(split.topic, "a/reply-to=x");
  EXPECT_EQ(split.reply_to, "c/d/e");
  EXPECT_FALSE(split_reply_to("a/b").reply_to);
}

}  // namespace
}  // namespace usp
