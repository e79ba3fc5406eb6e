// Where threads meet: coroutines, group commit, parallel readers, bounded queues, a killed process.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <latch>
#include <thread>

#include "tests/bridge/store/store_fixture.h"

namespace bridge {
namespace {

namespace asio = boost::asio;
using testing::Each;
using testing::Ge;
using testing::SizeIs;

/// Occupies the writer until released, so that what follows meets in one batch.
class WriterBlock {
 public:
  explicit WriterBlock(Store& store)
      : thread_([this, &store] {
          auto wait = [this](MirrorWriter&) -> Result<void> {
            entered_.count_down();
            release_.wait();
            return {};
          };
          EXPECT_TRUE(store.write_mirror_now(wait));
        }) {
    entered_.wait();
  }
  ~WriterBlock() {
    if (thread_.joinable()) release();
  }
  void release() {
    release_.count_down();
    thread_.join();
  }

 private:
  std::latch entered_{1};
  std::latch release_{1};
  std::thread thread_;
};

void wait_until_queued(const Store& store, std::size_t count) {
  while (store.queued_writes() < count) std::this_thread::yield();
}

Result<void> must_succeed(Result<void> result) {
  EXPECT_TRUE(result) << (result ? "" : result.error().text);
  return result;
}

asio::awaitable<void> write_and_read(Store& store, int number, std::atomic<int>& finished) {
  const auto home = co_await asio::this_coro::executor;
  const std::string key = "k" + std::to_string(number);
  auto put = [key](StateWriter& s) { return s.put_meta(key, key); };
  auto see = [number](MirrorWriter& m) { return m.put_last_inform_ms(number, number); };
  StateWrite state_part = put;
  MirrorWrite mirror_part = see;
  Result<void> done = co_await store.write(std::move(state_part), std::move(mirror_part));
  EXPECT_TRUE(done);
  EXPECT_TRUE(
      home.target<asio::strand<asio::io_context::executor_type>>()->running_in_this_thread());

  auto load = [key](StateReader& s, MirrorReader&) { return s.meta(key); };
  Result<std::optional<std::string>> value = co_await store.read(std::move(load));
  EXPECT_EQ(value.value(), key);
  EXPECT_TRUE(
      home.target<asio::strand<asio::io_context::executor_type>>()->running_in_this_thread());

  auto count = [number](MirrorWriter& m) { return m.last_inform_ms(number); };
  Result<std::int64_t> seen = co_await store.write_mirror(std::move(count));
  EXPECT_EQ(seen.value(), number);
  ++finished;
}

TEST(StoreAsync, ResumesEachCoroutineOnItsStrandAndSeesItsOwnWrites) {
  for (const bool file : {false, true}) {
    TemporaryDirectory directory;
    StoreOptions options;
    if (file) options.directory = directory.path();
    options.readers = 3;
    auto store = open_or_die(options);
    asio::io_context io;
    std::atomic<int> finished = 0;
    for (int i = 0; i < 300; ++i) {
      asio::co_spawn(asio::make_strand(io), write_and_read(*store, i, finished), asio::detached);
    }
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back([&io] { io.run(); });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(finished, 300);
  }
}

asio::awaitable<void> write_one(Store& store, int number, std::vector<Result<void>>& results) {
  auto put = [number](StateWriter& s) -> Result<void> {
    auto done = s.put_meta(std::to_string(number), "v");
    if (!done) return done;
    if (number % 3 == 0) return fail(ErrorKind::kInvalid, "mine alone");
    return {};
  };
  results[static_cast<std::size_t>(number)] = co_await store.write_state(std::move(put));
}

TEST(StoreAsync, CommitsManyJobsAtOnceAndIsolatesThoseThatFail) {
  TemporaryDirectory directory;
  std::vector<StoreBatch> batches;
  StoreOptions options = in_directory(directory);
  options.max_batch = 64;
  options.on_batch = [&](const StoreBatch& batch) { batches.push_back(batch); };
  auto store = open_or_die(options);
  constexpr int kJobs = 60;
  std::vector<Result<void>> results(kJobs);
  asio::io_context io;
  {
    WriterBlock block(*store);
    for (int i = 0; i < kJobs; ++i) {
      asio::co_spawn(io, write_one(*store, i, results), asio::detached);
    }
    io.poll();
    EXPECT_EQ(store->queued_writes(), kJobs);
  }
  io.run();
  store->close();
  for (int i = 0; i < kJobs; ++i) {
    EXPECT_EQ(results[static_cast<std::size_t>(i)].has_value(), i % 3 != 0) << i;
  }
  ASSERT_THAT(batches, SizeIs(2));
  EXPECT_EQ(batches[1].jobs, 60U);
  EXPECT_EQ(batches[1].failed, 20U);
  EXPECT_GT(batches[1].state_commit.count(), 0);
  EXPECT_EQ(batches[1].mirror_commit.count(), 0);

  store.reset();
  auto reopened = open_or_die(in_directory(directory));
  for (int i = 0; i < kJobs; ++i) {
    auto load = [i](StateReader& s, MirrorReader&) { return s.meta(std::to_string(i)); };
    EXPECT_EQ(reopened->read_now(load).value().has_value(), i % 3 != 0) << i;
  }
}

TEST(StoreAsync, FailsThoseWhoseTransactionADiskFullUndid) {
  TemporaryDirectory directory;
  StoreOptions options = in_directory(directory);
  options.faults.max_state_pages = 60;
  auto store = open_or_die(options);
  std::vector<std::thread> threads;
  std::vector<Result<void>> results(3);
  {
    WriterBlock block(*store);
    for (std::size_t i = 0; i < results.size(); ++i) {
      threads.emplace_back([&, i] {
        auto put = [i](StateWriter& s) {
          return s.put_meta(std::to_string(i), std::string(i == 1 ? 1'000'000 : 10, 'v'));
        };
        results[i] = store->write_state_now(put);
      });
      wait_until_queued(*store, i + 1);
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(results[1]);
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto load = [i](StateReader& s, MirrorReader&) { return s.meta(std::to_string(i)); };
    EXPECT_EQ(store->read_now(load).value().has_value(), results[i].has_value()) << i;
  }
}

TEST(StoreAsync, RefusesAWriteMoreThanTheQueueHolds) {
  StoreOptions options;
  options.max_queued_writes = 2;
  auto store = open_or_die(options);
  WriterBlock block(*store);
  auto write = [&] {
    return store->write_state_now([](StateWriter& s) { return s.put_meta("k", "v"); });
  };
  std::thread first([&] { must_succeed(write()); });
  std::thread second([&] { must_succeed(write()); });
  wait_until_queued(*store, 2);
  const Result<void> third = write();
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().kind, ErrorKind::kBusy);
  block.release();
  first.join();
  second.join();
  must_succeed(write());
}

TEST(StoreAsync, RunsWhatIsQueuedBeforeItCloses) {
  TemporaryDirectory directory;
  auto store = open_or_die(in_directory(directory));
  std::thread writer;
  std::thread closer;
  {
    WriterBlock block(*store);
    writer = std::thread([&] {
      must_succeed(store->write_state_now([](StateWriter& s) { return s.put_meta("k", "v"); }));
    });
    wait_until_queued(*store, 1);
    closer = std::thread([&] { store->close(); });
  }
  writer.join();
  closer.join();
}

TEST(StoreAsync, ReadersSeeWholeTransactionsWhileTheWriterWorks) {
  TemporaryDirectory directory;
  StoreOptions options = in_directory(directory);
  options.readers = 3;
  auto store = open_or_die(options);
  const std::int64_t device = add_device(*store, "1");
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        auto load = [&](StateReader& s, MirrorReader& m) -> Result<void> {
          const auto values = s.local_values(device).value();
          if (values.empty()) return {};
          EXPECT_THAT(values, SizeIs(2));
          EXPECT_EQ(values.front().value, values.back().value);
          const auto nodes = m.nodes(device).value();
          EXPECT_TRUE(nodes.empty() || (nodes.size() == 2 && nodes[0].value == nodes[1].value));
          return {};
        };
        must_succeed(store->read_now(load));
      }
    });
  }
  for (int i = 0; i < 300; ++i) {
    const std::string value = std::to_string(i);
    auto state_part = [&](StateWriter& s) -> Result<void> {
      auto first = s.put_local_value(device, {"a", value, false});
      if (!first) return first;
      return s.put_local_value(device, {"b", value, false});
    };
    auto mirror_part = [&](MirrorWriter& m) {
      return m.put_nodes(device,
                         std::vector<NodeRow>{{"a", value, 0, 0, 0}, {"b", value, 0, 0, 0}});
    };
    must_succeed(store->write_now(state_part, mirror_part));
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

// --- a killed process ---

/// Writes numbers one after the other and tells each acknowledged one, until it is killed.
[[noreturn]] void write_forever(const std::filesystem::path& directory, int tell) {
  StoreOptions options;
  options.directory = directory;
  auto store = open_sqlite_store(options);
  if (!store) ::_exit(1);
  std::atomic<std::int64_t> next = 1;
  auto work = [&] {
    for (;;) {
      const std::int64_t number = next++;
      auto state_part = [&](StateWriter& s) { return s.put_meta(std::to_string(number), "v"); };
      auto mirror_part = [&](MirrorWriter& m) { return m.put_last_inform_ms(number, number); };
      if (!(*store)->write_now(state_part, mirror_part)) ::_exit(1);
      if (::write(tell, &number, sizeof number) != sizeof number) ::_exit(1);
    }
  };
  std::thread second(work);
  work();
  ::_exit(0);
}

TEST(StoreCrash, FindsEveryAcknowledgedWriteAfterAKill) {
  TemporaryDirectory directory;
  std::vector<std::int64_t> acknowledged;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(ends[0]);
      write_forever(directory.path(), ends[1]);
    }
    ::close(ends[1]);
    std::int64_t number = 0;
    // Killed somewhere in the middle of its work; what is still in the pipe was acknowledged too.
    for (int i = 0; i < 40 + 17 * round; ++i) {
      ASSERT_EQ(::read(ends[0], &number, sizeof number), ssize_t{sizeof number});
      acknowledged.push_back(number);
    }
    ::kill(child, SIGKILL);
    while (::read(ends[0], &number, sizeof number) == ssize_t{sizeof number}) {
      acknowledged.push_back(number);
    }
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);

    auto store = open_or_die(in_directory(directory));
    auto check = [&](StateReader& s, MirrorReader& m) -> Result<void> {
      for (const std::int64_t one : acknowledged) {
        EXPECT_TRUE(s.meta(std::to_string(one)).value().has_value()) << one;
        EXPECT_EQ(m.last_inform_ms(one).value(), one);
      }
      return {};
    };
    must_succeed(store->read_now(check));
  }
}

}  // namespace
}  // namespace bridge
