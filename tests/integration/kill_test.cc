// The bridge is killed in the middle of each kind of step: what was promised is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/mailbox.h"

namespace integration {
namespace {

using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using usp_controller::Notification;

const std::string kWatched = "Device.WiFi.SSID.1.SSID";
const std::string kTarget = "Device.WiFi.SSID.2.SSID";
const std::string kRows = "Device.NAT.PortMappingNumberOfEntries";

/// When the bridge is killed.
enum class Moment {
  kAtOnce,  ///< as soon as the request is sent: it may be lost
  kStored,  ///< the operation is in the store, the device is about to be asked
  kOpen,    ///< the device has the RPC, and neither did it nor answers
  kDone,    ///< the device has done it, and the answer is lost
};

const char* name_of(Moment moment) {
  switch (moment) {
    case Moment::kAtOnce:
      return "at_once";
    case Moment::kStored:
      return "stored";
    case Moment::kOpen:
      return "open";
    case Moment::kDone:
      return "done";
  }
  return "";
}

usp_msg::Msg persistent(usp_msg::Msg subscribe) {
  auto* row = subscribe.mutable_body()->mutable_request()->mutable_add()->mutable_create_objs(0);
  auto* setting = row->add_param_settings();
  setting->set_param("Persistent");
  setting->set_value("true");
  setting->set_required(true);
  return subscribe;
}

std::vector<std::string> rows_of(const usp_msg::Msg& answer) {
  std::vector<std::string> out;
  for (const auto& path : answer.body().response().get_instances_resp().req_path_results()) {
    for (const auto& row : path.curr_insts()) out.push_back(row.instantiated_obj_path());
  }
  return out;
}

auto value_change(const std::string& value) {
  return [value](const Notification& each) {
    return each.notify.value_change().param_path() == kWatched &&
           each.notify.value_change().param_value() == value;
  };
}

/// The log line of that request, written when its operation is stored.
std::string stored(const std::string& msg_id) { return " " + msg_id + " from self::ctl: "; }

bool is_complete(const Notification& each) { return each.notify.has_oper_complete(); }

class Kill : public testing::Test {
 protected:
  explicit Kill(const std::string& settings = "operation_deadline: 20s")
      : world(settings), cpe(world.device("1")) {
    subscribe("watch", "ValueChange", kWatched);
    // What that made of it on the device is over when a test begins.
    auto watching = [](const std::string& line) {
      return line.find("SetParameterAttributes") != std::string::npos &&
             line.find(kWatched) != std::string::npos;
    };
    if (!cpe->process().wait_for_line(watching) || !cpe->wait_for("session_end")) {
      throw std::runtime_error(world.bridge().output());
    }
  }

  void subscribe(const std::string& id, const std::string& type, const std::string& path) {
    auto answer = world.ask(*cpe, persistent(usp_controller::subscribe(id, type, path, true)));
    ASSERT_THAT(usp_controller::failures_of(answer), IsEmpty());
    ++subscriptions_;
  }

  /// Its msg_id.
  std::string send(usp_msg::Msg request) {
    auto sent = world.controller().send(
        cpe->endpoint_id(), std::move(request),
        [inbox = answers_](const usp_msg::Msg& answer) { inbox->put(answer); });
    if (!sent) throw std::runtime_error(sent.error());
    return *sent;
  }
  std::optional<usp_msg::Msg> answer() { return answers_->take(); }
  /// What has come so far.
  std::optional<usp_msg::Msg> answer_if_any() {
    return answers_->size() > 0 ? answers_->take() : std::nullopt;
  }

  void kill_and_restart() {
    world.kill_bridge();
    world.start_bridge();
  }

  /// `request` becomes `rpc` on the device; kills the bridge at that moment.
  void kill_during(usp_msg::Msg request, const std::string& rpc, Moment moment) {
    if (moment == Moment::kOpen) cpe->command("drop", rpc + " 1");
    if (moment == Moment::kDone) cpe->command("dodrop", rpc + " 1");
    world.bridge().skip_output();
    const std::string msg_id = send(std::move(request));
    if (moment == Moment::kStored) {
      ASSERT_TRUE(world.bridge().wait_for_text(stored(msg_id)));
    }
    if (moment > Moment::kStored) {
      ASSERT_TRUE(cpe->wait_for("dropped"));
    }
    kill_and_restart();
  }

  std::string on_device(const std::string& path) { return cpe->command("get", path); }

  std::vector<std::string> instances(const std::string& table) {
    return rows_of(world.ask(*cpe, usp_controller::instances({table})));
  }

  /// The device is there, writes go through, the mirror agrees with the device, and the
  /// subscriptions are what they were and work.
  void expect_all_is_there() {
    auto written = world.ask(*cpe, usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", "x"}}}}));
    EXPECT_THAT(usp_controller::failures_of(written), IsEmpty()) << world.bridge().output();
    for (const std::string& path : {kWatched, kTarget, kRows}) {
      EXPECT_EQ(world.read(*cpe, path), on_device(path)) << path;
    }
    EXPECT_THAT(instances("Device.NAT.PortMapping."), SizeIs(std::stoul(on_device(kRows))));
    EXPECT_THAT(instances("Device.LocalAgent.Subscription."), SizeIs(subscriptions_));
    EXPECT_THAT(instances("Device.LocalAgent.Request."), IsEmpty());
    cpe->command("set", kWatched + " watched");
    EXPECT_TRUE(world.controller().wait_for_notify(value_change("watched"), kLong))
        << world.bridge().output();
  }

  World world;
  std::unique_ptr<Cpe> cpe;
  std::size_t subscriptions_ = 0;

 private:
  std::shared_ptr<support::Mailbox<usp_msg::Msg>> answers_ =
      std::make_shared<support::Mailbox<usp_msg::Msg>>();
};

// ---- writes ------------------------------------------------------------------------------------

struct Write {
  const char* name;
  usp_msg::Msg request;
  const char* rpc;
  std::string path;    ///< on the device
  std::string before;  ///< its value when nothing was done
  std::string after;   ///< and when it was
};

Write write_named(const std::string& name) {
  if (name == "Set") {
    return {"Set",
            usp_controller::set({{"Device.WiFi.SSID.2.", {{"SSID", "after"}}}}),
            "SetParameterValues",
            kTarget,
            "Home-2",
            "after"};
  }
  if (name == "Add") {
    return {
        "Add",       usp_controller::add({{"Device.NAT.PortMapping.", {{"ExternalPort", "8081"}}}}),
        "AddObject", kRows,
        "1",         "2"};
  }
  // The second RPC of an Add.
  if (name == "AddValues") {
    Write add = write_named("Add");
    add.rpc = "SetParameterValues";
    return add;
  }
  return {"Delete", usp_controller::del({"Device.NAT.PortMapping.1."}), "DeleteObject", kRows, "1",
          "0"};
}

class KillWrite : public Kill,
                  public testing::WithParamInterface<std::tuple<const char*, Moment>> {};

TEST_P(KillWrite, IsDoneOnceOrNotAtAll) {
  const auto& [name, moment] = GetParam();
  Write write = write_named(name);

  kill_during(write.request, write.rpc, moment);

  if (moment != Moment::kAtOnce) {
    auto got = answer();
    ASSERT_TRUE(got) << world.bridge().output();
    EXPECT_THAT(usp_controller::failures_of(*got), IsEmpty());
    EXPECT_EQ(on_device(write.path), write.after);
  }
  expect_all_is_there();
  if (auto got = answer_if_any()) {
    EXPECT_THAT(usp_controller::failures_of(*got), IsEmpty());
  }
  EXPECT_THAT(on_device(write.path), AnyOf(write.before, write.after));
}

std::string write_name(const testing::TestParamInfo<KillWrite::ParamType>& each) {
  return std::string(std::get<0>(each.param)) + "_" + name_of(std::get<1>(each.param));
}

INSTANTIATE_TEST_SUITE_P(Writes, KillWrite,
                         testing::Combine(testing::Values("Set", "Add", "AddValues", "Delete"),
                                          testing::Values(Moment::kAtOnce, Moment::kStored,
                                                          Moment::kOpen, Moment::kDone)),
                         write_name);

class KillGrpcSet : public Kill, public testing::WithParamInterface<Moment> {};

TEST_P(KillGrpcSet, GoesOnThoughTheClientIsCutOff) {
  if (GetParam() == Moment::kOpen) cpe->command("drop", "SetParameterValues 1");
  if (GetParam() == Moment::kDone) cpe->command("dodrop", "SetParameterValues 1");
  world.bridge().skip_output();
  support::Process client(USP_BRIDGECTL,
                          {"--address", "127.0.0.1:" + std::to_string(world.grpc_port()), "set",
                           cpe->endpoint_id(), kTarget + "=after"});
  if (GetParam() == Moment::kStored) {
    ASSERT_TRUE(world.bridge().wait_for_text("connection request"));
  } else {
    ASSERT_TRUE(cpe->wait_for("dropped"));
  }
  kill_and_restart();

  EXPECT_EQ(client.wait_for_exit(), 5) << client.output();
  expect_all_is_there();
  EXPECT_EQ(on_device(kTarget), "after");
}

INSTANTIATE_TEST_SUITE_P(Grpc, KillGrpcSet,
                         testing::Values(Moment::kStored, Moment::kOpen, Moment::kDone),
                         [](const auto& each) { return std::string(name_of(each.param)); });

class KillShort : public Kill {
 protected:
  KillShort() : Kill("operation_deadline: 2s") {}
};

TEST_F(KillShort, ASetForASleepingDeviceIsStillRefusedAtItsDeadline) {
  cpe->command("sleep");
  kill_during(usp_controller::set({{"Device.WiFi.SSID.2.", {{"SSID", "late"}}}}), "",
              Moment::kStored);

  auto got = answer();
  ASSERT_TRUE(got) << world.bridge().output();
  EXPECT_EQ(got->body().error().err_code(), 7801u) << got->ShortDebugString();
  cpe->command("wake");
  expect_all_is_there();
  EXPECT_EQ(on_device(kTarget), "Home-2") << world.bridge().output();
}

TEST_F(KillShort, ASetThatWasSentToADeviceThatIsGoneHasAnUnknownOutcomeAtItsDeadline) {
  cpe->command("dodrop", "SetParameterValues 1");
  send(usp_controller::set({{"Device.WiFi.SSID.2.", {{"SSID", "late"}}}}));
  ASSERT_TRUE(cpe->wait_for("dropped"));
  cpe->command("sleep");
  kill_and_restart();

  auto got = answer();
  ASSERT_TRUE(got) << world.bridge().output();
  EXPECT_EQ(got->body().error().err_code(), 7802u) << got->ShortDebugString();
}

TEST_F(Kill, ASetForASleepingDeviceIsDoneWhenItWakesUp) {
  cpe->command("sleep");
  kill_during(usp_controller::set({{"Device.WiFi.SSID.2.", {{"SSID", "after"}}}}), "",
              Moment::kStored);
  cpe->command("wake");

  auto got = answer();
  ASSERT_TRUE(got);
  EXPECT_THAT(usp_controller::failures_of(*got), IsEmpty());
  EXPECT_EQ(on_device(kTarget), "after");
  expect_all_is_there();
}

// ---- reads -------------------------------------------------------------------------------------

TEST_F(Kill, ReadsAreAnsweredAgainAfterwards) {
  for (const char* path : {"Device.WiFi.", "Device.WiFi.SSID.[Alias==\"ssid-2\"].SSID"}) {
    send(usp_controller::get({path}));
    kill_and_restart();
    auto values = usp_controller::values_of(world.ask(*cpe, usp_controller::get({path})));
    EXPECT_THAT(values, Contains(Pair(kTarget, "Home-2")));
  }
  expect_all_is_there();
}

// ---- first contact -----------------------------------------------------------------------------

class KillFirstContact : public testing::TestWithParam<const char*> {};

TEST_P(KillFirstContact, IsTakenUpAgain) {
  World world;
  const std::string when = GetParam();
  Cpe cpe(world.acs_port(), "1", "tr181-large.csv");
  if (when.starts_with("Get")) {
    ASSERT_TRUE(cpe.process().wait_for_text("\"method\":\"" + when + "\""));
  } else {
    ASSERT_TRUE(world.bridge().wait_for_text(when));
  }
  world.kill_bridge();
  world.start_bridge();

  auto onboard = world.controller().wait_for_notify(
      [&cpe](const Notification& each) {
        return each.agent == cpe.endpoint_id() && each.notify.has_on_board_req();
      },
      kLong);
  ASSERT_TRUE(onboard) << world.bridge().output();
  auto values = usp_controller::values_of(world.ask(cpe, usp_controller::get({"Device.Hosts."})));
  EXPECT_THAT(values, SizeIs(Ge(1000u)));
  EXPECT_THAT(values, Contains(Pair("Device.Hosts.Host.150.HostName", "host-150")));
  auto answer = world.ask(cpe, usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", "after"}}}}));
  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_EQ(cpe.command("get", kWatched), "after");
}

INSTANTIATE_TEST_SUITE_P(Large, KillFirstContact,
                         testing::Values("first contact", "GetParameterNames", "GetParameterValues",
                                         "learned"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::replace(name.begin(), name.end(), ' ', '_');
                           return name;
                         });

// ---- subscriptions and changes -----------------------------------------------------------------

class KillSubscribe : public Kill, public testing::WithParamInterface<Moment> {};

TEST_P(KillSubscribe, MakesOneRowOrNone) {
  kill_during(persistent(usp_controller::subscribe("more", "ValueChange", kTarget)), "",
              GetParam());

  std::size_t rows = instances("Device.LocalAgent.Subscription.").size();
  EXPECT_THAT(rows, AnyOf(subscriptions_, subscriptions_ + 1));
  auto got = answer_if_any();
  if (got) {
    EXPECT_THAT(usp_controller::failures_of(*got), IsEmpty());
  }
  if (got || GetParam() == Moment::kStored) {
    EXPECT_EQ(rows, subscriptions_ + 1);
  }
  subscriptions_ = rows;
  expect_all_is_there();
}

INSTANTIATE_TEST_SUITE_P(Moments, KillSubscribe, testing::Values(Moment::kAtOnce, Moment::kStored),
                         [](const auto& each) { return std::string(name_of(each.param)); });

class KillChange : public Kill, public testing::WithParamInterface<const char*> {};

TEST_P(KillChange, OnTheDeviceIsTold) {
  const std::string when = GetParam();
  world.bridge().skip_output();
  cpe->process().skip_output();
  cpe->process().write_line("set 1 " + kWatched + " changed");
  if (when == "notified") {
    ASSERT_TRUE(world.bridge().wait_for_text("4 VALUE CHANGE"));
  } else if (when != "changed") {
    ASSERT_TRUE(cpe->wait_for(when)) << world.bridge().output() << cpe->process().output();
  }
  kill_and_restart();

  EXPECT_TRUE(world.controller().wait_for_notify(value_change("changed"), kLong))
      << world.bridge().output();
  expect_all_is_there();
}

INSTANTIATE_TEST_SUITE_P(Moments, KillChange,
                         testing::Values("changed", "session_begin", "inform", "session_end",
                                         "notified"),
                         [](const auto& each) { return std::string(each.param); });

// ---- commands ----------------------------------------------------------------------------------

class KillCommand : public Kill, public testing::WithParamInterface<Moment> {
 protected:
  KillCommand() : Kill("operation_deadline: 5s") {}

  int reboots() {
    std::string output = cpe->process().output();
    int count = 0;
    for (std::size_t at = 0; (at = output.find("\"event\":\"reboot\"", at)) != std::string::npos;
         ++at) {
      ++count;
    }
    return count;
  }
};

TEST_P(KillCommand, RebootIsDoneOnceAndBootIsTold) {
  subscribe("boot", "Event", "Device.Boot!");

  kill_during(usp_controller::operate("Device.Reboot()", {}, "key-1"), "Reboot", GetParam());

  if (GetParam() != Moment::kAtOnce) {
    auto got = answer();
    ASSERT_TRUE(got) << world.bridge().output();
    const auto& results = got->body().response().operate_resp().operation_results();
    ASSERT_EQ(results.size(), 1) << got->ShortDebugString();
    // Whether a device that was not heard of again is about to reboot cannot be known.
    if (GetParam() == Moment::kOpen) {
      EXPECT_TRUE(results[0].has_req_output_args() || results[0].cmd_failure().err_code() == 7802u)
          << got->ShortDebugString();
    } else {
      EXPECT_TRUE(results[0].has_req_output_args()) << got->ShortDebugString();
      auto boot = world.controller().wait_for_notify(
          [](const Notification& each) { return each.notify.event().event_name() == "Boot!"; },
          kLong);
      ASSERT_TRUE(boot);
      EXPECT_THAT(boot->notify.event().params(), Contains(Pair("CommandKey", "key-1")));
    }
  }
  expect_all_is_there();
  EXPECT_LE(reboots(), 1);
}

TEST_P(KillCommand, ADiagnosticStillCompletes) {
  subscribe("done", "OperationComplete", "Device.IP.Diagnostics.IPPing()");

  kill_during(
      usp_controller::operate("Device.IP.Diagnostics.IPPing()", {{"Host", "192.0.2.1"}}, "k"),
      "SetParameterValues", GetParam());

  if (GetParam() != Moment::kAtOnce) {
    auto got = answer();
    ASSERT_TRUE(got);
    EXPECT_THAT(usp_controller::failures_of(*got), IsEmpty());
    auto done = world.controller().wait_for_notify(is_complete, kLong);
    ASSERT_TRUE(done) << world.bridge().output() << cpe->process().output();
    EXPECT_EQ(done->notify.oper_complete().command_key(), "k");
    EXPECT_THAT(done->notify.oper_complete().req_output_args().output_args(),
                Contains(Pair("SuccessCount", "3")))
        << done->notify.ShortDebugString();
  } else if (answer_if_any()) {
    EXPECT_TRUE(world.controller().wait_for_notify(is_complete, kLong));
  }
  expect_all_is_there();
}

INSTANTIATE_TEST_SUITE_P(Moments, KillCommand,
                         testing::Values(Moment::kAtOnce, Moment::kStored, Moment::kOpen,
                                         Moment::kDone),
                         [](const auto& each) { return std::string(name_of(each.param)); });

TEST_F(Kill, ADiagnosticThatRunsOnTheDeviceStillCompletes) {
  subscribe("done", "OperationComplete", "Device.IP.Diagnostics.IPPing()");
  cpe->process().skip_output();
  send(usp_controller::operate("Device.IP.Diagnostics.IPPing()", {{"Host", "192.0.2.1"}}, "k"));
  ASSERT_TRUE(cpe->process().wait_for_text("DiagnosticsState"));
  ASSERT_TRUE(cpe->wait_for("session_end"));

  kill_and_restart();

  auto done = world.controller().wait_for_notify(is_complete, kLong);
  ASSERT_TRUE(done) << world.bridge().output() << cpe->process().output();
  EXPECT_THAT(done->notify.oper_complete().req_output_args().output_args(),
              Contains(Pair("SuccessCount", "3")));
  expect_all_is_there();
}

TEST_F(Kill, ATimerStillGoesOff) {
  subscribe("timer", "OperationComplete", "Device.ScheduleTimer()");
  send(usp_controller::operate("Device.ScheduleTimer()", {{"DelaySeconds", "2"}}, "t"));
  auto got = answer();
  ASSERT_TRUE(got);
  EXPECT_THAT(instances("Device.LocalAgent.Request."), SizeIs(1));

  kill_and_restart();

  EXPECT_THAT(instances("Device.LocalAgent.Request."), SizeIs(1));
  auto done = world.controller().wait_for_notify(is_complete, kLong);
  ASSERT_TRUE(done) << world.bridge().output();
  EXPECT_EQ(done->notify.oper_complete().command_key(), "t");
  EXPECT_TRUE(done->notify.oper_complete().has_req_output_args());
  expect_all_is_there();
}

TEST_F(Kill, ATimerThatWasDueMeanwhileGoesOffAtTheStart) {
  subscribe("timer", "OperationComplete", "Device.ScheduleTimer()");
  send(usp_controller::operate("Device.ScheduleTimer()", {{"DelaySeconds", "1"}}));
  ASSERT_TRUE(answer());
  world.kill_bridge();
  // Waits for the device's retry after a failed session: by then the timer is overdue.
  cpe->command("inform");
  ASSERT_TRUE(cpe->process().wait_for_text("\"retry\":1"));
  world.start_bridge();

  EXPECT_TRUE(world.controller().wait_for_notify(is_complete, kLong)) << world.bridge().output();
  expect_all_is_there();
}

}  // namespace
}  // namespace integration
