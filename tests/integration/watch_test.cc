// Watchers of the control API, and what becomes of its open calls when the bridge stops.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <future>

#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using support::ControlClient;
using support::Watching;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using namespace std::chrono_literals;
namespace v1 = bridge::v1;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";

struct Watch : testing::Test {
  void power_on(const std::string& settings = {}) {
    world.emplace(settings);
    client.emplace(world->grpc_port());
    cpe = world->device("1");
    ASSERT_TRUE(cpe->wait_for("session_end"));
  }
  std::string name() const { return "devices/" + cpe->endpoint_id(); }

  std::optional<World> world;
  std::optional<ControlClient> client;
  std::unique_ptr<Cpe> cpe;
};

auto informed(const std::string& code) {
  return [code](const v1::WatchEvent& event) {
    const auto& codes = event.inform().event_codes();
    return std::find(codes.begin(), codes.end(), code) != codes.end();
  };
}

auto changed(const std::string& path) {
  return [path](const v1::WatchEvent& event) { return event.value_change().path() == path; };
}

TEST_F(Watch, HearsOfADeviceFromItsFirstInformOn) {
  world.emplace();
  client.emplace(world->grpc_port());
  auto watching = client->watch();
  cpe = world->device("1");

  auto inform = watching->wait_for(informed("0 BOOTSTRAP"));
  ASSERT_TRUE(inform);
  EXPECT_EQ(inform->device(), name());
  EXPECT_GT(inform->time().seconds(), 0);
  auto ended = watching->wait_for([](const auto& event) { return event.has_session_ended(); });
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->session_ended().outcome(), v1::SessionEvent::COMPLETE);
}

TEST_F(Watch, HearsOfChangedValuesAndRows) {
  power_on();
  auto watching = client->watch(name());

  ASSERT_TRUE(client->set(name(), {{kSsid, "new"}}).ok());
  auto value = watching->wait_for(changed(kSsid));
  ASSERT_TRUE(value);
  EXPECT_EQ(value->value_change().value(), "new");

  ASSERT_TRUE(client->add(name(), "Device.NAT.PortMapping.").ok());
  auto created = watching->wait_for([](const auto& event) { return event.has_object_created(); });
  ASSERT_TRUE(created);
  EXPECT_EQ(created->object_created().path(), "Device.NAT.PortMapping.2.");

  ASSERT_TRUE(client->remove(name(), "Device.NAT.PortMapping.2.").ok());
  auto deleted = watching->wait_for([](const auto& event) { return event.has_object_deleted(); });
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->object_deleted().path(), "Device.NAT.PortMapping.2.");
}

TEST_F(Watch, HearsValuesAsAReadWouldShowThem) {
  power_on();
  auto watching = client->watch(name());
  const std::string secret = "Device.WiFi.AccessPoint.1.Security.KeyPassphrase";
  const std::string flag = "Device.WiFi.SSID.1.Enable";

  ASSERT_TRUE(client->set(name(), {{secret, "not to be told"}}).ok());
  ASSERT_TRUE(client->set(name(), {{flag, "0"}}).ok());

  std::string told;
  auto off = watching->wait_for([&](const auto& event) {
    told += event.ShortDebugString();
    return changed(flag)(event);
  });
  ASSERT_TRUE(off);
  EXPECT_EQ(off->value_change().value(), "false");
  EXPECT_THAT(told, Not(HasSubstr("not to be told")));
}

TEST_F(Watch, HearsWheneverTheStateOfAnOperationChanges) {
  power_on();
  auto watching = client->watch(name());

  auto started = client->start(name(), "Device.IP.Diagnostics.IPPing()", {{"Host", "192.0.2.1"}});
  ASSERT_TRUE(started.ok()) << started;

  std::vector<v1::Operation::State> states;
  auto ended = watching->wait_for([&](const auto& event) {
    if (event.has_operation()) states.push_back(event.operation().state());
    return event.operation().has_finish_time();
  });
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->operation().name(), started.value.name());
  EXPECT_EQ(ended->operation().output().at("SuccessCount"), "3");
  EXPECT_THAT(states,
              ElementsAre(v1::Operation::QUEUED, v1::Operation::RUNNING, v1::Operation::SUCCEEDED));
}

TEST_F(Watch, OfOneDeviceHearsNothingOfOthers) {
  power_on();
  auto other = world->device("2");
  auto watching = client->watch(name());

  other->command("inform");
  ASSERT_TRUE(other->wait_for("session_end"));
  cpe->command("inform");

  auto first = watching->wait_for([](const auto&) { return true; });
  ASSERT_TRUE(first);
  EXPECT_EQ(first->device(), name());
}

TEST_F(Watch, OfWhatIsNoDeviceNameIsRefused) {
  world.emplace();
  client.emplace(world->grpc_port());
  auto end = client->watch("ops::00D09E-Gateway-1")->end();

  ASSERT_TRUE(end);
  EXPECT_EQ(end->error_code(), grpc::StatusCode::INVALID_ARGUMENT) << end->error_message();
}

TEST_F(Watch, GoesOnWhenAnotherWatcherGoesAway) {
  power_on();
  auto stays = client->watch();
  auto goes = client->watch();

  goes->cancel();
  auto end = goes->end();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->error_code(), grpc::StatusCode::CANCELLED);
  goes.reset();
  cpe->command("inform");

  EXPECT_TRUE(stays->wait_for([](const auto& event) { return event.has_inform(); }));
  EXPECT_TRUE(client->device(name()).ok());
}

// ---- the bridge stops ---------------------------------------------------------------------------

TEST_F(Watch, EndsAtOnceAndOpenCallsSoonWhenTheBridgeStops) {
  power_on("operation_deadline: 10m");
  cpe->command("sleep");
  auto watching = client->watch();
  auto reboot = client->start(name(), "Device.Reboot()");
  ASSERT_TRUE(reboot.ok()) << reboot;
  auto set = std::async(std::launch::async, [&] {
    return client->set(name(), {{kSsid, "later"}}, 10min);
  });
  auto wait =
      std::async(std::launch::async, [&] { return client->wait(reboot.value.name(), 10min); });
  ASSERT_TRUE(
      watching->wait_for([](const auto& event) { return event.operation().kind() == "Set"; }));

  world->bridge().signal(SIGTERM);

  auto watch_end = watching->end();
  ASSERT_TRUE(watch_end);
  EXPECT_EQ(watch_end->error_code(), grpc::StatusCode::UNAVAILABLE) << watch_end->error_message();
  EXPECT_THAT(watch_end->error_message(), HasSubstr("is stopping")) << "not cut off after a grace";
  auto gone = AnyOf(grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::CANCELLED);
  EXPECT_THAT(set.get().code(), gone);
  EXPECT_THAT(wait.get().code(), gone);
  EXPECT_EQ(world->bridge().wait_for_exit(20s), 0) << world->bridge().output();
}

TEST_F(Watch, WhatWasUnderWayGoesOnAfterTheRestart) {
  power_on("operation_deadline: 10m");
  cpe->command("sleep");
  auto reboot = client->start(name(), "Device.Reboot()");
  ASSERT_TRUE(reboot.ok()) << reboot;

  world->bridge().signal(SIGTERM);
  ASSERT_EQ(world->bridge().wait_for_exit(), 0) << world->bridge().output();
  world->start_bridge();
  ControlClient again(world->grpc_port());
  EXPECT_EQ(again.operation(reboot.value.name()).value.state(), v1::Operation::QUEUED);
  cpe->command("wake");

  EXPECT_EQ(again.wait(reboot.value.name()).value.state(), v1::Operation::SUCCEEDED);
}

}  // namespace
}  // namespace integration
