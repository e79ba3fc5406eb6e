// What every call of the control API passes: who calls, what they may, repetitions, error details.
#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <thread>

#include "bridge/control/errors.h"
#include "bridge/control/request_book.h"
#include "bridge/control/server.h"
#include "proto/bridge/v1/error.pb.h"
#include "proto/google/rpc/error_details.pb.h"
#include "proto/google/rpc/status.pb.h"
#include "tests/bridge/control/fake_backend.h"
#include "tests/bridge/control/fake_credential_backend.h"
#include "tests/bridge/store/store_fixture.h"
#include "tests/support/control_client.h"
#include "tests/support/process.h"
#include "tests/support/test_ca.h"

namespace bridge::control {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

constexpr const char* kUuid = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";

DeviceInfo device(std::int64_t id, const std::string& product_class) {
  DeviceInfo info;
  info.id = id;
  info.endpoint_id = "ops::00D09E-CPE-" + std::to_string(id);
  info.product_class = product_class;
  return info;
}

std::string name_of_device(int id) { return "devices/ops::00D09E-CPE-" + std::to_string(id); }

/// The detail of that type; empty where there is none.
template <class Detail>
Detail detail_of(const grpc::Status& status) {
  google::rpc::Status whole;
  EXPECT_TRUE(whole.ParseFromString(status.error_details()));
  EXPECT_EQ(whole.code(), static_cast<int>(status.error_code()));
  EXPECT_EQ(whole.message(), status.error_message());
  Detail out;
  for (const auto& each : whole.details()) {
    if (each.UnpackTo(&out)) return out;
  }
  return out;
}

std::string reason_of(const grpc::Status& status) {
  return detail_of<google::rpc::ErrorInfo>(status).reason();
}

class ControlDoor : public testing::Test {
 protected:
  ControlDoor() {
    backend.all_devices = {device(1, "Gateway"), device(2, "Phone"), device(3, "Gateway")};
    options.listen = "127.0.0.1:0";
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
  }
  ~ControlDoor() override {
    if (server) server->shutdown(std::chrono::milliseconds(0));
    server.reset();
    io.stop();
    for (std::thread& thread : threads) thread.join();
  }

  void add_client(const std::string& name, const std::string& role,
                  const std::string& devices = {}) {
    const std::string file = directory.file(name);
    std::ofstream(file) << "a long token of " << name;
    GrpcClientConfig client;
    client.name = name;
    client.role = role;
    client.devices = devices;
    client.token_file = file;
    options.access.clients.push_back(client);
  }
  void start() { server.emplace(io.get_executor(), backend, credentials, options); }
  tl::expected<void, std::string> reload() {
    return server->reload(options.access, options.bulk_devices);
  }

  template <class Request, class Response, class Stub>
  grpc::Status call(std::unique_ptr<Stub> stub,
                    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response, const std::string& who) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    if (!who.empty()) context.AddMetadata("authorization", "Bearer a long token of " + who);
    return ((*stub).*method)(&context, request, response);
  }
  std::shared_ptr<grpc::Channel> channel() {
    if (!channel_) {
      channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(server->port()),
                                     grpc::InsecureChannelCredentials());
    }
    return channel_;
  }
  grpc::Status get(const std::string& device, const std::string& who = {}) {
    v1::GetDeviceRequest request;
    request.set_name(device);
    v1::Device response;
    return call(v1::DeviceService::NewStub(channel()), &v1::DeviceService::Stub::GetDevice, request,
                &response, who);
  }
  grpc::Status list(const std::string& filter, v1::ListDevicesResponse* response,
                    const std::string& who = {}, const std::string& token = {}) {
    v1::ListDevicesRequest request;
    request.set_filter(filter);
    request.set_page_size(1);
    request.set_page_token(token);
    return call(v1::DeviceService::NewStub(channel()), &v1::DeviceService::Stub::ListDevices,
                request, response, who);
  }
  grpc::Status set(const std::string& id, const std::string& value, const std::string& who = {},
                   v1::SetParametersResponse* response = nullptr) {
    v1::SetParametersRequest request;
    request.set_device(name_of_device(1));
    request.set_request_id(id);
    auto* parameter = request.add_parameters();
    parameter->set_path("Device.A.B");
    parameter->set_value(value);
    v1::SetParametersResponse ignored;
    return call(v1::ParameterService::NewStub(channel()),
                &v1::ParameterService::Stub::SetParameters, request,
                response == nullptr ? &ignored : response, who);
  }
  grpc::Status update(const v1::UpdateDeviceRequest& request, v1::Device* response) {
    return call(v1::DeviceService::NewStub(channel()), &v1::DeviceService::Stub::UpdateDevice,
                request, response, "");
  }
  void answer_sets_with(const std::string& value) {
    auto* row = backend.answer.mutable_body()
                    ->mutable_response()
                    ->mutable_set_resp()
                    ->add_updated_obj_results()
                    ->mutable_oper_status()
                    ->mutable_oper_success()
                    ->add_updated_inst_results();
    row->set_affected_path("Device.A.");
    (*row->mutable_updated_params())["B"] = value;
  }

  support::TemporaryDirectory directory;
  FakeBackend backend;
  FakeCredentialBackend credentials;
  ServerOptions options;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  std::vector<std::thread> threads;
  std::optional<Server> server;
  std::shared_ptr<grpc::Channel> channel_;
};

// ---- who ----------------------------------------------------------------------------------------

TEST_F(ControlDoor, StaysShutWithoutTheRightToken) {
  add_client("oss", "admin");
  start();

  EXPECT_TRUE(get(name_of_device(1), "oss").ok());
  const grpc::Status nobody = get(name_of_device(1));
  EXPECT_EQ(nobody.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(reason_of(nobody), "NO_CREDENTIALS");
  const grpc::Status stranger = get(name_of_device(1), "somebody else");
  EXPECT_EQ(stranger.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(reason_of(stranger), "UNKNOWN_CREDENTIALS");
}

TEST_F(ControlDoor, RefusesWhatTheRoleDoesNotAllow) {
  add_client("viewer", "viewer");
  start();

  EXPECT_TRUE(get(name_of_device(1), "viewer").ok());
  const grpc::Status refused = set("", "x", "viewer");
  EXPECT_EQ(refused.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(reason_of(refused), "ROLE_FORBIDS");
  EXPECT_EQ(backend.requests, 0);
}

TEST_F(ControlDoor, ShowsAClientNoDevicesButItsOwn) {
  add_client("gateways", "operator", "product_class = Gateway");
  start();

  EXPECT_TRUE(get(name_of_device(1), "gateways").ok());
  for (int hidden : {2, 99}) {  // it must not learn that the one is there and the other is not
    const grpc::Status refused = get(name_of_device(hidden), "gateways");
    EXPECT_EQ(refused.error_code(), StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(reason_of(refused), "DEVICE_FORBIDDEN");
  }
  v1::ListDevicesResponse page;
  ASSERT_TRUE(list("", &page, "gateways").ok());
  ASSERT_THAT(page.devices(), SizeIs(1));
  ASSERT_TRUE(list("", &page, "gateways", page.next_page_token()).ok());
  EXPECT_EQ(page.devices(0).name(), name_of_device(3));
  EXPECT_THAT(page.next_page_token(), IsEmpty());
}

TEST_F(ControlDoor, NamesTheClientAsRequester) {
  add_client("oss", "operator");
  start();
  answer_sets_with("x");

  ASSERT_TRUE(set("", "x", "oss").ok());
  EXPECT_EQ(backend.requester, "grpc:oss");
}

TEST_F(ControlDoor, TakesANewTokenAtReload) {
  add_client("oss", "admin");
  start();
  std::ofstream(directory.file("oss")) << "a long token of tomorrow";
  ASSERT_TRUE(reload());

  EXPECT_EQ(get(name_of_device(1), "oss").error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(get(name_of_device(1), "tomorrow").ok());

  std::ofstream(directory.file("oss")) << "short";
  EXPECT_FALSE(reload());
  EXPECT_TRUE(get(name_of_device(1), "tomorrow").ok()) << "the old one stays";
}

TEST_F(ControlDoor, TakesNewClientsAtReload) {
  add_client("oss", "admin");
  start();
  add_client("portal", "viewer");
  EXPECT_EQ(get(name_of_device(1), "portal").error_code(), StatusCode::UNAUTHENTICATED);
  ASSERT_TRUE(reload());
  EXPECT_TRUE(get(name_of_device(1), "portal").ok());
  options.access.clients.erase(options.access.clients.begin());
  ASSERT_TRUE(reload());
  EXPECT_EQ(get(name_of_device(1), "oss").error_code(), StatusCode::UNAUTHENTICATED);
}

TEST_F(ControlDoor, IsNotOpenedToEverybodyByAReload) {
  const support::Issued own = support::TestCa("authority").issue({});
  options.certificate_file = directory.file("server.crt");
  options.key_file = directory.file("server.key");
  std::ofstream(options.certificate_file) << own.certificate;
  std::ofstream(options.key_file) << own.key;
  options.listen = "0.0.0.0:0";
  add_client("oss", "admin");
  start();
  options.access.clients.clear();
  EXPECT_FALSE(reload());
}

TEST_F(ControlDoor, NamesTheTraceOfACall) {
  add_client("oss", "operator");
  start();
  answer_sets_with("x");
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  v1::SetParametersRequest request;
  request.set_device(name_of_device(1));
  auto* parameter = request.add_parameters();
  parameter->set_path("Device.A.B");
  v1::SetParametersResponse response;
  auto traced = [&](const std::string& parent, const std::string& token) {
    grpc::ClientContext context;
    context.AddMetadata("authorization", "Bearer a long token of " + token);
    if (!parent.empty()) context.AddMetadata("traceparent", parent);
    auto stub = v1::ParameterService::NewStub(channel());
    (void)stub->SetParameters(&context, request, &response);
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto found = trailers.find("trace-id");
    return found == trailers.end() ? std::string()
                                   : std::string(found->second.data(), found->second.size());
  };
  EXPECT_EQ(traced("00-" + trace + "-00f067aa0ba902b7-01", "oss"), trace);
  EXPECT_EQ(backend.trace_id, trace);
  EXPECT_EQ(traced("00-" + trace + "-00f067aa0ba902b7-01", "nobody"), trace) << "also refused";
  EXPECT_THAT(traced("", "oss"), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_NE(backend.trace_id, trace);
}

TEST_F(ControlDoor, KnowsAClientByItsCertificate) {
  const support::TestCa ca("clients");
  const auto file = [this](const std::string& name, const std::string& text) {
    std::ofstream(directory.file(name)) << text;
    return directory.file(name);
  };
  support::TestCa::Wanted wanted;
  wanted.common_name = "localhost";
  wanted.dns = "localhost";
  const support::Issued own = ca.issue(wanted);
  options.certificate_file = file("server.crt", own.certificate);
  options.key_file = file("server.key", own.key);
  options.client_ca_file = file("ca.crt", ca.certificate());
  GrpcClientConfig oss;
  oss.name = "oss";
  oss.role = "viewer";
  oss.certificate = "oss.example.com";
  options.access.clients.push_back(oss);
  start();
  const auto connect = [&](const std::string& dns) {
    wanted.common_name = "client";
    wanted.dns = dns;
    const support::Issued shown = ca.issue(wanted);
    grpc::SslCredentialsOptions tls{ca.certificate(), shown.key, shown.certificate};
    grpc::ChannelArguments arguments;
    arguments.SetSslTargetNameOverride("localhost");
    channel_ = grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server->port()),
                                         grpc::SslCredentials(tls), arguments);
  };

  connect("oss.example.com");
  EXPECT_TRUE(get(name_of_device(1)).ok());
  EXPECT_EQ(set("", "x").error_code(), StatusCode::PERMISSION_DENIED);
  connect("other.example.com");
  EXPECT_EQ(get(name_of_device(1)).error_code(), StatusCode::UNAUTHENTICATED);
}

// ---- lists and updates --------------------------------------------------------------------------

TEST_F(ControlDoor, ListsWhatTheFilterLetsThrough) {
  start();
  v1::ListDevicesResponse page;
  ASSERT_TRUE(list("product_class = Phone", &page).ok());
  ASSERT_THAT(page.devices(), SizeIs(1));
  EXPECT_EQ(page.devices(0).name(), name_of_device(2));

  const grpc::Status bad = list("product_class ~ Phone", &page);
  EXPECT_EQ(bad.error_code(), StatusCode::INVALID_ARGUMENT);
  const auto detail = detail_of<google::rpc::BadRequest>(bad);
  ASSERT_THAT(detail.field_violations(), SizeIs(1));
  EXPECT_EQ(detail.field_violations(0).field(), "filter");
}

TEST_F(ControlDoor, TakesAPageTokenOnlyForTheSameList) {
  start();
  v1::ListDevicesResponse page;
  ASSERT_TRUE(list("product_class = Gateway", &page).ok());
  const std::string token = page.next_page_token();

  const grpc::Status other = list("product_class = Phone", &page, "", token);
  EXPECT_EQ(other.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(other.error_message(), HasSubstr("of another list"));
  EXPECT_TRUE(list("product_class = Gateway", &page, "", token).ok());
}

TEST_F(ControlDoor, UpdatesWhatTheMaskNames) {
  start();
  v1::UpdateDeviceRequest request;
  request.mutable_device()->set_name(name_of_device(1));
  request.mutable_device()->set_display_name("hall");
  for (const char* tag : {"b", "a", "b"}) request.mutable_device()->add_tags(tag);
  request.mutable_update_mask()->add_paths("tags");
  v1::Device updated;
  ASSERT_TRUE(update(request, &updated).ok());
  EXPECT_THAT(updated.tags(), ElementsAre("a", "b"));
  EXPECT_THAT(updated.display_name(), IsEmpty()) << "it was not in the mask";

  request.clear_update_mask();
  request.mutable_device()->clear_tags();
  ASSERT_TRUE(update(request, &updated).ok());
  EXPECT_EQ(updated.display_name(), "hall") << "no mask: what is set";
  EXPECT_THAT(updated.tags(), ElementsAre("a", "b"));

  request.mutable_update_mask()->add_paths("*");
  ASSERT_TRUE(update(request, &updated).ok());
  EXPECT_THAT(updated.tags(), IsEmpty()) << "all of it";
}

TEST_F(ControlDoor, RefusesUpdatesThatAreNone) {
  start();
  v1::Device updated;
  const auto refused = [&](const std::string& mask, const std::string& tag) {
    v1::UpdateDeviceRequest request;
    request.mutable_device()->set_name(name_of_device(1));
    if (!tag.empty()) request.mutable_device()->add_tags(tag);
    if (!mask.empty()) request.mutable_update_mask()->add_paths(mask);
    const grpc::Status status = update(request, &updated);
    EXPECT_EQ(status.error_code(), StatusCode::INVALID_ARGUMENT);
    const auto detail = detail_of<google::rpc::BadRequest>(status);
    return detail.field_violations_size() == 1 ? detail.field_violations(0).field() : "";
  };
  EXPECT_EQ(refused("serial_number", ""), "update_mask");
  EXPECT_EQ(refused("", "with space"), "device.tags");
  EXPECT_EQ(refused("", std::string(65, 'x')), "device.tags");
}

// ---- repetitions (AIP-155) ----------------------------------------------------------------------

class ControlRepetition : public ControlDoor {
 protected:
  ControlRepetition() : store(open_or_die({})), book(*store, 0) { options.requests = &book; }
  ~ControlRepetition() override {
    if (server) server->shutdown(std::chrono::milliseconds(0));
  }

  std::unique_ptr<Store> store;
  RequestBook book;
};

TEST_F(ControlRepetition, IsAnsweredAsTheFirstWas) {
  start();
  answer_sets_with("first");
  v1::SetParametersResponse first;
  ASSERT_TRUE(set(kUuid, "x", "", &first).ok());
  backend.answer.Clear();
  answer_sets_with("second");
  v1::SetParametersResponse second;
  ASSERT_TRUE(set(kUuid, "x", "", &second).ok());

  EXPECT_EQ(backend.requests, 1);
  EXPECT_EQ(second.ShortDebugString(), first.ShortDebugString());
}

TEST_F(ControlRepetition, OfAFailureIsCarriedOut) {
  start();
  backend.trouble = Error{ErrorKind::kBusy, "later"};
  EXPECT_EQ(set(kUuid, "x").error_code(), StatusCode::UNAVAILABLE);
  backend.trouble.reset();
  answer_sets_with("x");
  EXPECT_TRUE(set(kUuid, "x").ok());
}

TEST_F(ControlRepetition, IsNotAnotherRequestWithTheSameId) {
  start();
  answer_sets_with("x");
  ASSERT_TRUE(set(kUuid, "x").ok());
  const grpc::Status other = set(kUuid, "y");
  EXPECT_EQ(other.error_code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(detail_of<google::rpc::BadRequest>(other).field_violations(0).field(), "request_id");
  EXPECT_EQ(set("not a uuid", "x").error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(ControlRepetition, OfWhatMayHaveBeenDoneIsNotDoneAgain) {
  start();
  auto* error = backend.answer.mutable_body()->mutable_error();
  error->set_err_code(7802);
  error->set_err_msg("outcome unknown");
  EXPECT_EQ(reason_of(set(kUuid, "x")), "OUTCOME_UNKNOWN");
  const grpc::Status again = set(kUuid, "x");
  EXPECT_EQ(again.error_code(), StatusCode::UNKNOWN);
  EXPECT_EQ(reason_of(again), "OUTCOME_UNKNOWN");
  EXPECT_EQ(backend.requests, 1);
}

// ---- details ------------------------------------------------------------------------------------

TEST_F(ControlDoor, TellsTheCwmpFaultAndTheParameter) {
  start();
  auto* error = backend.answer.mutable_body()->mutable_error();
  error->set_err_code(7021);
  error->set_err_msg("summary");
  auto* culprit = error->add_param_errs();
  culprit->set_param_path("Device.A.B");
  culprit->set_err_code(7012);
  culprit->set_err_msg("the device answered 9007 Invalid parameter value: too long");

  const auto detail = detail_of<v1::DeviceError>(set("", "x"));

  EXPECT_EQ(detail.usp_code(), 7021U);
  EXPECT_EQ(detail.cwmp_fault(), 9007U);
  ASSERT_THAT(detail.parameters(), SizeIs(1));
  EXPECT_EQ(detail.parameters(0).path(), "Device.A.B");
  EXPECT_EQ(detail.parameters(0).usp_code(), 7012U);
  EXPECT_EQ(detail.parameters(0).cwmp_fault(), 9007U);
}

TEST_F(ControlDoor, TellsWhatDoesNotExistAndWhenToTryAgain) {
  start();
  const auto missing = detail_of<google::rpc::ResourceInfo>(get("devices/none"));
  EXPECT_EQ(missing.resource_type(), "device");
  EXPECT_EQ(missing.resource_name(), "devices/none");

  backend.trouble = Error{ErrorKind::kBusy, "later"};
  EXPECT_GT(detail_of<google::rpc::RetryInfo>(get(name_of_device(1))).retry_delay().seconds(), 0);
}

TEST_F(ControlDoor, TellsTheObserverOfEveryCall) {
  std::mutex mutex;
  std::vector<std::string> seen;
  options.observer = [&](std::string_view method, StatusCode code, double) {
    std::lock_guard lock(mutex);
    seen.push_back(std::string(method) + " " + std::string(name_of(code)));
  };
  add_client("oss", "viewer");
  start();
  get(name_of_device(1), "oss");
  get(name_of_device(1));
  set("", "x", "oss");

  std::lock_guard lock(mutex);
  EXPECT_THAT(seen,
              ElementsAre("DeviceService/GetDevice OK", "DeviceService/GetDevice UNAUTHENTICATED",
                          "ParameterService/SetParameters PERMISSION_DENIED"));
}

}  // namespace
}  // namespace bridge::control
