#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using UspAgent = AgentTest;

TEST_F(UspAgent, TellsItsProtocolVersions) {  // 1.80
  const auto out =
      response("get_supported_protocol { controller_supported_protocol_versions: '1.2,1.3' }");
  EXPECT_EQ(out.get_supported_protocol_resp().agent_supported_protocol_versions(),
            "1.0,1.1,1.2,1.3,1.4");
}

TEST_F(UspAgent, RefusesWhatOnlyAgentsSend) {  // R-MSG.1
  for (const char* text : {"register { reg_paths { path: 'Device.X.' } }",
                           "deregister { paths: 'Device.X.' }", "notify {}"}) {
    EXPECT_EQ(error(text).err_code(), 7001U) << text;
  }
}

TEST_F(UspAgent, RefusesARequestOfNoType) {  // R-ENC.5
  EXPECT_EQ(error("").err_code(), 7004U);
}

TEST_F(UspAgent, IgnoresMessagesItCannotAnswer) {
  usp_msg::Msg no_id = request("get {}");
  no_id.mutable_header()->clear_msg_id();
  EXPECT_TRUE(std::holds_alternative<Ignore>(handle(no_id, model, access)));
  usp_msg::Msg no_body;
  no_body.mutable_header()->set_msg_id("x");
  EXPECT_TRUE(std::holds_alternative<Ignore>(handle(no_body, model, access)));
}

TEST_F(UspAgent, LeavesAnswersToItsCaller) {
  usp_msg::Msg answer;
  answer.mutable_header()->set_msg_id("n1");
  answer.mutable_body()->mutable_response()->mutable_notify_resp()->set_subscription_id("s");
  EXPECT_TRUE(is_answer(answer));
  EXPECT_TRUE(std::holds_alternative<Ignore>(handle(answer, model, access)));
  usp_msg::Msg error = make_error("n2", {ErrorCode::kInternalError, {}, {}});
  EXPECT_TRUE(is_answer(error));
}

TEST_F(UspAgent, GoesByTheBodyWhereTheHeaderDiffers) {  // R-MSG.10
  usp_msg::Msg msg = request("get { param_paths: 'Device.LocalAgent.EndpointID' }");
  msg.mutable_header()->set_msg_type(usp_msg::Header::SET);
  const Outcome outcome = handle(msg, model, access);
  EXPECT_EQ(std::get<Respond>(outcome).msg.header().msg_type(), usp_msg::Header::GET_RESP);
}

TEST_F(UspAgent, NamesEveryErrorCode) {
  for (unsigned code = 7000; code <= 7031; ++code) {
    EXPECT_STRNE(name_of(static_cast<ErrorCode>(code)), "Unknown error") << code;
  }
  EXPECT_EQ(make_error("m", {ErrorCode::kInvalidPath, {}, {}}).body().error().err_msg(),
            "Invalid path");
}

TEST_F(UspAgent, StopsAtTooManyObjects) {
  for (int i = 1; i <= 400; ++i) {
    model.set("Device.IP.Interface." + std::to_string(i) + ".Name", "n" + std::to_string(i));
  }
  std::string text = "get { ";
  for (int i = 0; i < 300; ++i) text += "param_paths: 'Device.IP.Interface.*.Name' ";
  const auto out = response(text + "}").get_resp();
  EXPECT_EQ(out.req_path_results(0).err_code(), 0U);
  EXPECT_EQ(out.req_path_results(299).err_code(), 7005U);
}

TEST_F(UspAgent, StopsAtTooMuchWork) {
  for (int i = 1; i <= 200; ++i)
    model.set("Device.IP.Interface." + std::to_string(i) + ".Name", "");
  const auto repeat = [](int times, const std::string& text) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
  };
  const auto get = response("get { " + repeat(500, "param_paths: 'Device.' ") + "}").get_resp();
  EXPECT_EQ(get.req_path_results(0).err_code(), 0U);
  EXPECT_EQ(get.req_path_results(499).err_code(), 7005U);
  const auto described = response("get_supported_dm { return_params: true " +
                                  repeat(5000, "obj_paths: 'Device.' ") + "}")
                             .get_supported_dm_resp();
  EXPECT_EQ(described.req_obj_results(0).err_code(), 0U);
  EXPECT_EQ(described.req_obj_results(4999).err_code(), 7005U);
  const std::string settings = repeat(600, "param_settings { param: 'Name' value: 'x' } ");
  EXPECT_EQ(error("set { update_objs { obj_path: 'Device.IP.Interface.*.' " + settings + "} }")
                .err_code(),
            7005U);
}

TEST(UspPlanCodec, RefusesWhatIsNoPlan) {
  Plan plan;
  plan.requested = {"Device.X."};
  plan.searches = {true};
  plan.steps = {{"Device.X.", 0, {{"A", "1", true}}, {"Alias"}, {}}};
  plan.input_args = {{"a", "b"}};
  const std::string bytes = encode_plan(plan);
  EXPECT_EQ(decode_plan(bytes), plan);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_plan(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(decode_plan(bytes + "x"));
  plan.steps[0].request_index = 1;  // a requested path that is not there
  EXPECT_FALSE(decode_plan(encode_plan(plan)));
  EXPECT_FALSE(decode_results("\x01\xff\xff\xff\xff\x0f"));
}

}  // namespace
}  // namespace usp
