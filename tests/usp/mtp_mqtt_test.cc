// MqttTransport against a real broker: what a peer and the handler get to see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <set>

#include "tests/support/self_signed.h"
#include "tests/usp/mtp_fixture.h"
#include "usp/mtp/mqtt_link.h"

namespace usp::mtp {
namespace {

using std::chrono::milliseconds;
using support::Broker;
using support::Mailbox;
using support::Process;
using ::testing::HasSubstr;

constexpr const char* kAgents = "usp/v1/agent/+";
constexpr const char* kAgent = "usp/v1/agent/os::a";

// mosquitto_pub with MQTT 5.0: what our own transport would never send.
void publish_raw(const Broker& broker, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(),
                   {"-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V", "5", "-q", "1"});
  Process publisher("mosquitto_pub", std::move(arguments));
  ASSERT_EQ(publisher.wait_for_exit(), 0) << publisher.output();
}

class MqttVersions : public testing::TestWithParam<MqttOptions::Version> {};
INSTANTIATE_TEST_SUITE_P(Both, MqttVersions,
                         testing::Values(MqttOptions::Version::k5, MqttOptions::Version::k311));

TEST_P(MqttVersions, CarriesRecordAndReplyTopicBothWays) {
  Broker broker;
  MqttOptions agent_options = options_for(broker, kAgents);
  MqttOptions controller_options = options_for(broker, "usp/v1/controller/c");
  agent_options.version = controller_options.version = GetParam();
  Peer agent(agent_options);
  Peer controller(controller_options);
  ASSERT_NE(agent.connect().number, 0U);
  ASSERT_NE(controller.connect().number, 0U);

  OutboundMessage request = message_to(kAgent, std::string("\0request\xff", 9));
  request.response_topic = "usp/v1/controller/c";
  ASSERT_EQ(controller.send(request), SendResult::kDelivered);
  const auto received = agent.messages.take();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->topic, kAgent);
  EXPECT_EQ(received->payload, std::string("\0request\xff", 9));
  EXPECT_EQ(received->response_topic, "usp/v1/controller/c");

  ASSERT_EQ(agent.send(message_to(*received->response_topic, "answer")), SendResult::kDelivered);
  const auto answer = controller.messages.take();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->payload, "answer");
  EXPECT_EQ(answer->response_topic, "reply/here");
}

TEST_P(MqttVersions, DeliversWithQos0) {
  Broker broker;
  MqttOptions options = options_for(broker, kAgents);
  options.version = GetParam();
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  OutboundMessage message = message_to(kAgent);
  message.qos = 0;
  EXPECT_EQ(peer.send(message), SendResult::kDelivered);
  EXPECT_TRUE(peer.messages.take());
}

TEST(Mqtt, ReturnsCorrelationData) {
  Broker broker;
  Peer peer(options_for(broker, kAgents));
  ASSERT_NE(peer.connect().number, 0U);
  OutboundMessage message = message_to(kAgent);
  message.correlation = std::string("\0\x01id", 4);
  ASSERT_EQ(peer.send(message), SendResult::kDelivered);
  const auto received = peer.messages.take();
  ASSERT_TRUE(received);
  EXPECT_EQ(received->correlation, std::string("\0\x01id", 4));
}

TEST(Mqtt, SendsContentTypeUspMsg) {
  Broker broker;
  Process watcher("mosquitto_sub", {"-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V",
                                    "5", "-t", "out", "-C", "1", "-F", "%C|%R|%p"});
  ASSERT_TRUE(broker.process().wait_for_text("Sending SUBACK"));
  Peer peer(options_for(broker, kAgents));
  ASSERT_NE(peer.connect().number, 0U);
  ASSERT_EQ(peer.send(message_to("out")), SendResult::kDelivered);
  EXPECT_TRUE(watcher.wait_for_text("usp.msg|reply/here|record")) << watcher.output();
}

TEST(Mqtt, AppendsReplyToWithMqtt311) {
  Broker broker;
  Process watcher("mosquitto_sub", {"-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-V",
                                    "311", "-t", "out/#", "-C", "1", "-v"});
  ASSERT_TRUE(broker.process().wait_for_text("Sending SUBACK"));
  MqttOptions options = options_for(broker, kAgents);
  options.version = MqttOptions::Version::k311;
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  ASSERT_EQ(peer.send(message_to("out")), SendResult::kDelivered);
  EXPECT_TRUE(watcher.wait_for_text("out/reply-to=reply%2Fhere record")) << watcher.output();
}

TEST(Mqtt, TakesBothContentTypesAndNoneAndDropsOthers) {
  Broker broker;
  Peer peer(options_for(broker, kAgents));
  ASSERT_NE(peer.connect().number, 0U);
  const auto with_type = [&](const char* type) {
    publish_raw(broker, {"-t", kAgent, "-m", type, "-D", "publish", "content-type", type});
  };
  with_type("usp.error");
  with_type("text/plain");
  with_type("usp.msg");
  with_type("application/vnd.bbf.usp.msg");
  publish_raw(broker, {"-t", kAgent, "-m", "none"});

  EXPECT_EQ(peer.messages.take()->payload, "usp.msg");
  EXPECT_EQ(peer.messages.take()->payload, "application/vnd.bbf.usp.msg");
  const auto last = peer.messages.take();
  EXPECT_EQ(last->payload, "none");
  EXPECT_EQ(last->response_topic, std::nullopt);
  EXPECT_EQ(peer.transport.counters().dropped_content_type, 2U);
}

TEST(Mqtt, DropsRetainedMessages) {
  Broker broker;
  publish_raw(broker, {"-t", kAgent, "-m", "old", "-r"});
  Peer peer(options_for(broker, kAgents));
  ASSERT_NE(peer.connect().number, 0U);
  publish_raw(broker, {"-t", kAgent, "-m", "new"});
  EXPECT_EQ(peer.messages.take()->payload, "new");
  EXPECT_EQ(peer.transport.counters().dropped_retained, 1U);
}

TEST(Mqtt, TellsTheBrokerHowMuchItTakes) {
  Broker broker;
  MqttOptions options = options_for(broker, kAgents);
  options.max_message_bytes = 1000;
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  ASSERT_EQ(peer.send(message_to(kAgent, std::string(1001, 'x'))), SendResult::kDelivered);
  ASSERT_EQ(peer.send(message_to(kAgent, std::string(200'000, 'x'))), SendResult::kDelivered);
  ASSERT_EQ(peer.send(message_to(kAgent, std::string(1000, 'y'))), SendResult::kDelivered);
  EXPECT_EQ(peer.messages.take()->payload, std::string(1000, 'y'));
  EXPECT_EQ(peer.transport.counters().dropped_too_large, 1U);  // the other the broker kept
}

TEST(Mqtt, NeverPublishesAboveMaximumPacketSize) {
  Broker broker({.lines = "max_packet_size 1000\n"});
  Peer peer(options_for(broker, kAgents));
  EXPECT_EQ(peer.connect().maximum_packet_bytes, 1000U);
  OutboundMessage message = message_to(kAgent);
  message.payload.resize(1000 -
                         publish_packet_bytes(message_to(kAgent, ""),
                                              MqttOptions::Version::k5) -
                         1);  // one more length byte from 128 on
  EXPECT_EQ(publish_packet_bytes(message, MqttOptions::Version::k5), 1000U);
  EXPECT_EQ(peer.send(message), SendResult::kDelivered);
  message.payload += "x";
  EXPECT_EQ(peer.send(message), SendResult::kTooLarge);
  EXPECT_EQ(peer.send(message_to(kAgent)), SendResult::kDelivered);  // still connected
}

TEST(Mqtt, RefusesWhatIsNoTopicName) {
  Broker broker;
  Peer peer(options_for(broker, kAgents));
  ASSERT_NE(peer.connect().number, 0U);
  OutboundMessage bad_reply = message_to(kAgent);
  bad_reply.response_topic = "a/+";
  OutboundMessage bad_qos = message_to(kAgent);
  bad_qos.qos = 2;
  EXPECT_EQ(peer.send(message_to("a/#")), SendResult::kBadMessage);
  EXPECT_EQ(peer.send(message_to("")), SendResult::kBadMessage);
  EXPECT_EQ(peer.send(bad_reply), SendResult::kBadMessage);
  EXPECT_EQ(peer.send(bad_qos), SendResult::kBadMessage);
}

TEST(Mqtt, ReportsWhatTheBrokerRefuses) {
  const support::TemporaryDirectory directory;
  std::ofstream(directory.file("acl")) << "topic read #\ntopic write allowed\n";
  Broker broker({.lines = "acl_file " + directory.file("acl") + "\n"});
  Peer peer(options_for(broker, kAgents));
  ASSERT_NE(peer.connect().number, 0U);
  EXPECT_EQ(peer.send(message_to("forbidden")), SendResult::kRefused);
  EXPECT_EQ(peer.send(message_to("allowed")), SendResult::kDelivered);
}

// --- limits ---

TEST(Mqtt, HandsOverloadToTheHandlerUntilASlotIsFree) {
  Broker broker;
  MqttOptions options = options_for(broker, kAgents);
  options.max_handling = 2;
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  for (const char* text : {"1", "2", "3"}) {
    ASSERT_EQ(peer.send(message_to(kAgent, text)), SendResult::kDelivered);
  }
  EXPECT_EQ(peer.overloads.take()->payload, "3");
  EXPECT_EQ(peer.messages.take()->payload, "1");  // and its slot is gone
  ASSERT_EQ(peer.send(message_to(kAgent, "4")), SendResult::kDelivered);
  EXPECT_EQ(peer.messages.take()->payload, "2");
  EXPECT_EQ(peer.messages.take()->payload, "4");
  EXPECT_EQ(peer.transport.counters().overloaded, 1U);
  EXPECT_EQ(peer.transport.counters().handling, 0U);
}

TEST(Mqtt, SaysWhenTheQueueIsFullAndWhenThereIsRoomAgain) {
  Broker broker;
  MqttOptions options = options_for(broker, "nothing");
  options.max_in_flight = 5;
  options.max_queued = 10;
  Mailbox<SendResult> results;  // outlives the transport that fills it
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  broker.process().signal(SIGSTOP);
  constexpr std::size_t kRoom = 15;
  for (std::size_t accepted = 0; accepted < kRoom;) {
    // Full may be early: the transport's thread still takes five of the ten to the broker.
    if (!peer.transport.send(message_to("x"), [&](SendResult r) { results.put(r); })) ++accepted;
  }
  EXPECT_EQ(peer.transport.counters().in_flight, 5U);
  const std::uint64_t refused = peer.transport.counters().refused;
  EXPECT_EQ(peer.transport.send(message_to("x")), SendResult::kQueueFull);
  EXPECT_EQ(peer.transport.counters().refused, refused + 1);
  broker.process().signal(SIGCONT);
  EXPECT_TRUE(peer.writable.take());
  for (std::size_t i = 0; i < kRoom; ++i) {
    ASSERT_EQ(results.take(), SendResult::kDelivered);
  }
  const TransportCounters counters = peer.transport.counters();
  EXPECT_EQ(counters.accepted, kRoom);
  EXPECT_EQ(counters.delivered, kRoom);
  EXPECT_EQ(counters.queued + counters.in_flight, 0U);
}

TEST(Mqtt, KeepsToTheBrokersReceiveMaximum) {
  Broker broker({.lines = "max_inflight_messages 2\n"});
  Mailbox<SendResult> results;  // outlives the transport that fills it
  Peer peer(options_for(broker, "nothing"));
  ASSERT_NE(peer.connect().number, 0U);
  broker.process().signal(SIGSTOP);
  for (int i = 0; i < 50; ++i) {
    ASSERT_FALSE(peer.transport.send(message_to("x"), [&](SendResult r) { results.put(r); }));
  }
  EXPECT_LE(peer.transport.counters().in_flight, 2U);
  broker.process().signal(SIGCONT);
  for (int i = 0; i < 50; ++i) ASSERT_EQ(results.take(), SendResult::kDelivered);
}

// --- connecting ---

TEST(Mqtt, ComesBackAfterTheBrokerDiedAndNumbersItsConnections) {
  Broker broker;
  Peer peer(options_for(broker, kAgents));
  EXPECT_EQ(peer.connect().number, 1U);
  broker.kill();
  const auto lost = peer.disconnected.take();
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->number, 1U);
  EXPECT_FALSE(peer.transport.is_connected());
  EXPECT_EQ(peer.transport.send(message_to(kAgent)), SendResult::kNotConnected);
  const auto failed = peer.disconnected.take();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->number, 0U);
  EXPECT_EQ(failed->failed_attempts, 2U);  // the loss of a young connection was the first

  broker.start();
  const auto again = peer.connected.take();
  ASSERT_TRUE(again);
  EXPECT_GT(again->number, 1U);
  ASSERT_EQ(peer.send(message_to(kAgent, "after")), SendResult::kDelivered);
  EXPECT_EQ(peer.messages.take()->connection, again->number);
  OutboundMessage late = message_to(kAgent);
  late.connection = 1;
  EXPECT_EQ(peer.transport.send(late), SendResult::kNotConnected);
  late.connection = again->number;
  EXPECT_EQ(peer.send(late), SendResult::kDelivered);
}

TEST(Mqtt, FailsWhatIsInFlightWhenTheBrokerDies) {
  Broker broker;
  Mailbox<SendResult> results;  // outlives the transport that fills it
  Peer peer(options_for(broker, "nothing"));
  ASSERT_NE(peer.connect().number, 0U);
  broker.process().signal(SIGSTOP);
  for (int i = 0; i < 100; ++i) {
    ASSERT_FALSE(peer.transport.send(message_to("x"), [&](SendResult r) { results.put(r); }));
  }
  broker.kill();
  for (int i = 0; i < 100; ++i) ASSERT_EQ(results.take(), SendResult::kLost);
  EXPECT_EQ(peer.transport.counters().failed, 100U);
}

TEST(Mqtt, TakesAMissingPubackForADeadConnection) {
  Broker broker;
  MqttOptions options = options_for(broker, "nothing");
  options.ack_timeout = milliseconds(100);
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  broker.process().signal(SIGSTOP);
  EXPECT_EQ(peer.send(message_to("x")), SendResult::kLost);
  EXPECT_THAT(peer.disconnected.take()->text, HasSubstr("PUBACK"));
  broker.process().signal(SIGCONT);
  EXPECT_TRUE(peer.connected.take());
}

TEST(Mqtt, GivesUpOnASilentBroker) {
  Broker broker;
  broker.process().signal(SIGSTOP);
  MqttOptions options = options_for(broker, "nothing");
  options.connect_timeout = milliseconds(1);
  Peer peer(options);
  peer.transport.start(peer);
  const auto failed = peer.disconnected.take();
  ASSERT_TRUE(failed);
  EXPECT_EQ(failed->number, 0U);
  EXPECT_EQ(failed->failed_attempts, 1U);
  broker.process().signal(SIGCONT);
}

TEST(Mqtt, ReportsTheReasonOfARefusedConnect) {
  Broker broker({.allow_anonymous = false});
  Peer peer(options_for(broker, kAgents));
  peer.transport.start(peer);
  const auto refused = peer.disconnected.take();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->reason_code, 0x87);  // not authorised
  EXPECT_FALSE(refused->text.empty());
}

TEST(Mqtt, SendsUserNameAndPassword) {
  const support::TemporaryDirectory directory;
  Process passwords("mosquitto_passwd", {"-c", "-b", directory.file("users"), "bridge", "secret"});
  ASSERT_EQ(passwords.wait_for_exit(), 0);
  Broker broker(
      {.lines = "password_file " + directory.file("users") + "\n", .allow_anonymous = false});
  MqttOptions options = options_for(broker, kAgents);
  options.username = "bridge";
  options.password = "secret";
  Peer peer(options);
  EXPECT_NE(peer.connect().number, 0U);
}

TEST(Mqtt, KeepsTheClientIdTheBrokerAssigned) {
  Broker broker;
  Peer peer(options_for(broker, kAgents));
  const std::string assigned = peer.connect().client_id;
  EXPECT_FALSE(assigned.empty());
  broker.kill();
  broker.start();
  const auto again = peer.connected.take();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->client_id, assigned);
  EXPECT_TRUE(broker.process().wait_for_text("as " + assigned));
}

TEST(Mqtt, TakesOverTheBrokersKeepAlive) {
  Broker broker({.lines = "max_keepalive 15\n"});
  MqttOptions options = options_for(broker, kAgents);
  options.client_id = "keeper";
  Peer peer(options);
  EXPECT_NE(peer.connect().number, 0U);
  EXPECT_TRUE(broker.process().wait_for_text("as keeper (p5, c1, k15)"))
      << broker.process().output();
}

TEST(Mqtt, SendsItsEndpointIdAndDisconnectsWithoutASubscription) {
  Broker broker;
  MqttOptions options = options_for(broker, kAgents);
  options.subscriptions.clear();
  options.use_connack_topics = true;  // mosquitto sends none
  options.endpoint_id = "os::a";
  Peer peer(options);
  peer.transport.start(peer);
  EXPECT_THAT(peer.disconnected.take()->text, HasSubstr("subscribe"));
  EXPECT_EQ(peer.transport.send(message_to(kAgent)), SendResult::kNotConnected);
}

TEST(Mqtt, DeliversWhatAKeptSessionQueuedAfterOnConnected) {
  Broker broker;
  MqttOptions options = options_for(broker, kAgents);
  options.client_id = "kept";
  options.clean_start = false;
  options.session_expiry = std::chrono::seconds(600);
  {
    Peer peer(options);
    ASSERT_FALSE(peer.connect().session_present);
    peer.transport.stop(kGrace);
  }
  publish_raw(broker, {"-t", kAgent, "-m", "meanwhile"});
  Peer peer(options);
  EXPECT_TRUE(peer.connect().session_present);
  EXPECT_EQ(peer.messages.take()->payload, "meanwhile");
}

TEST(Mqtt, SpreadsSendersOverConnectionsAndReceivesOnce) {
  Broker broker;
  MqttOptions options = options_for(broker, kAgents);
  options.client_id = "bridge";
  options.connections = 3;
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  std::set<char> seen;
  const auto all_are_there = [&seen](const std::string& line) {
    const std::size_t at = line.find("as bridge-");
    if (at != std::string::npos) seen.insert(line[at + 10]);
    return seen.size() == 3;
  };
  ASSERT_TRUE(broker.process().wait_for_line(all_are_there)) << broker.process().output();
  for (int i = 0; i < 20; ++i) {
    OutboundMessage message = message_to(kAgent, std::to_string(i));
    message.from = "os::" + std::to_string(i);
    ASSERT_EQ(peer.send(message), SendResult::kDelivered);
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(peer.messages.take()->payload, std::to_string(i));
  EXPECT_EQ(peer.messages.size(), 0U);
}

TEST(Mqtt, SendsWhatIsQueuedBeforeItStops) {
  Broker broker;
  MqttOptions options = options_for(broker, kAgents);
  options.client_id = "leaver";
  Mailbox<SendResult> results;  // outlives the transport that fills it
  Peer peer(options);
  ASSERT_NE(peer.connect().number, 0U);
  for (int i = 0; i < 500; ++i) {
    ASSERT_FALSE(peer.transport.send(message_to("x"), [&](SendResult r) { results.put(r); }));
  }
  peer.transport.stop(kGrace);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(results.take(), SendResult::kDelivered);
  EXPECT_TRUE(broker.process().wait_for_text("Received DISCONNECT from leaver"));
  EXPECT_EQ(peer.transport.send(message_to("x")), SendResult::kNotConnected);
}

TEST(Mqtt, StopsInTimeThoughTheBrokerIsSilent) {
  Broker broker;
  Mailbox<SendResult> results;  // outlives the transport that fills it
  Peer peer(options_for(broker, "nothing"));
  ASSERT_NE(peer.connect().number, 0U);
  broker.process().signal(SIGSTOP);
  ASSERT_FALSE(peer.transport.send(message_to("x"), [&](SendResult r) { results.put(r); }));
  peer.transport.stop(milliseconds(50));
  EXPECT_NE(results.take(), SendResult::kDelivered);
}

TEST(Mqtt, StartsAndStopsManyTimes) {
  Broker broker;
  for (int i = 0; i < 5; ++i) {
    Peer peer(options_for(broker, kAgents));
    ASSERT_NE(peer.connect().number, 0U);
    peer.transport.stop(kGrace);
  }
}

TEST(Mqtt, RefusesOptionsThatCannotWork) {
  Broker broker;
  const auto with = [&](auto change) {
    MqttOptions options = options_for(broker, kAgents);
    change(options);
    return options;
  };
  const std::vector<MqttOptions> bad{
      with([](MqttOptions& o) { o.host = ""; }),
      with([](MqttOptions& o) { o.port = 0; }),
      with([](MqttOptions& o) { o.connections = 0; }),
      with([](MqttOptions& o) { o.connections = 65; }),
      with([](MqttOptions& o) { o.subscriptions = {}; }),
      with([](MqttOptions& o) { o.subscriptions = {"a#"}; }),
      with([](MqttOptions& o) { o.subscription_qos = 2; }),
      with([](MqttOptions& o) { o.max_in_flight = 0; }),
      with([](MqttOptions& o) { o.max_in_flight = 65536; }),
      with([](MqttOptions& o) { o.keep_alive = std::chrono::seconds(65536); }),
  };
  for (const MqttOptions& options : bad) {
    EXPECT_THROW(MqttTransport{options}, std::invalid_argument);
  }
}

// --- TLS ---

std::string tls_listener(const support::SelfSigned& server) {
  return "certfile " + server.certificate() + "\nkeyfile " + server.key() + "\n";
}

MqttOptions tls_options(const Broker& broker, const std::string& ca) {
  MqttOptions options = options_for(broker, kAgents);
  options.host = "localhost";
  options.tls.enabled = true;
  options.tls.ca = ca;
  return options;
}

TEST(MqttTls, ConnectsToABrokerItTrusts) {
  const support::SelfSigned server;
  Broker broker({.listener = tls_listener(server)});
  Peer peer(tls_options(broker, server.certificate()));
  ASSERT_NE(peer.connect().number, 0U);
  EXPECT_EQ(peer.send(message_to(kAgent)), SendResult::kDelivered);
}

TEST(MqttTls, RefusesABrokerItDoesNotTrust) {
  const support::SelfSigned server;
  const support::SelfSigned other;
  Broker broker({.listener = tls_listener(server)});
  Peer peer(tls_options(broker, other.certificate()));
  peer.transport.start(peer);
  EXPECT_TRUE(peer.disconnected.take());
  EXPECT_EQ(peer.connected.size(), 0U);
}

TEST(MqttTls, RefusesACertificateOfAnotherName) {
  const support::SelfSigned server;
  Broker broker({.listener = tls_listener(server)});
  MqttOptions options = tls_options(broker, server.certificate());
  options.host = "127.0.0.1";
  Peer peer(options);
  peer.transport.start(peer);
  EXPECT_TRUE(peer.disconnected.take());
  EXPECT_EQ(peer.connected.size(), 0U);
}

TEST(MqttTls, ShowsItsClientCertificate) {
  const support::SelfSigned server;
  const support::SelfSigned client;
  Broker broker({.listener = tls_listener(server) + "require_certificate true\ncafile " +
                             client.certificate() + "\n"});
  MqttOptions options = tls_options(broker, server.certificate());
  options.tls.certificate = client.certificate();
  options.tls.key = client.key();
  Peer peer(options);
  EXPECT_NE(peer.connect().number, 0U);
}

}  // namespace
}  // namespace usp::mtp
