// Mode `per-agent`: each virtual agent has its own connection to the broker, as a native one has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using usp_controller::failures_of;

const std::string kClient = "Device.MQTT.Client.1.";
const std::string kTopics = "Device.MQTT.Client.1.Subscription.";
const std::string kSsid = "Device.WiFi.SSID.1.SSID";

class PerAgent : public testing::Test {
 protected:
  PerAgent() : world({}, {"USP_BRIDGE_MQTT__MODE=per-agent"}), cpe(world.device("1")) {}

  bool broker_says(const std::string& text) {
    return world.broker().process().wait_for_text(text).has_value();
  }
  /// Until the agent's next Connect record.
  void wait_for_agent() {
    const auto there = world.controller().wait_for_presence(
        [this](const auto& each) { return each.connected && each.agent == cpe->endpoint_id(); },
        kLong);
    EXPECT_TRUE(there) << world.bridge().output();
  }
  void wait_for_status(const std::string& row, const std::string& status) {
    std::string now;
    const auto limit = std::chrono::steady_clock::now() + kLong;
    do {  // SUBACK is on its way
      now = world.read(*cpe, row + "Status");
    } while (now != status && std::chrono::steady_clock::now() < limit);
    EXPECT_EQ(now, status);
  }
  void set(const std::string& object, const std::string& name, const std::string& value) {
    const auto answer = world.ask(*cpe, usp_controller::set({{object, {{name, value}}}}));
    EXPECT_THAT(failures_of(answer), testing::IsEmpty());
  }

  World world;
  std::unique_ptr<Cpe> cpe;
};

// R-MQTT.8, R-MQTT.13.
TEST_F(PerAgent, EachDeviceIsOnTheBrokerByItself) {
  auto second = world.device("2");
  EXPECT_TRUE(broker_says(" as " + cpe->endpoint_id()));
  EXPECT_TRUE(broker_says(" as " + second->endpoint_id()));
  EXPECT_EQ(world.read(*cpe, kSsid), "Home-1");
  EXPECT_EQ(world.read(*cpe, kClient + "ClientID"), cpe->endpoint_id());
  EXPECT_EQ(world.read(*cpe, kClient + "Status"), "Connected");
  EXPECT_EQ(world.read(*cpe, kTopics + "1.Status"), "Subscribed");
  set("Device.WiFi.SSID.1.", "SSID", "mine");
  EXPECT_EQ(cpe->command("get", kSsid), "mine");
}

TEST_F(PerAgent, ARecordForAnotherAgentIsDroppedThoughWeKnowIt) {
  auto second = world.device("2");
  world.controller().set_agent_topic(second->endpoint_id(),
                                     world.controller().agent_topic(cpe->endpoint_id()));
  const auto sent = world.controller().send(second->endpoint_id(), usp_controller::get({kSsid}),
                                            [](const auto&) { ADD_FAILURE() << "answered"; });
  ASSERT_TRUE(sent) << sent.error();
  EXPECT_TRUE(world.bridge().wait_for_text("record for " + second->endpoint_id() +
                                           " on the connection of " + cpe->endpoint_id()));
  EXPECT_EQ(world.read(*cpe, kSsid), "Home-1") << "and nothing else suffers";
}

// Design: a CPE boot is a restart of its agent.
TEST_F(PerAgent, ABootOfTheDeviceCyclesItsConnection) {
  world.ask(*cpe, usp_controller::subscribe("boot", "Event", "Device.Boot!"));
  wait_for_agent();  // the first one
  cpe->command("reboot");
  EXPECT_TRUE(broker_says("Received DISCONNECT from " + cpe->endpoint_id()));
  auto boot = world.controller().wait_for_notify(
      [](const auto& each) { return each.notify.event().event_name() == "Boot!"; }, kLong);
  EXPECT_TRUE(boot);
  wait_for_agent();
  EXPECT_EQ(world.read(*cpe, kClient + "Status"), "Connected");
}

TEST_F(PerAgent, AStoppingBridgeSendsDisconnectRecords) {  // R-MTP.7, R-MTP.9
  wait_for_agent();
  world.bridge().signal(SIGTERM);
  const auto gone = world.controller().wait_for_presence(
      [this](const auto& each) { return !each.connected && each.agent == cpe->endpoint_id(); },
      kLong);
  ASSERT_TRUE(gone) << world.bridge().output();
  EXPECT_EQ(gone->reason, "the bridge stops");
  EXPECT_EQ(world.bridge().wait_for_exit(), 0);
}

TEST_F(PerAgent, AgentsComeBackWithTheBridge) {
  set(kClient, "KeepAliveTime", "77");
  wait_for_agent();  // the first one
  world.kill_bridge();
  world.start_bridge();
  wait_for_agent();
  EXPECT_TRUE(broker_says("as " + cpe->endpoint_id() + " (p5, c1, k77"))
      << "with what was configured\n"
      << world.broker().process().output();
  EXPECT_EQ(world.read(*cpe, kSsid), "Home-1");
}

// R-MQTT.15, R-MQTT.34.
TEST_F(PerAgent, ATopicThatIsAddedIsSubscribedToAtOnce) {
  const auto added = world.ask(
      *cpe, usp_controller::add({{kTopics, {{"Enable", "true"}, {"Topic", "elsewhere"}}}}));
  ASSERT_THAT(failures_of(added), testing::IsEmpty());
  const std::string row = usp_controller::created_by(added).at(0);
  EXPECT_TRUE(broker_says("elsewhere (QoS 1)"));
  world.controller().set_agent_topic(cpe->endpoint_id(), "elsewhere");
  wait_for_status(row, "Subscribed");

  set(row, "Enable", "false");
  EXPECT_TRUE(broker_says("Received UNSUBSCRIBE from " + cpe->endpoint_id()));
  world.controller().set_agent_topic(cpe->endpoint_id(), "usp/v1/agent/" + cpe->endpoint_id());
  EXPECT_EQ(world.read(*cpe, row + "Status"), "Unsubscribed");
}

// R-MQTT.9.
TEST_F(PerAgent, TheClientIdThatTheBrokerAssignsIsKept) {
  set(kClient, "ClientID", "");
  wait_for_agent();  // the first one
  const auto answer =
      world.ask(*cpe, usp_controller::operate(kClient + "ForceReconnect()", {}, "key"));
  EXPECT_THAT(failures_of(answer), testing::IsEmpty());
  EXPECT_TRUE(broker_says(" as auto-"));
  wait_for_agent();
  std::string id;
  const auto limit = std::chrono::steady_clock::now() + kLong;
  do {  // it is stored a moment after the connection stands
    id = world.read(*cpe, kClient + "ClientID");
  } while (id.empty() && std::chrono::steady_clock::now() < limit);
  EXPECT_THAT(id, StartsWith("auto-"));
  cpe->command("reboot");
  EXPECT_TRUE(broker_says("Received DISCONNECT from " + id));
  EXPECT_TRUE(broker_says(" as " + id));
}

TEST_F(PerAgent, ADeletedDeviceLeavesTheBroker) {
  support::ControlClient client(world.grpc_port());
  EXPECT_TRUE(client.forget("devices/" + cpe->endpoint_id()).ok());
  EXPECT_TRUE(broker_says("Received DISCONNECT from " + cpe->endpoint_id()));
}

TEST(PerAgentLimit, BeyondItAgentsAreNotOnTheBrokerAndItIsSaid) {
  World world({}, {"USP_BRIDGE_MQTT__MODE=per-agent", "USP_BRIDGE_MQTT__PER_AGENT__MAX_AGENTS=1"});
  auto first = world.device("1");
  Cpe second(world.acs_port(), "2", "tr181-small.csv");
  EXPECT_TRUE(world.bridge().wait_for_text("its agent is not on the broker"));
  EXPECT_EQ(world.read(*first, kSsid), "Home-1");
}

}  // namespace
}  // namespace integration
