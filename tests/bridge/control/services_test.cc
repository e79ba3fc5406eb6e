// The control services over a fake bridge, asked through real stubs.
#include <gmock/gmock.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <future>
#include <thread>

#include "bridge/control/server.h"
#include "tests/bridge/control/fake_backend.h"
#include "tests/bridge/control/fake_credential_backend.h"
#include "tests/support/control_client.h"

namespace bridge::control {
namespace {

using grpc::StatusCode;
using support::ControlClient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::StartsWith;
using namespace std::chrono_literals;

const std::string kId = "ops::00D09E-CPE-1";
const std::string kName = "devices/" + kId;

DeviceInfo device(std::int64_t id) {
  DeviceInfo info;
  info.id = id;
  info.endpoint_id = "ops::00D09E-CPE-" + std::to_string(id);
  info.serial_number = std::to_string(id);
  return info;
}

OperationInfo operation(std::int64_t id, OperationState state = OperationState::kQueued) {
  OperationInfo info;
  info.id = id;
  info.endpoint_id = kId;
  info.state = state;
  return info;
}

class ControlServices : public testing::Test {
 protected:
  ControlServices() {
    backend.all_devices = {device(1)};
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    server.emplace(io.get_executor(), backend, credentials, options);
    for (int i = 0; i < 2; ++i) threads.emplace_back([this] { io.run(); });
    client.emplace(server->port());
  }
  ~ControlServices() override {
    server->shutdown(0ms);
    server.reset();
    io.stop();
    for (std::thread& thread : threads) thread.join();
  }

  FakeBackend backend;
  FakeCredentialBackend credentials;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  std::vector<std::thread> threads;
  std::optional<Server> server;
  std::optional<ControlClient> client;
};

// ---- devices ------------------------------------------------------------------------------------

TEST_F(ControlServices, ShowWhatIsKnownOfADevice) {
  DeviceInfo& info = backend.all_devices[0];
  info.manufacturer = "Acme";
  info.oui = "00D09E";
  info.product_class = "CPE";
  info.root = "InternetGatewayDevice.";
  info.software_version = "1.0";
  info.hardware_version = "A";
  info.onboarded = true;
  info.in_session = true;
  info.first_seen_ms = 1'700'000'000'500;
  info.open_operations = 3;

  v1::Device shown = client->device(kName).value;

  EXPECT_EQ(shown.name(), kName);
  EXPECT_EQ(shown.endpoint_id(), kId);
  EXPECT_EQ(shown.manufacturer(), "Acme");
  EXPECT_EQ(shown.oui(), "00D09E");
  EXPECT_EQ(shown.product_class(), "CPE");
  EXPECT_EQ(shown.serial_number(), "1");
  EXPECT_EQ(shown.root(), "InternetGatewayDevice.");
  EXPECT_EQ(shown.software_version(), "1.0");
  EXPECT_EQ(shown.hardware_version(), "A");
  EXPECT_TRUE(shown.onboarded());
  EXPECT_TRUE(shown.in_session());
  EXPECT_EQ(shown.first_seen_time().seconds(), 1'700'000'000);
  EXPECT_EQ(shown.first_seen_time().nanos(), 500'000'000);
  EXPECT_FALSE(shown.has_last_inform_time());
  EXPECT_FALSE(shown.has_last_boot_time());
  EXPECT_EQ(shown.open_operations(), 3U);
}

TEST_F(ControlServices, FindADeviceByItsPercentEncodedName) {
  backend.all_devices[0].endpoint_id = "os::00D09E-a/b c";

  auto shown = client->device("devices/os::00D09E-a%2Fb%20c");

  EXPECT_EQ(shown.value.endpoint_id(), "os::00D09E-a/b c") << shown;
  EXPECT_EQ(shown.value.name(), "devices/os::00D09E-a%2Fb%20c");
}

TEST_F(ControlServices, PageThroughDevicesWithoutAnEmptyLastPage) {
  backend.all_devices = {device(1), device(4), device(9), device(10)};

  auto first = client->devices(2);
  auto second = client->devices(2, first.value.next_page_token());

  ASSERT_THAT(first.value.devices(), SizeIs(2)) << first;
  EXPECT_EQ(first.value.devices(1).serial_number(), "4");
  ASSERT_THAT(second.value.devices(), SizeIs(2)) << second;
  EXPECT_EQ(second.value.devices(0).serial_number(), "9");
  EXPECT_THAT(second.value.next_page_token(), IsEmpty());
}

TEST_F(ControlServices, GiveAThousandRowsAPageAtMost) {
  backend.all_devices.clear();
  for (std::int64_t i = 1; i <= 1001; ++i) backend.all_devices.push_back(device(i));

  EXPECT_THAT(client->devices(5000).value.devices(), SizeIs(1000));
  EXPECT_THAT(client->devices().value.devices(), SizeIs(50));
}

TEST_F(ControlServices, RefusePagesThatAreNone) {
  EXPECT_EQ(client->devices(-1).code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(client->devices(1, "x").code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(client->operations(kName, -1).code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(client->operations(kName, 1, "-3").code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(ControlServices, ForgetADeviceOnce) {
  EXPECT_TRUE(client->forget(kName).ok());
  EXPECT_EQ(client->forget(kName).code(), StatusCode::NOT_FOUND);
}

// ---- parameters ---------------------------------------------------------------------------------

TEST_F(ControlServices, ReadAsOneGetAndListValuesByPath) {
  auto* path =
      backend.answer.mutable_body()->mutable_response()->mutable_get_resp()->add_req_path_results();
  path->set_requested_path("Device.A.");
  auto* object = path->add_resolved_path_results();
  object->set_resolved_path("Device.A.1.");
  (*object->mutable_result_params())["Z"] = "26";
  (*object->mutable_result_params())["B"] = "2";
  auto* bad =
      backend.answer.mutable_body()->mutable_response()->mutable_get_resp()->add_req_path_results();
  bad->set_requested_path("Device.No.");
  bad->set_err_code(7026);
  bad->set_err_msg("none");
  v1::GetParametersRequest request;
  request.set_device(kName);
  request.add_paths("Device.A.");
  request.add_paths("Device.No.");
  request.set_max_depth(2);

  auto read = client->get(request);

  const usp_msg::Get& get = backend.asked.body().request().get();
  EXPECT_THAT(get.param_paths(), ElementsAre("Device.A.", "Device.No."));
  EXPECT_EQ(get.max_depth(), 2U);
  ASSERT_THAT(read.value.parameters(), SizeIs(2)) << read;
  EXPECT_EQ(read.value.parameters(0).path(), "Device.A.1.B");
  EXPECT_EQ(read.value.parameters(1).value(), "26");
  ASSERT_THAT(read.value.errors(), SizeIs(1));
  EXPECT_EQ(read.value.errors(0).path(), "Device.No.");
  EXPECT_EQ(read.value.errors(0).code(), 7026U);
  EXPECT_EQ(read.value.errors(0).message(), "none");
}

TEST_F(ControlServices, WriteAsOneSetThatStandsOrFallsTogether) {
  auto* result = backend.answer.mutable_body()
                     ->mutable_response()
                     ->mutable_set_resp()
                     ->add_updated_obj_results();
  auto* row = result->mutable_oper_status()->mutable_oper_success()->add_updated_inst_results();
  row->set_affected_path("Device.A.1.");
  (*row->mutable_updated_params())["B"] = "as read back";

  auto set = client->set(kName, {{"Device.A.1.B", "x"}, {"Device.C.D", "y"}, {"Device.A.1.E", ""}});

  ASSERT_TRUE(set.ok()) << set;
  const usp_msg::Set& asked = backend.asked.body().request().set();
  EXPECT_FALSE(asked.allow_partial());
  ASSERT_THAT(asked.update_objs(), SizeIs(2));
  EXPECT_EQ(asked.update_objs(0).obj_path(), "Device.A.1.");
  ASSERT_THAT(asked.update_objs(0).param_settings(), SizeIs(2));
  EXPECT_EQ(asked.update_objs(0).param_settings(1).param(), "E");
  EXPECT_TRUE(asked.update_objs(0).param_settings(1).required());
  EXPECT_EQ(asked.update_objs(1).param_settings(0).value(), "y");
  ASSERT_THAT(set.value.parameters(), SizeIs(1));
  EXPECT_EQ(set.value.parameters(0).path(), "Device.A.1.B");
  EXPECT_EQ(set.value.parameters(0).value(), "as read back");
}

TEST_F(ControlServices, AddOneRowWithItsParameters) {
  auto* created = backend.answer.mutable_body()
                      ->mutable_response()
                      ->mutable_add_resp()
                      ->add_created_obj_results()
                      ->mutable_oper_status()
                      ->mutable_oper_success();
  created->set_instantiated_path("Device.T.5.");
  (*created->mutable_unique_keys())["Alias"] = "cpe-5";

  auto added = client->add(kName, "Device.T.", {{"A", "1"}, {"Sub.B", "2"}});

  EXPECT_EQ(added.value.path(), "Device.T.5.") << added;
  EXPECT_EQ(added.value.unique_keys().at("Alias"), "cpe-5");
  const auto& asked = backend.asked.body().request().add();
  EXPECT_FALSE(asked.allow_partial());
  ASSERT_THAT(asked.create_objs(), SizeIs(1));
  EXPECT_THAT(asked.create_objs(0).param_settings(), SizeIs(2));
}

TEST_F(ControlServices, SayThatADeletionMetNothingOrWasRefused) {
  auto* result = backend.answer.mutable_body()
                     ->mutable_response()
                     ->mutable_delete_resp()
                     ->add_deleted_obj_results();
  auto* success = result->mutable_oper_status()->mutable_oper_success();
  EXPECT_EQ(client->remove(kName, "Device.T.5.").code(), StatusCode::NOT_FOUND);

  success->add_affected_paths("Device.T.5.");
  EXPECT_TRUE(client->remove(kName, "Device.T.5.").ok());

  auto* error = success->add_unaffected_path_errs();
  error->set_unaffected_path("Device.T.6.");
  error->set_err_code(7024);
  error->set_err_msg("the device refused");
  auto refused = client->remove(kName, "Device.T.*.");
  EXPECT_EQ(refused.code(), StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(refused.text(), "USP 7024: Device.T.6.: the device refused");
}

TEST_F(ControlServices, PassOnWhatTheAgentRefuses) {
  auto* error = backend.answer.mutable_body()->mutable_error();
  error->set_err_code(7801);
  error->set_err_msg("not reached");

  for (const grpc::Status& status :
       {client->get(kName, {"Device."}).status, client->set(kName, {{"Device.A", "1"}}).status,
        client->add(kName, "Device.T.").status, client->remove(kName, "Device.T.1.").status}) {
    EXPECT_EQ(status.error_code(), StatusCode::DEADLINE_EXCEEDED);
    EXPECT_EQ(status.error_message(), "USP 7801: not reached");
  }
}

TEST_F(ControlServices, GiveAWriteTheUsualTimeOrItsOwnOrThatOfTheCall) {
  auto request = ControlClient::set_request(kName, {{"Device.A", "1"}});
  client->set(request, 10min);
  EXPECT_EQ(backend.asked_timeout, 30s);

  request.mutable_timeout()->set_seconds(120);
  client->set(request, 10min);
  EXPECT_EQ(backend.asked_timeout, 120s);

  client->set(request, 20s);
  EXPECT_LT(backend.asked_timeout, 20s);
  EXPECT_GT(backend.asked_timeout, 10s);
}

TEST_F(ControlServices, TakeAMessageUpToItsLimitAndNoneAboveIt) {
  std::string most(4U * 1024 * 1024 - 200, 'x');

  EXPECT_TRUE(client->set(kName, {{"Device.A", most}}).ok());
  auto above = client->set(kName, {{"Device.A", most + std::string(400, 'x')}});
  EXPECT_EQ(above.code(), StatusCode::RESOURCE_EXHAUSTED) << above.text();
}

// ---- operations ---------------------------------------------------------------------------------

TEST_F(ControlServices, StartACommandWithItsKeyAndInput) {
  auto request = ControlClient::start_request(kName, "Device.Reboot()", {{"Cause", "x"}});
  request.set_command_key("key");
  request.mutable_timeout()->set_seconds(3600);

  auto started = client->start(request, 20s);

  EXPECT_EQ(started.value.name(), kName + "/operations/7") << started;
  EXPECT_EQ(started.value.state(), v1::Operation::QUEUED);
  EXPECT_EQ(started.value.summary(), "Device.Reboot()");
  EXPECT_FALSE(started.value.has_deadline_time());
  EXPECT_FALSE(started.value.has_error());
  EXPECT_EQ(backend.asked_key, "key");
  EXPECT_THAT(backend.asked_input, ElementsAre(Pair("Cause", "x")));
  EXPECT_EQ(backend.asked_timeout, 1h) << "the deadline of the call is not that of the command";
}

TEST_F(ControlServices, SayWhyACommandIsRefused) {
  backend.refusal = Backend::Refused{7027, "Host is missing"};

  auto refused = client->start(kName, "Device.Ping()");

  EXPECT_EQ(refused.code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(refused.text(), "USP 7027: Host is missing");
}

TEST_F(ControlServices, ShowEveryStateOfAnOperation) {
  using enum OperationState;
  const std::pair<OperationState, v1::Operation::State> rows[] = {
      {kQueued, v1::Operation::QUEUED},
      {kRunning, v1::Operation::RUNNING},
      {kSucceeded, v1::Operation::SUCCEEDED},
      {kFailed, v1::Operation::FAILED},
      {kCancelled, v1::Operation::CANCELLED}};
  for (const auto& [ours, theirs] : rows) {
    backend.all_operations = {operation(3, ours)};
    EXPECT_EQ(client->operation(kName + "/operations/3").value.state(), theirs);
  }
}

TEST_F(ControlServices, ShowHowAnOperationEnded) {
  OperationInfo info = operation(3, OperationState::kFailed);
  info.kind = "Operate";
  info.requester = "self::ctl";
  info.created_ms = 1000;
  info.deadline_ms = 2000;
  info.finished_ms = 3000;
  info.error_code = 7022;
  info.error_text = "Error_Timeout";
  info.output = {{"Status", "Error_Timeout"}};
  backend.all_operations = {info};

  v1::Operation shown = client->operation(kName + "/operations/3").value;

  EXPECT_EQ(shown.kind(), "Operate");
  EXPECT_EQ(shown.requester(), "self::ctl");
  EXPECT_EQ(shown.create_time().seconds(), 1);
  EXPECT_EQ(shown.deadline_time().seconds(), 2);
  EXPECT_EQ(shown.finish_time().seconds(), 3);
  EXPECT_EQ(shown.error().usp_code(), 7022U);
  EXPECT_EQ(shown.error().message(), "Error_Timeout");
  EXPECT_EQ(shown.output().at("Status"), "Error_Timeout");
}

TEST_F(ControlServices, PageThroughOperationsNewestFirst) {
  backend.all_operations = {operation(2), operation(5), operation(6)};

  auto first = client->operations(kName, 2);
  auto second = client->operations(kName, 2, first.value.next_page_token());

  ASSERT_THAT(first.value.operations(), SizeIs(2)) << first;
  EXPECT_EQ(first.value.operations(0).name(), kName + "/operations/6");
  EXPECT_EQ(first.value.operations(1).name(), kName + "/operations/5");
  ASSERT_THAT(second.value.operations(), SizeIs(1)) << second;
  EXPECT_EQ(second.value.operations(0).name(), kName + "/operations/2");
  EXPECT_THAT(second.value.next_page_token(), IsEmpty());
}

TEST_F(ControlServices, ListTheOperationsOfAllDevices) {
  OperationInfo failed = operation(5);
  failed.state = OperationState::kFailed;
  backend.all_operations = {operation(2), failed, operation(6)};

  auto first = client->operations("devices/-", 2);
  EXPECT_THAT(first.value.operations(), SizeIs(2));
  EXPECT_EQ(client->operations("devices/-", 2, first.value.next_page_token(), "done = true").code(),
            StatusCode::INVALID_ARGUMENT)
      << "the token is of another list";
  auto some = client->operations("devices/-", 0, {}, "state = FAILED");
  ASSERT_THAT(some.value.operations(), SizeIs(1));
  EXPECT_EQ(some.value.operations(0).name(), kName + "/operations/5");
  EXPECT_EQ(client->operations("devices/-", 0, {}, "oui = x").code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(ControlServices, TellWhatBecameOfACancellation) {
  backend.all_operations = {operation(3, OperationState::kCancelled)};
  const std::string name = kName + "/operations/3";

  EXPECT_EQ(client->cancel(name).value.state(), v1::Operation::CANCELLED);
  backend.cancel_result = CancelResult::kNotFound;
  EXPECT_EQ(client->cancel(name).code(), StatusCode::NOT_FOUND);
  backend.cancel_result = CancelResult::kAlreadySent;
  EXPECT_EQ(client->cancel(name).code(), StatusCode::FAILED_PRECONDITION);
  backend.cancel_result = CancelResult::kAlreadyDone;
  EXPECT_EQ(client->cancel(name).code(), StatusCode::FAILED_PRECONDITION);
}

TEST_F(ControlServices, RefuseNamesThatAreNone) {
  for (const char* name : {"", "devices/x", "devices/x/operations/", "devices/x/operations/0",
                           "operations/1", "devices/x/operations/1x", "devices//operations/1"}) {
    EXPECT_EQ(client->operation(name).code(), StatusCode::INVALID_ARGUMENT) << name;
    EXPECT_EQ(client->cancel(name).code(), StatusCode::INVALID_ARGUMENT) << name;
    EXPECT_EQ(client->wait(name).code(), StatusCode::INVALID_ARGUMENT) << name;
  }
}

// ---- waiting ------------------------------------------------------------------------------------

TEST_F(ControlServices, WaitUntilTheOperationIsOver) {
  backend.all_operations = {operation(3), operation(4)};
  auto waiting =
      std::async(std::launch::async, [&] { return client->wait(kName + "/operations/3"); });
  while (backend.watches == 0) std::this_thread::yield();

  backend.end(4, OperationState::kSucceeded);
  backend.end(3, OperationState::kFailed);

  EXPECT_EQ(waiting.get().value.state(), v1::Operation::FAILED);
  EXPECT_FALSE(backend.events.watched());
}

TEST_F(ControlServices, DoNotWaitForWhatIsOver) {
  backend.all_operations = {operation(3, OperationState::kSucceeded)};

  EXPECT_EQ(client->wait(kName + "/operations/3").value.state(), v1::Operation::SUCCEEDED);
  EXPECT_EQ(client->wait(kName + "/operations/9").code(), StatusCode::NOT_FOUND);
}

TEST_F(ControlServices, StopWaitingWhenTheClientGoesAway) {
  backend.all_operations = {operation(3)};
  auto stub = v1::OperationService::NewStub(client->channel());
  grpc::ClientContext context;
  auto waiting = std::async(std::launch::async, [&] {
    v1::WaitOperationRequest request;
    request.set_name(kName + "/operations/3");
    request.mutable_timeout()->set_seconds(86'400);
    v1::Operation response;
    return stub->WaitOperation(&context, request, &response);
  });
  while (!backend.events.watched()) std::this_thread::yield();

  context.TryCancel();

  EXPECT_EQ(waiting.get().error_code(), StatusCode::CANCELLED);
}

// ---- trouble ------------------------------------------------------------------------------------

TEST_F(ControlServices, NeverSayThatSomethingIsNotThereWhenTheStoreCannotTell) {
  backend.trouble = Error{ErrorKind::kBusy, "store: too much to write"};
  const std::string name = kName + "/operations/3";
  for (const grpc::Status& status :
       {client->device(kName).status, client->devices().status, client->forget(kName).status,
        client->get(kName, {"Device."}).status, client->set(kName, {{"Device.A", "1"}}).status,
        client->add(kName, "Device.T.").status, client->remove(kName, "Device.T.1.").status,
        client->operation(name).status, client->operations(kName).status,
        client->cancel(name).status, client->wait(name).status}) {
    EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
    EXPECT_EQ(status.error_message(), "store: too much to write");
  }
}

TEST_F(ControlServices, TurnAnExceptionIntoAnInternalError) {
  backend.exception = "broken";

  auto read = client->get(kName, {"Device."});

  EXPECT_EQ(read.code(), StatusCode::INTERNAL);
  EXPECT_EQ(read.text(), "broken");
}

// ---- watching -----------------------------------------------------------------------------------

TEST_F(ControlServices, TellWatchersEveryKindOfEventInOrder) {
  auto watching = client->watch(kName);
  while (!backend.events.watched()) std::this_thread::yield();
  auto happens = [&](auto what) { backend.events.publish({1500, kId, what}); };
  backend.events.publish({1, "another", ObjectCreated{"Device.Not.1."}});
  happens(InformHappened{{"0 BOOTSTRAP", "1 BOOT"}});
  happens(ValueChanged{"Device.A", "1"});
  happens(ObjectCreated{"Device.T.1."});
  happens(ObjectDeleted{"Device.T.2."});
  happens(operation(3, OperationState::kRunning));
  happens(SessionEnded{SessionEnded::Outcome::kLost});

  std::vector<v1::WatchEvent> events;
  watching->wait_for([&](const v1::WatchEvent& event) {
    events.push_back(event);
    return event.has_session_ended();
  });

  ASSERT_THAT(events, SizeIs(6));
  EXPECT_EQ(events[0].time().seconds(), 1);
  EXPECT_EQ(events[0].time().nanos(), 500'000'000);
  EXPECT_EQ(events[0].device(), kName);
  EXPECT_THAT(events[0].inform().event_codes(), ElementsAre("0 BOOTSTRAP", "1 BOOT"));
  EXPECT_EQ(events[1].value_change().path(), "Device.A");
  EXPECT_EQ(events[1].value_change().value(), "1");
  EXPECT_EQ(events[2].object_created().path(), "Device.T.1.");
  EXPECT_EQ(events[3].object_deleted().path(), "Device.T.2.");
  EXPECT_EQ(events[4].operation().name(), kName + "/operations/3");
  EXPECT_EQ(events[5].session_ended().outcome(), v1::SessionEvent::LOST);
}

TEST_F(ControlServices, LetGoOfAWatcherThatGoesAway) {
  for (int i = 0; i < 20; ++i) {
    auto watching = client->watch();
    backend.events.publish({1, kId, ObjectCreated{"Device.T.1."}});
    watching->cancel();
    EXPECT_EQ(watching->end()->error_code(), StatusCode::CANCELLED);
  }
}

TEST_F(ControlServices, SurviveAWatcherThatIsRefusedAndGoesAwayAtOnce) {
  auto stub = v1::WatchService::NewStub(client->channel());
  v1::WatchRequest request;
  request.set_device("no name");
  for (int i = 0; i < 500; ++i) {
    grpc::ClientContext context;
    auto stream = stub->Watch(&context, request);
    context.TryCancel();
    v1::WatchEvent event;
    EXPECT_FALSE(stream->Read(&event));
    EXPECT_FALSE(stream->Finish().ok());
  }
  EXPECT_TRUE(client->device(kName).ok());
}

// ---- stopping -----------------------------------------------------------------------------------

TEST_F(ControlServices, EndWatchesAtOnceAndHangingCallsAfterTheGrace) {
  backend.hangs = true;
  auto watching = client->watch();
  auto hanging = std::async(std::launch::async, [&] { return client->get(kName, {"Device."}); });
  while (backend.hanging == 0) std::this_thread::yield();

  server->shutdown(100ms);

  EXPECT_EQ(watching->end()->error_code(), StatusCode::UNAVAILABLE);
  auto cut = hanging.get();
  EXPECT_THAT(cut.code(), testing::AnyOf(StatusCode::CANCELLED, StatusCode::UNAVAILABLE)) << cut;
}

TEST_F(ControlServices, SayTheyDoNotServeBeforeTheyStop) {
  EXPECT_EQ(client->raw("/grpc.health.v1.Health/Check", ""), "\x08\x01");
  server->set_serving(false);
  EXPECT_EQ(client->raw("/grpc.health.v1.Health/Check", ""), "\x08\x02");
}

// ---- listening ----------------------------------------------------------------------------------

std::string refusal_of(ServerOptions options) {
  boost::asio::io_context io;
  FakeBackend backend;
  FakeCredentialBackend credentials;
  try {
    Server server(io.get_executor(), backend, credentials, options);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return {};
}

TEST_F(ControlServices, RefuseAPortThatIsTaken) {
  ServerOptions options;
  options.listen = "127.0.0.1:" + std::to_string(server->port());

  EXPECT_EQ(refusal_of(options), "grpc: cannot listen on " + options.listen);
}

TEST(ControlServer, RefusesToLetAnybodyInFromOtherMachines) {
  ServerOptions options;
  options.listen = "0.0.0.0:0";

  EXPECT_THAT(refusal_of(options), StartsWith("grpc: 0.0.0.0:0 is not on loopback"));
  options.allow_insecure = true;
  EXPECT_EQ(refusal_of(options), "");
}

TEST(ControlServer, NamesTheCertificateItCannotRead) {
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.certificate_file = "/nonexistent/certificate.pem";
  options.key_file = "/nonexistent/key.pem";

  EXPECT_THAT(refusal_of(options), HasSubstr("/nonexistent/certificate.pem"));
}

}  // namespace
}  // namespace bridge::control
