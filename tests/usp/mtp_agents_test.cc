// A connection for each endpoint, and one that is configured while it stands, against a real
// broker.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/mqtt_relay.h"
#include "tests/usp/mtp_fixture.h"
#include "usp/mtp/mqtt_agents.h"

namespace usp::mtp {
namespace {

using support::Broker;
using ::testing::HasSubstr;
using Is = SubscriptionState::Is;

std::string topic_of(const std::string& id) { return "usp/v1/agent/" + id; }

class MqttAgentsTest : public testing::Test, public TransportHandler {
 protected:
  explicit MqttAgentsTest(MqttAgentsOptions options = {}) : agents(options) { agents.start(*this); }
  ~MqttAgentsTest() override { agents.stop(std::chrono::milliseconds(0)); }

  MqttOptions options(const std::string& id) {
    MqttOptions out = options_for(broker, topic_of(id));
    out.endpoint_id = id;
    out.client_id = "client-" + id;
    out.use_connack_topics = true;
    return out;
  }
  ConnectionInfo connect(const std::string& id) {
    EXPECT_EQ(agents.add(options(id)), MqttAgents::Added::kNew);
    return connected.take().value_or(ConnectionInfo{});
  }
  SendResult send(const std::string& from, const std::string& topic) {
    OutboundMessage message = message_to(topic);
    message.from = from;
    auto result = std::make_shared<support::Mailbox<SendResult>>();
    const auto refusal =
        agents.send(std::move(message), [result](SendResult value) { result->put(value); });
    return refusal ? *refusal : result->take().value_or(SendResult::kClosed);
  }
  bool broker_says(const std::string& text) {
    return broker.process().wait_for_text(text).has_value();
  }

  void on_message(InboundMessage message) override { messages.put(std::move(message)); }
  void on_overload(const InboundMessage&) override {}
  void on_connected(const ConnectionInfo& info) override { connected.put(info); }
  void on_disconnected(const DisconnectInfo& info) override { disconnected.put(info); }

  support::Mailbox<InboundMessage> messages;
  support::Mailbox<ConnectionInfo> connected;
  support::Mailbox<DisconnectInfo> disconnected;
  Broker broker;
  MqttAgents agents;
};

TEST_F(MqttAgentsTest, EachEndpointHasAConnectionOfItsOwn) {
  EXPECT_EQ(connect("os::a").endpoint_id, "os::a");
  EXPECT_EQ(connect("os::b").endpoint_id, "os::b");
  EXPECT_TRUE(broker_says("as client-os::a"));
  EXPECT_TRUE(broker_says("as client-os::b"));

  EXPECT_EQ(send("os::a", topic_of("os::b")), SendResult::kDelivered);
  EXPECT_EQ(messages.take()->topic, topic_of("os::b"));
  EXPECT_EQ(agents.counters().connected, 2U);
  EXPECT_EQ(agents.counters().delivered, 1U);
}

TEST_F(MqttAgentsTest, WhoWasNotAddedIsNotConnected) {
  EXPECT_FALSE(agents.is_connected());
  EXPECT_EQ(send("os::stranger", "t"), SendResult::kNotConnected);
  EXPECT_FALSE(agents.state("os::stranger"));
}

TEST_F(MqttAgentsTest, OneThatIsRemovedLeavesTheBroker) {
  connect("os::a");
  agents.remove("os::a");
  EXPECT_EQ(disconnected.take()->endpoint_id, "os::a");
  EXPECT_TRUE(broker_says("Received DISCONNECT from client-os::a"));
  EXPECT_EQ(send("os::a", "t"), SendResult::kNotConnected);
}

TEST_F(MqttAgentsTest, ReconnectsWithANewNumberAfterWhatWasQueued) {
  const ConnectionInfo first = connect("os::a");
  OutboundMessage message = message_to(topic_of("os::a"));
  message.from = "os::a";
  EXPECT_FALSE(agents.send(message));
  agents.reconnect("os::a");

  EXPECT_EQ(messages.take()->payload, "record");
  EXPECT_EQ(disconnected.take()->number, first.number);
  const auto second = connected.take();
  ASSERT_TRUE(second);
  EXPECT_GT(second->number, first.number);
  EXPECT_EQ(agents.counters().disconnects, 0U) << "it was wanted";
}

// R-MQTT.15, R-MQTT.34.
TEST_F(MqttAgentsTest, SubscribesAndUnsubscribesWhileConnected) {
  connect("os::a");
  MqttOptions more = options("os::a");
  more.subscriptions.emplace_back("extra/#");
  more.other_qos["extra/#"] = 0;
  EXPECT_EQ(agents.add(more), MqttAgents::Added::kChanged);
  EXPECT_TRUE(broker_says("extra/# (QoS 0)")) << broker.process().output();
  EXPECT_EQ(send("os::a", "extra/1"), SendResult::kDelivered);
  EXPECT_EQ(messages.take()->topic, "extra/1");
  const auto state = agents.state("os::a");
  ASSERT_TRUE(state);
  ASSERT_EQ(state->subscriptions.size(), 2U);
  EXPECT_EQ(state->subscriptions[1].filter, "extra/#");
  EXPECT_EQ(state->subscriptions[1].is, Is::kGranted);

  agents.add(options("os::a"));
  EXPECT_TRUE(broker_says("Received UNSUBSCRIBE from client-os::a")) << broker.process().output();
  EXPECT_EQ(connected.size(), 0U) << "all on one connection";
}

// R-MQTT.16.
TEST_F(MqttAgentsTest, WithoutATopicItDisconnectsAndWaitsToBeConfigured) {
  MqttOptions none = options("os::a");
  none.subscriptions.clear();
  agents.add(none);
  EXPECT_THAT(disconnected.take()->text, HasSubstr("nothing to subscribe"));
  EXPECT_TRUE(broker_says("Received DISCONNECT from client-os::a"));
  EXPECT_EQ(connected.size(), 0U);

  agents.add(options("os::a"));
  EXPECT_EQ(connected.take()->endpoint_id, "os::a");
}

// R-MQTT.8, R-MQTT.9.
TEST_F(MqttAgentsTest, TakesAnotherClientIdWithTheNextConnection) {
  connect("os::a");
  MqttOptions other = options("os::a");
  other.client_id.clear();
  agents.add(other);
  agents.reconnect("os::a");
  const auto assigned = connected.take();
  ASSERT_TRUE(assigned);
  EXPECT_THAT(assigned->client_id, testing::StartsWith("auto-"));

  other.client_id = assigned->client_id;  // it was saved
  agents.add(other);
  agents.reconnect("os::a");
  EXPECT_EQ(connected.take()->client_id, assigned->client_id);
}

TEST_F(MqttAgentsTest, TakesAnotherKeepAliveWithTheNextConnection) {
  connect("os::a");
  MqttOptions other = options("os::a");
  other.keep_alive = std::chrono::seconds(77);
  agents.add(other);
  agents.reconnect("os::a");
  EXPECT_TRUE(connected.take());
  EXPECT_TRUE(broker_says("as client-os::a (p5, c1, k77)")) << broker.process().output();
}

class FewMqttAgents : public MqttAgentsTest {
 protected:
  FewMqttAgents() : MqttAgentsTest({.max_endpoints = 1, .connect_rate = 50}) {}
};

TEST_F(FewMqttAgents, SaysWhenThereAreTooMany) {
  connect("os::a");
  EXPECT_EQ(agents.add(options("os::b")), MqttAgents::Added::kFull);
  agents.remove("os::a");
  EXPECT_EQ(agents.add(options("os::b")), MqttAgents::Added::kNew);
  EXPECT_EQ(connected.take()->endpoint_id, "os::b");
}

TEST(MqttSubscriptions, OneThatTheBrokerRefusesIsSaidToBe) {
  Broker broker;
  support::MqttRelay relay(broker.port());
  MqttOptions options = options_for(broker, "first");
  options.port = relay.port();
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  relay.answer_subscribe(0x87);
  options.subscriptions.emplace_back("second");
  peer.transport.reconfigure(options);
  ASSERT_TRUE(relay.take(support::MqttPacket::kSubscribe)->holds("first"));
  ASSERT_TRUE(relay.take(support::MqttPacket::kSubscribe)->holds("second"));

  std::vector<SubscriptionState> states;
  do {  // the answer is on its way
    states = peer.transport.subscriptions();
    ASSERT_EQ(states.size(), 2U);
  } while (states[1].is == Is::kPending);
  EXPECT_EQ(states[0].is, Is::kGranted);
  EXPECT_EQ(states[1].is, Is::kRefused);
  EXPECT_TRUE(peer.transport.is_connected());
}

// R-MQTT.17.
TEST(MqttSubscriptions, WithoutAnyItPublishesNothingAndDisconnects) {
  Broker broker;
  support::MqttRelay relay(broker.port());
  relay.answer_subscribe(0x87);
  MqttOptions options = options_for(broker, "first");
  options.port = relay.port();
  Peer peer(options);
  peer.transport.start(peer);
  const auto failed = peer.disconnected.take();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->reason_code, 0x87);
  EXPECT_EQ(peer.send(message_to("t")), SendResult::kNotConnected);
  EXPECT_TRUE(relay.take(support::MqttPacket::kDisconnect));
}

// R-MQTT.33.
TEST(MqttDisconnect, OfTheBrokerIsFollowedByANewConnection) {
  Broker broker;
  support::MqttRelay relay(broker.port());
  MqttOptions options = options_for(broker, "first");
  options.port = relay.port();
  Peer peer(options);
  const ConnectionInfo before = peer.connect();
  constexpr std::uint8_t kServerShuttingDown = 0x8b;
  relay.disconnect_all(kServerShuttingDown);
  const auto lost = peer.disconnected.take();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->number, before.number);
  EXPECT_EQ(lost->reason_code, kServerShuttingDown);
  EXPECT_TRUE(peer.connected.take());
}

// R-MQTT.12, 13, 15, 21.
TEST(MqttSubscriptions, TakesTheTopicsOfConnack) {
  Broker broker;
  support::MqttRelay relay(broker.port());
  relay.add_to_connack(support::MqttRelay::subscribe_topic("given/#") +
                       support::MqttRelay::response_information("answers/here"));
  MqttOptions options = options_for(broker, "own");
  options.port = relay.port();
  options.endpoint_id = "os::a";
  options.use_connack_topics = true;
  Peer peer(options);
  EXPECT_EQ(peer.connect().response_information, "answers/here");
  const auto connect = relay.take(support::MqttPacket::kConnect);
  ASSERT_TRUE(connect);
  EXPECT_TRUE(connect->holds("usp-endpoint-id"));
  EXPECT_TRUE(connect->holds("os::a"));
  const std::string request_response_information = {0x19, 1};
  EXPECT_THAT(connect->body, HasSubstr(request_response_information));
  const auto subscribe = relay.take(support::MqttPacket::kSubscribe);
  ASSERT_TRUE(subscribe);
  for (const char* filter : {"own", "given/#", "answers/here"}) {
    EXPECT_TRUE(subscribe->holds(filter)) << filter;
  }
  EXPECT_EQ(peer.send(message_to("given/1")), SendResult::kDelivered);
  EXPECT_EQ(peer.messages.take()->response_topic, "answers/here");
}

TEST(MqttSubscriptions, WithMqtt311TheyAreKnownByTheirOwnName) {
  Broker broker;
  MqttOptions options = options_for(broker, "agent/1");
  options.version = MqttOptions::Version::k311;
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  const auto states = peer.transport.subscriptions();
  ASSERT_EQ(states.size(), 1U);
  EXPECT_EQ(states[0].filter, "agent/1");
  EXPECT_EQ(states[0].is, Is::kGranted);
  EXPECT_TRUE(broker.process().wait_for_text("agent/1/# (QoS 1)"));
}

}  // namespace
}  // namespace usp::mtp
