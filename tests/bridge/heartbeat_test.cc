// A beat comes where the service works, and only there.
#include "bridge/heartbeat.h"

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <latch>
#include <optional>
#include <thread>

#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

/// Holds the store's writer fast until released.
class HeldWriter {
 public:
  explicit HeldWriter(Store& store)
      : thread_([this, &store] {
          auto wait = [this](MirrorWriter&) -> Result<void> {
            held_.count_down();
            release_.wait();
            return {};
          };
          EXPECT_TRUE(store.write_mirror_now(wait));
        }) {
    held_.wait();
  }
  ~HeldWriter() { release(); }
  void release() {
    if (!thread_.joinable()) return;
    release_.count_down();
    thread_.join();
  }

 private:
  std::latch held_{1};
  std::latch release_{1};
  std::thread thread_;
};

class HeartbeatTest : public testing::Test {
 protected:
  void open(StoreOptions options = {}) { store = open_or_die(std::move(options)); }
  void begin() {
    heartbeat.emplace(io.get_executor(), *store, 1ms, [this] { ++beats; });
    heartbeat->start();
  }
  /// Runs the io thread, this one, until there are so many beats.
  void run_until(int count) {
    const auto limit = std::chrono::steady_clock::now() + 30s;
    while (beats < count && std::chrono::steady_clock::now() < limit) io.run_one_for(1s);
    EXPECT_GE(beats, count);
  }
  ~HeartbeatTest() override {
    if (store) store->close();
  }

  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::unique_ptr<Store> store;
  std::optional<Heartbeat> heartbeat;
  int beats = 0;
};

TEST_F(HeartbeatTest, BeatsAgainAndAgain) {
  open();
  begin();
  run_until(5);
}

TEST_F(HeartbeatTest, NeedsTheIoThreads) {
  open();
  begin();
  EXPECT_EQ(beats, 0) << "nobody runs them";
  run_until(1);
}

TEST_F(HeartbeatTest, WaitsForTheStoresWriter) {
  open();
  HeldWriter held(*store);
  begin();
  while (store->queued_writes() == 0) io.run_one();
  io.poll();
  EXPECT_EQ(beats, 0);
  held.release();
  run_until(2);
}

TEST_F(HeartbeatTest, AsksAFullQueueAgain) {
  StoreOptions options;
  options.max_queued_writes = 1;
  open(std::move(options));
  HeldWriter held(*store);
  std::thread waiting([this] {
    EXPECT_TRUE(store->write_state_now([](StateWriter&) -> Result<void> { return {}; }));
  });
  while (store->queued_writes() == 0) std::this_thread::yield();
  begin();
  for (int i = 0; i < 10; ++i) io.run_one();  // refused, and again
  EXPECT_EQ(beats, 0);
  held.release();
  waiting.join();
  run_until(1);
}

TEST_F(HeartbeatTest, ADiskThatTakesNothingIsNoReasonToRestart) {
  StoreOptions options;
  options.faults.before_state_commit = [] { return fail(ErrorKind::kDiskFull, "full"); };
  open(std::move(options));
  begin();
  run_until(2);
}

TEST_F(HeartbeatTest, EndsWhenItIsStopped) {
  open();
  begin();
  run_until(1);
  heartbeat->stop();
  work.reset();
  io.run();  // would not return while it beats
  const int then = beats;
  io.restart();
  io.poll();
  EXPECT_EQ(beats, then);
}

TEST_F(HeartbeatTest, EndsWithTheStore) {
  open();
  store->close();
  begin();
  work.reset();
  io.run();
  EXPECT_EQ(beats, 0);
}

}  // namespace
}  // namespace bridge
