#include "bridge/event_hub.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>

namespace bridge {
namespace {

using control::Happening;
using testing::ElementsAre;
using testing::IsEmpty;

Happening changed(std::string value) {
  Happening happening;
  happening.what = control::ValueChanged{"Device.X", std::move(value)};
  return happening;
}

/// What one watcher heard.
struct Heard {
  std::vector<std::string> values;
  control::HappeningSink sink() {
    return [this](const Happening& happening) {
      values.push_back(std::get<control::ValueChanged>(happening.what).value);
    };
  }
};

TEST(EventHub, TellsAWatcherWhatHappensFromThenOnInOrder) {
  EventHub hub;
  Heard heard;
  hub.publish(changed("before"));
  auto watch = hub.watch(heard.sink());
  hub.publish(changed("1"));
  hub.publish(changed("2"));
  EXPECT_THAT(heard.values, ElementsAre("1", "2"));
}

TEST(EventHub, TellsEveryWatcher) {
  EventHub hub;
  Heard first;
  Heard second;
  auto watch_first = hub.watch(first.sink());
  auto watch_second = hub.watch(second.sink());
  hub.publish(changed("1"));
  EXPECT_THAT(first.values, ElementsAre("1"));
  EXPECT_THAT(second.values, ElementsAre("1"));
}

TEST(EventHub, FallsSilentForAWatcherWhoseHandleIsGone) {
  EventHub hub;
  Heard gone;
  Heard stays;
  auto watch_gone = hub.watch(gone.sink());
  auto watch_stays = hub.watch(stays.sink());
  watch_gone.reset();
  hub.publish(changed("1"));
  EXPECT_THAT(gone.values, IsEmpty());
  EXPECT_THAT(stays.values, ElementsAre("1"));
}

TEST(EventHub, KnowsWhetherAnybodyWatches) {
  EventHub hub;
  EXPECT_FALSE(hub.watched());
  auto first = hub.watch([](const Happening&) {});
  auto second = hub.watch([](const Happening&) {});
  EXPECT_TRUE(hub.watched());
  first.reset();
  EXPECT_TRUE(hub.watched());
  second.reset();
  EXPECT_FALSE(hub.watched());
}

TEST(EventHub, LetsAHandleOutliveIt) {
  std::shared_ptr<void> watch;
  {
    EventHub hub;
    watch = hub.watch([](const Happening&) {});
  }
  watch.reset();
}

TEST(EventHub, LetsASinkWatchToo) {
  EventHub hub;
  Heard late;
  std::shared_ptr<void> inner;
  auto outer = hub.watch([&](const Happening&) {
    if (!inner) inner = hub.watch(late.sink());
  });
  hub.publish(changed("1"));
  hub.publish(changed("2"));
  EXPECT_THAT(late.values, ElementsAre("2"));
}

TEST(EventHub, ReleasesTheSinkWithItsHandle) {
  EventHub hub;
  auto token = std::make_shared<int>(0);
  auto watch = hub.watch([token](const Happening&) {});
  EXPECT_EQ(token.use_count(), 2);
  watch.reset();
  EXPECT_EQ(token.use_count(), 1);
}

}  // namespace
}  // namespace bridge
