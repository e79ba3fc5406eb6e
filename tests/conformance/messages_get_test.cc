// TP-469 section 1: Get.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Key;
using testing::Ne;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAreArray;
using usp_controller::get;

const std::string kLocalAgent = "Device.LocalAgent.";
const std::vector<std::string> kSubscriptionNames{
    "Alias",      "Enable",     "ID",         "Recipient",       "CreationDate", "NotifType",
    "Persistent", "TimeToLive", "NotifRetry", "NotifExpiration", "ReferenceList"};

class MessagesGet : public Case {
 protected:
  using Path = usp_msg::GetResp::RequestedPathResult;

  std::vector<Path> asked(const std::vector<std::string>& paths, std::uint32_t depth = 0) {
    const usp_msg::Msg answer = agent.ask(get(paths, depth));
    EXPECT_TRUE(answer.body().response().has_get_resp()) << answer.ShortDebugString();
    const auto& results = answer.body().response().get_resp().req_path_results();
    EXPECT_EQ(static_cast<std::size_t>(results.size()), paths.size());
    for (std::size_t i = 0; i < paths.size(); ++i) {
      EXPECT_EQ(results[static_cast<int>(i)].requested_path(), paths[i]);
    }
    return {results.begin(), results.end()};
  }

  static void expect_good(const Path& result) {
    EXPECT_EQ(result.err_code(), 0U) << result.ShortDebugString();
    EXPECT_EQ(result.err_msg(), "");
  }

  /// One object with this one parameter in it; its value.
  static std::string expect_one(const Path& result, const std::string& object,
                                const std::string& name) {
    expect_good(result);
    EXPECT_EQ(result.resolved_path_results_size(), 1) << result.ShortDebugString();
    if (result.resolved_path_results_size() != 1) return {};
    const auto& found = result.resolved_path_results(0);
    EXPECT_EQ(found.resolved_path(), object);
    EXPECT_THAT(found.result_params(), ElementsAre(Key(name)));
    return found.result_params().count(name) == 0 ? "" : found.result_params().at(name);
  }

  static void expect_unknown(const Path& result) {
    EXPECT_EQ(result.err_code(), 7026U) << result.ShortDebugString();
    EXPECT_THAT(result.err_msg(), Ne(""));
    EXPECT_THAT(result.resolved_path_results(), IsEmpty());
  }

  static std::vector<std::string> objects(const Path& result) {
    expect_good(result);
    std::vector<std::string> paths;
    for (const auto& object : result.resolved_path_results()) {
      paths.push_back(object.resolved_path());
    }
    return paths;
  }

  /// Exactly these rows, each with all its parameters.
  static void expect_rows(const Path& result, const std::vector<std::string>& rows) {
    EXPECT_THAT(objects(result), UnorderedElementsAreArray(rows));
    for (const auto& object : result.resolved_path_results()) {
      std::vector<std::string> names;
      for (const auto& [name, value] : object.result_params()) names.push_back(name);
      EXPECT_THAT(names, IsSupersetOf(kSubscriptionNames));
    }
  }

  void expect_found(const std::string& expression, const std::vector<std::string>& rows) {
    expect_rows(asked({kSubscriptions + expression + "."})[0], rows);
  }
};

TEST_F(MessagesGet, 1_36_OneParameter) {
  const auto results = asked({kLocalAgent + "EndpointID"});
  EXPECT_EQ(expect_one(results[0], kLocalAgent, "EndpointID"), agent.id());
}

TEST_F(MessagesGet, 1_37_TwoParametersOfOneObject) {
  const auto results = asked({kLocalAgent + "EndpointID", kLocalAgent + "SoftwareVersion"});
  EXPECT_EQ(expect_one(results[0], kLocalAgent, "EndpointID"), agent.id());
  EXPECT_THAT(expect_one(results[1], kLocalAgent, "SoftwareVersion"), Ne(""));
}

TEST_F(MessagesGet, 1_38_ParametersOfTwoObjects) {
  const std::string row = agent.add_subscription("get38");
  const auto results = asked({kLocalAgent + "EndpointID", row + "Enable"});
  EXPECT_EQ(expect_one(results[0], kLocalAgent, "EndpointID"), agent.id());
  EXPECT_EQ(expect_one(results[1], row, "Enable"), "true");
}

TEST_F(MessagesGet, 1_39_AnObjectWithEverythingBelowIt) {
  const std::string row = agent.add_subscription("get39");
  const auto result = asked({kLocalAgent})[0];
  const auto found = objects(result);

  std::vector<std::string> wanted{kLocalAgent, row, agent.controller_row()};
  for (const std::string& mtp : agent.rows(kLocalAgent + "MTP.")) wanted.push_back(mtp);
  EXPECT_THAT(found, IsSupersetOf(wanted));
  EXPECT_THAT(found, Each(testing::StartsWith(kLocalAgent)));
  // Keys are relative: the universal metrics check that each is a name.
  for (const auto& object : result.resolved_path_results()) {
    if (object.resolved_path() != kLocalAgent) continue;
    EXPECT_THAT(object.result_params(), Contains(Pair("EndpointID", agent.id())));
    EXPECT_THAT(object.result_params(), Contains(Pair("SubscriptionNumberOfEntries", "1")));
  }
}

TEST_F(MessagesGet, 1_40_AnInstance) {
  const std::string row = agent.add_subscription("get40");
  agent.add_subscription("other");
  expect_rows(asked({row})[0], {row});
}

TEST_F(MessagesGet, 1_41_AnUnknownParameterIsAnErrorOfItsPath) {
  expect_unknown(asked({kLocalAgent + "InvalidParameter"})[0]);
}

TEST_F(MessagesGet, 1_42_AnUnknownParameterBesideAKnownOne) {
  const auto results = asked({kLocalAgent + "EndpointID", kLocalAgent + "InvalidParameter"});
  EXPECT_EQ(expect_one(results[0], kLocalAgent, "EndpointID"), agent.id());
  expect_unknown(results[1]);
}

TEST_F(MessagesGet, 1_43_AnInstanceByItsUniqueKeys) {
  const std::string row = agent.add_subscription("get43");
  const std::string by_key = kSubscriptions + "[Recipient==\"" + agent.value(row + "Recipient") +
                             "\"&&ID==\"get43\"].Enable";
  EXPECT_EQ(expect_one(asked({by_key})[0], row, "Enable"), "true");
  const std::string by_alias =
      kSubscriptions + "[Alias==\"" + agent.value(row + "Alias") + "\"].Enable";
  EXPECT_EQ(expect_one(asked({by_alias})[0], row, "Enable"), "true");
}

TEST_F(MessagesGet, 1_44_AParameterOfEveryInstance) {
  const std::vector<std::string> rows{agent.add_subscription("get44-1"),
                                      agent.add_subscription("get44-2", {{"Enable", "false"}})};
  const auto result = asked({kSubscriptions + "*.Enable"})[0];

  EXPECT_THAT(objects(result), UnorderedElementsAreArray(rows));
  for (const auto& object : result.resolved_path_results()) {
    const std::string value = object.resolved_path() == rows[0] ? "true" : "false";
    EXPECT_THAT(object.result_params(), ElementsAre(Pair("Enable", value)));
  }
}

TEST_F(MessagesGet, 1_45_EveryInstance) {
  expect_rows(asked({kSubscriptions + "*."})[0], {});
  const std::vector<std::string> rows{agent.add_subscription("get45-1"),
                                      agent.add_subscription("get45-2")};
  expect_rows(asked({kSubscriptions + "*."})[0], rows);
}

TEST_F(MessagesGet, 1_46_AnExpressionForEqual) {
  const std::string on = agent.add_subscription("get46-1");
  agent.add_subscription("get46-2", {{"Enable", "false"}});
  expect_found("[Enable==true]", {on});
}

TEST_F(MessagesGet, 1_47_AnExpressionForNotEqual) {
  agent.add_subscription("get47-1");
  const std::string off = agent.add_subscription("get47-2", {{"Enable", "false"}});
  expect_found("[Enable!=true]", {off});
}

class MessagesGetNumbers : public MessagesGet {
 protected:
  std::string five = agent.add_subscription("five", {{"NotifExpiration", "5"}});
  std::string ten = agent.add_subscription("ten", {{"NotifExpiration", "10"}});
  std::string twenty = agent.add_subscription("twenty", {{"NotifExpiration", "20"}});
};

TEST_F(MessagesGetNumbers, 1_48_AnExpressionForMore) {
  expect_found("[NotifExpiration>10]", {twenty});
}

TEST_F(MessagesGetNumbers, 1_49_AnExpressionForLess) {
  expect_found("[NotifExpiration<10]", {five});
}

TEST_F(MessagesGetNumbers, 1_50_AnExpressionForAtLeast) {
  expect_found("[NotifExpiration>=10]", {ten, twenty});
}

TEST_F(MessagesGetNumbers, 1_51_AnExpressionForAtMost) {
  expect_found("[NotifExpiration<=10]", {five, ten});
}

TEST_F(MessagesGet, 1_82_AnExpressionWithNothingToSearch) {
  EXPECT_THAT(objects(asked({kSubscriptions + "[Enable==true]."})[0]), IsEmpty());
}

TEST_F(MessagesGet, 1_86_AnExpressionThatFindsNothing) {
  agent.add_subscription("get86", {{"Enable", "false"}});
  EXPECT_THAT(objects(asked({kSubscriptions + "[Enable==true]."})[0]), IsEmpty());
}

TEST_F(MessagesGet, 1_87_AnEmptyTable) {
  EXPECT_THAT(objects(asked({kSubscriptions})[0]), IsEmpty());
}

TEST_F(MessagesGet, 1_89_MaxDepthCountsObjects) {
  const std::string row = agent.add_subscription("get89");
  const std::string boot =
      agent.add(agent.controller_row() + "BootParameter.",
                {{"Enable", "true"}, {"ParameterName", kLocalAgent + "EndpointID"}});

  EXPECT_THAT(objects(asked({kLocalAgent}, 1)[0]), ElementsAre(kLocalAgent));
  const auto children = objects(asked({kLocalAgent}, 2)[0]);
  EXPECT_THAT(children, IsSupersetOf({kLocalAgent, row, agent.controller_row()}));
  EXPECT_THAT(children, Not(Contains(boot)));
  EXPECT_THAT(objects(asked({kLocalAgent}, 0)[0]),
              IsSupersetOf({kLocalAgent, row, agent.controller_row(), boot}));
}

}  // namespace
}  // namespace conformance
