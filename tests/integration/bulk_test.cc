// The same change on a fleet, through the control API of the running bridge.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proto/bridge/v1/bulk.grpc.pb.h"
#include "proto/bridge/v1/device.grpc.pb.h"
#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using support::ControlClient;
using testing::SizeIs;
namespace v1 = bridge::v1;

constexpr int kDevices = 20;
const std::string kSsid = "Device.WiFi.SSID.1.SSID";

class Bulk : public testing::Test {
 protected:
  explicit Bulk(const std::vector<std::string>& faults = {}) : world("first_contact_budget: 20") {
    std::vector<std::string> arguments{"--acs",
                                       "http://127.0.0.1:" + std::to_string(world.acs_port()) + "/",
                                       "--username",
                                       "cpe",
                                       "--password",
                                       "secret",
                                       "--serial",
                                       "F",
                                       "--devices",
                                       std::to_string(kDevices),
                                       "--control",
                                       "none",
                                       "--events",
                                       "--model",
                                       std::string(TEST_DATA_DIR) + "/models/tr181-small.csv"};
    for (const std::string& fault : faults) {
      arguments.insert(arguments.end(), {"--fault", fault});
    }
    fleet.emplace(CPE_SIM, arguments);
    std::set<std::string> agents;
    while (agents.size() < kDevices) {
      auto onboard = world.controller().wait_for_notify(
          [](const auto& each) { return each.notify.has_on_board_req(); }, kLong);
      if (!onboard) throw std::runtime_error("the fleet was not learned");
      agents.insert(onboard->agent);
    }
    connect();
  }
  void connect() {
    client.emplace(world.grpc_port());
    bulks = v1::BulkService::NewStub(client->channel());
  }

  static v1::StartBulkOperationRequest set_all(const std::string& value) {
    v1::StartBulkOperationRequest request;
    request.set_filter("serial_number = \"F*\"");
    auto* parameter = request.mutable_change()->mutable_set()->add_parameters();
    parameter->set_path(kSsid);
    parameter->set_value(value);
    return request;
  }
  template <class Method, class Request, class Response>
  grpc::Status call(Method method, const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + kLong);
    return ((*bulks).*method)(&context, request, response);
  }
  v1::BulkOperation start(const v1::StartBulkOperationRequest& request) {
    v1::BulkOperation started;
    const grpc::Status status = call(&v1::BulkService::Stub::StartBulkOperation, request, &started);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return started;
  }
  /// As the stream tells it.
  v1::BulkOperation end_of(const std::string& name) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + kLong);
    v1::WatchBulkOperationRequest request;
    request.set_name(name);
    auto stream = bulks->WatchBulkOperation(&context, request);
    v1::BulkOperation last;
    while (stream->Read(&last)) {
    }
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return last;
  }
  std::vector<v1::BulkResult> results(const std::string& name, v1::BulkResult::State state) {
    v1::ListBulkResultsRequest request;
    request.set_name(name);
    request.add_states(state);
    v1::ListBulkResultsResponse response;
    EXPECT_TRUE(call(&v1::BulkService::Stub::ListBulkResults, request, &response).ok());
    return {response.results().begin(), response.results().end()};
  }
  /// How many devices the mirror has that value of.
  int devices_with(const std::string& value) {
    int count = 0;
    const auto all = client->devices(1000);
    for (const v1::Device& device : all.value.devices()) {
      const auto read = client->get(device.name(), {kSsid});
      for (const auto& each : read.value.parameters()) count += each.value() == value ? 1 : 0;
    }
    return count;
  }

  World world;
  std::optional<support::Process> fleet;
  std::optional<ControlClient> client;
  std::unique_ptr<v1::BulkService::Stub> bulks;
};

TEST_F(Bulk, ChangesEveryDeviceThatTheFilterLetsThrough) {
  auto request = set_all("everywhere");
  request.set_concurrency(5);
  const v1::BulkOperation done = end_of(start(request).name());

  EXPECT_EQ(done.state(), v1::BulkOperation::SUCCEEDED) << done.ShortDebugString();
  EXPECT_EQ(done.total(), static_cast<unsigned>(kDevices));
  EXPECT_EQ(done.succeeded(), static_cast<unsigned>(kDevices));
  EXPECT_EQ(devices_with("everywhere"), kDevices);
}

TEST_F(Bulk, ADryRunCountsAndChangesNothing) {
  auto request = set_all("nowhere");
  request.set_validate_only(true);
  EXPECT_EQ(start(request).total(), static_cast<unsigned>(kDevices));
  EXPECT_EQ(devices_with("nowhere"), 0);
}

TEST_F(Bulk, GoesOnWhereItWasWhenTheBridgeIsKilled) {
  auto request = set_all("over a crash");
  request.set_concurrency(1);
  request.set_max_failures(kDevices);
  const std::string name = start(request).name();
  v1::GetBulkOperationRequest get;
  get.set_name(name);
  v1::BulkOperation seen;
  do {
    ASSERT_TRUE(call(&v1::BulkService::Stub::GetBulkOperation, get, &seen).ok());
  } while (seen.succeeded() < 3);
  world.kill_bridge();
  world.start_bridge();
  connect();

  const v1::BulkOperation done = end_of(name);
  EXPECT_EQ(done.state(), v1::BulkOperation::SUCCEEDED) << done.ShortDebugString();
  EXPECT_EQ(done.succeeded(), static_cast<unsigned>(kDevices));
  EXPECT_EQ(devices_with("over a crash"), kDevices);
}

TEST_F(Bulk, CancelledItBeginsNoFurtherDevice) {
  auto request = set_all("cancelled");
  request.set_concurrency(1);
  const std::string name = start(request).name();
  v1::CancelBulkOperationRequest cancel;
  cancel.set_name(name);
  v1::BulkOperation ignored;
  ASSERT_TRUE(call(&v1::BulkService::Stub::CancelBulkOperation, cancel, &ignored).ok());

  const v1::BulkOperation done = end_of(name);
  EXPECT_EQ(done.state(), v1::BulkOperation::CANCELLED) << done.ShortDebugString();
  EXPECT_GT(done.not_begun(), 0U);
  EXPECT_EQ(devices_with("cancelled"), static_cast<int>(done.succeeded()));
}

/// Two take no setting, so not the bridge's connection-request password either: nothing wakes them.
class BulkWithTwoThatFail : public Bulk {
 protected:
  BulkWithTwoThatFail()
      : Bulk({"F-3:SetParameterValues=9003*1000", "F-7:SetParameterValues=9003*1000"}) {}
};

TEST_F(BulkWithTwoThatFail, EndsWithinItsBudgetAndSaysWhichFailed) {
  auto request = set_all("most");
  request.mutable_device_timeout()->set_seconds(2);
  request.set_max_failures(2);
  const v1::BulkOperation done = end_of(start(request).name());

  EXPECT_EQ(done.state(), v1::BulkOperation::FAILED) << done.ShortDebugString();
  EXPECT_EQ(done.succeeded(), static_cast<unsigned>(kDevices - 2));
  EXPECT_EQ(done.failed(), 2U);
  const auto failed = results(done.name(), v1::BulkResult::FAILED);
  ASSERT_THAT(failed, SizeIs(2));
  EXPECT_EQ(failed[0].error().usp_code(), 7801U) << failed[0].ShortDebugString();
  EXPECT_EQ(failed[0].code(), static_cast<int>(grpc::StatusCode::DEADLINE_EXCEEDED));
}

TEST_F(BulkWithTwoThatFail, StopsBeyondItsBudget) {
  auto request = set_all("few");
  request.mutable_device_timeout()->set_seconds(2);
  request.set_concurrency(1);
  const v1::BulkOperation done = end_of(start(request).name());

  EXPECT_EQ(done.state(), v1::BulkOperation::STOPPED) << done.ShortDebugString();
  EXPECT_EQ(done.failed(), 1U);
  EXPECT_GT(done.not_begun(), 0U);
}

}  // namespace
}  // namespace integration
