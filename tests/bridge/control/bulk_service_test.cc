// The service of bulk operations over a real connection and a store in memory.
#include "bridge/control/bulk_service.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "bridge/metrics.h"
#include "tests/bridge/control/fleet_backend.h"
#include "tests/bridge/control/service_host.h"
#include "tests/bridge/store/store_fixture.h"

namespace bridge::control {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

v1::StartBulkOperationRequest request_for(const std::string& filter) {
  v1::StartBulkOperationRequest request;
  request.set_filter(filter);
  auto* parameter = request.mutable_change()->mutable_set()->add_parameters();
  parameter->set_path("Device.WiFi.AccessPoint.1.Security.KeyPassphrase");
  parameter->set_value("secret");
  return request;
}

struct BulkServiceTest : testing::Test {
  BulkServiceTest() {
    fleet.add(6);
    runner.resume();
    while (start(request_for("oui=none")).error_code() == StatusCode::UNAVAILABLE) {
      std::this_thread::yield();
    }
  }
  ~BulkServiceTest() override {
    service.stop();
    serving.stop();
    runner.stop();
    store->close();
  }

  template <class Method, class Request, class Response>
  grpc::Status call(Method method, const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 30s);
    return ((*stub).*method)(&context, request, response);
  }
  grpc::Status start(const v1::StartBulkOperationRequest& request) {
    return call(&v1::BulkService::Stub::StartBulkOperation, request, &bulk);
  }
  /// What Watch tells until the end.
  std::vector<v1::BulkOperation> watch(const std::string& name) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + 30s);
    v1::WatchBulkOperationRequest request;
    request.set_name(name);
    auto stream = stub->WatchBulkOperation(&context, request);
    std::vector<v1::BulkOperation> out;
    v1::BulkOperation each;
    while (stream->Read(&each)) out.push_back(each);
    watch_end = stream->Finish();
    return out;
  }
  std::vector<std::string> results(const std::string& name, const std::string& page_token = {}) {
    v1::ListBulkResultsRequest request;
    request.set_name(name);
    request.set_page_size(2);
    request.set_page_token(page_token);
    v1::ListBulkResultsResponse response;
    EXPECT_TRUE(call(&v1::BulkService::Stub::ListBulkResults, request, &response).ok());
    std::vector<std::string> out;
    for (const auto& each : response.results()) {
      out.push_back(each.device() + " " + v1::BulkResult::State_Name(each.state()));
    }
    next_page = response.next_page_token();
    return out;
  }

  FleetBackend fleet;
  Metrics metrics;
  std::unique_ptr<Store> store = open_or_die({});
  ServiceHost host{fleet};
  BulkRunner runner{host.executor(), *store, fleet, metrics};
  BulkService service{host.door(), runner, 4};
  Serving serving{service};
  std::unique_ptr<v1::BulkService::Stub> stub = v1::BulkService::NewStub(serving.channel());
  v1::BulkOperation bulk;
  grpc::Status watch_end;
  std::string next_page;
};

TEST_F(BulkServiceTest, ChangesTheDevicesThatAFilterLetsThrough) {
  v1::StartBulkOperationRequest request = request_for("oui=odd");
  request.set_display_name("new keys");
  ASSERT_TRUE(start(request).ok());
  EXPECT_THAT(bulk.name(), testing::StartsWith("bulkOperations/"));
  EXPECT_EQ(bulk.state(), v1::BulkOperation::RUNNING);
  EXPECT_EQ(bulk.total(), 3U);
  EXPECT_EQ(bulk.display_name(), "new keys");
  EXPECT_EQ(bulk.concurrency(), 20U);
  EXPECT_EQ(bulk.requester(), "grpc");
  EXPECT_EQ(bulk.change().set().parameters(0).value(), "") << "a secret is not shown again";

  const auto told = watch(bulk.name());
  ASSERT_FALSE(told.empty());
  EXPECT_TRUE(watch_end.ok());
  EXPECT_TRUE(told.back().done());
  EXPECT_EQ(told.back().state(), v1::BulkOperation::SUCCEEDED);
  EXPECT_EQ(told.back().succeeded(), 3U);
  EXPECT_THAT(fleet.asked(), testing::UnorderedElementsAre("d1", "d3", "d5"));
}

TEST_F(BulkServiceTest, ChangesNamedDevicesEachOnceAndPagesThroughTheResults) {
  v1::StartBulkOperationRequest request = request_for("");
  for (const char* name : {"devices/d2", "devices/d1", "devices/d2", "devices/d4"}) {
    request.add_devices(name);
  }
  ASSERT_TRUE(start(request).ok());
  watch(bulk.name());
  EXPECT_THAT(results(bulk.name()), ElementsAre("devices/d2 SUCCEEDED", "devices/d1 SUCCEEDED"));
  ASSERT_FALSE(next_page.empty());
  EXPECT_THAT(results(bulk.name(), next_page), ElementsAre("devices/d4 SUCCEEDED"));
  EXPECT_THAT(next_page, IsEmpty());
}

TEST_F(BulkServiceTest, RefusesMoreDevicesThanTheBrakeAllows) {
  const grpc::Status refused = start(request_for("oui!=none"));
  EXPECT_EQ(refused.error_code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(refused.error_message(), HasSubstr("brakes.bulk_devices"));
  EXPECT_THAT(fleet.asked(), IsEmpty());
}

TEST_F(BulkServiceTest, OnlySaysHowManyWhereItIsToValidate) {
  v1::StartBulkOperationRequest request = request_for("oui=even");
  request.set_validate_only(true);
  ASSERT_TRUE(start(request).ok());
  EXPECT_EQ(bulk.total(), 3U);
  EXPECT_THAT(bulk.name(), IsEmpty());
  EXPECT_THAT(fleet.asked(), IsEmpty());
}

TEST_F(BulkServiceTest, SaysWhatIsWrongWithARequest) {
  auto code = [this](const v1::StartBulkOperationRequest& request) {
    return start(request).error_code();
  };
  EXPECT_EQ(code(request_for("")), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(code(request_for("nonsense=1")), StatusCode::INVALID_ARGUMENT);
  v1::StartBulkOperationRequest both = request_for("oui=odd");
  both.add_devices("devices/d1");
  EXPECT_EQ(code(both), StatusCode::INVALID_ARGUMENT);
  v1::StartBulkOperationRequest many = request_for("oui=odd");
  many.set_concurrency(1001);
  EXPECT_EQ(code(many), StatusCode::INVALID_ARGUMENT);
  v1::StartBulkOperationRequest nothing = request_for("oui=odd");
  nothing.clear_change();
  EXPECT_EQ(code(nothing), StatusCode::INVALID_ARGUMENT);
  v1::StartBulkOperationRequest named = request_for("");
  named.add_devices("d1");
  EXPECT_EQ(code(named), StatusCode::INVALID_ARGUMENT);
  v1::StartBulkOperationRequest timeout = request_for("oui=odd");
  timeout.mutable_device_timeout()->set_seconds(-1);
  EXPECT_EQ(code(timeout), StatusCode::INVALID_ARGUMENT);
}

TEST_F(BulkServiceTest, IsCancelledAndForgotten) {
  fleet.hold("d1");
  v1::StartBulkOperationRequest request = request_for("oui=odd");
  request.set_concurrency(1);
  ASSERT_TRUE(start(request).ok());
  v1::CancelBulkOperationRequest cancel;
  cancel.set_name(bulk.name());
  v1::DeleteBulkOperationRequest remove;
  remove.set_name(bulk.name());
  google::protobuf::Empty none;
  EXPECT_EQ(call(&v1::BulkService::Stub::DeleteBulkOperation, remove, &none).error_code(),
            StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(call(&v1::BulkService::Stub::CancelBulkOperation, cancel, &bulk).ok());
  fleet.release_all();
  EXPECT_EQ(watch(cancel.name()).back().state(), v1::BulkOperation::CANCELLED);
  EXPECT_EQ(call(&v1::BulkService::Stub::CancelBulkOperation, cancel, &bulk).error_code(),
            StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(call(&v1::BulkService::Stub::DeleteBulkOperation, remove, &none).ok());
  v1::GetBulkOperationRequest get;
  get.set_name(cancel.name());
  EXPECT_EQ(call(&v1::BulkService::Stub::GetBulkOperation, get, &bulk).error_code(),
            StatusCode::NOT_FOUND);
  get.set_name("bulkOperations/x");
  EXPECT_EQ(call(&v1::BulkService::Stub::GetBulkOperation, get, &bulk).error_code(),
            StatusCode::INVALID_ARGUMENT);
  watch(cancel.name());
  EXPECT_EQ(watch_end.error_code(), StatusCode::NOT_FOUND);
}

TEST_F(BulkServiceTest, ListsResultsOfTheStatesThatWereAskedFor) {
  fleet.refuse("d3");
  v1::StartBulkOperationRequest request = request_for("oui=odd");
  request.set_max_failures(3);
  ASSERT_TRUE(start(request).ok());
  watch(bulk.name());
  v1::ListBulkResultsRequest list;
  list.set_name(bulk.name());
  list.add_states(v1::BulkResult::FAILED);
  v1::ListBulkResultsResponse response;
  ASSERT_TRUE(call(&v1::BulkService::Stub::ListBulkResults, list, &response).ok());
  ASSERT_THAT(response.results(), SizeIs(1));
  EXPECT_EQ(response.results(0).device(), "devices/d3");
  EXPECT_EQ(response.results(0).error().usp_code(), 7012U);
  EXPECT_NE(response.results(0).code(), 0);
  list.add_states(v1::BulkResult::STATE_UNSPECIFIED);
  EXPECT_EQ(call(&v1::BulkService::Stub::ListBulkResults, list, &response).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(BulkServiceTest, ListsOperationsNewestFirst) {
  ASSERT_TRUE(start(request_for("oui=odd")).ok());
  const std::string first = bulk.name();
  ASSERT_TRUE(start(request_for("oui=even")).ok());
  v1::ListBulkOperationsRequest list;
  list.set_page_size(1);
  v1::ListBulkOperationsResponse page;
  ASSERT_TRUE(call(&v1::BulkService::Stub::ListBulkOperations, list, &page).ok());
  ASSERT_THAT(page.bulk_operations(), SizeIs(1));
  EXPECT_EQ(page.bulk_operations(0).name(), bulk.name());
  list.set_page_token(page.next_page_token());
  ASSERT_TRUE(call(&v1::BulkService::Stub::ListBulkOperations, list, &page).ok());
  EXPECT_EQ(page.bulk_operations(0).name(), first);
}

}  // namespace
}  // namespace bridge::control
