#include "bridge/control/request_book.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "bridge/runtime.h"
#include "tests/bridge/store/store_fixture.h"

namespace bridge::control {
namespace {

using Found = RequestBook::Found;

class RequestBookTest : public testing::Test {
 protected:
  RequestBookTest() : store(open_or_die({})) {}

  template <class T>
  T run(boost::asio::awaitable<Result<T>> work) {
    boost::asio::io_context io;
    auto result = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
    io.run();
    return result.get().value();
  }
  void done(boost::asio::awaitable<Result<void>> work) {
    boost::asio::io_context io;
    auto result = boost::asio::co_spawn(io, std::move(work), boost::asio::use_future);
    io.run();
    EXPECT_TRUE(result.get());
  }

  std::unique_ptr<Store> store;
  RequestBook book{*store, 0};
  const RequestKey key{"oss", "id"};
};

TEST_F(RequestBookTest, FindsARequestAgain) {
  EXPECT_EQ(run(book.begin(key, "print")).found, Found::kNew);
  EXPECT_EQ(run(book.begin(key, "print")).found, Found::kPending);
  done(book.finish(key, "answer"));
  const auto again = run(book.begin(key, "print"));
  EXPECT_EQ(again.found, Found::kSame);
  EXPECT_EQ(again.response, "answer");
  EXPECT_EQ(run(book.begin(key, "other print")).found, Found::kOther);
}

TEST_F(RequestBookTest, KeepsTheIdsOfClientsApart) {
  run(book.begin(key, "print"));
  EXPECT_EQ(run(book.begin({"other", "id"}, "print")).found, Found::kNew);
}

TEST_F(RequestBookTest, ForgetsWhatWasAbandoned) {
  run(book.begin(key, "print"));
  done(book.abandon(key));
  EXPECT_EQ(run(book.begin(key, "print")).found, Found::kNew);
}

TEST_F(RequestBookTest, SaysThatARestartLiesBetween) {
  run(book.begin(key, "print"));
  EXPECT_FALSE(run(book.begin(key, "print")).interrupted);
  RequestBook after(*store, now_ms() + 60'000);
  const auto found = run(after.begin(key, "print"));
  EXPECT_EQ(found.found, Found::kPending);
  EXPECT_TRUE(found.interrupted);
}

TEST_F(RequestBookTest, IsPurgedByAge) {
  run(book.begin(key, "print"));
  auto purge = [](StateWriter& state) { return state.purge_requests(now_ms() + 60'000, 10); };
  EXPECT_EQ(store->write_state_now(purge).value(), 1);
  EXPECT_EQ(run(book.begin(key, "print")).found, Found::kNew);
}

TEST(RequestId, IsAUuid) {
  EXPECT_TRUE(is_request_id("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"));
  EXPECT_TRUE(is_request_id("F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6"));
  for (const char* bad :
       {"", "f81d4fae7dec11d0a76500a0c91e6bf6", "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6-"}) {
    EXPECT_FALSE(is_request_id(bad)) << bad;
  }
}

}  // namespace
}  // namespace bridge::control
