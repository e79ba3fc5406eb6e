#include "usp/search/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_data_model.h"

namespace usp::search {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class UspResolve : public testing::Test {
 protected:
  Result<Resolution> run(std::string_view text, bool final = false) {
    const auto path = parse_path(text);
    EXPECT_TRUE(path) << text;
    return resolve(*path, model, access, {final, &budget});
  }
  std::vector<std::string> objects(std::string_view text) {
    const auto resolution = run(text);
    EXPECT_TRUE(resolution) << text << ": " << (resolution ? "" : resolution.error().text);
    std::vector<std::string> out;
    if (!resolution) return out;
    for (const Match& match : resolution->matches) out.push_back(match.path);
    return out;
  }
  ErrorCode error(std::string_view text) {
    const auto resolution = run(text);
    return resolution ? ErrorCode::kNone : resolution.error().code;
  }

  support::FakeDataModel model = support::local_agent();
  support::FakeAccess access;
  std::size_t budget = 1000;
};

TEST_F(UspResolve, FindsObjectsTablesAndInstances) {
  EXPECT_THAT(objects("Device."), ElementsAre("Device."));
  EXPECT_THAT(objects("Device.LocalAgent.Subscription."),
              ElementsAre("Device.LocalAgent.Subscription."));
  EXPECT_THAT(objects("Device.LocalAgent.Subscription.2."),
              ElementsAre("Device.LocalAgent.Subscription.2."));
  EXPECT_THAT(objects("Device.LocalAgent.Subscription.3."), IsEmpty());
}

TEST_F(UspResolve, KeepsInstancesInNumericOrder) {
  EXPECT_THAT(objects("Device.LocalAgent.Subscription.*."),
              ElementsAre("Device.LocalAgent.Subscription.1.", "Device.LocalAgent.Subscription.2.",
                          "Device.LocalAgent.Subscription.10."));
}

TEST_F(UspResolve, CombinesWildcards) {
  EXPECT_THAT(objects("Device.LocalAgent.Controller.*.BootParameter.[Enable==true]."),
              ElementsAre("Device.LocalAgent.Controller.1.BootParameter.1."));
  EXPECT_THAT(objects("Device.LocalAgent.Controller.*.MTP.*.MQTT.Topic"),
              ElementsAre("Device.LocalAgent.Controller.1.MTP.1.MQTT.",
                          "Device.LocalAgent.Controller.2.MTP.1.MQTT."));
}

TEST_F(UspResolve, JoinsConditionsByAnd) {
  EXPECT_THAT(objects("Device.LocalAgent.Subscription.[Enable==true&&NotifExpiration>50]."),
              ElementsAre("Device.LocalAgent.Subscription.10."));
}

TEST_F(UspResolve, LooksIntoSubObjects) {
  EXPECT_THAT(objects("Device.IP.Interface.[Stats.ErrorsSent>0]."),
              ElementsAre("Device.IP.Interface.1."));
}

TEST_F(UspResolve, FollowsOneReferenceOrAll) {
  EXPECT_THAT(objects("Device.IP.Interface.1.LowerLayers+.Name"),
              ElementsAre("Device.IP.Interface.2."));
  EXPECT_THAT(objects("Device.IP.Interface.1.LowerLayers#2+.Name"),
              ElementsAre("Device.IP.Interface.1."));
  EXPECT_THAT(objects("Device.IP.Interface.1.LowerLayers#*+.Stats."),
              ElementsAre("Device.IP.Interface.2.Stats.", "Device.IP.Interface.1.Stats."));
  EXPECT_THAT(objects("Device.IP.Interface.1.LowerLayers#3+.Name"), IsEmpty());
  EXPECT_THAT(objects("Device.IP.Interface.2.LowerLayers+.Name"), IsEmpty());
}

TEST_F(UspResolve, FollowsReferencesThatAddressByKey) {
  EXPECT_THAT(objects("Device.IP.Interface.2.Router+.Name"), ElementsAre("Device.IP.Interface.1."));
  EXPECT_THAT(objects("Device.IP.Interface.[Router+.Name==\"eth1\"]."),
              ElementsAre("Device.IP.Interface.2."));
}

TEST_F(UspResolve, ReachesAnObjectOnceThroughManyReferences) {
  model.set("Device.IP.Interface.2.LowerLayers", "Device.IP.Interface.2");
  EXPECT_THAT(objects("Device.IP.Interface.*.LowerLayers+.Name"),
              ElementsAre("Device.IP.Interface.2."));
}

TEST_F(UspResolve, SurvivesReferencesInCircles) {
  model.set("Device.IP.Interface.1.Router", "Device.IP.Interface.[Router+.Name==\"x\"]");
  model.set("Device.IP.Interface.2.Router", "Device.IP.Interface.[Router+.Name==\"x\"]");
  EXPECT_THAT(objects("Device.IP.Interface.1.Router+.Name"), IsEmpty());
}

TEST_F(UspResolve, DoesNotFollowNonsense) {
  for (const char* value : {"nonsense", "Device.None.1", "Device.IP.Interface.*", "Device.Reboot()",
                            "Device.IP.Interface.9"}) {
    model.set("Device.IP.Interface.1.LowerLayers", value);
    EXPECT_THAT(objects("Device.IP.Interface.1.LowerLayers+.Name"), IsEmpty()) << value;
  }
}

TEST_F(UspResolve, TellsUnknownPathsFromEmptyOnes) {
  for (const char* path :
       {"InternetGatewayDevice.", "Device.None.", "Device.LocalAgent.1.",
        "Device.LocalAgent.Subscription.Enable.", "Device.LocalAgent.None.*.",
        "Device.LocalAgent.Subscription.99.None.", "Device.LocalAgent.Subscription.[None==1].",
        "Device.IP.Interface.[None.X==1].", "Device.IP.Interface.1.None+.Name",
        "Device.LocalAgent.Controller.[MTP.Alias==\"x\"]."}) {
    const auto path_kind = parse_path(path);
    if (!path_kind) continue;
    EXPECT_EQ(error(path), ErrorCode::kInvalidPath) << path;
  }
  EXPECT_EQ(error("Device.LocalAgent.Subscription.[Enable==\"true\"]."),
            ErrorCode::kInvalidPathSyntax);
}

TEST_F(UspResolve, KnowsAddressesByKeyFromSearches) {
  EXPECT_TRUE(run("Device.LocalAgent.Subscription.[Alias==\"x\"].")->by_key);
  EXPECT_TRUE(run("Device.LocalAgent.Subscription.[Recipient==\"x\"&&ID==\"y\"].")->by_key);
  EXPECT_FALSE(run("Device.LocalAgent.Subscription.[ID==\"x\"].")->by_key);
  EXPECT_FALSE(run("Device.LocalAgent.Subscription.[Alias!=\"x\"].")->by_key);
  EXPECT_FALSE(run("Device.LocalAgent.Subscription.*.")->by_key);
}

TEST_F(UspResolve, AsksForValuesItHasToKnow) {
  model.set_state("Device.LocalAgent.Subscription.2.Enable", ValueState::kUnread);
  model.set_state("Device.LocalAgent.Subscription.10.Enable", ValueState::kStale);
  const auto first = run("Device.LocalAgent.Subscription.[Enable==true].");
  EXPECT_THAT(first->unread, ElementsAre("Device.LocalAgent.Subscription.2.Enable",
                                         "Device.LocalAgent.Subscription.10.Enable"));
  const auto last = run("Device.LocalAgent.Subscription.[Enable==true].", true);
  EXPECT_THAT(last->unread, ElementsAre("Device.LocalAgent.Subscription.2.Enable"));
  EXPECT_EQ(last->matches.size(), 2U);
}

TEST_F(UspResolve, LeavesOutWhatIsFoundThroughForbiddenParameters) {
  access.no_read.insert("Device.LocalAgent.Subscription.1.Enable");
  EXPECT_THAT(objects("Device.LocalAgent.Subscription.[Enable==true]."),
              ElementsAre("Device.LocalAgent.Subscription.10."));
}

TEST_F(UspResolve, DoesNotTellSecretsThroughSearches) {
  EXPECT_THAT(objects("Device.LocalAgent.Controller.[Credential==\"not to be seen\"]."), IsEmpty());
  EXPECT_EQ(objects("Device.LocalAgent.Controller.[Credential==\"\"].").size(), 2U);
}

TEST_F(UspResolve, StopsWhenItsBudgetIsSpent) {
  budget = 3;
  EXPECT_EQ(error("Device.LocalAgent.Subscription.*."), ErrorCode::kNone);
  budget = 2;
  EXPECT_EQ(error("Device.LocalAgent.Subscription.*."), ErrorCode::kResourcesExceeded);
}

TEST_F(UspResolve, NamesOneParameterWithoutLookingAtOthers) {
  model.enumerations = 0;
  EXPECT_EQ(objects("Device.LocalAgent.Subscription.2.Enable").size(), 1U);
  EXPECT_EQ(model.enumerations, 0);
}

}  // namespace
}  // namespace usp::search
