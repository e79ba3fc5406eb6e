// The worked example: a device, and all that a controller sees of it.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/bridge/translate/device.h"

namespace bridge::translate {
namespace {

const std::string kData = TEST_DATA_DIR "/translate/";

std::map<std::string, std::string> shown_values(TestDevice& device) {
  std::map<std::string, std::string> out;
  for (const Node& node : device.shown().shown().all()) {
    if (node.is_object() || node.path().starts_with("Device.X_")) continue;
    EXPECT_EQ(node.state(), NodeState::kKnown) << node.path();
    out.emplace(node.path(), node.value());
  }
  return out;
}

TEST(TranslateGolden, TheExampleDeviceIsShownAsItIsWrittenDown) {
  TestDevice device;
  device.load(kData + "example-tr098.csv");
  std::map<std::string, std::string> shown = shown_values(device);
  for (const auto& [path, value] : read_values(kData + "example-tr181.csv")) {
    const auto at = shown.find(path);
    if (at == shown.end()) {
      ADD_FAILURE() << path << " is missing; " << value;
      continue;
    }
    EXPECT_EQ(at->second, value) << path;
    shown.erase(at);
  }
  for (const auto& [path, value] : shown) ADD_FAILURE() << path << " is too much: " << value;
}

/// Of all that share a radio, one has what the radio shows.
bool is_shown_by_its_radio(const Projection& shown, const Node& node) {
  for (const std::string& member : shown.radio_members(node.path())) {
    if (shown.shown_of(member + std::string(node.name()))) return true;
  }
  return false;
}

TEST(TranslateGolden, NothingOfTheExampleDeviceIsHidden) {
  TestDevice device;
  device.load(kData + "example-tr098.csv");
  const Projection& shown = device.shown();
  for (const Node& node : device.tree().all()) {
    const bool management = node.path().find(".ManagementServer.") != std::string_view::npos;
    if (node.is_object() || management) continue;
    EXPECT_TRUE(shown.shown_of(node.path()) || is_shown_by_its_radio(shown, node)) << node.path();
  }
  EXPECT_EQ(shown.shares().hidden, 0U);
}

}  // namespace
}  // namespace bridge::translate
