// From input arguments to RPCs.
#include "bridge/agent/command_request.h"

#include <gtest/gtest.h>

namespace bridge {
namespace {

const CommandRow& row(const char* object, const char* name) {
  return *CommandCatalogue::get().find(object, name);
}
const CommandRow& firmware() { return row("Device.DeviceInfo.FirmwareImage.1.", "Download()"); }
const CommandRow& backup() { return row("Device.DeviceInfo.VendorConfigFile.1.", "Backup()"); }
const CommandRow& restore() { return row("Device.DeviceInfo.VendorConfigFile.1.", "Restore()"); }
const CommandRow& upload() { return row("Device.DeviceInfo.VendorLogFile.1.", "Upload()"); }
const CommandRow& activate() { return row("Device.DeviceInfo.FirmwareImage.1.", "Activate()"); }

const std::string kUrl = "http://files.example/f";

bool refused(const CommandRow& command, CommandInput input, const Offer& offer = {}) {
  const auto why = check_request(command, input, offer);
  if (why) {
    EXPECT_EQ(why->code, usp::ErrorCode::kInvalidCommandArguments);
  }
  return why.has_value();
}

TEST(CommandRequest, AFirmwareImageIsAFileOfTypeOne) {
  const cwmp::Download rpc = make_download(firmware(),
                                           {{"URL", kUrl},
                                            {"Username", "u"},
                                            {"Password", "p"},
                                            {"FileSize", "7"},
                                            {"AutoActivate", "1"}},
                                           "key");
  EXPECT_EQ(rpc.file_type, "1 Firmware Upgrade Image");
  EXPECT_EQ(rpc.url, kUrl);
  EXPECT_EQ(rpc.username, "u");
  EXPECT_EQ(rpc.password, "p");
  EXPECT_EQ(rpc.file_size, 7U);
  EXPECT_EQ(rpc.command_key, "key");
  EXPECT_EQ(rpc.target_file_name, "");
}

TEST(CommandRequest, AnImageThatIsOnlyStoredIsOneOfTypeSixWhereTheDeviceKnowsIt) {
  const CommandInput input{{"URL", kUrl}, {"AutoActivate", "false"}};
  EXPECT_TRUE(refused(firmware(), input));
  Offer offer;
  offer.stored_images = true;
  EXPECT_FALSE(refused(firmware(), input, offer));
  EXPECT_EQ(make_download(firmware(), input, "k").file_type, "6 Stored Firmware Image");
}

TEST(CommandRequest, RefusesWhatCwmpCannotCarry) {
  EXPECT_FALSE(refused(firmware(), {{"URL", kUrl}}));
  EXPECT_TRUE(refused(firmware(), {{"URL", ""}}));
  EXPECT_TRUE(refused(firmware(), {{"URL", kUrl}, {"CheckSum", "00ff"}}));
  EXPECT_TRUE(refused(firmware(), {{"URL", kUrl}, {"CheckSumAlgorithm", "SHA-1"}}));
  EXPECT_TRUE(refused(firmware(), {{"URL", kUrl}, {"FileSize", "4294967296"}}));
  EXPECT_FALSE(refused(firmware(), {{"URL", kUrl}, {"FileSize", "4294967295"}}));
  EXPECT_TRUE(refused(firmware(), {{"URL", "http://u:p@files.example/f"}}));
  EXPECT_FALSE(refused(firmware(), {{"URL", "http://files.example/a@b"}}));
}

// TR-069 A.3.2.8: string(256)
TEST(CommandRequest, HoldsTheLimitsOfCwmp) {
  const std::string most = "http://h/" + std::string(256 - 9, 'x');
  EXPECT_FALSE(refused(firmware(), {{"URL", most}}));
  EXPECT_TRUE(refused(firmware(), {{"URL", most + "x"}}));
  EXPECT_FALSE(refused(backup(), {{"URL", kUrl}, {"Username", std::string(256, 'u')}}));
  EXPECT_TRUE(refused(backup(), {{"URL", kUrl}, {"Username", std::string(257, 'u')}}));
  EXPECT_TRUE(refused(restore(), {{"URL", kUrl}, {"TargetFileName", std::string(257, 'u')}}));
  EXPECT_LE(make_command_key(std::numeric_limits<std::int64_t>::max(), 999).size(), 32U);
  EXPECT_NE(make_command_key(1, 11), make_command_key(11, 1));
}

TEST(CommandRequest, AConfigurationIsOneOfTypeThree) {
  const cwmp::Download rpc =
      make_download(restore(), {{"URL", kUrl}, {"TargetFileName", "startup"}}, "k");
  EXPECT_EQ(rpc.file_type, "3 Vendor Configuration File");
  EXPECT_EQ(rpc.target_file_name, "startup");
}

TEST(CommandRequest, AnUploadNamesTheDevicesOwnRowWhereTheDeviceKnowsHow) {
  Offer old;
  old.files_by_number = false;
  const CommandInput input{{"URL", kUrl}};
  EXPECT_EQ(make_upload(backup(), input, {}, 2, "k").file_type, "3 Vendor Configuration File 2");
  EXPECT_EQ(make_upload(backup(), input, {}, 0, "k").file_type, "1 Vendor Configuration File");
  EXPECT_EQ(make_upload(backup(), input, old, 2, "k").file_type, "1 Vendor Configuration File");
  EXPECT_EQ(make_upload(upload(), input, {}, 3, "k").file_type, "4 Vendor Log File 3");
  EXPECT_EQ(make_upload(upload(), input, {}, 0, "k").file_type, "2 Vendor Log File");
  EXPECT_EQ(make_upload(upload(), input, old, 3, "k").file_type, "2 Vendor Log File");
}

TEST(CommandRequest, AnActivationBeginsWithTheFirstWindow) {
  EXPECT_EQ(activation_window({}), std::nullopt);
  const CommandInput two{{"TimeWindow.1.Start", "100"},    {"TimeWindow.1.End", "200"},
                         {"TimeWindow.1.Mode", "AnyTime"}, {"TimeWindow.2.Start", "10"},
                         {"TimeWindow.2.End", "20"},       {"TimeWindow.2.Mode", "Immediately"}};
  EXPECT_FALSE(refused(activate(), two));
  const auto window = activation_window(two);
  ASSERT_TRUE(window);
  EXPECT_EQ(window->start, std::chrono::seconds(10));
  EXPECT_EQ(window->end, std::chrono::seconds(20));
}

TEST(CommandRequest, RefusesWindowsThatNobodyCanKeep) {
  const CommandInput good{
      {"TimeWindow.1.Start", "1"}, {"TimeWindow.1.End", "2"}, {"TimeWindow.1.Mode", "AnyTime"}};
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string, std::string>>{
           {"TimeWindow.1.Mode", "WhenIdle"},
           {"TimeWindow.1.Mode", "ConfirmationNeeded"},
           {"TimeWindow.1.End", "1"},
           {"TimeWindow.2.Start", "7"}}) {
    CommandInput bad = good;
    bad[name] = value;
    EXPECT_TRUE(refused(activate(), bad)) << name << value;
  }
}

}  // namespace
}  // namespace bridge
