// Rows that the bridge shows because commands need them: the same in every answer.
#include "bridge/agent/virtual_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/agent/supported.h"
#include "bridge/agent/view.h"
#include "tests/bridge/agent/agent_fixture.h"
#include "usp/path.h"

namespace bridge {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const std::string kImages = "Device.DeviceInfo.FirmwareImage.";

class VirtualRowsTest : public testing::Test {
 protected:
  std::unique_ptr<AgentView> view(const std::vector<Named>& nodes,
                                  const std::string& root = "Device.") {
    fill(tree, nodes, root);
    device = device_model(root, tree, local.schema(), pool);
    const Tree& shown = device->shown();
    const Offer offer = offer_of(file_rows_of(shown), tree, learned);
    facts.device_software_version = "1.4.2";
    return std::make_unique<AgentView>(
        shown, local, facts, *device,
        build_supported(shown.supported(), local.schema(), *device, offer), offer);
  }
  static std::vector<std::string> names(const AgentView& view, const std::string& object) {
    std::vector<std::string> out;
    view.for_each_param(object, [&](const usp::ParamView& param) { out.emplace_back(param.name); });
    return out;
  }

  PathPool pool;
  Tree tree{pool};
  LocalModel local{local_template(), {}};
  AgentFacts facts = test::facts();
  Learned learned;
  std::unique_ptr<DeviceModel> device;
};

TEST_F(VirtualRowsTest, AreThereForADeviceThatHasNone) {
  const auto shown = view({{"Device.DeviceInfo.SerialNumber", "1"}});

  EXPECT_THAT(shown->instances(kImages), ElementsAre(1));
  EXPECT_TRUE(shown->has_object(kImages));
  EXPECT_TRUE(shown->has_object(kImages + "1."));
  EXPECT_FALSE(shown->has_object(kImages + "2."));
  EXPECT_EQ(shown->value(kImages + "1.", "Version").text, "1.4.2");
  EXPECT_EQ(shown->value("Device.DeviceInfo.", "FirmwareImageNumberOfEntries").text, "1");
  EXPECT_EQ(shown->value("Device.DeviceInfo.", "SerialNumber").text, "1");
  EXPECT_THAT(names(*shown, "Device.DeviceInfo."), Contains("ActiveFirmwareImage"));
}

// Get, GetInstances and GetSupportedDM must not contradict each other.
TEST_F(VirtualRowsTest, HaveExactlyTheParametersThatAreSupported) {
  const auto shown = view({{"Device.DeviceInfo.SerialNumber", "1"}});

  const usp::SupportedObject* info = shown->supported().child("DeviceInfo");
  ASSERT_NE(info, nullptr);
  for (const char* table : {"FirmwareImage", "VendorConfigFile", "VendorLogFile"}) {
    const usp::SupportedObject* row = info->child(table);
    ASSERT_NE(row, nullptr) << table;
    EXPECT_TRUE(row->multi_instance);
    EXPECT_EQ(row->access, usp::ObjectAccess::kReadOnly);
    std::vector<std::string> supported;
    for (const auto& param : row->params) {
      supported.push_back(param.name);
      EXPECT_EQ(param.access, usp::ParamAccess::kReadOnly);
    }
    EXPECT_EQ(names(*shown, row->path.substr(0, row->path.size() - 4) + "1."), supported);
    EXPECT_NE(info->param(std::string(table) + "NumberOfEntries"), nullptr);
  }
}

TEST_F(VirtualRowsTest, GiveWayToTheDevicesOwn) {
  const auto shown = view({{"Device.DeviceInfo.FirmwareImageNumberOfEntries", "2"},
                           {"Device.DeviceInfo.FirmwareImage.2.Version", "9"},
                           {"Device.DeviceInfo.FirmwareImage.3.Version", "8"}});

  EXPECT_THAT(shown->instances(kImages), ElementsAre(2, 3));
  EXPECT_FALSE(shown->has_object(kImages + "1."));
  EXPECT_EQ(shown->value("Device.DeviceInfo.", "FirmwareImageNumberOfEntries").text, "2");
  EXPECT_THAT(names(*shown, "Device.DeviceInfo."), Not(Contains("ActiveFirmwareImage")));
}

TEST_F(VirtualRowsTest, StandInForATableThatIsEmptyAndForItsCount) {
  const auto shown = view({{"Device.DeviceInfo.FirmwareImageNumberOfEntries", "0"},
                           {"Device.DeviceInfo.FirmwareImage.", ""}});

  EXPECT_THAT(shown->instances(kImages), ElementsAre(1));
  EXPECT_EQ(shown->value("Device.DeviceInfo.", "FirmwareImageNumberOfEntries").text, "1");
  std::size_t counts = 0;
  for (const std::string& name : names(*shown, "Device.DeviceInfo.")) {
    if (name == "FirmwareImageNumberOfEntries") ++counts;
  }
  EXPECT_EQ(counts, 1U);
}

TEST_F(VirtualRowsTest, AreThereForATr098Device) {
  const auto shown =
      view({{"InternetGatewayDevice.DeviceInfo.SerialNumber", "1"}}, "InternetGatewayDevice.");

  EXPECT_TRUE(shown->has_object("Device.DeviceInfo."));
  EXPECT_THAT(shown->instances(kImages), ElementsAre(1));
  EXPECT_EQ(shown->value(kImages + "1.", "Status").text, "Active");
}

TEST_F(VirtualRowsTest, AreNotThereWhereNothingCouldBeDoneWithThem) {
  learned.unsupported = {"Download", "Upload"};
  const auto shown = view({{"Device.DeviceInfo.SerialNumber", "1"}});

  EXPECT_THAT(shown->instances(kImages), IsEmpty());
  EXPECT_FALSE(shown->has_object("Device.DeviceInfo.VendorConfigFile.1."));
  EXPECT_EQ(shown->value("Device.DeviceInfo.", "VendorLogFileNumberOfEntries").state,
            usp::ValueState::kAbsent);
}

TEST_F(VirtualRowsTest, TheirCommandsCheckTheirArguments) {
  const auto shown = view({{"Device.IP.Diagnostics.IPPing.Timeout", "1", "unsignedInt"}});
  const auto code = [&](const char* object, const char* command,
                        std::map<std::string, std::string> input) {
    const auto why = shown->check_command(object, command, input);
    return why ? static_cast<unsigned>(why->code) : 0U;
  };
  const char* image = "Device.DeviceInfo.FirmwareImage.1.";
  EXPECT_EQ(code(image, "Download()", {{"URL", "http://h/f"}}), 0U);
  EXPECT_EQ(code(image, "Download()", {{"URL", "http://h/f"}, {"FileSize", "many"}}), 7027U);
  EXPECT_EQ(code(image, "Download()", {{"URL", "http://h/f"}, {"AutoActivate", "perhaps"}}), 7027U);
  EXPECT_EQ(code("Device.IP.Diagnostics.", "IPPing()", {{"Host", "h"}, {"Timeout", "x"}}), 7027U);
  EXPECT_EQ(code("Device.IP.Diagnostics.", "IPPing()", {{"Host", "h"}, {"Timeout", "9"}}), 0U);
  EXPECT_EQ(code("Device.", "ScheduleTimer()", {{"DelaySeconds", "-1"}}), 7027U);
}

}  // namespace
}  // namespace bridge
