// TP-469 section 1: Notify. Each waits as long as the plan says.
#include "tests/conformance/suite.h"

namespace conformance {
namespace {

using std::chrono::seconds;
using testing::AllOf;
using testing::Ge;
using testing::IsEmpty;
using testing::Le;
using testing::Pair;
using testing::UnorderedElementsAre;
using usp_controller::set;

/// What a timer and a loaded machine may add to an interval.
constexpr Milliseconds kLate{1500};

/// A ValueChange subscription on ProvisioningCode of the test's controller, whose value is another
/// one before.
class CodeWatch {
 public:
  CodeWatch(const Agent& agent, std::string id, const Settings& more = {})
      : agent_(agent), id_(std::move(id)), controller_(agent.controller_row()) {
    agent_.set(controller_, {{"ProvisioningCode", "before"}});
    Settings settings{{"Enable", "true"},
                      {"ID", id_},
                      {"NotifType", "ValueChange"},
                      {"ReferenceList", controller_ + "ProvisioningCode"},
                      {"NotifRetry", "true"}};
    settings.insert(settings.end(), more.begin(), more.end());
    row = agent_.add(kSubscriptions, settings);
  }

  void change(const std::string& value) const {
    agent_.set(controller_, {{"ProvisioningCode", value}});
  }

  /// The Notify of this change.
  std::optional<Notification> expect(const std::string& value) const {
    auto notify = agent_.notified(id_);
    EXPECT_TRUE(notify) << id_;
    if (!notify) return notify;
    EXPECT_EQ(notify->notify.value_change().param_path(), controller_ + "ProvisioningCode");
    EXPECT_EQ(notify->notify.value_change().param_value(), value);
    EXPECT_TRUE(notify->notify.send_resp());
    return notify;
  }

  std::string row;

 private:
  const Agent& agent_;
  std::string id_;
  std::string controller_;
};

std::chrono::steady_clock::time_point now() { return std::chrono::steady_clock::now(); }

Milliseconds between(const Notification& a, const Notification& b) {
  return std::chrono::duration_cast<Milliseconds>(b.received - a.received);
}

/// Between `from` and `to` of the plan, and what delivery takes.
auto within(seconds from, seconds to) {
  return AllOf(Ge(Milliseconds(from) - Milliseconds(200)), Le(Milliseconds(to) + kLate));
}

WAITING_TEST(Notifications, 1_52_AValueChangeIsNotified) {
  const CodeWatch watch(agent, "notify52");
  watch.change("TestValue52");
  watch.expect("TestValue52");
}

WAITING_TEST(Notifications, 1_52_AValueChangeOfTheDeviceIsNotified) {
  agent.add_subscription("ssid", {{"ReferenceList", "Device.WiFi.SSID.1.SSID"}});
  EXPECT_EQ(agent.cpe("set", "Device.WiFi.SSID.1.SSID other"), "ok");
  const auto notify = agent.notified("ssid");
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.value_change().param_path(), "Device.WiFi.SSID.1.SSID");
  EXPECT_EQ(notify->notify.value_change().param_value(), "other");
}

WAITING_TEST(Notifications, 1_53_ADeletedSubscriptionIsSilent) {
  const CodeWatch watch(agent, "notify53");
  watch.change("TestValue53");
  watch.expect("TestValue53");
  EXPECT_THAT(usp_controller::failures_of(agent.ask(usp_controller::del({watch.row}))), IsEmpty());

  watch.change("notify53-2");

  EXPECT_FALSE(agent.notified("notify53", seconds(20)));
}

WAITING_TEST(Notifications, 1_54_AnUnansweredNotifyIsSentAgain) {
  auto& controller = Suite::get().world().controller();
  EXPECT_EQ(agent.value(agent.controller_row() + "USPNotifRetryMinimumWaitInterval"), "5");
  const CodeWatch watch(agent, "notify54");
  controller.leave_unanswered(agent.id());

  watch.change("TestValue54");
  const auto first = watch.expect("TestValue54");
  const auto second = watch.expect("TestValue54");
  const auto third = watch.expect("TestValue54");
  ASSERT_TRUE(first && second && third);
  controller.answer(*third);

  EXPECT_THAT(between(*first, *second), within(seconds(5), seconds(10)));
  EXPECT_THAT(between(*second, *third), within(seconds(10), seconds(20)));
  EXPECT_EQ(first->msg_id, third->msg_id);
  // The third retry would come after 20 to 40 s.
  EXPECT_FALSE(agent.notified("notify54", seconds(42)));
}

WAITING_TEST(Notifications, 1_55_ASubscriptionGoesWhenItsTimeIsOver) {
  const auto began = now();
  const CodeWatch watch(agent, "notify55", {{"TimeToLive", "20"}});
  watch.change("TestValue55");
  watch.expect("TestValue55");

  const auto nothing_until = [&](std::chrono::steady_clock::time_point end) {
    const auto left = std::chrono::duration_cast<Milliseconds>(end - now());
    EXPECT_FALSE(agent.notified("notify55", left));
  };
  // Dates of the table have whole seconds: it may go as much earlier.
  nothing_until(began + seconds(18));
  EXPECT_THAT(agent.rows(kSubscriptions), UnorderedElementsAre(watch.row));
  nothing_until(began + seconds(20) + kLate);
  EXPECT_THAT(agent.rows(kSubscriptions), IsEmpty());
  watch.change("TestValue55-2");
  EXPECT_FALSE(agent.notified("notify55", seconds(10)));
}

WAITING_TEST(Notifications, 1_56_RetriesEndWhenANotifyExpires) {
  Suite::get().world().controller().leave_unanswered(agent.id());
  const CodeWatch watch(agent, "notify56", {{"NotifExpiration", "20"}});

  watch.change("TestValue56");
  const auto first = watch.expect("TestValue56");
  ASSERT_TRUE(first);
  const auto end = first->received + seconds(60);
  int retries = 0;
  for (auto left = seconds(60); left.count() > 0;
       left = std::chrono::duration_cast<seconds>(end - now())) {
    const auto again = agent.notified("notify56", left);
    if (!again) break;
    EXPECT_LE(between(*first, *again), Milliseconds(seconds(20)) + kLate);
    ++retries;
  }

  EXPECT_GE(retries, 1);
}

WAITING_TEST(Notifications, 1_57_ACreatedRowIsNotified) {
  const std::string watch = agent.add_subscription(
      "notify57", {{"NotifType", "ObjectCreation"}, {"ReferenceList", kSubscriptions}});
  const std::string controller = agent.controller_row();

  const std::string row = agent.add_subscription(
      "notify57-2", {{"ReferenceList", controller + "ProvisioningCode"}, {"NotifRetry", "true"}});

  const auto notify = agent.notified("notify57");
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.obj_creation().obj_path(), row);
  EXPECT_THAT(notify->notify.obj_creation().unique_keys(),
              UnorderedElementsAre(Pair("ID", "notify57-2"),
                                   Pair("Recipient", agent.value(watch + "Recipient")),
                                   Pair("Alias", agent.value(row + "Alias"))));
}

WAITING_TEST(Notifications, 1_57_ARowThatTheDeviceMadeIsNotified) {
  const std::string table = "Device.NAT.PortMapping.";
  agent.add_subscription("rows", {{"NotifType", "ObjectCreation"}, {"ReferenceList", table}});

  EXPECT_THAT(agent.cpe("add", table), testing::Not(testing::StartsWith("error")));
  agent.cpe("inform");

  const auto notify = agent.notified("rows");
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.obj_creation().obj_path(), table + "2.");
  EXPECT_THAT(notify->notify.obj_creation().unique_keys(),
              testing::Contains(testing::Key("Alias")));
}

WAITING_TEST(Notifications, 1_58_ADeletedRowIsNotified) {
  const std::string row = agent.add_subscription("going");
  agent.add_subscription(
      "notify58",
      {{"NotifType", "ObjectDeletion"}, {"ReferenceList", kSubscriptions}, {"NotifRetry", "true"}});

  EXPECT_THAT(usp_controller::failures_of(agent.ask(usp_controller::del({row}))), IsEmpty());

  const auto notify = agent.notified("notify58");
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.obj_deletion().obj_path(), row);
}

WAITING_TEST(Notifications, 1_58_ARowThatWentOnTheDeviceIsNotified) {
  const std::string row = "Device.NAT.PortMapping.1.";
  agent.add_subscription(
      "gone", {{"NotifType", "ObjectDeletion"}, {"ReferenceList", "Device.NAT.PortMapping."}});

  EXPECT_EQ(agent.cpe("delete", row), "ok");
  agent.cpe("inform");

  const auto notify = agent.notified("gone");
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.obj_deletion().obj_path(), row);
}

WAITING_TEST(Notifications, 1_59_ThePeriodicEventComesAtItsInterval) {
  const usp_msg::Msg answer = agent.ask(
      set({{agent.controller_row(),
            {{"?PeriodicNotifInterval", "60"}, {"?PeriodicNotifTime", "2019-01-01T00:00:00Z"}}}}));
  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  agent.add_subscription(
      "sub-103", {{"NotifType", "Event"}, {"ReferenceList", "Device.LocalAgent.Periodic!"}});

  const auto first = agent.notified("sub-103", seconds(64));
  const auto second = agent.notified("sub-103", seconds(68));

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->notify.event().obj_path(), "Device.LocalAgent.");
  EXPECT_EQ(first->notify.event().event_name(), "Periodic!");
  EXPECT_THAT(between(*first, *second), within(seconds(56), seconds(64)));
}

WAITING_TEST(Notifications, 1_60_AnOnBoardRequestWhenItIsAskedFor) {
  const usp_msg::Msg request =
      usp_controller::operate(agent.controller_row() + "SendOnBoardRequest()", {}, "test60", false);
  const auto sent = Suite::get().world().controller().send(agent.id(), request, {});
  ASSERT_TRUE(sent) << sent.error();

  const auto notify = agent.notified([](const usp_msg::Notify& n) { return n.has_on_board_req(); });

  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.subscription_id(), "");
  EXPECT_TRUE(notify->notify.send_resp());
  const auto& onboard = notify->notify.on_board_req();
  EXPECT_EQ(onboard.oui(), "00D09E");
  EXPECT_EQ(onboard.product_class(), "Gateway");
  EXPECT_EQ(onboard.serial_number(), agent.serial());
  EXPECT_THAT(onboard.agent_supported_protocol_versions(), testing::HasSubstr("1.4"));
}

// ---- OnBoardingComplete and OnBoardingRestartTime

/// SendOnBoardRequest() of the test's controller, whose NotifyResponse follows by itself.
std::optional<Notification> ask_for_onboarding(const Agent& agent, const std::string& row) {
  const usp_msg::Msg request =
      usp_controller::operate(row + "SendOnBoardRequest()", {}, "onboard", false);
  const auto sent = Suite::get().world().controller().send(agent.id(), request, {});
  EXPECT_TRUE(sent) << sent.error();
  return agent.notified([](const usp_msg::Notify& n) { return n.has_on_board_req(); });
}

std::optional<Notification> onboard_request(const Agent& agent, Milliseconds limit) {
  return agent.notified([](const usp_msg::Notify& n) { return n.has_on_board_req(); }, limit);
}

WAITING_TEST(Notifications, 1_101_SendOnBoardRequestMakesOnboardingIncomplete) {
  const std::string row = agent.controller_row();
  agent.set(row, {{"OnBoardingComplete", "true"}});
  EXPECT_EQ(agent.value(row + "OnBoardingComplete"), "true");

  EXPECT_TRUE(ask_for_onboarding(agent, row));

  EXPECT_EQ(agent.value(row + "OnBoardingComplete"), "false");
  agent.set(row, {{"OnBoardingComplete", "true"}});
  EXPECT_FALSE(onboard_request(agent, seconds(2)));
  agent.set(row, {{"OnBoardingComplete", "false"}});
  EXPECT_TRUE(onboard_request(agent, kLong)) << "set by hand it asks for one, too";
}

WAITING_TEST(Notifications, 1_102_AnOnBoardRequestComesAgainUntilOnboardingIsComplete) {
  const std::string row = agent.controller_row();
  agent.set(row, {{"OnBoardingRestartTime", "20"}});

  const auto first = ask_for_onboarding(agent, row);
  const auto second = onboard_request(agent, seconds(30));

  ASSERT_TRUE(first && second);
  EXPECT_THAT(between(*first, *second), within(seconds(20), seconds(28)));
  agent.set(row, {{"OnBoardingComplete", "true"}});
  EXPECT_FALSE(onboard_request(agent, seconds(30)));
}

WAITING_TEST(Notifications, 1_103_AnOnBoardRequestComesOnceWithoutARestartTime) {
  const std::string row = agent.controller_row();
  agent.set(row, {{"OnBoardingRestartTime", "0"}});

  EXPECT_TRUE(ask_for_onboarding(agent, row));

  EXPECT_FALSE(onboard_request(agent, seconds(60)));
}

WAITING_TEST(Notifications, 1_84_AReferenceListMaySearch) {
  const std::string table = agent.controller_row() + "BootParameter.";
  const auto boot_parameter = [&](const std::string& name) {
    return agent.add(table, {{"Enable", "true"}, {"ParameterName", name}});
  };
  boot_parameter("Device.LocalAgent.EndpointID");
  const std::string changed = boot_parameter("Device.LocalAgent.SoftwareVersion");
  agent.add_subscription("notify84", {{"ReferenceList", table + "*.Enable"}});

  // As the plan writes it: the last "." is missing.
  agent.set(changed.substr(0, changed.size() - 1), {{"Enable", "false"}});

  const auto notify = agent.notified("notify84");
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.value_change().param_path(), changed + "Enable");
  EXPECT_EQ(notify->notify.value_change().param_value(), "false");
}

}  // namespace
}  // namespace conformance
