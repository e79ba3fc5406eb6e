#include "bridge/agent/supported.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "bridge/agent/direct_model.h"
#include "bridge/agent/standard_model.h"
#include "tests/bridge/agent/agent_fixture.h"

namespace bridge {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using usp::ObjectAccess;
using usp::ParamAccess;
using usp::ParamType;
using usp::SupportedObject;

const SupportedObject* find(const SupportedObject& from, std::string_view path) {
  if (from.path == path) return &from;
  for (const auto& child : from.children) {
    if (const SupportedObject* found = find(*child, path)) return found;
  }
  return nullptr;
}

void for_each(const SupportedObject& from, const std::function<void(const SupportedObject&)>& fn) {
  fn(from);
  for (const auto& child : from.children) for_each(*child, fn);
}

std::vector<std::string> names(const SupportedObject& object) {
  std::vector<std::string> result;
  for (const auto& param : object.params) result.push_back(param.name);
  return result;
}

class Supported : public testing::Test {
 protected:
  std::shared_ptr<const SupportedObject> build(const std::vector<Named>& nodes,
                                               const std::string& root = "Device.") {
    fill(tree, nodes, root);
    const auto device = device_model(root, tree, schema, pool);
    return build_supported(device->shown().supported(), schema, *device);
  }
  const SupportedObject& at(const std::shared_ptr<const SupportedObject>& model,
                            std::string_view path) {
    const SupportedObject* found = find(*model, path);
    EXPECT_NE(found, nullptr) << path;
    static const SupportedObject kNone;
    return found == nullptr ? kNone : *found;
  }

  PathPool pool;
  Tree tree{pool};
  LocalSchema schema{"X_USPBRIDGE_"};
};

TEST_F(Supported, WritesInstanceNumbersAsPlaceholders) {
  const auto model = build({{"Device.WiFi.SSID.1.SSID", "a"}, {"Device.WiFi.SSID.7.Name", "b"}});

  const SupportedObject& ssid = at(model, "Device.WiFi.SSID.{i}.");
  EXPECT_EQ(ssid.name, "SSID");
  EXPECT_TRUE(ssid.multi_instance);
  EXPECT_THAT(names(ssid), ElementsAre("Name", "SSID"));
  EXPECT_EQ(find(*model, "Device.WiFi.SSID."), nullptr);
}

TEST_F(Supported, TakesTypesFromTheStandardElseFromTheDevice) {
  const auto model = build({{"Device.WiFi.SSID.1.Enable", "1", "string"},
                            {"Device.WiFi.SSID.1.LowerLayers", "", "string"},
                            {"Device.WiFi.SSID.1.X_ACME_Level", "3", "unsignedInt"},
                            {"Device.WiFi.SSID.1.X_ACME_Odd", "3", "float"}});

  const SupportedObject& ssid = at(model, "Device.WiFi.SSID.{i}.");
  EXPECT_EQ(ssid.param("Enable")->type, ParamType::kBoolean);
  EXPECT_TRUE(ssid.param("LowerLayers")->list);
  EXPECT_EQ(ssid.param("X_ACME_Level")->type, ParamType::kUnsignedInt);
  EXPECT_EQ(ssid.param("X_ACME_Odd")->type, ParamType::kString);
}

// R-ARC.11
TEST_F(Supported, KnowsWhichParametersHoldPathsOfOtherObjects) {
  const auto model =
      build({{"Device.WiFi.SSID.1.LowerLayers", ""}, {"Device.WiFi.SSID.1.SSID", ""}});

  const SupportedObject& ssid = at(model, "Device.WiFi.SSID.{i}.");
  EXPECT_EQ(ssid.param("LowerLayers")->reference, usp::ReferenceKind::kWeak);
  EXPECT_EQ(ssid.param("SSID")->reference, usp::ReferenceKind::kNone);
  EXPECT_EQ(
      at(model, "Device.LocalAgent.Controller.{i}.MTP.{i}.MQTT.").param("Reference")->reference,
      usp::ReferenceKind::kStrong);
}

TEST_F(Supported, TakesAccessFromTheDevice) {
  const auto model = build({{"Device.WiFi.SSID.1.SSID", "a", "string", false},
                            {"Device.WiFi.SSID.1.Alias", "b", "string", true},
                            {"Device.WiFi.SSID.1.Enable", "1", "boolean", true}});

  const SupportedObject& ssid = at(model, "Device.WiFi.SSID.{i}.");
  EXPECT_EQ(ssid.param("SSID")->access, ParamAccess::kReadOnly);
  EXPECT_EQ(ssid.param("Alias")->access, ParamAccess::kWriteOnce);
  EXPECT_EQ(ssid.param("Enable")->access, ParamAccess::kReadWrite);
}

// quirk 63: a model whose "read-only" is not to be believed is offered what the standard says.
TEST_F(Supported, TakesAccessFromTheStandardWhereTheDeviceIsNotBelieved) {
  SupportedCache cache;
  DirectModel device(tree, schema.roots());
  fill(tree, {{"Device.WiFi.SSID.1.SSID", "a", "string", false},
              {"Device.WiFi.SSID.1.MACAddress", "b", "string", false},
              {"Device.X_Vendor", "c", "string", false}});
  const auto believed = cache.get(device, schema);
  const auto model = cache.get(device, schema, {}, true);

  EXPECT_EQ(at(believed, "Device.WiFi.SSID.{i}.").param("SSID")->access, ParamAccess::kReadOnly);
  const SupportedObject& ssid = at(model, "Device.WiFi.SSID.{i}.");
  EXPECT_EQ(ssid.param("SSID")->access, ParamAccess::kReadWrite);
  EXPECT_EQ(ssid.param("MACAddress")->access, ParamAccess::kReadOnly);
  EXPECT_EQ(model->param("X_Vendor")->access, ParamAccess::kReadWrite) << "the device will say";
}

TEST_F(Supported, TakesWhetherRowsCanComeAndGoFromTheDevice) {
  struct Row {
    bool table;
    bool instance;
    ObjectAccess access;
  };
  for (const Row& row :
       {Row{true, true, ObjectAccess::kAddDelete}, Row{true, false, ObjectAccess::kAddOnly},
        Row{false, true, ObjectAccess::kDeleteOnly}, Row{false, false, ObjectAccess::kReadOnly}}) {
    const auto model = build({{"Device.X_T.", "", "", row.table},
                              {"Device.X_T.1.", "", "", row.instance},
                              {"Device.X_T.1.P", "v"}});
    EXPECT_EQ(at(model, "Device.X_T.{i}.").access, row.access);
  }
}

TEST_F(Supported, OffersOnlyUniqueKeysWhoseParametersTheDeviceHas) {
  const auto model = build({{"Device.WiFi.SSID.1.Name", "a"},
                            {"Device.WiFi.SSID.1.BSSID", "a"},
                            {"Device.WiFi.Radio.1.Channel", "1"},
                            {"Device.X_T.1.Alias", "a"},
                            {"Device.X_U.1.Name", "a"}});

  EXPECT_THAT(at(model, "Device.WiFi.SSID.{i}.").unique_keys,
              ElementsAre(ElementsAre("Name"), ElementsAre("BSSID")));
  EXPECT_THAT(at(model, "Device.WiFi.Radio.{i}.").unique_keys, IsEmpty());
  EXPECT_THAT(at(model, "Device.X_T.{i}.").unique_keys, ElementsAre(ElementsAre("Alias")));
  EXPECT_THAT(at(model, "Device.X_U.{i}.").unique_keys, IsEmpty());
}

TEST_F(Supported, TakesAnEmptyTableToBeAsTheStandardHasIt) {
  const auto model = build({{"Device.NAT.PortMapping.", "", "", true}});

  const SupportedObject& mapping = at(model, "Device.NAT.PortMapping.{i}.");
  EXPECT_EQ(mapping.access, ObjectAccess::kAddDelete);
  EXPECT_EQ(mapping.param("ExternalPort")->type, ParamType::kUnsignedInt);
  EXPECT_EQ(mapping.param("Alias"), nullptr);  // this device has shown no Alias anywhere
}

TEST_F(Supported, OffersAnAliasInEmptyTablesOfDevicesThatKnowAliases) {
  const auto model =
      build({{"Device.NAT.PortMapping.", "", "", true}, {"Device.WiFi.SSID.1.Alias", "a"}});

  EXPECT_NE(at(model, "Device.NAT.PortMapping.{i}.").param("Alias"), nullptr);
  EXPECT_THAT(at(model, "Device.NAT.PortMapping.{i}.").unique_keys, Contains(ElementsAre("Alias")));
}

TEST_F(Supported, HidesTheManagementServerAndTheDevicesOwnUspObjects) {
  const auto model = build({{"Device.ManagementServer.URL", "http://acs"},
                            {"Device.LocalAgent.X_OWN", "1"},
                            {"Device.MQTT.X_OWN", "1"},
                            {"Device.DeviceInfo.SerialNumber", "1"}});

  EXPECT_EQ(find(*model, "Device.ManagementServer."), nullptr);
  EXPECT_EQ(at(model, "Device.LocalAgent.").param("X_OWN"), nullptr);
  EXPECT_EQ(at(model, "Device.MQTT.").param("X_OWN"), nullptr);
  EXPECT_NE(at(model, "Device.DeviceInfo.").param("SerialNumber"), nullptr);
}

TEST_F(Supported, NamesEveryObjectAndParameterOnce) {
  const auto model = build({{"Device.LocalAgent.EndpointID", "x"},
                            {"Device.RootDataModelVersion", "2.11"},
                            {"Device.WiFi.SSID.1.SSID", "a"}});

  for_each(*model, [](const SupportedObject& object) {
    std::set<std::string> seen;
    for (const auto& child : object.children) EXPECT_TRUE(seen.insert(child->name).second);
    for (const auto& param : object.params) EXPECT_TRUE(seen.insert(param.name).second);
  });
}

TEST_F(Supported, OffersADiagnosticOnlyWhereTheDeviceHasItsObject) {
  const auto without = build({{"Device.IP.Diagnostics.TraceRoute.DiagnosticsState", "None"}});
  const SupportedObject& diagnostics = at(without, "Device.IP.Diagnostics.");
  EXPECT_EQ(diagnostics.command("IPPing()"), nullptr);
  ASSERT_NE(diagnostics.command("TraceRoute()"), nullptr);

  const auto with = build({{"Device.IP.Diagnostics.IPPing.DiagnosticsState", "None"}});
  const usp::SupportedCommand* ping = at(with, "Device.IP.Diagnostics.").command("IPPing()");
  ASSERT_NE(ping, nullptr);
  EXPECT_TRUE(ping->asynchronous);
  EXPECT_THAT(ping->output, IsSupersetOf({"Status", "SuccessCount"}));
  for (const auto& argument : ping->input) EXPECT_EQ(argument.mandatory, argument.name == "Host");
}

// TP-469 1.105, 1.106
TEST_F(Supported, OffersTheCommandsAndEventsThatTheBridgeKeeps) {
  const auto model = build({{"Device.DeviceInfo.SerialNumber", "1"}});

  EXPECT_FALSE(model->command("Reboot()")->asynchronous);
  EXPECT_FALSE(model->command("FactoryReset()")->asynchronous);
  EXPECT_TRUE(model->command("ScheduleTimer()")->asynchronous);
  EXPECT_TRUE(model->command("ScheduleTimer()")->input.at(0).mandatory);
  EXPECT_TRUE(model->command("X_USPBRIDGE_ScheduleInform()")->asynchronous);
  EXPECT_THAT(model->event("Boot!")->args,
              IsSupersetOf({"Cause", "CommandKey", "FirmwareUpdated", "ParameterMap"}));
  EXPECT_NE(at(model, "Device.LocalAgent.").event("Periodic!"), nullptr);
  EXPECT_NE(at(model, "Device.LocalAgent.").event("TransferComplete!"), nullptr);
  EXPECT_NE(at(model, "Device.LocalAgent.Request.{i}.").command("Cancel()"), nullptr);
  EXPECT_NE(at(model, "Device.LocalAgent.Controller.{i}.").command("SendOnBoardRequest()"),
            nullptr);
}

// TP-469 1.99
TEST_F(Supported, NamesTheUniqueKeysOfSubscriptions) {
  const auto model = build({});

  EXPECT_THAT(at(model, "Device.LocalAgent.Subscription.{i}.").unique_keys,
              ElementsAre(ElementsAre("Alias"), ElementsAre("Recipient", "ID")));
}

// TP-469 11.1: profiles MQTTClientCon:1, MQTTClientSubscribe:1, MQTTAgent:1, MQTTController:1.
TEST_F(Supported, HasTheParametersOfTheMqttProfiles) {
  const auto model = build({});

  struct Row {
    const char* object;
    std::vector<std::string> params;
  };
  for (const Row& row : {
           Row{"Device.MQTT.", {"ClientNumberOfEntries"}},
           Row{"Device.MQTT.Capabilities.",
               {"ProtocolVersionsSupported", "TransportProtocolSupported"}},
           Row{"Device.MQTT.Client.{i}.",
               {"Enable", "Status", "ProtocolVersion", "BrokerAddress", "BrokerPort",
                "CleanSession", "KeepAliveTime", "Name", "ClientID", "Username", "Password",
                "TransportProtocol", "MessageRetryTime", "ConnectRetryTime",
                "ConnectRetryIntervalMultiplier", "ConnectRetryMaxInterval", "ResponseInformation",
                "SubscriptionNumberOfEntries"}},
           Row{"Device.MQTT.Client.{i}.Stats.",
               {"BrokerConnectionEstablished", "MQTTMessagesSent", "MQTTMessagesReceived",
                "ConnectionErrors"}},
           Row{"Device.MQTT.Client.{i}.Subscription.{i}.", {"Topic", "QoS", "Enable"}},
           Row{"Device.LocalAgent.MTP.{i}.MQTT.",
               {"Reference", "ResponseTopicConfigured", "ResponseTopicDiscovered", "PublishQoS"}},
           Row{"Device.LocalAgent.Controller.{i}.MTP.{i}.MQTT.", {"Reference", "Topic"}},
       }) {
    EXPECT_THAT(names(at(model, row.object)), IsSupersetOf(row.params)) << row.object;
  }
}

TEST_F(Supported, MarksSecretsAndNothingElse) {
  const auto model = build({{"Device.WiFi.AccessPoint.1.Security.KeyPassphrase", ""},
                            {"Device.WiFi.AccessPoint.1.Security.ModeEnabled", "None"},
                            {"Device.PPP.Interface.1.Password", ""},
                            {"Device.UserInterface.PasswordRequired", "0", "boolean"},
                            {"Device.X_ACME_AdminPassword", ""}});

  const SupportedObject& security = at(model, "Device.WiFi.AccessPoint.{i}.Security.");
  EXPECT_TRUE(security.param("KeyPassphrase")->secret);
  EXPECT_FALSE(security.param("ModeEnabled")->secret);
  EXPECT_TRUE(at(model, "Device.PPP.Interface.{i}.").param("Password")->secret);
  EXPECT_FALSE(at(model, "Device.UserInterface.").param("PasswordRequired")->secret);
  EXPECT_TRUE(model->param("X_ACME_AdminPassword")->secret);
}

TEST_F(Supported, PutsAnInternetGatewayDeviceBelowTheVendorObject) {
  const auto model = build({{"InternetGatewayDevice.LANDevice.1.X", "1"},
                            {"InternetGatewayDevice.ManagementServer.URL", "http://acs"}},
                           "InternetGatewayDevice.");

  EXPECT_NE(at(model, "Device.X_USPBRIDGE_IGD.LANDevice.{i}.").param("X"), nullptr);
  EXPECT_EQ(find(*model, "Device.X_USPBRIDGE_IGD.ManagementServer."), nullptr);
  EXPECT_NE(find(*model, "Device.LocalAgent."), nullptr);
}

TEST_F(Supported, OffersInAnEmptyTableOnlyWhatARowCouldHave) {
  struct WithoutPorts : DirectModel {
    using DirectModel::DirectModel;
    bool may_have(std::string_view path) const override { return !path.ends_with("Port"); }
  };
  fill(tree, {{"Device.NAT.PortMapping.", ""}});
  const WithoutPorts device(tree, schema.roots());

  const auto model = build_supported(tree.supported(), schema, device);

  const SupportedObject& mapping = at(model, "Device.NAT.PortMapping.{i}.");
  EXPECT_EQ(mapping.param("ExternalPort"), nullptr);
  EXPECT_NE(mapping.param("Description"), nullptr);
}

TEST_F(Supported, StandsWithoutADevice) {
  const DirectModel nothing(tree, schema.roots());

  const auto model = build_supported({}, schema, nothing);

  EXPECT_EQ(model->path, "Device.");
  EXPECT_NE(find(*model, "Device.LocalAgent."), nullptr);
  EXPECT_NE(model->param("RootDataModelVersion"), nullptr);
}

TEST_F(Supported, IsSharedByDevicesOfOneModel) {
  SupportedCache cache;
  DirectModel device(tree, schema.roots());
  fill(tree, {{"Device.WiFi.SSID.1.SSID", "a"}});
  Tree same(pool);
  fill(same, {{"Device.WiFi.SSID.1.SSID", "b"}, {"Device.WiFi.SSID.2.SSID", "c"}});
  Tree other(pool);
  fill(other, {{"Device.WiFi.SSID.1.SSID", "b"}, {"Device.WiFi.SSID.1.Name", "c"}});

  const auto model = cache.get(device, schema);
  DirectModel same_device(same, schema.roots());
  DirectModel other_device(other, schema.roots());
  EXPECT_EQ(cache.get(same_device, schema), model);
  EXPECT_NE(cache.get(other_device, schema), model);
}

TEST_F(Supported, IsNotSharedByDevicesWhoseEmptyTablesMayHaveOtherRows) {
  struct Other : DirectModel {
    using DirectModel::DirectModel;
    bool may_have(std::string_view) const override { return false; }
    const void* rules() const override { return this; }
  };
  SupportedCache cache;
  tree.apply(NamesListed{"Device.", false, {{"Device.NAT.PortMapping.", true}}}, kNow);
  DirectModel device(tree, schema.roots());
  Other other(tree, schema.roots());
  const auto model = cache.get(device, schema);
  EXPECT_NE(cache.get(other, schema), model);
}

TEST_F(Supported, IsForgottenByTheCacheWhenNobodyHoldsIt) {
  SupportedCache cache;
  DirectModel device(tree, schema.roots());
  fill(tree, {{"Device.A", "a"}});
  cache.get(device, schema);
  fill(tree, {{"Device.B", "a"}});
  cache.get(device, schema);

  EXPECT_EQ(cache.size(), 1U);
}

TEST(StandardModel, FindsParametersTablesAndWhatIsBelow) {
  const StandardModel& model = StandardModel::get();

  ASSERT_NE(model.param("Device.WiFi.SSID.{i}.Enable"), nullptr);
  EXPECT_EQ(model.param("Device.WiFi.SSID.{i}.Enable")->type, ParamType::kBoolean);
  EXPECT_EQ(model.param("Device.WiFi.SSID.{i}.Nothing"), nullptr);
  ASSERT_NE(model.table("Device.NAT.PortMapping.{i}."), nullptr);
  EXPECT_TRUE(model.table("Device.NAT.PortMapping.{i}.")->add_delete);
  for (const StandardParam& param : model.params_below("Device.NAT.")) {
    EXPECT_TRUE(param.path.starts_with("Device.NAT."));
  }
  EXPECT_THAT(model.params_below("Device.NAT."), Not(IsEmpty()));
}

}  // namespace
}  // namespace bridge
