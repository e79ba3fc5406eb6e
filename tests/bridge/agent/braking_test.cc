// The brakes as one agent keeps to them: at its door, in its queue, and in dry runs.
#include <gmock/gmock.h>

#include "tests/bridge/service_fixture.h"
#include "tests/tools/usp_controller/requests.h"

namespace bridge {
namespace {

using namespace test;
using namespace usp_controller;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kSubscriptions = "Device.LocalAgent.Subscription.";

Config with_denied() {
  Config out = test::config();
  out.brakes.denied_paths = {"Device.WiFi.SSID.*.Name", "Device.FactoryReset()"};
  return out;
}

class Braking : public ServiceTest {
 protected:
  Braking() : ServiceTest(with_denied()) {
    device = add_device({{kSsid, "Home"},
                         {"Device.WiFi.SSID.1.Name", "wl0"},
                         {"Device.NAT.PortMapping.1.Alias", "cpe-1"},
                         {"Device.NAT.PortMapping.1.Description", "tv"}});
    northbound->start();
  }
  ~Braking() override { northbound->stop({}); }

  void freeze(FreezeScope scope, const std::string& controller = {}) {
    FreezeRow row;
    row.id = 1;
    row.scope = static_cast<int>(scope);
    row.controller = controller;
    row.reason = "why not";
    brakes.put(row);
  }
  control::DryRun dry_run(usp_msg::Msg msg) {
    return run(on_strand(device, device->agent().dry_run(std::move(msg), "grpc:noc"))).value();
  }
  std::uint32_t code_of(const control::DryRun& trial) {
    return trial.refused ? trial.refused->body().error().err_code() : 0;
  }
  /// "SetParameterValues Device.X=1"; the type is left out.
  static std::vector<std::string> lines_of(const control::DryRun& trial) {
    std::vector<std::string> out;
    for (const control::PlannedRpc& rpc : trial.rpcs) {
      std::string line = rpc.rpc + " " + rpc.object;
      for (const auto& value : rpc.values) line += value.name + "=" + value.value;
      out.push_back(line);
    }
    return out;
  }

  DevicePtr device;
};

TEST_F(Braking, RefusesWhatIsFrozenBeforeItIsStored) {
  freeze(FreezeScope::kController, "grpc");
  control::Backend::Ask ask;
  ask.requester = "grpc:noc";
  auto asking = device->agent().request(set({{"Device.WiFi.SSID.1.", {{"SSID", "x"}}}}), ask);
  const auto answer = run(on_strand(device, std::move(asking))).value();
  EXPECT_EQ(answer.body().error().err_code(), 7002U);
  EXPECT_EQ(answer.body().error().err_msg(), "frozen (controller grpc): why not");
  auto starting = device->agent().start_command("Device.Reboot()", "", {}, ask);
  const auto started = run(on_strand(device, std::move(starting)));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, 7002U);
  EXPECT_EQ(device->agent().open_operations(), 0U);
}

TEST_F(Braking, LeavesTheBridgesOwnObjectsAlone) {
  freeze(FreezeScope::kAll);
  auto asking =
      device->agent().request(subscribe("s", "ValueChange", kSsid), control::Backend::Ask{});
  const auto answer = run(on_strand(device, std::move(asking))).value();
  EXPECT_THAT(failures_of(answer), IsEmpty());
}

TEST_F(Braking, SaysWhatASetComesTo) {
  const control::DryRun trial =
      dry_run(set({{"Device.WiFi.SSID.1.", {{"SSID", "New"}}},
                   {"Device.NAT.PortMapping.1.", {{"Description", "radio"}}}}));
  EXPECT_EQ(trial.refused, nullptr);
  EXPECT_EQ(trial.steps, 2U);
  EXPECT_THAT(lines_of(trial), ElementsAre("SetParameterValues Device.WiFi.SSID.1.SSID=New"
                                           "Device.NAT.PortMapping.1.Description=radio"));
  EXPECT_EQ(device->agent().open_operations(), 0U);
  EXPECT_EQ(device->tree().find(kSsid)->value(), "Home");
}

TEST_F(Braking, SaysWhatAddAndDeleteComeTo) {
  EXPECT_THAT(lines_of(dry_run(add({{"Device.NAT.PortMapping.", {{"Description", "x"}}}}))),
              ElementsAre("AddObject Device.NAT.PortMapping.",
                          "SetParameterValues Device.NAT.PortMapping.{i}.Description=x"));
  EXPECT_THAT(lines_of(dry_run(del({"Device.NAT.PortMapping.1."}))),
              ElementsAre("DeleteObject Device.NAT.PortMapping.1."));
}

TEST_F(Braking, TriesTheBridgesOwnObjectsAndTakesThatBack) {
  const std::size_t before = device->local().instances(kSubscriptions).size();
  const auto trial = dry_run(subscribe("s", "ValueChange", kSsid));
  ASSERT_THAT(trial.rpcs, SizeIs(1));
  EXPECT_EQ(trial.rpcs[0].rpc, "bridge");
  EXPECT_EQ(trial.rpcs[0].object, kSubscriptions);
  EXPECT_EQ(device->local().instances(kSubscriptions).size(), before);
}

TEST_F(Braking, RefusesADryRunAsTheRequestWouldBe) {
  EXPECT_EQ(code_of(dry_run(set({{"Device.WiFi.SSID.1.", {{"Name", "x"}}}}))), 7006U);
  EXPECT_EQ(code_of(dry_run(set({{"Device.WiFi.SSID.9.", {{"SSID", "x"}}}}))), 7016U);
  const auto reset = dry_run(operate("Device.FactoryReset()"));
  ASSERT_NE(reset.refused, nullptr);
  EXPECT_EQ(
      reset.refused->body().response().operate_resp().operation_results(0).cmd_failure().err_code(),
      7006U);
  freeze(FreezeScope::kAll);
  EXPECT_EQ(code_of(dry_run(set({{"Device.WiFi.SSID.1.", {{"SSID", "x"}}}}))), 7002U);
  EXPECT_THAT(dry_run(set({{"Device.WiFi.SSID.1.", {{"SSID", "x"}}}})).rpcs, IsEmpty());
}

TEST_F(Braking, SaysWhatACommandComesTo) {
  EXPECT_THAT(lines_of(dry_run(operate("Device.Reboot()"))), ElementsAre("Reboot "));
}

TEST_F(Braking, ExplainsTheDevice) {
  freeze(FreezeScope::kAll);
  const auto found = run(on_strand(device, device->explain())).value();
  EXPECT_THAT(found.frozen_by, ElementsAre("all"));
  EXPECT_EQ(found.mirror_parameters, 4U);
  std::vector<std::string> reasons;
  for (const control::Finding& each : found.findings) reasons.push_back(each.reason);
  EXPECT_THAT(reasons, testing::IsSupersetOf({"FROZEN", "NEVER_SEEN"}));
}

}  // namespace
}  // namespace bridge
