#include "bridge/presence_watch.h"

#include <gmock/gmock.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bridge/config.h"
#include "bridge/event_hub.h"
#include "bridge/presence.h"

namespace bridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kWindow = 100'000;
constexpr std::int64_t kStart = 10'000'000;

TEST(Presence, ADeviceMayBeSilentForWhatIsSetOrFollowsFromThePeriodicInform) {
  Config config;
  config.cwmp.periodic_inform_interval = 600s;
  EXPECT_EQ(offline_after(config), 31min);
  config.cwmp.periodic_inform_interval = 0s;
  EXPECT_EQ(offline_after(config), 25h);
  config.device.offline_after = 7s;
  EXPECT_EQ(offline_after(config), 7s);
}

TEST(Presence, ADeviceIsOnlineUntilItsTimeHasRunOut) {
  Config config;
  config.device.offline_after = 7s;
  EXPECT_TRUE(is_online(config, 1000, 7999));
  EXPECT_FALSE(is_online(config, 1000, 8000));
  EXPECT_FALSE(is_online(config, 0, 1));
}

/// Devices, the store's table of last Informs, and what watchers were told.
struct PresenceWatchTest : testing::Test {
  PresenceWatchTest() {
    watch = hub.watch([this](const control::Happening& happening) {
      const bool online = std::get<control::PresenceChanged>(happening.what).online;
      told.push_back(happening.endpoint_id + (online ? " on" : " off"));
    });
  }
  /// `newest_ago`: how long before the start the newest Inform was.
  void start(std::int64_t newest_ago = 0) {
    presence.emplace(hub, std::chrono::milliseconds(kWindow), now, now - newest_ago);
  }
  void settle() {
    start();
    now += kWindow;
    sweep();
    told.clear();
  }
  void inform(const std::string& device) {
    const std::int64_t before = std::exchange(last[device], now);
    presence->on_inform(device, before, now);
  }
  void sweep() {
    auto span = presence->sweep(now);
    if (!span) return;
    for (const auto& [device, time] : last) {
      if (time <= span->after_ms || time > span->to_ms) continue;
      presence->on_found(
          device, *span, [at = time] { return at; }, now);
    }
  }
  std::vector<std::string> heard() { return std::exchange(told, {}); }

  EventHub hub;
  std::shared_ptr<void> watch;
  std::vector<std::string> told;
  std::map<std::string, std::int64_t> last;
  std::optional<PresenceWatch> presence;
  std::int64_t now = kStart;
};

TEST_F(PresenceWatchTest, TellsWhenADeviceComesAndWhenItsTimeHasRunOut) {
  settle();
  inform("a");
  EXPECT_THAT(heard(), ElementsAre("a on"));
  now += kWindow - 1;
  sweep();
  EXPECT_THAT(heard(), IsEmpty());
  now += 1;
  sweep();
  EXPECT_THAT(heard(), ElementsAre("a off"));
  now += kWindow;
  sweep();
  EXPECT_THAT(heard(), IsEmpty());
  inform("a");
  EXPECT_THAT(heard(), ElementsAre("a on"));
}

TEST_F(PresenceWatchTest, SaysNothingWhileADeviceKeepsInforming) {
  settle();
  inform("a");
  heard();
  for (int i = 0; i < 10; ++i) {
    now += kWindow / 2;
    sweep();
    inform("a");
  }
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(PresenceWatchTest, ADeviceThatIsBackBeforeItWasMissedWasNeverAway) {
  settle();
  inform("a");
  heard();
  now += kWindow + 1;
  inform("a");
  sweep();
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(PresenceWatchTest, ADeviceThatComesInDuringASweepIsNotGone) {
  settle();
  inform("a");
  heard();
  now += kWindow;
  auto span = presence->sweep(now);
  ASSERT_TRUE(span);
  inform("a");  // the store still has the old time
  presence->on_found(
      "a", *span, [this] { return last["a"]; }, now);
  EXPECT_THAT(heard(), ElementsAre("a on"));
}

TEST_F(PresenceWatchTest, NobodyWasAwayBecauseTheBridgeWas) {
  last["a"] = now - kWindow / 2;
  now += 50 * kWindow;
  start(now - last["a"]);
  sweep();
  inform("a");
  EXPECT_THAT(heard(), IsEmpty());
}

TEST_F(PresenceWatchTest, AfterARestartEveryDeviceHasItsFullTime) {
  last["a"] = now - kWindow / 2;
  last["b"] = now - 1;
  now += 50 * kWindow;
  start(50 * kWindow + 1);
  now += kWindow - 1;
  sweep();
  EXPECT_THAT(heard(), IsEmpty());
  now += 1;
  sweep();
  EXPECT_THAT(heard(), ElementsAre("a off", "b off"));
}

TEST_F(PresenceWatchTest, WhoWasAwayBeforeTheRestartComesBackAfterIt) {
  last["a"] = now - kWindow - 1;
  start(0);
  sweep();
  EXPECT_THAT(heard(), IsEmpty());
  inform("a");
  EXPECT_THAT(heard(), ElementsAre("a on"));
}

TEST_F(PresenceWatchTest, LooksForNobodyWhileNobodyWatches) {
  settle();
  inform("a");
  watch.reset();
  now += kWindow;
  EXPECT_FALSE(presence->sweep(now));
}

TEST_F(PresenceWatchTest, AClockThatGoesBackDoesNotTellOfEveryInform) {
  settle();
  now += 100 * kWindow;
  sweep();
  now -= 50 * kWindow;
  sweep();
  inform("a");
  heard();
  inform("a");
  EXPECT_THAT(heard(), IsEmpty());
}

}  // namespace
}  // namespace bridge
