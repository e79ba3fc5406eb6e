// The credential service over a fake bridge, asked through a real stub.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <thread>

#include "bridge/control/server.h"
#include "proto/bridge/v1/credential.grpc.pb.h"
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
using Stub = v1::CredentialService::Stub;

CredentialInfo info(std::string username) {
  CredentialInfo out;
  out.username = std::move(username);
  return out;
}

class CredentialCalls : public testing::Test {
 protected:
  CredentialCalls() {
    ServerOptions options;
    options.listen = "127.0.0.1:0";
    server.emplace(io.get_executor(), backend, credentials, options);
    thread = std::thread([this] { io.run(); });
    client.emplace(server->port());
    stub = v1::CredentialService::NewStub(client->channel());
  }
  ~CredentialCalls() override {
    server->shutdown(std::chrono::milliseconds(0));
    server.reset();
    io.stop();
    thread.join();
  }

  template <class Request, class Response>
  support::Answer<Response> call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                              Response*),
                                 const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + support::ControlClient::kLimit);
    support::Answer<Response> answer;
    answer.status = (stub.get()->*method)(&context, request, &answer.value);
    return answer;
  }
  auto put(int count) {
    v1::PutCredentialsRequest request;
    for (int i = 0; i < count; ++i) request.add_credentials()->set_username(std::to_string(i));
    return call(&Stub::PutCredentials, request);
  }
  auto list(std::int32_t size, const std::string& token = {}, const std::string& device = {}) {
    v1::ListCredentialsRequest request;
    request.set_page_size(size);
    request.set_page_token(token);
    request.set_device(device);
    return call(&Stub::ListCredentials, request);
  }
  auto erase(const std::string& name) {
    v1::DeleteCredentialRequest request;
    request.set_name(name);
    return call(&Stub::DeleteCredential, request);
  }
  auto rotate(const std::string& device) {
    v1::RotateCredentialRequest request;
    request.set_device(device);
    return call(&Stub::RotateCredential, request);
  }

  FakeBackend backend;
  FakeCredentialBackend credentials;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work =
      boost::asio::make_work_guard(io);
  std::thread thread;
  std::optional<Server> server;
  std::optional<support::ControlClient> client;
  std::unique_ptr<Stub> stub;
};

TEST_F(CredentialCalls, HandOverWhatIsPutAndSayWhatBecameOfIt) {
  credentials.put_answer = {{1, 2, 3, 1}, {"kept"}};
  v1::PutCredentialsRequest request;
  v1::NewCredential* each = request.add_credentials();
  each->set_username("u");
  each->set_password("p");
  each->set_oui("00D09E");
  each->set_product_class("CPE");
  each->set_serial_number("1");

  auto answer = call(&Stub::PutCredentials, request);

  ASSERT_TRUE(answer.ok()) << answer;
  EXPECT_THAT(credentials.put, ElementsAre(CredentialEntry{"u", "p", "00D09E", "CPE", "1"}));
  EXPECT_THAT(credentials.peer, HasSubstr("127.0.0.1"));
  EXPECT_EQ(answer.value.added(), 1U);
  EXPECT_EQ(answer.value.changed(), 2U);
  EXPECT_EQ(answer.value.unchanged(), 3U);
  EXPECT_THAT(answer.value.kept(), ElementsAre("kept"));
}

TEST_F(CredentialCalls, PutOneToAThousand) {
  EXPECT_EQ(put(0).code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(put(1000).code(), StatusCode::OK);
  EXPECT_EQ(put(1001).code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(CredentialCalls, ShowACredentialWithoutItsPassword) {
  CredentialInfo& one = credentials.all.emplace_back(info("a/b"));
  one.identity = {"00D09E", "CPE", "1"};
  one.source = CredentialSource::kRotation;
  one.state = CredentialState::kRetired;
  one.endpoint_id = "ops::00D09E-CPE-1";
  one.created_ms = 1'700'000'000'500;

  auto page = list(0);

  ASSERT_THAT(page.value.credentials(), SizeIs(1)) << page;
  const v1::Credential& shown = page.value.credentials(0);
  EXPECT_EQ(shown.name(), "credentials/a%2Fb");
  EXPECT_EQ(shown.username(), "a/b");
  EXPECT_EQ(shown.oui(), "00D09E");
  EXPECT_EQ(shown.product_class(), "CPE");
  EXPECT_EQ(shown.serial_number(), "1");
  EXPECT_EQ(shown.device(), "devices/ops::00D09E-CPE-1");
  EXPECT_EQ(shown.state(), v1::Credential::RETIRED);
  EXPECT_EQ(shown.source(), v1::Credential::ROTATION);
  EXPECT_EQ(shown.create_time().seconds(), 1'700'000'000);
  const auto* fields = v1::Credential::descriptor();
  EXPECT_EQ(fields->FindFieldByName("password"), nullptr);
}

TEST_F(CredentialCalls, PageByUserNameWithoutAnEmptyLastPage) {
  for (const char* name : {"a", "b", "c", "d"}) credentials.all.push_back(info(name));

  auto first = list(2);
  auto second = list(2, first.value.next_page_token());

  ASSERT_THAT(first.value.credentials(), SizeIs(2)) << first;
  EXPECT_EQ(first.value.credentials(1).username(), "b");
  ASSERT_THAT(second.value.credentials(), SizeIs(2)) << second;
  EXPECT_EQ(second.value.credentials(0).username(), "c");
  EXPECT_THAT(second.value.next_page_token(), IsEmpty());
  EXPECT_EQ(list(-1).code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(CredentialCalls, ListThoseOfOneDevice) {
  EXPECT_TRUE(list(0, "", "devices/ops::00D09E-a%2Fb").ok());
  EXPECT_EQ(credentials.asked_device, "ops::00D09E-a/b");
  EXPECT_EQ(list(0, "", "ops::00D09E-1").code(), StatusCode::INVALID_ARGUMENT);
  credentials.trouble = Error{ErrorKind::kInvalid, "no such device"};
  EXPECT_EQ(list(0, "", "devices/ops::00D09E-1").code(), StatusCode::NOT_FOUND);
}

TEST_F(CredentialCalls, DeleteByName) {
  credentials.all = {info("a/b")};
  EXPECT_EQ(erase("a/b").code(), StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(erase("credentials/a%2Fb").ok());
  EXPECT_THAT(credentials.all, IsEmpty());
  EXPECT_EQ(erase("credentials/a%2Fb").code(), StatusCode::NOT_FOUND);
}

TEST_F(CredentialCalls, RotateThatOfADevice) {
  credentials.all = {info("new")};
  credentials.all[0].state = CredentialState::kPending;
  auto answer = rotate("devices/ops::00D09E-1");
  EXPECT_EQ(answer.value.username(), "new") << answer;
  EXPECT_EQ(answer.value.state(), v1::Credential::PENDING);
  EXPECT_EQ(credentials.asked_device, "ops::00D09E-1");
  EXPECT_THAT(credentials.peer, HasSubstr("127.0.0.1"));
  EXPECT_EQ(rotate("x").code(), StatusCode::INVALID_ARGUMENT);
  credentials.trouble = Error{ErrorKind::kInvalid, "no such device"};
  EXPECT_EQ(rotate("devices/ops::00D09E-1").code(), StatusCode::NOT_FOUND);
}

TEST_F(CredentialCalls, TellErrorsApart) {
  const std::pair<ErrorKind, StatusCode> table[] = {
      {ErrorKind::kInvalid, StatusCode::INVALID_ARGUMENT},
      {ErrorKind::kConflict, StatusCode::FAILED_PRECONDITION},
      {ErrorKind::kBusy, StatusCode::UNAVAILABLE},
      {ErrorKind::kClosed, StatusCode::UNAVAILABLE},
      {ErrorKind::kCorrupt, StatusCode::INTERNAL},
  };
  for (const auto& [kind, code] : table) {
    credentials.trouble = Error{kind, "why"};
    auto answer = put(1);
    EXPECT_EQ(answer.code(), code) << answer;
    EXPECT_THAT(answer.text(), testing::EndsWith("why"));
  }
}

}  // namespace
}  // namespace bridge::control
