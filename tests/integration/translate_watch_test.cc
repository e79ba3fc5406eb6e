// What a TR-098 device does and is told to do, in Device:2 names: notifications and commands.
#include "tests/integration/tr098_fixture.h"

namespace integration {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Pair;
using usp_msg::Notify;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kPing = "Device.IP.Diagnostics.IPPing()";

class TranslateWatch : public Tr098 {
 protected:
  usp_msg::OperateResp::OperationResult operate(const std::string& command,
                                                const std::map<std::string, std::string>& input) {
    const auto answer = do_all(usp_controller::operate(command, input, "key"));
    const auto& results = answer.body().response().operate_resp().operation_results();
    return results.empty() ? usp_msg::OperateResp::OperationResult() : results[0];
  }
};

TEST_F(TranslateWatch, AChangeOnTheDeviceIsToldInDevice2Names) {
  subscribe("ValueChange", "Device.WiFi.SSID.1.");
  ASSERT_TRUE(cpe->process().wait_for_text("SetParameterAttributes"));
  ASSERT_TRUE(cpe->wait_for("session_end"));

  cpe->command("set", kWlan + "1.SSID changed");

  const auto told = wait_for([](const Notify& each) { return each.has_value_change(); });
  ASSERT_TRUE(told);
  EXPECT_EQ(told->value_change().param_path(), kSsid);
  EXPECT_EQ(told->value_change().param_value(), "changed");
}

TEST_F(TranslateWatch, OneSettingIsToldUnderEachOfItsNames) {
  subscribe("ValueChange", "Device.WiFi.");

  do_all(usp_controller::set({{"Device.WiFi.SSID.2.", {{"Enable", "false"}}}}));

  for (const std::string path : {"Device.WiFi.SSID.2.Enable", "Device.WiFi.AccessPoint.2.Enable"}) {
    const auto told =
        wait_for([&path](const Notify& each) { return each.value_change().param_path() == path; });
    ASSERT_TRUE(told) << path;
    EXPECT_EQ(told->value_change().param_value(), "false");
  }
}

TEST_F(TranslateWatch, RowsThatComeAndGoOnTheDeviceAreTold) {
  subscribe("ObjectCreation", kMappings);
  subscribe("ObjectDeletion", kMappings);

  for (const std::string& table : {kWanMappings, kIptvMappings}) {
    const std::string number = cpe->command("add", table);
    cpe->command("inform");
    const auto created = wait_for([](const Notify& each) { return each.has_obj_creation(); });
    ASSERT_TRUE(created) << table;
    const std::string row = created->obj_creation().obj_path();
    EXPECT_THAT(created->obj_creation().unique_keys(),
                AllOf(Contains(Pair("ExternalPort", "0")), Contains(Pair("Protocol", "TCP"))));

    cpe->command("delete", table + number + ".");
    cpe->command("inform");
    const auto deleted = wait_for([](const Notify& each) { return each.has_obj_deletion(); });
    ASSERT_TRUE(deleted) << table;
    EXPECT_EQ(deleted->obj_deletion().obj_path(), row);
  }
}

TEST_F(TranslateWatch, ARowThatIsAnElementOfAListIsTold) {
  const std::string servers = "Device.DNS.Client.Server.";
  subscribe("ObjectCreation", servers);

  cpe->command("set", kWan + "1.WANIPConnection.1.DNSServers 198.51.100.1,198.51.100.2");
  cpe->command("inform");

  const auto created = wait_for([](const Notify& each) { return each.has_obj_creation(); });
  ASSERT_TRUE(created);
  EXPECT_EQ(created->obj_creation().obj_path(), servers + "2.");
  EXPECT_EQ(read(servers + "2.DNSServer"), "198.51.100.2");
}

TEST_F(TranslateWatch, AValueThatIsMadeOfAnotherIsTold) {
  const std::string status = "Device.IP.Interface.2.Status";
  subscribe("ValueChange", status);
  ASSERT_TRUE(cpe->process().wait_for_text("SetParameterAttributes"));
  ASSERT_TRUE(cpe->wait_for("session_end"));

  cpe->command("set", kWan + "1.WANIPConnection.1.ConnectionStatus Disconnected");

  const auto told = wait_for([](const Notify& each) { return each.has_value_change(); });
  ASSERT_TRUE(told);
  EXPECT_EQ(told->value_change().param_path(), status);
  EXPECT_EQ(told->value_change().param_value(), "Down");
}

TEST_F(TranslateWatch, RowsThatAControllerMakesAreTold) {
  subscribe("ObjectCreation", kMappings);
  subscribe("ObjectDeletion", kMappings);

  ask(usp_controller::add({{kMappings, {{"ExternalPort", "70000"}}}}));  // refused: never told
  const std::string row = add({{"ExternalPort", "8443"}});
  do_all(usp_controller::del({row}));

  const auto created = wait_for([](const Notify& each) { return each.has_obj_creation(); });
  ASSERT_TRUE(created);
  EXPECT_EQ(created->obj_creation().obj_path(), row);
  EXPECT_THAT(created->obj_creation().unique_keys(), Contains(Pair("ExternalPort", "8443")));
  const auto deleted = wait_for([](const Notify& each) { return each.has_obj_deletion(); });
  ASSERT_TRUE(deleted);
  EXPECT_EQ(deleted->obj_deletion().obj_path(), row);
}

TEST_F(TranslateWatch, APingRunsOnTheDeviceAndItsResultsComeBack) {
  subscribe("OperationComplete", "Device.IP.");
  const std::string wan = row_with("Device.IP.Interface.", "Name", "wan");

  operate(kPing, {{"Host", "192.0.2.1"}, {"NumberOfRepetitions", "4"}, {"Interface", wan}});

  const auto done = wait_for([](const Notify& each) { return each.has_oper_complete(); });
  ASSERT_TRUE(done);
  EXPECT_EQ(done->oper_complete().obj_path(), "Device.IP.Diagnostics.");
  EXPECT_EQ(done->oper_complete().command_name(), "IPPing()");
  EXPECT_EQ(done->oper_complete().command_key(), "key");
  EXPECT_THAT(done->oper_complete().req_output_args().output_args(),
              AllOf(Contains(Pair("Status", "Complete")), Contains(Pair("SuccessCount", "4")),
                    Contains(Pair("AverageResponseTime", "12"))));
  EXPECT_EQ(on_device(kIgd + "IPPingDiagnostics.Interface"), kWan + "1.WANIPConnection.1");
}

TEST_F(TranslateWatch, ARebootIsAnsweredAndBootIsTold) {
  subscribe("Event", "Device.Boot!");

  EXPECT_TRUE(operate("Device.Reboot()", {}).has_req_output_args());

  const auto boot = wait_for([](const Notify& each) { return each.has_event(); });
  ASSERT_TRUE(boot);
  EXPECT_THAT(boot->event().params(),
              AllOf(Contains(Pair("CommandKey", "key")), Contains(Pair("Cause", "RemoteReboot"))));
}

}  // namespace
}  // namespace integration
