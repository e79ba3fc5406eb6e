#include "bridge/agent/fresh_view.h"

#include <gmock/gmock.h>

#include "bridge/pattern.h"
#include "tests/bridge/service_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::ElementsAre;
using usp::ValueState;
using namespace std::chrono_literals;

const std::string kStats = "Device.Ethernet.Interface.1.Stats.";

TEST(FreshnessPattern, StarIsAnyRunOfCharacters) {
  EXPECT_TRUE(matches_pattern("*.Stats.*", "Device.Ethernet.Interface.1.Stats.BytesSent"));
  EXPECT_TRUE(matches_pattern("Device.*.1.*Sent", "Device.Ethernet.Interface.1.Stats.BytesSent"));
  EXPECT_TRUE(matches_pattern("*", ""));
  EXPECT_TRUE(matches_pattern("**", "x"));
  EXPECT_TRUE(matches_pattern("a*", "a"));
  EXPECT_FALSE(matches_pattern("*.Stats.*", "Device.Stats"));
  EXPECT_FALSE(matches_pattern("a*b", "a"));
  EXPECT_FALSE(matches_pattern("*a", "ab"));
}

TEST(FreshnessPattern, IsTheWholePathWithoutAStar) {
  EXPECT_TRUE(matches_pattern("Device.A", "Device.A"));
  EXPECT_FALSE(matches_pattern("Device.A", "Device.AB"));
  EXPECT_FALSE(matches_pattern("Device.A", "Device."));
  EXPECT_FALSE(matches_pattern("", "x"));
  EXPECT_TRUE(matches_pattern("", ""));
}

TEST(FreshnessPattern, LooksBackWhenAStarTookTooLittle) {
  EXPECT_TRUE(matches_pattern("*ab*abc", "xabyababc"));
  EXPECT_FALSE(matches_pattern("*ab*abd", "xabyababc"));
}

TEST(FreshnessPattern, OfManyStarsIsNoBurden) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  auto began = std::chrono::steady_clock::now();

  EXPECT_FALSE(matches_pattern(pattern + "b", std::string(512, 'a')));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 20s);
}

class FreshView : public ServiceTest {
 protected:
  void read(std::vector<FreshnessRule> rules, std::int64_t age_ms) {
    config.device.freshness = std::move(rules);
    device = add_device({{kStats + "BytesSent", "1"}, {"Device.WiFi.SSID.1.SSID", "Home"}},
                        now_ms() - age_ms);
    view = make_fresh_view(*device);
  }
  ValueState state(const std::string& object, const std::string& name) const {
    return view->value(object, name).state;
  }

  DevicePtr device;
  std::unique_ptr<usp::DataModel> view;
};

TEST_F(FreshView, AsksForNothingWithoutRules) {
  read({}, 1'000'000);

  EXPECT_EQ(state(kStats, "BytesSent"), ValueState::kKnown);
}

TEST_F(FreshView, CallsAValueStaleThatIsOlderThanItsRuleAllows) {
  read({{"*.Stats.*", 5s}}, 60'000);

  EXPECT_EQ(state(kStats, "BytesSent"), ValueState::kStale);
  EXPECT_EQ(view->value(kStats, "BytesSent").text, "1") << "it is what a dead device leaves";
  EXPECT_EQ(state("Device.WiFi.SSID.1.", "SSID"), ValueState::kKnown);
}

TEST_F(FreshView, LeavesAYoungerValueAlone) {
  read({{"*.Stats.*", 1h}}, 60'000);

  EXPECT_EQ(state(kStats, "BytesSent"), ValueState::kKnown);
}

TEST_F(FreshView, GoesByTheFirstRuleThatFits) {
  read({{"*.BytesSent", 1h}, {"*.Stats.*", 5s}}, 60'000);

  EXPECT_EQ(state(kStats, "BytesSent"), ValueState::kKnown);
}

TEST_F(FreshView, SaysTheSameOfAllParametersOfAnObject) {
  read({{"*.Stats.*", 5s}}, 60'000);
  std::vector<ValueState> states;

  view->for_each_param(kStats, [&](const usp::ParamView& param) { states.push_back(param.state); });

  EXPECT_THAT(states, ElementsAre(ValueState::kStale));
}

TEST_F(FreshView, NeverAsksTheDeviceForWhatTheBridgeKeeps) {
  read({{"*", 5s}}, 60'000);

  EXPECT_EQ(state("Device.LocalAgent.", "EndpointID"), ValueState::kKnown);
  EXPECT_EQ(state("Device.WiFi.SSID.1.", "SSID"), ValueState::kStale);
  EXPECT_EQ(state("Device.WiFi.SSID.1.", "Nothing"), ValueState::kAbsent);
}

TEST_F(FreshView, ShowsTheSameTreeOtherwise) {
  read({{"*", 5s}}, 60'000);

  EXPECT_TRUE(view->has_object("Device.WiFi.SSID.1."));
  EXPECT_FALSE(view->has_object("Device.WiFi.SSID.2."));
  EXPECT_THAT(view->instances("Device.WiFi.SSID."), ElementsAre(1));
  EXPECT_EQ(view->supported().name, "Device");
  EXPECT_NE(view->check_value("Device.LocalAgent.Subscription.", "Alias", "1"), std::nullopt);
}

}  // namespace
}  // namespace bridge
