// The control API of the running bridge: devices, parameters, operations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using support::ControlClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using namespace std::chrono_literals;
namespace v1 = bridge::v1;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
const std::string kPing = "Device.IP.Diagnostics.IPPing()";

/// The bridge, one device, and a client of the control API.
struct Api : testing::Test {
  /// Sessions end when nothing is left to do.
  void power_on(const std::string& settings = {}, std::vector<std::string> more = {}) {
    world.emplace(settings, std::vector<std::string>{}, "", "  linger: {mode: never}\n");
    client.emplace(world->grpc_port());
    cpe = world->device("1", "tr181-small.csv", std::move(more));
    ASSERT_TRUE(cpe->wait_for("session_end"));
  }
  std::string name() const { return "devices/" + cpe->endpoint_id(); }

  std::optional<World> world;
  std::optional<ControlClient> client;
  std::unique_ptr<Cpe> cpe;
};

std::vector<std::string> lines_of(const v1::GetParametersResponse& response) {
  std::vector<std::string> out;
  for (const auto& each : response.parameters()) out.push_back(each.path() + "=" + each.value());
  return out;
}

// ---- the server ---------------------------------------------------------------------------------

using ControlApi = Api;

TEST_F(ControlApi, SaysThatItServesAndWhatItOffers) {
  World only;
  ControlClient to(only.grpc_port());

  // HealthCheckRequest for the server as a whole; HealthCheckResponse{status: SERVING}.
  EXPECT_EQ(to.raw("/grpc.health.v1.Health/Check", ""), std::string("\x08\x01"));
  // ServerReflectionRequest{list_services: "*"}.
  std::string services =
      to.raw("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", "\x3a\x01*");
  for (const char* each :
       {"DeviceService", "ParameterService", "OperationService", "WatchService"}) {
    EXPECT_THAT(services, HasSubstr(std::string("bridge.v1.") + each));
  }
}

// ---- devices ------------------------------------------------------------------------------------

TEST_F(ControlApi, ShowsADeviceThatHasIntroducedItself) {
  power_on();

  auto shown = client->device(name());

  ASSERT_TRUE(shown.ok()) << shown;
  EXPECT_EQ(shown.value.name(), name());
  EXPECT_EQ(shown.value.endpoint_id(), cpe->endpoint_id());
  EXPECT_EQ(shown.value.oui(), "00D09E");
  EXPECT_EQ(shown.value.product_class(), "Gateway");
  EXPECT_EQ(shown.value.serial_number(), "1");
  EXPECT_EQ(shown.value.manufacturer(), "Example");
  EXPECT_EQ(shown.value.root(), "Device.");
  EXPECT_EQ(shown.value.software_version(), "1.4.2");
  EXPECT_TRUE(shown.value.onboarded());
  EXPECT_GT(shown.value.first_seen_time().seconds(), 0);
  EXPECT_GE(shown.value.last_inform_time().seconds(), shown.value.first_seen_time().seconds());
  EXPECT_EQ(shown.value.open_operations(), 0U);
}

TEST_F(ControlApi, PagesThroughDevicesInOrderOfAppearance) {
  power_on();
  auto second = world->device("2");
  auto third = world->device("3");

  auto first_page = client->devices(2);
  ASSERT_THAT(first_page.value.devices(), SizeIs(2)) << first_page;
  ASSERT_THAT(first_page.value.next_page_token(), Not(IsEmpty()));
  auto last_page = client->devices(2, first_page.value.next_page_token());

  EXPECT_EQ(first_page.value.devices(0).serial_number(), "1");
  EXPECT_EQ(first_page.value.devices(1).serial_number(), "2");
  ASSERT_THAT(last_page.value.devices(), SizeIs(1)) << last_page;
  EXPECT_EQ(last_page.value.devices(0).serial_number(), "3");
  EXPECT_THAT(last_page.value.next_page_token(), IsEmpty());
}

TEST_F(ControlApi, ForgetsADeviceAndWelcomesItAsNew) {
  power_on();
  auto before = client->device(name());
  cpe->command("set", kSsid + " kept");

  auto forgotten = client->forget(name());

  EXPECT_TRUE(forgotten.ok()) << forgotten;
  EXPECT_EQ(client->device(name()).code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(client->devices().value.devices(), IsEmpty());
  EXPECT_EQ(client->forget(name()).code(), grpc::StatusCode::NOT_FOUND);
  cpe->command("inform");
  auto onboard = world->controller().wait_for_notify(
      [](const auto& each) { return each.notify.has_on_board_req(); }, kLong);
  ASSERT_TRUE(onboard) << world->bridge().output();
  auto after = client->device(name());
  EXPECT_TRUE(after.value.onboarded()) << after;
  EXPECT_THAT(lines_of(client->get(name(), {kSsid}).value), ElementsAre(kSsid + "=kept"));
}

// ---- parameters ---------------------------------------------------------------------------------

TEST_F(ControlApi, ReadsFromTheMirrorAndNamesPathsThatLeadNowhere) {
  power_on();
  cpe->command("sleep");

  auto read = client->get(name(), {"Device.WiFi.SSID.*.SSID", "Device.Nothing.",
                                   "Device.WiFi.SSID.[SSID==\"Home-2\"].Enable"});

  ASSERT_TRUE(read.ok()) << read;
  EXPECT_THAT(lines_of(read.value),
              ElementsAre("Device.WiFi.SSID.1.SSID=Home-1", "Device.WiFi.SSID.2.SSID=Home-2",
                          "Device.WiFi.SSID.2.Enable=true"));
  ASSERT_THAT(read.value.errors(), SizeIs(1));
  EXPECT_EQ(read.value.errors(0).path(), "Device.Nothing.");
  EXPECT_EQ(read.value.errors(0).code(), 7026U);
}

TEST_F(ControlApi, LimitsTheDepthOfARead) {
  power_on();
  v1::GetParametersRequest request;
  request.set_device(name());
  request.add_paths("Device.DeviceInfo.");
  request.set_max_depth(1);

  auto shallow = lines_of(client->get(request).value);

  EXPECT_THAT(shallow, testing::Contains("Device.DeviceInfo.SoftwareVersion=1.4.2"));
  EXPECT_THAT(shallow, testing::Each(Not(StartsWith("Device.DeviceInfo.MemoryStatus."))));
}

TEST_F(ControlApi, WritesReachTheDeviceBeforeTheyAreAnswered) {
  power_on();

  auto set = client->set(name(), {{kSsid, "new"}, {"Device.WiFi.SSID.2.SSID", "other"}});

  ASSERT_TRUE(set.ok()) << set;
  EXPECT_THAT(set.value.parameters(), SizeIs(2));
  EXPECT_EQ(cpe->command("get", kSsid), "new");
  EXPECT_EQ(cpe->command("get", "Device.WiFi.SSID.2.SSID"), "other");
  EXPECT_THAT(lines_of(client->get(name(), {kSsid}).value), ElementsAre(kSsid + "=new"));
}

TEST_F(ControlApi, ARefusedSetNamesTheParameterAndLeavesTheOthers) {
  power_on();

  auto set =
      client->set(name(), {{kSsid, "never"}, {"Device.DHCPv4.Server.Pool.1.LeaseTime", "soon"}});

  EXPECT_EQ(set.code(), grpc::StatusCode::INVALID_ARGUMENT) << set;
  EXPECT_THAT(set.text(), HasSubstr("Device.DHCPv4.Server.Pool.1.LeaseTime"));
  EXPECT_THAT(set.text(), StartsWith("USP 70"));
  EXPECT_EQ(cpe->command("get", kSsid), "Home-1");
}

TEST_F(ControlApi, SaysWhyAParameterCannotBeWritten) {
  power_on();

  auto constant = client->set(name(), {{"Device.DeviceInfo.SoftwareVersion", "9"}});
  auto unknown = client->set(name(), {{"Device.WiFi.SSID.1.Nonsense", "9"}});
  auto no_row = client->set(name(), {{"Device.WiFi.SSID.9.SSID", "9"}});

  EXPECT_EQ(constant.code(), grpc::StatusCode::FAILED_PRECONDITION) << constant;
  EXPECT_THAT(constant.text(), HasSubstr("Device.DeviceInfo.SoftwareVersion"));
  EXPECT_EQ(unknown.code(), grpc::StatusCode::INVALID_ARGUMENT) << unknown;
  EXPECT_THAT(unknown.text(), HasSubstr("Nonsense"));
  EXPECT_EQ(no_row.code(), grpc::StatusCode::NOT_FOUND) << no_row;
}

TEST_F(ControlApi, AddsAndDeletesRowsOnTheDevice) {
  power_on();
  const std::string row = "Device.NAT.PortMapping.2.";

  auto added = client->add(name(), "Device.NAT.PortMapping.", {{"ExternalPort", "8081"}});
  ASSERT_TRUE(added.ok()) << added;
  EXPECT_EQ(added.value.path(), row);
  EXPECT_EQ(added.value.unique_keys().at("Alias"), "cpe-2");
  EXPECT_EQ(cpe->command("get", row + "ExternalPort"), "8081");

  auto removed = client->remove(name(), row);
  EXPECT_TRUE(removed.ok()) << removed;
  EXPECT_THAT(cpe->command("get", row + "ExternalPort"), StartsWith("error"));
  EXPECT_EQ(client->remove(name(), row).code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(ControlApi, AnAddThatFailsOnAParameterLeavesNoRow) {
  power_on();

  auto added = client->add(name(), "Device.NAT.PortMapping.", {{"ExternalPort", "many"}});

  EXPECT_EQ(added.code(), grpc::StatusCode::INVALID_ARGUMENT) << added;
  EXPECT_THAT(added.text(), HasSubstr("ExternalPort"));
  EXPECT_THAT(cpe->command("get", "Device.NAT.PortMapping.2.ExternalPort"), StartsWith("error"));
}

TEST_F(ControlApi, WhatIsNoPathOrNamesTooMuchIsAnInvalidArgument) {
  power_on();

  for (const auto& answer : {client->set(name(), {}), client->set(name(), {{"SSID", "x"}}),
                             client->set(name(), {{"Device.WiFi.SSID.1.", "x"}})}) {
    EXPECT_EQ(answer.code(), grpc::StatusCode::INVALID_ARGUMENT) << answer;
    EXPECT_THAT(answer.text(), StartsWith("parameters: "));
  }
  EXPECT_EQ(client->get(name(), {}).code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(client->get(name(), {"Device..X"}).value.errors_size(), 1);
  EXPECT_FALSE(client->add(name(), "").ok());
  EXPECT_FALSE(client->remove(name(), "").ok());
  EXPECT_EQ(client->start(name(), "Device.Nothing()").code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(client->start(name(), "Reboot").code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ControlApi, EveryCallSaysThatADeviceIsNotThereOrItsNameIsNone) {
  World empty;
  ControlClient to(empty.grpc_port());
  auto codes = [&to](const std::string& device) {
    return std::vector<grpc::StatusCode>{
        to.device(device).code(),
        to.forget(device).code(),
        to.get(device, {kSsid}).code(),
        to.set(device, {{kSsid, "x"}}).code(),
        to.add(device, "Device.NAT.PortMapping.").code(),
        to.remove(device, "Device.NAT.PortMapping.1.").code(),
        to.start(device, "Device.Reboot()").code(),
        to.operations(device).code(),
        to.operation(device + "/operations/1").code(),
        to.cancel(device + "/operations/1").code(),
        to.wait(device + "/operations/1").code(),
    };
  };

  EXPECT_THAT(codes("devices/ops::00D09E-Gateway-9"), testing::Each(grpc::StatusCode::NOT_FOUND));
  for (const char* bad : {"", "ops::00D09E-Gateway-9", "devices/", "devices/a/b", "devices/%zz"}) {
    EXPECT_THAT(codes(bad), testing::Each(grpc::StatusCode::INVALID_ARGUMENT)) << bad;
  }
}

// ---- deadlines ----------------------------------------------------------------------------------

TEST_F(ControlApi, AWriteIsWithdrawnAtTheDeadlineOfTheCall) {
  power_on("operation_deadline: 60s");
  cpe->command("sleep");

  auto set = client->set(name(), {{kSsid, "late"}}, 3s);

  EXPECT_EQ(set.code(), grpc::StatusCode::DEADLINE_EXCEEDED) << set;
  auto all = client->operations(name());
  ASSERT_THAT(all.value.operations(), SizeIs(1)) << all;
  auto over = client->wait(all.value.operations(0).name());
  EXPECT_EQ(over.value.state(), v1::Operation::FAILED) << over;
  EXPECT_EQ(over.value.error().usp_code(), 7801U);
  cpe->command("wake");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_EQ(cpe->command("get", kSsid), "Home-1");
}

TEST_F(ControlApi, AWriteIsWithdrawnAtItsOwnTimeoutOrAtTheConfiguredDeadline) {
  power_on("operation_deadline: 1s");
  cpe->command("sleep");
  auto request = ControlClient::set_request(name(), {{kSsid, "late"}});
  auto configured = client->set(request);
  request.mutable_timeout()->set_nanos(200'000'000);
  auto own = client->set(request);

  for (const auto& answer : {configured, own}) {
    EXPECT_EQ(answer.code(), grpc::StatusCode::DEADLINE_EXCEEDED) << answer;
    EXPECT_THAT(answer.text(), HasSubstr("USP 7801"));
  }
  EXPECT_THAT(client->operations(name()).value.operations(),
              testing::Each(testing::Property(&v1::Operation::state, v1::Operation::FAILED)));
}

TEST_F(ControlApi, ATimeoutThatIsNoneIsAnInvalidArgument) {
  power_on();
  auto request = ControlClient::set_request(name(), {{kSsid, "x"}});

  // The last would be 384 ms after it has wrapped around.
  for (std::int64_t seconds : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{604'801},
                               std::int64_t{18'446'744'073'709'552}}) {
    request.mutable_timeout()->set_seconds(seconds);
    auto set = client->set(request);
    EXPECT_EQ(set.code(), grpc::StatusCode::INVALID_ARGUMENT) << seconds << ": " << set;
    EXPECT_THAT(set.text(), StartsWith("timeout: "));
  }
  EXPECT_EQ(cpe->command("get", kSsid), "Home-1");
}

// ---- operations ---------------------------------------------------------------------------------

TEST_F(ControlApi, ACommandIsStoredThenDoneAndItsEndIsWaitedFor) {
  power_on();

  auto started = client->start(name(), "Device.Reboot()");
  ASSERT_TRUE(started.ok()) << started;
  EXPECT_THAT(started.value.name(), StartsWith(name() + "/operations/"));
  EXPECT_EQ(started.value.summary(), "Device.Reboot()");
  EXPECT_EQ(started.value.kind(), "Operate");
  EXPECT_EQ(started.value.requester(), "grpc");
  EXPECT_TRUE(started.value.has_create_time());
  EXPECT_TRUE(started.value.has_deadline_time());
  EXPECT_FALSE(started.value.has_finish_time());
  auto ended = client->wait(started.value.name());

  EXPECT_EQ(ended.value.state(), v1::Operation::SUCCEEDED) << ended;
  EXPECT_TRUE(ended.value.has_finish_time());
  EXPECT_TRUE(cpe->process().wait_for_text("M Reboot"));
  EXPECT_EQ(client->operation(started.value.name()).value.state(), v1::Operation::SUCCEEDED);
}

TEST_F(ControlApi, ADiagnosticEndsWithItsResults) {
  power_on();

  auto started = client->start(name(), kPing, {{"Host", "192.0.2.1"}});
  ASSERT_TRUE(started.ok()) << started;
  auto ended = client->wait(started.value.name());

  EXPECT_EQ(ended.value.state(), v1::Operation::SUCCEEDED) << ended;
  EXPECT_EQ(ended.value.output().at("SuccessCount"), "3");
  auto again = client->operation(started.value.name());
  EXPECT_EQ(again.value.SerializeAsString().size(), ended.value.SerializeAsString().size());
}

TEST_F(ControlApi, ACommandWithoutAnArgumentItNeedsIsRefusedAtOnce) {
  power_on();

  auto started = client->start(name(), kPing);

  EXPECT_EQ(started.code(), grpc::StatusCode::INVALID_ARGUMENT) << started;
  EXPECT_THAT(client->operations(name()).value.operations(), IsEmpty());
}

TEST_F(ControlApi, TheDeadlineOfTheCallIsNotThatOfTheCommand) {
  power_on();
  cpe->command("sleep");
  auto request = ControlClient::start_request(name(), "Device.Reboot()");
  request.mutable_timeout()->set_seconds(3600);

  auto started = client->start(request, 10s);

  ASSERT_TRUE(started.ok()) << started;
  EXPECT_EQ(started.value.deadline_time().seconds() - started.value.create_time().seconds(), 3600);
}

TEST_F(ControlApi, WaitingEndsAtItsTimeoutWithTheStateThen) {
  power_on();
  cpe->command("sleep");
  auto started = client->start(name(), "Device.Reboot()");
  v1::WaitOperationRequest request;
  request.set_name(started.value.name());
  request.mutable_timeout()->set_nanos(100'000'000);

  auto waited = client->wait(request);

  EXPECT_TRUE(waited.ok()) << waited;
  EXPECT_EQ(waited.value.state(), v1::Operation::QUEUED);
}

TEST_F(ControlApi, ListsOperationsNewestFirstInPages) {
  power_on();
  cpe->command("sleep");
  std::vector<std::string> names;
  for (int i = 0; i < 3; ++i) {
    names.push_back(client->start(name(), "Device.Reboot()").value.name());
  }

  auto first_page = client->operations(name(), 2);
  auto last_page = client->operations(name(), 2, first_page.value.next_page_token());

  ASSERT_THAT(first_page.value.operations(), SizeIs(2)) << first_page;
  EXPECT_EQ(first_page.value.operations(0).name(), names[2]);
  EXPECT_EQ(first_page.value.operations(1).name(), names[1]);
  ASSERT_THAT(last_page.value.operations(), SizeIs(1)) << last_page;
  EXPECT_EQ(last_page.value.operations(0).name(), names[0]);
  EXPECT_THAT(last_page.value.next_page_token(), IsEmpty());
  EXPECT_EQ(client->device(name()).value.open_operations(), 3U);
}

TEST_F(ControlApi, ACancelledCommandIsNeverSent) {
  power_on();
  cpe->command("sleep");
  auto started = client->start(name(), "Device.Reboot()");

  auto cancelled = client->cancel(started.value.name());

  ASSERT_TRUE(cancelled.ok()) << cancelled;
  EXPECT_EQ(cancelled.value.state(), v1::Operation::CANCELLED) << cancelled;
  EXPECT_TRUE(cancelled.value.has_finish_time());
  EXPECT_EQ(client->cancel(started.value.name()).code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(client->cancel(name() + "/operations/999").code(), grpc::StatusCode::NOT_FOUND);
  cpe->process().skip_output();
  cpe->command("wake");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_THAT(cpe->process().output(), Not(HasSubstr("\"method\":\"Reboot\"")));
}

TEST_F(ControlApi, WhatTheDeviceWasAskedIsCalledBackThere) {
  power_on({}, {"--diagnostics-ms", "600000"});
  cpe->process().skip_output();
  auto started = client->start(name(), kPing, {{"Host", "192.0.2.1"}});
  ASSERT_TRUE(cpe->process().wait_for_text("DiagnosticsState")) << cpe->process().output();

  auto cancelled = client->cancel(started.value.name());

  EXPECT_TRUE(cancelled.ok()) << cancelled;
  EXPECT_EQ(client->operation(started.value.name()).value.state(), v1::Operation::CANCELLED);
}

TEST_F(ControlApi, WhatTheDeviceDoesNotCallBackGoesOn) {
  power_on({}, {"--diagnostics-ms", "600000"});
  cpe->process().skip_output();
  auto started = client->start(name(), kPing, {{"Host", "192.0.2.1"}});
  ASSERT_TRUE(cpe->process().wait_for_text("DiagnosticsState")) << cpe->process().output();
  ASSERT_TRUE(cpe->wait_for("session_end"));
  cpe->command("fault", "SetParameterValues 9001 1");

  auto cancelled = client->cancel(started.value.name());

  EXPECT_EQ(cancelled.code(), grpc::StatusCode::FAILED_PRECONDITION) << cancelled;
  EXPECT_EQ(client->operation(started.value.name()).value.state(), v1::Operation::RUNNING);
}

TEST_F(ControlApi, ADeviceTakesAsManyOpenOperationsAsConfigured) {
  power_on("open_operations: 2");
  cpe->command("sleep");
  auto first = client->start(name(), "Device.Reboot()");
  auto second = client->start(name(), "Device.Reboot()");

  auto third = client->start(name(), "Device.Reboot()");

  EXPECT_TRUE(first.ok() && second.ok()) << first << second;
  EXPECT_EQ(third.code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << third;
  EXPECT_EQ(client->set(name(), {{kSsid, "x"}}).code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  ASSERT_TRUE(client->cancel(first.value.name()).ok());
  EXPECT_TRUE(client->start(name(), "Device.Reboot()").ok());
}

}  // namespace
}  // namespace integration
