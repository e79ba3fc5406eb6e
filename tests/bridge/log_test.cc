#include "bridge/log.h"

#include <gmock/gmock.h>

#include <sstream>

#include "bridge/config.h"

namespace bridge {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// The log of a test, and spdlog's own again after it.
class LogTest : public testing::Test {
 protected:
  ~LogTest() override { spdlog::set_default_logger(before_); }

  void set_up(LogConfig::Format format, const std::string& level = "info") {
    LogConfig config;
    config.format = format;
    config.level = level;
    set_up_log(config, out_);
  }
  /// What was written since the last time.
  std::string written() {
    std::string text = out_.str();
    out_.str("");
    return text;
  }

 private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
  std::ostringstream out_;
};

TEST_F(LogTest, HasWhatALineIsAboutInFieldsOfItsOwn) {
  set_up(LogConfig::Format::kJson);
  log_info({"ops::1", 17, "4bf92f3577b34da6a3ce929d0e0e4736"}, "Set of {} done", 3);
  EXPECT_THAT(written(), EndsWith(",\"device\":\"ops::1\",\"operation\":17,\"trace_id\":"
                                  "\"4bf92f3577b34da6a3ce929d0e0e4736\","
                                  "\"message\":\"device ops::1: Set of 3 done\"}\n"));
  log_warn({.device = "ops::1"}, "x");
  EXPECT_THAT(written(), AllOf(HasSubstr("\"level\":\"warning\""), HasSubstr(",\"device\":"),
                               Not(HasSubstr("operation")), Not(HasSubstr("trace_id"))));
  spdlog::info("ready");
  EXPECT_THAT(written(), EndsWith(",\"message\":\"ready\"}\n"));
}

TEST_F(LogTest, OfHostileTextIsStillOneObjectALine) {
  set_up(LogConfig::Format::kJson);
  log_info({.device = "ops::\"\n\\"}, "{}", "a\"b\r\nc\x01");
  EXPECT_THAT(written(), EndsWith(R"(,"device":"ops::\"\u000a\\",)"
                                  R"("message":"device ops::\"\u000a\\: a\"b\u000d\u000ac\u0001"})"
                                  "\n"));
}

TEST_F(LogTest, AsTextEndsWithTheIds) {
  set_up(LogConfig::Format::kText);
  log_error({.device = "ops::1", .operation = 2, .trace_id = "abc"}, "lost");
  EXPECT_THAT(written(), EndsWith("Z error device ops::1: lost operation=2 trace_id=abc\n"));
}

TEST_F(LogTest, ChangesItsLevelWhileItRuns) {
  set_up(LogConfig::Format::kText, "warn");
  log_info({.device = "ops::1"}, "unheard");
  EXPECT_EQ(written(), "");
  set_log_level("debug");
  log_debug({.device = "ops::1"}, "heard");
  EXPECT_THAT(written(), HasSubstr("heard"));
}

}  // namespace
}  // namespace bridge
