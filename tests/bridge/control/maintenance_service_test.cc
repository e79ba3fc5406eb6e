// The maintenance service over a fake bridge, asked through a real stub.
#include "bridge/control/maintenance_service.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

#include "bridge/control/maintenance_backend.h"
#include "bridge/sha256.h"
#include "tests/bridge/control/fake_backend.h"
#include "tests/bridge/control/service_host.h"
#include "tests/support/process.h"

namespace bridge::control {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;

class FakeMaintenance final : public MaintenanceBackend {
 public:
  boost::asio::awaitable<Result<std::shared_ptr<StateCopy>>> copy_state(GivenUp given) override {
    given_up = std::move(given);
    if (error) co_return tl::unexpected(*error);
    const std::string name = directory.file("copy");
    const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    EXPECT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    ::lseek(fd, 0, SEEK_SET);
    const auto size = static_cast<std::int64_t>(content.size());
    auto copy = std::make_shared<StateCopy>(fd, size, StateFacts{7, 12, 1'700'000'000'000});
    kept = copy;
    co_return copy;
  }
  boost::asio::awaitable<Checks> diagnose() override { co_return checks; }
  boost::asio::awaitable<Result<std::string>> read(std::shared_ptr<StateCopy> copy,
                                                   std::size_t most) override {
    co_return copy->read(most);
  }

  support::TemporaryDirectory directory;
  std::string content;
  Checks checks;
  std::optional<Error> error;
  GivenUp given_up;
  std::weak_ptr<StateCopy> kept;
};

struct Got {
  grpc::Status status;
  v1::BackupHeader header;
  v1::BackupTrailer trailer;
  std::string data;
  std::size_t largest = 0;
};

constexpr const char* kToken = "0123456789abcdef-token";

/// One administrator, with kToken, whose devices those are.
Door::Options some_devices_only(const std::string& filter) {
  GrpcClientConfig some;
  some.name = "some";
  some.role = "admin";
  some.devices = filter;
  some.token_sha256 = "3c18109ce815143332983177dfecc23e848446a79ddcca321f551496e0de9c70";
  Door::Options options;
  options.config.clients = {some};
  return options;
}

struct Maintenance : testing::Test {
  void serve(Door::Options options = {},
             std::chrono::milliseconds patience = std::chrono::hours(1)) {
    host.emplace(backend, std::move(options));
    service.emplace(host->door(), maintenance, patience);
    serving.emplace(*service);
    stub = v1::MaintenanceService::NewStub(serving->channel());
  }
  ~Maintenance() override {
    service->stop();
    serving.reset();
    host.reset();
  }

  Got back_up(const std::string& token = {}) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    auto stream = stub->Backup(&context, {});
    Got got;
    for (v1::BackupChunk chunk; stream->Read(&chunk);) {
      if (chunk.has_header()) got.header = chunk.header();
      if (chunk.has_trailer()) got.trailer = chunk.trailer();
      got.largest = std::max(got.largest, chunk.data().size());
      got.data += chunk.data();
    }
    got.status = stream->Finish();
    return got;
  }

  grpc::Status diagnose(const std::string& device, const std::string& token = {}) {
    grpc::ClientContext context;
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    v1::DiagnoseRequest request;
    request.set_device(device);
    diagnosis.Clear();
    return stub->Diagnose(&context, request, &diagnosis);
  }
  /// "area subject result", of each.
  std::vector<std::string> checks() const {
    std::vector<std::string> out;
    for (const v1::Check& each : diagnosis.checks()) {
      out.push_back(each.area() + " " + each.subject() + " " +
                    v1::Check::Result_Name(each.result()));
    }
    return out;
  }

  FakeBackend backend;
  FakeMaintenance maintenance;
  v1::DiagnoseResponse diagnosis;
  std::optional<ServiceHost> host;
  std::optional<MaintenanceService> service;
  std::optional<Serving> serving;
  std::unique_ptr<v1::MaintenanceService::Stub> stub;
};

TEST_F(Maintenance, SendsACopyInPiecesWithItsSizeAndHash) {
  for (int i = 0; i < 200'000; ++i) maintenance.content += static_cast<char>(i * 31 % 251);
  serve();

  const Got got = back_up();

  ASSERT_TRUE(got.status.ok()) << got.status.error_message();
  EXPECT_EQ(got.data, maintenance.content);
  EXPECT_EQ(got.largest, 64U << 10);
  EXPECT_EQ(got.header.size_bytes(), 200'000);
  EXPECT_EQ(got.header.device_count(), 12);
  EXPECT_EQ(got.header.schema_version(), 7);
  EXPECT_EQ(got.header.create_time().seconds(), 1'700'000'000);
  EXPECT_EQ(got.trailer.size_bytes(), 200'000);
  Sha256 hash;
  hash.add(maintenance.content);
  EXPECT_EQ(got.trailer.sha256(), hash.take());
  EXPECT_TRUE(maintenance.kept.expired()) << "its turn is over";
}

TEST_F(Maintenance, SaysWhyThereIsNoCopy) {
  serve();
  maintenance.error = Error{ErrorKind::kConflict, "a backup is being made"};
  EXPECT_EQ(back_up().status.error_code(), StatusCode::ABORTED);
  maintenance.error = Error{ErrorKind::kDiskFull, "no room"};
  EXPECT_EQ(back_up().status.error_code(), StatusCode::RESOURCE_EXHAUSTED);
  maintenance.error = Error{ErrorKind::kIo, "disk"};
  EXPECT_EQ(back_up().status.error_code(), StatusCode::INTERNAL);
}

TEST_F(Maintenance, BacksUpForWhoMayTouchAllDevicesOnly) {
  serve(some_devices_only("oui = FFFFFF"));
  EXPECT_EQ(back_up().status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(back_up(kToken).status.error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(maintenance.given_up, nullptr) << "none was made";
}

TEST_F(Maintenance, LetsGoOfTheCopyWhenTheClientGoesOrTakesNothing) {
  maintenance.content.assign(64 << 20, 'x');  // more than buffers take
  serve({}, std::chrono::milliseconds(100));
  {
    grpc::ClientContext context;
    auto stream = stub->Backup(&context, {});
    v1::BackupChunk chunk;
    ASSERT_TRUE(stream->Read(&chunk));
    while (!*maintenance.given_up) std::this_thread::yield();
    while (stream->Read(&chunk)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), StatusCode::DEADLINE_EXCEEDED);
  }
  while (!maintenance.kept.expired()) std::this_thread::yield();
}

TEST_F(Maintenance, TellsWhatWasLookedUpAndWhatADeviceLacks) {
  DeviceInfo device;
  device.endpoint_id = "os::1";
  backend.all_devices = {device};
  using Severity = Finding::Severity;
  Explanation told;
  told.findings = {{Severity::kError, "OFFLINE", "gone", "look"},
                   {Severity::kWarning, "CLOCK_SKEW", "late", ""},
                   {Severity::kInfo, "LEARNING", "walks", ""}};
  backend.explanation = told;
  maintenance.checks = {{"broker", "b", Check::Result::kFailed, "not connected", "start it"},
                        {"time", "clock", Check::Result::kWarning, "", ""}};
  serve();

  ASSERT_TRUE(diagnose("devices/os::1").ok());

  EXPECT_THAT(checks(),
              ElementsAre("broker b FAILED", "time clock WARNING", "device OFFLINE FAILED",
                          "device CLOCK_SKEW WARNING", "device LEARNING OK"));
  EXPECT_EQ(diagnosis.checks(0).seen(), "not connected");
  EXPECT_EQ(diagnosis.checks(0).advice(), "start it");
  EXPECT_GT(diagnosis.server_time().seconds(), 0);
  EXPECT_EQ(diagnose("devices/os::2").error_code(), StatusCode::NOT_FOUND);
  EXPECT_EQ(diagnose("os::1").error_code(), StatusCode::INVALID_ARGUMENT);
}

TEST_F(Maintenance, TellsWhoHasSomeDevicesOfThoseOnly) {
  DeviceInfo device;
  device.endpoint_id = "os::1";
  device.oui = "00D09E";
  backend.all_devices = {device};
  backend.explanation = Explanation{};
  maintenance.checks = {{"certificates", "secret place", Check::Result::kOk, "", ""}};
  serve(some_devices_only("oui = 00D09E"));

  EXPECT_EQ(diagnose("", kToken).error_code(), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(diagnose("devices/os::2", kToken).error_code(), StatusCode::PERMISSION_DENIED);
  ASSERT_TRUE(diagnose("devices/os::1", kToken).ok());
  EXPECT_THAT(checks(), ElementsAre("device devices/os::1 OK"));
}

}  // namespace
}  // namespace bridge::control
