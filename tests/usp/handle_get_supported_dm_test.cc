#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::Contains;
using testing::ElementsAre;
using Response = usp_msg::GetSupportedDMResp;

class UspGetSupportedDm : public AgentTest {
 protected:
  Response::RequestedObjectResult one(const std::string& path, const std::string& options) {
    const auto out = response("get_supported_dm { obj_paths: '" + path + "' " + options + " }")
                         .get_supported_dm_resp();
    EXPECT_EQ(out.req_obj_results_size(), 1);
    EXPECT_EQ(out.req_obj_results(0).req_obj_path(), path);
    return out.req_obj_results(0);
  }
  static std::vector<std::string> paths(const Response::RequestedObjectResult& result) {
    std::vector<std::string> out;
    for (const auto& object : result.supported_objs()) out.push_back(object.supported_obj_path());
    return out;
  }
  const std::string all =
      "return_commands: true return_events: true return_params: true return_unique_key_sets: true";
};

TEST_F(UspGetSupportedDm, DescribesATree) {  // 1.72, 1.76
  for (const char* root : {"Device.LocalAgent.", "Device."}) {
    const auto result = one(root, all);
    EXPECT_EQ(result.err_code(), 0U);
    EXPECT_FALSE(result.data_model_inst_uri().empty());
    EXPECT_THAT(paths(result), Contains("Device.LocalAgent.Controller.{i}.MTP.{i}.MQTT."));
    for (const auto& object : result.supported_objs()) {
      for (const auto& param : object.supported_params()) {
        EXPECT_NE(param.value_type(), Response::PARAM_UNKNOWN) << param.param_name();
        EXPECT_NE(param.value_change(), Response::VALUE_CHANGE_UNKNOWN);
      }
      for (const auto& command : object.supported_commands()) {
        EXPECT_NE(command.command_type(), Response::CMD_UNKNOWN);
      }
    }
  }
}

TEST_F(UspGetSupportedDm, DescribesParametersCommandsAndEvents) {
  const auto result = one("Device.", all + " first_level_only: true");
  const auto& root = result.supported_objs(0);
  EXPECT_EQ(root.supported_params(0).param_name(), "RootDataModelVersion");
  EXPECT_EQ(root.supported_params(0).access(), Response::PARAM_READ_ONLY);
  EXPECT_EQ(root.supported_params(0).value_type(), Response::PARAM_STRING);
  EXPECT_EQ(root.supported_commands(1).command_type(), Response::CMD_ASYNC);
  EXPECT_THAT(root.supported_commands(1).input_arg_names(), ElementsAre("DelaySeconds", "Note"));
  EXPECT_THAT(root.supported_events(0).arg_names(),
              ElementsAre("CommandKey", "Cause", "ParameterMap"));
  const auto agent = one("Device.LocalAgent.", "return_params: true first_level_only: true");
  EXPECT_EQ(agent.supported_objs(0).supported_params(2).value_change(),
            Response::VALUE_CHANGE_WILL_IGNORE);
  const auto row = one("Device.LocalAgent.Subscription.", "return_params: true");
  EXPECT_EQ(row.supported_objs(0).access(), Response::OBJ_ADD_DELETE);
  EXPECT_TRUE(row.supported_objs(0).is_multi_instance());
  // writeOnceReadOnly is reported as read-write.
  EXPECT_EQ(row.supported_objs(0).supported_params(0).access(), Response::PARAM_READ_WRITE);
}

TEST_F(UspGetSupportedDm, ListsChildrenWithoutDetailsOnTheFirstLevel) {  // 1.73, 1.74, 1.75
  const auto result = one("Device.LocalAgent.", all + " first_level_only: true");
  EXPECT_THAT(paths(result),
              ElementsAre("Device.LocalAgent.", "Device.LocalAgent.Controller.{i}.",
                          "Device.LocalAgent.MTP.{i}.", "Device.LocalAgent.Subscription.{i}.",
                          "Device.LocalAgent.Request.{i}."));
  EXPECT_EQ(result.supported_objs(0).supported_params_size(), 3);
  EXPECT_EQ(result.supported_objs(0).unique_key_sets_size(), 0);
  for (int i = 1; i < result.supported_objs_size(); ++i) {
    EXPECT_EQ(result.supported_objs(i).supported_params_size(), 0);
    EXPECT_EQ(result.supported_objs(i).supported_commands_size(), 0);
    EXPECT_EQ(result.supported_objs(i).supported_events_size(), 0);
  }
  EXPECT_EQ(result.supported_objs(1).unique_key_sets_size(), 2);
  const auto bare = one("Device.LocalAgent.", "first_level_only: true");
  EXPECT_EQ(bare.supported_objs(0).supported_params_size(), 0);
  EXPECT_EQ(bare.supported_objs(1).unique_key_sets_size(), 0);
}

TEST_F(UspGetSupportedDm, AnswersUnknownObjectsInTheirResult) {  // 1.77
  for (const char* path : {"Device.LocalAgent.UnsupportedObject.", "Other.", "Device.None()",
                           "Device.None!", "Device.LocalAgent.None"}) {
    EXPECT_EQ(one(path, all).err_code(), 7026U) << path;
  }
  EXPECT_EQ(one("Device.*.", all).err_code(), 7008U);
}

TEST_F(UspGetSupportedDm, ReturnsOnlyWhatIsAskedFor) {  // 1.97, 1.98
  const auto commands = one("Device.", "return_commands: true");
  EXPECT_EQ(commands.supported_objs(0).supported_commands_size(), 3);
  EXPECT_EQ(commands.supported_objs(0).supported_events_size(), 0);
  EXPECT_EQ(commands.supported_objs(0).supported_params_size(), 0);
  const auto events = one("Device.", "return_events: true");
  EXPECT_EQ(events.supported_objs(0).supported_commands_size(), 0);
  EXPECT_EQ(events.supported_objs(0).supported_events_size(), 1);
}

TEST_F(UspGetSupportedDm, ReturnsUniqueKeySetsAlsoWithoutTheLastDot) {  // 1.99
  for (const char* path : {"Device.LocalAgent.Subscription", "Device.LocalAgent.Subscription.",
                           "Device.LocalAgent.Subscription.{i}."}) {
    const auto result = one(path, "return_unique_key_sets: true");
    ASSERT_EQ(result.supported_objs_size(), 1) << path;
    ASSERT_EQ(result.supported_objs(0).unique_key_sets_size(), 2);
    EXPECT_THAT(result.supported_objs(0).unique_key_sets(0).key_names(), ElementsAre("Alias"));
    EXPECT_THAT(result.supported_objs(0).unique_key_sets(1).key_names(),
                ElementsAre("Recipient", "ID"));
  }
}

TEST_F(UspGetSupportedDm, DescribesOneElement) {  // 1.105, 1.106, 1.107
  const auto command = one("Device.Reboot()", all).supported_objs(0);
  EXPECT_EQ(command.supported_obj_path(), "Device.");
  EXPECT_EQ(command.supported_commands_size(), 1);
  EXPECT_EQ(command.supported_events_size() + command.supported_params_size(), 0);
  const auto event = one("Device.Boot!", all).supported_objs(0);
  EXPECT_EQ(event.supported_events_size(), 1);
  EXPECT_EQ(event.supported_commands_size() + event.supported_params_size(), 0);
  const auto param = one("Device.LocalAgent.EndpointID", "").supported_objs(0);
  EXPECT_EQ(param.supported_params_size(), 1);
  EXPECT_EQ(param.supported_commands_size() + param.supported_events_size() +
                param.unique_key_sets_size(),
            0);
}

TEST_F(UspGetSupportedDm, TakesInstancesThatExist) {
  EXPECT_EQ(one("Device.LocalAgent.Controller.1.MTP.", all).supported_objs(0).supported_obj_path(),
            "Device.LocalAgent.Controller.{i}.MTP.{i}.");
  EXPECT_EQ(one("Device.LocalAgent.Controller.1.", all).err_code(), 0U);
  EXPECT_EQ(one("Device.LocalAgent.Controller.9.", all).err_code(), 7016U);
  EXPECT_EQ(one("Device.LocalAgent.Controller.9.MTP.", all).err_code(), 7016U);
  EXPECT_EQ(one("Device.LocalAgent.Controller.{i}.MTP.1.", all).err_code(), 7008U);
}

TEST_F(UspGetSupportedDm, HidesWhatMayNotBeRead) {  // R-GSP.0
  access.no_see = {"Device.LocalAgent.Controller.{i}.", "Device.LocalAgent.EndpointID"};
  const auto result = one("Device.LocalAgent.", all);
  EXPECT_EQ(result.supported_objs(0).supported_params_size(), 2);
  EXPECT_THAT(paths(result), testing::Not(Contains("Device.LocalAgent.Controller.{i}.MTP.{i}.")));
  EXPECT_EQ(one("Device.LocalAgent.Controller.", all).err_code(), 7026U);
  EXPECT_EQ(one("Device.LocalAgent.EndpointID", all).err_code(), 7026U);
}

}  // namespace
}  // namespace usp
