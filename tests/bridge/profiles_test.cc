// Which profile a CPE falls under. What each setting does is tested where it is done.
#include "bridge/profiles.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridge {
namespace {

using cwmp::AuthDemand;
using testing::Eq;
using testing::Optional;
using P = ProfileConfig;

ProfileSubject box() { return {{"Maker", "00D09E", "Box-2", "S1"}, "1.4.2", "192.0.2.7"}; }

P with_batch(std::uint32_t batch) {
  P profile;
  profile.batch = batch;
  return profile;
}

bool fits(const P::Match& match, const ProfileSubject& subject = box()) {
  P profile = with_batch(7);
  profile.match = match;
  return Profiles({profile}).of(subject).preset.batch == 7;
}

TEST(Profiles, AreNothingWhenThereAreNone) { EXPECT_EQ(Profiles({}).of(box()), ModelProfile{}); }

TEST(Profiles, FitByEachPartOfTheMatch) {
  EXPECT_TRUE(fits({}));
  EXPECT_TRUE(fits({"Mak*", "00D09E", "Box-*", "1.*", {"198.51.100.1", "192.0.2.0/24"}}));
  EXPECT_FALSE(fits({"Other", "*", "*", "*", {}}));
  EXPECT_FALSE(fits({"*", "00D09F", "*", "*", {}}));
  EXPECT_FALSE(fits({"*", "*", "box-2", "*", {}})) << "by case";
  EXPECT_FALSE(fits({"*", "*", "*", "2.*", {}}));
  EXPECT_FALSE(fits({"*", "*", "*", "*", {"198.51.100.0/24"}}));
}

TEST(Profiles, KnowAnAddressInsideIpv6AndNoneAtAll) {
  ProfileSubject subject = box();
  subject.peer_address = "::ffff:192.0.2.7";
  EXPECT_TRUE(fits({"*", "*", "*", "*", {"192.0.2.0/24"}}, subject));
  subject.peer_address = "";
  EXPECT_FALSE(fits({"*", "*", "*", "*", {"192.0.2.0/24"}}, subject));
  EXPECT_TRUE(fits({}, subject));
}

TEST(Profiles, TheFirstThatSetsSomethingWins) {
  P first = with_batch(7);
  first.match.product_class = "Box-2";
  first.xml_declaration = P::Switch::kOff;
  P second = with_batch(9);
  second.xml_declaration = P::Switch::kOn;
  second.empty_answer = P::Empty::k200;
  second.names = P::Names::kByLevel;
  second.booleans = P::Booleans::kDigits;
  second.ignore_writable = P::Switch::kOn;
  second.connection_request_basic = P::Switch::kOn;

  const ModelProfile profile = Profiles({first, second}).of(box());

  EXPECT_EQ(profile.preset.batch, 7U);
  EXPECT_FALSE(profile.manners.xml_declaration);
  EXPECT_TRUE(profile.manners.empty_is_200);
  EXPECT_THAT(profile.preset.names_by_level, Optional(true));
  EXPECT_EQ(profile.preset.booleans, BooleanForm::kDigits);
  EXPECT_TRUE(profile.preset.ignore_writable);
  EXPECT_TRUE(profile.preset.basic_connection_request);
}

P asking(P::Authenticate authenticate, P::Match match) {
  P profile;
  profile.authenticate = authenticate;
  profile.match = std::move(match);
  return profile;
}

TEST(Profiles, AskAsUsualWhereNoneSaysOtherwise) {
  EXPECT_THAT(Profiles({with_batch(7)}).auth_demand("192.0.2.7", nullptr),
              Optional(Eq(AuthDemand::kDefault)));
}

TEST(Profiles, KnowFromTheNetworkAloneWhatToAskFor) {  // quirk 35
  const Profiles profiles({asking(P::Authenticate::kNone, {"*", "*", "*", "*", {"192.0.2.0/24"}}),
                           asking(P::Authenticate::kBasic, {"*", "*", "*", "*", {"10.0.0.0/8"}})});
  EXPECT_THAT(profiles.auth_demand("192.0.2.7", nullptr), Optional(Eq(AuthDemand::kNone)));
  EXPECT_THAT(profiles.auth_demand("10.1.2.3", nullptr), Optional(Eq(AuthDemand::kBasic)));
  EXPECT_THAT(profiles.auth_demand("198.51.100.1", nullptr), Optional(Eq(AuthDemand::kDefault)));
}

TEST(Profiles, WantToKnowTheModelOnlyWhereItMatters) {  // quirk 35
  const Profiles profiles(
      {asking(P::Authenticate::kNone, {"*", "*", "Box*", "*", {"192.0.2.0/24"}}),
       asking(P::Authenticate::kDigest, {"*", "*", "*", "*", {"192.0.2.0/24"}})});
  EXPECT_EQ(profiles.auth_demand("192.0.2.7", nullptr), std::nullopt);
  cwmp::DeviceId claimed = box().device;
  EXPECT_THAT(profiles.auth_demand("192.0.2.7", &claimed), Optional(Eq(AuthDemand::kNone)));
  claimed.product_class = "Other";
  EXPECT_THAT(profiles.auth_demand("192.0.2.7", &claimed), Optional(Eq(AuthDemand::kDigest)));
  EXPECT_THAT(profiles.auth_demand("198.51.100.1", nullptr), Optional(Eq(AuthDemand::kDefault)));
}

}  // namespace
}  // namespace bridge
