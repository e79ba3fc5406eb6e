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
  boost::asio::awaitable<Result<std::string>> read(std::shared_ptr<StateCopy> copy,
                                                   std::size_t most) override {
    co_return copy->read(most);
  }

  support::TemporaryDirectory directory;
  std::string content;
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

  FakeBackend backend;
  FakeMaintenance maintenance;
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
  Door::Options options;
  options.config.clients.resize(1);
  options.config.clients[0].name = "some";
  options.config.clients[0].role = "admin";
  options.config.clients[0].devices = "oui = FFFFFF";
  options.config.clients[0].token_sha256 =
      "3c18109ce815143332983177dfecc23e848446a79ddcca321f551496e0de9c70";
  serve(std::move(options));
  EXPECT_EQ(back_up().status.error_code(), StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(back_up("0123456789abcdef-token").status.error_code(), StatusCode::PERMISSION_DENIED);
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

}  // namespace
}  // namespace bridge::control
