// How the server starts and how it stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/acs_fixture.h"

namespace {

using cwmp::SessionEnd;
using std::chrono::milliseconds;
using support::Acs;
using support::inform_text;
using support::read_version;
using support::response_text;
using support::version_is;

TEST(CwmpServerStart, NamesThePortItCannotHave) {
  Acs first;
  first.start();
  Acs second;
  second.options.port = first.server().port();
  const std::string where = "127.0.0.1:" + std::to_string(first.server().port());

  EXPECT_THAT([&] { second.start(); }, testing::ThrowsMessage<boost::system::system_error>(
                                           testing::HasSubstr("cwmp: cannot listen on " + where)));
}

TEST(CwmpServerStop, IsImmediateWithoutSessions) {
  Acs acs;
  acs.start();
  auto idle = acs.connect();
  EXPECT_EQ(idle.post("").status, 204U);

  acs.stop(std::chrono::hours(1));

  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(acs.server().open_connections(), 0U);
}

TEST(CwmpServerStop, LetsASessionFinishAndTakesNoNewOne) {
  Acs acs;
  acs.handler.rpcs = {read_version(), read_version()};
  acs.start();
  auto cpe = acs.connect();
  const auto informed = cpe.post(inform_text());
  const auto rpc = cpe.post("");
  auto stopped = acs.begin_stop(std::chrono::hours(1));
  auto late = acs.connect();
  unsigned status = 200;
  while (status == 200) status = late.post(inform_text("B")).status;
  EXPECT_EQ(status, 503U);

  EXPECT_EQ(cpe.post(response_text(rpc, version_is("1"))).status, 204U);

  stopped.get();
  EXPECT_EQ(acs.handler.ended.take()->end, SessionEnd::kShutdown);
}

TEST(CwmpServerStop, CutsSessionsAtItsDeadline) {
  Acs acs;
  acs.handler.rpcs = {read_version()};
  acs.start();
  auto waiting = acs.connect();
  waiting.post(inform_text("A"));
  waiting.post("");

  acs.stop(milliseconds(1));

  const auto end = acs.handler.ended.take();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->end, SessionEnd::kShutdown);
  EXPECT_TRUE(end->rpc_open);
  EXPECT_TRUE(waiting.closed());
}

TEST(CwmpServerStop, CancelsAHandlerThatHoldsASession) {
  Acs acs;
  acs.handler.hold = true;
  acs.start();
  auto cpe = acs.connect();
  cpe.post(inform_text());
  cpe.send(support::post_text(""));
  ASSERT_TRUE(acs.handler.asked.take());

  acs.stop(milliseconds(1));

  EXPECT_EQ(acs.handler.ended.take()->end, SessionEnd::kShutdown);
  EXPECT_TRUE(acs.no_session_left());
}

TEST(CwmpServerStop, WorksAHundredTimes) {
  for (int i = 0; i < 100; ++i) {
    Acs acs;
    acs.start();
    auto cpe = acs.connect();
    cpe.send(support::post_text(inform_text()));
    acs.stop(milliseconds(0));
  }
}

}  // namespace
