#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class UspGetInstances : public AgentTest {
 protected:
  usp_msg::GetInstancesResp get(const std::vector<std::string>& paths, bool first_level_only) {
    std::string text =
        std::string("get_instances { first_level_only: ") + (first_level_only ? "true" : "false");
    for (const std::string& path : paths) text += " obj_paths: '" + path + "'";
    return response(text + " }").get_instances_resp();
  }
  usp_msg::GetInstancesResp::RequestedPathResult one(const std::string& path,
                                                     bool first_level_only = true) {
    return get({path}, first_level_only).req_path_results(0);
  }
  static std::vector<std::string> rows(
      const usp_msg::GetInstancesResp::RequestedPathResult& result) {
    std::vector<std::string> out;
    for (const auto& instance : result.curr_insts()) {
      out.push_back(instance.instantiated_obj_path());
    }
    return out;
  }
};

TEST_F(UspGetInstances, ListsTheRowsOfATable) {  // 1.66
  const auto result = one("Device.LocalAgent.Controller.");
  EXPECT_EQ(result.requested_path(), "Device.LocalAgent.Controller.");
  EXPECT_THAT(rows(result),
              ElementsAre("Device.LocalAgent.Controller.1.", "Device.LocalAgent.Controller.2."));
  EXPECT_THAT(
      result.curr_insts(0).unique_keys(),
      UnorderedElementsAre(Pair("Alias", "cpe-1"), Pair("EndpointID", "self::controller-1")));
}

TEST_F(UspGetInstances, ListsTheRowsBelowToo) {  // 1.67
  EXPECT_THAT(
      rows(one("Device.LocalAgent.Controller.", false)),
      ElementsAre("Device.LocalAgent.Controller.1.",
                  "Device.LocalAgent.Controller.1.BootParameter.1.",
                  "Device.LocalAgent.Controller.1.BootParameter.2.",
                  "Device.LocalAgent.Controller.1.MTP.1.", "Device.LocalAgent.Controller.2.",
                  "Device.LocalAgent.Controller.2.MTP.1."));
}

TEST_F(UspGetInstances, AnswersEachPath) {  // 1.68
  const auto out = get({"Device.LocalAgent.Controller.", "Device.LocalAgent.MTP."}, true);
  ASSERT_EQ(out.req_path_results_size(), 2);
  EXPECT_EQ(out.req_path_results(1).curr_insts_size(), 1);
}

TEST_F(UspGetInstances, TakesSearchPaths) {  // 1.70, 1.71
  EXPECT_EQ(one("Device.LocalAgent.Controller.*.MTP.").curr_insts_size(), 2);
  EXPECT_EQ(one("Device.LocalAgent.Controller.[Alias==\"cpe-1\"].BootParameter.", false)
                .curr_insts_size(),
            2);
  EXPECT_THAT(
      rows(one("Device.LocalAgent.Subscription.[Enable==true].")),
      ElementsAre("Device.LocalAgent.Subscription.1.", "Device.LocalAgent.Subscription.10."));
  EXPECT_EQ(one("Device.LocalAgent.Controller").curr_insts_size(), 2);
}

TEST_F(UspGetInstances, FindsNothingWithoutAnError) {  // 1.83
  for (const char* path : {"Device.LocalAgent.Controller.[Alias==\"none\"].BootParameter.",
                           "Device.LocalAgent.Request."}) {
    const auto result = one(path);
    EXPECT_EQ(result.err_code(), 0U) << path;
    EXPECT_EQ(result.curr_insts_size(), 0);
  }
}

TEST_F(UspGetInstances, GivesEachBadPathItsCode) {
  EXPECT_EQ(one("Device..").err_code(), 7008U);
  EXPECT_EQ(one("Device.None.").err_code(), 7026U);
  EXPECT_EQ(one("Device.LocalAgent.").err_code(), 7018U);
  EXPECT_EQ(one("Device.LocalAgent.Controller.9.MTP.").err_code(), 7016U);
  EXPECT_EQ(one("Device.Reboot()").err_code(), 7026U);
}

TEST_F(UspGetInstances, HidesWhatMayNotBeRead) {  // R-GIN.0, R-GIN.1
  access.no_list = {"Device.LocalAgent.Controller.2."};
  access.no_read = {"Device.LocalAgent.Controller.1.EndpointID"};
  const auto result = one("Device.LocalAgent.Controller.");
  EXPECT_THAT(rows(result), ElementsAre("Device.LocalAgent.Controller.1."));
  EXPECT_THAT(result.curr_insts(0).unique_keys(), ElementsAre(Pair("Alias", "cpe-1")));
}

TEST_F(UspGetInstances, AsksForKeysNeverRead) {
  model.set_state("Device.LocalAgent.MTP.1.Alias", ValueState::kUnread);
  const auto msg = request("get_instances { obj_paths: 'Device.LocalAgent.MTP.' }");
  Outcome first = handle(msg, model, access);
  EXPECT_THAT(std::get<NeedValues>(first).paths, ElementsAre("Device.LocalAgent.MTP.1.Alias"));
  Outcome last = handle(msg, model, access, true);
  const auto& result =
      std::get<Respond>(last).msg.body().response().get_instances_resp().req_path_results(0);
  EXPECT_EQ(result.curr_insts_size(), 1);
  EXPECT_TRUE(result.curr_insts(0).unique_keys().empty());
}

}  // namespace
}  // namespace usp
