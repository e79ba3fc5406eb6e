// The catalogue of commands, and what of it is offered for one device.
#include "bridge/agent/command_catalogue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bridge/agent/supported.h"
#include "tests/bridge/agent/agent_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;

TEST(CommandCatalogue, HoldsRowsOfKnownFormOnly) {
  std::set<std::string_view> seen;
  for (const CommandRow& row : CommandCatalogue::get().commands()) {
    EXPECT_TRUE(row.path.starts_with("Device.") && row.path.ends_with("()")) << row.path;
    EXPECT_TRUE(seen.insert(row.path).second) << row.path;
    if (row.way == CommandWay::kDiagnostics) {
      EXPECT_TRUE(row.target.ends_with('.')) << row.path;
      EXPECT_TRUE(row.all_results || !row.output.empty()) << row.path;
    }
    if (row.way == CommandWay::kSet) {
      EXPECT_FALSE(row.target.empty()) << row.path;
      const std::string_view name = row.target.substr(row.target.rfind('.') + 1);
      EXPECT_TRUE(!row.value.empty() || row.argument(name) != nullptr) << row.path;
    }
    for (const CommandArgument& argument : row.input) {
      EXPECT_FALSE(argument.mandatory && argument.fallback) << row.path << argument.name;
    }
  }
  for (const EventRow& event : CommandCatalogue::get().events()) {
    EXPECT_TRUE(event.name.ends_with('!')) << event.name;
  }
  EXPECT_GT(seen.size(), 90U);
}

TEST(CommandCatalogue, FindsARowByInstanceAndSaysWhatItIs) {
  const CommandRow* row =
      CommandCatalogue::get().find("Device.Ethernet.Interface.3.Stats.", "Reset()");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->way, CommandWay::kSet);
  EXPECT_EQ(row->target, "Device.Ethernet.Interface.{i}.Stats.Reset");
  EXPECT_EQ(row->value, "true");
  EXPECT_FALSE(row->asynchronous);
  EXPECT_EQ(CommandCatalogue::get().find("Device.Ethernet.", "Reset()"), nullptr);
}

TEST(CommandCatalogue, ReadsArgumentsWithTypeAndDefault) {
  const CommandRow* row =
      CommandCatalogue::get().find("Device.DeviceInfo.FirmwareImage.{i}.", "Download()");
  ASSERT_NE(row, nullptr);
  EXPECT_TRUE(row->argument("URL")->mandatory);
  EXPECT_EQ(row->argument("AutoActivate")->type, usp::ParamType::kBoolean);
  EXPECT_EQ(row->argument("Username")->fallback, "");
  EXPECT_EQ(row->argument("URL")->fallback, std::nullopt);
}

TEST(CommandCatalogue, PutsInstanceNumbersIn) {
  EXPECT_EQ(with_instances("Device.A.{i}.B.{i}.C", "Device.A.3.B.7."), "Device.A.3.B.7.C");
  EXPECT_EQ(with_instances("Device.A.{i}.B.{i}.C", "Device.A.3."), "Device.A.3.B.{i}.C");
  EXPECT_EQ(with_instances("Device.A.B", "Device.A.3."), "Device.A.B");
}

// ---- what a device is offered for ---------------------------------------------------------------

class Offered : public testing::Test {
 protected:
  void device(const std::vector<Named>& nodes, const std::string& root = "Device.") {
    fill(tree, nodes, root);
    seen = test::device_model(root, tree, schema, pool);
    const Tree& shown = seen->shown();
    offer = offer_of(file_rows_of(shown), tree, learned);
    model = build_supported(shown.supported(), schema, *seen, offer);
  }
  const usp::SupportedCommand* command(std::string_view object, std::string_view name) {
    const usp::SupportedObject* at = model.get();
    std::string_view rest = object.substr(std::string_view("Device.").size());
    while (at != nullptr && !rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find('.'));
      rest.remove_prefix(part.size() + 1);
      if (part != "{i}") at = at->child(part);
    }
    return at == nullptr ? nullptr : at->command(name);
  }
  static std::vector<std::string> arguments(const usp::SupportedCommand& command) {
    std::vector<std::string> names;
    for (const auto& each : command.input) names.push_back(each.name);
    return names;
  }
  void lists(std::initializer_list<std::string> methods) {
    learned.asked_methods = true;
    learned.listed = {"GetParameterValues", "SetParameterValues"};
    learned.listed.insert(methods.begin(), methods.end());
  }

  PathPool pool;
  Tree tree{pool};
  LocalSchema schema{"X_USPBRIDGE_"};
  Learned learned;
  Offer offer;
  std::unique_ptr<DeviceModel> seen;
  std::shared_ptr<const usp::SupportedObject> model;
};

const Named kSerial{"Device.DeviceInfo.SerialNumber", "1"};
constexpr std::string_view kImages = "Device.DeviceInfo.FirmwareImage.{i}.";
constexpr std::string_view kConfigs = "Device.DeviceInfo.VendorConfigFile.{i}.";
constexpr std::string_view kLogs = "Device.DeviceInfo.VendorLogFile.{i}.";

TEST_F(Offered, FilesForADeviceThatListsNoMethods) {
  device({kSerial});

  EXPECT_NE(command(kImages, "Download()"), nullptr);
  EXPECT_NE(command(kConfigs, "Backup()"), nullptr);
  EXPECT_NE(command(kConfigs, "Restore()"), nullptr);
  EXPECT_NE(command(kLogs, "Upload()"), nullptr);
}

TEST_F(Offered, OnlyTheRpcsThatADeviceLists) {
  lists({"Download", "Reboot"});
  device({kSerial});

  EXPECT_NE(command(kImages, "Download()"), nullptr);
  EXPECT_NE(command(kConfigs, "Restore()"), nullptr);
  EXPECT_EQ(command(kConfigs, "Backup()"), nullptr);
  EXPECT_EQ(command(kLogs, "Upload()"), nullptr);
  EXPECT_EQ(command("Device.", "FactoryReset()"), nullptr);
  EXPECT_NE(command("Device.", "Reboot()"), nullptr);
}

// quirk 74
TEST_F(Offered, AListThatCannotBeTrueCountsForNothing) {
  lists({"Inform"});
  device({kSerial});

  EXPECT_NE(command(kImages, "Download()"), nullptr);
  EXPECT_NE(command("Device.", "FactoryReset()"), nullptr);
}

TEST_F(Offered, NothingThatTheDeviceHasAnsweredWith9000) {
  learned.unsupported = {"Download", "Reboot"};
  device({kSerial});

  EXPECT_EQ(command("Device.", "Reboot()"), nullptr);
  EXPECT_EQ(command(kImages, "Download()"), nullptr);
  EXPECT_EQ(command(kConfigs, "Restore()"), nullptr);
  EXPECT_NE(command(kConfigs, "Backup()"), nullptr);
}

TEST_F(Offered, ATr098DeviceForWhatNeedsNoTranslation) {
  device({{"InternetGatewayDevice.DeviceInfo.SerialNumber", "1"}}, "InternetGatewayDevice.");

  for (const char* name : {"Reboot()", "FactoryReset()", "ScheduleTimer()"}) {
    EXPECT_NE(command("Device.", name), nullptr) << name;
  }
  EXPECT_NE(command(kImages, "Download()"), nullptr);
  EXPECT_NE(command(kLogs, "Upload()"), nullptr);
  EXPECT_EQ(command("Device.IP.Diagnostics.", "IPPing()"), nullptr);
}

TEST_F(Offered, ActivateWhereThereIsAnotherImage) {
  device({{"Device.DeviceInfo.BootFirmwareImage", "", "string", true},
          {"Device.DeviceInfo.FirmwareImage.1.Name", "a"}});
  EXPECT_EQ(command(kImages, "Activate()"), nullptr);
  device({{"Device.DeviceInfo.BootFirmwareImage", "", "string", true},
          {"Device.DeviceInfo.FirmwareImage.1.Name", "a"},
          {"Device.DeviceInfo.FirmwareImage.2.Name", "b"}});
  ASSERT_NE(command(kImages, "Activate()"), nullptr);
  EXPECT_TRUE(command(kImages, "Activate()")->asynchronous);
  device({{"Device.DeviceInfo.BootFirmwareImage", "", "string", false},
          {"Device.DeviceInfo.FirmwareImage.1.Name", "a"},
          {"Device.DeviceInfo.FirmwareImage.2.Name", "b"}});
  EXPECT_EQ(command(kImages, "Activate()"), nullptr) << "the choice cannot be written";
}

TEST_F(Offered, ResetWhereTheDeviceHasTheParameter) {
  device({{"Device.Ethernet.Interface.1.Stats.Reset", "0", "boolean", true},
          {"Device.IP.Interface.1.Reset", "0", "boolean", false},
          {"Device.PPP.Interface.1.Name", "p"}});

  EXPECT_NE(command("Device.Ethernet.Interface.{i}.Stats.", "Reset()"), nullptr);
  EXPECT_EQ(command("Device.IP.Interface.{i}.", "Reset()"), nullptr) << "read-only";
  EXPECT_EQ(command("Device.PPP.Interface.{i}.", "Reset()"), nullptr);
}

TEST_F(Offered, ADiagnosticWithTheArgumentsTheDeviceHas) {
  device({{"Device.IP.Diagnostics.IPPing.DiagnosticsState", "None", "string", true},
          {"Device.IP.Diagnostics.IPPing.Timeout", "1", "unsignedInt", true}});

  const usp::SupportedCommand* ping = command("Device.IP.Diagnostics.", "IPPing()");
  ASSERT_NE(ping, nullptr);
  EXPECT_THAT(arguments(*ping), ElementsAre("Host", "Timeout"));
  EXPECT_THAT(ping->output, IsSupersetOf({"Status", "SuccessCount"}));
}

TEST_F(Offered, EveryResultThatADiagnosticOfThisDeviceHas) {
  const std::string object = "Device.IP.Diagnostics.UDPEchoDiagnostics.";
  device({{object + "DiagnosticsState", "None", "string", true},
          {object + "Host", "", "string", true},
          {object + "SuccessCount", "0", "unsignedInt", false},
          {object + "X_ACME_Jitter", "0", "unsignedInt", false},
          {object + "IndividualPacketResult.1.PacketSuccess", "0", "boolean", false}});

  const usp::SupportedCommand* echo = command("Device.IP.Diagnostics.", "UDPEchoDiagnostics()");
  ASSERT_NE(echo, nullptr);
  EXPECT_THAT(echo->output, IsSupersetOf({"Status", "SuccessCount", "X_ACME_Jitter",
                                          "IndividualPacketResult.{i}.PacketSuccess"}));
  EXPECT_THAT(echo->output, Not(Contains("Host")));
  EXPECT_THAT(echo->output, Not(Contains("DiagnosticsState")));
}

TEST_F(Offered, SoftwareModulesWhereThereIsTheRpcAndTheTable) {
  device({{"Device.SoftwareModules.DeploymentUnit.1.UUID", "u"}});
  EXPECT_NE(command("Device.SoftwareModules.", "InstallDU()"), nullptr);
  EXPECT_NE(command("Device.SoftwareModules.DeploymentUnit.{i}.", "Update()"), nullptr);
  lists({});
  device({{"Device.SoftwareModules.DeploymentUnit.1.UUID", "u"}});
  EXPECT_EQ(command("Device.SoftwareModules.", "InstallDU()"), nullptr);
}

// Whatever is in GetSupportedDM must be possible: each command of a device with everything.
TEST_F(Offered, NothingThatTheCatalogueDoesNotKnow) {
  device({kSerial, {"Device.IP.Diagnostics.IPPing.DiagnosticsState", "None"}});

  std::vector<const usp::SupportedObject*> todo{model.get()};
  while (!todo.empty()) {
    const usp::SupportedObject* object = todo.back();
    todo.pop_back();
    for (const auto& each : object->commands) {
      EXPECT_NE(CommandCatalogue::get().find(object->path, each.name), nullptr)
          << object->path << each.name;
    }
    for (const auto& child : object->children) todo.push_back(child.get());
  }
}

TEST_F(Offered, AnotherModelOnceTheDeviceIsKnownBetter) {
  SupportedCache cache;
  device({kSerial});
  const auto before = cache.get(*seen, schema, offer);
  EXPECT_EQ(cache.get(*seen, schema, offer), before);
  learned.unsupported = {"Download"};
  EXPECT_NE(cache.get(*seen, schema, offer_of(file_rows_of(tree), tree, learned)), before);
}

TEST_F(Offered, WhatTheVersionOfTheDeviceTells) {
  device({{"Device.RootDataModelVersion", "2.9"}, {"Device.DeviceInfo.FirmwareImage.1.Name", "a"}});
  EXPECT_FALSE(offer.canceled_state);
  EXPECT_FALSE(offer.stored_images);
  EXPECT_TRUE(offer.files_by_number);

  learned.on_versions("urn:dslforum-org:cwmp-1-2", "1.0, 1.2,1.4");
  device(
      {{"Device.RootDataModelVersion", "2.12"}, {"Device.DeviceInfo.FirmwareImage.1.Name", "a"}});
  EXPECT_TRUE(offer.canceled_state);
  EXPECT_TRUE(offer.stored_images);

  learned.on_versions("urn:dslforum-org:cwmp-1-0", "");
  device({{"Device.RootDataModelVersion", "2.12"}});
  EXPECT_FALSE(offer.files_by_number);
}

TEST(CommandCatalogue, FindsTheBridgesOwnCommandBehindAnyPrefix) {
  const CommandCatalogue& catalogue = CommandCatalogue::get();
  for (const char* name : {"X_USPBRIDGE_ScheduleInform()", "X_MY_CO_ScheduleInform()"}) {
    const CommandRow* row = catalogue.find("Device.", name);
    ASSERT_NE(row, nullptr) << name;
    EXPECT_EQ(row->way, CommandWay::kScheduleInform);
  }
  EXPECT_EQ(catalogue.find("Device.", "ScheduleInform()"), nullptr);
}

}  // namespace
}  // namespace bridge
