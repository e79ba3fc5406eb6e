#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/bridge/translate/write_device.h"

namespace bridge::translate {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string kFirst = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.";
const std::string kGuest = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.2.";
const std::string kFast = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.5.";
const std::string kSecurity = "Device.WiFi.AccessPoint.1.Security.";
const std::string kGuestSecurity = "Device.WiFi.AccessPoint.2.Security.";

// ---- modes

TEST(WriteWifi, TheEncryptionAskedForGoesWithTheMode) {
  WriteDevice device;
  const auto write =
      device.set(kSecurity, {{"EncryptionMode", "AES"}, {"ModeEnabled", "WPA-Personal"}});
  EXPECT_THAT(device.sent(write),
              UnorderedElementsAre(Pair(kFirst + "BeaconType", "WPA"),
                                   Pair(kFirst + "WPAEncryptionModes", "AESEncryption")));
}

TEST(WriteWifi, SettingsMayBeWrittenFromTheObjectAbove) {
  WriteDevice device;
  const auto write =
      device.set("Device.WiFi.AccessPoint.1.",
                 {{"Security.ModeEnabled", "WPA-Personal"}, {"Security.EncryptionMode", "AES"}});
  EXPECT_EQ(device.sent(write)[kFirst + "WPAEncryptionModes"], "AESEncryption");
}

TEST(WriteWifi, EnterpriseAuthenticatesByEap) {
  WriteDevice device;
  const auto sent = device.sent(device.set(kSecurity, {{"ModeEnabled", "WPA-WPA2-Enterprise"}}));
  EXPECT_EQ(sent.at(kFirst + "WPAAuthenticationMode"), "EAPAuthentication");
  EXPECT_EQ(sent.at(kFirst + "IEEE11iAuthenticationMode"), "EAPAuthentication");
  EXPECT_EQ(sent.at(kFirst + "IEEE11iEncryptionModes"), "TKIPandAESEncryption");
}

TEST(WriteWifi, AModeThatCannotBeExpressedIsRefused) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set(kGuestSecurity, {{"ModeEnabled", "WPA2-Enterprise"}})), 7012U);
  EXPECT_EQ(refusal(device.set(kSecurity, {{"ModeEnabled", "OWE"}})), 7012U);
  EXPECT_EQ(refusal(device.set(kSecurity, {{"ModeEnabled", ""}})), 7012U);
}

TEST(WriteWifi, TheModeThatIsShownIsNotWrittenAgain) {
  WriteDevice device;
  device.set_value(kFirst + "IEEE11iEncryptionModes", "TKIPEncryption");  // not the default
  EXPECT_THAT(device.set(kSecurity, {{"ModeEnabled", "WPA-WPA2-Personal"}}).set, IsEmpty());
}

TEST(WriteWifi, EncryptionBesideThePresentModeChangesNothingElse) {
  WriteDevice device;
  device.set_value(kFirst + "IEEE11iAuthenticationMode", "EAPandPSKAuthentication");
  const auto write = device.set(
      kSecurity, {{"ModeEnabled", "WPA-WPA2-Enterprise"}, {"EncryptionMode", "TKIP,AES"}});
  EXPECT_THAT(device.sent(write),
              ElementsAre(Pair(kFirst + "IEEE11iEncryptionModes", "TKIPandAESEncryption")));
}

TEST(WriteWifi, TheLaterModeWinsThoughItIsThePresentOne) {
  WriteDevice device;
  const auto writes = device.set_all({{kSecurity, {{"ModeEnabled", "None"}}},
                                      {kSecurity, {{"ModeEnabled", "WPA-WPA2-Personal"}}}});
  EXPECT_EQ(device.sent(writes[0]).count(kFirst + "BeaconType"), 0U);
}

TEST(WriteWifi, TheDevicesOwnWordIsWrittenBack) {
  WriteDevice device;
  device.set_value(kFast + "BeaconType", "WPA2");
  const auto sent = device.sent(device.set(kSecurity, {{"ModeEnabled", "WPA2-Personal"}}));
  EXPECT_EQ(sent.at(kFirst + "BeaconType"), "WPA2");
}

TEST(WriteWifi, WepNeedsAKeyOfItsLength) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set(kGuestSecurity, {{"ModeEnabled", "WEP-128"}})), 7012U);
  const auto write = device.set(
      kGuestSecurity, {{"ModeEnabled", "WEP-128"}, {"WEPKey", "00112233445566778899AABBCC"}});
  EXPECT_THAT(device.sent(write),
              ElementsAre(Pair(kGuest + "WEPKey.2.WEPKey", "00112233445566778899AABBCC")));
}

TEST(WriteWifi, EncryptionGoesWhereTheModeHasIt) {
  WriteDevice device;
  EXPECT_THAT(device.sent(device.set(kSecurity, {{"EncryptionMode", "AES"}})),
              ElementsAre(Pair(kFirst + "WPAEncryptionModes", "AESEncryption")));
  EXPECT_EQ(refusal(device.set(kSecurity, {{"EncryptionMode", "CCMP"}})), 7012U);
  EXPECT_EQ(refusal(device.set(kSecurity, {{"ModeEnabled", "None"}, {"EncryptionMode", "AES"}})),
            7012U);
}

TEST(WriteWifi, EncryptionIsTakenAlongByAModeThatHasIt) {
  WriteDevice device;
  device.set_value(kGuest + "IEEE11iEncryptionModes", "AESEncryption");
  const auto write =
      device.set(kGuestSecurity, {{"EncryptionMode", "TKIP"}, {"ModeEnabled", "WPA2-Personal"}});
  EXPECT_EQ(refusal(write), 0U);
  EXPECT_EQ(device.sent(write)[kGuest + "IEEE11iEncryptionModes"], "TKIPEncryption");
  EXPECT_EQ(refusal(device.set(kGuestSecurity, {{"EncryptionMode", "TKIP"}})), 7010U);
  const Settings none{{"EncryptionMode", "TKIP"}, {"ModeEnabled", "None"}};
  EXPECT_EQ(refusal(device.set(kGuestSecurity, none)), 7010U);
}

// ---- keys

TEST(WriteWifi, APassphraseGoesToTheFirstPlaceThereIs) {
  WriteDevice device;
  device.set_value(kFirst + "KeyPassphrase", "");
  EXPECT_THAT(device.sent(device.set(kSecurity, {{"KeyPassphrase", "12345678"}})),
              ElementsAre(Pair(kFirst + "PreSharedKey.1.KeyPassphrase", "12345678")));
}

TEST(WriteWifi, APassphraseMayGoWhereTheKeyIs) {
  WriteDevice device;
  device.set_value(kFast + "PreSharedKey.1.PreSharedKey", "");
  EXPECT_THAT(device.sent(device.set("Device.WiFi.AccessPoint.3.Security.",
                                     {{"KeyPassphrase", "12345678"}})),
              ElementsAre(Pair(kFast + "PreSharedKey.1.PreSharedKey", "12345678")));
}

TEST(WriteWifi, KeysHaveTheirLength) {
  WriteDevice device;
  EXPECT_EQ(refusal(device.set(kSecurity, {{"KeyPassphrase", "1234567"}})), 7012U);
  EXPECT_EQ(refusal(device.set(kSecurity, {{"KeyPassphrase", std::string(64, 'a')}})), 7012U);
  EXPECT_EQ(refusal(device.set(kSecurity, {{"PreSharedKey", "AB"}})), 7012U);
  EXPECT_EQ(refusal(device.set(kGuestSecurity, {{"WEPKey", "01020304"}})), 7012U);
  EXPECT_EQ(device.set(kSecurity, {{"PreSharedKey", std::string(64, 'a')}}).set.size(), 1U);
}

TEST(WriteWifi, APinsLastDigitChecksTheOthers) {
  WriteDevice device;
  device.set_value(kFirst + "WPS.DevicePassword", "1");
  const std::string wps = "Device.WiFi.AccessPoint.1.WPS.";
  EXPECT_THAT(device.sent(device.set(wps, {{"PIN", "12345670"}})),
              ElementsAre(Pair(kFirst + "WPS.DevicePassword", "12345670")));
  EXPECT_THAT(device.sent(device.set(wps, {{"PIN", "0042"}})),
              ElementsAre(Pair(kFirst + "WPS.DevicePassword", "42")));
  EXPECT_EQ(refusal(device.set(wps, {{"PIN", "12345671"}})), 7012U);
  EXPECT_EQ(refusal(device.set(wps, {{"PIN", "123"}})), 7012U);
}

// ---- radios

TEST(WriteWifi, OtherMembersOfTheRadioFollow) {
  WriteDevice device;
  const auto write = device.set("Device.WiFi.Radio.1.", {{"Channel", "11"}});
  ASSERT_EQ(write.follow.size(), 1U);
  EXPECT_EQ(write.follow[0].name, kGuest + "Channel");
  EXPECT_EQ(write.follow[0].value, "11");
  EXPECT_FALSE(write.follow[0].required);
}

TEST(WriteWifi, MembersThatAgreeAlreadyDoNotFollow) {
  WriteDevice device;
  EXPECT_THAT(device.set("Device.WiFi.Radio.1.", {{"Channel", "6"}}).follow, IsEmpty());
}

TEST(WriteWifi, AChannelIsANumber) {
  WriteDevice device;
  for (const char* const channel : {"0", "256", "-1", "6x", ""}) {
    EXPECT_EQ(refusal(device.set("Device.WiFi.Radio.1.", {{"Channel", channel}})), 7012U)
        << channel;
  }
}

TEST(WriteWifi, AutomaticIsChannelZeroWhereThereIsNoOtherWord) {
  WriteDevice device;
  device.set_value(kFirst + "Enable", "0");
  device.set_value(kGuest + "Enable", "1");  // stands for the radio, and has no AutoChannelEnable
  device.device().tree().apply(ObjectRemoved{kFirst}, 0);
  const std::string radio = "Device.WiFi.Radio.1.";
  EXPECT_THAT(device.sent(device.set(radio, {{"AutoChannelEnable", "true"}})),
              ElementsAre(Pair(kGuest + "Channel", "0")));
  EXPECT_THAT(device.set(radio, {{"AutoChannelEnable", "false"}}).set, IsEmpty());
}

TEST(WriteWifi, AFixedChannelIsTheOneInUse) {
  WriteDevice device;
  device.set_value(kGuest + "Channel", "0");
  device.set_value(kGuest + "ChannelsInUse", "9");
  device.device().tree().apply(ObjectRemoved{kFirst}, 0);
  EXPECT_THAT(device.sent(device.set("Device.WiFi.Radio.1.", {{"AutoChannelEnable", "false"}})),
              ElementsAre(Pair(kGuest + "Channel", "9")));
}

TEST(WriteWifi, StandardsAreWrittenOnlyWhereTheDeviceSaysSo) {
  WriteDevice device;
  const std::string radio = "Device.WiFi.Radio.2.";
  EXPECT_EQ(refusal(device.set(radio, {{"OperatingStandards", "a"}})), 7013U);
  device.device().tree().apply(
      NamesListed{kFast, true, {{kFast + "Standard", true}, {kFast + "Channel", true}}}, 0);
  device.device().shown().update();
  EXPECT_THAT(device.sent(device.set(radio, {{"OperatingStandards", "a"}})),
              ElementsAre(Pair(kFast + "Standard", "a")));
  EXPECT_EQ(refusal(device.set(radio, {{"OperatingStandards", "a,n,ac"}})), 7012U);
  EXPECT_THAT(device.set(radio, {{"OperatingStandards", "a,n"}}).set, IsEmpty());
}

}  // namespace
}  // namespace bridge::translate
