// The test controller and an agent over a fake data model, through a real broker: both roles of the
// transport, the records and the handlers together.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_data_model.h"
#include "tests/tools/usp_controller/arguments.h"
#include "tests/tools/usp_controller/load.h"
#include "tests/tools/usp_controller/output.h"
#include "tests/usp/mtp_fixture.h"
#include "usp/agent.h"
#include "usp/record.h"
#include "usp/subscription.h"

namespace usp_controller {
namespace {

using namespace std::chrono_literals;
using support::Broker;
using support::Process;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr const char* kAgentId = "os::012345-A1";
constexpr const char* kAgentTopic = "usp/v1/agent/os::012345-A1";
constexpr auto kLimit = 20s;

// Answers from the model at once, on the transport's thread.
class FakeAgent final : private usp::mtp::TransportHandler {
 public:
  explicit FakeAgent(const Broker& broker)
      : transport_(usp::mtp::options_for(broker, kAgentTopic)) {
    transport_.start(*this);
    EXPECT_TRUE(connected_.take());
  }
  ~FakeAgent() override { transport_.stop(0ms); }

  void send_record(const std::string& topic, std::string record) {
    usp::mtp::OutboundMessage message;
    message.topic = topic;
    message.payload = std::move(record);
    message.response_topic = kAgentTopic;
    message.from = kAgentId;
    EXPECT_FALSE(transport_.send(std::move(message)));
  }

  void notify(const Controller& controller, const std::string& msg_id, usp_msg::Notify notify) {
    const auto msg = usp::make_notify_message(msg_id, std::move(notify));
    send_record(controller.topic(), usp::encode_message(kAgentId, controller.id(), msg));
  }

  support::Mailbox<usp_msg::Msg> answers;  ///< NotifyResp

 private:
  void on_message(usp::mtp::InboundMessage message) override {
    auto record = usp::decode_record(message.payload, kAgentId);
    const auto* in = std::get_if<usp::InMessage>(&record);
    ASSERT_NE(in, nullptr);
    if (usp::is_answer(in->msg)) return answers.put(in->msg);
    usp::Outcome outcome = usp::handle(in->msg, model_, access_, true);
    std::optional<usp_msg::Msg> answer;
    if (auto* respond = std::get_if<usp::Respond>(&outcome)) answer = std::move(respond->msg);
    if (auto* plan = std::get_if<usp::Plan>(&outcome)) {
      answer = usp::finish(*plan, model_.execute(*plan), access_);
    }
    if (!answer) return;
    send_record(message.response_topic.value_or("lost"),
                usp::encode_message(kAgentId, in->from_id, *answer));
  }
  void on_overload(const usp::mtp::InboundMessage&) override {}
  void on_connected(const usp::mtp::ConnectionInfo&) override { connected_.put(true); }
  void on_disconnected(const usp::mtp::DisconnectInfo&) override {}

  support::FakeDataModel model_ = support::local_agent();
  usp::Access access_;
  support::Mailbox<bool> connected_;
  usp::mtp::MqttTransport transport_;
};

ControllerOptions controller_options(const Broker& broker) {
  ControllerOptions options;
  options.mqtt = usp::mtp::options_for(broker, "unused");
  options.id = "self::controller-1";
  return options;
}

class ControllerTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(controller.connect(kLimit)); }

  Broker broker;
  FakeAgent agent{broker};
  Controller controller{controller_options(broker)};
};

TEST_F(ControllerTest, ReadsParameters) {
  const auto answer =
      controller.request(kAgentId, get({"Device.LocalAgent.SoftwareVersion"}), kLimit);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_THAT(failures_of(*answer), IsEmpty());
  EXPECT_THAT(values_of(*answer), ElementsAre(Pair("Device.LocalAgent.SoftwareVersion", "1.0.0")));
}

TEST_F(ControllerTest, AddsSetsAndDeletes) {
  const auto added = controller.request(kAgentId, subscribe("x", "Event", "Device.Boot!"), kLimit);
  ASSERT_TRUE(added) << added.error();
  const auto created = created_by(*added);
  ASSERT_EQ(created.size(), 1U) << added->DebugString();
  const auto changed =
      controller.request(kAgentId, set({{created[0], {{"Enable", "false"}}}}), kLimit);
  ASSERT_TRUE(changed);
  EXPECT_THAT(failures_of(*changed), IsEmpty());
  const auto deleted = controller.request(kAgentId, del(created), kLimit);
  ASSERT_TRUE(deleted);
  EXPECT_THAT(to_text(*deleted), HasSubstr("deleted " + created[0]));
}

TEST_F(ControllerTest, TellsErrorsOfTheMessageAndOfPaths) {
  const auto path = controller.request(kAgentId, get({"Device.Nope."}), kLimit);
  ASSERT_TRUE(path);
  EXPECT_THAT(failures_of(*path), ElementsAre(HasSubstr("7026")));
  const auto error = controller.request(
      kAgentId, set({{"Device.LocalAgent.", {{"SoftwareVersion", "2"}}}}), kLimit);
  ASSERT_TRUE(error);
  EXPECT_THAT(failures_of(*error), testing::Contains(HasSubstr("7013")));
}

TEST_F(ControllerTest, SaysWhenNoAnswerCame) {
  const auto answer = controller.request("os::nobody", get({"Device."}), 50ms);
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error(), HasSubstr("no answer"));
}

TEST_F(ControllerTest, KeepsNotificationsAndAnswersThem) {
  usp::Subscription subscription;
  subscription.id = "s1";
  subscription.notif_retry = true;
  agent.notify(controller, "n1",
               usp::make_notify(subscription, usp::EventRaised{"Device.", "A!", {}}));
  agent.notify(controller, "n2",
               usp::make_notify(subscription, usp::EventRaised{"Device.", "B!", {}}));
  const auto is_b = [](const Notification& n) { return n.notify.event().event_name() == "B!"; };
  EXPECT_EQ(controller.wait_for_notify(is_b, kLimit)->msg_id, "n2");
  const auto first = controller.wait_for_notify({}, kLimit);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->msg_id, "n1");
  EXPECT_EQ(first->agent, kAgentId);
  const auto answer = agent.answers.take();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header().msg_id(), "n1");
  EXPECT_EQ(answer->body().response().notify_resp().subscription_id(), "s1");
}

TEST_F(ControllerTest, AnswersNoNotifyWhenToldNotTo) {
  controller.set_answer_notifies(false);
  agent.notify(controller, "n1", usp::make_on_board_request({"012345", "", "A1"}));
  ASSERT_TRUE(controller.wait_for_notify({}, kLimit));
  controller.set_answer_notifies(true);
  agent.notify(controller, "n2", usp::make_on_board_request({"012345", "", "A1"}));
  EXPECT_EQ(agent.answers.take()->header().msg_id(), "n2");
}

TEST_F(ControllerTest, HearsOfAgentsThatComeAndGo) {
  agent.send_record(
      controller.topic(),
      usp::encode_mqtt_connect(kAgentId, controller.id(), usp::MqttVersion::kV5, "somewhere/else"));
  const auto there = controller.wait_for_presence({}, kLimit);
  ASSERT_TRUE(there);
  EXPECT_TRUE(there->connected);
  EXPECT_EQ(controller.agent_topic(kAgentId), "somewhere/else");
  agent.send_record(controller.topic(), usp::encode_disconnect(kAgentId, controller.id(),
                                                               usp::ErrorCode::kNone, "bye"));
  EXPECT_FALSE(controller.wait_for_presence({}, kLimit)->connected);
}

TEST_F(ControllerTest, LoadAnswersEveryGet) {
  LoadOptions options;
  options.agents = {kAgentId};
  options.paths = {"Device.LocalAgent."};
  options.count = 500;
  const LoadResult result = run_gets(controller, options);
  EXPECT_EQ(result.answered, 500U);
  EXPECT_EQ(result.failed + result.missing, 0U);
  EXPECT_EQ(result.times.size(), 500U);
  EXPECT_LE(result.percentile(0.5), result.percentile(1));
  std::cout << to_text(result);
}

TEST_F(ControllerTest, EchoLoadAnswersEveryMessage) {
  EchoOptions options;
  options.count = 500;
  EXPECT_EQ(run_echo(usp::mtp::options_for(broker, "unused"), options).answered, 500U);
}

// --- the program ---

class ProgramTest : public ControllerTest {
 protected:
  Process run(std::vector<std::string> words, const std::string& seconds = "20") {
    words.insert(words.begin(),
                 {"-p", std::to_string(broker.port()), "-a", kAgentId, "-t", seconds});
    return {USP_CONTROLLER, std::move(words)};
  }
};

TEST_F(ProgramTest, PrintsOneFactALineAndExitsWithZero) {
  Process get = run({"get", "Device.LocalAgent.SoftwareVersion"});
  EXPECT_TRUE(get.wait_for_text("Device.LocalAgent.SoftwareVersion => 1.0.0")) << get.output();
  EXPECT_EQ(get.wait_for_exit(), 0);
}

TEST_F(ProgramTest, PrintsJsonAndExitsWithOneOnAnError) {
  Process get = run({"--json", "get", "Device.Nope."});
  const auto line = get.wait_for_text("\"ok\":false");
  ASSERT_TRUE(line) << get.output();
  EXPECT_THAT(*line, HasSubstr("7026"));
  EXPECT_THAT(*line, HasSubstr("\"request\":{\"header\""));
  EXPECT_EQ(get.wait_for_exit(), 1);
}

TEST_F(ProgramTest, ExitsWithTwoWithoutAnAnswer) {
  Process get = run({"--agent-topic", "nowhere", "protocol"}, "2");
  EXPECT_EQ(get.wait_for_exit(), 2) << get.output();
}

TEST_F(ProgramTest, WatchesWithASubscriptionOfItsOwn) {
  Process watch = run({"--id", "self::watcher", "watch", "-n", "1", "--subscribe", "Event",
                       "Device.Boot!", "--retry"});
  ASSERT_TRUE(broker.process().wait_for_text("'usp/v1/controller/self::watcher'"))
      << watch.output();
  usp::Subscription subscription;
  subscription.id = "boot";
  usp_msg::Notify notify =
      usp::make_notify(subscription, usp::EventRaised{"Device.", "Boot!", {{"Cause", "Test"}}});
  agent.send_record(
      "usp/v1/controller/self::watcher",
      usp::encode_message(kAgentId, "self::watcher", usp::make_notify_message("n1", notify)));
  EXPECT_TRUE(watch.wait_for_text("[boot] Event Device.Boot!")) << watch.output();
  EXPECT_EQ(watch.wait_for_exit(), 0) << watch.output();
}

// --- words of the command line ---

TEST(Arguments, MakeObjectsAndSettings) {
  const auto objects = parse_objects(
      {"Device.A.1.", "X=1", "?Y=a=b", "Device.B.[K==\"v=w\"].", "Z=", "Device.C.D=e"});
  ASSERT_TRUE(objects);
  const ObjectSettings wanted{{"Device.A.1.", {{"X", "1"}, {"?Y", "a=b"}}},
                              {"Device.B.[K==\"v=w\"].", {{"Z", ""}}},
                              {"Device.C.", {{"D", "e"}}}};
  EXPECT_EQ(*objects, wanted);
}

TEST(Arguments, ThatFitNowhereAreRefused) {
  EXPECT_FALSE(parse_objects({"X=1"}));
  EXPECT_FALSE(parse_objects({"Device.A.", "word"}));
  EXPECT_FALSE(parse_arguments({"word"}));
}

}  // namespace
}  // namespace usp_controller
