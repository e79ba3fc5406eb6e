#include "tests/usp/agent_fixture.h"

namespace usp {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

class UspGet : public AgentTest {
 protected:
  usp_msg::GetResp get(const std::vector<std::string>& paths, int max_depth = 0,
                       bool final = false) {
    std::string text = "get { max_depth: " + std::to_string(max_depth);
    for (const std::string& path : paths) text += " param_paths: '" + path + "'";
    return response(text + " }", final).get_resp();
  }
  usp_msg::GetResp::RequestedPathResult one(const std::string& path, int max_depth = 0) {
    const auto resp = get({path}, max_depth);
    EXPECT_EQ(resp.req_path_results_size(), 1);
    EXPECT_EQ(resp.req_path_results(0).requested_path(), path);
    return resp.req_path_results(0);
  }
  static std::vector<std::string> objects(const usp_msg::GetResp::RequestedPathResult& result) {
    std::vector<std::string> out;
    for (const auto& resolved : result.resolved_path_results()) {
      out.push_back(resolved.resolved_path());
    }
    return out;
  }
  std::vector<std::string> needed(const std::string& path, bool final = false) {
    Outcome outcome = handle(request("get { param_paths: '" + path + "' }"), model, access, final);
    auto* need = std::get_if<NeedValues>(&outcome);
    return need == nullptr ? std::vector<std::string>() : need->paths;
  }
};

TEST_F(UspGet, ReadsOneParameter) {  // 1.36
  const auto result = one("Device.LocalAgent.EndpointID");
  EXPECT_EQ(result.err_code(), 0U);
  ASSERT_EQ(result.resolved_path_results_size(), 1);
  EXPECT_EQ(result.resolved_path_results(0).resolved_path(), "Device.LocalAgent.");
  EXPECT_THAT(result.resolved_path_results(0).result_params(),
              ElementsAre(Pair("EndpointID", "os::012345-A1")));
}

TEST_F(UspGet, AnswersEachPathInOrder) {  // 1.37, 1.38, 1.42
  const auto resp = get({"Device.LocalAgent.SoftwareVersion", "Device.LocalAgent.InvalidParameter",
                         "Device.LocalAgent.Subscription.1.Enable"});
  ASSERT_EQ(resp.req_path_results_size(), 3);
  EXPECT_EQ(resp.req_path_results(0).err_code(), 0U);
  EXPECT_EQ(resp.req_path_results(1).err_code(), 7026U);
  EXPECT_EQ(resp.req_path_results(1).requested_path(), "Device.LocalAgent.InvalidParameter");
  EXPECT_EQ(resp.req_path_results(2).resolved_path_results(0).resolved_path(),
            "Device.LocalAgent.Subscription.1.");
}

TEST_F(UspGet, ReadsAnObjectAndAllBelow) {  // 1.39
  const auto result = one("Device.LocalAgent.");
  EXPECT_THAT(
      objects(result),
      ElementsAre("Device.LocalAgent.", "Device.LocalAgent.Controller.1.",
                  "Device.LocalAgent.Controller.1.BootParameter.1.",
                  "Device.LocalAgent.Controller.1.BootParameter.2.",
                  "Device.LocalAgent.Controller.1.MTP.1.",
                  "Device.LocalAgent.Controller.1.MTP.1.MQTT.", "Device.LocalAgent.Controller.2.",
                  "Device.LocalAgent.Controller.2.MTP.1.",
                  "Device.LocalAgent.Controller.2.MTP.1.MQTT.", "Device.LocalAgent.MTP.1.",
                  "Device.LocalAgent.Subscription.1.", "Device.LocalAgent.Subscription.2.",
                  "Device.LocalAgent.Subscription.10."));
  for (const auto& resolved : result.resolved_path_results()) {
    for (const auto& [name, value] : resolved.result_params()) {
      EXPECT_EQ(name.find('.'), std::string::npos) << name;
    }
  }
}

TEST_F(UspGet, ReadsOneInstance) {  // 1.40
  const auto result = one("Device.LocalAgent.Subscription.1.");
  EXPECT_THAT(objects(result), ElementsAre("Device.LocalAgent.Subscription.1."));
  EXPECT_EQ(result.resolved_path_results(0).result_params().size(), 9U);
}

TEST_F(UspGet, AnswersUnknownNamesInTheirPathResult) {  // 1.41, R-GET.0
  for (const char* path :
       {"Device.LocalAgent.InvalidParameter", "Device.None.", "Device.None.*.X",
        "Device.LocalAgent.Subscription.99.", "Device.LocalAgent.Subscription.99.Enable",
        "Device.LocalAgent.Subscription.*.None", "Device.LocalAgent.Subscription.Enable",
        "Device.Reboot()", "Device.Boot!", "Device.LocalAgent"}) {
    const auto result = one(path);
    EXPECT_EQ(result.err_code(), 7026U) << path;
    EXPECT_FALSE(result.err_msg().empty());
    EXPECT_THAT(objects(result), IsEmpty());
  }
}

TEST_F(UspGet, RefusesBadSyntaxInThePathResult) {
  EXPECT_EQ(one("Device..").err_code(), 7008U);
  EXPECT_EQ(one("").err_code(), 7008U);
}

TEST_F(UspGet, AddressesByUniqueKeyAndAnswersByNumber) {  // 1.43, R-MSG.3
  const auto result =
      one("Device.LocalAgent.Subscription.[Recipient==\"Device.LocalAgent.Controller.1\"&&"
          "ID==\"id-2\"].Enable");
  ASSERT_EQ(result.resolved_path_results_size(), 1);
  EXPECT_EQ(result.resolved_path_results(0).resolved_path(), "Device.LocalAgent.Subscription.2.");
  EXPECT_THAT(result.resolved_path_results(0).result_params(),
              ElementsAre(Pair("Enable", "false")));
}

TEST_F(UspGet, ReadsThroughWildcards) {  // 1.44, 1.45
  const auto values = one("Device.LocalAgent.Subscription.*.Enable");
  ASSERT_EQ(values.resolved_path_results_size(), 3);
  EXPECT_EQ(values.resolved_path_results(1).result_params().size(), 1U);
  EXPECT_EQ(one("Device.LocalAgent.Subscription.*.").resolved_path_results_size(), 3);
}

struct SearchCase {
  const char* expression;
  std::vector<std::string> rows;
};

TEST_F(UspGet, ReadsThroughEachOperator) {  // 1.46 to 1.51; values are 9, 10 and 0100
  const std::vector<SearchCase> cases = {{"Enable==true", {"1", "10"}},
                                         {"Enable!=true", {"2"}},
                                         {"NotifExpiration>10", {"10"}},
                                         {"NotifExpiration<10", {"1"}},
                                         {"NotifExpiration>=10", {"2", "10"}},
                                         {"NotifExpiration<=10", {"1", "2"}},
                                         {"NotifExpiration==100", {"10"}},
                                         {"ReferenceList~=\"Device.B\"", {"1", "2", "10"}},
                                         {"ReferenceList~=\"Device\"", {}},
                                         {"CreationDate>2024-05-01T12:00:00Z", {"2"}},
                                         {"NotifType == \"ValueChange\"", {"1", "2", "10"}}};
  for (const SearchCase& test : cases) {
    std::vector<std::string> expected;
    for (const std::string& row : test.rows) {
      expected.push_back("Device.LocalAgent.Subscription." + row + ".");
    }
    EXPECT_EQ(
        objects(one("Device.LocalAgent.Subscription.[" + std::string(test.expression) + "].")),
        expected)
        << test.expression;
  }
}

TEST_F(UspGet, FindsNothingWithoutAnError) {  // 1.82, 1.86, 1.87, R-GET.1a, R-GET.1b
  for (const char* path : {"Device.LocalAgent.Subscription.[NotifExpiration>5000].",
                           "Device.LocalAgent.Subscription.[Alias==\"none\"].Enable",
                           "Device.LocalAgent.Request.", "Device.LocalAgent.Request.*.Command"}) {
    const auto result = one(path);
    EXPECT_EQ(result.err_code(), 0U) << path;
    EXPECT_THAT(objects(result), IsEmpty()) << path;
  }
}

TEST_F(UspGet, CountsObjectsNotInstancesInMaxDepth) {  // 1.89
  EXPECT_THAT(objects(one("Device.LocalAgent.", 1)), ElementsAre("Device.LocalAgent."));
  EXPECT_THAT(objects(one("Device.LocalAgent.", 2)),
              ElementsAre("Device.LocalAgent.", "Device.LocalAgent.Controller.1.",
                          "Device.LocalAgent.Controller.2.", "Device.LocalAgent.MTP.1.",
                          "Device.LocalAgent.Subscription.1.", "Device.LocalAgent.Subscription.2.",
                          "Device.LocalAgent.Subscription.10."));
  EXPECT_EQ(objects(one("Device.LocalAgent.", 3)).size(), 11U);
  EXPECT_EQ(objects(one("Device.LocalAgent.", 4)), objects(one("Device.LocalAgent.", 0)));
  EXPECT_EQ(objects(one("Device.LocalAgent.Subscription.", 1)).size(), 3U);
}

TEST_F(UspGet, KeepsSecretsEmpty) {
  const auto result = one("Device.LocalAgent.Controller.1.Credential");
  EXPECT_THAT(result.resolved_path_results(0).result_params(), ElementsAre(Pair("Credential", "")));
  const auto params = one("Device.LocalAgent.Controller.1.").resolved_path_results(0);
  EXPECT_EQ(params.result_params().at("Credential"), "");
  EXPECT_EQ(params.result_params().at("Alias"), "cpe-1");
}

TEST_F(UspGet, AsksForValuesNeverRead) {
  model.set_state("Device.LocalAgent.Subscription.1.ID", ValueState::kUnread);
  model.set_state("Device.LocalAgent.Subscription.1.Enable", ValueState::kStale);
  EXPECT_THAT(needed("Device.LocalAgent.Subscription.1."),
              UnorderedElementsAre("Device.LocalAgent.Subscription.1.ID",
                                   "Device.LocalAgent.Subscription.1.Enable"));
  EXPECT_THAT(needed("Device.LocalAgent.Subscription.1.ID"),
              ElementsAre("Device.LocalAgent.Subscription.1.ID"));
  EXPECT_THAT(needed("Device.LocalAgent.Subscription.[ID==\"id-1\"].Alias"),
              ElementsAre("Device.LocalAgent.Subscription.1.ID"));
  EXPECT_THAT(needed("Device.LocalAgent.Subscription.2."), IsEmpty());
}

TEST_F(UspGet, FallsBackToTheMirrorInTheEnd) {
  model.set_state("Device.LocalAgent.Subscription.1.ID", ValueState::kStale);
  const auto resp = get({"Device.LocalAgent.Subscription.1.ID"}, 0, true);
  EXPECT_EQ(resp.req_path_results(0).err_code(), 0U);
  EXPECT_EQ(resp.req_path_results(0).resolved_path_results(0).result_params().at("ID"), "id-1");
}

TEST_F(UspGet, SaysNotReachedForWhatStaysUnread) {
  model.set_state("Device.LocalAgent.Subscription.1.ID", ValueState::kUnread);
  const auto resp =
      get({"Device.LocalAgent.Subscription.1.ID", "Device.LocalAgent.Subscription.*.",
           "Device.LocalAgent.Subscription.[ID==\"id-2\"].Alias", "Device.LocalAgent.EndpointID"},
          0, true);
  EXPECT_EQ(resp.req_path_results(0).err_code(), 7801U);
  EXPECT_EQ(resp.req_path_results(1).err_code(), 7801U);
  EXPECT_EQ(resp.req_path_results(1).resolved_path_results_size(), 3);  // what is known, is there
  EXPECT_EQ(resp.req_path_results(2).err_code(), 7801U);
  EXPECT_EQ(resp.req_path_results(3).err_code(), 0U);
}

TEST_F(UspGet, HidesWhatMayNotBeRead) {  // 2.22, R-GET.1, R-GET.4
  access.no_read = {"Device.LocalAgent.Subscription.2.", "Device.LocalAgent.Subscription.1.ID"};
  EXPECT_EQ(one("Device.LocalAgent.Subscription.2.").err_code(), 7026U);
  EXPECT_EQ(one("Device.LocalAgent.Subscription.2.ID").err_code(), 7026U);
  EXPECT_EQ(one("Device.LocalAgent.Subscription.1.ID").err_code(), 7026U);
  const auto rest = one("Device.LocalAgent.Subscription.");
  EXPECT_THAT(objects(rest), ElementsAre("Device.LocalAgent.Subscription.1.",
                                         "Device.LocalAgent.Subscription.10."));
  EXPECT_FALSE(rest.resolved_path_results(0).result_params().contains("ID"));
}

TEST_F(UspGet, FollowsReferences) {
  const auto result = one("Device.IP.Interface.1.LowerLayers#*+.Name");
  EXPECT_THAT(objects(result), ElementsAre("Device.IP.Interface.2.", "Device.IP.Interface.1."));
}

TEST_F(UspGet, DoesNotScanForOneParameter) {
  model.enumerations = 0;
  one("Device.LocalAgent.Subscription.10.Enable");
  EXPECT_EQ(model.enumerations, 0);
}

TEST_F(UspGet, AnswersAnEmptyRequest) { EXPECT_EQ(get({}).req_path_results_size(), 0); }

}  // namespace
}  // namespace usp
