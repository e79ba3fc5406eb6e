// TP-469 section 1: GetInstances.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Key;
using testing::UnorderedElementsAre;
using usp_controller::instances;

const std::string kLocalAgent = "Device.LocalAgent.";

class Instances : public Case {
 protected:
  using Result = usp_msg::GetInstancesResp::RequestedPathResult;

  std::vector<Result> asked(const std::vector<std::string>& paths, bool first_level_only) {
    const usp_msg::Msg answer = agent.ask(instances(paths, first_level_only));
    EXPECT_TRUE(answer.body().response().has_get_instances_resp()) << answer.ShortDebugString();
    const auto& results = answer.body().response().get_instances_resp().req_path_results();
    EXPECT_EQ(static_cast<std::size_t>(results.size()), paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      EXPECT_EQ(results[static_cast<int>(i)].requested_path(), paths[i]);
      EXPECT_EQ(results[static_cast<int>(i)].err_code(), 0U) << paths[i];
    }
    return {results.begin(), results.end()};
  }

  static std::vector<std::string> rows(const Result& result) {
    std::vector<std::string> paths;
    for (const auto& row : result.curr_insts()) paths.push_back(row.instantiated_obj_path());
    return paths;
  }

  std::string add_boot_parameter() {
    return agent.add(agent.controller_row() + "BootParameter.",
                     {{"Enable", "true"}, {"ParameterName", kLocalAgent + "SoftwareVersion"}});
  }
};

TEST_F(Instances, 1_66_TheFirstLevelOnly) {
  const auto result = asked({kControllers}, true)[0];

  EXPECT_THAT(rows(result), UnorderedElementsAre(kControllers + "1.", kControllers + "2."));
  for (const auto& row : result.curr_insts()) {
    EXPECT_THAT(row.unique_keys(), IsSupersetOf({Key("EndpointID"), Key("Alias")}));
  }
}

TEST_F(Instances, 1_67_EverythingBelow) {
  const std::string boot = add_boot_parameter();
  EXPECT_THAT(rows(asked({kControllers}, false)[0]),
              UnorderedElementsAre(kControllers + "1.", kControllers + "1.MTP.1.", boot,
                                   kControllers + "2.", kControllers + "2.MTP.1."));
}

TEST_F(Instances, 1_68_TwoTables) {
  const auto results = asked({kControllers, kLocalAgent + "MTP."}, true);
  EXPECT_THAT(rows(results[0]), Contains(agent.controller_row()));
  EXPECT_THAT(rows(results[1]), ElementsAre(kLocalAgent + "MTP.1."));
}

TEST_F(Instances, 1_70_BehindAWildcard) {
  EXPECT_THAT(rows(asked({kControllers + "*.MTP."}, true)[0]),
              UnorderedElementsAre(kControllers + "1.MTP.1.", kControllers + "2.MTP.1."));
}

TEST_F(Instances, 1_71_BehindAnExpression) {
  const std::string boot = add_boot_parameter();
  const std::string alias = agent.value(agent.controller_row() + "Alias");
  EXPECT_THAT(rows(asked({kControllers + "[Alias==\"" + alias + "\"].BootParameter."}, false)[0]),
              ElementsAre(boot));
}

TEST_F(Instances, 1_83_BehindAnExpressionThatFindsNothing) {
  add_boot_parameter();
  EXPECT_THAT(rows(asked({kControllers + "[Alias==\"nobody\"].BootParameter."}, false)[0]),
              IsEmpty());
}

}  // namespace
}  // namespace conformance
