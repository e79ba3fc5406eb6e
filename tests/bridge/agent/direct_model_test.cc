// What a device's own tree is to controllers when nothing is translated.
#include "bridge/agent/direct_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bridge/agent/agent_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct DirectModelTest : testing::Test {
  PathPool pool;
  Tree tree{pool};
  DirectModel model{tree, {"Device.LocalAgent."}};
};

TEST_F(DirectModelTest, ShowsTheTreeAsItIsButForWhatIsHidden) {
  EXPECT_EQ(&model.shown(), &tree);
  EXPECT_TRUE(model.hides("Device.ManagementServer.URL"));
  EXPECT_TRUE(model.hides("Device.LocalAgent."));
  EXPECT_FALSE(model.hides("Device.WiFi."));

  EXPECT_THAT(model.sources("Device.WiFi.SSID.1.SSID"), ElementsAre("Device.WiFi.SSID.1.SSID"));
  EXPECT_THAT(model.sources("Device.ManagementServer.URL"), IsEmpty());
  EXPECT_EQ(model.native_of("Device.WiFi."), "Device.WiFi.");
  EXPECT_EQ(model.native_of("Device.LocalAgent.MTP.1."), std::nullopt);
  EXPECT_EQ(model.shown_of("Device.ManagementServer.URL"), std::nullopt);
  EXPECT_EQ(model.shown_reference("Device.WiFi.Radio.1"), "Device.WiFi.Radio.1");
  EXPECT_EQ(model.native_reference("not a path"), "not a path");
}

TEST_F(DirectModelTest, RowsAreLookedForInTheirTable) {
  EXPECT_THAT(model.tables_below("Device.WiFi.SSID."), ElementsAre("Device.WiFi.SSID."));
  EXPECT_THAT(model.tables_below("Device.WiFi.SSID.2."), ElementsAre("Device.WiFi.SSID."));
  EXPECT_THAT(model.tables_below("Device.ManagementServer."), IsEmpty());
}

TEST_F(DirectModelTest, TellsNoChangesOfWhatIsHidden) {
  const Diff diff{ValueChanged{"Device.A", "1"}, ValueChanged{"Device.ManagementServer.URL", "x"},
                  ObjectCreated{"Device.LocalAgent.MTP.1."}, ObjectDeleted{"Device.B.1."}};

  EXPECT_THAT(model.take_changes(diff), ElementsAre(diff[0], diff[3]));
}

TEST_F(DirectModelTest, SetsTheLaterOfTwoSettingsOfOneParameter) {
  const std::vector<usp::Setting> first{required("Enable", "1"), optional("SSID", "a")};
  const std::vector<usp::Setting> second{optional("Enable", "0")};
  const std::vector<ShownStep> steps{{3, "Device.WiFi.SSID.1.", first},
                                     {4, "Device.WiFi.SSID.1.", second}};

  const auto writes = model.set(steps);

  ASSERT_THAT(writes, SizeIs(1));
  ASSERT_THAT(writes[0].set, SizeIs(2));
  const NativeAssignment& enable = writes[0].set[0];
  EXPECT_EQ(enable.name, "Device.WiFi.SSID.1.Enable");
  EXPECT_EQ(enable.value, "0");
  EXPECT_TRUE(enable.required) << "one of them is";
  EXPECT_THAT(enable.origins, ElementsAre(Origin{3, "Enable"}, Origin{4, "Enable"}));
  EXPECT_FALSE(writes[0].set[1].required);
  EXPECT_THAT(writes[0].refused, IsEmpty());
}

TEST_F(DirectModelTest, RefusesWhatIsHidden) {
  const std::vector<usp::Setting> settings{optional("ManagementServer.URL", "http://evil")};
  const ShownStep step{0, "Device.", settings};

  const auto writes = model.set({&step, 1});

  ASSERT_THAT(writes, SizeIs(1));
  EXPECT_THAT(writes[0].set, IsEmpty());
  ASSERT_THAT(writes[0].refused, SizeIs(1));
  EXPECT_EQ(writes[0].refused[0].origin, (Origin{0, "ManagementServer.URL"}));
  EXPECT_FALSE(writes[0].refused_as_a_whole());
  EXPECT_TRUE(model.remove("Device.LocalAgent.MTP.1.").refused_as_a_whole());
}

TEST_F(DirectModelTest, AddsAndRemovesRows) {
  const std::vector<usp::Setting> settings{required("Port", "80")};

  const NativeWrite added = model.add({2, "Device.NAT.PortMapping.", settings});

  EXPECT_EQ(added.add, "Device.NAT.PortMapping.");
  ASSERT_THAT(added.set, SizeIs(1));
  EXPECT_EQ(added.set[0].name, "Port") << "relative to the new row";
  EXPECT_THAT(added.set[0].origins, ElementsAre(Origin{2, "Port"}));
  EXPECT_EQ(model.added_row("Device.NAT.PortMapping.", "Device.NAT.PortMapping.4."),
            "Device.NAT.PortMapping.4.");
  EXPECT_EQ(model.remove("Device.NAT.PortMapping.4.").remove, "Device.NAT.PortMapping.4.");
}

// ---- an InternetGatewayDevice
}  // namespace
}  // namespace bridge
