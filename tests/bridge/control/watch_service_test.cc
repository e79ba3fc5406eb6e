// Watch over a real connection.
#include "bridge/control/watch_service.h"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

#include "bridge/event_hub.h"
#include "tests/bridge/control/fleet_backend.h"
#include "tests/bridge/control/service_host.h"

namespace bridge::control {
namespace {

using grpc::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using namespace std::chrono_literals;

/// A Watch that a test reads by itself.
class Stream {
 public:
  Stream(const std::shared_ptr<grpc::Channel>& channel, const v1::WatchRequest& request)
      : stub_(v1::WatchService::NewStub(channel)) {
    context_.set_deadline(std::chrono::system_clock::now() + 30s);
    stream_ = stub_->Watch(&context_, request);
  }
  ~Stream() { context_.TryCancel(); }

  /// Empty: it has ended.
  std::optional<v1::WatchEvent> read() {
    v1::WatchEvent event;
    if (!stream_->Read(&event)) return std::nullopt;
    token = event.resume_token();
    return event;
  }
  /// "beat", a value, "online" ...; "end" where it has ended.
  std::string next() {
    const auto event = read();
    if (!event) return "end";
    if (event->has_heartbeat()) return "beat";
    if (event->has_value_change()) return event->value_change().value();
    if (event->has_presence()) return event->presence().online() ? "online" : "offline";
    return event->ShortDebugString();
  }
  grpc::Status end() {
    while (read()) {
    }
    return stream_->Finish();
  }
  void cancel() { context_.TryCancel(); }

  std::string token;

 private:
  grpc::ClientContext context_;
  std::unique_ptr<v1::WatchService::Stub> stub_;
  std::unique_ptr<grpc::ClientReader<v1::WatchEvent>> stream_;
};

struct WatchServiceTest : testing::Test {
  WatchServiceTest() { fleet.add(4); }
  ~WatchServiceTest() override {
    service.stop();
    serving.stop();
  }
  std::unique_ptr<Stream> watch(const v1::WatchRequest& request = {}) {
    auto stream = std::make_unique<Stream>(serving.channel(), request);
    EXPECT_EQ(stream->next(), "beat");
    return stream;
  }
  std::unique_ptr<Stream> resume(const std::string& token) {
    v1::WatchRequest request;
    request.set_resume_token(token);
    return watch(request);
  }
  StatusCode refused(const v1::WatchRequest& request) {
    return Stream(serving.channel(), request).end().error_code();
  }
  void change(int value, const std::string& device = "d1") {
    fleet.event_hub().publish({1, device, ValueChanged{"Device.X", std::to_string(value)}});
  }

  FleetBackend fleet;
  ServiceHost host{fleet};
  WatchService service{host.door(), 50ms};
  Serving serving{service};
};

TEST_F(WatchServiceTest, BeginsWithAHeartbeatAndBeatsWhileNothingHappens) {
  auto stream = watch();
  EXPECT_EQ(stream->next(), "beat");
  change(1);
  std::string next = stream->next();
  while (next == "beat") next = stream->next();
  EXPECT_EQ(next, "1");
  EXPECT_EQ(stream->next(), "beat");
}

TEST_F(WatchServiceTest, GoesOnWhereItWasCutOff) {
  auto stream = watch();
  for (int i = 1; i <= 3; ++i) change(i);
  while (stream->next() != "2") {
  }
  const std::string token = stream->token;
  stream.reset();
  change(4);
  auto again = resume(token);
  change(5);
  std::vector<std::string> values;
  while (values.empty() || values.back() != "5") {
    if (auto next = again->next(); next != "beat") values.push_back(next);
  }
  EXPECT_THAT(values, ElementsAre("3", "4", "5"));
}

// Cut off again and again while much happens: nothing is missed, nothing comes twice.
TEST_F(WatchServiceTest, HasNoGapAndNoRepetitionHoweverOftenItBreaks) {
  auto stream = watch();
  std::thread happening([this] {
    for (int i = 0; i < 5000; ++i) change(i);
  });
  int expected = 0;
  while (expected < 5000) {
    for (int reads = 0; reads < 100 && expected < 5000; ++reads) {
      const std::string next = stream->next();
      if (next == "beat") continue;
      ASSERT_EQ(next, std::to_string(expected));
      ++expected;
    }
    stream = resume(stream->token);
  }
  happening.join();
}

TEST_F(WatchServiceTest, ResumesNoGarbageAndNothingThatIsNotKept) {
  v1::WatchRequest request;
  request.set_resume_token("garbage");
  EXPECT_EQ(refused(request), StatusCode::INVALID_ARGUMENT);
  auto stream = watch();
  std::string other = stream->token;
  other[0] = other[0] == '0' ? '1' : '0';
  request.set_resume_token(other);
  EXPECT_EQ(refused(request), StatusCode::OUT_OF_RANGE);
  request.set_resume_token(stream->token);
  for (int i = 0; i <= 20'000; ++i) change(i);
  EXPECT_EQ(refused(request), StatusCode::OUT_OF_RANGE);
}

TEST_F(WatchServiceTest, LeavesOutWhatWasNotAskedFor) {
  v1::WatchRequest request;
  request.add_types(v1::VALUE_CHANGE);
  request.add_types(v1::PRESENCE);
  request.set_filter("oui=odd");
  auto stream = watch(request);
  fleet.event_hub().publish({1, "d1", InformHappened{}});
  change(1, "d1");
  change(2, "d2");
  change(3, "unknown");
  fleet.event_hub().publish({1, "d3", PresenceChanged{true}});
  fleet.event_hub().publish({1, "d3", PresenceChanged{false}});
  std::vector<std::string> heard;
  while (heard.size() < 3) {
    if (auto next = stream->next(); next != "beat") heard.push_back(next);
  }
  EXPECT_THAT(heard, ElementsAre("1", "online", "offline"));
}

TEST_F(WatchServiceTest, SaysWhatIsWrongWithARequest) {
  v1::WatchRequest request;
  request.set_device("no name");
  EXPECT_EQ(refused(request), StatusCode::INVALID_ARGUMENT);
  request.Clear();
  request.add_types(static_cast<v1::EventType>(99));
  EXPECT_EQ(refused(request), StatusCode::INVALID_ARGUMENT);
  request.Clear();
  request.set_filter("oui=");
  EXPECT_EQ(refused(request), StatusCode::INVALID_ARGUMENT);
}

TEST_F(WatchServiceTest, EndsAClientThatIsOvertaken) {
  Stream stream(serving.channel(), {});
  EXPECT_EQ(stream.next(), "beat");
  const std::string large(16 * 1024, 'x');
  for (int i = 0; i < 10'000; ++i) {
    fleet.event_hub().publish({i, "d1", ValueChanged{std::to_string(i), large}});
  }
  int next = 0;
  while (auto event = stream.read()) {
    if (event->has_heartbeat()) continue;
    ASSERT_EQ(event->value_change().path(), std::to_string(next));
    ++next;
  }
  EXPECT_LT(next, 10'000);
  EXPECT_EQ(stream.end().error_code(), StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(WatchServiceTest, LetsGoOfClientsThatGoAway) {
  for (int i = 0; i < 50; ++i) {
    auto stream = watch();
    change(i);
    stream->cancel();
    EXPECT_EQ(stream->end().error_code(), StatusCode::CANCELLED);
  }
}

TEST_F(WatchServiceTest, EndsWithTheBridge) {
  auto stream = watch();
  service.stop();
  EXPECT_EQ(stream->end().error_code(), StatusCode::UNAVAILABLE);
  EXPECT_EQ(refused({}), StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace bridge::control
