// An independent controller library (usp-js, from the npm registry) manages a device through the
// bridge.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/integration/world.h"

namespace integration {
namespace {

TEST(UspJs, ReadsWritesAddsDeletesOperatesAndIsNotified) {
  ASSERT_TRUE(std::filesystem::exists(USP_JS_DIR "/node_modules/usp-js"))
      << "run: npm ci --prefix tests/integration/usp_js (tests/run.sh does)";
  World world;
  auto cpe = world.device("1");
  // usp-js takes the place of our own controller: the same endpoint id on the same topic.
  world.controller().disconnect();
  support::Process node("node", {USP_JS_DIR "/drive.js", std::to_string(world.broker().port()),
                                 cpe->endpoint_id(), "self::ctl", "usp/v1/controller/ctl"});

  ASSERT_TRUE(node.wait_for_text("subscribed")) << node.output();
  cpe->command("set", "Device.WiFi.SSID.1.SSID by-user");

  EXPECT_EQ(node.wait_for_exit(), 0) << node.output() << world.bridge().output();
}

}  // namespace
}  // namespace integration
