#include "bridge/agent/view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/agent/supported.h"
#include "tests/bridge/agent/agent_fixture.h"
#include "usp/path.h"

namespace bridge {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using usp::ValueState;

/// One agent with its device; `at()` reads "state:text".
class Agent {
 public:
  explicit Agent(std::initializer_list<Named> nodes, const std::string& root = "Device.")
      : device_(device_model(root, tree_, local_.schema(), pool_)) {
    fill(tree_, nodes, root);
  }
  AgentView view() {
    const Tree& shown = device_->shown();
    return AgentView(shown, local_, facts_, *device_,
                     build_supported(shown.supported(), local_.schema(), *device_));
  }
  usp::Value at(const std::string& path) {
    const usp::SplitPath parts = usp::split_path(path);
    return view().value(parts.object, parts.leaf);
  }
  std::vector<std::string> names(const std::string& object) {
    std::vector<std::string> result;
    view().for_each_param(object, [&](const usp::ParamView& param) {
      result.push_back(std::string(param.name) + "=" + std::string(param.text));
    });
    return result;
  }
  Tree& tree() { return tree_; }

 private:
  PathPool pool_;
  Tree tree_{pool_};
  LocalModel local_{local_template(), {}};
  AgentFacts facts_ = test::facts();
  std::unique_ptr<DeviceModel> device_;
};

TEST(AgentView, ShowsDeviceAndBridgeAsOneTree) {
  Agent agent({{"Device.DeviceInfo.SerialNumber", "123"}});

  EXPECT_EQ(agent.at("Device.DeviceInfo.SerialNumber").text, "123");
  EXPECT_EQ(agent.at("Device.LocalAgent.EndpointID").text, "ops::00D09E-Box-1");
  EXPECT_EQ(agent.at("Device.X_USPBRIDGE_Cwmp.Reachability").text, "Reachable");
  EXPECT_TRUE(agent.view().has_object("Device."));
  EXPECT_TRUE(agent.view().has_object("Device.DeviceInfo."));
  EXPECT_TRUE(agent.view().has_object("Device.LocalAgent.Controller.1."));
}

TEST(AgentView, HidesTheManagementServerAndTheDevicesOwnAgent) {
  Agent agent({{"Device.ManagementServer.URL", "http://acs"}, {"Device.LocalAgent.X_OWN", "1"}});

  EXPECT_FALSE(agent.view().has_object("Device.ManagementServer."));
  EXPECT_EQ(agent.at("Device.ManagementServer.URL").state, ValueState::kAbsent);
  EXPECT_EQ(agent.at("Device.LocalAgent.X_OWN").state, ValueState::kAbsent);
}

TEST(AgentView, ReadsSecretsAsEmptyAndNeverAsUnread) {
  Agent agent({{"Device.WiFi.AccessPoint.1.Security.KeyPassphrase", "from the device"}});
  agent.tree().apply(MarkedStale{.path = ""}, kNow);

  const usp::Value value = agent.at("Device.WiFi.AccessPoint.1.Security.KeyPassphrase");
  EXPECT_EQ(value.state, ValueState::kKnown);
  EXPECT_EQ(value.text, "");
  EXPECT_THAT(agent.names("Device.WiFi.AccessPoint.1.Security."), ElementsAre("KeyPassphrase="));
}

TEST(AgentView, WritesBooleansAsTrueAndFalse) {
  Agent agent({{"Device.A.Yes", "1", "boolean"},
               {"Device.A.No", "FALSE", "boolean"},
               {"Device.A.Odd", "maybe", "boolean"},
               {"Device.A.Number", "1", "unsignedInt"}});

  EXPECT_THAT(agent.names("Device.A."),
              ElementsAre("No=false", "Number=1", "Odd=maybe", "Yes=true"));
}

TEST(AgentView, TellsWhatIsUnreadStaleOrGone) {
  Agent agent({{"Device.A.Stale", "old"}});
  agent.tree().apply(MarkedStale{.path = ""}, kNow);
  agent.tree().apply(NamesListed{.path = "Device.B.",
                                 .next_level = false,
                                 .names = {{"Device.B.Unread", true}, {"Device.B.Gone", true}}},
                     kNow);
  agent.tree().apply(NamesRefused{{"Device.B.Gone"}}, kNow);

  EXPECT_EQ(agent.at("Device.A.Stale").state, ValueState::kStale);
  EXPECT_EQ(agent.at("Device.A.Stale").text, "old");
  EXPECT_EQ(agent.at("Device.B.Unread").state, ValueState::kUnread);
  EXPECT_EQ(agent.at("Device.B.Gone").state, ValueState::kAbsent);
  EXPECT_THAT(agent.names("Device.B."), ElementsAre("Unread="));
}

TEST(AgentView, FillsInTheDataModelVersionWhereTheDeviceHasNone) {
  Agent without({{"Device.DeviceInfo.SerialNumber", "1"}});
  EXPECT_EQ(without.at("Device.RootDataModelVersion").text, "2.19");
  EXPECT_THAT(without.names("Device."), ElementsAre("RootDataModelVersion=2.19"));

  Agent with({{"Device.RootDataModelVersion", "2.11"}});
  EXPECT_EQ(with.at("Device.RootDataModelVersion").text, "2.11");
  EXPECT_THAT(with.names("Device."), ElementsAre("RootDataModelVersion=2.11"));
}

TEST(AgentView, GivesInstancesOfBothSides) {
  Agent agent({{"Device.WiFi.SSID.10.SSID", "b"}, {"Device.WiFi.SSID.2.SSID", "a"}});

  EXPECT_THAT(agent.view().instances("Device.WiFi.SSID."), ElementsAre(2, 10));
  EXPECT_THAT(agent.view().instances("Device.LocalAgent.Controller."), ElementsAre(1, 2));
  EXPECT_THAT(agent.view().instances("Device.WiFi."), IsEmpty());
  EXPECT_THAT(agent.view().instances("Device.Nothing."), IsEmpty());
}

TEST(AgentView, ReachesAnInternetGatewayDeviceBelowTheVendorObject) {
  Agent agent({{"InternetGatewayDevice.LANDevice.1.X", "1"},
               {"InternetGatewayDevice.ManagementServer.URL", "http://acs"}},
              "InternetGatewayDevice.");

  EXPECT_EQ(agent.at("Device.X_USPBRIDGE_IGD.LANDevice.1.X").text, "1");
  EXPECT_THAT(agent.view().instances("Device.X_USPBRIDGE_IGD.LANDevice."), ElementsAre(1));
  EXPECT_TRUE(agent.view().has_object("Device.X_USPBRIDGE_IGD."));
  EXPECT_FALSE(agent.view().has_object("Device.X_USPBRIDGE_IGD.ManagementServer."));
  EXPECT_FALSE(agent.view().has_object("Device.LANDevice."));
  EXPECT_FALSE(agent.view().has_object("InternetGatewayDevice."));
}

TEST(AgentView, HasAValueForWhateverItSaysItSupports) {
  Agent agent({{"Device.DeviceInfo.SerialNumber", "1"}, {"Device.WiFi.SSID.1.SSID", "a"}});
  const AgentView view = agent.view();

  const std::function<void(const usp::SupportedObject&, const std::string&)> walk =
      [&](const usp::SupportedObject& object, const std::string& path) {
        for (const auto& param : object.params) {
          EXPECT_NE(view.value(path, param.name).state, ValueState::kAbsent) << path << param.name;
        }
        for (const auto& child : object.children) {
          const std::string below = path + child->name + ".";
          EXPECT_TRUE(view.has_object(below)) << below;
          if (!child->multi_instance) {
            walk(*child, below);
            continue;
          }
          for (std::uint32_t number : view.instances(below)) {
            walk(*child, below + std::to_string(number) + ".");
          }
        }
      };
  walk(view.supported(), "Device.");
}

TEST(AgentView, ChecksValuesOfTheBridgesOwnObjects) {
  Agent agent({{"Device.WiFi.SSID.1.SSID", "a"}});
  const AgentView view = agent.view();
  const std::string table = "Device.LocalAgent.Subscription.";

  EXPECT_TRUE(view.check_value(table, "Alias", "1").has_value());
  EXPECT_FALSE(view.check_value(table, "Alias", "a").has_value());
  EXPECT_TRUE(view.check_value("Device.LocalAgent.Controller.", "MQTT.Topic", "#") == std::nullopt);
  EXPECT_TRUE(view.check_value("Device.LocalAgent.Controller.1.MTP.1.MQTT.", "Topic", "#"));
  EXPECT_FALSE(view.check_value("Device.WiFi.SSID.1.", "SSID", "anything"));
}

TEST(AgentView, TakesReferencesOfAnyKindOfNotificationAndNoOthers) {
  Agent agent({{"Device.WiFi.SSID.1.SSID", "a"}});
  const AgentView view = agent.view();

  for (const char* good : {"", "Device.WiFi.SSID.*.SSID", "Device.WiFi.SSID.", "Device.Boot!",
                           "Device.ScheduleTimer()", "Device.LocalAgent.Periodic!"}) {
    EXPECT_EQ(view.check_value("Device.LocalAgent.Subscription.1.", "ReferenceList", good),
              std::nullopt)
        << good;
  }
  EXPECT_NE(view.check_value("Device.LocalAgent.Subscription.1.", "ReferenceList", "Device.No.P"),
            std::nullopt);
}

}  // namespace
}  // namespace bridge
