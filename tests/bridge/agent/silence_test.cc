// quirk 87: a device that should have called and did not.
#include "bridge/agent/silence.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

constexpr std::int64_t kNow = 1'000'000'000'000;

struct Silence : testing::Test {
  void reads(const std::string& name, const std::string& value) {
    tree.apply(ValuesRead{{{"Device.ManagementServer." + name, value, "string"}}}, 1);
  }
  bool silent(std::int64_t for_s, std::int64_t configured_s = 0) const {
    return is_silent(tree, "Device.", configured_s, kNow - for_s * 1000, kNow);
  }
  PathPool pool;
  Tree tree{pool};
};

TEST_F(Silence, BeginsWhenThreeIntervalsOfTheDeviceAreOver) {
  reads("PeriodicInformInterval", "600");
  EXPECT_FALSE(silent(1800));
  EXPECT_TRUE(silent(1801));
}

TEST_F(Silence, GoesByTheConfigurationUntilTheDeviceHasSaid) {
  EXPECT_TRUE(silent(301, 100));
  reads("PeriodicInformInterval", "600");
  EXPECT_FALSE(silent(301, 100));
}

TEST_F(Silence, IsNoneOfADeviceThatNeedNotCall) {
  EXPECT_FALSE(silent(1'000'000)) << "nobody has said how often";
  reads("PeriodicInformInterval", "0");
  EXPECT_FALSE(silent(1'000'000, 100));
  reads("PeriodicInformInterval", "600");
  reads("PeriodicInformEnable", "0");
  EXPECT_FALSE(silent(1'000'000));
  reads("PeriodicInformEnable", "true");
  EXPECT_TRUE(silent(1'000'000));
  EXPECT_FALSE(is_silent(tree, "Device.", 600, 0, kNow)) << "never heard";
}

}  // namespace
}  // namespace bridge
