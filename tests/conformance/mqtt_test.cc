// TP-469 section 11, as far as agents share the bridge's connections, and 4.1.
#include <csignal>

#include "tests/conformance/suite.h"
#include "tests/support/self_signed.h"

namespace conformance {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::SizeIs;
using usp_controller::get;

const std::string kInfo = "Device.DeviceInfo.";

class Mqtt : public Case {
 protected:
  Analyzer& analyzer() { return Suite::get().analyzer(); }
  std::string agent_topic() const { return "usp/v1/agent/" + agent.id(); }

  /// A Get of DeviceInfo as a controller would send it, but for the properties.
  Analyzer::Raw request(const std::string& msg_id) const {
    usp_msg::Msg msg = get({kInfo});
    msg.mutable_header()->set_msg_id(msg_id);
    usp_record::Record record;
    record.set_version("1.4");
    record.set_to_id(agent.id());
    record.set_from_id("self::ctl");
    record.mutable_no_session_context()->set_payload(msg.SerializeAsString());
    return {.topic = agent_topic(),
            .payload = record.SerializeAsString(),
            .response_topic = "usp/v1/controller/ctl"};
  }

  std::optional<Sent> answer_to(const std::string& msg_id) {
    return analyzer().wait_for_answer(agent.id(), msg_id);
  }

  static void expect_get_resp(const std::optional<Sent>& sent) {
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->msg->header().msg_type(), usp_msg::Header::GET_RESP);
    EXPECT_THAT(usp_controller::values_of(*sent->msg), testing::Not(IsEmpty()));
  }
};

TEST_F(Mqtt, 11_1_TheProfilesOfTheBindingAreSupported) {
  const usp_msg::Msg answer =
      agent.ask(usp_controller::supported_dm({"Device.MQTT.", "Device.LocalAgent."}));
  std::map<std::string, std::vector<std::string>> supported;
  for (const auto& asked : answer.body().response().get_supported_dm_resp().req_obj_results()) {
    for (const auto& object : asked.supported_objs()) {
      for (const auto& param : object.supported_params()) {
        supported[object.supported_obj_path()].push_back(param.param_name());
      }
    }
  }

  const std::string client = "Device.MQTT.Client.{i}.";
  EXPECT_THAT(supported["Device.MQTT."], Contains("ClientNumberOfEntries"));
  EXPECT_THAT(supported[client], IsSupersetOf({"Alias",
                                               "Name",
                                               "Enable",
                                               "Status",
                                               "ProtocolVersion",
                                               "BrokerAddress",
                                               "BrokerPort",
                                               "TransportProtocol",
                                               "CleanSession",
                                               "CleanStart",
                                               "KeepAliveTime",
                                               "ClientID",
                                               "Username",
                                               "Password",
                                               "MessageRetryTime",
                                               "ConnectRetryTime",
                                               "ConnectRetryIntervalMultiplier",
                                               "ConnectRetryMaxInterval",
                                               "RequestResponseInfo",
                                               "ResponseInformation",
                                               "SubscriptionNumberOfEntries"}));
  EXPECT_THAT(supported[client + "Subscription.{i}."],
              IsSupersetOf({"Alias", "Enable", "Status", "Topic", "QoS"}));
  EXPECT_THAT(supported["Device.LocalAgent.MTP.{i}.MQTT."],
              IsSupersetOf({"Reference", "ResponseTopicConfigured", "ResponseTopicDiscovered",
                            "PublishQoS"}));
  EXPECT_THAT(supported["Device.LocalAgent.Controller.{i}.MTP.{i}.MQTT."],
              IsSupersetOf({"Reference", "Topic", "PublishRetainResponse", "PublishRetainNotify"}));
}

TEST_F(Mqtt, 11_12_APublishCarriesAResponseTopicAndTheContentType) {
  analyzer().publish(request("mqtt-12"));
  const auto sent = answer_to("mqtt-12");
  expect_get_resp(sent);
  EXPECT_EQ(sent->response_topic, agent_topic());
  EXPECT_EQ(sent->content_type, "usp.msg");
}

TEST_F(Mqtt, 11_13_RequestsOfQosZeroAndOneAreAnswered) {
  // Rows of Subscription. are read-only where agents share a connection: the one that is there.
  const std::string table = "Device.MQTT.Client.1.Subscription.";
  EXPECT_THAT(agent.rows(table), testing::ElementsAre(table + "1."));
  for (const int qos : {0, 1}) {
    Analyzer::Raw raw = request("mqtt-13-" + std::to_string(qos));
    raw.qos = qos;
    analyzer().publish(raw);
    expect_get_resp(answer_to("mqtt-13-" + std::to_string(qos)));
  }
}

TEST_F(Mqtt, 11_14_AnAnswerGoesToTheResponseTopicOfItsRequest) {
  Analyzer::Raw raw = request("mqtt-14");
  raw.response_topic = "usp/v1/controller/ctl/answers/14";
  analyzer().publish(raw);
  const auto sent = answer_to("mqtt-14");
  expect_get_resp(sent);
  EXPECT_EQ(sent->topic, raw.response_topic);
  EXPECT_EQ(sent->response_topic, agent_topic());
}

TEST_F(Mqtt, 11_15_BothContentTypesAreTaken) {
  for (const std::string type : {"usp.msg", "application/vnd.bbf.usp.msg"}) {
    Analyzer::Raw raw = request("mqtt-15-" + type);
    raw.content_type = type;
    analyzer().publish(raw);
    expect_get_resp(answer_to("mqtt-15-" + type));
  }
}

TEST_F(Mqtt, 11_17_AConnectRecordComesFirstAfterConnecting) {
  const auto connects = [&] {
    return world().controller().wait_for_presence(
        [&](const auto& each) { return each.agent == agent.id() && each.connected; }, kLong);
  };
  ASSERT_TRUE(connects());
  analyzer().settle();
  const auto before = static_cast<std::ptrdiff_t>(analyzer().sent_by(agent.id()).size());
  // The connections are the bridge's: it is what reboots.
  auto& bridge = world().bridge();
  bridge.signal(SIGTERM);
  ASSERT_TRUE(bridge.wait_for_exit());
  world().start_bridge();

  ASSERT_TRUE(connects()) << "not within 30 seconds";
  EXPECT_EQ(agent.value("Device.LocalAgent.EndpointID"), agent.id());

  analyzer().settle();
  auto sent = analyzer().sent_by(agent.id());
  sent.erase(sent.begin(), sent.begin() + before);
  std::erase_if(sent, [](const Sent& each) { return each.record.to_id() != "self::ctl"; });
  ASSERT_THAT(sent, SizeIs(2));
  ASSERT_TRUE(sent[0].record.has_mqtt_connect()) << sent[0].record.ShortDebugString();
  EXPECT_EQ(sent[0].record.mqtt_connect().version(), usp_record::MQTTConnectRecord::V5);
  EXPECT_EQ(sent[0].record.mqtt_connect().subscribed_topic(), agent_topic());
  EXPECT_TRUE(sent[1].msg);
}

/// A broker with a listener for TLS beside the plain one, which is the controllers'.
class TlsWorld {
 public:
  TlsWorld()
      : tls_port_(support::free_port()),
        world_({.broker_address = "  host: localhost\n  port: " + std::to_string(tls_port_) +
                                  "\n  tls: {enabled: true, ca: " + server_.certificate() + "}\n",
                .broker = {.lines = "listener " + std::to_string(tls_port_) +
                                    " 127.0.0.1\ncertfile " + server_.certificate() + "\nkeyfile " +
                                    server_.key() + "\ntls_version tlsv1.2\n"}}) {}

  World& world() { return world_; }

 private:
  support::SelfSigned server_;
  int tls_port_;
  World world_;
};

TEST(MqttTls, 11_3_EverythingGoesOverTls) {
  TlsWorld tls;
  auto cpe = tls.world().device("tls1");
  EXPECT_EQ(cpe->command("reboot"), "ok");
  ASSERT_TRUE(cpe->wait_for("up"));

  const auto values = usp_controller::values_of(tls.world().ask(*cpe, get({kInfo})));

  // The bridge has no other way to the broker: its only listener there takes TLS 1.2 or later.
  EXPECT_THAT(values, testing::Not(IsEmpty()));
}

TEST(MqttTls, 4_1_ACertificateSecuresTheConnection) {
  TlsWorld tls;
  auto cpe = tls.world().device("tls2");

  const usp_msg::Msg answer = tls.world().ask(*cpe, usp_controller::supported_protocol());

  EXPECT_TRUE(answer.body().response().has_get_supported_protocol_resp())
      << answer.ShortDebugString();
}

}  // namespace
}  // namespace conformance
