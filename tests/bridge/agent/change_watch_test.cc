// How changes come to be known: by active notification, else passive, else by reading.
#include "bridge/agent/change_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using bridge::ChangeWatch;
using bridge::WatchLevel;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ChangeWatch, AsksForActiveNotificationOnce) {
  ChangeWatch watch;

  EXPECT_THAT(watch.plan({"Device.A", "Device.B"}).activate, ElementsAre("Device.A", "Device.B"));

  EXPECT_TRUE(watch.any_active());
  const ChangeWatch::Plan again = watch.plan({"Device.A", "Device.B", "Device.C"});
  EXPECT_THAT(again.activate, ElementsAre("Device.C"));
  EXPECT_THAT(again.drop, IsEmpty());
}

TEST(ChangeWatch, TurnsNotificationOffWhenTheLastSubscriberIsGone) {
  ChangeWatch watch;
  watch.plan({"Device.A", "Device.B"});

  const ChangeWatch::Plan plan = watch.plan({"Device.B"});

  EXPECT_THAT(plan.activate, IsEmpty());
  EXPECT_THAT(plan.drop, ElementsAre("Device.A"));
  EXPECT_THAT(watch.plan({"Device.B"}).drop, IsEmpty());
}

TEST(ChangeWatch, FallsBackToPassiveAndThenToReading) {
  ChangeWatch watch;
  watch.plan({"Device.A", "Device.B"});

  EXPECT_THAT(watch.refused({"Device.A"}, WatchLevel::kActive), ElementsAre("Device.A"));
  EXPECT_THAT(watch.polled(), IsEmpty());
  EXPECT_THAT(watch.refused({"Device.A"}, WatchLevel::kPassive), IsEmpty());

  EXPECT_THAT(watch.polled(), ElementsAre("Device.A"));
  EXPECT_THAT(watch.plan({"Device.A", "Device.B"}).activate, IsEmpty());
}

TEST(ChangeWatch, DoesNotAskForLessOnceNobodyWantsIt) {
  ChangeWatch watch;
  watch.plan({"Device.A"});
  watch.plan({});

  EXPECT_THAT(watch.refused({"Device.A"}, WatchLevel::kActive), IsEmpty());

  EXPECT_THAT(watch.polled(), IsEmpty());
}

TEST(ChangeWatch, APassivelyNotifiedParameterOpensNoSession) {
  ChangeWatch watch;
  watch.plan({"Device.A"});
  watch.refused({"Device.A"}, WatchLevel::kActive);

  EXPECT_FALSE(watch.any_active());
  EXPECT_THAT(watch.plan({}).drop, ElementsAre("Device.A"));
}

TEST(ChangeWatch, ReadsWhatIsBeyondItsLimit) {
  std::set<std::string> wanted;
  for (int i = 0; i < 300; ++i) wanted.insert("Device.P" + std::to_string(i));
  ChangeWatch watch;

  EXPECT_EQ(watch.plan(wanted).activate.size(), ChangeWatch::kMaxNotifying);

  EXPECT_EQ(watch.polled().size(), 300 - ChangeWatch::kMaxNotifying);
}

TEST(ChangeWatch, WhatIsReadNeedsNothingTurnedOff) {
  ChangeWatch watch;
  watch.restore("Device.A", WatchLevel::kPolled);

  EXPECT_THAT(watch.plan({}).drop, IsEmpty());
}

TEST(ChangeWatch, AsksAnewWhatTheDeviceHasForgotten) {
  ChangeWatch watch;
  watch.restore("Device.A", WatchLevel::kPolled);
  watch.restore("Device.B", WatchLevel::kActive);

  watch.forget();

  EXPECT_THAT(watch.plan({"Device.A", "Device.B"}).activate, ElementsAre("Device.A", "Device.B"));
}

}  // namespace
