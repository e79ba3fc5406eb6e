// Freezes, caps, denied paths, dry runs and explanations of the running bridge, through both doors.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/bridge/v1/freeze.grpc.pb.h"
#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using support::ControlClient;
using testing::Contains;
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

/// The bridge, one device, and clients of both doors.
struct Brakes : testing::Test {
  void power_on(std::vector<std::string> environment = {}, std::vector<std::string> more = {}) {
    world.emplace("", std::move(environment), "", "  linger: {mode: never}\n");
    connect();
    cpe = world->device("1", "tr181-small.csv", std::move(more));
    ASSERT_TRUE(cpe->wait_for("session_end"));
    ASSERT_TRUE(world->wait_for_metric("usp_bridge_cwmp_sessions_open 0"));
  }
  void connect() {
    client.emplace(world->grpc_port());
    freezes = v1::FreezeService::NewStub(client->channel());
    devices = v1::DeviceService::NewStub(client->channel());
  }
  std::string name() const { return "devices/" + cpe->endpoint_id(); }

  std::uint32_t usp_code(usp_msg::Msg request) {
    const usp_msg::Msg answer = world->ask(*cpe, std::move(request));
    last_text = answer.body().error().err_msg();
    return answer.body().error().err_code();
  }
  usp_msg::Msg set_ssid(const std::string& value) {
    return usp_controller::set({{"Device.WiFi.SSID.1.", {{"SSID", value}}}});
  }

  /// The freeze's name; the status code where it was refused.
  std::string freeze(v1::Freeze wanted) {
    v1::CreateFreezeRequest request;
    *request.mutable_freeze() = std::move(wanted);
    grpc::ClientContext context;
    v1::Freeze made;
    const grpc::Status status = freezes->CreateFreeze(&context, request, &made);
    return status.ok() ? made.name() : std::to_string(status.error_code());
  }
  std::string freeze_all() {
    v1::Freeze wanted;
    wanted.set_all(true);
    wanted.set_reason("core network");
    return freeze(std::move(wanted));
  }
  grpc::StatusCode lift(const std::string& which) {
    v1::DeleteFreezeRequest request;
    request.set_name(which);
    grpc::ClientContext context;
    google::protobuf::Empty nothing;
    return freezes->DeleteFreeze(&context, request, &nothing).error_code();
  }
  std::vector<std::string> freezes_that_hold() {
    grpc::ClientContext context;
    v1::ListFreezesResponse response;
    EXPECT_TRUE(freezes->ListFreezes(&context, {}, &response).ok());
    std::vector<std::string> out;
    for (const v1::Freeze& each : response.freezes()) {
      out.push_back(each.name() + " " + each.reason());
    }
    return out;
  }
  v1::DeviceExplanation explain() {
    v1::ExplainDeviceRequest request;
    request.set_name(name());
    grpc::ClientContext context;
    v1::DeviceExplanation out;
    const grpc::Status status = devices->ExplainDevice(&context, request, &out);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return out;
  }
  /// Of what is wrong.
  std::vector<std::string> reasons() {
    std::vector<std::string> out;
    const v1::DeviceExplanation explanation = explain();
    for (const v1::Finding& each : explanation.findings()) {
      if (each.severity() != v1::Finding::INFO) out.push_back(each.reason());
    }
    return out;
  }
  /// Of the device's RPCs of that method, the lines that tell of them.
  std::size_t rpcs(const std::string& method) {
    const std::string text = cpe->process().output();
    const std::string wanted = "\"method\":\"" + method + "\"";
    std::size_t count = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos;
         at = text.find(wanted, at + 1)) {
      ++count;
    }
    return count;
  }

  std::optional<World> world;
  std::optional<ControlClient> client;
  std::unique_ptr<v1::FreezeService::Stub> freezes;
  std::unique_ptr<v1::DeviceService::Stub> devices;
  std::unique_ptr<Cpe> cpe;
  std::string last_text;
};

TEST_F(Brakes, AFreezeOfAllStopsWritesAtBothDoorsAndNothingElse) {
  power_on();
  const auto before = std::chrono::steady_clock::now();
  const std::string freeze = freeze_all();
  ASSERT_THAT(freeze, StartsWith("freezes/"));
  EXPECT_EQ(usp_code(set_ssid("a")), 7002U);
  EXPECT_LT(std::chrono::steady_clock::now() - before, 2s);
  EXPECT_EQ(last_text, "frozen (all): core network");
  EXPECT_EQ(usp_code(usp_controller::add({{"Device.NAT.PortMapping.", {}}})), 7002U);
  EXPECT_EQ(usp_code(usp_controller::del({"Device.NAT.PortMapping.1."})), 7002U);
  EXPECT_EQ(usp_code(usp_controller::operate("Device.Reboot()")), 7002U);
  EXPECT_THAT(client->set(name(), {{kSsid, "a"}}).text(), HasSubstr("frozen (all)"));
  EXPECT_THAT(client->start(name(), kPing, {{"Host", "localhost"}}).text(),
              HasSubstr("core network"));
  EXPECT_EQ(freeze_all(), std::to_string(grpc::StatusCode::ALREADY_EXISTS));
  EXPECT_EQ(world->read(*cpe, kSsid), "Home-1");
  EXPECT_EQ(usp_code(usp_controller::subscribe("s", "ValueChange", kSsid)), 0U);
  EXPECT_TRUE(world->wait_for_metric("usp_bridge_freezes 1"));
  EXPECT_TRUE(world->wait_for_metric("usp_bridge_brakes_refused_total{reason=\"frozen\"} 6"));

  EXPECT_EQ(lift(freeze), grpc::StatusCode::OK);
  EXPECT_EQ(lift(freeze), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(usp_code(set_ssid("b")), 0U);
  EXPECT_TRUE(world->wait_for_metric("usp_bridge_freezes 0"));
}

TEST_F(Brakes, AFreezeOfAControllerLeavesOthersAlone) {
  power_on();
  v1::Freeze wanted;
  wanted.set_controller("self::ctl");
  ASSERT_THAT(freeze(wanted), StartsWith("freezes/"));
  EXPECT_EQ(usp_code(set_ssid("a")), 7002U);
  EXPECT_TRUE(client->set(name(), {{kSsid, "b"}}).ok());
  wanted.mutable_model()->set_product_class("Other*");
  ASSERT_THAT(freeze(wanted), StartsWith("freezes/"));
  EXPECT_TRUE(client->set(name(), {{kSsid, "c"}}).ok());
  wanted.mutable_model()->set_product_class("Gate*");
  ASSERT_THAT(freeze(wanted), StartsWith("freezes/"));
  EXPECT_EQ(client->set(name(), {{kSsid, "d"}}).code(), grpc::StatusCode::PERMISSION_DENIED);
}

TEST_F(Brakes, QueuedWorkWaitsForTheLiftAlsoWhereTheBridgeIsKilled) {
  power_on();
  const std::size_t written = rpcs("SetParameterValues");
  cpe->command("sleep");
  const auto started = client->start(name(), kPing, {{"Host", "localhost"}});
  ASSERT_TRUE(started.ok()) << started;
  const std::string freeze = freeze_all();
  ASSERT_THAT(freeze, StartsWith("freezes/"));
  world->kill_bridge();
  world->start_bridge();
  connect();
  EXPECT_THAT(freezes_that_hold(), ElementsAre(freeze + " core network"));

  cpe->command("wake");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  cpe->command("inform");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  EXPECT_EQ(client->operation(started.value.name()).value.state(), v1::Operation::QUEUED);
  EXPECT_EQ(rpcs("SetParameterValues"), written);
  EXPECT_THAT(reasons(), Contains("FROZEN"));

  EXPECT_EQ(lift(freeze), grpc::StatusCode::OK);
  const auto done = client->wait(started.value.name());
  EXPECT_EQ(done.value.state(), v1::Operation::SUCCEEDED) << done;
}

TEST_F(Brakes, OnePathReachesOnlySoMuch) {
  power_on({"USP_BRIDGE_BRAKES__INSTANCES=1"});
  const usp_controller::ObjectSettings both{{"Device.WiFi.SSID.*.", {{"SSID", "x"}}}};
  EXPECT_EQ(usp_code(usp_controller::set(both)), 7005U);
  const auto partial = world->ask(*cpe, usp_controller::set(both, true));
  EXPECT_EQ(partial.body()
                .response()
                .set_resp()
                .updated_obj_results(0)
                .oper_status()
                .oper_failure()
                .err_code(),
            7005U);
  EXPECT_EQ(usp_code(set_ssid("one")), 0U);
  EXPECT_TRUE(
      world->wait_for_metric("usp_bridge_brakes_refused_total{reason=\"too_many_instances\"} 2"));
}

TEST_F(Brakes, WhatIsDeniedIsDeniedAtBothDoors) {
  power_on(
      {"USP_BRIDGE_BRAKES__DENIED_PATHS=Device.WiFi.SSID.*.SSID,Device.FactoryReset(),"
       "Device.NAT.PortMapping.*.Description"});
  EXPECT_EQ(usp_code(set_ssid("a")), 7006U);
  EXPECT_EQ(client->set(name(), {{kSsid, "a"}}).code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(client->start(name(), "Device.FactoryReset()").code(),
            grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(usp_code(usp_controller::del({"Device.NAT.PortMapping.1."})), 7006U);
  EXPECT_EQ(usp_code(usp_controller::set({{"Device.WiFi.SSID.1.", {{"Enable", "true"}}}})), 0U);
  EXPECT_EQ(world->read(*cpe, kSsid), "Home-1");
}

TEST_F(Brakes, ADryRunSaysWhatTheDeviceIsThenTold) {
  power_on();
  auto request =
      ControlClient::set_request(name(), {{kSsid, "New"}, {"Device.WiFi.SSID.2.Enable", "false"}});
  request.set_validate_only(true);
  const std::size_t before = rpcs("SetParameterValues");
  const auto planned = client->set(request);
  ASSERT_TRUE(planned.ok()) << planned;
  ASSERT_THAT(planned.value.plan(), SizeIs(1));
  const v1::PlannedRpc& rpc = planned.value.plan(0);
  EXPECT_EQ(rpc.rpc(), "SetParameterValues");
  EXPECT_EQ(rpcs("SetParameterValues"), before);
  EXPECT_EQ(world->read(*cpe, kSsid), "Home-1");

  request.set_validate_only(false);
  ASSERT_TRUE(client->set(request).ok());
  ASSERT_EQ(rpc.parameters_size(), 2);
  const auto told = cpe->process().output();
  for (const v1::Parameter& each : rpc.parameters()) {
    EXPECT_THAT(told, HasSubstr(each.path()));
    EXPECT_EQ(cpe->command("get", each.path()), each.value());
  }
  EXPECT_EQ(rpcs("SetParameterValues"), before + 1);
}

TEST_F(Brakes, ADryRunOfAnAddShowsBothOfItsRpcs) {
  power_on();
  grpc::ClientContext context;
  auto parameters = v1::ParameterService::NewStub(client->channel());
  v1::AddObjectRequest request;
  request.set_device(name());
  request.set_table("Device.NAT.PortMapping.");
  (*request.mutable_parameters())["Enable"] = "true";
  request.set_validate_only(true);
  v1::AddObjectResponse response;
  const grpc::Status status = parameters->AddObject(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  ASSERT_THAT(response.plan(), SizeIs(2));
  EXPECT_EQ(response.plan(0).rpc(), "AddObject");
  EXPECT_EQ(response.plan(0).object(), "Device.NAT.PortMapping.");
  EXPECT_EQ(response.plan(1).parameters(0).path(), "Device.NAT.PortMapping.{i}.Enable");
  EXPECT_EQ(response.plan(1).parameters(0).type(), "xsd:boolean");
  EXPECT_THAT(response.path(), IsEmpty());
  EXPECT_EQ(rpcs("AddObject"), 0U);
}

TEST_F(Brakes, ADryRunIsRefusedAsTheRequestWouldBe) {
  power_on();
  auto request = ControlClient::set_request(name(), {{"Device.WiFi.SSID.1.Nothing", "x"}});
  const auto real = client->set(request);
  request.set_validate_only(true);
  const auto planned = client->set(request);
  EXPECT_FALSE(real.ok());
  EXPECT_EQ(planned.code(), real.code());
  EXPECT_EQ(planned.text(), real.text());
}

TEST_F(Brakes, ADryRunOfACommandStartsNothing) {
  power_on();
  auto request = ControlClient::start_request(name(), kPing, {{"Host", "localhost"}});
  request.set_validate_only(true);
  const auto planned = client->start(request);
  ASSERT_TRUE(planned.ok()) << planned;
  EXPECT_THAT(planned.value.name(), IsEmpty());
  ASSERT_THAT(planned.value.plan(), SizeIs(1));
  std::vector<std::string> set;
  for (const auto& each : planned.value.plan(0).parameters()) {
    set.push_back(each.path() + "=" + each.value());
  }
  EXPECT_THAT(set, Contains("Device.IP.Diagnostics.IPPing.Host=localhost"));
  EXPECT_THAT(set, Contains("Device.IP.Diagnostics.IPPing.DiagnosticsState=Requested"));
  EXPECT_THAT(client->operations(name()).value.operations(), IsEmpty());
  request.set_command("Device.Reboot()");
  EXPECT_EQ(client->start(request).value.plan(0).rpc(), "Reboot");
  EXPECT_EQ(rpcs("Reboot"), 0U);
}

TEST_F(Brakes, AnExplanationNamesWhyADeviceIsNotReached) {
  power_on({"USP_BRIDGE_CWMP__CONNECTION_REQUEST__ALLOW=10.0.0.0/8"});
  EXPECT_THAT(reasons(), Contains("ADDRESS_NOT_ALLOWED"));
  const v1::DeviceExplanation found = explain();
  EXPECT_EQ(found.device().endpoint_id(), cpe->endpoint_id());
  ASSERT_GT(found.sessions_size(), 0);
  EXPECT_EQ(found.sessions(0).outcome(), "complete");
  EXPECT_THAT(found.sessions(0).event_codes(), Not(IsEmpty()));
  EXPECT_GT(found.rpc_times_size(), 0);
  EXPECT_GT(found.mirror_parameters(), 50U);
}

TEST_F(Brakes, AnExplanationSaysThatThereIsNoWayToADevice) {
  power_on({}, {"--no-connection-request"});
  EXPECT_THAT(reasons(), Contains("NO_WAY_TO_WAKE"));
}

TEST_F(Brakes, AnExplanationOfADeviceThatDoesWellHasNothingToSay) {
  power_on();
  EXPECT_THAT(reasons(), IsEmpty());
}

}  // namespace
}  // namespace integration
