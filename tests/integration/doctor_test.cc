// usp-bridgectl doctor against a running bridge: when all is well, and when something is not.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <ctime>
#include <fstream>

#include "proto/bridge/v1/maintenance.grpc.pb.h"
#include "tests/integration/run_program.h"
#include "tests/integration/world.h"
#include "tests/support/test_ca.h"

namespace integration {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

Ended doctor(int port, std::vector<std::string> more = {}) {
  std::vector<std::string> arguments{"--address", "127.0.0.1:" + std::to_string(port)};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_program(USP_BRIDGECTL, std::move(arguments));
}

TEST(Doctor, FindsNothingWhereNothingIsWrongAndReadsTheDevice) {
  World world;
  auto cpe = world.device("1");
  ASSERT_TRUE(cpe->wait_for("session_end"));

  const Ended all = doctor(world.grpc_port(), {"doctor", cpe->endpoint_id()});

  EXPECT_EQ(all.status, 0) << all.output;
  EXPECT_THAT(all.output, Not(HasSubstr("FAIL")));
  EXPECT_THAT(all.output,
              AllOf(ContainsRegex("OK +endpoint +127.0.0.1:[0-9]+ +usp-bridge .* answers"),
                    ContainsRegex("OK +time +here and there +the clocks agree"),
                    ContainsRegex("OK +broker +127.0.0.1:[0-9]+ +[12] connections since 20"),
                    ContainsRegex("OK +topics +usp/v1/agent/. +the broker granted it"),
                    ContainsRegex("OK +store +commit +took"),
                    ContainsRegex("OK +acs +127.0.0.1:[0-9]+ +HTTP, . of 10000 sessions"),
                    ContainsRegex("WARN +configuration +cwmp.auth.shared")));
  EXPECT_THAT(all.output,
              ContainsRegex("OK +device +live read +Device.DeviceInfo.SoftwareVersion = 1.4.2 in "
                            "[0-9]+ ms, (woken by http|in a session)"));

  const Ended json = doctor(world.grpc_port(), {"-o", "json", "doctor"});
  EXPECT_EQ(json.status, 0) << json.output;
  EXPECT_THAT(json.output, AllOf(HasSubstr("\"area\":\"broker\""), HasSubstr("\"result\":\"OK\""),
                                 HasSubstr("\"server_time\":")));
  EXPECT_EQ(doctor(world.grpc_port(), {"doctor", "os::nobody"}).status, 3);
}

TEST(Doctor, CountsTheConnectionsOfAgentsThatHaveTheirOwn) {
  World world("", {"USP_BRIDGE_MQTT__MODE=per-agent"});
  EXPECT_THAT(doctor(world.grpc_port(), {"doctor"}).output,
              ContainsRegex("OK +broker +127.0.0.1:[0-9]+ +there is no agent that would connect"));
  auto cpe = world.device("1");

  const Ended one = doctor(world.grpc_port(), {"doctor"});

  EXPECT_EQ(one.status, 0) << one.output;
  EXPECT_THAT(one.output, ContainsRegex("OK +broker +127.0.0.1:[0-9]+ +1 connections; MQTT"));
}

TEST(Doctor, SaysThatTheBrokerIsGone) {
  World world;
  world.broker().kill();
  ASSERT_TRUE(world.bridge().wait_for_text("mqtt: cannot connect"));

  const Ended ended = doctor(world.grpc_port(), {"doctor"});

  EXPECT_EQ(ended.status, 1) << ended.output;
  EXPECT_THAT(ended.output,
              AllOf(ContainsRegex("FAIL +broker +127.0.0.1:[0-9]+ +not connected"),
                    HasSubstr("Check that the broker runs and listens at 127.0.0.1")));
}

TEST(Doctor, SaysThatACertificateHasExpired) {
  support::TemporaryDirectory directory;
  support::TestCa ca("Agents");
  support::TestCa::Wanted wanted;
  wanted.not_before_s = std::time(nullptr) - 7200;
  wanted.not_after_s = std::time(nullptr) - 3600;
  std::ofstream(directory.file("old.pem")) << ca.issue(wanted).certificate;
  World world(
      WorldOptions{.more = "signatures: {trusted_ca: [" + directory.file("old.pem") + "]}\n"});

  const Ended ended = doctor(world.grpc_port(), {"doctor"});

  EXPECT_EQ(ended.status, 1) << ended.output;
  EXPECT_THAT(ended.output, AllOf(ContainsRegex("FAIL +certificates +signatures.trusted_ca"),
                                  HasSubstr("expired at 20"), HasSubstr("SIGHUP")));
}

TEST(Doctor, SaysWhyADeviceIsNotReached) {
  World world("operation_deadline: 2s",
              {"USP_BRIDGE_CWMP__CONNECTION_REQUEST__ALLOW=192.0.2.0/24"});
  auto cpe = world.device("1");
  ASSERT_TRUE(world.wait_for_metric("usp_bridge_cwmp_sessions_open 0"));

  const Ended ended = doctor(world.grpc_port(), {"--timeout", "5", "doctor", cpe->endpoint_id()});

  EXPECT_EQ(ended.status, 1) << ended.output;
  EXPECT_THAT(ended.output, AllOf(ContainsRegex("FAIL +device +ADDRESS_NOT_ALLOWED"),
                                  HasSubstr("Add its network to cwmp.connection_request.allow"),
                                  ContainsRegex("FAIL +device +live read")));
}

TEST(Doctor, SaysThatNothingIsWokenWithoutAllowedNetworks) {
  World world("", {"USP_BRIDGE_CWMP__CONNECTION_REQUEST__ALLOW="});

  const Ended ended = doctor(world.grpc_port(), {"doctor"});

  EXPECT_EQ(ended.status, 0) << ended.output;
  EXPECT_THAT(ended.output,
              AllOf(ContainsRegex("WARN +configuration +cwmp.connection_request.allow"),
                    HasSubstr("Add the networks of your devices")));
}

TEST(Doctor, SaysThatNobodyIsThere) {
  const Ended ended = doctor(support::free_port(), {"doctor"});

  EXPECT_EQ(ended.status, 5) << ended.output;
  EXPECT_THAT(ended.output, AllOf(ContainsRegex("FAIL +endpoint +127.0.0.1:[0-9]+"),
                                  HasSubstr("Nobody listens there: start the bridge")));
}

/// Answers as it is told.
class FakeBridge final : public bridge::v1::MaintenanceService::Service {
 public:
  FakeBridge() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }
  grpc::Status Diagnose(grpc::ServerContext*, const bridge::v1::DiagnoseRequest*,
                        bridge::v1::DiagnoseResponse* response) override {
    response->mutable_server_time()->set_seconds(std::time(nullptr) + ahead_s);
    return status;
  }

  int port = 0;
  std::int64_t ahead_s = 0;
  grpc::Status status;

 private:
  std::unique_ptr<grpc::Server> server_;
};

TEST(Doctor, SaysThatTheTokenIsUnknownOrTheRoleTooSmall) {
  FakeBridge bridge;
  bridge.status = {grpc::StatusCode::UNAUTHENTICATED, "not known"};
  const Ended stranger = doctor(bridge.port, {"doctor"});
  EXPECT_EQ(stranger.status, 6);
  EXPECT_THAT(stranger.output, AllOf(ContainsRegex("FAIL +endpoint +token +not known"),
                                     HasSubstr("Give --token @FILE")));
  bridge.status = {grpc::StatusCode::PERMISSION_DENIED, "your role does not allow it"};
  const Ended viewer = doctor(bridge.port, {"doctor"});
  EXPECT_EQ(viewer.status, 6);
  EXPECT_THAT(viewer.output, ContainsRegex("FAIL +endpoint +role"));
}

TEST(Doctor, ComparesTheClocks) {
  FakeBridge bridge;
  bridge.ahead_s = -60;
  const Ended behind = doctor(bridge.port, {"doctor"});
  EXPECT_EQ(behind.status, 0) << behind.output;
  EXPECT_THAT(behind.output, ContainsRegex("WARN +time +here and there +the bridge's clock is "
                                           "(59|60|61) s behind"));
}

}  // namespace
}  // namespace integration
