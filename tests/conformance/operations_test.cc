// TP-469 section 1: Operate.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using usp_controller::operate;

const std::string kTimer = "Device.ScheduleTimer()";
const std::string kPing = "Device.IP.Diagnostics.IPPing()";
const std::string kTrace = "Device.IP.Diagnostics.TraceRoute()";
const std::string kRequests = "Device.LocalAgent.Request.";

using Result = usp_msg::OperateResp::OperationResult;

/// The single result of an Operate.
Result run(const Agent& agent, const std::string& command,
           const std::map<std::string, std::string>& input, const std::string& key) {
  const usp_msg::Msg answer = agent.ask(operate(command, input, key));
  const auto& results = answer.body().response().operate_resp().operation_results();
  EXPECT_THAT(results, SizeIs(1)) << answer.ShortDebugString();
  if (results.size() != 1) return {};
  EXPECT_EQ(results[0].executed_command(), command);
  return results[0];
}

/// Without an answer.
void send(const Agent& agent, const std::string& command,
          const std::map<std::string, std::string>& input, const std::string& key) {
  const auto sent =
      Suite::get().world().controller().send(agent.id(), operate(command, input, key, false), {});
  EXPECT_TRUE(sent) << sent.error();
}

void expect_no_operate_resp(const Agent& agent) {
  Suite::get().analyzer().settle();
  for (const Sent& sent : Suite::get().analyzer().sent_by(agent.id())) {
    if (!sent.msg) continue;
    EXPECT_NE(sent.msg->header().msg_type(), usp_msg::Header::OPERATE_RESP);
  }
}

void expect_request_row(const Result& result) {
  EXPECT_THAT(result.req_obj_path(), StartsWith(kRequests)) << result.ShortDebugString();
}

void watch_command(const Agent& agent, const std::string& command) {
  agent.add_subscription("done", {{"NotifType", "OperationComplete"}, {"ReferenceList", command}});
}

std::optional<Notification> expect_complete(const Agent& agent, const std::string& command,
                                            const std::string& key, Milliseconds limit = kLong) {
  const auto notify = agent.notified("done", limit);
  EXPECT_TRUE(notify) << command;
  if (!notify) return notify;
  const auto& done = notify->notify.oper_complete();
  EXPECT_EQ(done.obj_path() + done.command_name(), command);
  EXPECT_EQ(done.command_key(), key);
  return notify;
}

void watch_boot(const Agent& agent) {
  agent.add_subscription("boot", {{"NotifType", "Event"}, {"ReferenceList", "Device.Boot!"}});
}

void expect_back(const Agent& agent, const std::string& key) {
  const auto boot = wait_for_event(agent, "Boot!");
  ASSERT_TRUE(boot);
  EXPECT_THAT(*boot, Contains(testing::Pair("CommandKey", key)));
  EXPECT_EQ(agent.value("Device.LocalAgent.EndpointID"), agent.id());
}

WAITING_TEST(Operations, 1_61_ARebootIsAnswered) {
  watch_boot(agent);
  const Result result = run(agent, "Device.Reboot()", {}, "test61");
  EXPECT_TRUE(result.has_req_output_args()) << result.ShortDebugString();
  EXPECT_THAT(result.req_output_args().output_args(), IsEmpty());
  expect_back(agent, "test61");
}

WAITING_TEST(Operations, 1_62_ARebootWithoutAnAnswer) {
  watch_boot(agent);
  send(agent, "Device.Reboot()", {}, "test62");
  expect_back(agent, "test62");
  expect_no_operate_resp(agent);
}

WAITING_TEST(Operations, 1_64_AnAsynchronousCommandIsAnsweredWithItsRequest) {
  watch_command(agent, kPing);
  expect_request_row(run(agent, kPing, {{"Host", "192.0.2.1"}}, "test64"));
  expect_complete(agent, kPing, "test64");
  EXPECT_THAT(agent.rows(kRequests), IsEmpty());
}

WAITING_TEST(Operations, 1_65_AnAsynchronousCommandWithoutAnAnswer) {
  watch_command(agent, kPing);
  send(agent, kPing, {{"Host", "192.0.2.1"}}, "test65");
  expect_complete(agent, kPing, "test65");
  expect_no_operate_resp(agent);
}

WAITING_TEST(Operations, 1_79_ACommandTakesItsInputArguments) {
  watch_command(agent, kTimer);
  const auto began = std::chrono::steady_clock::now();
  expect_request_row(run(agent, kTimer, {{"DelaySeconds", "30"}}, "test79"));

  const auto notify = expect_complete(agent, kTimer, "test79", seconds(45));

  ASSERT_TRUE(notify);
  EXPECT_TRUE(notify->notify.oper_complete().has_req_output_args());
  EXPECT_GE(notify->received - began, seconds(30));
}

WAITING_TEST(Operations, 1_91_UnknownArgumentsAreIgnored) {
  watch_command(agent, kTimer);
  expect_request_row(
      run(agent, kTimer, {{"DelaySeconds", "10"}, {"InvalidArgument", "2"}}, "test91"));
  expect_complete(agent, kTimer, "test91");
}

WAITING_TEST(Operations, 1_92_ArgumentsThatAreLeftOutTakeTheirDefaults) {
  watch_command(agent, kTrace);
  const std::string object = "Device.IP.Diagnostics.TraceRoute.";
  // What an earlier run left there is no default.
  agent.cpe("set", object + "NumberOfTries 1");
  agent.cpe("set", object + "Timeout 1000");

  expect_request_row(
      run(agent, kTrace, {{"Host", "192.0.2.1"}, {"ProtocolVersion", "Any"}}, "test92"));

  expect_complete(agent, kTrace, "test92");
  EXPECT_EQ(agent.cpe("get", object + "Host"), "192.0.2.1");
  EXPECT_EQ(agent.cpe("get", object + "NumberOfTries"), "3");
  EXPECT_EQ(agent.cpe("get", object + "Timeout"), "5000");
}

WAITING_TEST(Operations, 1_100_AMissingMandatoryArgumentFailsTheCommand) {
  watch_command(agent, kTimer);

  const Result result = run(agent, kTimer, {}, "test100");

  ASSERT_TRUE(result.has_cmd_failure()) << result.ShortDebugString();
  EXPECT_EQ(result.cmd_failure().err_code(), 7027U);
  EXPECT_THAT(agent.rows(kRequests), IsEmpty());
  EXPECT_FALSE(agent.notified("done", seconds(120)));
}

}  // namespace
}  // namespace conformance
