#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

class UspOperate : public AgentTest {
 protected:
  static std::string operate(const std::string& command, const std::string& rest = {}) {
    return "operate { command: '" + command + "' command_key: 'k' send_resp: true " + rest + " }";
  }
  usp_msg::OperateResp resp(const std::string& text, bool final = false) {
    return response(text, final).operate_resp();
  }
  unsigned failure(const std::string& command) {
    const auto out = resp(operate(command));
    EXPECT_EQ(out.operation_results_size(), 1) << command;
    EXPECT_EQ(out.operation_results(0).executed_command(), command);
    return out.operation_results(0).cmd_failure().err_code();
  }
};

TEST_F(UspOperate, AnswersASynchronousCommandWithItsOutput) {  // 1.61, R-ENC.3
  const auto out = resp(operate("Device.Reboot()"));
  ASSERT_EQ(out.operation_results_size(), 1);
  EXPECT_EQ(out.operation_results(0).executed_command(), "Device.Reboot()");
  EXPECT_TRUE(out.operation_results(0).has_req_output_args());
  EXPECT_EQ(out.operation_results(0).req_output_args().output_args_size(), 0);
}

TEST_F(UspOperate, AnswersAnAsynchronousCommandWithItsRequest) {  // 1.64, 1.79
  const auto out =
      resp(operate("Device.ScheduleTimer()", "input_args { key: 'DelaySeconds' value: '30' }"));
  EXPECT_EQ(out.operation_results(0).req_obj_path(), "Device.LocalAgent.Request.1.");
}

TEST_F(UspOperate, StaysSilentWithoutSendResp) {  // 1.62, 1.65, R-OPR.4
  EXPECT_FALSE(exchange("operate { command: 'Device.Reboot()' }"));
  EXPECT_FALSE(exchange("operate { command: 'Device.None()' }"));
  Outcome outcome = handle(request("operate { command: 'Device.Reboot()' }"), model, access);
  EXPECT_FALSE(std::get<Plan>(outcome).send_resp);
}

TEST_F(UspOperate, LeavesUnknownArgumentsOut) {  // 1.91, 1.92, R-OPR.6
  Outcome outcome = handle(request(operate("Device.ScheduleTimer()",
                                           "input_args { key: 'DelaySeconds' value: '10' } "
                                           "input_args { key: 'InvalidArgument' value: '2' }")),
                           model, access);
  const Plan& plan = std::get<Plan>(outcome);
  EXPECT_TRUE(plan.asynchronous);
  EXPECT_EQ(plan.command, "ScheduleTimer()");
  EXPECT_EQ(plan.command_key, "k");
  EXPECT_THAT(plan.input_args, ElementsAre(Pair("DelaySeconds", "10")));
}

TEST_F(UspOperate, KnowsArgumentsInsideObjects) {
  Outcome outcome = handle(request(operate("Device.Probe()",
                                           "input_args { key: 'Host.2.Name' value: 'a' } "
                                           "input_args { key: 'Host.Name' value: 'b' }")),
                           model, access);
  EXPECT_THAT(std::get<Plan>(outcome).input_args, ElementsAre(Pair("Host.2.Name", "a")));
}

TEST_F(UspOperate, MissesMandatoryArguments) {  // 1.100, R-OPR.5
  EXPECT_EQ(failure("Device.ScheduleTimer()"), 7027U);
}

// R-OPR.5: no Request row is left, the command is not begun.
TEST_F(UspOperate, AnswersArgumentsThatTheModelRefusesAsCommandFailure) {
  model.refused_arguments = {{"DelaySeconds", "soon"}};
  const auto out =
      resp(operate("Device.ScheduleTimer()", "input_args { key: 'DelaySeconds' value: 'soon' }"));
  ASSERT_EQ(out.operation_results_size(), 1);
  EXPECT_EQ(out.operation_results(0).cmd_failure().err_code(), 7027U);
  EXPECT_EQ(resp(operate("Device.ScheduleTimer()", "input_args { key: 'DelaySeconds' value: '1' }"))
                .operation_results(0)
                .req_obj_path(),
            "Device.LocalAgent.Request.1.");
}

TEST_F(UspOperate, AnswersWhatCannotBeCalledAsCommandFailure) {  // R-OPR.1
  EXPECT_EQ(failure("Device.None()"), 7026U);
  EXPECT_EQ(failure("Device.LocalAgent.Reboot()"), 7026U);
  EXPECT_EQ(failure("Device.LocalAgent.EndpointID"), 7026U);
  EXPECT_EQ(failure("Device.IP.Interface.Reset()"), 7026U);
  EXPECT_EQ(failure("Device.IP.Interface.9.Reset()"), 7016U);
  EXPECT_EQ(failure("Device..Reboot()"), 7008U);
}

TEST_F(UspOperate, DeniesInsideTheResponse) {  // 2.18
  access.no_operate.insert("Device.Reboot()");
  EXPECT_EQ(failure("Device.Reboot()"), 7006U);
}

TEST_F(UspOperate, RunsOnEveryObjectASearchFinds) {
  access.no_operate.insert("Device.IP.Interface.2.Reset()");
  const auto out = resp(operate("Device.IP.Interface.*.Reset()"));
  ASSERT_EQ(out.operation_results_size(), 2);
  EXPECT_EQ(out.operation_results(0).executed_command(), "Device.IP.Interface.1.Reset()");
  EXPECT_TRUE(out.operation_results(0).has_req_output_args());
  EXPECT_EQ(out.operation_results(1).cmd_failure().err_code(), 7006U);
}

TEST_F(UspOperate, IsContentWithASearchThatFindsNothing) {  // R-MSG.4a
  EXPECT_EQ(resp(operate("Device.LocalAgent.Request.*.Cancel()")).operation_results_size(), 0);
}

TEST_F(UspOperate, AnswersInstanceNumbersForKeys) {
  const auto out =
      resp(operate("Device.LocalAgent.Controller.[EndpointID==\"self::controller-2\"]."
                   "SendOnBoardRequest()"));
  EXPECT_EQ(out.operation_results(0).executed_command(),
            "Device.LocalAgent.Controller.2.SendOnBoardRequest()");
}

TEST_F(UspOperate, PassesOutputAndFailureOn) {
  Outcome outcome = handle(request(operate("Device.Probe()")), model, access);
  const Plan& plan = std::get<Plan>(outcome);
  StepResult done;
  done.state = StepResult::State::kDone;
  done.values = {{"Result", "ok"}};
  const auto good = finish(plan, {done}, access);
  EXPECT_EQ(good->body()
                .response()
                .operate_resp()
                .operation_results(0)
                .req_output_args()
                .output_args()
                .at("Result"),
            "ok");
  StepResult failed;
  failed.state = StepResult::State::kFailed;
  failed.code = ErrorCode::kOutcomeUnknown;
  const auto bad = finish(plan, {failed}, access);
  EXPECT_EQ(bad->body().response().operate_resp().operation_results(0).cmd_failure().err_code(),
            7802U);
}

TEST_F(UspOperate, RefusesAPathThatReachesMoreObjectsThanItMay) {
  const std::string all = "Device.LocalAgent.Controller.*.SendOnBoardRequest()";
  access.most_objects = 1;
  EXPECT_EQ(failure(all), 7005U);
  access.most_objects = 2;
  EXPECT_EQ(resp(operate(all)).operation_results_size(), 2);
}

}  // namespace
}  // namespace usp
