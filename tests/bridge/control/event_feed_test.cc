#include "bridge/control/event_feed.h"

#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

namespace bridge::control {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

Happening changed(std::string endpoint_id, std::string value) {
  return {0, std::move(endpoint_id), ValueChanged{"Device.X", std::move(value)}};
}

struct EventFeedTest : testing::Test {
  EventFeedTest() {
    following = hub.follow([] {});
  }

  void begin(EventFeed::Wish wish = {}) {
    feed.emplace(hub, following.end, std::move(wish), 30s);
    EXPECT_TRUE(std::holds_alternative<EventFeed::Beat>(feed->next(now)));
  }
  void resume(const std::string& where) {
    feed.emplace(hub, hub.resume(where).value(), EventFeed::Wish{}, 30s);
    EXPECT_TRUE(std::holds_alternative<EventFeed::Beat>(feed->next(now)));
  }
  /// What comes until there is nothing to send: values, "beat", "ask <device>", "too slow".
  std::vector<std::string> drain() {
    std::vector<std::string> out;
    for (;;) {
      EventFeed::Step step = feed->next(now);
      if (auto* send = std::get_if<EventFeed::Send>(&step)) {
        out.push_back(std::get<ValueChanged>(send->event->happening.what).value);
        token = send->token;
      } else if (auto* beat = std::get_if<EventFeed::Beat>(&step)) {
        out.emplace_back("beat");
        token = beat->token;
      } else if (auto* ask = std::get_if<EventFeed::Ask>(&step)) {
        out.push_back("ask " + ask->endpoint_id);
        return out;
      } else if (std::holds_alternative<EventFeed::TooSlow>(step)) {
        out.emplace_back("too slow");
        return out;
      } else if (auto* wait = std::get_if<EventFeed::Wait>(&step)) {
        until = wait->until;
        return out;
      }
    }
  }

  EventLog::TimePoint now{std::chrono::hours(1)};
  EventHub hub{20'000, [this] { return now; }};
  EventHub::Following following;
  std::optional<EventFeed> feed;
  std::string token;
  EventLog::TimePoint until;
};

TEST_F(EventFeedTest, GivesEachEventOnceInOrder) {
  begin();
  hub.publish(changed("a", "1"));
  hub.publish(changed("b", "2"));
  EXPECT_THAT(drain(), ElementsAre("1", "2"));
  hub.publish(changed("a", "3"));
  EXPECT_THAT(drain(), ElementsAre("3"));
}

TEST_F(EventFeedTest, GoesOnAfterAnyTokenWithoutGapOrRepetition) {
  begin();
  std::vector<std::string> tokens;
  for (int i = 1; i <= 4; ++i) {
    hub.publish(changed("a", std::to_string(i)));
    EXPECT_THAT(drain(), ElementsAre(std::to_string(i)));
    tokens.push_back(token);
  }
  resume(tokens[1]);
  hub.publish(changed("a", "5"));  // while the replay is going on
  EXPECT_THAT(drain(), ElementsAre("3", "4", "5"));
}

TEST_F(EventFeedTest, BeatsWhenNothingElseComes) {
  begin();
  EXPECT_THAT(drain(), IsEmpty());
  EXPECT_EQ(until, now + 30s);
  now += 20s;
  hub.publish(changed("a", "1"));
  EXPECT_THAT(drain(), ElementsAre("1"));
  now += 20s;
  EXPECT_THAT(drain(), IsEmpty());
  now += 10s;
  EXPECT_THAT(drain(), ElementsAre("beat"));
  EXPECT_EQ(until, now + 30s);
}

TEST_F(EventFeedTest, ABeatLeadsPastWhatWasLeftOut) {
  begin({.endpoint_id = "a"});
  for (int i = 0; i < 100; ++i) hub.publish(changed("b", "x"));
  now += 30s;
  EXPECT_THAT(drain(), ElementsAre("beat"));
  hub.publish(changed("a", "1"));
  resume(token);
  EXPECT_THAT(drain(), ElementsAre("1"));
}

TEST_F(EventFeedTest, LeavesOutOtherKindsAndDevices) {
  EventFeed::Wish wish{.endpoint_id = "a"};
  wish.kinds.reset();
  wish.kinds.set(changed("", "").what.index());
  begin(wish);
  hub.publish({0, "a", InformHappened{}});
  hub.publish(changed("b", "1"));
  hub.publish(changed("a", "2"));
  EXPECT_THAT(drain(), ElementsAre("2"));
}

TEST_F(EventFeedTest, AsksForADeviceOnceAndAgainAfterAWhile) {
  begin({.filters = {Filter(), Filter::parse("oui=1").value()}});
  hub.publish(changed("a", "1"));
  hub.publish(changed("b", "2"));
  hub.publish(changed("a", "3"));
  DeviceInfo one;
  one.oui = "1";

  EXPECT_THAT(drain(), ElementsAre("ask a"));
  feed->on_device("a", one, now);
  EXPECT_THAT(drain(), ElementsAre("1", "ask b"));
  feed->on_device("b", std::nullopt, now);
  EXPECT_THAT(drain(), ElementsAre("3"));

  now += EventFeed::kKnownFor;
  hub.publish(changed("a", "4"));
  EXPECT_THAT(drain(), ElementsAre("ask a"));
  one.oui = "2";
  feed->on_device("a", one, now);
  EXPECT_THAT(drain(), ElementsAre("beat"));
}

TEST_F(EventFeedTest, RemembersABoundedNumberOfDevices) {
  begin({.filters = {Filter(), Filter::parse("oui=1").value()}});
  for (std::size_t i = 0; i < EventFeed::kMaxKnown; ++i) {
    feed->on_device(std::to_string(i), std::nullopt, now);
  }
  hub.publish(changed("0", "1"));
  EXPECT_THAT(drain(), IsEmpty());
  feed->on_device("one more", std::nullopt, now);
  hub.publish(changed("0", "1"));
  EXPECT_THAT(drain(), ElementsAre("ask 0"));
}

TEST_F(EventFeedTest, LetsOthersHaveTheirTurn) {
  begin({.endpoint_id = "a"});
  for (int i = 0; i < EventFeed::kMaxPassed; ++i) hub.publish(changed("b", "x"));
  hub.publish(changed("a", "1"));
  EXPECT_TRUE(std::holds_alternative<EventFeed::Again>(feed->next(now)));
  EXPECT_THAT(drain(), ElementsAre("1"));
}

TEST_F(EventFeedTest, EndsWhereTheLogHasOvertakenIt) {
  begin();
  for (int i = 0; i < 20'001; ++i) hub.publish(changed("a", "x"));
  EXPECT_THAT(drain(), ElementsAre("too slow"));
}

}  // namespace
}  // namespace bridge::control
