// The control API of the running bridge: filters and notes, live and native reads, repetitions over
// a crash, and what a failure tells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/bridge/v1/controller.grpc.pb.h"
#include "proto/bridge/v1/error.pb.h"
#include "proto/google/rpc/status.pb.h"
#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using grpc::StatusCode;
using support::ControlClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
namespace v1 = bridge::v1;

constexpr const char* kUuid = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
const std::string kLease = "Device.DHCPv4.Server.Pool.1.LeaseTime";

struct ApiWorld : testing::Test {
  void connect() {
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(world.grpc_port()),
                                  grpc::InsecureChannelCredentials());
    client.emplace(world.grpc_port());
  }
  ApiWorld() { connect(); }

  template <class Stub, class Request, class Response>
  grpc::Status call(std::unique_ptr<Stub> stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + kLong);
    return ((*stub).*method)(&context, request, response);
  }
  std::vector<std::string> serials(const std::string& filter) {
    v1::ListDevicesRequest request;
    request.set_filter(filter);
    v1::ListDevicesResponse response;
    EXPECT_TRUE(call(v1::DeviceService::NewStub(channel), &v1::DeviceService::Stub::ListDevices,
                     request, &response)
                    .ok());
    std::vector<std::string> out;
    for (const v1::Device& device : response.devices()) out.push_back(device.serial_number());
    return out;
  }
  v1::Device tag(const Cpe& cpe, const std::string& tag) {
    v1::UpdateDeviceRequest request;
    request.mutable_device()->set_name(name_of(cpe));
    request.mutable_device()->add_tags(tag);
    v1::Device response;
    EXPECT_TRUE(call(v1::DeviceService::NewStub(channel), &v1::DeviceService::Stub::UpdateDevice,
                     request, &response)
                    .ok());
    return response;
  }
  static std::string name_of(const Cpe& cpe) { return "devices/" + cpe.endpoint_id(); }
  /// "path=value", or what went wrong.
  std::vector<std::string> read(const Cpe& cpe, const std::string& path, v1::Source source,
                                v1::View view = v1::DEVICE2) {
    v1::GetParametersRequest request;
    request.set_device(name_of(cpe));
    request.add_paths(path);
    request.set_source(source);
    request.set_view(view);
    auto answer = client->get(request);
    std::vector<std::string> out;
    if (!answer.ok()) out.push_back(answer.text());
    for (const auto& each : answer.value.parameters()) {
      out.push_back(each.path() + "=" + each.value());
    }
    for (const auto& each : answer.value.errors()) out.push_back(each.path() + "!");
    return out;
  }

  World world;
  std::shared_ptr<grpc::Channel> channel;
  std::optional<ControlClient> client;
};

TEST_F(ApiWorld, ListsByWhatIsKnownOfDevicesAndWhatIsSaidOfThem) {
  auto first = world.device("1");
  auto second = world.device("2");
  EXPECT_THAT(tag(*first, "lab").tags(), ElementsAre("lab"));

  EXPECT_THAT(serials("tags:lab"), ElementsAre("1"));
  EXPECT_THAT(serials("NOT tags:lab AND online = true"), ElementsAre("2"));
  EXPECT_THAT(serials("serial_number = 2 OR tags:lab"), ElementsAre("1", "2"));
  EXPECT_THAT(serials("last_inform_time < 2020-01-01T00:00:00Z"), IsEmpty());

  world.kill_bridge();
  world.start_bridge();
  connect();
  EXPECT_THAT(serials("tags:lab"), ElementsAre("1")) << "it is stored";
}

TEST_F(ApiWorld, ReadsFromTheDeviceWhenAsked) {
  auto cpe = world.device("1");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  cpe->command("set", kLease + " 4711");

  EXPECT_THAT(read(*cpe, kLease, v1::MIRROR), ElementsAre(kLease + "=86400"));
  EXPECT_THAT(read(*cpe, kLease, v1::LIVE), ElementsAre(kLease + "=4711"));
  EXPECT_THAT(read(*cpe, "Device.DHCPv4.Server.Pool.*.LeaseTime", v1::MIRROR),
              ElementsAre(kLease + "=4711"))
      << "what was read is in the mirror";
  EXPECT_THAT(read(*cpe, "Device.LocalAgent.EndpointID", v1::LIVE), SizeIs(1))
      << "the bridge's own needs no device";
}

TEST_F(ApiWorld, ALiveReadOfASleepingDeviceSaysSo) {
  auto cpe = world.device("1");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  cpe->command("sleep");
  v1::GetParametersRequest request;
  request.set_device(name_of(*cpe));
  request.add_paths(kLease);
  request.set_source(v1::LIVE);
  request.mutable_timeout()->set_seconds(1);

  EXPECT_EQ(client->get(request).code(), StatusCode::DEADLINE_EXCEEDED);
}

TEST_F(ApiWorld, RefreshesWhatLiesBelowAnObject) {
  auto cpe = world.device("1");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  cpe->command("set", kLease + " 4711");
  v1::RefreshParametersRequest request;
  request.set_device(name_of(*cpe));
  request.add_paths("Device.DHCPv4.");
  v1::RefreshParametersResponse response;

  auto status = call(v1::ParameterService::NewStub(channel),
                     &v1::ParameterService::Stub::RefreshParameters, request, &response);

  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_GT(response.parameters(), 1U);
  EXPECT_THAT(read(*cpe, kLease, v1::MIRROR), ElementsAre(kLease + "=4711"));
}

TEST_F(ApiWorld, ShowsATr098DeviceInItsOwnNamesToo) {
  auto cpe = world.device("1", "tr098-vendor.csv");
  const std::string ssid = "InternetGatewayDevice.LANDevice.1.WLANConfiguration.1.SSID";
  const std::string on_device = cpe->command("get", ssid);

  EXPECT_THAT(read(*cpe, ssid, v1::MIRROR, v1::NATIVE), ElementsAre(ssid + "=" + on_device));
  EXPECT_THAT(read(*cpe, ssid, v1::LIVE, v1::NATIVE), ElementsAre(ssid + "=" + on_device));
  EXPECT_THAT(read(*cpe, ssid, v1::MIRROR), ElementsAre(ssid + "!")) << "not in Device:2";
  EXPECT_THAT(read(*cpe, "InternetGatewayDevice.No.", v1::MIRROR, v1::NATIVE),
              ElementsAre("InternetGatewayDevice.No.!"));
  const std::string keys = "InternetGatewayDevice.ManagementServer.Password";
  EXPECT_THAT(read(*cpe, keys, v1::MIRROR, v1::NATIVE), ElementsAre(keys + "="))
      << "secrets are not for reading";
}

TEST_F(ApiWorld, StreamsAWholeTree) {
  auto cpe = world.device("1");
  const auto whole = read(*cpe, "Device.", v1::MIRROR);
  grpc::ClientContext context;
  v1::GetParametersRequest request;
  request.set_device(name_of(*cpe));
  request.add_paths("Device.");
  auto stub = v1::ParameterService::NewStub(channel);
  auto stream = stub->StreamParameters(&context, request);
  std::vector<std::string> streamed;
  v1::GetParametersResponse piece;
  while (stream->Read(&piece)) {
    for (const auto& each : piece.parameters()) {
      streamed.push_back(each.path() + "=" + each.value());
    }
  }

  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_GT(streamed.size(), 100U);
  EXPECT_EQ(streamed, whole);
}

TEST_F(ApiWorld, AnswersARepetitionAsBeforeThoughTheBridgeWasKilled) {
  auto cpe = world.device("1");
  ASSERT_TRUE(cpe->wait_for("session_end"));
  v1::AddObjectRequest request;
  request.set_device(name_of(*cpe));
  request.set_table("Device.NAT.PortMapping.");
  request.set_request_id(kUuid);
  const auto add = [&] {
    v1::AddObjectResponse response;
    auto status = call(v1::ParameterService::NewStub(channel),
                       &v1::ParameterService::Stub::AddObject, request, &response);
    return status.ok() ? response.path() : status.error_message();
  };
  const std::string added = add();
  EXPECT_EQ(added, "Device.NAT.PortMapping.2.");
  world.kill_bridge();
  world.start_bridge();
  connect();

  EXPECT_EQ(add(), added);
  EXPECT_EQ(cpe->command("get", "Device.NAT.PortMappingNumberOfEntries"), "2");
}

TEST_F(ApiWorld, TellsWhichParameterTheDeviceRefusedAndHow) {
  auto cpe = world.device("1");
  auto refused = client->set(name_of(*cpe), {{kLease, "soon"}});

  EXPECT_EQ(refused.code(), StatusCode::INVALID_ARGUMENT) << refused;
  google::rpc::Status whole;
  ASSERT_TRUE(whole.ParseFromString(refused.status.error_details()));
  v1::DeviceError detail;
  for (const auto& each : whole.details()) each.UnpackTo(&detail);
  ASSERT_THAT(detail.parameters(), SizeIs(1)) << whole.ShortDebugString();
  EXPECT_EQ(detail.parameters(0).path(), kLease);
}

TEST_F(ApiWorld, ShowsControllersAndRoles) {
  v1::ListControllersResponse controllers;
  ASSERT_TRUE(call(v1::ControllerService::NewStub(channel),
                   &v1::ControllerService::Stub::ListControllers, v1::ListControllersRequest(),
                   &controllers)
                  .ok());
  ASSERT_THAT(controllers.controllers(), SizeIs(1));
  EXPECT_EQ(controllers.controllers(0).name(), "controllers/self::ctl");
  EXPECT_EQ(controllers.controllers(0).role(), "roles/full");
  v1::GetRoleRequest request;
  request.set_name("roles/full");
  v1::Role role;
  ASSERT_TRUE(call(v1::ControllerService::NewStub(channel), &v1::ControllerService::Stub::GetRole,
                   request, &role)
                  .ok());
  ASSERT_THAT(role.permissions(), SizeIs(1));
  EXPECT_EQ(role.permissions(0).param(), "rw-n");
  request.set_name("roles/none");
  EXPECT_EQ(call(v1::ControllerService::NewStub(channel), &v1::ControllerService::Stub::GetRole,
                 request, &role)
                .error_code(),
            StatusCode::NOT_FOUND);
}

}  // namespace
}  // namespace integration
