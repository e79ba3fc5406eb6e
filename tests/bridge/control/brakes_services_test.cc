// FreezeService, validate_only and ExplainDevice over a fake bridge, asked through real stubs.
#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <thread>

#include "bridge/control/server.h"
#include "proto/bridge/v1/freeze.grpc.pb.h"
#include "tests/bridge/control/fake_backend.h"
#include "tests/bridge/control/fake_credential_backend.h"
#include "tests/support/control_client.h"

namespace bridge::control {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

const std::string kId = "ops::00D09E-CPE-1";
const std::string kName = "devices/" + kId;

class BrakesServices : public testing::Test {
 protected:
  BrakesServices() {
    DeviceInfo device;
    device.endpoint_id = kId;
    backend.all_devices = {device};
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    server.emplace(io.get_executor(), backend, credentials, options);
    thread = std::thread([this] { io.run(); });
    client.emplace(server->port());
    freezes = v1::FreezeService::NewStub(client->channel());
  }
  ~BrakesServices() override {
    server->shutdown(0ms);
    server.reset();
    io.stop();
    thread.join();
  }

  StatusCode create(v1::Freeze freeze) {
    v1::CreateFreezeRequest request;
    *request.mutable_freeze() = std::move(freeze);
    grpc::ClientContext context;
    return freezes->CreateFreeze(&context, request, &made).error_code();
  }
  static v1::Freeze of_controller(const std::string& id) {
    v1::Freeze out;
    out.set_controller(id);
    return out;
  }
  void refuse(std::uint32_t code, const std::string& text) {
    auto answer = std::make_shared<usp_msg::Msg>();
    answer->mutable_body()->mutable_error()->set_err_code(code);
    answer->mutable_body()->mutable_error()->set_err_msg(text);
    backend.trial.refused = answer;
  }

  FakeBackend backend;
  FakeCredentialBackend credentials;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  std::thread thread;
  std::optional<Server> server;
  std::optional<support::ControlClient> client;
  std::unique_ptr<v1::FreezeService::Stub> freezes;
  v1::Freeze made;
};

TEST_F(BrakesServices, FreezeWhatIsAskedFor) {
  v1::Freeze model;
  model.mutable_model()->set_product_class("Gate*");
  model.set_reason("bad release");
  EXPECT_EQ(create(model), StatusCode::OK);
  EXPECT_EQ(made.name(), "freezes/1");
  EXPECT_EQ(made.model().product_class(), "Gate*");
  EXPECT_EQ(made.reason(), "bad release");
  EXPECT_EQ(made.creator(), "grpc");
  ASSERT_THAT(backend.held, SizeIs(1));
  EXPECT_EQ(backend.held[0].scope, static_cast<int>(FreezeScope::kModel));
}

TEST_F(BrakesServices, RefuseAFreezeThatSaysNothing) {
  EXPECT_EQ(create({}), StatusCode::INVALID_ARGUMENT);
  v1::Freeze none;
  none.set_all(false);
  EXPECT_EQ(create(none), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(create(of_controller("")), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(create(of_controller("a\nb")), StatusCode::INVALID_ARGUMENT);
  v1::Freeze wordy = of_controller("self::ctl");
  wordy.set_reason(std::string(501, 'x'));
  EXPECT_EQ(create(wordy), StatusCode::INVALID_ARGUMENT);
  wordy.set_reason(std::string(500, 'x'));
  EXPECT_EQ(create(wordy), StatusCode::OK);
}

TEST_F(BrakesServices, SayWhyAFreezeCannotBe) {
  backend.trouble = Error{ErrorKind::kConflict, "freezes/3 has that scope"};
  EXPECT_EQ(create(of_controller("grpc")), StatusCode::ALREADY_EXISTS);
  backend.trouble = Error{ErrorKind::kInvalid, "there are 200 freezes"};
  EXPECT_EQ(create(of_controller("grpc")), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(BrakesServices, ShowFreezesByPages) {
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(create(of_controller(id)), StatusCode::OK);
  v1::ListFreezesRequest request;
  request.set_page_size(2);
  v1::ListFreezesResponse page;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(freezes->ListFreezes(&context, request, &page).ok());
  }
  ASSERT_EQ(page.freezes_size(), 2);
  request.set_page_token(page.next_page_token());
  grpc::ClientContext context;
  page.Clear();
  ASSERT_TRUE(freezes->ListFreezes(&context, request, &page).ok());
  ASSERT_EQ(page.freezes_size(), 1);
  EXPECT_EQ(page.freezes(0).controller(), "c");
  EXPECT_THAT(page.next_page_token(), IsEmpty());
}

TEST_F(BrakesServices, LiftAFreezeOnce) {
  EXPECT_EQ(create(of_controller("a")), StatusCode::OK);
  v1::DeleteFreezeRequest request;
  request.set_name("freezes/1");
  google::protobuf::Empty nothing;
  grpc::ClientContext first;
  EXPECT_TRUE(freezes->DeleteFreeze(&first, request, &nothing).ok());
  grpc::ClientContext second;
  EXPECT_EQ(freezes->DeleteFreeze(&second, request, &nothing).error_code(), StatusCode::NOT_FOUND);
  request.set_name("freezes/x");
  grpc::ClientContext third;
  EXPECT_EQ(freezes->DeleteFreeze(&third, request, &nothing).error_code(),
            StatusCode::INVALID_ARGUMENT);
}

TEST_F(BrakesServices, ShowThePlanOfADryRun) {
  backend.trial.steps = 1;
  backend.trial.rpcs = {
      {"SetParameterValues", "", {{"InternetGatewayDevice.X", "1", "xsd:boolean"}}}};
  auto request = support::ControlClient::set_request(kName, {{"Device.X", "true"}});
  request.set_validate_only(true);
  const auto planned = client->set(request);
  ASSERT_TRUE(planned.ok()) << planned;
  ASSERT_EQ(planned.value.plan_size(), 1);
  EXPECT_EQ(planned.value.plan(0).rpc(), "SetParameterValues");
  EXPECT_EQ(planned.value.plan(0).parameters(0).path(), "InternetGatewayDevice.X");
  EXPECT_EQ(planned.value.plan(0).parameters(0).type(), "xsd:boolean");
  EXPECT_EQ(backend.requests, 0);
}

TEST_F(BrakesServices, EndADryRunAsTheRequestWould) {
  refuse(7010, "no such parameter");
  auto request = support::ControlClient::set_request(kName, {{"Device.X", "true"}});
  request.set_validate_only(true);
  EXPECT_THAT(client->set(request).text(), HasSubstr("7010"));
  request.set_device("devices/os::none");
  EXPECT_EQ(client->set(request).code(), StatusCode::NOT_FOUND);
}

TEST_F(BrakesServices, PlanACommandOnOneObjectOnly) {
  auto request = support::ControlClient::start_request(kName, "Device.X.*.Reset()");
  request.set_validate_only(true);
  backend.trial.steps = 2;
  EXPECT_FALSE(client->start(request).ok());
  backend.trial.steps = 1;
  const auto planned = client->start(request);
  EXPECT_TRUE(planned.ok()) << planned;
  EXPECT_THAT(planned.value.name(), IsEmpty());
  EXPECT_EQ(planned.value.summary(), "Device.X.*.Reset()");
}

TEST_F(BrakesServices, ExplainADevice) {
  backend.explanation.findings = {{Finding::Severity::kError, "OFFLINE", "gone", "look"}};
  backend.explanation.frozen_by = {"all"};
  backend.explanation.records.rpcs["Reboot"].add(std::chrono::microseconds(1'500'000), false);
  backend.explanation.records.rpcs["Reboot"].add(std::chrono::microseconds(500'000), true);
  auto devices = v1::DeviceService::NewStub(client->channel());
  v1::ExplainDeviceRequest request;
  request.set_name(kName);
  grpc::ClientContext context;
  v1::DeviceExplanation out;
  ASSERT_TRUE(devices->ExplainDevice(&context, request, &out).ok());
  EXPECT_EQ(out.device().endpoint_id(), kId);
  EXPECT_EQ(out.findings(0).severity(), v1::Finding::ERROR);
  EXPECT_THAT(out.frozen_by(), ElementsAre("all"));
  EXPECT_EQ(out.rpc_times(0).faults(), 1U);
  EXPECT_EQ(out.rpc_times(0).mean().seconds(), 1);
  EXPECT_EQ(out.rpc_times(0).max().nanos(), 500'000'000);
}

}  // namespace
}  // namespace bridge::control
