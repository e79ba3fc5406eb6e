// Operations on a device that cannot be called: its session is held open for the next one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "tests/integration/world.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

usp_msg::Msg set_ssid(const std::string& value) {
  return usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", value}}}});
}

/// A CPE that informs when it is told to, and cannot be called.
class Linger : public testing::Test {
 protected:
  World world{"operation_deadline: 60s"};
  std::unique_ptr<Cpe> cpe = world.device("1", "tr181-small.csv", {"--no-connection-request"});

  /// One operation, done in a session that the device begins by itself.
  void operate_once() {
    cpe->process().skip_output();
    auto answer =
        std::async(std::launch::async, [this] { return world.ask(*cpe, set_ssid("first")); });
    ASSERT_TRUE(world.bridge().wait_for_line(
        [](const std::string& line) { return line.find(" SET ") != std::string::npos; }));
    cpe->command("inform");
    EXPECT_THAT(usp_controller::failures_of(answer.get()), IsEmpty());
  }
};

TEST_F(Linger, TheNextOperationNeedsNoWakeUp) {
  operate_once();
  for (const char* value : {"second", "third"}) {
    EXPECT_THAT(usp_controller::failures_of(world.ask(*cpe, set_ssid(value))), IsEmpty());
  }
  EXPECT_EQ(cpe->command("get", "Device.WiFi.SSID.1.SSID"), "third");
  std::string since = cpe->process().output();
  since.erase(0, since.rfind("session_begin"));
  EXPECT_THAT(since, Not(HasSubstr("session_end")));
}

TEST_F(Linger, ARebootEndsItAtOnce) {
  operate_once();
  auto answer = world.ask(*cpe, usp_controller::operate("Device.Reboot()", {}, "k"));
  EXPECT_THAT(usp_controller::failures_of(answer), IsEmpty());
  EXPECT_TRUE(cpe->process().wait_for_text("\"event\":\"reboot\"", std::chrono::seconds(6)));
}

TEST_F(Linger, DoesNotDelayTheEndOfTheBridge) {
  operate_once();
  world.bridge().signal(SIGTERM);
  EXPECT_EQ(world.bridge().wait_for_exit(std::chrono::seconds(6)), 0);
  auto end = cpe->process().wait_for_line(
      [](const std::string& line) { return line.find("session_end") != std::string::npos; });
  ASSERT_TRUE(end);
  EXPECT_THAT(*end, HasSubstr("\"ok\":true")) << "told the device so";
}

}  // namespace
}  // namespace integration
