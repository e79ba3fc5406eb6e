#include "bridge/wait.h"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <vector>

namespace bridge {
namespace {

namespace asio = boost::asio;
using std::chrono::steady_clock;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kNever = steady_clock::time_point::max();

/// Everything runs on one thread, so each poll() goes as far as it goes without waiting.
class WaitTest : public testing::Test {
 protected:
  steady_clock::time_point later() const { return steady_clock::now() + std::chrono::hours(1); }
  steady_clock::time_point past() const { return steady_clock::now() - std::chrono::hours(1); }

  void poll() {
    io_.restart();
    io_.poll();
  }
  void spawn_wait(Signal& signal, std::string name, steady_clock::time_point until) {
    auto wait = [](Signal& on, std::string who, steady_clock::time_point deadline,
                   std::vector<std::string>& woken) -> asio::awaitable<void> {
      co_await on.wait_until(deadline);
      woken.push_back(who);
    };
    asio::co_spawn(io_, wait(signal, std::move(name), until, woken_), asio::detached);
    poll();
  }
  void spawn_get(Promise<int>& promise, steady_clock::time_point until) {
    auto get = [](Promise<int>& from, steady_clock::time_point deadline,
                  std::vector<std::string>& got) -> asio::awaitable<void> {
      std::optional<int> value = co_await from.get_until(deadline);
      got.push_back(value ? std::to_string(*value) : "nothing");
    };
    asio::co_spawn(io_, get(promise, until, woken_), asio::detached);
    poll();
  }

  asio::io_context io_;
  std::vector<std::string> woken_;
};

TEST_F(WaitTest, ASignalBetweenTheLookAndTheWaitIsNotMissed) {
  Signal signal(io_.get_executor());
  auto wait = [](Signal& on, std::uint64_t seen,
                 std::vector<std::string>& woken) -> asio::awaitable<void> {
    co_await on.wait_after(seen, kNever);
    woken.push_back("woken");
  };
  std::uint64_t seen = signal.count();
  signal.notify();
  asio::co_spawn(io_, wait(signal, seen, woken_), asio::detached);
  poll();
  EXPECT_THAT(woken_, ElementsAre("woken"));

  asio::co_spawn(io_, wait(signal, signal.count(), woken_), asio::detached);
  poll();
  EXPECT_THAT(woken_, ElementsAre("woken")) << "nothing has come since";
  signal.notify();
  poll();
  EXPECT_THAT(woken_, ElementsAre("woken", "woken"));
}

TEST_F(WaitTest, ASignalWakesEveryoneWhoWaits) {
  Signal signal(io_.get_executor());
  spawn_wait(signal, "a", kNever);
  spawn_wait(signal, "b", kNever);
  EXPECT_THAT(woken_, IsEmpty());
  signal.notify();
  poll();
  EXPECT_THAT(woken_, ElementsAre("a", "b"));
}

TEST_F(WaitTest, ASignalIsForThoseWhoWaitAtThatMomentOnly) {
  Signal signal(io_.get_executor());
  signal.notify();
  spawn_wait(signal, "late", later());
  EXPECT_THAT(woken_, IsEmpty());
  signal.notify();
  poll();
  EXPECT_THAT(woken_, ElementsAre("late"));
}

TEST_F(WaitTest, ASignalIsNotWaitedForAfterTheDeadline) {
  Signal signal(io_.get_executor());
  spawn_wait(signal, "late", past());
  EXPECT_THAT(woken_, ElementsAre("late"));
}

TEST_F(WaitTest, ASignalCanBeWaitedForAgainAfterADeadlineThatHasPassed) {
  Signal signal(io_.get_executor());
  spawn_wait(signal, "first", past());
  woken_.clear();
  spawn_wait(signal, "second", later());
  EXPECT_THAT(woken_, IsEmpty());
  signal.notify();
  poll();
  EXPECT_THAT(woken_, ElementsAre("second"));
}

TEST_F(WaitTest, ASignalReachesTheDeadlineOfTheFirstToGiveUp) {
  Signal signal(io_.get_executor());
  Promise<int> promise(io_.get_executor());
  auto soon = steady_clock::now() + std::chrono::milliseconds(1);
  spawn_get(promise, later());
  spawn_get(promise, soon);
  spawn_get(promise, later());
  io_.restart();
  while (woken_.empty()) io_.run_one();
  EXPECT_THAT(woken_, ElementsAre("nothing"));
  EXPECT_GE(steady_clock::now(), soon);
  promise.set(1);
  poll();
  EXPECT_THAT(woken_, ElementsAre("nothing", "1", "1"));
}

TEST_F(WaitTest, APromiseThatWasSetBeforeIsGotAtOnce) {
  Promise<int> promise(io_.get_executor());
  EXPECT_FALSE(promise.ready());
  promise.set(7);
  EXPECT_TRUE(promise.ready());
  spawn_get(promise, kNever);
  spawn_get(promise, past());
  EXPECT_THAT(woken_, ElementsAre("7", "7"));
}

TEST_F(WaitTest, APromiseIsGotByEveryoneWhoWaits) {
  Promise<int> promise(io_.get_executor());
  spawn_get(promise, kNever);
  spawn_get(promise, later());
  EXPECT_THAT(woken_, IsEmpty());
  promise.set(7);
  poll();
  EXPECT_THAT(woken_, ElementsAre("7", "7"));
}

TEST_F(WaitTest, APromiseKeepsItsFirstValue) {
  Promise<int> promise(io_.get_executor());
  promise.set(7);
  promise.set(8);
  EXPECT_EQ(promise.value(), 7);
  spawn_get(promise, kNever);
  EXPECT_THAT(woken_, ElementsAre("7"));
}

TEST_F(WaitTest, APromiseIsNotWaitedForWhenTheDeadlineHasPassed) {
  Promise<int> promise(io_.get_executor());
  spawn_get(promise, past());
  EXPECT_THAT(woken_, ElementsAre("nothing"));
  EXPECT_FALSE(promise.ready());
}

TEST_F(WaitTest, APromiseCanStillBeSetAfterADeadline) {
  Promise<int> promise(io_.get_executor());
  spawn_get(promise, past());
  promise.set(3);
  spawn_get(promise, later());
  EXPECT_THAT(woken_, ElementsAre("nothing", "3"));
}

TEST_F(WaitTest, AWaitThatIsCancelledEndsAndLeavesTheOthersWaiting) {
  Promise<int> promise(io_.get_executor());
  asio::cancellation_signal cancel;
  boost::system::error_code ended;
  auto on_end = [&ended](std::exception_ptr error, std::optional<int>) {
    try {
      if (error) std::rethrow_exception(error);
    } catch (const boost::system::system_error& thrown) {
      ended = thrown.code();
    }
  };
  asio::co_spawn(io_, promise.get_until(kNever),
                 asio::bind_cancellation_slot(cancel.slot(), on_end));
  spawn_get(promise, kNever);
  cancel.emit(asio::cancellation_type::terminal);
  poll();
  EXPECT_EQ(ended, asio::error::operation_aborted);
  EXPECT_THAT(woken_, IsEmpty());
  promise.set(5);
  poll();
  EXPECT_THAT(woken_, ElementsAre("5"));
}

}  // namespace
}  // namespace bridge
