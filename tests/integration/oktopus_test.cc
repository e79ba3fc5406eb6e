// Profile `oktopus`, against what its MQTT services do, played on mosquitto: its broker's hook says
// in CONNACK where an agent subscribes, takes the Endpoint ID from the first user property of
// CONNECT and who is online from the first filter of SUBSCRIBE; its adapter hears
// oktopus/usp/+/controller/+ and oktopus/usp/+/api/+ and takes the agent's id from the last level.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/mqtt_relay.h"

namespace integration {
namespace {

using support::MqttPacket;
using support::MqttRelay;
using usp_controller::get;
using usp_controller::values_of;

const std::string kPrefix = "oktopus/usp/v1/";
const std::string kAgent = "ops::00D09E-Gateway-1";
const std::string kSsid = "Device.WiFi.SSID.1.SSID";

class Oktopus : public testing::Test {
 protected:
  Oktopus() {
    // What the broker's hook puts into CONNACK.
    relay.add_to_connack(MqttRelay::subscribe_topic(kPrefix + "agent/" + kAgent));
  }
  /// Its controller as it hears and is answered through this topic.
  std::unique_ptr<usp_controller::Controller> platform(const std::string& topic) {
    usp_controller::ControllerOptions options;
    options.id = "oktopusController";
    options.topic = topic;
    options.agent_topic = kPrefix + "agent/{endpoint_id}";
    return world.connect(std::move(options));
  }

  int broker_port = support::free_port();
  MqttRelay relay{static_cast<std::uint16_t>(broker_port)};
  World world{WorldOptions{
      .environment = {"USP_BRIDGE_MQTT__MODE=per-agent"},
      .more_controllers = "  - endpoint_id: oktopusController\n",
      .more_mqtt = "  profile: oktopus\n  per_agent:\n    username: \"{endpoint_id}\"\n"
                   "    password: secret\n",
      .broker_address = "  host: 127.0.0.1\n  port: " + std::to_string(relay.port()) + "\n",
      .broker = {.lines = "listener " + std::to_string(broker_port) + " 127.0.0.1\n"}}};
};

TEST_F(Oktopus, AnAgentConnectsAndSubscribesAsItsBrokerExpects) {
  const auto cpe = world.device("1");
  const auto connect = relay.take(MqttPacket::kConnect);
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->client_id(), kAgent);
  EXPECT_TRUE(connect->has_user_and_password());
  // The user property is the only one: name and value, one after the other.
  EXPECT_TRUE(connect->holds("usp-endpoint-id"));
  EXPECT_TRUE(connect->holds(kAgent));
  const auto subscribe = relay.take(MqttPacket::kSubscribe);
  ASSERT_TRUE(subscribe);
  EXPECT_TRUE(subscribe->holds(kPrefix + "agent/" + kAgent)) << "the first filter, and the only";
}

TEST_F(Oktopus, ItsControllerIsServedOnTheTopicsOfItsAdapter) {
  const auto heard = platform(kPrefix + "controller/" + kAgent);
  const auto cpe = world.device("1");
  // What the agent says by itself comes on a topic that ends in its id.
  EXPECT_TRUE(heard->wait_for_presence([](const auto& each) { return each.connected; }, kLong));
  EXPECT_TRUE(heard->wait_for_notify(
      [](const auto& each) { return each.notify.has_on_board_req(); }, kLong));
  // Answers go where each request says: controller/ID and api/ID.
  const auto api = platform(kPrefix + "api/" + kAgent);
  for (auto* each : {heard.get(), api.get()}) {
    const auto answer = each->request(kAgent, get({kSsid}), kLong);
    ASSERT_TRUE(answer) << answer.error() << world.bridge().output();
    EXPECT_EQ(values_of(*answer)[kSsid], "Home-1");
  }
}

TEST_F(Oktopus, ARebootedDeviceIsSeenToGoAndToComeBack) {
  const auto cpe = world.device("1");
  ASSERT_TRUE(relay.take(MqttPacket::kSubscribe));
  EXPECT_EQ(cpe->command("reboot"), "ok");
  // Its broker publishes 0 for the one and 1 for the other.
  EXPECT_TRUE(relay.take(MqttPacket::kDisconnect));
  const auto again = relay.take(MqttPacket::kSubscribe);
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->holds(kPrefix + "agent/" + kAgent));
}

}  // namespace
}  // namespace integration
