// An operator's overlay file: mistakes are found before the bridge runs, and good rules count.
#include <fstream>

#include "tests/integration/tr098_fixture.h"

namespace integration {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

const std::string kHeading = "tr098_path,tr181_path,access,type098,type181,transform,note\n";
const std::string kWidthRule =
    "InternetGatewayDevice.LANDevice.{l}.WLANConfiguration.{w}.X_EX_Width,"
    "\"Device.WiFi.Radio.{radio(g)}.OperatingChannelBandwidth\","
    "rw,string,string,enum(20=20MHz|40=40MHz),\n";

std::string write_file(const std::string& name, const std::string& text) {
  std::ofstream(name) << text;
  return name;
}

std::string overlay_yaml(const std::string& file, const std::string& product_class) {
  return "translation:\n  overlays:\n    - file: " + file +
         "\n      match: {oui: 00D09E, product_class: \"" + product_class + "\"}\n";
}

struct Checked {
  int status;
  std::string output;
};

Checked check_config(const support::TemporaryDirectory& directory, const std::string& overlay) {
  const std::string file = write_file(directory.file("overlay.csv"), overlay);
  const std::string config = write_file(directory.file("bridge.yaml"), overlay_yaml(file, "*"));
  support::Process bridge(USP_BRIDGE, {"--check-config", "-c", config});
  const int status = bridge.wait_for_exit().value_or(-1);
  return {status, bridge.output()};
}

TEST(Overlay, EveryMistakeIsNamedWithItsLine) {
  const support::TemporaryDirectory directory;

  const Checked checked = check_config(
      directory, kHeading + "InternetGatewayDevice.X_EX_A,Device.X_EX_A\n" + kWidthRule +
                     "InternetGatewayDevice.X_EX_B,Device.X_EX_B,rw,string,string,"
                     "turn(3),\n");

  EXPECT_EQ(checked.status, 2);
  const std::string file = directory.file("overlay.csv");
  EXPECT_THAT(checked.output, HasSubstr(file + ":2: "));
  EXPECT_THAT(checked.output, HasSubstr(file + ":4: "));
  EXPECT_THAT(checked.output, Not(HasSubstr(file + ":3: ")));
}

TEST(Overlay, AFileThatIsNotThereIsNamed) {
  const support::TemporaryDirectory directory;
  const std::string missing = directory.file("missing.csv");
  const std::string config = write_file(directory.file("bridge.yaml"), overlay_yaml(missing, "*"));

  support::Process bridge(USP_BRIDGE, {"--check-config", "-c", config});

  EXPECT_EQ(bridge.wait_for_exit(), 2);
  EXPECT_THAT(bridge.output(), HasSubstr(missing + ": "));
}

TEST(Overlay, AGoodFileIsGood) {
  const support::TemporaryDirectory directory;

  const Checked checked = check_config(directory, kHeading + kWidthRule);

  EXPECT_EQ(checked.status, 0) << checked.output;
}

/// The file outlives the bridge.
struct OverlayFile {
  support::TemporaryDirectory directory;
  std::string name = write_file(directory.file("overlay.csv"), kHeading + kWidthRule);
};

class Overlaid : private OverlayFile, public Tr098 {
 protected:
  explicit Overlaid(const std::string& product_class = "Gateway")
      : Tr098({.more = overlay_yaml(name, product_class)}) {}

  const std::string bandwidth = "Device.WiFi.Radio.1.OperatingChannelBandwidth";
  const std::string vendor = "Device.X_USPBRIDGE_IGD.LANDevice.1.WLANConfiguration.1.X_EX_Width";
};

TEST_F(Overlaid, AVendorParameterIsLiftedToADevice2Name) {
  EXPECT_EQ(read(bandwidth), "20MHz");
  EXPECT_THAT(get("Device."), Not(Contains(Pair(vendor, testing::_))));

  do_all(usp_controller::set({{"Device.WiFi.Radio.1.", {{"OperatingChannelBandwidth", "40MHz"}}}}));

  EXPECT_EQ(on_device(kWlan + "1.X_EX_Width"), "40");
  EXPECT_EQ(read(bandwidth), "40MHz");
}

TEST_F(Overlaid, AValueThatTheRuleDoesNotHaveIsRefused) {
  const auto answer = ask(
      usp_controller::set({{"Device.WiFi.Radio.1.", {{"OperatingChannelBandwidth", "80MHz"}}}}));

  EXPECT_THAT(blamed(answer), ElementsAre(Pair(bandwidth, 7012U)));
}

class OverlaidElsewhere : public Overlaid {
 protected:
  OverlaidElsewhere() : Overlaid("Other") {}
};

TEST_F(OverlaidElsewhere, RulesForAnotherModelDoNotCount) { EXPECT_EQ(read(vendor), "20"); }

}  // namespace
}  // namespace integration
