#include "bridge/config_changes.h"

#include <gmock/gmock.h>

#include "bridge/config.h"

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

GivenSettings given(const char* yaml) { return parse_config(yaml, "test", {}).value().given; }

TEST(ConfigChanges, TellWhatTakesEffectFromWhatTakesARestart) {
  const auto before = given("log: {level: info}\ncwmp: {port: 7547}\n");
  const auto now = given("log: {level: debug}\ncwmp: {port: 7548}\nbrakes: {instances: 5}\n");
  const ConfigChanges changes = changes_between(before, before, now);
  EXPECT_THAT(changes.take_effect, ElementsAre("brakes.instances", "log.level"));
  EXPECT_THAT(changes.need_restart, ElementsAre("cwmp.port"));
}

TEST(ConfigChanges, OfAListAreOfAllOfIt) {
  const auto before = given("brakes: {denied_paths: [Device.A., Device.B.]}\n");
  for (const char* other : {"brakes: {denied_paths: [Device.A.]}\n", "brakes: {denied_paths: []}\n",
                            "{}", "brakes: {denied_paths: [Device.A., Device.C.]}\n"}) {
    EXPECT_THAT(changes_between(before, before, given(other)).take_effect,
                ElementsAre("brakes.denied_paths"))
        << other;
  }
  EXPECT_THAT(changes_between(before, before, before).take_effect, IsEmpty());
}

// What waits for a restart is said at every reload, until it is taken back.
TEST(ConfigChanges, ThatWaitForARestartAreComparedWithTheStart) {
  const auto start = given("cwmp: {port: 7547}\nlog: {level: info}\n");
  const auto last = given("cwmp: {port: 7548}\nlog: {level: debug}\n");
  EXPECT_THAT(changes_between(start, last, last).need_restart, ElementsAre("cwmp.port"));
  EXPECT_THAT(changes_between(start, last, last).take_effect, IsEmpty());
  EXPECT_THAT(changes_between(start, last, start).need_restart, IsEmpty());
  EXPECT_THAT(changes_between(start, last, start).take_effect, ElementsAre("log.level"));
}

TEST(ConfigChanges, OnlyOfSettingsThatThereAre) {
  const std::vector<std::string> all = config_settings();
  for (const char* name :
       {"log.level", "grpc.clients", "grpc.roles", "brakes.bulk_devices", "brakes.denied_paths",
        "brakes.instances", "cwmp.profiles", "cwmp.connection_request.allow"}) {
    EXPECT_TRUE(is_reloadable(name)) << name;
    EXPECT_TRUE(std::ranges::any_of(all, [&](const std::string& each) {
      return each.starts_with(name);
    })) << name;
  }
  EXPECT_FALSE(is_reloadable("grpc.listen"));
}

}  // namespace
}  // namespace bridge
