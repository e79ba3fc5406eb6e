// The real process under something that plays systemd.
#include <gmock/gmock.h>
#include <signal.h>

#include "tests/integration/world.h"
#include "tests/support/notify_socket.h"

namespace integration {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ServiceManagerProcess : public testing::Test {
 protected:
  support::TemporaryDirectory directory;
  support::NotifySocket socket{directory.file("notify")};
  World world{WorldOptions{
      .environment = {"NOTIFY_SOCKET=" + socket.name(), "WATCHDOG_USEC=100000", "WATCHDOG_PID="}}};
};

TEST_F(ServiceManagerProcess, IsReadyAliveReloadedAndStopping) {
  EXPECT_THAT(socket.next().value_or(""), StartsWith("READY=1\nSTATUS=Serving"));
  EXPECT_TRUE(socket.next_with("WATCHDOG=1\nSTATUS=Serving"));
  EXPECT_TRUE(socket.next_with("WATCHDOG=1\nSTATUS=Serving"));
  world.bridge().signal(SIGHUP);
  EXPECT_THAT(socket.next_with("RELOADING=1").value_or(""), HasSubstr("\nMONOTONIC_USEC="));
  EXPECT_TRUE(socket.next_with("READY=1"));
  world.bridge().signal(SIGTERM);
  EXPECT_TRUE(socket.next_with("STOPPING=1"));
  EXPECT_EQ(world.bridge().wait_for_exit(), 0);
}

TEST_F(ServiceManagerProcess, SaysInItsStatusWhatIsMissing) {
  world.broker().kill();
  EXPECT_TRUE(socket.next_with("WATCHDOG=1\nSTATUS=Serving, not ready; mqtt: not connected"));
}

}  // namespace
}  // namespace integration
