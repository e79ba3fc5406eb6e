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

TEST(EventHub, GoesOnForTenMinutesForWhoeverFollowed) {
  EventLog::TimePoint now{std::chrono::hours(1)};
  EventHub hub(10, [&now] { return now; });
  auto following = hub.follow([] {});
  EXPECT_TRUE(hub.watched());
  following.handle.reset();
  now += EventLog::kLinger - std::chrono::milliseconds(1);
  EXPECT_TRUE(hub.watched());
  now += std::chrono::milliseconds(1);
  EXPECT_FALSE(hub.watched());
}

TEST(EventHub, KeepsNothingForThoseWhoOnlyWatch) {
  EventHub hub;
  auto watch = hub.watch([](const Happening&) {});
  hub.publish(changed("1"));
  auto following = hub.follow([] {});
  EXPECT_FALSE(hub.at(following.end));
  hub.publish(changed("2"));
  auto event = hub.at(following.end);
  ASSERT_TRUE(event);
  EXPECT_EQ(std::get<control::ValueChanged>((*event)->happening.what).value, "2");
}

TEST(EventHub, TellsAFollowerThatThereIsMore) {
  EventHub hub;
  int told = 0;
  auto following = hub.follow([&told] { ++told; });
  hub.publish(changed("1"));
  EXPECT_EQ(told, 1);
  following.handle.reset();
  hub.publish(changed("2"));
  EXPECT_EQ(told, 1);
}

TEST(EventHub, ResumesNoTokenOfAnotherProcess) {
  EventHub one;
  EventHub other;
  auto following = one.follow([] {});
  auto following_other = other.follow([] {});
  EXPECT_TRUE(one.resume(one.token(following.end)));
  EXPECT_FALSE(other.resume(one.token(following.end)));
}

TEST(EventHub, LetsAHandleOutliveIt) {
  std::shared_ptr<void> watch;
  std::shared_ptr<void> following;
  {
    EventHub hub;
    watch = hub.watch([](const Happening&) {});
    following = hub.follow([] {}).handle;
  }
  watch.reset();
  following.reset();
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
