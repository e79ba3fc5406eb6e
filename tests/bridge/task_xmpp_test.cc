// Bringing a device to where it can be woken over XMPP, RPC by RPC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/task/first_contact.h"
#include "bridge/task/xmpp.h"
#include "tests/bridge/fake_cpe.h"

namespace bridge::testing {
namespace {

const std::string kServer = "Device.ManagementServer.";
const std::string kTable = "Device.XMPP.Connection.";

FakeCpe xmpp_gateway() {
  FakeCpe cpe = small_gateway();
  cpe.add_parameter(kServer + "SupportedConnReqMethods", "HTTP,XMPP", "string", false);
  cpe.add_parameter(kServer + "ConnReqXMPPConnection", "");
  cpe.add_parameter(kServer + "ConnReqAllowedJabberIDs", "");
  cpe.add_parameter(kServer + "ConnReqJabberID", "", "string", false);
  cpe.objects["Device.XMPP."] = false;
  cpe.objects[kTable] = true;
  cpe.next_instance[kTable] = 1;
  cpe.row_templates[kTable] = {{"Enable", {"0", "boolean", true}},
                               {"Username", {"", "string", true}},
                               {"Password", {"", "string", true}},
                               {"Domain", {"", "string", true}},
                               {"Resource", {"", "string", true}},
                               {"UseTLS", {"0", "boolean", true}},
                               {"ServerConnectAlgorithm", {"DNS-SRV", "string", true}},
                               {"JabberID", {"", "string", false}},
                               {"Status", {"Disabled", "string", false}}};
  return cpe;
}

XmppProvisioning settings() {
  XmppProvisioning wanted;
  wanted.domain = "example.net";
  wanted.acs = {"acs", "example.net", ""};
  wanted.secret = "key";
  return wanted;
}

std::unique_ptr<task::Task> provision() {
  return std::make_unique<task::ProvisionXmpp>(
      settings(), XmppFacts{{"Maker", "00D09E", "Gateway", "S1"}, false});
}

/// What the walk of its tree has found.
void learn(Driver& driver) {
  driver.run([] { return std::make_unique<task::FirstContact>("Device.", task::Provisioning{}); });
}

void expect_provisioned(FakeCpe& cpe, const std::string& row) {
  EXPECT_EQ(cpe.parameters[kServer + "ConnReqAllowedJabberIDs"].value, "acs@example.net");
  EXPECT_THAT(cpe.parameters[kServer + "ConnReqXMPPConnection"].value, ::testing::StartsWith(row));
  EXPECT_EQ(cpe.parameters[kTable + "1.Username"].value, "00d09e-gateway-s1.f78719db");
  EXPECT_EQ(cpe.notification[kServer + "ConnReqJabberID"], 2U);
}

TEST(ProvisionXmpp, LetsADeviceLogIn) {
  FakeCpe cpe = xmpp_gateway();
  Driver driver(cpe);
  learn(driver);

  const auto task = driver.run(provision);

  const auto& done = dynamic_cast<const task::ProvisionXmpp&>(*task);
  EXPECT_EQ(done.trouble(), "");
  EXPECT_TRUE(done.password_written());
  expect_provisioned(cpe, "Device.XMPP.Connection.1");
}

TEST(ProvisionXmpp, GoesOnWhereverASessionIsLostOrTheBridgeRestarts) {
  using Kind = Injection::Kind;
  for (const Kind kind : {Kind::kLostBefore, Kind::kLostAfter, Kind::kRestart}) {
    for (std::size_t step = 0; step < 8; ++step) {
      SCOPED_TRACE(std::to_string(static_cast<int>(kind)) + " at " + std::to_string(step));
      FakeCpe cpe = xmpp_gateway();
      Driver driver(cpe);
      learn(driver);

      const auto task = driver.run(provision, {kind, step});

      ASSERT_NE(task, nullptr);
      EXPECT_EQ(dynamic_cast<const task::ProvisionXmpp&>(*task).trouble(), "");
      expect_provisioned(cpe, "Device.XMPP.Connection.1");
      EXPECT_EQ(cpe.rows(kTable).size(), 1U) << "a row that was left over is used again";
    }
  }
}

TEST(ProvisionXmpp, GivesUpOnADeviceThatRefuses) {
  FakeCpe cpe = xmpp_gateway();
  cpe.refused_values = {"acs@example.net"};
  Driver driver(cpe);
  learn(driver);

  const auto task = driver.run(provision);

  const auto& done = dynamic_cast<const task::ProvisionXmpp&>(*task);
  EXPECT_NE(done.trouble(), "");
  EXPECT_FALSE(done.password_written());
}

TEST(ProvisionXmpp, AsksNothingOfADeviceWithoutTheClient) {
  FakeCpe cpe = small_gateway();
  Driver driver(cpe);
  learn(driver);
  const std::size_t before = cpe.log.size();

  const auto task = driver.run(provision);

  EXPECT_NE(dynamic_cast<const task::ProvisionXmpp&>(*task).trouble(), "");
  EXPECT_EQ(cpe.log.size(), before);
}

}  // namespace
}  // namespace bridge::testing
