// One table: what a controller hears, whatever a device speaks, when all is well, when the device
// refuses, when it cannot be reached and when it vanishes. TR-098 and TR-181 devices answer alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <ostream>

#include "tests/integration/world.h"

namespace integration {
namespace {

using usp_controller::Notification;

enum class Situation {
  kGood,
  kFault,        ///< the device answers the RPC with 9002
  kUnreachable,  ///< it takes no connection request
  kVanished,     ///< it closes the connection when it has the RPC
};
constexpr std::array kSituationNames{"Good", "Fault", "Unreachable", "Vanished"};

struct Device {
  const char* name;
  const char* model;
};
constexpr std::array kDevices{Device{"Tr098", "tr098-small.csv"},
                              Device{"Tr181", "tr181-small.csv"}};

struct Row {
  const char* request;
  usp_msg::Msg (*make)();
  const char* rpc;                        ///< what does it; "*": none, whatever there is
  bool completes_later;                   ///< the code is that of OperationComplete
  std::array<std::uint32_t, 4> expected;  ///< code in each Situation; 0: done
};

usp_msg::Msg read() { return usp_controller::get({"Device.WiFi.SSID."}); }
usp_msg::Msg set() { return usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", "new"}}}}); }
usp_msg::Msg add() {
  return usp_controller::add({{"Device.NAT.PortMapping.", {{"ExternalPort", "8443"}}}});
}
usp_msg::Msg remove() { return usp_controller::del({"Device.NAT.PortMapping.1."}); }
usp_msg::Msg reboot() { return usp_controller::operate("Device.Reboot()", {}, "key"); }
usp_msg::Msg ping() {
  return usp_controller::operate("Device.IP.Diagnostics.IPPing()", {{"Host", "192.0.2.1"}}, "key");
}
usp_msg::Msg instances() { return usp_controller::instances({"Device.NAT.PortMapping."}); }
usp_msg::Msg supported() { return usp_controller::supported_dm({"Device."}); }

// Codes: good, fault, unreachable, vanished. Reads are answered from the mirror, whatever happens.
constexpr std::array kRows{
    Row{"Get", read, "*", false, {0, 0, 0, 0}},
    Row{"Set", set, "SetParameterValues", false, {0, 7020, 7801, 7802}},
    Row{"Add", add, "AddObject", false, {0, 7017, 7801, 7802}},
    Row{"Delete", remove, "DeleteObject", false, {0, 7024, 7801, 7802}},
    Row{"Operate", reboot, "Reboot", false, {0, 7022, 7801, 7802}},
    Row{"OperateLater", ping, "SetParameterValues", true, {0, 7022, 7801, 7802}},
    Row{"GetInstances", instances, "*", false, {0, 0, 0, 0}},
    Row{"GetSupportedDM", supported, "*", false, {0, 0, 0, 0}},
};

void PrintTo(const Device& device, std::ostream* out) { *out << device.model; }
void PrintTo(const Row& row, std::ostream* out) { *out << row.request; }

std::uint32_t code_of(const usp_msg::Msg& answer) {
  if (answer.body().has_error()) return answer.body().error().err_code();
  const auto& results = answer.body().response().operate_resp().operation_results();
  for (const auto& each : results) {
    if (each.has_cmd_failure()) return each.cmd_failure().err_code();
  }
  return usp_controller::failures_of(answer).empty() ? 0 : 1;
}

void bring_about(Situation situation, const char* rpc, Cpe& cpe) {
  const std::string method = rpc;
  switch (situation) {
    case Situation::kGood:
      return;
    case Situation::kFault:
      cpe.command("fault", method + "=9002");
      return;
    case Situation::kUnreachable:
      cpe.command("sleep");
      return;
    case Situation::kVanished:
      cpe.command("fault", method + "=drop");
      return;
  }
}

/// Long where an answer of the device is awaited, short where none will come.
std::string deadlines(Situation situation) {
  std::string limit = "30s";
  if (situation == Situation::kUnreachable) limit = "1s";
  if (situation == Situation::kVanished) limit = "2s";  // it has to be reached before
  return "operation_deadline: " + limit + ", command_deadline: " + limit;
}

class Grid : public testing::TestWithParam<std::tuple<Device, Row, Situation>> {};

TEST_P(Grid, IsAnswered) {
  const auto& [device, row, situation] = GetParam();
  World world(deadlines(situation));
  auto cpe = world.device("1", device.model);
  ASSERT_TRUE(cpe->wait_for("session_end"));
  world.ask(*cpe, usp_controller::subscribe("done", "OperationComplete", "Device."));
  bring_about(situation, row.rpc, *cpe);

  const auto answer = world.ask(*cpe, row.make());

  std::uint32_t code = code_of(answer);
  if (row.completes_later) {
    ASSERT_EQ(code, 0U) << answer.ShortDebugString();
    const auto told = world.controller().wait_for_notify(
        [](const Notification& each) { return each.notify.has_oper_complete(); }, kLong);
    ASSERT_TRUE(told) << world.bridge().output();
    code = told->notify.oper_complete().cmd_failure().err_code();
  }
  EXPECT_EQ(code, row.expected[static_cast<std::size_t>(situation)])
      << answer.ShortDebugString() << "\n"
      << world.bridge().output();
}

std::string cell_name(const testing::TestParamInfo<Grid::ParamType>& cell) {
  const auto& [device, row, situation] = cell.param;
  return std::string(device.name) + "_" + row.request + "_" +
         kSituationNames[static_cast<std::size_t>(situation)];
}

INSTANTIATE_TEST_SUITE_P(Each, Grid,
                         testing::Combine(testing::ValuesIn(kDevices), testing::ValuesIn(kRows),
                                          testing::Values(Situation::kGood, Situation::kFault,
                                                          Situation::kUnreachable,
                                                          Situation::kVanished)),
                         cell_name);

}  // namespace
}  // namespace integration
