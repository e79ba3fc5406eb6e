#include "bridge/agent/operation.h"

#include <gmock/gmock.h>
#include <google/protobuf/stubs/logging.h>

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

usp::Step step(std::string path) {
  usp::Step out;
  out.path = std::move(path);
  return out;
}

usp::StepResult result(usp::StepResult::State state) {
  usp::StepResult out;
  out.state = state;
  return out;
}

/// An operation with something in every member.
Operation full_operation() {
  Operation out;
  out.origin = {Requester::Kind::kUsp,  "self::ctl", "usp/v1/controller/ctl",
                std::string("c\0r", 3), true,        "4bf92f3577b34da6a3ce929d0e0e4736"};
  out.plan.kind = usp::Plan::Kind::kOperate;
  out.plan.msg_id = "m-1";
  out.plan.requested = {"Device.IP.Diagnostics.IPPing()"};
  out.plan.searches = {false};
  out.plan.steps = {step("Device.A."), step("Device.B.")};
  out.plan.command = "IPPing()";
  out.plan.command_key = "key";
  out.plan.asynchronous = true;
  out.plan.input_args = {{"Host", "192.0.2.1"}};
  out.request_rows = {"Device.LocalAgent.Request.1.", "Device.LocalAgent.Request.2."};
  out.created_ms = 1'000;
  out.deadline_ms = 31'000;
  out.state = OperationState::kRunning;
  usp::StepResult failed = result(usp::StepResult::State::kFailed);
  failed.code = usp::ErrorCode::kCommandFailure;
  failed.text = "no route";
  failed.param_errors = {{"Host", usp::ErrorCode::kInvalidValue, "not a host"}};
  usp::StepResult done = result(usp::StepResult::State::kDone);
  done.path = "Device.LocalAgent.Request.2.";
  done.values = {{"SuccessCount", "4"}, {"", ""}};
  out.results = {failed, done};
  out.task = std::string("\0\xff progress", 11);
  out.task_step = 1;
  out.moved = "Device.IP.Interface.2.";
  out.moved_to = "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.WANIPConnection.3.";
  return out;
}

OperationRow full_row() {
  OperationRow row = to_row(7, full_operation());
  row.id = 42;
  return row;
}

void expect_same(const Operation& a, const Operation& b) {
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.plan, b.plan);
  EXPECT_EQ(a.request_rows, b.request_rows);
  EXPECT_EQ(a.created_ms, b.created_ms);
  EXPECT_EQ(a.deadline_ms, b.deadline_ms);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.results, b.results);
  EXPECT_EQ(a.task, b.task);
  EXPECT_EQ(a.task_step, b.task_step);
  EXPECT_EQ(a.moved, b.moved);
  EXPECT_EQ(a.moved_to, b.moved_to);
}

TEST(Operation, ComesBackFromTheStoreAsItWas) {
  auto read = from_row(full_row());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, 42);
  expect_same(*read, full_operation());
}

TEST(Operation, ComesBackInEveryKindAndState) {
  using Kind = usp::Plan::Kind;
  for (Kind kind : {Kind::kSet, Kind::kAdd, Kind::kDelete, Kind::kOperate}) {
    for (int state = 0; state <= static_cast<int>(OperationState::kCancelled); ++state) {
      for (Requester::Kind origin : {Requester::Kind::kUsp, Requester::Kind::kGrpc}) {
        Operation operation = full_operation();
        operation.plan.kind = kind;
        operation.state = static_cast<OperationState>(state);
        operation.origin.kind = origin;
        auto read = from_row(to_row(1, operation));
        ASSERT_TRUE(read);
        expect_same(*read, operation);
      }
    }
  }
}

TEST(Operation, IsStoredWithWhatTheStoreSearchesFor) {
  const OperationRow row = full_row();
  EXPECT_EQ(row.device_id, 7);
  EXPECT_EQ(row.kind, static_cast<int>(usp::Plan::Kind::kOperate));
  EXPECT_EQ(row.state, static_cast<int>(OperationState::kRunning));
  EXPECT_EQ(row.created_ms, 1'000);
  EXPECT_EQ(row.deadline_ms, 31'000);
  EXPECT_EQ(row.finished_ms, 0);
  EXPECT_EQ(row.command_key, "key");
}

TEST(Operation, HasOneResultAStepHoweverManyWereStored) {
  for (std::size_t stored : {0U, 1U, 2U, 3U}) {
    Operation operation = full_operation();
    operation.results.assign(stored, result(usp::StepResult::State::kDone));
    auto read = from_row(to_row(1, operation));
    ASSERT_TRUE(read);
    ASSERT_THAT(read->results, SizeIs(2));
    EXPECT_EQ(read->results[1].state,
              stored < 2 ? usp::StepResult::State::kNotDone : usp::StepResult::State::kDone);
  }
}

TEST(Operation, IsNoneWhenItsRowIsDamaged) {
  google::protobuf::LogSilencer quiet;
  const OperationRow good = full_row();
  for (std::size_t size = 0; size < good.body.size(); ++size) {
    OperationRow cut = good;
    cut.body.resize(size);
    auto read = from_row(cut);
    // A cut between two fields can only lose request rows, which come last.
    if (read) {
      EXPECT_EQ(read->plan, full_operation().plan) << size;
    }
  }
  OperationRow noise = good;
  noise.body = "\xff\xff\xff\xff";
  EXPECT_FALSE(from_row(noise));
  noise = good;
  noise.progress = "\xff\xff\xff\xff";
  EXPECT_FALSE(from_row(noise));
  noise = good;
  noise.body.clear();
  EXPECT_FALSE(from_row(noise)) << "no plan";
}

TEST(Operation, IsNoneWhenWrittenBySomethingNewer) {
  for (int state : {-1, static_cast<int>(OperationState::kCancelled) + 1}) {
    OperationRow row = full_row();
    row.state = state;
    EXPECT_FALSE(from_row(row)) << "state " << state;
  }
  Operation operation = full_operation();
  operation.results[0].state = static_cast<usp::StepResult::State>(3);
  EXPECT_FALSE(from_row(to_row(1, operation))) << "state of a step";
  operation = full_operation();
  operation.plan.kind = static_cast<usp::Plan::Kind>(4);
  EXPECT_FALSE(from_row(to_row(1, operation))) << "kind of plan";
}

TEST(Operation, SurvivesEveryBitThatFlips) {
  google::protobuf::LogSilencer quiet;
  const OperationRow good = full_row();
  for (std::size_t bit = 0; bit < good.body.size() * 8; ++bit) {
    OperationRow row = good;
    row.body[bit / 8] = static_cast<char>(row.body[bit / 8] ^ (1 << (bit % 8)));
    if (auto read = from_row(row)) {
      EXPECT_EQ(read->results.size(), read->plan.steps.size());
    }
  }
  for (std::size_t bit = 0; bit < good.progress.size() * 8; ++bit) {
    OperationRow row = good;
    row.progress[bit / 8] = static_cast<char>(row.progress[bit / 8] ^ (1 << (bit % 8)));
    if (auto read = from_row(row)) {
      EXPECT_EQ(read->results.size(), read->plan.steps.size());
    }
  }
}

TEST(Operation, IsOverInItsLastThreeStates) {
  EXPECT_FALSE(is_over(OperationState::kQueued));
  EXPECT_FALSE(is_over(OperationState::kRunning));
  EXPECT_TRUE(is_over(OperationState::kSucceeded));
  EXPECT_TRUE(is_over(OperationState::kFailed));
  EXPECT_TRUE(is_over(OperationState::kCancelled));
}

struct Ending {
  bool all_or_nothing;
  std::vector<usp::StepResult::State> steps;
  OperationState end;
};

TEST(Operation, SucceedsUnlessEveryStepFailedOrOneOfAllOrNothing) {
  constexpr auto kDone = usp::StepResult::State::kDone;
  constexpr auto kFailed = usp::StepResult::State::kFailed;
  constexpr auto kNotDone = usp::StepResult::State::kNotDone;
  const std::vector<Ending> endings = {
      {false, {}, OperationState::kSucceeded},
      {false, {kDone}, OperationState::kSucceeded},
      {false, {kDone, kFailed}, OperationState::kSucceeded},
      {false, {kFailed, kDone}, OperationState::kSucceeded},
      {false, {kFailed}, OperationState::kFailed},
      {false, {kFailed, kFailed}, OperationState::kFailed},
      {false, {kFailed, kNotDone}, OperationState::kFailed},
      {true, {}, OperationState::kSucceeded},
      {true, {kDone, kDone}, OperationState::kSucceeded},
      {true, {kDone, kFailed}, OperationState::kFailed},
      {true, {kDone, kNotDone}, OperationState::kFailed},
      {true, {kFailed}, OperationState::kFailed},
  };
  for (const Ending& row : endings) {
    usp::Plan plan;
    plan.all_or_nothing = row.all_or_nothing;
    std::vector<usp::StepResult> results;
    for (auto state : row.steps) {
      plan.steps.push_back(step("Device.A."));
      results.push_back(result(state));
    }
    EXPECT_EQ(end_state(plan, results), row.end)
        << testing::PrintToString(row.all_or_nothing) << " " << row.steps.size();
  }
}

TEST(Operation, IsNamedForPeople) {
  EXPECT_EQ(kind_name(usp::Plan::Kind::kSet), "Set");
  EXPECT_EQ(kind_name(usp::Plan::Kind::kAdd), "Add");
  EXPECT_EQ(kind_name(usp::Plan::Kind::kDelete), "Delete");
  EXPECT_EQ(kind_name(usp::Plan::Kind::kOperate), "Operate");
  usp::Plan plan;
  EXPECT_EQ(summary(plan), "");
  plan.requested = {"Device.WiFi.SSID.*."};
  EXPECT_EQ(summary(plan), "Device.WiFi.SSID.*.");
  plan.steps = {step("Device.WiFi.SSID.1."), step("Device.WiFi.SSID.2.")};
  EXPECT_EQ(summary(plan), "Device.WiFi.SSID.1.");
  plan.steps = {step("Device.")};
  plan.command = "Reboot()";
  EXPECT_EQ(summary(plan), "Device.Reboot()");
}

Outbound full_outbound() {
  return {"usp/v1/controller/ctl",
          std::string("\0\xff", 2),
          std::string("\x0a\0\xfe", 3),
          "id",
          "ops::00D09E-Box-1",
          UINT32_MAX,
          2000};
}

TEST(Outbound, ComesBackAsItWas) {
  const Outbound sent = full_outbound();
  auto read = decode_outbound(encode_outbound(sent));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->topic, sent.topic);
  EXPECT_EQ(read->correlation, sent.correlation);
  EXPECT_EQ(read->msg, sent.msg);
  EXPECT_EQ(read->msg_id, sent.msg_id);
  EXPECT_EQ(read->from_id, sent.from_id);
  EXPECT_EQ(read->retry_wait_ms, sent.retry_wait_ms);
  EXPECT_EQ(read->retry_multiplier, sent.retry_multiplier);
}

TEST(Outbound, IsNoneWhenItsBytesAreDamaged) {
  google::protobuf::LogSilencer quiet;
  for (std::string_view bytes : {"\xff\xff\xff\xff",
                                 "\x0a\x7f"
                                 "short",
                                 "\x0a", "plain text"}) {
    EXPECT_FALSE(decode_outbound(bytes)) << bytes;
  }
}

}  // namespace
}  // namespace bridge
