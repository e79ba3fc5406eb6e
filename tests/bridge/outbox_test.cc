// What waits for controllers: how much is kept, when it goes out, and what becomes of it then.
#include <gmock/gmock.h>

#include "tests/bridge/service_fixture.h"
#include "usp/notify_retry.h"
#include "usp/record.h"

namespace bridge {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using usp::mtp::SendResult;

const std::string kController = "self::first";

class Outbox : public ServiceTest {
 protected:
  Outbox() : device(add_device({{"Device.WiFi.SSID.1.SSID", "Home"}})) {}
  // Before the device's strand goes with it.
  ~Outbox() override { northbound->stop({}); }

  OutboxRow row(OutboxKind kind, const std::string& msg_id = "m") {
    usp_msg::Msg msg;
    msg.mutable_header()->set_msg_id(msg_id);
    msg.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY);
    auto* notify = msg.mutable_body()->mutable_request()->mutable_notify();
    notify->set_subscription_id("sub");
    notify->mutable_event()->set_event_name("Boot!");
    OutboxRow out;
    out.device_id = device->id();
    out.controller = kController;
    out.subscription_id = "sub";
    out.msg_id = msg_id;
    out.kind = static_cast<int>(kind);
    out.payload = encode_outbound(
        {"usp/v1/controller/first", "", msg.SerializeAsString(), msg_id, device->endpoint_id()});
    out.next_attempt_ms = now_ms() - 1000;
    return out;
  }
  void store_rows(const std::vector<OutboxRow>& rows, std::size_t cap = 1000) {
    auto write = [&](StateWriter& state) -> Result<void> {
      return add_to_outbox(state, rows, cap, metrics);
    };
    ASSERT_TRUE(store->write_now(write, {}));
  }
  void store_row(const OutboxRow& one) { store_rows({one}); }
  std::vector<OutboxRow> waiting() { return outbox(*device, kController); }
  std::vector<std::string> waiting_ids() {
    std::vector<std::string> out;
    for (const OutboxRow& each : waiting()) out.push_back(each.msg_id);
    return out;
  }

  void start() {
    northbound->start();
    transport->connect();
  }
  /// Messages that went out, Connect records left out.
  std::vector<FakeTransport::Sent> messages() const {
    std::vector<FakeTransport::Sent> out;
    for (const auto& each : transport->sent) {
      if (msg_in(each.message).has_header()) out.push_back(each);
    }
    return out;
  }
  bool goes_out(std::size_t count) {
    return run_until([&] { return messages().size() >= count; });
  }

  DevicePtr device;
};

// ---- how much is kept ---------------------------------------------------------------------------

TEST_F(Outbox, KeepsAsManyAsItMayAndDropsTheOldestForOneMore) {
  store_rows({row(OutboxKind::kValueChange, "1"), row(OutboxKind::kValueChange, "2")}, 2);
  EXPECT_THAT(waiting_ids(), ElementsAre("1", "2"));

  store_rows({row(OutboxKind::kEvent, "3")}, 2);

  EXPECT_THAT(waiting_ids(), ElementsAre("2", "3"));
  EXPECT_THAT(metrics.text(), HasSubstr("reason=\"cap\"} 1"));
}

TEST_F(Outbox, DropsValueChangesBeforeEventsAndThoseBeforeRows) {
  store_rows({row(OutboxKind::kObjectCreation, "row"), row(OutboxKind::kEvent, "event"),
              row(OutboxKind::kValueChange, "value")});

  store_rows({row(OutboxKind::kOperationComplete, "1")}, 3);
  EXPECT_THAT(waiting_ids(), ElementsAre("row", "event", "1"));
  store_rows({row(OutboxKind::kOperationComplete, "2")}, 3);
  EXPECT_THAT(waiting_ids(), ElementsAre("row", "1", "2"));
}

TEST_F(Outbox, NeverDropsAnOperationCompleteOrAResponse) {
  store_rows({row(OutboxKind::kOperationComplete, "1"), row(OutboxKind::kResponse, "2")});

  store_rows({row(OutboxKind::kValueChange, "3"), row(OutboxKind::kOperationComplete, "4"),
              row(OutboxKind::kOnBoardRequest, "5")},
             2);

  EXPECT_THAT(waiting_ids(), ElementsAre("1", "2", "4", "5"));
}

TEST_F(Outbox, LeavesOtherControllersTheirs) {
  OutboxRow other = row(OutboxKind::kValueChange, "other");
  other.controller = "self::second";

  store_rows({other, row(OutboxKind::kValueChange, "1"), row(OutboxKind::kValueChange, "2")}, 1);

  EXPECT_THAT(waiting_ids(), ElementsAre("2"));
  EXPECT_THAT(outbox(*device, "self::second"), SizeIs(1));
}

// ---- when it goes out ---------------------------------------------------------------------------

TEST_F(Outbox, SendsInOrderBehindTheConnectRecord) {
  store_rows({row(OutboxKind::kValueChange, "1"), row(OutboxKind::kEvent, "2")});
  start();
  ASSERT_TRUE(goes_out(2));

  EXPECT_FALSE(msg_in(transport->sent[0].message).has_header()) << "Connect (R-MTP.6)";
  auto sent = messages();
  EXPECT_EQ(msg_in(sent[0].message).header().msg_id(), "1");
  EXPECT_EQ(msg_in(sent[1].message).header().msg_id(), "2");
  EXPECT_EQ(sent[0].message.topic, "usp/v1/controller/first");
  EXPECT_EQ(sent[0].message.response_topic, "usp/v1/agent/" + device->endpoint_id());
  EXPECT_EQ(sent[0].message.from, device->endpoint_id());
  EXPECT_EQ(sent[0].message.connection, 1U);
}

TEST_F(Outbox, SendsNothingWithoutAConnection) {
  store_row(row(OutboxKind::kEvent));
  northbound->start();
  run(on_strand(device, device->load()));

  EXPECT_THAT(transport->sent, IsEmpty());
  transport->connect();
  EXPECT_TRUE(goes_out(1));
}

TEST_F(Outbox, SendsWhatComesLaterWhenItIsPoked) {
  start();
  ASSERT_TRUE(run_until([&] { return !transport->sent.empty(); }));
  store_row(row(OutboxKind::kEvent));

  northbound->poke();

  EXPECT_TRUE(goes_out(1));
}

TEST_F(Outbox, DoesNotSendTwiceWhatIsOnItsWay) {
  store_row(row(OutboxKind::kEvent, "1"));
  start();
  ASSERT_TRUE(goes_out(1));
  store_row(row(OutboxKind::kEvent, "2"));
  northbound->poke();
  ASSERT_TRUE(goes_out(2));

  EXPECT_THAT(messages(), SizeIs(2));
}

// ---- what becomes of it -------------------------------------------------------------------------

TEST_F(Outbox, IsDoneWithWhatNeedsNoResponseWhenTheBrokerHasIt) {
  store_row(row(OutboxKind::kEvent));
  start();
  ASSERT_TRUE(goes_out(1));

  messages()[0].done(SendResult::kDelivered);

  EXPECT_TRUE(run_until([&] { return waiting().empty(); }));
}

TEST_F(Outbox, KeepsWhatNeedsAResponseForARetryOnTheSchedule) {
  OutboxRow wanted = row(OutboxKind::kEvent);
  wanted.needs_response = true;
  store_row(wanted);
  start();
  ASSERT_TRUE(goes_out(1));
  std::int64_t before = now_ms();

  messages()[0].done(SendResult::kDelivered);

  ASSERT_TRUE(run_until([&] { return waiting().at(0).attempts == 1; }));
  auto range = usp::retry_range({}, 1);  // R-NOT.1
  EXPECT_GE(waiting()[0].next_attempt_ms, before + range.min.count());
  EXPECT_LE(waiting()[0].next_attempt_ms, now_ms() + range.max.count());
}

TEST_F(Outbox, RetriesNoLaterThanTheNotificationExpires) {
  OutboxRow wanted = row(OutboxKind::kEvent);
  wanted.needs_response = true;
  Outbound slow = *decode_outbound(wanted.payload);
  slow.retry_wait_ms = 600'000;
  slow.retry_multiplier = 2000;
  wanted.payload = encode_outbound(slow);
  wanted.expires_ms = now_ms() + 300'000;
  store_row(wanted);
  start();
  ASSERT_TRUE(goes_out(1));

  messages()[0].done(SendResult::kDelivered);

  ASSERT_TRUE(run_until([&] { return waiting().at(0).attempts == 1; }));
  EXPECT_EQ(waiting()[0].next_attempt_ms, wanted.expires_ms);
}

TEST_F(Outbox, IsDoneWhenTheControllerAnswers) {
  OutboxRow wanted = row(OutboxKind::kEvent, "asked");
  wanted.needs_response = true;
  store_row(wanted);
  start();
  ASSERT_TRUE(goes_out(1));
  messages()[0].done(SendResult::kDelivered);
  ASSERT_TRUE(run_until([&] { return waiting().at(0).attempts == 1; }));
  usp_msg::Msg answer;
  answer.mutable_header()->set_msg_id("asked");
  answer.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY_RESP);
  answer.mutable_body()->mutable_response()->mutable_notify_resp()->set_subscription_id("sub");

  usp::mtp::InboundMessage message;
  message.topic = "usp/v1/agent/" + device->endpoint_id();
  message.payload = usp::encode_message(kController, device->endpoint_id(), answer);
  transport->receive(std::move(message));

  EXPECT_TRUE(run_until([&] { return waiting().empty(); }));
}

// TP-469 9.9
TEST_F(Outbox, ServesAControllerThatOnlyTheTableOfTheAgentKnows) {
  const std::string added = "self::added";
  OutboxRow one = row(OutboxKind::kOnBoardRequest);
  one.controller = added;
  one.needs_response = true;
  Outbound outbound = *decode_outbound(one.payload);
  outbound.topic = "usp/v1/controller/added";
  one.payload = encode_outbound(outbound);
  store_row(one);
  start();
  ASSERT_TRUE(goes_out(1));
  const auto goes_there = [](const FakeTransport::Sent& each) {
    return each.message.topic == "usp/v1/controller/added";
  };
  const auto first = std::ranges::find_if(transport->sent, goes_there);
  ASSERT_NE(first, transport->sent.end());
  EXPECT_FALSE(msg_in(first->message).has_header()) << "Connect (R-MTP.6)";
  messages()[0].done(SendResult::kDelivered);
  ASSERT_TRUE(run_until([&] { return outbox(*device, added)[0].attempts == 1; }));

  usp_msg::Msg answer;
  answer.mutable_header()->set_msg_id("m");
  answer.mutable_header()->set_msg_type(usp_msg::Header::NOTIFY_RESP);
  answer.mutable_body()->mutable_response()->mutable_notify_resp()->set_subscription_id("sub");
  usp::mtp::InboundMessage message;
  message.payload = usp::encode_message(added, device->endpoint_id(), answer);
  transport->receive(message);
  EXPECT_TRUE(run_until([&] { return outbox(*device, added).empty(); }));

  // Requests of it are another matter.
  usp_msg::Msg request;
  request.mutable_header()->set_msg_id("r");
  request.mutable_header()->set_msg_type(usp_msg::Header::GET);
  request.mutable_body()->mutable_request()->mutable_get()->add_param_paths("Device.");
  message.payload = usp::encode_message(added, device->endpoint_id(), request);
  transport->receive(message);
  EXPECT_TRUE(
      run_until([&] { return metrics.text().find("unknown controller") != std::string::npos; }));
  EXPECT_THAT(messages(), SizeIs(1));
}

TEST_F(Outbox, TriesAgainWhatTheBrokerDidNotTake) {
  for (SendResult result : {SendResult::kLost, SendResult::kRefused, SendResult::kQueueFull}) {
    store_row(row(OutboxKind::kEvent, usp::mtp::name_of(result)));
  }
  std::int64_t due = waiting().at(0).next_attempt_ms;
  start();
  ASSERT_TRUE(goes_out(3));

  auto sent = messages();
  sent[0].done(SendResult::kLost);
  sent[1].done(SendResult::kRefused);
  sent[2].done(SendResult::kQueueFull);

  ASSERT_TRUE(run_until([&] {
    auto rows = waiting();
    return rows.at(0).next_attempt_ms > due && rows.at(1).next_attempt_ms > due &&
           rows.at(2).next_attempt_ms > due;
  }));
  for (const OutboxRow& each : waiting()) {
    EXPECT_EQ(each.attempts, 0) << "it was not delivered: no step of the retry schedule";
    EXPECT_LE(each.next_attempt_ms, now_ms() + 2000);
  }
}

TEST_F(Outbox, GivesUpWhatCanNeverBeSent) {
  OutboxRow damaged = row(OutboxKind::kEvent, "damaged");
  damaged.payload = "no payload of ours";
  store_rows({damaged, row(OutboxKind::kEvent, "large")});
  start();
  ASSERT_TRUE(goes_out(1));

  messages()[0].done(SendResult::kTooLarge);

  EXPECT_TRUE(run_until([&] { return waiting().empty(); }));
  EXPECT_THAT(messages(), SizeIs(1));
}

TEST_F(Outbox, DropsWhatHasExpiredWithoutSendingIt) {
  OutboxRow old = row(OutboxKind::kEvent, "old");
  old.expires_ms = now_ms() - 1;
  store_rows({old, row(OutboxKind::kEvent, "new")});
  start();
  ASSERT_TRUE(goes_out(1));

  EXPECT_TRUE(run_until([&] { return waiting_ids() == std::vector<std::string>{"new"}; }));
  EXPECT_EQ(msg_in(messages()[0].message).header().msg_id(), "new");
  EXPECT_THAT(metrics.text(), HasSubstr("reason=\"expired\"} 1"));
}

TEST_F(Outbox, SendsAgainOverTheNextConnectionWhatWasLostWithTheLast) {
  store_row(row(OutboxKind::kEvent, "1"));
  start();
  ASSERT_TRUE(goes_out(1));

  transport->disconnect();
  messages()[0].done(SendResult::kLost);
  transport->connect();

  ASSERT_TRUE(goes_out(2));
  auto again = messages()[1].message;
  EXPECT_EQ(msg_in(again).header().msg_id(), "1");
  EXPECT_EQ(again.connection, 2U);
}

TEST_F(Outbox, KeepsWhatIsOnItsWayWhenTheBridgeStops) {
  store_row(row(OutboxKind::kEvent, "1"));
  start();
  ASSERT_TRUE(goes_out(1));
  std::int64_t due = waiting().at(0).next_attempt_ms;

  northbound->stop({});
  messages()[0].done(SendResult::kClosed);

  ASSERT_TRUE(run_until([&] { return waiting().at(0).next_attempt_ms > due; }));
  EXPECT_THAT(waiting_ids(), ElementsAre("1"));
}

}  // namespace
}  // namespace bridge
