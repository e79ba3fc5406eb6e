// What a device calls on the ACS, told to controllers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"

namespace integration {
namespace {

using testing::Contains;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using usp_controller::Notification;

auto event(const std::string& name) {
  return [name](const Notification& each) { return each.notify.event().event_name() == name; };
}

class CwmpRequests : public testing::Test {
 protected:
  void subscribe(const std::string& id, const std::string& type, const std::string& path) {
    auto answer = world.ask(*cpe, usp_controller::subscribe(id, type, path, true));
    ASSERT_THAT(usp_controller::failures_of(answer), IsEmpty());
  }

  World world;
  std::unique_ptr<Cpe> cpe = world.device("1", "tr181-modules.csv");
};

TEST_F(CwmpRequests, AUnitThatVanishesByItselfIsToldAndItsRowIsGone) {
  subscribe("du", "Event", "Device.SoftwareModules.DUStateChange!");
  subscribe("rows", "ObjectDeletion", "Device.SoftwareModules.DeploymentUnit.");
  const std::string row = "Device.SoftwareModules.DeploymentUnit.1.";

  cpe->command("delete", row);
  cpe->command("request", "AutonomousDUStateChangeComplete u-1");

  auto told = world.controller().wait_for_notify(event("DUStateChange!"), kLong);
  ASSERT_TRUE(told) << world.bridge().output();
  EXPECT_THAT(told->notify.event().params(), Contains(Pair("UUID", "u-1")));
  EXPECT_THAT(told->notify.event().params(), Contains(Pair("OperationPerformed", "Uninstall")));
  EXPECT_THAT(told->notify.event().params(), Contains(Pair("Fault.FaultCode", "0")));
  EXPECT_TRUE(world.controller().wait_for_notify(
      [&row](const Notification& each) { return each.notify.obj_deletion().obj_path() == row; },
      kLong))
      << world.bridge().output();
}

TEST_F(CwmpRequests, ATransferOfSomebodyElseIsToldAndWhatItChangedIsRead) {
  subscribe("transfer", "Event", "Device.LocalAgent.TransferComplete!");
  cpe->command("set", "Device.WiFi.SSID.2.SSID from-a-file");
  cpe->command("request", "AutonomousTransferComplete http://files.example/config");

  auto told = world.controller().wait_for_notify(event("TransferComplete!"), kLong);
  ASSERT_TRUE(told) << world.bridge().output();
  EXPECT_THAT(told->notify.event().params(),
              Contains(Pair("TransferURL", "http://files.example/config")));
  // The session that told it goes on with reading; the next answer comes after it.
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_EQ(world.read(*cpe, "Device.WiFi.SSID.2.SSID"), "from-a-file");
}

TEST_F(CwmpRequests, KickedAndRequestDownloadAreAnswered) {
  for (const std::string request : {"Kicked http://portal.example/", "RequestDownload"}) {
    cpe->process().skip_output();
    cpe->process().write_line("request 1 " + request);
    auto end = cpe->process().wait_for_line([](const std::string& line) {
      return line.find("\"event\":\"session_end\"") != std::string::npos;
    });
    ASSERT_TRUE(end) << request;
    EXPECT_NE(end->find("\"ok\":true"), std::string::npos) << *end;
  }
}

}  // namespace
}  // namespace integration
