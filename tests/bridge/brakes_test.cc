#include "bridge/brakes.h"

#include <gmock/gmock.h>

namespace bridge {
namespace {

using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

FreezeRow all(std::int64_t id = 1) {
  FreezeRow row;
  row.id = id;
  row.scope = static_cast<int>(FreezeScope::kAll);
  return row;
}

FreezeRow model(const std::string& oui, const std::string& product_class,
                const std::string& software_version) {
  FreezeRow row;
  row.id = 2;
  row.scope = static_cast<int>(FreezeScope::kModel);
  row.oui = oui;
  row.product_class = product_class;
  row.software_version = software_version;
  return row;
}

FreezeRow of_controller(const std::string& controller) {
  FreezeRow row;
  row.id = 3;
  row.scope = static_cast<int>(FreezeScope::kController);
  row.controller = controller;
  return row;
}

const BrakeSubject kSubject{"00D09E", "Gateway", "1.2.3", "self::ctl"};

Brakes with_denied(std::vector<std::string> patterns) {
  BrakesConfig config;
  config.denied_paths = std::move(patterns);
  return Brakes(config);
}

TEST(Freeze, OfAllCoversWhateverIsWrittenAlsoWhatNobodyAskedFor) {
  EXPECT_TRUE(covers(all(), kSubject));
  EXPECT_TRUE(covers(all(), {}));
}

TEST(Freeze, OfAModelCoversWhatItsPatternsFit) {
  EXPECT_TRUE(covers(model("", "", ""), kSubject));
  EXPECT_TRUE(covers(model("00D09E", "Gate*", "1.2.*"), kSubject));
  EXPECT_FALSE(covers(model("00D09E", "Gate*", "1.3.*"), kSubject));
  EXPECT_FALSE(covers(model("00D09F", "", ""), kSubject));
  EXPECT_FALSE(covers(model("", "Gate", ""), kSubject));
}

TEST(Freeze, OfAControllerCoversWhatThatOneAsksFor) {
  EXPECT_TRUE(covers(of_controller("self::ctl"), kSubject));
  EXPECT_FALSE(covers(of_controller("self::ct"), kSubject));
  EXPECT_FALSE(covers(of_controller("self::ctl"), {}));
}

TEST(Freeze, OfTheControlApiCoversAllItsClients) {
  const auto asked_by = [](std::string_view who) {
    return BrakeSubject{"00D09E", "Gateway", "1", who};
  };
  EXPECT_TRUE(covers(of_controller("grpc"), asked_by("grpc")));
  EXPECT_TRUE(covers(of_controller("grpc"), asked_by("grpc:portal")));
  EXPECT_TRUE(covers(of_controller("grpc:portal"), asked_by("grpc:portal")));
  EXPECT_FALSE(covers(of_controller("grpc:portal"), asked_by("grpc:noc")));
  EXPECT_FALSE(covers(of_controller("grpc:portal"), asked_by("grpc")));
  EXPECT_FALSE(covers(of_controller("grpc"), asked_by("grpcs::ctl")));
}

TEST(Freeze, ThatIsNotUnderstoodHolds) {
  FreezeRow row = all();
  row.scope = 99;
  EXPECT_TRUE(covers(row, kSubject));
}

TEST(Freeze, SaysWhatItCoversAndWhy) {
  FreezeRow row = model("", "Gate*", "");
  row.reason = "bad release";
  EXPECT_EQ(scope_text(row), "model */Gate*/*");
  EXPECT_EQ(refusal_text(row), "frozen (model */Gate*/*): bad release");
  EXPECT_EQ(refusal_text(all()), "frozen (all)");
  EXPECT_EQ(scope_text(of_controller("grpc")), "controller grpc");
}

TEST(Freeze, HasTheScopeOfAnotherWhateverElseTheySay) {
  FreezeRow other = all(7);
  other.reason = "another";
  EXPECT_TRUE(same_scope(all(), other));
  EXPECT_FALSE(same_scope(model("a", "", ""), model("", "a", "")));
}

TEST(Brakes, HoldNothingAtFirst) {
  const Brakes brakes{BrakesConfig{}};
  EXPECT_EQ(brakes.frozen(kSubject), nullptr);
  EXPECT_THAT(brakes.freezes(), IsEmpty());
  EXPECT_FALSE(brakes.denies_any());
  EXPECT_FALSE(brakes.denies("Device.WiFi."));
}

TEST(Brakes, FreezeUntilTheLastOfThemIsLifted) {
  Brakes brakes{BrakesConfig{}};
  brakes.put(of_controller("self::ctl"));
  brakes.put(all());
  ASSERT_NE(brakes.frozen(kSubject), nullptr);
  EXPECT_EQ(brakes.frozen(kSubject)->id, 1);
  EXPECT_THAT(brakes.all_frozen(kSubject),
              ElementsAre(Field(&FreezeRow::id, 1), Field(&FreezeRow::id, 3)));
  EXPECT_TRUE(brakes.erase(1));
  EXPECT_FALSE(brakes.erase(1));
  EXPECT_EQ(brakes.frozen(kSubject)->id, 3);
  EXPECT_EQ(brakes.frozen({"00D09E", "Gateway", "1", "self::other"}), nullptr);
  EXPECT_TRUE(brakes.erase(3));
  EXPECT_EQ(brakes.frozen(kSubject), nullptr);
}

TEST(Brakes, ReplaceTheFreezeOfOneId) {
  Brakes brakes{BrakesConfig{}};
  brakes.put(all());
  FreezeRow again = all();
  again.reason = "still";
  brakes.put(again);
  EXPECT_THAT(brakes.freezes(), ElementsAre(again));
}

TEST(Brakes, ThatWereReleasedDoNotTakeWhatIsInUseAway) {
  Brakes brakes{BrakesConfig{}};
  brakes.put(all());
  const auto held = brakes.frozen(kSubject);
  brakes.erase(1);
  EXPECT_EQ(held->id, 1);
}

TEST(Brakes, DenyWhatAPatternNames) {
  const Brakes brakes = with_denied({"Device.WiFi.*.KeyPassphrase", "Device.FactoryReset()"});
  EXPECT_TRUE(brakes.denies("Device.WiFi.AccessPoint.1.Security.KeyPassphrase"));
  EXPECT_FALSE(brakes.denies("Device.WiFi.AccessPoint.1.Security.KeyPassphraseX"));
  EXPECT_TRUE(brakes.denies("Device.FactoryReset()"));
  EXPECT_FALSE(brakes.denies("Device.Reboot()"));
}

TEST(Brakes, DenyAllBelowAnObject) {
  const Brakes brakes = with_denied({"Device.NAT."});
  EXPECT_TRUE(brakes.denies("Device.NAT."));
  EXPECT_TRUE(brakes.denies("Device.NAT.PortMapping.1.Enable"));
  EXPECT_FALSE(brakes.denies("Device.NATX.Enable"));
}

TEST(Brakes, KnowWhereTheyCannotDenyAnythingBelow) {
  const Brakes brakes = with_denied({"Device.WiFi.SSID.*.SSID", "Device.NAT."});
  EXPECT_TRUE(brakes.may_deny_below("Device.WiFi."));
  EXPECT_TRUE(brakes.may_deny_below("Device.WiFi.SSID.3."));
  EXPECT_TRUE(brakes.may_deny_below("Device.NAT.PortMapping.1."));
  EXPECT_FALSE(brakes.may_deny_below("Device.WiFi.Radio.1."));
  EXPECT_FALSE(brakes.may_deny_below("Device.IP."));
  EXPECT_TRUE(with_denied({"*.SSID"}).may_deny_below("Device.IP."));
  EXPECT_FALSE(with_denied({"Device.**.X.SSID"}).may_deny_below("Other."));
}

TEST(Brakes, DenyWhatTheyAreConfiguredForNow) {
  BrakesConfig config;
  config.denied_paths = {"Device.WiFi."};
  Brakes brakes(config);
  brakes.put(all());
  config.denied_paths = {"Device.IP."};
  config.instances = 3;
  brakes.configure(config);
  EXPECT_FALSE(brakes.denies("Device.WiFi.SSID.1.SSID"));
  EXPECT_TRUE(brakes.denies("Device.IP.Interface.1.Enable"));
  EXPECT_EQ(brakes.instances(), 3U);
  EXPECT_NE(brakes.frozen(kSubject), nullptr) << "freezes are not of the configuration";
  brakes.configure({});
  EXPECT_FALSE(brakes.denies_any());
  EXPECT_FALSE(brakes.denies("Device.IP.Interface.1.Enable"));
}

}  // namespace
}  // namespace bridge
