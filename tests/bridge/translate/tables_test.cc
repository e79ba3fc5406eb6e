// What a TR-098 device is to list so that its rows that come and go are seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/bridge/translate/device.h"

namespace bridge::translate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::string kWan = "InternetGatewayDevice.WANDevice.1.WANConnectionDevice.1.";
const std::string kIp = kWan + "WANIPConnection.1.";
const std::string kPpp = kWan + "WANPPPConnection.1.";

class TranslateTables : public testing::Test {
 protected:
  TranslateTables() {
    device.set(kIp + "Name", "a");
    device.set(kPpp + "Name", "b");
    device.object(kIp + "PortMapping.", true);
    device.set(kPpp + "PortMapping.4.ExternalPort", "80");
  }
  TestDevice device;
};

TEST_F(TranslateTables, AreAllThatMakeUpAFlattenedOne) {
  for (const char* shown : {"Device.NAT.PortMapping.", "Device.NAT.PortMapping.1."}) {
    EXPECT_THAT(device.shown().tables_below(shown),
                ElementsAre(kIp + "PortMapping.", kPpp + "PortMapping."));
  }
}

TEST_F(TranslateTables, AreNotListedTwice) {
  EXPECT_THAT(device.shown().tables_below("Device.IP.Interface."),
              ElementsAre(kWan + "WANIPConnection.", kWan + "WANPPPConnection."));
}

TEST_F(TranslateTables, OfTheVendorObjectAreTheDevicesOwn) {
  device.set("InternetGatewayDevice.X_EX_Led.2.Color", "red");
  for (const char* shown : {"X_EX_Led.", "X_EX_Led.2."}) {
    EXPECT_THAT(device.shown().tables_below("Device.X_USPBRIDGE_IGD." + std::string(shown)),
                ElementsAre("InternetGatewayDevice.X_EX_Led."));
  }
}

TEST_F(TranslateTables, AreNoneWhereTheDeviceHasNone) {
  EXPECT_THAT(device.shown().tables_below("Device.QoS.Queue."), IsEmpty());
}

}  // namespace
}  // namespace bridge::translate
