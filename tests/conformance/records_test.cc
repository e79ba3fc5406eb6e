// Records in session contexts, by the rows of TP-469 chapter 3 that ask for no secured payloads;
// and what the bridge adds: segments, restarts, modes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <set>

#include "proto/usp/usp_record.pb.h"
#include "tests/integration/world.h"
#include "tests/support/mailbox.h"
#include "usp/record.h"
#include "usp/segment.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using usp_controller::get;
using usp_controller::set;

const std::string kId = "self::raw";
const std::string kTopic = "usp/v1/controller/raw";
const std::string kSession = "Device.LocalAgent.Controller.2.E2ESession.";
constexpr std::uint64_t kFirst = 1001;
constexpr std::uint64_t kSecond = 2002;

bool is_onboarding(const usp_msg::Msg& msg) {
  return msg.body().request().notify().has_on_board_req();
}

usp_msg::Msg notify_response(const usp_msg::Msg& notify) {
  usp_msg::Msg out;
  out.mutable_header()->set_msg_id(notify.header().msg_id());
  out.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY_RESP);
  out.mutable_body()->mutable_response()->mutable_notify_resp()->set_subscription_id(
      notify.body().request().notify().subscription_id());
  return out;
}

/// A controller whose every record is the test's choice.
class RecordController final : usp::mtp::TransportHandler {
 public:
  explicit RecordController(std::uint16_t broker_port) {
    usp::mtp::MqttOptions options;
    options.host = "127.0.0.1";
    options.port = broker_port;
    options.subscriptions = {kTopic};
    if (integration::speaks_mqtt_311()) options.version = usp::mtp::MqttOptions::Version::k311;
    transport_ = std::make_unique<usp::mtp::MqttTransport>(options);
    transport_->start(*this);
    if (!connected_.take()) throw std::runtime_error("no connection to the broker");
  }
  ~RecordController() override { transport_->stop(std::chrono::milliseconds(0)); }

  void speak_to(std::string agent) { agent_ = std::move(agent); }

  void publish(std::string bytes) {
    usp::mtp::OutboundMessage message;
    message.topic = "usp/v1/agent/" + agent_;
    message.payload = std::move(bytes);
    message.response_topic = kTopic;
    message.from = "raw";
    if (transport_->send(std::move(message))) throw std::runtime_error("not sent");
  }
  void send_plain(const usp_msg::Msg& msg) { publish(usp::encode_message(kId, agent_, msg)); }
  void send(const usp::SessionRecord& record) { publish(usp::encode_session(kId, agent_, record)); }
  void send(std::uint64_t session, std::uint64_t sequence, std::uint64_t expected,
            const std::optional<usp_msg::Msg>& msg = {}, std::uint64_t retransmit = 0) {
    usp::SessionRecord record;
    record.session_id = session;
    record.sequence_id = sequence;
    record.expected_id = expected;
    record.retransmit_id = retransmit;
    if (msg) record.payloads = {msg->SerializeAsString()};
    send(record);
  }

  /// The next record that is neither a Connect nor an OnBoardRequest: that comes again until its
  /// answer is stored.
  usp_record::Record next() {
    for (;;) {
      usp_record::Record record = next_of_any();
      if (!record.has_mqtt_connect() && !is_onboarding(plain(record))) return record;
    }
  }
  std::size_t last_bytes() const { return last_bytes_; }
  usp_record::SessionContextRecord next_of_session() {
    usp_record::Record record = next();
    EXPECT_TRUE(record.has_session_context()) << record.ShortDebugString();
    return record.session_context();
  }
  usp_msg::Msg next_plain() { return plain(next()); }
  void answer_onboarding() {
    usp_msg::Msg msg;
    while (!is_onboarding(msg)) {
      usp_record::Record record = next_of_any();
      ASSERT_FALSE(record.to_id().empty());  // none came
      msg = plain(record);
    }
    send_plain(notify_response(msg));
  }

 private:
  static usp_msg::Msg plain(const usp_record::Record& record) {
    usp_msg::Msg msg;
    msg.ParseFromString(record.no_session_context().payload());
    return msg;
  }
  usp_record::Record next_of_any() {
    usp_record::Record record;
    if (auto bytes = inbox_.take(kLong)) {
      record.ParseFromString(*bytes);
      last_bytes_ = bytes->size();
    }
    return record;
  }
  void on_message(usp::mtp::InboundMessage message) override {
    inbox_.put(std::move(message.payload));
  }
  void on_overload(const usp::mtp::InboundMessage&) override {}
  void on_connected(const usp::mtp::ConnectionInfo&) override { connected_.put(true); }
  void on_disconnected(const usp::mtp::DisconnectInfo&) override {}

  std::string agent_;
  std::size_t last_bytes_ = 0;
  support::Mailbox<std::string> inbox_;
  support::Mailbox<bool> connected_;
  std::unique_ptr<usp::mtp::MqttTransport> transport_;
};

usp_msg::Msg with_id(usp_msg::Msg msg, const std::string& id) {
  msg.mutable_header()->set_msg_id(id);
  return msg;
}

usp_msg::Msg msg_of(const usp_record::SessionContextRecord& record) {
  usp_msg::Msg msg;
  if (record.payload_size() == 1) msg.ParseFromString(record.payload(0));
  return msg;
}

class SessionRecords : public testing::Test {
 protected:
  SessionRecords()
      : world({}, {}, "  - endpoint_id: \"" + kId + "\"\n    topic: " + kTopic + "\n"),
        raw(world.broker().port()),
        cpe(world.device("records")) {
    raw.speak_to(cpe->endpoint_id());
    raw.answer_onboarding();  // else it would come again in the session
  }

  static usp_msg::Msg get_of(const std::string& name, const std::string& id) {
    return with_id(get({"Device.LocalAgent." + name}), id);
  }
  /// In plain records: no session is used for it.
  void write(const std::string& name, const std::string& value) {
    usp_msg::Msg answer = world.ask(*cpe, set({{kSession, {{name, value}}}}));
    ASSERT_THAT(usp_controller::failures_of(answer), IsEmpty());
  }
  void expect_answer(std::uint64_t session, std::uint64_t sequence, const std::string& id) {
    const usp_record::SessionContextRecord record = raw.next_of_session();
    EXPECT_EQ(record.session_id(), session);
    EXPECT_EQ(record.sequence_id(), sequence);
    const usp_msg::Msg msg = msg_of(record);
    EXPECT_EQ(msg.header().msg_id(), id);
    EXPECT_TRUE(msg.body().response().has_get_resp()) << msg.ShortDebugString();
  }

  World world;
  RecordController raw;
  std::unique_ptr<Cpe> cpe;
};

TEST_F(SessionRecords, 3_8_EstablishingASessionContext) {
  raw.send(kFirst, 1, 1, with_id(get({"Device.DeviceInfo."}), "g"));
  expect_answer(kFirst, 1, "g");
}

TEST_F(SessionRecords, 3_9_ReceiptOfARecordOutOfASessionContext) {
  raw.send(kFirst, 1, 1, get_of("EndpointID", "first"));
  expect_answer(kFirst, 1, "first");
  raw.send(kSecond, 1, 1, get_of("EndpointID", "second"));
  expect_answer(kSecond, 1, "second");
}

TEST_F(SessionRecords, 3_10_SessionContextExpiration) {
  const auto settings = [](const std::string& expiration, const std::string& interval) {
    return set({{kSession, {{"SessionExpiration", expiration}}},
                {"Device.LocalAgent.Controller.2.", {{"PeriodicNotifInterval", interval}}}});
  };
  const auto next_periodic = [this] {
    for (;;) {
      const usp_record::SessionContextRecord record = raw.next_of_session();
      if (record.session_id() == 0) return std::uint64_t{0};
      const usp_msg::Msg msg = msg_of(record);
      if (msg.body().request().notify().event().event_name() == "Periodic!") {
        return std::uint64_t{record.session_id()};
      }
    }
  };
  raw.send(kFirst, 1, 1,
           with_id(usp_controller::add({{"Device.LocalAgent.Subscription.",
                                         {{"ID", "p"},
                                          {"Enable", "true"},
                                          {"NotifType", "Event"},
                                          {"ReferenceList", "Device.LocalAgent.Periodic!"}}}}),
                   "a"));
  EXPECT_THAT(usp_controller::failures_of(msg_of(raw.next_of_session())), IsEmpty());
  raw.send(kFirst, 2, 2, with_id(settings("600", "1"), "s"));
  EXPECT_THAT(usp_controller::failures_of(msg_of(raw.next_of_session())), IsEmpty());
  std::set<std::uint64_t> sessions;
  for (int i = 0; i < 3; ++i) sessions.insert(next_periodic());
  EXPECT_EQ(sessions, std::set<std::uint64_t>{kFirst});

  world.ask(*cpe, settings("1", "4"));  // another controller's Set: nothing goes in the session
  sessions.clear();
  // One that was due before may come first.
  std::uint64_t last = next_periodic();
  while (last == kFirst) last = next_periodic();
  sessions.insert(last);
  for (int i = 0; i < 2; ++i) sessions.insert(next_periodic());
  EXPECT_EQ(sessions.size(), 3U);
  EXPECT_EQ(sessions.count(0), 0U);
}

TEST_F(SessionRecords, 3_11_UseOfSequenceIdAndExpectedId) {
  raw.send(kFirst, 1, 1, get_of("EndpointID", "1"));
  expect_answer(kFirst, 1, "1");
  raw.send(kFirst, 4, 4, get_of("UpTime", "4"));
  raw.send(kFirst, 2, 2, get_of("SoftwareVersion", "2"));
  expect_answer(kFirst, 2, "2");
  raw.send(kFirst, 3, 3, get_of("SoftwareVersion", "3"));
  expect_answer(kFirst, 3, "3");
  expect_answer(kFirst, 4, "4");
}

TEST_F(SessionRecords, 3_12_PreservationOfUspRecords) {
  raw.send(kFirst, 1, 1, get_of("EndpointID", "g"));
  const usp_record::SessionContextRecord first = raw.next_of_session();
  raw.send(kFirst, 2, 1, {}, first.sequence_id());
  const usp_record::SessionContextRecord again = raw.next_of_session();
  EXPECT_EQ(again.sequence_id(), first.sequence_id());
  ASSERT_EQ(again.payload_size(), 1);
  EXPECT_EQ(again.payload(0), first.payload(0));
  // The same by a controller that says that it has the record it asks for.
  raw.send(kFirst, 3, 2, {}, first.sequence_id());
  EXPECT_EQ(raw.next_of_session().payload(0), first.payload(0));
}

TEST_F(SessionRecords, 3_14_UseOfRetransmitId) {
  raw.send(kFirst, 1, 1, with_id(set({{kSession, {{"MaxRetransmitTries", "2"}}}}), "s"));
  const usp_record::SessionContextRecord answer = raw.next_of_session();
  EXPECT_TRUE(msg_of(answer).body().response().has_set_resp());
  for (std::uint64_t sequence : {2U, 3U}) {
    raw.send(kFirst, sequence, 2, {}, answer.sequence_id());
    const usp_record::SessionContextRecord again = raw.next_of_session();
    EXPECT_EQ(again.session_id(), kFirst);
    EXPECT_EQ(msg_of(again).header().msg_id(), "s");
  }
  raw.send(kFirst, 4, 2, {}, answer.sequence_id());
  const usp_record::SessionContextRecord fresh = raw.next_of_session();
  EXPECT_NE(fresh.session_id(), kFirst);
  EXPECT_GT(fresh.session_id(), 1U);
  EXPECT_EQ(fresh.sequence_id(), 1U);
  EXPECT_EQ(fresh.payload_size(), 0);
}

TEST_F(SessionRecords, 3_15_HandlingDuplicateRecords) {
  for (int i = 0; i < 4; ++i) raw.send(kFirst, 1, 1, get_of("EndpointID", "once"));
  raw.send(kFirst, 2, 1, get_of("EndpointID", "next"));
  expect_answer(kFirst, 1, "once");
  expect_answer(kFirst, 2, "next");
}

// ---- beside the plan ----------------------------------------------------------------------------

using SessionContextOfTheBridge = SessionRecords;

TEST_F(SessionContextOfTheBridge, 3_12_SegmentsWhatExceedsMaxUspRecordSize) {
  write("MaxUSPRecordSize", "1024");
  raw.send(kFirst, 1, 1, with_id(get({"Device."}), "large"));
  usp::Reassembler reassembler;
  std::optional<std::string> whole;
  for (std::uint64_t sequence = 1; !whole; ++sequence) {
    const usp_record::SessionContextRecord record = raw.next_of_session();
    EXPECT_LE(raw.last_bytes(), 1024U);
    ASSERT_EQ(record.sequence_id(), sequence);
    ASSERT_EQ(record.payload_size(), 1);
    auto added =
        reassembler.add({record.payload(0)}, static_cast<usp::SarState>(record.payload_sar_state()),
                        static_cast<usp::SarState>(record.payloadrec_sar_state()));
    ASSERT_TRUE(added) << usp::name_of(added.error());
    whole = *added;
  }
  usp_msg::Msg msg;
  ASSERT_TRUE(msg.ParseFromString(*whole));
  EXPECT_EQ(msg.header().msg_id(), "large");
  EXPECT_GT(whole->size(), 1024U);

  raw.send_plain(with_id(get({"Device."}), "plain"));
  EXPECT_EQ(raw.next_plain().body().error().err_code(), 7005U);
}

TEST_F(SessionContextOfTheBridge, 3_11_TakesSegmentsInAnyOrder) {
  const std::string request = get_of("EndpointID", "g").SerializeAsString();
  std::vector<usp::SessionRecord> records;
  for (const usp::MessageSegment& segment : usp::split_message(request, 10)) {
    usp::SessionRecord record;
    record.session_id = kFirst;
    record.sequence_id = records.size() + 1;
    record.expected_id = 1;
    record.payload_state = record.payloadrec_state = segment.state;
    record.payloads = {std::string(segment.payload)};
    records.push_back(record);
  }
  ASSERT_GT(records.size(), 2U);
  for (auto record = records.rbegin(); record != records.rend(); ++record) raw.send(*record);
  expect_answer(kFirst, 1, "g");
}

TEST_F(SessionContextOfTheBridge, 3_9_ARestartedBridgeLeadsToANewSession) {  // R-E2E.24
  raw.send(kFirst, 1, 1, get_of("EndpointID", "before"));
  expect_answer(kFirst, 1, "before");
  world.kill_bridge();
  world.start_bridge();
  raw.send(kFirst, 2, 2, get_of("EndpointID", "lost"));
  const usp_record::SessionContextRecord fresh = raw.next_of_session();
  EXPECT_NE(fresh.session_id(), kFirst);
  EXPECT_EQ(fresh.sequence_id(), 1U);
  raw.send(fresh.session_id(), 1, 2, get_of("EndpointID", "after"));
  expect_answer(fresh.session_id(), 2, "after");
}

TEST_F(SessionContextOfTheBridge, 3_9_AStoppingBridgeEndsItsSessions) {  // R-MTP.7
  raw.send(kFirst, 1, 1, get_of("EndpointID", "g"));
  expect_answer(kFirst, 1, "g");
  world.bridge().signal(SIGTERM);
  EXPECT_EQ(raw.next().disconnect().reason_code(), 7105U);
  EXPECT_EQ(world.bridge().wait_for_exit(), 0);
}

TEST_F(SessionContextOfTheBridge, 3_8_IsRefusedWhereItIsForbidden) {  // R-E2E.6a, R-E2E.6b
  raw.send(kFirst, 1, 1, get_of("EndpointID", "g"));
  expect_answer(kFirst, 1, "g");
  write("SessionMode", "Forbid");
  EXPECT_EQ(raw.next().disconnect().reason_code(), 7105U);
  raw.send(kFirst, 2, 2, get_of("EndpointID", "g2"));
  EXPECT_EQ(raw.next().disconnect().reason_code(), 7106U);
  raw.send_plain(get_of("EndpointID", "plain"));
  EXPECT_EQ(raw.next_plain().header().msg_id(), "plain");
}

TEST_F(SessionContextOfTheBridge, 3_8_IsAskedForWhereItIsRequired) {
  write("SessionMode", "Require");
  raw.send_plain(get_of("EndpointID", "plain"));
  const usp_record::SessionContextRecord refusal = raw.next_of_session();
  EXPECT_EQ(refusal.sequence_id(), 1U);
  EXPECT_EQ(msg_of(refusal).body().error().err_code(), 7104U);
  raw.send(refusal.session_id(), 1, 2, get_of("EndpointID", "g"));
  expect_answer(refusal.session_id(), 2, "g");
}

TEST_F(SessionContextOfTheBridge, 3_8_SecuredPayloadsAreRefused) {
  usp_record::Record record;
  usp::SessionRecord hello;
  hello.session_id = kFirst;
  hello.sequence_id = hello.expected_id = 1;
  hello.payloads = {"client hello"};
  record.ParseFromString(usp::encode_session(kId, cpe->endpoint_id(), hello));
  record.set_payload_security(usp_record::Record::TLS12);
  raw.publish(record.SerializeAsString());
  EXPECT_EQ(raw.next().disconnect().reason_code(), 7102U);
}

TEST_F(SessionContextOfTheBridge, 3_8_IsShownAndReset) {
  EXPECT_EQ(world.read(*cpe, kSession + "Status"), "Down");
  raw.send(kFirst, 1, 1, get_of("EndpointID", "g"));
  expect_answer(kFirst, 1, "g");
  EXPECT_EQ(world.read(*cpe, kSession + "Status"), "Up");
  auto reset = world.ask(*cpe, usp_controller::operate(kSession + "Reset()"));
  EXPECT_THAT(usp_controller::failures_of(reset), IsEmpty());
  const usp_record::SessionContextRecord fresh = raw.next_of_session();
  EXPECT_NE(fresh.session_id(), kFirst);
  EXPECT_EQ(fresh.sequence_id(), 1U);
  EXPECT_EQ(world.read(*cpe, kSession + "Status"), "Negotiating");
}

TEST_F(SessionContextOfTheBridge, 3_9_ADisconnectRecordOfTheControllerEndsIt) {  // R-MTP.7
  raw.send(kFirst, 1, 1, get_of("EndpointID", "g"));
  expect_answer(kFirst, 1, "g");
  raw.publish(usp::encode_disconnect(kId, cpe->endpoint_id(),
                                     usp::ErrorCode::kSessionContextTerminated, "bye"));
  raw.send(kFirst, 1, 1, get_of("EndpointID", "again"));
  expect_answer(kFirst, 1, "again");
}

TEST_F(SessionContextOfTheBridge, 3_8_RefusesSettingsThatCannotBe) {
  const std::pair<const char*, const char*> wrong[] = {
      {"SessionMode", "Perhaps"},
      {"MaxUSPRecordSize", "1023"},
      {"MaxRetransmitTries", "-1"},
      {"MaxRetransmitTries", "1001"},
      {"SessionRetryMinimumWaitInterval", "0"},
      {"SessionRetryIntervalMultiplier", "999"},
      {"SessionExpiration", "-1"},
      {"Status", "Up"},
      {"PayloadSecurity", "TLS"},
  };
  for (const auto& [name, value] : wrong) {
    usp_msg::Msg answer = world.ask(*cpe, set({{kSession, {{name, value}}}}));
    EXPECT_FALSE(usp_controller::failures_of(answer).empty()) << name << " " << value;
  }
}

TEST_F(SessionContextOfTheBridge, 3_8_CarriesAllThatAControllerDoes) {
  support::Process controller(
      USP_CONTROLLER,
      {"-p", std::to_string(world.broker().port()), "--id", kId, "--topic", kTopic,
       "--session-context", "-a", cpe->endpoint_id(), "set", "Device.WiFi.SSID.1.", "SSID=inside"});
  controller.wait_for_exit();
  EXPECT_EQ(cpe->command("get", "Device.WiFi.SSID.1.SSID"), "inside") << controller.output();
}

}  // namespace
}  // namespace integration
