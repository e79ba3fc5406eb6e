#include "bridge/explain.h"

#include <gmock/gmock.h>

namespace bridge {
namespace {

using control::Finding;
using control::WakeWayInfo;
using Severity = Finding::Severity;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::int64_t kNow = 1'800'000'000'000;
constexpr std::int64_t kMinute = 60'000;

class Explain : public testing::Test {
 protected:
  Explain() {
    facts.now_ms = kNow;
    facts.last_inform_ms = kNow - kMinute;
    facts.online = true;
    facts.onboarded = true;
    facts.connection_request_url = "http://10.0.0.1:7547/";
    WakeWayInfo http;
    http.name = "http";
    http.usable = true;
    facts.ways.push_back(http);
  }

  std::vector<std::string> reasons() const {
    std::vector<std::string> out;
    for (const Finding& finding : find_out(facts)) out.push_back(finding.reason);
    return out;
  }
  Finding finding(const std::string& reason) const {
    for (const Finding& each : find_out(facts)) {
      if (each.reason == reason) return each;
    }
    ADD_FAILURE() << reason << " is not found";
    return {};
  }
  void session(const std::string& outcome) {
    SessionRecord record;
    record.outcome = outcome;
    facts.records.sessions.push_front(record);
  }

  ExplainFacts facts;
};

TEST_F(Explain, FindsNothingWrongWithADeviceThatDoesWell) { EXPECT_THAT(reasons(), IsEmpty()); }

TEST_F(Explain, TellsADeviceThatIsGoneFromOneThatNeverCame) {
  facts.online = false;
  facts.last_inform_ms = kNow - 3 * 24 * 60 * kMinute;
  EXPECT_THAT(finding("OFFLINE").summary, HasSubstr("3 days ago"));
  EXPECT_EQ(finding("OFFLINE").severity, Severity::kError);
  facts.in_session = true;
  EXPECT_THAT(reasons(), Not(Contains("OFFLINE")));
  facts.last_inform_ms = 0;
  EXPECT_THAT(reasons(), Contains("NEVER_SEEN"));
}

TEST_F(Explain, NamesTheAddressThatIsNotAllowed) {
  facts.address_refused = true;
  EXPECT_THAT(finding("ADDRESS_NOT_ALLOWED").summary, HasSubstr("10.0.0.1"));
  EXPECT_THAT(finding("ADDRESS_NOT_ALLOWED").advice, HasSubstr("connection_request.allow"));
  facts.address_refused = false;
  facts.ways[0].last_outcome = "not-allowed";  // as a name resolved
  EXPECT_THAT(reasons(), Contains("ADDRESS_NOT_ALLOWED"));
}

TEST_F(Explain, NamesRejectedCredentials) {
  facts.ways[0].last_outcome = "unauthorized";
  EXPECT_EQ(finding("CREDENTIALS_REJECTED").severity, Severity::kError);
}

TEST_F(Explain, CountsConnectionRequestsInVain) {
  facts.ways[0].silent_tries = 1;
  EXPECT_EQ(finding("NEVER_WOKEN").severity, Severity::kWarning);
  facts.ways[0].silent_tries = 3;
  facts.ways[0].last_outcome = "timeout";
  EXPECT_EQ(finding("NEVER_WOKEN").severity, Severity::kError);
  EXPECT_THAT(finding("NEVER_WOKEN").summary, HasSubstr("timeout"));
  facts.behind_nat = true;
  EXPECT_THAT(finding("NEVER_WOKEN").advice, HasSubstr("NAT"));
}

TEST_F(Explain, SaysThatThereIsNoWay) {
  facts.ways[0].usable = false;
  facts.ways[0].silent_tries = 3;
  EXPECT_THAT(reasons(), testing::ElementsAre("NO_WAY_TO_WAKE"));
}

TEST_F(Explain, TellsOfFreezesAndWhatTheyHold) {
  facts.frozen_by = {"all", "model */Gate*/*"};
  facts.held_operations = 2;
  EXPECT_THAT(finding("FROZEN").summary, HasSubstr("all, model */Gate*/*. 2 operations"));
}

TEST_F(Explain, TellsOfTheQueueAndTheFirstWalk) {
  facts.open_operations = 4;
  facts.oldest_operation_ms = kNow - 10 * kMinute;
  EXPECT_THAT(finding("OPERATIONS_WAIT").summary, HasSubstr("10 minutes ago"));
  facts.onboarded = false;
  EXPECT_EQ(finding("FIRST_WALK_INCOMPLETE").severity, Severity::kWarning);
}

TEST_F(Explain, NoticesSessionsThatBreakOff) {
  for (const char* outcome : {"lost", "complete", "lost"}) session(outcome);
  EXPECT_THAT(reasons(), Not(Contains("SESSIONS_LOST")));
  session("lost");
  EXPECT_THAT(finding("SESSIONS_LOST").summary, HasSubstr("3 of its last 4"));
}

TEST_F(Explain, NoticesRpcsThatFailOrTakeLong) {
  RpcTimes& times = facts.records.rpcs["GetParameterValues"];
  times.count = 6;
  times.faults = 2;
  times.longest = std::chrono::seconds(9);
  EXPECT_THAT(reasons(), IsEmpty());
  times.faults = 3;
  times.longest = std::chrono::seconds(10);
  EXPECT_THAT(finding("RPC_FAULTS").summary, HasSubstr("3 times of 6"));
  EXPECT_THAT(finding("RPC_SLOW").summary, HasSubstr("10 s"));
  times.count = 7;
  EXPECT_THAT(reasons(), Not(Contains("RPC_FAULTS"))) << "mostly it works";
}

TEST_F(Explain, NoticesAClockThatIsOff) {
  facts.clock_ahead_ms = 4 * kMinute;
  EXPECT_THAT(reasons(), IsEmpty());
  facts.clock_ahead_ms = -6 * kMinute;
  EXPECT_THAT(finding("CLOCK_SKEW").summary, HasSubstr("6 minutes behind"));
}

TEST_F(Explain, PutsTheWorstFirst) {
  facts.open_operations = 1;
  facts.oldest_operation_ms = kNow;
  facts.frozen_by = {"all"};
  facts.online = false;
  EXPECT_THAT(reasons(), testing::ElementsAre("OFFLINE", "FROZEN", "OPERATIONS_WAIT"));
}

}  // namespace
}  // namespace bridge
