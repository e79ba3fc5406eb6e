#include "bridge/session_log.h"

#include <gmock/gmock.h>

namespace bridge {
namespace {

using std::chrono::microseconds;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::SizeIs;

SessionRecord session(std::int64_t start_ms) {
  SessionRecord out;
  out.start_ms = start_ms;
  out.outcome = "complete";
  return out;
}

std::map<std::string, RpcTimes> rpc(const std::string& method, std::int64_t took, bool fault) {
  std::map<std::string, RpcTimes> out;
  out[method].add(microseconds(took), fault);
  return out;
}

TEST(SessionLog, KeepsTheLastSessionsNewestFirst) {
  SessionLog log;
  for (int i = 1; i <= 12; ++i) log.add(7, session(i), {});
  const DeviceRecords records = log.of(7);
  ASSERT_THAT(records.sessions, SizeIs(DeviceRecords::kMaxSessions));
  EXPECT_EQ(records.sessions.front().start_ms, 12);
  EXPECT_EQ(records.sessions.back().start_ms, 3);
  EXPECT_THAT(log.of(8).sessions, IsEmpty());
}

TEST(SessionLog, AddsUpTimesOfRpcs) {
  SessionLog log;
  log.add(7, session(1), rpc("GetParameterValues", 100, false));
  log.add(7, session(2), rpc("GetParameterValues", 300, true));
  const RpcTimes times = log.of(7).rpcs.at("GetParameterValues");
  EXPECT_EQ(times.count, 2U);
  EXPECT_EQ(times.faults, 1U);
  EXPECT_EQ(times.total, microseconds(400));
  EXPECT_EQ(times.longest, microseconds(300));
}

TEST(SessionLog, ForgetsWhoWasAwayLongest) {
  SessionLog log(2);
  log.add(1, session(1), {});
  log.add(2, session(2), {});
  log.add(1, session(3), {});
  log.add(3, session(4), {});
  EXPECT_THAT(log.of(2).sessions, IsEmpty());
  EXPECT_THAT(log.of(1).sessions, SizeIs(2));
  EXPECT_THAT(log.of(3).sessions, SizeIs(1));
  log.forget(1);
  log.forget(1);
  EXPECT_THAT(log.of(1).sessions, IsEmpty());
  log.add(4, session(5), {});
  EXPECT_THAT(log.of(3).sessions, SizeIs(1)) << "who is forgotten takes no place";
}

}  // namespace
}  // namespace bridge
