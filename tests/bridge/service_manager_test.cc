// What the service manager is told, word for word.
#include "bridge/service_manager.h"

#include <gmock/gmock.h>
#include <time.h>
#include <unistd.h>

#include "tests/bridge/store/store_fixture.h"
#include "tests/support/notify_socket.h"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using support::NotifySocket;
using testing::HasSubstr;
using testing::StartsWith;

class ServiceManagerTest : public testing::Test {
 protected:
  /// Who listens at the socket of this test.
  ServiceEnvironment environment(std::string usec = "", std::string pid = "") const {
    return {.notify_socket = socket.name(), .watchdog_usec = usec, .watchdog_pid = pid};
  }
  static ServiceManager connected(const ServiceEnvironment& environment) {
    auto manager = ServiceManager::connect(environment);
    if (!manager) throw std::runtime_error(manager.error().text);
    return *std::move(manager);
  }
  static std::string refusal(const ServiceEnvironment& environment) {
    auto manager = ServiceManager::connect(environment);
    return manager ? "" : manager.error().text;
  }

  TemporaryDirectory directory;
  NotifySocket socket{(directory.path() / "notify").string()};
};

TEST_F(ServiceManagerTest, HearsThatTheServiceIsReady) {
  const auto manager = connected(environment());
  ASSERT_TRUE(manager.ready("Serving"));
  EXPECT_EQ(socket.next(), "READY=1\nSTATUS=Serving");
}

TEST_F(ServiceManagerTest, HearsWhenAReloadBegan) {
  const auto manager = connected(environment());
  const auto now_usec = [] {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  };
  const auto before = now_usec();
  ASSERT_TRUE(manager.reloading());
  const std::string message = socket.next().value_or("");
  const std::string begin = "RELOADING=1\nMONOTONIC_USEC=";
  ASSERT_THAT(message, StartsWith(begin));
  const auto said = std::stoll(message.substr(begin.size()));
  EXPECT_GE(said, before);
  EXPECT_LE(said, now_usec());
  EXPECT_THAT(message, HasSubstr("\nSTATUS="));
}

TEST_F(ServiceManagerTest, HearsThatTheServiceStops) {
  const auto manager = connected(environment());
  ASSERT_TRUE(manager.stopping());
  EXPECT_THAT(socket.next().value_or(""), StartsWith("STOPPING=1\nSTATUS="));
}

TEST_F(ServiceManagerTest, IsToldOfLifeOnlyWhereItWatches) {
  ASSERT_TRUE(connected(environment("4000000")).alive("Serving"));
  EXPECT_EQ(socket.next(), "WATCHDOG=1\nSTATUS=Serving");
  ASSERT_TRUE(connected(environment()).alive("Serving"));
  EXPECT_EQ(socket.next(), "STATUS=Serving");
}

TEST_F(ServiceManagerTest, AStatusCannotSayAnythingElse) {
  ASSERT_TRUE(connected(environment()).ready("one\nSTOPPING=1"));
  EXPECT_EQ(socket.next(), "READY=1\nSTATUS=one STOPPING=1");
}

TEST_F(ServiceManagerTest, IsToldTwiceInTheTimeItWaits) {
  EXPECT_EQ(connected(environment("30000000")).interval(), 15s);
  EXPECT_EQ(connected(environment("1")).interval(), 1ms) << "never 0";
  EXPECT_EQ(connected(environment()).interval(), 10s) << "for the status";
}

TEST_F(ServiceManagerTest, DoesNotWatchUsWhenItWatchesAnother) {
  const auto other = std::to_string(::getpid() + 1);
  EXPECT_EQ(connected(environment("30000000", other)).interval(), 10s);
  EXPECT_EQ(connected(environment("30000000", std::to_string(::getpid()))).interval(), 15s);
}

TEST_F(ServiceManagerTest, IsFoundByAnAbstractName) {
  NotifySocket abstract("@usp-bridge-test-" + std::to_string(::getpid()));
  ASSERT_TRUE(connected({.notify_socket = abstract.name()}).ready("x"));
  EXPECT_EQ(abstract.next(), "READY=1\nSTATUS=x");
}

TEST_F(ServiceManagerTest, WithoutOneNothingIsSaidAndNothingFails) {
  const auto manager = connected({});
  EXPECT_FALSE(manager.listening());
  EXPECT_TRUE(manager.ready("x"));
  EXPECT_TRUE(manager.alive("x"));
  EXPECT_TRUE(manager.stopping());
  EXPECT_FALSE(ServiceManager().listening());
}

TEST_F(ServiceManagerTest, SaysWhatIsWrongWithTheEnvironment) {
  EXPECT_THAT(refusal({.notify_socket = "vsock:2:1234"}), HasSubstr("vsock:2:1234"));
  EXPECT_THAT(refusal({.notify_socket = "@"}), HasSubstr("NOTIFY_SOCKET"));
  EXPECT_THAT(refusal({.notify_socket = "/" + std::string(107, 'x')}), HasSubstr("too long"));
  const std::string nobody = (directory.path() / "nobody").string();
  EXPECT_THAT(refusal({.notify_socket = nobody}), HasSubstr(nobody));
  for (const char* bad : {"0", "-1", "1s", "99999999999999999999"}) {
    EXPECT_THAT(refusal(environment(bad)), HasSubstr("WATCHDOG_USEC")) << bad;
  }
  EXPECT_THAT(refusal(environment("1", "me")), HasSubstr("WATCHDOG_PID"));
}

TEST_F(ServiceManagerTest, AManagerThatDoesNotReadHoldsNoBeatUp) {
  const auto manager = connected(environment("1000000"));
  Result<void> told;
  for (int i = 0; told && i < 100'000; ++i) told = manager.alive("Serving");
  ASSERT_FALSE(told) << "its queue is bounded";
  EXPECT_EQ(told.error().kind, ErrorKind::kIo);
}

}  // namespace
}  // namespace bridge
