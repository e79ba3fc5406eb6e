// A Watch whose connection breaks while things happen goes on without a gap and without a
// repetition.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/world.h"
#include "tests/support/control_client.h"

namespace integration {
namespace {

using support::ControlClient;
using testing::ElementsAreArray;
namespace v1 = bridge::v1;

const std::string kSsid = "Device.WiFi.SSID.1.SSID";
constexpr int kChanges = 40;

struct WatchResume : testing::Test {
  WatchResume() : cpe(world.device("1")), client(world.grpc_port()) {
    EXPECT_TRUE(cpe->wait_for("session_end"));
    watch = v1::WatchService::NewStub(client.channel());
  }
  v1::WatchRequest request() const {
    v1::WatchRequest out;
    out.add_types(v1::VALUE_CHANGE);
    out.set_device("devices/" + cpe->endpoint_id());
    return out;
  }

  World world;
  std::unique_ptr<Cpe> cpe;
  ControlClient client;
  std::unique_ptr<v1::WatchService::Stub> watch;
};

TEST_F(WatchResume, BringsEveryChangeOnceThoughTheConnectionIsCutAgainAndAgain) {
  v1::WatchRequest from = request();
  std::vector<std::string> seen;
  std::vector<std::string> expected;
  int next = 0;
  while (seen.size() < kChanges) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kLong);
    auto stream = watch->Watch(&context, from);
    v1::WatchEvent event;
    // The heartbeat at once says that it watches. Then two changes, of which one or two are read
    // before the connection is cut.
    ASSERT_TRUE(stream->Read(&event)) << stream->Finish().error_message();
    from.set_resume_token(event.resume_token());
    if (event.has_value_change()) seen.push_back(event.value_change().value());
    for (int i = 0; i < 2 && next < kChanges; ++i) {
      expected.push_back("value " + std::to_string(next++));
      auto set = client.set(request().device(), {{kSsid, expected.back()}});
      ASSERT_TRUE(set.ok()) << set;
    }
    const std::size_t wanted = seen.size() + 1 + expected.size() % 2;
    while (seen.size() < std::min(wanted, expected.size()) && stream->Read(&event)) {
      from.set_resume_token(event.resume_token());
      if (event.has_value_change()) seen.push_back(event.value_change().value());
    }
    context.TryCancel();
    stream->Finish();
  }

  EXPECT_THAT(seen, ElementsAreArray(expected));
}

TEST_F(WatchResume, EndsClearlyWhereTheBridgeWasStartedAnew) {
  grpc::ClientContext first;
  auto stream = watch->Watch(&first, request());
  v1::WatchEvent event;
  ASSERT_TRUE(stream->Read(&event));
  first.TryCancel();
  stream->Finish();
  world.kill_bridge();
  world.start_bridge();
  ControlClient again(world.grpc_port());
  auto stub = v1::WatchService::NewStub(again.channel());
  v1::WatchRequest from = request();
  from.set_resume_token(event.resume_token());

  grpc::ClientContext second;
  second.set_wait_for_ready(true);
  second.set_deadline(std::chrono::system_clock::now() + kLong);
  auto resumed = stub->Watch(&second, from);
  while (resumed->Read(&event)) {
  }
  EXPECT_EQ(resumed->Finish().error_code(), grpc::StatusCode::OUT_OF_RANGE);
}

TEST_F(WatchResume, TellsWhoComesOnline) {
  v1::WatchRequest from;
  from.add_types(v1::PRESENCE);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLong);
  auto stream = watch->Watch(&context, from);
  v1::WatchEvent event;
  ASSERT_TRUE(stream->Read(&event)) << "the heartbeat";
  auto second = world.device("2");
  do {
    ASSERT_TRUE(stream->Read(&event));
  } while (!event.has_presence());

  EXPECT_EQ(event.device(), "devices/" + second->endpoint_id());
  EXPECT_TRUE(event.presence().online());
  context.TryCancel();
  stream->Finish();
}

}  // namespace
}  // namespace integration
