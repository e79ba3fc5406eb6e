// usp-bridgectl against the running bridge: what it prints, and how it exits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/run_program.h"
#include "tests/integration/world.h"
#include "tests/support/file_server.h"

namespace integration {
namespace {

using support::Process;
using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";

Ended run(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  return run_program(USP_BRIDGECTL, std::move(arguments), std::move(environment));
}

struct Ctl : testing::Test {
  Ctl() : cpe(world.device("1")) { EXPECT_TRUE(cpe->wait_for("session_end")); }

  std::vector<std::string> with_address(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(),
                     {"--address", "127.0.0.1:" + std::to_string(world.grpc_port())});
    return arguments;
  }
  Ended ctl(std::vector<std::string> arguments) const {
    return run(with_address(std::move(arguments)));
  }

  World world;
  std::unique_ptr<Cpe> cpe;
};

TEST_F(Ctl, ListsDevices) {
  Ended devices = ctl({"devices"});

  EXPECT_EQ(devices.status, 0) << devices.output;
  EXPECT_THAT(
      devices.output,
      AllOf(ContainsRegex("DEVICE +STATE +MANUFACTURER +SOFTWARE +LAST INFORM"),
            ContainsRegex(cpe->endpoint_id() + " +online +Example +1.4.2 +20[0-9-]+T[0-9:]+Z")));
}

TEST_F(Ctl, TakesTheAddressFromTheEnvironment) {
  Ended devices =
      run({"devices"}, {"USP_BRIDGECTL_ADDRESS=127.0.0.1:" + std::to_string(world.grpc_port())});

  EXPECT_EQ(devices.status, 0) << devices.output;
}

TEST_F(Ctl, GetsParametersAndFailsWhenAPathNamesNothing) {
  Ended good = ctl({"get", cpe->endpoint_id(), kSsid});
  EXPECT_EQ(good.status, 0) << good.output;
  EXPECT_THAT(good.output, HasSubstr(kSsid + " = Home-1"));

  Ended bad = ctl({"get", cpe->endpoint_id(), kSsid, "Device.Nothing."});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.output,
              AllOf(HasSubstr("Home-1"), HasSubstr("Device.Nothing.: "), HasSubstr("(7026)")));
}

TEST_F(Ctl, SetsParametersAndSaysWhatWasRefused) {
  Ended good = ctl({"set", cpe->endpoint_id(), kSsid + "=a=b"});
  EXPECT_EQ(good.status, 0) << good.output;
  EXPECT_EQ(cpe->command("get", kSsid), "a=b");

  Ended refused = ctl({"set", cpe->endpoint_id(), "Device.DHCPv4.Server.Pool.1.LeaseTime=soon"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_THAT(refused.output, AllOf(HasSubstr("usp-bridgectl: USP 70"),
                                    HasSubstr("Device.DHCPv4.Server.Pool.1.LeaseTime"),
                                    HasSubstr("(INVALID_ARGUMENT)")));

  Ended wrong = ctl({"set", cpe->endpoint_id(), kSsid});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.output, HasSubstr("expected PATH=VALUE: " + kSsid));
}

TEST_F(Ctl, AddsAndDeletesARow) {
  Ended added = ctl({"add", cpe->endpoint_id(), "Device.NAT.PortMapping.", "ExternalPort=8081"});
  EXPECT_EQ(added.status, 0) << added.output;
  EXPECT_THAT(added.output, HasSubstr("Device.NAT.PortMapping.2."));
  EXPECT_EQ(cpe->command("get", "Device.NAT.PortMapping.2.ExternalPort"), "8081");

  EXPECT_EQ(ctl({"delete", cpe->endpoint_id(), "Device.NAT.PortMapping.2."}).status, 0);
  Ended again = ctl({"delete", cpe->endpoint_id(), "Device.NAT.PortMapping.2."});
  EXPECT_EQ(again.status, 3);
  EXPECT_THAT(again.output, HasSubstr("(NOT_FOUND)"));
}

TEST_F(Ctl, RunsACommandAndListsIt) {
  Ended ping = ctl(
      {"run", cpe->endpoint_id(), "Device.IP.Diagnostics.IPPing()", "Host=192.0.2.1", "--wait"});
  EXPECT_EQ(ping.status, 0) << ping.output;
  EXPECT_THAT(ping.output, AllOf(HasSubstr("\tSUCCEEDED\tOperate Device.IP.Diagnostics.IPPing()"),
                                 HasSubstr("  SuccessCount = 3")));

  Ended failed = ctl({"run", cpe->endpoint_id(), "Device.DeviceInfo.FirmwareImage.1.Download()",
                      "URL=ftp://files.example/f", "--wait"});
  EXPECT_EQ(failed.status, 1);
  EXPECT_THAT(failed.output, HasSubstr("\tFAILED\t"));

  Ended listed = ctl({"operations", cpe->endpoint_id()});
  EXPECT_EQ(listed.status, 0) << listed.output;
  EXPECT_THAT(listed.output, AllOf(ContainsRegex("/operations/1 +SUCCEEDED"),
                                   ContainsRegex("/operations/2 +FAILED")));
}

TEST_F(Ctl, WatchesUntilTheBridgeIsGone) {
  Process watching(USP_BRIDGECTL, with_address({"watch", cpe->endpoint_id(), "--once"}));
  // The first events may lie before the watch: it informs until one is seen.
  do {
    cpe->command("inform");
  } while (!watching.wait_for_text("inform {", std::chrono::seconds(2)));

  world.kill_bridge();

  EXPECT_EQ(watching.wait_for_exit(), 5) << watching.output();
  EXPECT_THAT(watching.output(), HasSubstr("(UNAVAILABLE)"));
}

TEST_F(Ctl, FiltersByTagsAndPrintsJson) {
  EXPECT_EQ(ctl({"tag", cpe->endpoint_id(), "lab", "old"}).status, 0);
  EXPECT_EQ(ctl({"tag", cpe->endpoint_id(), "old-"}).status, 0);
  EXPECT_EQ(ctl({"name", cpe->endpoint_id(), "hall 3"}).status, 0);

  Ended found = ctl({"-o", "json", "devices", "--filter", "tags:lab AND NOT tags:old"});
  EXPECT_EQ(found.status, 0) << found.output;
  EXPECT_THAT(found.output,
              AllOf(HasSubstr("\"display_name\":\"hall 3\""), HasSubstr("\"tags\":[\"lab\"]")));
  Ended none = ctl({"-o", "json", "devices", "--filter", "tags:old"});
  EXPECT_THAT(none.output, Not(HasSubstr("endpoint_id")));
  Ended bad = ctl({"devices", "--filter", "tags = lab"});
  EXPECT_EQ(bad.status, 1);
  EXPECT_THAT(bad.output, HasSubstr("tags is a list"));
}

TEST_F(Ctl, ReadsFromTheDeviceAndItsWholeTree) {
  cpe->command("set", "Device.DHCPv4.Server.Pool.1.LeaseTime 4711");
  Ended live = ctl({"get", cpe->endpoint_id(), "Device.DHCPv4.Server.Pool.1.LeaseTime", "--live"});
  EXPECT_THAT(live.output, HasSubstr("LeaseTime = 4711"));
  Ended tree = ctl({"tree", cpe->endpoint_id(), "Device.WiFi."});
  EXPECT_THAT(tree.output, AllOf(HasSubstr(kSsid + " = Home-1"), Not(HasSubstr("Device.DHCPv4"))));
  Ended refreshed = ctl({"refresh", cpe->endpoint_id(), "Device.WiFi."});
  EXPECT_EQ(refreshed.status, 0) << refreshed.output;
  EXPECT_THAT(refreshed.output, HasSubstr(" parameters read"));
}

TEST_F(Ctl, RebootsAndWaitsForTheEnd) {
  Ended reboot = ctl({"reboot", cpe->endpoint_id(), "--wait"});
  EXPECT_EQ(reboot.status, 0) << reboot.output;
  EXPECT_THAT(reboot.output, HasSubstr("\tSUCCEEDED\tOperate Device.Reboot()"));
  EXPECT_TRUE(cpe->wait_for("reboot"));
}

TEST_F(Ctl, HasADeviceComeInByItself) {
  Ended scheduled = ctl({"schedule-inform", cpe->endpoint_id(), "1", "--wait"});
  EXPECT_EQ(scheduled.status, 0) << scheduled.output;
  EXPECT_THAT(scheduled.output,
              HasSubstr("\tSUCCEEDED\tOperate Device.X_USPBRIDGE_ScheduleInform()"));
  EXPECT_TRUE(world.bridge().wait_for_text("3 SCHEDULED"));
  EXPECT_EQ(ctl({"schedule-inform", cpe->endpoint_id(), "0"}).status, 2);

  EXPECT_THAT(ctl({"operations", "-o", "json"}).output, HasSubstr("\"name\":\"devices/"))
      << "options of the program may be after the command";
  Ended all = ctl({"operations"});
  EXPECT_EQ(all.status, 0) << all.output;
  EXPECT_THAT(all.output, HasSubstr("devices/" + cpe->endpoint_id() + "/operations/"));
  EXPECT_THAT(ctl({"operations", "--filter", "state = FAILED"}).output,
              Not(HasSubstr("/operations/")));
  EXPECT_EQ(ctl({"operations", "--filter", "nonsense"}).status, 1);
}

TEST_F(Ctl, MovesFilesToAndFromTheDevice) {
  support::FileServer files;
  files.offer("fw-2.0.1.bin", "firmware");
  Ended backup = ctl({"backup", cpe->endpoint_id(), files.url("kept"), "--wait"});
  EXPECT_EQ(backup.status, 0) << backup.output;
  EXPECT_THAT(backup.output, HasSubstr("VendorConfigFile.1.Backup()"));
  EXPECT_EQ(ctl({"upload", cpe->endpoint_id(), files.url("log"), "--wait"}).status, 0);
  Ended later =
      ctl({"download", cpe->endpoint_id(), files.url("fw-2.0.1.bin"), "--activate-later"});
  EXPECT_EQ(later.status, 1) << later.output;
  EXPECT_THAT(later.output, HasSubstr("(FAILED_PRECONDITION)"));
  Ended download = ctl({"download", cpe->endpoint_id(), files.url("fw-2.0.1.bin"), "--wait"});
  EXPECT_EQ(download.status, 0) << download.output;
  EXPECT_THAT(download.output, HasSubstr("\tSUCCEEDED\t"));
}

TEST_F(Ctl, FreezesThawsAndExplains) {
  Ended frozen = ctl({"freeze", "--all", "--reason", "core network"});
  ASSERT_EQ(frozen.status, 0) << frozen.output;
  const std::size_t at = frozen.output.find("freezes/");
  ASSERT_NE(at, std::string::npos) << frozen.output;
  const std::string name = frozen.output.substr(at, frozen.output.find('\n', at) - at);
  EXPECT_THAT(ctl({"freezes"}).output, ContainsRegex(name + " +all .*core network"));
  Ended refused = ctl({"set", cpe->endpoint_id(), kSsid + "=no"});
  EXPECT_EQ(refused.status, 6);
  EXPECT_THAT(refused.output, HasSubstr("frozen"));
  EXPECT_THAT(ctl({"explain", cpe->endpoint_id()}).output, HasSubstr("frozen: all"));

  EXPECT_EQ(ctl({"thaw", name}).status, 0);
  EXPECT_EQ(ctl({"set", cpe->endpoint_id(), kSsid + "=yes"}).status, 0);
  EXPECT_EQ(ctl({"freeze"}).status, 2);
}

TEST_F(Ctl, SaysWhatADeviceWouldBeSentAndSendsNothing) {
  Ended dry = ctl({"set", cpe->endpoint_id(), kSsid + "=dry", "--dry-run"});
  EXPECT_EQ(dry.status, 0) << dry.output;
  EXPECT_THAT(dry.output, AllOf(HasSubstr("SetParameterValues"), HasSubstr(kSsid + " = dry")));
  EXPECT_EQ(cpe->command("get", kSsid), "Home-1");
}

TEST_F(Ctl, ChangesManyDevicesAndSaysHowItWent) {
  Ended bulk = ctl({"bulk", "set", "--filter", "oui = 00D09E", kSsid + "=many"});
  EXPECT_EQ(bulk.status, 0) << bulk.output;
  EXPECT_THAT(bulk.output, HasSubstr("\tSUCCEEDED\t1 devices, 1 succeeded"));
  EXPECT_EQ(cpe->command("get", kSsid), "many");
  EXPECT_THAT(ctl({"bulk", "results", "bulkOperations/1"}).output,
              ContainsRegex(cpe->endpoint_id() + " +SUCCEEDED"));
  EXPECT_EQ(ctl({"bulk", "set", kSsid + "=many"}).status, 2) << "of which devices?";
  Ended all = ctl({"bulk", "set", "--all", kSsid + "=all"});
  EXPECT_EQ(all.status, 0) << all.output;
}

TEST_F(Ctl, ListsControllersAndRoles) {
  EXPECT_THAT(ctl({"controllers"}).output, ContainsRegex("self::ctl +roles/full +BROKER"));
  EXPECT_THAT(ctl({"roles"}).output, ContainsRegex("roles/read-only +Device. +r--n"));
}

TEST_F(Ctl, ForgetsADevice) {
  EXPECT_EQ(ctl({"forget", cpe->endpoint_id()}).status, 0);

  EXPECT_THAT(ctl({"devices"}).output, Not(HasSubstr(cpe->endpoint_id())));
  Ended again = ctl({"forget", cpe->endpoint_id()});
  EXPECT_EQ(again.status, 3);
  EXPECT_THAT(again.output, HasSubstr("no such device: devices/" + cpe->endpoint_id()));
}

TEST_F(Ctl, GivesUpOnASleepingDeviceAtItsTimeout) {
  cpe->command("sleep");

  Ended set = run({"--address", "127.0.0.1:" + std::to_string(world.grpc_port()), "--timeout", "1",
                   "set", cpe->endpoint_id(), kSsid + "=late"});

  EXPECT_EQ(set.status, 4);
  EXPECT_THAT(set.output, HasSubstr("(DEADLINE_EXCEEDED)"));
}

TEST(CtlAlone, SaysThatNobodyListens) {
  Ended devices =
      run({"--address", "127.0.0.1:" + std::to_string(support::free_port()), "devices"});

  EXPECT_EQ(devices.status, 5);
  EXPECT_THAT(devices.output, HasSubstr("(UNAVAILABLE)"));
}

TEST(CtlAlone, PrintsCompletionsThatBashTakes) {
  Ended completion = run({"completion", "bash"});
  ASSERT_EQ(completion.status, 0);
  Process bash("/bin/bash",
               {"-c", completion.output +
                          "\nCOMP_WORDS=(usp-bridgectl --address x bulk set --conc)\nCOMP_CWORD=5\n"
                          "_usp_bridgectl\necho \"found: ${COMPREPLY[*]}\""});
  EXPECT_TRUE(bash.wait_for_text("found: --concurrency")) << bash.output();
  EXPECT_EQ(run({"completion", "zsh"}).status, 0);
}

TEST(CtlAlone, SaysWhatIsWrongWithItsArguments) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"nonsense"},
                                             {"get"},
                                             {"set", "device"},
                                             {"--timeout", "0", "devices"},
                                             {"--timeout", "soon", "devices"}}) {
    Ended ended = run(arguments);
    EXPECT_EQ(ended.status, 2) << ended.output;
    EXPECT_THAT(ended.output, HasSubstr("--help"));
  }
}

}  // namespace
}  // namespace integration
