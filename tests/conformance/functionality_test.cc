// TP-469 section 9: firmware, controllers, Boot!, timers.
#include "tests/conformance/suite.h"
#include "tests/support/file_server.h"

namespace conformance {
namespace {

using std::chrono::seconds;
using testing::Contains;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;
using usp_controller::operate;

const std::string kInfo = "Device.DeviceInfo.";
const std::string kImages = "Device.DeviceInfo.FirmwareImage.";
using Input = std::map<std::string, std::string>;

support::FileServer& files() {
  static support::FileServer server;
  return server;
}

/// Subscribed to the end of the command, of its transfer, and to Boot!.
void watch(const Agent& agent, const std::string& command) {
  const Settings stays{{"Persistent", "true"}, {"NotifRetry", "true"}};
  const auto subscribe = [&](const std::string& id, const std::string& type,
                             const std::string& path) {
    Settings settings{{"NotifType", type}, {"ReferenceList", path}};
    settings.insert(settings.end(), stays.begin(), stays.end());
    agent.add_subscription(id, settings);
  };
  subscribe("done", "OperationComplete", command);
  subscribe("transfer", "Event", "Device.LocalAgent.TransferComplete!");
  subscribe("boot", "Event", "Device.Boot!");
}

usp_msg::OperateResp::OperationResult run(const Agent& agent, const std::string& command,
                                          const Input& input, const std::string& key = "key") {
  const usp_msg::Msg answer = agent.ask(operate(command, input, key));
  const auto& results = answer.body().response().operate_resp().operation_results();
  EXPECT_EQ(results.size(), 1) << answer.ShortDebugString();
  return results.empty() ? usp_msg::OperateResp::OperationResult() : results[0];
}

usp_msg::Notify::OperationComplete completed(const Agent& agent) {
  const auto notify = agent.notified("done");
  EXPECT_TRUE(notify);
  return notify ? notify->notify.oper_complete() : usp_msg::Notify::OperationComplete();
}

/// The firmware that was asked for is fetched, and the device boots with it.
void expect_upgraded(const Agent& agent, const std::string& command, const std::string& version) {
  const auto done = completed(agent);
  EXPECT_EQ(done.obj_path() + done.command_name(), command);
  EXPECT_TRUE(done.has_req_output_args()) << done.ShortDebugString();
  const auto transfer = wait_for_event(agent, "TransferComplete!");
  ASSERT_TRUE(transfer);
  EXPECT_THAT(*transfer, Contains(Pair("FaultCode", "0")));
  const auto boot = wait_for_event(agent, "Boot!");
  ASSERT_TRUE(boot);
  EXPECT_THAT(*boot, Contains(Pair("FirmwareUpdated", "true")));
  const auto info = agent.values(kInfo);
  EXPECT_THAT(info, Contains(Pair(kInfo + "SoftwareVersion", version)));
  // TR-181 writes the reference without its last dot, devices with one.
  EXPECT_THAT(info.at(kInfo + "ActiveFirmwareImage"), StartsWith(kImages + "1"));
}

WAITING_TEST(Functionality, 9_3_AFirmwareThatIsFetchedIsActivated) {
  const std::string command = kImages + "1.Download()";
  watch(agent, command);
  files().offer("fw-9.3.0.bin", "image");

  run(agent, command,
      {{"AutoActivate", "true"},
       {"URL", files().url("fw-9.3.0.bin")},
       {"Username", "user"},
       {"Password", "password"},
       {"FileSize", "5"}});

  expect_upgraded(agent, command, "9.3.0");
}

WAITING_TEST(Functionality, 9_7_AFirmwareMayBeFetchedToTheOnlyBank) {
  const std::string command = kImages + "1.Download()";
  watch(agent, command);
  files().offer("fw-9.7.0.bin", "image");

  run(agent, command, {{"AutoActivate", "true"}, {"URL", files().url("fw-9.7.0.bin")}});

  expect_upgraded(agent, command, "9.7.0");
}

/// A device with a second bank, which boots with what is in it. It is down for two seconds.
Agent two_banks(const std::string& serial) {
  return Suite::get().special_agent(serial, "tr181-reset.csv", {"--reboot-ms", "20000"});
}

/// Activates the second bank in that window; Boot! comes with the firmware that was there.
void expect_activated(const Agent& agent, const std::string& mode, const std::string& start,
                      const std::string& end) {
  const std::string command = kImages + "2.Activate()";
  watch(agent, command);
  run(agent, command,
      {{"TimeWindow.1.Start", start}, {"TimeWindow.1.End", end}, {"TimeWindow.1.Mode", mode}});
  ASSERT_TRUE(agent.cpe_does("reboot"));
  EXPECT_THAT(agent.cpe("get", kInfo + "BootFirmwareImage"), StartsWith(kImages + "2"));
  agent.cpe("set", kInfo + "ActiveFirmwareImage " + kImages + "2.");
  agent.cpe("set", kInfo + "SoftwareVersion 9.4.2");

  const auto done = completed(agent);
  EXPECT_EQ(done.command_name(), "Activate()");
  EXPECT_TRUE(done.has_req_output_args()) << done.ShortDebugString();
  const auto boot = wait_for_event(agent, "Boot!");
  ASSERT_TRUE(boot);
  EXPECT_THAT(*boot, Contains(Pair("FirmwareUpdated", "true")));
  EXPECT_EQ(agent.value(kInfo + "SoftwareVersion"), "9.4.2");
}

WAITING_TEST(Functionality, 9_4_AnImageIsActivatedAtOnce) {
  expect_activated(two_banks("Banks4"), "Immediately", "1", "100");
}

WAITING_TEST(Functionality, 9_5_AnImageIsActivatedInItsWindow) {
  expect_activated(two_banks("Banks5"), "AnyTime", "0", "120");
}

WAITING_TEST(Functionality, 9_8_AnActivationThatIsCancelledNeverHappens) {
  const Agent banks = two_banks("Banks8");
  const std::string command = kImages + "2.Activate()";
  watch(banks, command);
  const auto result = run(
      banks, command,
      {{"TimeWindow.1.Start", "20"}, {"TimeWindow.1.End", "40"}, {"TimeWindow.1.Mode", "AnyTime"}});
  EXPECT_EQ(result.executed_command(), command);
  ASSERT_THAT(result.req_obj_path(), StartsWith("Device.LocalAgent.Request."));

  run(banks, result.req_obj_path() + "Cancel()", {});

  EXPECT_FALSE(wait_for_event(banks, "Boot!", seconds(50)));
  EXPECT_THAT(banks.rows("Device.LocalAgent.Request."), IsEmpty());
}

WAITING_TEST(Functionality, 9_9_AControllerThatIsAddedGetsAnOnBoardRequest) {
  auto third = Suite::get().world().connect("self::third", "usp/v1/controller/third");
  const std::string row = agent.add(
      kControllers,
      {{"?Alias", "usp-111-Controller"}, {"?EndpointID", "self::third"}, {"?Enable", "true"}});
  agent.add(
      row + "MTP.",
      {{"?Enable", "true"}, {"?Protocol", "MQTT"}, {"?MQTT.Topic", "usp/v1/controller/third"}});

  const auto onboard = [&](Milliseconds limit) {
    return third->wait_for_notify(
        [&](const Notification& each) {
          return each.agent == agent.id() && each.notify.has_on_board_req();
        },
        limit);
  };
  EXPECT_TRUE(onboard(kLong)) << "OnBoardingComplete is false";

  run(agent, row + "SendOnBoardRequest()", {});

  const auto notify = onboard(kLong);
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.on_board_req().serial_number(), agent.serial());
  EXPECT_TRUE(third->wait_for_presence(
      [&](const auto& each) { return each.agent == agent.id() && each.connected; }, kLong))
      << "no session was started";
  EXPECT_FALSE(onboard(seconds(12))) << "the NotifyResponse was not heard";
}

WAITING_TEST(Functionality, 9_10_BootCarriesTheBootParameters) {
  const std::string name = kInfo + "BootFirmwareImage";
  const usp_msg::Msg added = agent.ask(usp_controller::add(
      {{kSubscriptions,
        {{"?NotifType", "Event"}, {"?ReferenceList", "Device.Boot!"}, {"?Enable", "true"}}},
       {agent.controller_row() + "BootParameter.",
        {{"?Enable", "true"}, {"?ParameterName", name}}}}));
  EXPECT_THAT(usp_controller::failures_of(added), IsEmpty());

  run(agent, "Device.Reboot()", {});

  const auto boot = wait_for_event(agent, "Boot!");
  ASSERT_TRUE(boot);
  EXPECT_THAT(*boot,
              Contains(Pair("ParameterMap", "{\"" + name + "\":\"" + agent.value(name) + "\"}")));
}

WAITING_TEST(Functionality, 9_11_ATimerCompletes) {
  const std::string command = "Device.ScheduleTimer()";
  agent.add_subscription("done", {{"NotifType", "OperationComplete"}, {"ReferenceList", command}});
  const auto began = std::chrono::steady_clock::now();

  const auto result = run(agent, command, {{"DelaySeconds", "60"}});

  EXPECT_EQ(result.executed_command(), command);
  EXPECT_THAT(result.req_obj_path(), StartsWith("Device.LocalAgent.Request."));
  const auto notify = agent.notified("done", seconds(75));
  ASSERT_TRUE(notify);
  EXPECT_EQ(notify->notify.oper_complete().command_name(), "ScheduleTimer()");
  EXPECT_GE(notify->received - began, seconds(60));
}

}  // namespace
}  // namespace conformance
