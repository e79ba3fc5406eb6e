// The job itself: a controller manages TR-069 devices through the bridge.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/integration/world.h"

namespace integration {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;
using usp_controller::Notification;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";

auto value_change(const Cpe& cpe, const std::string& path) {
  return [id = cpe.endpoint_id(), path](const Notification& each) {
    return each.agent == id && each.notify.value_change().param_path() == path;
  };
}

auto event(const Cpe& cpe, const std::string& name) {
  return [id = cpe.endpoint_id(), name](const Notification& each) {
    return each.agent == id && each.notify.event().event_name() == name;
  };
}

TEST(MainJob, ReadsAreAnsweredFromTheMirrorWhileTheDeviceSleeps) {
  World world;
  auto cpe = world.device("1");
  cpe->command("sleep");

  auto values = usp_controller::values_of(
      world.ask(*cpe, usp_controller::get({"Device.DeviceInfo.", "Device.WiFi.SSID.*.SSID"})));

  EXPECT_THAT(values, AllOf(Contains(Pair("Device.DeviceInfo.SoftwareVersion", "1.4.2")),
                            Contains(Pair("Device.WiFi.SSID.2.SSID", "Home-2"))));
}

TEST(MainJob, WritesReachTheDeviceBeforeTheyAreAnswered) {
  World world;
  auto cpe = world.device("1");

  auto answer = world.ask(
      *cpe, usp_controller::set({{"Device.WiFi.SSID.[Alias==\"ssid-1\"].", {{"SSID", "new"}}}}));

  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_EQ(cpe->command("get", kSsid), "new");
  EXPECT_EQ(world.read(*cpe, kSsid), "new");
}

TEST(MainJob, RowsAreAddedAndDeletedOnTheDevice) {
  World world;
  auto cpe = world.device("1");

  auto added = usp_controller::created_by(world.ask(
      *cpe, usp_controller::add({{"Device.NAT.PortMapping.", {{"ExternalPort", "8081"}}}})));
  ASSERT_EQ(added, std::vector<std::string>{"Device.NAT.PortMapping.2."});
  EXPECT_EQ(cpe->command("get", "Device.NAT.PortMapping.2.ExternalPort"), "8081");

  auto deleted = world.ask(*cpe, usp_controller::del(added));
  EXPECT_THAT(usp_controller::failures_of(deleted), IsEmpty());
  EXPECT_THAT(cpe->command("get", "Device.NAT.PortMapping.2.ExternalPort"),
              testing::StartsWith("error"));
}

TEST(MainJob, AnAddThatFailsOnARequiredParameterLeavesNothingOnTheDevice) {
  World world;
  auto cpe = world.device("1");
  cpe->command("fault", "SetParameterValues 9007 1");

  auto answer = world.ask(
      *cpe, usp_controller::add({{"Device.NAT.PortMapping.", {{"ExternalPort", "8081"}}}}));

  EXPECT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
  EXPECT_THAT(cpe->command("get", "Device.NAT.PortMapping.2.ExternalPort"),
              testing::StartsWith("error"));
}

TEST(MainJob, AFaultOfTheDeviceComesBackWithTheParameter) {
  World world;
  auto cpe = world.device("1");

  auto answer = world.ask(
      *cpe, usp_controller::set({{"Device.DHCPv4.Server.Pool.1.", {{"LeaseTime", "soon"}}}}));

  ASSERT_TRUE(answer.body().has_error()) << answer.ShortDebugString();
  ASSERT_EQ(answer.body().error().param_errs_size(), 1);
  EXPECT_EQ(answer.body().error().param_errs(0).param_path(),
            "Device.DHCPv4.Server.Pool.1.LeaseTime");
}

TEST(MainJob, ASetForASleepingDeviceIsRefusedAtItsDeadlineAndNeverDone) {
  World world("operation_deadline: 1s");
  auto cpe = world.device("1");
  cpe->command("sleep");

  auto answer = world.ask(*cpe, usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", "late"}}}}));
  EXPECT_EQ(answer.body().error().err_code(), 7801u) << answer.ShortDebugString();

  cpe->command("wake");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_EQ(cpe->command("get", kSsid), "Home-1");
}

TEST(MainJob, AChangeOnTheDeviceBecomesAValueChange) {
  World world;
  auto cpe = world.device("1");
  auto subscribed = world.ask(*cpe, usp_controller::subscribe("ssid", "ValueChange", kSsid));
  ASSERT_THAT(usp_controller::failures_of(subscribed), IsEmpty());
  cpe->command("set", kSsid + " changed");

  auto notify = world.controller().wait_for_notify(value_change(*cpe, kSsid), kLong);
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.subscription_id(), "ssid");
  EXPECT_EQ(notify->notify.value_change().param_value(), "changed");
}

TEST(MainJob, ARowThatTheDeviceMadeIsToldWithItsUniqueKeys) {
  World world;
  auto cpe = world.device("1");
  world.ask(*cpe, usp_controller::subscribe("rows", "ObjectCreation", "Device.NAT.PortMapping."));
  cpe->command("add", "Device.NAT.PortMapping.");
  cpe->command("inform");

  auto notify = world.controller().wait_for_notify(
      [](const Notification& each) { return each.notify.has_obj_creation(); }, kLong);

  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.obj_creation().obj_path(), "Device.NAT.PortMapping.2.");
  EXPECT_THAT(notify->notify.obj_creation().unique_keys(), Contains(Pair("Alias", "cpe-2")));
  EXPECT_THAT(notify->notify.obj_creation().unique_keys(), Contains(Key("ExternalPort")));
}

TEST(MainJob, AReadOnlyControllerReadsAndHearsButChangesNothing) {
  World world({}, {},
              "  - endpoint_id: \"self::reader\"\n    role: read-only\n"
              "    topic: usp/v1/controller/reader\n");
  auto cpe = world.device("1");
  auto reader = world.connect("self::reader", "usp/v1/controller/reader");
  auto ask = [&](usp_msg::Msg request) {
    return reader->request(cpe->endpoint_id(), std::move(request), kLong).value();
  };

  EXPECT_THAT(usp_controller::values_of(ask(usp_controller::get({kSsid}))), Contains(Key(kSsid)));
  auto set = ask(usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", "no"}}}}));
  EXPECT_EQ(set.body().error().err_code(), 7006u) << set.ShortDebugString();
  auto rebooted = ask(usp_controller::operate("Device.Reboot()", {}));
  EXPECT_FALSE(usp_controller::failures_of(rebooted).empty()) << rebooted.ShortDebugString();
  auto subscribed = ask(usp_controller::subscribe("ssid", "ValueChange", kSsid));
  EXPECT_THAT(usp_controller::failures_of(subscribed), IsEmpty());
  cpe->command("set", kSsid + " changed");

  EXPECT_TRUE(reader->wait_for_notify(value_change(*cpe, kSsid), kLong));
  EXPECT_EQ(cpe->command("get", kSsid), "changed");
}

TEST(MainJob, EveryDeviceOfAFleetIsLearnedThoughFewMayBeAtATime) {
  constexpr int kDevices = 200;
  World world("first_contact_budget: 2");
  const support::Process fleet(
      CPE_SIM, {"--acs", "http://127.0.0.1:" + std::to_string(world.acs_port()) + "/", "--username",
                "cpe", "--password", "secret", "--serial", "Fleet", "--devices",
                std::to_string(kDevices), "--start-rate", "1000", "--control", "none", "--model",
                std::string(TEST_DATA_DIR) + "/models/tr181-small.csv"});

  std::set<std::string> agents;
  while (agents.size() < kDevices) {
    auto onboard = world.controller().wait_for_notify(
        [](const Notification& each) { return each.notify.has_on_board_req(); }, kLong);
    ASSERT_TRUE(onboard) << agents.size() << " of " << kDevices;
    agents.insert(onboard->agent);
  }
}

TEST(MainJob, RebootIsAnsweredWithOutputArgumentsAndBootFollows) {
  World world;
  auto cpe = world.device("1");
  world.ask(*cpe, usp_controller::subscribe("boot", "Event", "Device.Boot!"));

  auto answer = world.ask(*cpe, usp_controller::operate("Device.Reboot()", {}, "key-1"));
  ASSERT_EQ(answer.body().response().operate_resp().operation_results_size(), 1)
      << answer.ShortDebugString();
  EXPECT_TRUE(answer.body().response().operate_resp().operation_results(0).has_req_output_args());

  auto notify = world.controller().wait_for_notify(event(*cpe, "Boot!"), kLong);
  ASSERT_TRUE(notify);
  EXPECT_THAT(notify->notify.event().params(), Contains(Pair("CommandKey", "key-1")));
  EXPECT_THAT(notify->notify.event().params(), Contains(Pair("Cause", "RemoteReboot")));
}

TEST(MainJob, ADiagnosticEndsInOperationCompleteWithItsResults) {
  World world;
  auto cpe = world.device("1");
  world.ask(*cpe, usp_controller::subscribe("done", "OperationComplete",
                                            "Device.IP.Diagnostics.IPPing()"));

  auto answer = world.ask(*cpe, usp_controller::operate("Device.IP.Diagnostics.IPPing()",
                                                        {{"Host", "192.0.2.1"}}, "k"));
  ASSERT_EQ(answer.body().response().operate_resp().operation_results_size(), 1);
  EXPECT_THAT(answer.body().response().operate_resp().operation_results(0).req_obj_path(),
              testing::StartsWith("Device.LocalAgent.Request."));

  auto notify = world.controller().wait_for_notify(
      [](const Notification& each) { return each.notify.has_oper_complete(); }, kLong);
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.oper_complete().command_key(), "k");
  EXPECT_THAT(notify->notify.oper_complete().req_output_args().output_args(),
              Contains(Pair("SuccessCount", "3")));
}

TEST(MainJob, ScheduleTimerCompletesOnTime) {
  World world;
  auto cpe = world.device("1");
  world.ask(*cpe,
            usp_controller::subscribe("timer", "OperationComplete", "Device.ScheduleTimer()"));

  auto began = std::chrono::steady_clock::now();
  world.ask(*cpe, usp_controller::operate("Device.ScheduleTimer()", {{"DelaySeconds", "1"}}));
  auto notify = world.controller().wait_for_notify(
      [](const Notification& each) { return each.notify.has_oper_complete(); }, kLong);

  ASSERT_TRUE(notify);
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));
}

TEST(MainJob, AnUnansweredOnBoardRequestIsSentAgain) {
  World world;
  world.controller().set_answer_notifies(false);
  auto cpe = world.device("1");

  auto again = world.controller().wait_for_notify(
      [](const Notification& each) { return each.notify.has_on_board_req(); }, kLong);

  EXPECT_TRUE(again);
}

}  // namespace
}  // namespace integration
