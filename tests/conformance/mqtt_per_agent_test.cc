// TP-469 section 11, what takes a connection of the agent's own: mode per-agent, with a relay
// before the broker that shows what the agent sends and says what mosquitto cannot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/mqtt_relay.h"

namespace conformance {
namespace {

using integration::kLong;
using integration::World;
using std::chrono::duration;
using support::MqttPacket;
using support::MqttRelay;
using testing::IsEmpty;
using usp_controller::failures_of;
using namespace std::chrono_literals;

const std::string kClient = "Device.MQTT.Client.1.";
const std::string kTopics = kClient + "Subscription.";

class MqttPerAgent : public testing::Test {
 protected:
  MqttPerAgent() {
    first = relay.take(MqttPacket::kConnect);
    const auto there = world.controller().wait_for_presence(is_here(), kLong);
    EXPECT_TRUE(first && there) << world.bridge().output();
  }

  std::function<bool(const usp_controller::Presence&)> is_here() const {
    return
        [id = cpe->endpoint_id()](const auto& each) { return each.connected && each.agent == id; };
  }
  /// The agent's next CONNECT, after its CPE has booted.
  std::optional<MqttPacket> reboot() {
    EXPECT_EQ(cpe->command("reboot"), "ok");
    return relay.take(MqttPacket::kConnect);
  }
  /// It can be asked again.
  void wait_for_agent() {
    EXPECT_TRUE(world.controller().wait_for_presence(is_here(), kLong)) << world.bridge().output();
  }
  void set(const std::string& object, const usp_controller::Settings& settings) {
    const auto answer = world.ask(*cpe, usp_controller::set({{object, settings}}));
    EXPECT_THAT(failures_of(answer), IsEmpty());
  }
  /// A value that the agent has a moment after it has connected.
  std::string settled(const std::string& path) {
    std::string value;
    const auto limit = std::chrono::steady_clock::now() + kLong;
    do {
      value = world.read(*cpe, path);
    } while (value.empty() && std::chrono::steady_clock::now() < limit);
    return value;
  }
  /// Seconds until the next attempt to connect, counted from `since`, which becomes its time.
  double next_attempt(std::chrono::steady_clock::time_point& since) {
    const auto at = relay.attempts.take();
    if (!at) return -1;
    const duration<double> waited = *at - since;
    since = *at;
    return waited.count();
  }

  const int broker_port = support::free_port();
  MqttRelay relay{static_cast<std::uint16_t>(broker_port)};
  World world{
      {.environment = {"USP_BRIDGE_MQTT__MODE=per-agent",
                       "USP_BRIDGE_MQTT__PER_AGENT__USERNAME=user-{endpoint_id}",
                       "USP_BRIDGE_MQTT__PER_AGENT__PASSWORD=word-{endpoint_id}"},
       .broker_address = "  host: 127.0.0.1\n  port: " + std::to_string(relay.port()) + "\n",
       .broker = {.lines = "listener " + std::to_string(broker_port) + " 127.0.0.1\n"}}};
  std::unique_ptr<integration::Cpe> cpe = world.device("1");
  std::optional<MqttPacket> first;  ///< CONNECT
};

TEST_F(MqttPerAgent, 11_2_ConnectCarriesVersionCredentialsAndTheEndpointId) {
  const auto connect = reboot();
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->body.at(6), 5) << "version";
  EXPECT_TRUE(connect->holds("usp-endpoint-id"));
  EXPECT_TRUE(connect->holds(cpe->endpoint_id()));
  EXPECT_TRUE(connect->has_user_and_password());
  EXPECT_TRUE(connect->holds("user-" + cpe->endpoint_id()));
  EXPECT_TRUE(connect->holds("word-" + cpe->endpoint_id()));
}

TEST_F(MqttPerAgent, 11_4_AnEmptyClientIdIsFilledInByTheBroker) {
  set(kClient, {{"ClientID", ""}});
  const auto connect = reboot();
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->client_id(), "");
  ASSERT_TRUE(world.broker().process().wait_for_text(" as auto-"));
  wait_for_agent();

  const std::string kept = settled(kClient + "ClientID");
  EXPECT_THAT(kept, testing::StartsWith("auto-"));
  EXPECT_THAT(world.broker().process().output(), testing::HasSubstr(" as " + kept + " "));
}

TEST_F(MqttPerAgent, 11_5_TheClientIdStaysTheSame) {
  const std::string id = world.read(*cpe, kClient + "ClientID");
  EXPECT_EQ(first->client_id(), id);
  const auto connect = reboot();
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->client_id(), id);
}

TEST_F(MqttPerAgent, 11_6_ConnectingIsTriedAgainAtGrowingIntervals) {
  set(kClient, {{"ConnectRetryTime", "1"},
                {"ConnectRetryIntervalMultiplier", "2000"},
                {"ConnectRetryMaxInterval", "60"}});
  while (relay.attempts.size() > 0) relay.attempts.take();
  relay.refuse(true);
  EXPECT_EQ(cpe->command("reboot"), "ok");
  auto at = std::chrono::steady_clock::now();
  ASSERT_GE(next_attempt(at), 0);
  const double once = next_attempt(at);
  const double twice = next_attempt(at);
  relay.refuse(false);
  EXPECT_GE(once, 1 * 0.99);
  EXPECT_LT(once, 2 + 8.0);
  EXPECT_GE(twice, 2 * 0.99);
  EXPECT_LT(twice, 4 + 8.0);
  wait_for_agent();
}

TEST_F(MqttPerAgent, 11_7_AShorterKeepAliveOfTheBrokerIsKeptTo) {
  set(kClient, {{"KeepAliveTime", "60"}});
  relay.add_to_connack(MqttRelay::server_keep_alive(4));
  const auto connect = reboot();
  ASSERT_TRUE(connect);
  EXPECT_EQ(connect->keep_alive_s(), 60);
  wait_for_agent();
  // Within one and a half times the keep alive of what was sent last; the machine may be slow.
  const auto ping = relay.take(MqttPacket::kPingreq);
  EXPECT_TRUE(ping);
}

TEST_F(MqttPerAgent, 11_8_SubscribesToWhatConnackAndTheConfigurationSay) {
  relay.add_to_connack(MqttRelay::subscribe_topic("given/to/the/agent") +
                       MqttRelay::response_information("answers/to/the/agent"));
  const auto connect = reboot();
  ASSERT_TRUE(connect);
  const std::string request_response_information = {0x19, 1};
  EXPECT_THAT(connect->body, testing::HasSubstr(request_response_information));
  const auto subscribe = relay.take(MqttPacket::kSubscribe);
  ASSERT_TRUE(subscribe);
  EXPECT_TRUE(subscribe->holds("given/to/the/agent"));
  EXPECT_TRUE(subscribe->holds("answers/to/the/agent"));
  EXPECT_TRUE(subscribe->holds("usp/v1/agent/" + cpe->endpoint_id()));
  const auto here = world.controller().wait_for_presence(is_here(), kLong);
  ASSERT_TRUE(here);
  EXPECT_EQ(here->topic, "answers/to/the/agent");
  EXPECT_EQ(world.read(*cpe, kClient + "ResponseInformation"), "answers/to/the/agent");
}

TEST_F(MqttPerAgent, 11_9_ANewSubscriptionTakesEffectAtOnce) {
  const auto added = world.ask(
      *cpe, usp_controller::add({{kTopics, {{"Enable", "true"}, {"Topic", "newTopic-11-9"}}}}));
  ASSERT_THAT(failures_of(added), IsEmpty());
  const std::string row = usp_controller::created_by(added).at(0);
  std::optional<MqttPacket> subscribe;
  do {
    subscribe = relay.take(MqttPacket::kSubscribe);
  } while (subscribe && !subscribe->holds("newTopic-11-9"));
  ASSERT_TRUE(subscribe);

  world.controller().set_agent_topic(cpe->endpoint_id(), "newTopic-11-9");
  EXPECT_EQ(world.read(*cpe, row + "Topic"), "newTopic-11-9");
  set(row, {{"Enable", "false"}});
  const auto unsubscribe = relay.take(MqttPacket::kUnsubscribe);
  ASSERT_TRUE(unsubscribe);
  EXPECT_TRUE(unsubscribe->holds("newTopic-11-9"));
}

TEST_F(MqttPerAgent, 11_10_WithoutAnyTopicItDisconnects) {
  const auto gone = world.ask(*cpe, usp_controller::del({kTopics + "1."}));
  EXPECT_THAT(failures_of(gone), IsEmpty());
  ASSERT_TRUE(reboot());
  EXPECT_TRUE(relay.take(MqttPacket::kDisconnect));
  EXPECT_TRUE(world.bridge().wait_for_text("nothing to subscribe to"));
}

TEST_F(MqttPerAgent, 11_11_RefusedEverywhereItDisconnectsAndPublishesNothing) {
  const std::string controllers = "Device.LocalAgent.Controller.";
  set(controllers + "1.", {{"PeriodicNotifInterval", "1"}});
  const auto subscribed = world.ask(
      *cpe, usp_controller::subscribe("periodic", "Event", "Device.LocalAgent.Periodic!"));
  EXPECT_THAT(failures_of(subscribed), IsEmpty());
  ASSERT_TRUE(world.controller().wait_for_notify(
      [](const auto& each) { return each.notify.event().event_name() == "Periodic!"; }, kLong))
      << "there is something to publish every second\n"
      << world.bridge().output();
  relay.answer_subscribe(0x87);
  ASSERT_TRUE(reboot());
  // Three tries, some seconds apart: nothing else is sent meanwhile.
  std::vector<MqttPacket::Type> sent;
  int refused = 0;
  while (refused < 3) {
    const auto packet = relay.packets.take(60s);
    ASSERT_TRUE(packet);
    sent.push_back(packet->type);
    if (packet->type == MqttPacket::kDisconnect) ++refused;
  }
  EXPECT_THAT(sent, testing::Not(testing::Contains(MqttPacket::kPublish)));
  EXPECT_THAT(sent, testing::Contains(MqttPacket::kSubscribe).Times(3));
}

TEST_F(MqttPerAgent, 11_16_ItComesBackAfterTheBrokersDisconnect) {
  set(kClient, {{"ConnectRetryTime", "1"},
                {"ConnectRetryIntervalMultiplier", "2000"},
                {"ConnectRetryMaxInterval", "60"}});
  ASSERT_TRUE(reboot());  // with these
  wait_for_agent();
  while (relay.attempts.size() > 0) relay.attempts.take();
  auto at = std::chrono::steady_clock::now();
  relay.disconnect_all(0x8b);  // server shutting down
  const double waited = next_attempt(at);
  EXPECT_GE(waited, 1 * 0.99);
  EXPECT_LT(waited, 2 + 8.0);
  wait_for_agent();
}

}  // namespace
}  // namespace conformance
