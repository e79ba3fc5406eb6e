// Learning a device whose tree is far larger than one answer can carry.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "tests/integration/world.h"

namespace integration {
namespace {

constexpr std::size_t kHosts = 1700;
const std::string kMacs = "Device.Hosts.Host.*.PhysAddress";

std::size_t hosts_seen(World& world, const Cpe& cpe) {
  return usp_controller::values_of(world.ask(cpe, usp_controller::get({kMacs}))).size();
}

TEST(FirstContact, LearnsATreeOf20000Parameters) {
  World world;
  auto cpe = world.device("1", "tr181-huge.csv");
  EXPECT_EQ(hosts_seen(world, *cpe), kHosts);
  const auto all = usp_controller::values_of(world.ask(*cpe, usp_controller::get({"Device."})));
  EXPECT_GE(all.size(), 20'000U);
}

// 9002 and 9004 for what is too much: the batches get smaller until it fits.
TEST(FirstContact, LearnsItAlsoWhereTheDeviceRefusesLargeBatches) {
  World world;
  auto cpe = world.device("1", "tr181-huge.csv", {"--quirk", "max-names=40"});
  EXPECT_EQ(hosts_seen(world, *cpe), kHosts);
}

bool reads_values(const std::string& line) {
  return line.find("\"GetParameterValues\"") != std::string::npos;
}

// Neither a killed bridge nor a device that vanishes begins anew.
TEST(FirstContact, GoesOnWhereItStopped) {
  constexpr int kBefore = 200;
  World world;
  Cpe cpe(world.acs_port(), "1", "tr181-huge.csv", {"--quirk", "max-names=40"});
  for (int i = 0; i < kBefore; ++i) ASSERT_TRUE(cpe.process().wait_for_line(reads_values));
  cpe.command("drop", "GetParameterValues 1");
  ASSERT_TRUE(cpe.wait_for("dropped"));
  cpe.command("inform");
  for (int i = 0; i < kBefore; ++i) ASSERT_TRUE(cpe.process().wait_for_line(reads_values));
  world.kill_bridge();
  world.start_bridge();
  cpe.command("inform");

  const auto onboard = world.controller().wait_for_notify(
      [](const usp_controller::Notification& each) { return each.notify.has_on_board_req(); },
      kLong);

  ASSERT_TRUE(onboard) << world.bridge().output();
  EXPECT_EQ(hosts_seen(world, cpe), kHosts);
  const auto all = usp_controller::values_of(world.ask(cpe, usp_controller::get({"Device."})));
  std::istringstream output(cpe.process().output());
  std::size_t reads = 0;
  for (std::string line; std::getline(output, line);) reads += reads_values(line) ? 1 : 0;
  const std::size_t least = all.size() / 40;
  EXPECT_LT(reads, least * 3 / 2) << "batches of 32, and what was under way twice";
}

}  // namespace
}  // namespace integration
