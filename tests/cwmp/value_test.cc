#include "cwmp/value.h"

#include <gmock/gmock.h>

namespace cwmp {
namespace {

using std::chrono::sys_seconds;
using testing::Eq;
using testing::Optional;

sys_seconds at(std::int64_t seconds) { return sys_seconds(std::chrono::seconds(seconds)); }

// quirk 55
TEST(CwmpValue, ReadsTheFourBooleansInAnyCase) {
  for (const char* text : {"1", "true", "TRUE", "True", " 1\n"}) {
    EXPECT_THAT(parse_boolean(text), Optional(true)) << text;
  }
  for (const char* text : {"0", "false", "False", "\tfalse "}) {
    EXPECT_THAT(parse_boolean(text), Optional(false)) << text;
  }
  for (const char* text : {"", " ", "2", "yes", "truee", "01"}) {
    EXPECT_THAT(parse_boolean(text), Eq(std::nullopt)) << text;
  }
}

TEST(CwmpValue, ReadsUnsignedNumbersUpToTheLimit) {
  EXPECT_THAT(parse_unsigned("4294967295"), Optional(4294967295U));
  EXPECT_THAT(parse_unsigned(" 007 "), Optional(7U));
  EXPECT_THAT(parse_unsigned("+5"), Optional(5U));
  EXPECT_THAT(parse_unsigned("5", 5), Optional(5U));
  EXPECT_THAT(parse_unsigned("6", 5), Eq(std::nullopt));
  for (const char* text : {"", "4294967296", "-1", "1a", "0x1", "1 2", "+", "++1"}) {
    EXPECT_THAT(parse_unsigned(text), Eq(std::nullopt)) << text;
  }
}

// quirk 56
TEST(CwmpValue, ReadsDatesInEveryFormSeen) {
  constexpr std::int64_t kNoon = 1795262400;  // 2026-11-21T12:00:00Z
  for (const char* text :
       {"2026-11-21T12:00:00Z", "2026-11-21T12:00:00", "2026-11-21T12:00:00.582Z",
        "2026-11-21T14:00:00+02:00", "2026-11-21T14:00:00+0200", "2026-11-21T14:00:00+02",
        "2026-11-21T06:30:00-05:30", "2026-11-21 12:00:00", " 2026-11-21T12:00:00Z\n",
        "2026-11-21T12:00Z"}) {
    EXPECT_THAT(parse_datetime(text), Optional(at(kNoon))) << text;
  }
}

TEST(CwmpValue, RefusesWhatIsNoDate) {
  for (const char* text :
       {"", "now", "2026-11-21", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
        "2026-11-21T25:00:00Z", "2026-11-21T12:60:00Z", "2026-11-21T12:00:00X",
        "2026-11-21T12:00:00+15:00", "2026-11-21T12:00:00Zz", "99999-01-01T00:00:00Z"}) {
    EXPECT_THAT(parse_datetime(text), Eq(std::nullopt)) << text;
  }
}

// quirk 56
TEST(CwmpValue, WritesDatesWithoutFraction) {
  EXPECT_EQ(format_datetime(at(1795262400)), "2026-11-21T12:00:00Z");
  EXPECT_EQ(format_datetime(at(0)), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_datetime(*parse_datetime(kUnknownTime)), kUnknownTime);
}

// quirk 56
TEST(CwmpValue, TakesEmptyAndYearsUpToOneAsUnknown) {
  for (const char* text : {"", " ", "0001-01-01T00:00:00Z", "0001-01-01T00:03:08Z",
                           "-0001-01-01T00:00:10Z", "0000-01-01T00:00:00Z"}) {
    EXPECT_TRUE(is_unknown_time(text)) << text;
  }
  EXPECT_FALSE(is_unknown_time("2026-11-21T12:00:00Z"));
  EXPECT_FALSE(is_unknown_time("yesterday"));
}

}  // namespace
}  // namespace cwmp
